"""Key usages, extended key usages and custom extensions in ACM Private CA's spelling."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from certwright.domain.errors import Finding, Refused
from certwright.domain.subject import oid_is_valid

MAX_CUSTOM_EXTENSIONS = 150
MAX_CUSTOM_BASE64 = 4096
MAX_EXTENDED_KEY_USAGES = 20


class KeyUsage(StrEnum):
    DIGITAL_SIGNATURE = "DIGITAL_SIGNATURE"
    NON_REPUDIATION = "NON_REPUDIATION"
    KEY_ENCIPHERMENT = "KEY_ENCIPHERMENT"
    DATA_ENCIPHERMENT = "DATA_ENCIPHERMENT"
    KEY_AGREEMENT = "KEY_AGREEMENT"
    KEY_CERT_SIGN = "KEY_CERT_SIGN"
    CRL_SIGN = "CRL_SIGN"
    ENCIPHER_ONLY = "ENCIPHER_ONLY"
    DECIPHER_ONLY = "DECIPHER_ONLY"


class ExtendedKeyUsage(StrEnum):
    SERVER_AUTH = "SERVER_AUTH"
    CLIENT_AUTH = "CLIENT_AUTH"
    CODE_SIGNING = "CODE_SIGNING"
    EMAIL_PROTECTION = "EMAIL_PROTECTION"
    TIME_STAMPING = "TIME_STAMPING"
    OCSP_SIGNING = "OCSP_SIGNING"
    SMART_CARD_LOGIN = "SMART_CARD_LOGIN"
    DOCUMENT_SIGNING = "DOCUMENT_SIGNING"
    CERTIFICATE_TRANSPARENCY = "CERTIFICATE_TRANSPARENCY"


EXTENDED_KEY_USAGE_OIDS: dict[ExtendedKeyUsage, x509.ObjectIdentifier] = {
    ExtendedKeyUsage.SERVER_AUTH: ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsage.CLIENT_AUTH: ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsage.CODE_SIGNING: ExtendedKeyUsageOID.CODE_SIGNING,
    ExtendedKeyUsage.EMAIL_PROTECTION: ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsage.TIME_STAMPING: ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsage.OCSP_SIGNING: ExtendedKeyUsageOID.OCSP_SIGNING,
    ExtendedKeyUsage.SMART_CARD_LOGIN: ExtendedKeyUsageOID.SMARTCARD_LOGON,
    ExtendedKeyUsage.DOCUMENT_SIGNING: x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # RFC 9336
    ExtendedKeyUsage.CERTIFICATE_TRANSPARENCY: ExtendedKeyUsageOID.CERTIFICATE_TRANSPARENCY,
}

_KEY_USAGE_ARGUMENTS: dict[KeyUsage, str] = {
    KeyUsage.DIGITAL_SIGNATURE: "digital_signature",
    KeyUsage.NON_REPUDIATION: "content_commitment",
    KeyUsage.KEY_ENCIPHERMENT: "key_encipherment",
    KeyUsage.DATA_ENCIPHERMENT: "data_encipherment",
    KeyUsage.KEY_AGREEMENT: "key_agreement",
    KeyUsage.KEY_CERT_SIGN: "key_cert_sign",
    KeyUsage.CRL_SIGN: "crl_sign",
    KeyUsage.ENCIPHER_ONLY: "encipher_only",
    KeyUsage.DECIPHER_ONLY: "decipher_only",
}

# What the engine writes itself; a custom extension with one of these would contradict it.
MANAGED_EXTENSIONS: dict[str, str] = {
    ExtensionOID.SUBJECT_KEY_IDENTIFIER.dotted_string: "the subject key identifier is computed from the key",
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER.dotted_string: "the authority key identifier comes from the issuer",
    ExtensionOID.BASIC_CONSTRAINTS.dotted_string: "basic constraints follow from the profile",
    ExtensionOID.KEY_USAGE.dotted_string: "use keyUsages",
    ExtensionOID.EXTENDED_KEY_USAGE.dotted_string: "use extendedKeyUsages",
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME.dotted_string: "use subjectAlternativeNames",
    ExtensionOID.NAME_CONSTRAINTS.dotted_string: "use nameConstraints of the certificate authority",
    ExtensionOID.CRL_DISTRIBUTION_POINTS.dotted_string: "use revocationConfiguration of the certificate authority",
    ExtensionOID.FRESHEST_CRL.dotted_string: "delta CRLs are not published",
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS.dotted_string: "certwright decides what the authority publishes",
    ExtensionOID.OCSP_NO_CHECK.dotted_string: "it belongs to OCSP responders",
    ExtensionOID.PRECERT_POISON.dotted_string: "it belongs to Certificate Transparency",
    ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS.dotted_string: "it belongs to Certificate Transparency",
}


class CustomExtension(BaseModel):
    """One extension that the engine does not know, written as given."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    object_identifier: str = Field(description="Object identifier of the extension in dotted form.")
    critical: bool = Field(
        default=False, description="Whether a verifier that does not know the extension must refuse the certificate."
    )
    value: str = Field(description=f"DER value in base64, at most {MAX_CUSTOM_BASE64} characters.")


