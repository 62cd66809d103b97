"""Certificate signing requests: strict reading, proof of possession, and what they ask for."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from certwright.domain.certificate import refuse, sans_of, signing_algorithm_of, split_pem
from certwright.domain.errors import Finding
from certwright.domain.keyspec import KeyAlgorithm, algorithm_of
from certwright.domain.weakkey import KNOWN_WEAK_RSA, public_key_findings

MAX_CSR_BYTES = 32_768
_LABELS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
PATH = "certificateSigningRequest"


def parse_csr(data: str | bytes, *, path: str = PATH) -> x509.CertificateSigningRequest:
    """Reads exactly one request, PEM or DER, and touches its lazy parts. Raises csr.malformed, csr.too_large, pem.*."""
    if len(data) > MAX_CSR_BYTES:
        raise refuse("csr.too_large", f"has {len(data)} bytes; at most {MAX_CSR_BYTES} are allowed", path)
    der = data if isinstance(data, bytes) and data[:1] == b"\x30" else _der_of(data, path)
    try:
        request = x509.load_der_x509_csr(der)
        _ = (request.subject, request.extensions, request.public_key(), request.signature_algorithm_oid)
    except Exception as error:  # the parser raises many kinds, and its warnings are exceptions under -W error
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise refuse("csr.malformed", f"is not a usable certificate signing request: {reason}", path) from None
    return request


def _der_of(data: str | bytes, path: str) -> bytes:
    blocks = split_pem(data, path=path, limit=MAX_CSR_BYTES)
    if len(blocks) != 1 or blocks[0].label not in _LABELS:
        seen = ", ".join(block.label[:40] for block in blocks[:3]) or "none"
        message = f"needs exactly one CERTIFICATE REQUEST block; blocks seen: {seen}"
        raise refuse("csr.malformed", message, path)
    return blocks[0].der


def csr_findings(
    request: x509.CertificateSigningRequest, path: str = PATH, *, known_weak: frozenset[str] = KNOWN_WEAK_RSA
) -> list[Finding]:
    """Why a request is not signed: csr.weak_signature, csr.signature, csr.nameless, key.* (SEC-3)."""
    found: list[Finding] = []
    key = request.public_key()
    if signing_algorithm_of(request) is None:
        digest = request.signature_hash_algorithm if _has_hash(request) else None
        shown = digest.name if digest is not None else request.signature_algorithm_oid.dotted_string
        message = f"is signed with {shown}, which is weak or unknown; sign it with SHA-256 or better, or Ed25519"
        found.append(Finding(code="csr.weak_signature", message=message, path=path))
    elif not _signature_valid(request):
        message = "has a signature that its own key did not make; make the request again with the key it names"
        found.append(Finding(code="csr.signature", message=message, path=path))
    if not list(request.subject) and not sans_of(request):
        message = "names nobody: it has neither a subject nor a subject alternative name"
        found.append(Finding(code="csr.nameless", message=message, path=path))
    weak = public_key_findings(key, path, known_weak=known_weak)
    if not weak and algorithm_of(key) is None:
        supported = ", ".join(a.value for a in KeyAlgorithm)
        message = f"has a key of {getattr(key, 'key_size', '?')} bits, which is not one of {supported}"
        weak = [Finding(code="key.unsupported", message=message, path=path)]
    return found + weak


def _has_hash(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.signature_hash_algorithm is not None
    except UnsupportedAlgorithm:
        return False


def _signature_valid(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
