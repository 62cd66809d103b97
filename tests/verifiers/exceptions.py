"""What zlint and pkilint may say about our certificates, each with its reason. Anything else fails the test.

zlint judges every certificate for TLS servers by the Baseline Requirements, which bind publicly trusted authorities;
private ones are judged by RFC 5280 alone here (`PRIVATE_SOURCES`), and by pkilint's PKIX profile.
"""

from __future__ import annotations

from collections.abc import Callable

from certwright.domain.certificate import sans_of
from cryptography import x509

PRIVATE_SOURCES = "RFC5280,RFC3279,RFC5480,RFC5891,RFC8813"

_NO_PUBLIC_URL = "addresses are published only where publicUrl is set; the next case sets them"
_CN = "the common name stays: ACM puts the first name there (NAM-1), and the BR allow it"
_SKI = "the subject key identifier stays: RFC 5280 4.2.1.2 says SHOULD, ACM PCA writes it, the BR allow it"
_ANY_PURPOSE = "a private authority may issue every profile, so its own certificate limits no purpose"
_PRIVATE_POLICY = "a bundled authority is private; it asserts no CA/Browser Forum policy for its own certificate"

# Certificates of the public kind: (program's code, reason).
PUBLIC: dict[str, str] = {
    "w_subject_common_name_included": _CN,
    "cabf.serverauth.dv.common_name_attribute_present": _CN,
    "w_ext_subject_key_identifier_not_recommended_subscriber": _SKI,
    "cabf.serverauth.subscriber.subject_key_identifier_extension_present": _SKI,
}
PUBLIC_WITHOUT_URLS: dict[str, str] = PUBLIC | {
    "e_missing_crl_distrib_point": _NO_PUBLIC_URL,
    "e_sub_cert_aia_missing": _NO_PUBLIC_URL,
    "w_sub_cert_aia_does_not_contain_issuing_ca_url": _NO_PUBLIC_URL,
    "cabf.serverauth.subscriber.authority_info_access_extension_absent": _NO_PUBLIC_URL,
    "cabf.serverauth.subscriber.revocation_information_absent": _NO_PUBLIC_URL,
    "msft.end_entity.revocation_information_absent": _NO_PUBLIC_URL,
}

# Authorities, judged by the Baseline Requirements although they are private.
AUTHORITY: dict[str, str] = {
    "e_invalid_ca_certificate_policies": _PRIVATE_POLICY,
    "e_sub_ca_certificate_policies_missing": _PRIVATE_POLICY,
    "cabf.serverauth.ca.certificate_policies_extension_absent": _PRIVATE_POLICY,
    "e_sub_ca_crl_distribution_points_missing": _NO_PUBLIC_URL,
    "w_sub_ca_aia_missing": _NO_PUBLIC_URL,
    "cabf.serverauth.ca.crl_distribution_points_extension_absent": _NO_PUBLIC_URL,
    "cabf.serverauth.ca.extended_key_usage_extension_absent": _ANY_PURPOSE,
    "cabf.serverauth.ca.authority_info_access_extension_absent": _NO_PUBLIC_URL,
}


Judgement = Callable[[x509.Certificate], bool]


def _has_plain_or_wildcard_name(certificate: x509.Certificate) -> bool:
    return any(isinstance(n, x509.DNSName) and ("*" in n.value or "." not in n.value) for n in sans_of(certificate))


def _has_other_scheme(certificate: x509.Certificate) -> bool:
    uris = [n.value for n in sans_of(certificate) if isinstance(n, x509.UniformResourceIdentifier)]
    return any(not uri.startswith(("http://", "https://", "ldap://")) for uri in uris)


def _critical_names_unknown_to_go(certificate: x509.Certificate) -> bool:
    known = (x509.DNSName, x509.IPAddress, x509.RFC822Name, x509.UniformResourceIdentifier)
    return not list(certificate.subject) and not any(isinstance(n, known) for n in sans_of(certificate))


# Private certificates: what is said, why it is no fault, and of which certificates it may be said at all.
PRIVATE: tuple[tuple[str, str, Judgement], ...] = (
    (
        "pkix.invalid_domain_name_syntax",
        "pkilint's PKIX profile knows neither wildcards (RFC 9525 6.3) nor single labels (NAM-4)",
        _has_plain_or_wildcard_name,
    ),
    ("pkix.invalid_uri_syntax", "pkilint knows the schemes of the web only, not spiffe://", _has_other_scheme),
    (
        "x509: unhandled critical extension",
        "Go reads DNS, IP, mailbox and URI names; others it refuses where RFC 5280 4.2.1.6 makes them critical",
        _critical_names_unknown_to_go,
    ),
)


def private_exceptions(certificate: x509.Certificate) -> dict[str, str]:
    return {code: reason for code, reason, applies in PRIVATE if applies(certificate)}


def unexpected(codes: list[str], allowed: dict[str, str]) -> list[str]:
    return [code for code in codes if code not in allowed]