def custom_extension_findings(extensions: Iterable[CustomExtension], path: str) -> list[Finding]:
    """What is wrong with custom extensions: identifiers, size, base64, those that the engine manages, repetition."""
    items = tuple(extensions)
    found: list[Finding] = []
    if len(items) > MAX_CUSTOM_EXTENSIONS:
        message = f"has {len(items)} entries; at most {MAX_CUSTOM_EXTENSIONS} are allowed"
        return [Finding(code="extension.invalid", message=message, path=path)]
    seen: set[str] = set()
    for index, item in enumerate(items):
        oid, at = item.object_identifier, f"{path}[{index}]"
        if not oid_is_valid(oid):
            message = f"{oid[:64]!r} is not an object identifier such as 1.3.6.1.4.1.37244.1.1"
            found.append(Finding(code="extension.invalid", message=message, path=f"{at}.objectIdentifier"))
        elif oid in MANAGED_EXTENSIONS:
            message = f"{oid} is written by certwright itself; {MANAGED_EXTENSIONS[oid]}"
            found.append(Finding(code="extension.managed", message=message, path=f"{at}.objectIdentifier"))
        elif oid in seen:
            found.append(Finding(code="extension.repeated", message=f"{oid} is given twice", path=at))
        seen.add(oid)
        if _decode(item.value) is None:
            message = f"is not base64 of 1 to {MAX_CUSTOM_BASE64} characters"
            found.append(Finding(code="extension.invalid", message=message, path=f"{at}.value"))
    return found


def _decode(value: str) -> bytes | None:
    if not value or len(value) > MAX_CUSTOM_BASE64:
        return None
    try:
        return base64.b64decode(value, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def to_unrecognized(extension: CustomExtension) -> x509.UnrecognizedExtension:
    """The extension as `cryptography` takes it. Raises extension.* when findings were not asked first."""
    found = custom_extension_findings((extension,), "customExtensions")
    value = _decode(extension.value)
    if found or value is None:
        raise Refused(found)
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(extension.object_identifier), value)


def key_usage_extension(usages: Iterable[KeyUsage]) -> x509.KeyUsage:
    """The KeyUsage extension; encipherOnly and decipherOnly count only with keyAgreement (RFC 5280 4.2.1.3)."""
    chosen = set(usages)
    if KeyUsage.KEY_AGREEMENT not in chosen:
        chosen -= {KeyUsage.ENCIPHER_ONLY, KeyUsage.DECIPHER_ONLY}
    return x509.KeyUsage(**{argument: usage in chosen for usage, argument in _KEY_USAGE_ARGUMENTS.items()})


def key_usages_of(extension: x509.KeyUsage) -> frozenset[KeyUsage]:
    """The reverse of `key_usage_extension`."""
    found = {usage for usage, argument in _KEY_USAGE_ARGUMENTS.items() if getattr(extension, f"_{argument}")}
    return frozenset(found)


def extended_key_usage_oid(text: str, *, path: str = "extendedKeyUsages") -> x509.ObjectIdentifier:
    """An extended key usage by its name (SERVER_AUTH) or dotted identifier. Raises extension.invalid."""
    if text in ExtendedKeyUsage.__members__:
        return EXTENDED_KEY_USAGE_OIDS[ExtendedKeyUsage(text)]
    if oid_is_valid(text):
        return x509.ObjectIdentifier(text)
    known = ", ".join(ExtendedKeyUsage.__members__)
    message = f"{text[:64]!r} is not an extended key usage; use one of {known}, or an object identifier"
    raise Refused([Finding(code="extension.invalid", message=message, path=path)])
