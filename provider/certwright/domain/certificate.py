"""Certificates as data: strict reading of PEM and DER, and the facts that the rest of certwright works with."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import SignatureAlgorithmOID as Sig

from certwright.domain.errors import Finding, Refused
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm, algorithm_of
from certwright.domain.serial import serial_colon_hex

MAX_CERTIFICATE_BYTES = 32_768
MAX_CHAIN_BYTES = 2_097_152
MAX_CHAIN_LENGTH = 100
_BEGIN, _END, _DASHES = "-----BEGIN ", "-----END ", "-----"
_CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")

_SIGNATURE_NAMES: dict[x509.ObjectIdentifier, SigningAlgorithm] = {
    Sig.RSA_WITH_SHA256: SigningAlgorithm.SHA256WITHRSA,
    Sig.RSA_WITH_SHA384: SigningAlgorithm.SHA384WITHRSA,
    Sig.RSA_WITH_SHA512: SigningAlgorithm.SHA512WITHRSA,
    Sig.ECDSA_WITH_SHA256: SigningAlgorithm.SHA256WITHECDSA,
    Sig.ECDSA_WITH_SHA384: SigningAlgorithm.SHA384WITHECDSA,
    Sig.ECDSA_WITH_SHA512: SigningAlgorithm.SHA512WITHECDSA,
    Sig.ED25519: SigningAlgorithm.ED25519,
}
_PSS_NAMES: dict[str, SigningAlgorithm] = {
    "sha256": SigningAlgorithm.SHA256WITHRSA_PSS,
    "sha384": SigningAlgorithm.SHA384WITHRSA_PSS,
    "sha512": SigningAlgorithm.SHA512WITHRSA_PSS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PemBlock:
    """One block of a PEM text: its label and the decoded bytes. The repr shows no bytes: a block may hold a key."""

    label: str
    der: bytes

    def __repr__(self) -> str:
        return f"PemBlock(label={self.label!r}, {len(self.der)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says, in the forms that records and outputs carry.

    serial_number and fingerprint (SHA-256 of the DER) are lower-case hex with colons; times are aware UTC.
    key_algorithm is None for a key outside our table; subject_key_id and authority_key_id are None when absent.
    """

    serial: int
    serial_number: str
    fingerprint: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    signature_algorithm: str
    key_algorithm: KeyAlgorithm | None
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    sans: tuple[x509.GeneralName, ...]
    is_ca: bool
    path_length: int | None
    self_issued: bool


def refuse(code: str, message: str, path: str) -> Refused:
    return Refused([Finding(code=code, message=message, path=path)])


def split_pem(text: str | bytes, *, path: str, limit: int = MAX_CHAIN_BYTES) -> tuple[PemBlock, ...]:
    """The blocks of a PEM text in order; text between blocks is a comment (RFC 7468 section 5.2).

    Raises pem.too_large, pem.malformed.
    Does not use a regular expression: the text is hostile and up to two mebibytes long.
    """
    if len(text) > limit:
        raise refuse("pem.too_large", f"has {len(text)} bytes; at most {limit} are allowed", path)
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        raise refuse("pem.malformed", "is neither PEM text nor DER", path) from None
    blocks: list[PemBlock] = []
    at = plain.find(_BEGIN)
    while at >= 0:
        if len(blocks) == MAX_CHAIN_LENGTH:
            raise refuse("pem.too_large", f"has more than {MAX_CHAIN_LENGTH} blocks", path)
        block, after = _one_block(plain, at, path)
        blocks.append(block)
        at = plain.find(_BEGIN, after)
    return tuple(blocks)


def _one_block(plain: str, begin: int, path: str) -> tuple[PemBlock, int]:
    label_at = begin + len(_BEGIN)
    label_end = plain.find(_DASHES, label_at, label_at + 80)
    label = plain[label_at:label_end]
    if label_end < 0 or not label.replace(" ", "").isalnum():
        raise refuse("pem.malformed", "has a BEGIN line without a label or without its closing dashes", path)
    closing = f"{_END}{label}{_DASHES}"
    body_at = label_end + len(_DASHES)
    end = plain.find(closing, body_at)
    if end < 0:
        raise refuse("pem.malformed", f"has BEGIN {label} without END {label}; it looks cut off", path)
    try:
        der = base64.b64decode("".join(plain[body_at:end].split()), validate=True)
    except (binascii.Error, ValueError):
        raise refuse("pem.malformed", f"has a {label} block that is not base64", path) from None
    return PemBlock(label=label, der=der), end + len(closing)


