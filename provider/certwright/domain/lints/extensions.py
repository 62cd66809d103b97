"""Lints of the extensions that say what a certificate may be used for, and whose key it holds."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from certwright.domain.extension import KeyUsage
from certwright.domain.lints.specimen import Severity, Specimen, rule

_SIGNS = frozenset({KeyUsage.KEY_CERT_SIGN})
_ENCRYPTS = frozenset({KeyUsage.KEY_ENCIPHERMENT, KeyUsage.DATA_ENCIPHERMENT})
_KEY_ID_OCTETS = range(1, 65)


@rule("RFC 5280 4.2.1.9")
def ca_basic_constraints(specimen: Specimen) -> str | None:
    """The certificate is an authority exactly when its profile says so, and critically."""
    if specimen.profile is not None and specimen.profile.ca != specimen.is_ca:
        return "basic constraints say CA:" + ("TRUE in a leaf" if specimen.is_ca else "FALSE in an authority")
    if specimen.is_ca and not specimen.critical(x509.BasicConstraints):
        return "basic constraints of an authority are not critical"
    return None


@rule("RFC 5280 4.2.1.9")
def path_length_below_issuer(specimen: Specimen) -> str | None:
    limit = specimen.circumstances.issuer_path_length
    if limit is None or not specimen.is_ca:
        return None
    if limit == 0:
        return "the issuer's path length is 0: it may not sign authorities"
    basic = specimen.value(x509.BasicConstraints)
    length = None if basic is None else basic.path_length
    if length is not None and length < limit:
        return None
    stated = "none" if length is None else str(length)
    return f"the path length ({stated}) is not smaller than the issuer's ({limit})"


@rule("RFC 5280 4.2.1.3")
def key_usage_present(specimen: Specimen) -> str | None:
    """RFC 5280 asks it of authorities; a leaf has it where its profile promises it (blank ones promise nothing)."""
    needed = specimen.is_ca or (specimen.profile is not None and bool(specimen.profile.key_usages))
    return "key usage is missing" if needed and specimen.key_usages is None else None


@rule("RFC 5280 4.2.1.3", Severity.WARNING)
def key_usage_critical(specimen: Specimen) -> str | None:
    if specimen.key_usages is None or specimen.critical(x509.KeyUsage):
        return None
    return "key usage is not critical"


@rule("RFC 5280 4.2.1.3")
def key_usage_not_empty(specimen: Specimen) -> str | None:
    return "key usage has no bit set" if specimen.key_usages == frozenset() else None


@rule("RFC 5280 4.2.1.3")
def key_cert_sign_only_ca(specimen: Specimen) -> str | None:
    chosen = specimen.key_usages
    if chosen is None:
        return None
    if chosen & _SIGNS and not specimen.is_ca:
        return "keyCertSign is set without CA:TRUE"
    if specimen.is_ca and not chosen & _SIGNS:
        return "an authority lacks keyCertSign"
    return None


@rule("RFC 5480 3; RFC 8410 5; RFC 9295")
def key_usage_fits_key(specimen: Specimen) -> str | None:
    chosen = specimen.key_usages or frozenset()
    key = specimen.public_key
    if chosen & _ENCRYPTS and isinstance(key, ec.EllipticCurvePublicKey):
        return "an EC key cannot encipher: keyEncipherment or dataEncipherment is set"
    if chosen & (_ENCRYPTS | {KeyUsage.KEY_AGREEMENT}) and isinstance(key, ed25519.Ed25519PublicKey):
        return "an Ed25519 key only signs: an enciphering or key agreement bit is set"
    return None


@rule("RFC 5280 4.2.1.12")
def extended_key_usage_fits_profile(specimen: Specimen) -> str | None:
    """A leaf says at least what its profile promises, unless the request chose its own usages."""
    if specimen.profile is None or specimen.is_ca or not specimen.profile.extended_key_usage_critical:
        return None
    extension = specimen.value(x509.ExtendedKeyUsage)
    present = set() if extension is None else set(extension)
    if not set(specimen.profile.extended_key_usages) <= present:
        return "the extended key usage of the profile is missing"
    if not specimen.critical(x509.ExtendedKeyUsage):
        return "extended key usage is not critical, which this profile asks for"
    return None


@rule("RFC 5280 4.2.1.12")
def extended_key_usage_unique(specimen: Specimen) -> str | None:
    """An empty list does not get this far: the parser refuses it, as it does a path length without CA:TRUE."""
    extension = specimen.value(x509.ExtendedKeyUsage)
    if extension is None or len(set(extension)) == len(list(extension)):
        return None
    return "extended key usage lists an entry twice"


@rule("RFC 5280 4.2.1.12", Severity.WARNING)
def any_extended_key_usage(specimen: Specimen) -> str | None:
    extension = specimen.value(x509.ExtendedKeyUsage)
    if extension is None or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in list(extension):
        return None
    return "extended key usage allows everything (anyExtendedKeyUsage)"


@rule("RFC 6960 4.2.2.2.1", Severity.WARNING)
def ocsp_no_check(specimen: Specimen) -> str | None:
    if specimen.profile is None or not specimen.profile.ocsp_no_check or specimen.value(x509.OCSPNoCheck) is not None:
        return None
    return "an OCSP responder's certificate lacks id-pkix-ocsp-nocheck"


@rule("RFC 5280 4.2.1.2")
def subject_key_identifier(specimen: Specimen) -> str | None:
    extension = specimen.value(x509.SubjectKeyIdentifier)
    if extension is None:
        return "the subject key identifier is missing"
    if len(extension.digest) not in _KEY_ID_OCTETS:
        return "the subject key identifier is empty or very long"
    return "the subject key identifier is critical" if specimen.critical(x509.SubjectKeyIdentifier) else None


@rule("RFC 5280 4.2.1.1")
def authority_key_identifier(specimen: Specimen) -> str | None:
    extension = specimen.value(x509.AuthorityKeyIdentifier)
    if extension is None:
        self_issued = specimen.certificate.subject == specimen.certificate.issuer
        return None if self_issued else "the authority key identifier is missing"
    if not extension.key_identifier:
        return "the authority key identifier has no key identifier"
    return "the authority key identifier is critical" if specimen.critical(x509.AuthorityKeyIdentifier) else None


@rule("RFC 5280 4.2")
def extension_values_not_empty(specimen: Specimen) -> str | None:
    for extension in specimen.extensions.values():
        value = extension.value
        if type(value) is x509.UnrecognizedExtension and not value.value:
            return f"the extension {extension.oid.dotted_string} has no value"
    return None


@rule("RFC 5280 4.2.1.10")
def name_constraints_only_ca(specimen: Specimen) -> str | None:
    if specimen.value(x509.NameConstraints) is None:
        return None
    if not specimen.is_ca:
        return "name constraints stand in a certificate that is not an authority's"
    return None if specimen.critical(x509.NameConstraints) else "name constraints are not critical"


@rule("RFC 5280 4.2.1.13 and 4.2.2.1")
def pointers_are_http(specimen: Specimen) -> str | None:
    for url in _pointers(specimen):
        if not url.lower().startswith(("http://", "ldap://")):
            return f"a CRL, OCSP or issuer address is not a plain http URL: {url[:80]}"
    return None


def _pointers(specimen: Specimen) -> list[str]:
    urls: list[str] = []
    points = specimen.value(x509.CRLDistributionPoints)
    for point in points or ():
        urls += [n.value for n in point.full_name or () if isinstance(n, x509.UniformResourceIdentifier)]
    access = specimen.value(x509.AuthorityInformationAccess)
    for entry in access or ():
        if isinstance(entry.access_location, x509.UniformResourceIdentifier):
            urls.append(entry.access_location.value)
    return urls
