"""Imported certificates (IMP-1): whether a foreign certificate, its key and its chain are usable together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from certwright.domain.certificate import (
    PemBlock,
    parse_bundle,
    parse_certificate,
    refuse,
    signing_algorithm_of,
    split_pem,
)
from certwright.domain.chain import build_chain, chain_findings, date_findings, is_self_signed
from certwright.domain.errors import Finding, Reason, Refused
from certwright.domain.keyspec import PrivateKey
from certwright.domain.values import Secret
from certwright.domain.weakkey import KNOWN_WEAK_RSA, private_key_findings, public_key_findings

MAX_KEY_BYTES = 5_120
MAX_OCSP_URL = 1_000
BODY, KEY, CHAIN = "certificateBody", "privateKey", "certificateChain"
_KEY_LABELS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")


Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """The outcome: with no findings, `certificate` is set and `chain` is in order, leaf-first, without the leaf.

    private_key_der: PKCS #8, None when no key was given. flags: what is accepted but said (self-signed, no chain).
    """

    findings: tuple[Finding, ...]
    flags: tuple[Reason, ...] = ()
    certificate: x509.Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()
    private_key_der: Secret[bytes] | None = None


def check_import(
    body: str,
    private_key: Secret[str] | None,
    chain: str | None,
    now: datetime,
    *,
    known_weak: frozenset[str] = KNOWN_WEAK_RSA,
) -> Import:
    """Judges an import as a whole: every objection at once, with the property it belongs to.

    private_key: None when the stored version's key is kept. now: aware UTC.
    Codes: pem.*, certificate.*, chain.*, key.malformed, key.encrypted, key.too_large, key.mismatch, key.weak…
    Does not put key material into any message, and does not chain the loader's exceptions.
    """
    found: list[Finding] = []
    certificate = _collect(found, lambda: parse_certificate(body, path=BODY))
    pool = _collect(found, lambda: parse_bundle(chain or "", path=CHAIN)) or ()
    key = None if private_key is None else _collect(found, lambda: load_private_key(private_key))
    if chain is not None and chain.strip() and not pool and not any(f.path == CHAIN for f in found):
        found.append(Finding(code="pem.malformed", message="has no PEM certificate in it", path=CHAIN))
    if key is not None:
        found.extend(private_key_findings(key, KEY, known_weak=known_weak))
    if certificate is None:
        return Import(findings=tuple(found))
    found.extend(_body_findings(certificate, now, weak_known=known_weak, key_given=key is not None))
    if key is not None and not same_public_key(key.public_key(), certificate.public_key()):
        message = (
            "is not the key of certificateBody: their public keys differ; give the key the certificate was made for"
        )
        found.append(Finding(code="key.mismatch", message=message, path=KEY))
    found.extend(chain_findings(certificate, pool, now, CHAIN))
    ordered = build_chain(certificate, pool)
    return Import(
        findings=tuple(found),
        flags=_flags(certificate, ordered.certificates),
        certificate=certificate,
        chain=ordered.certificates,
        private_key_der=None if key is None else Secret(_pkcs8(key)),
    )


def _collect(found: list[Finding], step: Callable[[], Result]) -> Result | None:
    try:
        return step()
    except Refused as refusal:
        found.extend(refusal.findings)
        return None


def load_private_key(secret: Secret[str], *, path: str = KEY) -> PrivateKey:
    """Reads one unencrypted PEM key of at most 5120 bytes. Raises key.too_large, key.encrypted, key.malformed,
    key.unsupported; no message holds any of the text."""
    text = secret.reveal()
    if len(text) > MAX_KEY_BYTES:
        raise refuse("key.too_large", f"has {len(text)} bytes; at most {MAX_KEY_BYTES} are allowed", path)
    try:
        blocks = [block for block in split_pem(text, path=path) if block.label != "EC PARAMETERS"]
    except Refused:
        if "Proc-Type: 4,ENCRYPTED" in text:
            raise _encrypted(path) from None
        raise refuse("key.malformed", "is not a complete PEM private key", path) from None
    if len(blocks) != 1:
        raise refuse("key.malformed", f"has {len(blocks)} PEM blocks; give exactly one private key", path)
    return _load_block(blocks[0], path)


def _encrypted(path: str) -> Refused:
    return refuse("key.encrypted", "is encrypted; decrypt it first (openssl pkey -in KEY -out PLAIN)", path)


def _load_block(block: PemBlock, path: str) -> PrivateKey:
    if block.label == "ENCRYPTED PRIVATE KEY":
        raise _encrypted(path)
    if block.label not in _KEY_LABELS:
        raise refuse("key.malformed", "holds something other than a private key", path)
    try:
        key = load_der_private_key(block.der, password=None)
    except Exception:  # the loader's text may describe the key: say nothing of it
        raise refuse("key.malformed", "is not a private key that can be read: its parts are damaged", path) from None
    if not isinstance(key, PrivateKey):
        raise refuse("key.unsupported", f"is of the kind {type(key).__name__}; use RSA, EC or Ed25519", path)
    return key


def same_public_key(a: object, b: object) -> bool:
    """Whether two public keys are the same, compared by their SubjectPublicKeyInfo."""
    return _spki(a) == _spki(b)


def _spki(key: object) -> bytes:
    encode: Callable[[Encoding, PublicFormat], bytes] = key.public_bytes  # type: ignore[attr-defined]
    return encode(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pkcs8(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _body_findings(
    certificate: x509.Certificate, now: datetime, *, weak_known: frozenset[str], key_given: bool
) -> list[Finding]:
    found = date_findings(certificate, now, BODY)
    if not list(certificate.issuer):
        found.append(Finding(code="certificate.no_issuer", message="has an empty issuer", path=BODY))
    if signing_algorithm_of(certificate) is None:
        message = (
            f"is signed with the algorithm {certificate.signature_algorithm_oid.dotted_string}, which is weak or "
            "unknown; have it issued again with SHA-256 or better"
        )
        found.append(Finding(code="certificate.weak_signature", message=message, path=BODY))
    if not key_given:
        # The private half is judged with its own path; without it the certificate's key is all there is.
        found.extend(public_key_findings(certificate.public_key(), BODY, known_weak=weak_known))
    if any(len(url) > MAX_OCSP_URL for url in _access_urls(certificate)):
        message = f"has an OCSP or issuer address of more than {MAX_OCSP_URL} characters"
        found.append(Finding(code="certificate.long_url", message=message, path=BODY))
    return found


def _access_urls(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    locations = [entry.access_location for entry in access]
    return [place.value for place in locations if isinstance(place, x509.UniformResourceIdentifier)]


def _flags(certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> tuple[Reason, ...]:
    if is_self_signed(certificate):
        sentence = "the imported certificate is self-signed: only clients that were given it will trust it"
        return (Reason(code="certificate.self_signed", sentence=sentence),)
    if not chain:
        sentence = "no certificateChain was given: clients without the intermediate certificates will not trust it"
        return (Reason(code="chain.missing", sentence=sentence),)
    return ()
