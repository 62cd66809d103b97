"""Lints of the certificate's frame: serial number, validity, names of issuer and subject, signature."""

from __future__ import annotations

import unicodedata

from cryptography import x509
from cryptography.x509.oid import NameOID

from certwright.domain.certificate import signing_algorithm_of
from certwright.domain.lints.specimen import Severity, Specimen, rule
from certwright.domain.serial import MAX_OCTETS
from certwright.domain.validity import iso

MIN_SERIAL_BITS = 64
_LIMITS = {
    NameOID.COMMON_NAME: 64,
    NameOID.ORGANIZATION_NAME: 64,
    NameOID.ORGANIZATIONAL_UNIT_NAME: 64,
    NameOID.LOCALITY_NAME: 128,
    NameOID.STATE_OR_PROVINCE_NAME: 128,
    NameOID.SERIAL_NUMBER: 64,
    NameOID.TITLE: 64,
    NameOID.PSEUDONYM: 128,
}


@rule("RFC 5280 4.1.2.2")
def serial_positive(specimen: Specimen) -> str | None:
    serial = specimen.certificate.serial_number
    return None if serial > 0 else "the serial number is not positive"


@rule("RFC 5280 4.1.2.2")
def serial_size(specimen: Specimen) -> str | None:
    bits = specimen.certificate.serial_number.bit_length()
    # DER integers are signed: the 160th bit would make a 21st octet.
    return None if bits < 8 * MAX_OCTETS else f"the serial number has more than {MAX_OCTETS} octets"


@rule("CA/B BR 7.1")
def serial_entropy(specimen: Specimen) -> str | None:
    bits = specimen.certificate.serial_number.bit_length()
    if bits >= MIN_SERIAL_BITS:
        return None
    return f"the serial number has {bits} bits; at least {MIN_SERIAL_BITS} random ones are needed"


@rule("RFC 5280 4.1")
def version_3(specimen: Specimen) -> str | None:
    version = specimen.certificate.version
    return None if version is x509.Version.v3 else f"the certificate is of version {version.name}, not v3"


@rule("RFC 5280 4.1.2.5")
def validity_order(specimen: Specimen) -> str | None:
    certificate = specimen.certificate
    if certificate.not_valid_before_utc < certificate.not_valid_after_utc:
        return None
    return "notAfter is not later than notBefore"


@rule("RFC 5280 6.1; RFC 4158 2.4")
def validity_within_issuer(specimen: Specimen) -> str | None:
    certificate, circumstances = specimen.certificate, specimen.circumstances
    end, start = circumstances.issuer_not_after, circumstances.issuer_not_before
    if end is not None and certificate.not_valid_after_utc > end:
        return f"notAfter {iso(certificate.not_valid_after_utc)} is later than the issuer's, {iso(end)}"
    if start is not None and certificate.not_valid_before_utc < start:
        return f"notBefore {iso(certificate.not_valid_before_utc)} is earlier than the issuer's, {iso(start)}"
    return None


@rule("RFC 5280 4.1.2.4")
def issuer_not_empty(specimen: Specimen) -> str | None:
    return None if list(specimen.certificate.issuer) else "the issuer's name is empty"


@rule("RFC 5280 4.1.2.6")
def ca_subject_not_empty(specimen: Specimen) -> str | None:
    if specimen.is_ca and not list(specimen.certificate.subject):
        return "an authority's subject is empty"
    return None


@rule("RFC 5280 appendix A.1")
def subject_lengths(specimen: Specimen) -> str | None:
    for attribute in specimen.certificate.subject:
        limit = _LIMITS.get(attribute.oid)
        if limit is not None and len(attribute.value) > limit:
            return f"the subject's {attribute.rfc4514_attribute_name} has more than {limit} characters"
    return None


@rule("RFC 5280 appendix A.1; X.520")
def subject_values(specimen: Specimen) -> str | None:
    for attribute in specimen.certificate.subject:
        value = attribute.value
        if isinstance(value, str) and (not value.strip() or any(unicodedata.category(c) == "Cc" for c in value)):
            return f"the subject's {attribute.rfc4514_attribute_name} is blank or has a control character"
    return None


@rule("CA/B BR 7.1.4.2", Severity.WARNING)
def subject_trimmed(specimen: Specimen) -> str | None:
    for attribute in specimen.certificate.subject:
        if isinstance(attribute.value, str) and attribute.value != attribute.value.strip():
            return f"the subject's {attribute.rfc4514_attribute_name} begins or ends with a space"
    return None


@rule("RFC 5280 appendix A.1; ISO 3166-1")
def country_two_letters(specimen: Specimen) -> str | None:
    for attribute in specimen.certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME):
        value = str(attribute.value)
        if len(value) != 2 or not value.isascii() or not value.isalpha() or not value.isupper():
            return "the subject's country is not two capital letters"
    return None


@rule("RFC 5280 4.1.1.2; CA/B BR 7.1.3.2")
def signature_strength(specimen: Specimen) -> str | None:
    if signing_algorithm_of(specimen.certificate) is not None:
        return None
    return f"the signature algorithm {specimen.certificate.signature_algorithm_oid.dotted_string} is not allowed"
