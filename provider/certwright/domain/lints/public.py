"""Lints of the public kind: what CA/Browser Forum's Baseline Requirements add for TLS server certificates."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certwright.domain.certificate import signing_algorithm_of
from certwright.domain.extension import KeyUsage
from certwright.domain.keyspec import SIGNINGS, KeyFamily
from certwright.domain.lints.specimen import Severity, Specimen, rule
from certwright.domain.profile import DOMAIN_VALIDATED
from certwright.domain.validity import SECOND, ValidityProfile, public_cap, public_lifetime

_ALLOWED_USAGES = frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_ENCIPHERMENT, KeyUsage.KEY_AGREEMENT})


@rule("CA/B BR 6.3.2; SC-081v3")
def public_validity_cap(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    certificate, circumstances = specimen.certificate, specimen.circumstances
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc + SECOND
    issued = circumstances.issued_at or certificate.not_valid_before_utc
    if circumstances.validity_profile is ValidityProfile.ACM:
        cap = public_lifetime(ValidityProfile.ACM, issued)
    else:
        cap = public_cap(issued.date())
    if lifetime <= cap:
        return None
    return f"the certificate is valid longer than the {cap.days} days allowed on {issued.date().isoformat()}"


@rule("CA/B BR 7.1.2.7.12")
def public_names_are_dns(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    for name in specimen.sans:
        if not isinstance(name, x509.DNSName):
            return f"a public certificate here names DNS hosts only, but has a {type(name).__name__}"
    return None


@rule("CA/B BR 7.1.4.2.1; 3.2.2.6")
def public_dns_names(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    for name in specimen.sans:
        if not isinstance(name, x509.DNSName):
            continue
        if "_" in name.value or "." not in name.value.removeprefix("*."):
            return f"the name {name.value[:80]!r} has an underscore or a single label"
    return None


@rule("CA/B BR 7.1.2.7.2")
def public_subject_cn_only(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    attributes = list(specimen.certificate.subject)
    if all(attribute.oid == NameOID.COMMON_NAME for attribute in attributes) and len(attributes) <= 1:
        return None
    return "a domain-validated certificate's subject holds a common name and nothing else"


@rule("CA/B BR 7.1.2.7.11")
def public_key_usage(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    chosen = specimen.key_usages or frozenset()
    if KeyUsage.DIGITAL_SIGNATURE not in chosen:
        return "key usage lacks digitalSignature"
    return None if chosen <= _ALLOWED_USAGES else "key usage says more than TLS needs"


@rule("CA/B BR 7.1.2.7.10")
def public_extended_key_usage(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    extension = specimen.value(x509.ExtendedKeyUsage)
    present = set() if extension is None else set(extension)
    if ExtendedKeyUsageOID.SERVER_AUTH not in present:
        return "extended key usage lacks serverAuth"
    if not present <= {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}:
        return "extended key usage says more than TLS needs"
    return "extended key usage is critical" if specimen.critical(x509.ExtendedKeyUsage) else None


@rule("CA/B BR 7.1.2.7.6 and 7.1.2.7.8")
def public_basic_constraints_critical(specimen: Specimen) -> str | None:
    if not specimen.public or specimen.value(x509.BasicConstraints) is None:
        return None
    return None if specimen.critical(x509.BasicConstraints) else "basic constraints are not critical"


@rule("CA/B BR 7.1.2.7.9")
def public_policy(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    extension = specimen.value(x509.CertificatePolicies)
    if extension is not None and DOMAIN_VALIDATED in {p.policy_identifier for p in extension}:
        return None
    return "the policy identifier of domain validation (2.23.140.1.2.1) is missing"


@rule("CA/B BR 7.1.3.2")
def public_signature(specimen: Specimen) -> str | None:
    if not specimen.public:
        return None
    algorithm = signing_algorithm_of(specimen.certificate)
    if algorithm is None or SIGNINGS[algorithm].family in (KeyFamily.RSA, KeyFamily.EC):
        return None
    return f"{algorithm.value} signatures are not allowed in public certificates"


@rule("CA/B BR 7.1.2.7.7", Severity.NOTICE)
def public_authority_information_access(specimen: Specimen) -> str | None:
    if not specimen.public or specimen.value(x509.AuthorityInformationAccess) is not None:
        return None
    return "authority information access is missing: this version publishes none"