def load_der(der: bytes, *, path: str = "certificate") -> x509.Certificate:
    """Reads one DER certificate and touches every lazy part of it, so that nothing fails later.

    Raises certificate.too_large, certificate.malformed.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        message = f"has {len(der)} bytes; at most {MAX_CERTIFICATE_BYTES} are allowed"
        raise refuse("certificate.too_large", message, path)
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = (certificate.subject, certificate.issuer, certificate.extensions, certificate.signature_algorithm_oid)
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.public_key())
        if certificate.serial_number <= 0:
            raise ValueError("its serial number is not positive")
        if certificate.version is not x509.Version.v3:
            raise ValueError("it is not of version 3")
    except Exception as error:  # the parser raises many kinds, and its warnings are exceptions under -W error
        raise refuse("certificate.malformed", f"is not a usable X.509 certificate: {_reason(error)}", path) from None
    return certificate


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def parse_certificate(data: str | bytes, *, path: str = "certificate") -> x509.Certificate:
    """Reads exactly one certificate, PEM or DER. Raises certificate.* or pem.*; never echoes the input."""
    if isinstance(data, bytes) and data[:1] == b"\x30":
        return load_der(data, path=path)
    blocks = split_pem(data, path=path, limit=MAX_CERTIFICATE_BYTES)
    if len(blocks) != 1:
        message = f"has {len(blocks)} PEM blocks; give exactly one certificate (BEGIN CERTIFICATE)"
        raise refuse("certificate.malformed", message, path)
    return _from_block(blocks[0], path)


def _from_block(block: PemBlock, path: str) -> x509.Certificate:
    if block.label not in _CERTIFICATE_LABELS[:2]:
        message = f"has a {block.label[:40]} block where a CERTIFICATE belongs"
        raise refuse("certificate.malformed", message, path)
    return load_der(block.der, path=path)


def parse_bundle(data: str | bytes, *, path: str = "certificateChain") -> tuple[x509.Certificate, ...]:
    """Reads any number of PEM certificates in the order given. Raises certificate.*, pem.*."""
    return tuple(_from_block(block, path) for block in split_pem(data, path=path, limit=MAX_CHAIN_BYTES))


def to_pem(certificate: x509.Certificate | bytes) -> str:
    """One certificate, or DER of one, as PEM with a final line end."""
    if isinstance(certificate, x509.Certificate):
        return certificate.public_bytes(Encoding.PEM).decode("ascii")
    body = base64.b64encode(certificate).decode("ascii")
    lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def bundle_pem(certificates: Iterable[x509.Certificate | bytes]) -> str:
    return "".join(to_pem(certificate) for certificate in certificates)


def same_pem(a: str | None, b: str | None) -> bool:
    """Whether two PEM texts hold the same blocks, compared by their bytes; unreadable text is equal only to itself."""
    if a is None or b is None or a == b:
        return a == b
    try:
        return split_pem(a, path="") == split_pem(b, path="") != ()
    except Refused:
        return False


def pem_fingerprints(text: str) -> tuple[str, ...] | str:
    """What a PEM text says, for comparison: its blocks' bytes; unreadable text stands for itself."""
    try:
        blocks = split_pem(text, path="")
    except Refused:
        return text
    return tuple(block.der.hex() for block in blocks) or text


def signing_algorithm_of(signed: x509.Certificate | x509.CertificateSigningRequest) -> SigningAlgorithm | None:
    """Which of our algorithms signed it; None for any other (SHA-1, MD5, DSA …)."""
    if signed.signature_algorithm_oid != Sig.RSASSA_PSS:
        return _SIGNATURE_NAMES.get(signed.signature_algorithm_oid)
    try:
        digest = signed.signature_hash_algorithm
        parameters = signed.signature_algorithm_parameters
    except (ValueError, UnsupportedAlgorithm):  # PSS with a hash or mask generation that nobody knows
        return None
    if digest is None or not isinstance(parameters, padding.PSS):
        return None
    return _PSS_NAMES.get(digest.name)


def signature_name(certificate: x509.Certificate) -> str:
    """The algorithm of its signature in our spelling, or the dotted OID of another one."""
    known = signing_algorithm_of(certificate)
    return known.value if known else certificate.signature_algorithm_oid.dotted_string


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER as lower-case hex with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":")


def sans_of(holder: x509.Certificate | x509.CertificateSigningRequest) -> tuple[x509.GeneralName, ...]:
    """The subject alternative names in order; empty when there is no such extension."""
    try:
        return tuple(holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return ()


def key_identifier(public_key: object) -> bytes:
    """The subject key identifier of a key: SHA-1 of its bits (RFC 5280 4.2.1.2, method 1), as ACM PCA does."""
    return x509.SubjectKeyIdentifier.from_public_key(public_key).digest  # type: ignore[arg-type]


def subject_key_id_of(certificate: x509.Certificate) -> bytes:
    """The identifier that certificates below carry as AKI: the SKI, or computed from the key where it has none."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return key_identifier(certificate.public_key())


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """The facts of a certificate that `load_der` accepted or that we built."""
    extensions = {extension.oid: extension.value for extension in certificate.extensions}
    ski = extensions.get(x509.SubjectKeyIdentifier.oid)
    aki = extensions.get(x509.AuthorityKeyIdentifier.oid)
    basic = extensions.get(x509.BasicConstraints.oid)
    san = extensions.get(x509.SubjectAlternativeName.oid)
    return CertificateFacts(
        serial=certificate.serial_number,
        serial_number=serial_colon_hex(certificate.serial_number),
        fingerprint=fingerprint_of(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        signature_algorithm=signature_name(certificate),
        key_algorithm=algorithm_of(certificate.public_key()),
        subject_key_id=ski.digest if isinstance(ski, x509.SubjectKeyIdentifier) else None,
        authority_key_id=aki.key_identifier if isinstance(aki, x509.AuthorityKeyIdentifier) else None,
        sans=tuple(san) if isinstance(san, x509.SubjectAlternativeName) else (),
        is_ca=isinstance(basic, x509.BasicConstraints) and basic.ca,
        path_length=basic.path_length if isinstance(basic, x509.BasicConstraints) else None,
        self_issued=certificate.subject == certificate.issuer,
    )
