"""Chains of certificates: putting them in order from the leaf upwards, and finding what breaks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from certwright.domain.certificate import MAX_CHAIN_LENGTH, fingerprint_of
from certwright.domain.errors import Finding
from certwright.domain.validity import iso

Value = TypeVar("Value", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The issuers above a leaf, nearest first; `complete` says that the last one is self-signed."""

    certificates: tuple[x509.Certificate, ...]
    complete: bool
    unused: tuple[x509.Certificate, ...]


def is_self_signed(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer and is_issued_by(certificate, certificate)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the names fit and the signature verifies."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def build_chain(leaf: x509.Certificate, pool: Sequence[x509.Certificate]) -> Chain:
    """The way from `leaf` upwards through `pool`, whatever its order.

    Of several issuers of the same name and key the self-signed one wins, then the one that lives longest. The leaf
    itself in the pool is passed over. Terminates on cycles: no certificate is used twice.
    """
    rest = [certificate for certificate in pool if certificate != leaf]
    taken: list[x509.Certificate] = []
    at = leaf
    while not is_self_signed(at) and len(taken) < MAX_CHAIN_LENGTH:
        candidates = [c for c in rest if c.subject == at.issuer and is_issued_by(at, c)]
        if not candidates:
            break
        at = max(candidates, key=lambda c: (c.subject == c.issuer, c.not_valid_after_utc, fingerprint_of(c)))
        taken.append(at)
        rest.remove(at)
    return Chain(certificates=tuple(taken), complete=is_self_signed(at), unused=tuple(rest))


def chain_findings(
    leaf: x509.Certificate, pool: Sequence[x509.Certificate], now: datetime, path: str = "certificateChain"
) -> list[Finding]:
    """Everything that keeps `pool` from being the chain of `leaf` at `now`.

    Codes: chain.broken (a certificate that leads nowhere), chain.signature, chain.not_ca, chain.path_length,
    chain.expired, chain.not_yet_valid, chain.too_long. The order given does not matter.
    """
    if len(pool) > MAX_CHAIN_LENGTH:
        return [_finding("chain.too_long", f"has more than {MAX_CHAIN_LENGTH} certificates", path)]
    chain = build_chain(leaf, pool)
    found = _gap_findings(leaf, chain, path)
    below = 0
    for issuer in chain.certificates:
        found.extend(_issuer_findings(issuer, below, now, path))
        below += issuer.subject != issuer.issuer
    return found


def _gap_findings(leaf: x509.Certificate, chain: Chain, path: str) -> list[Finding]:
    """Unused certificates: a repetition is harmless, anything else breaks the chain."""
    used = {fingerprint_of(certificate) for certificate in chain.certificates}
    strangers = [certificate for certificate in chain.unused if fingerprint_of(certificate) not in used]
    if not strangers:
        return []
    top = chain.certificates[-1] if chain.certificates else leaf
    if namesakes := [c for c in strangers if c.subject == top.issuer and not chain.complete]:
        message = (
            f"holds {_name(namesakes[0])}, the name that issued {_name(top)}, but its key did not sign it; "
            "give the certificate of the key that did"
        )
        return [_finding("chain.signature", message, path)]
    message = (
        f"is broken: {_name(top)} was issued by {top.issuer.rfc4514_string()[:120]!r}, and "
        f"{_name(strangers[0])} does not lead there; give the issuers of the certificate and nothing else"
    )
    return [_finding("chain.broken", message, path)]


def _issuer_findings(issuer: x509.Certificate, below: int, now: datetime, path: str) -> list[Finding]:
    found: list[Finding] = []
    basic = _extension(issuer, x509.BasicConstraints)
    usage = _extension(issuer, x509.KeyUsage)
    if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
        found.append(_finding("chain.not_ca", f"holds {_name(issuer)}, which may not sign certificates", path))
    elif basic.path_length is not None and below > basic.path_length:
        message = f"has {below} authorities below {_name(issuer)}, whose path length is {basic.path_length}"
        found.append(_finding("chain.path_length", message, path))
    found.extend(date_findings(issuer, now, path, prefix="chain", what=f"holds {_name(issuer)}, which"))
    return found


def date_findings(
    certificate: x509.Certificate,
    now: datetime,
    path: str,
    *,
    prefix: str = "certificate",
    what: str = "the certificate",
) -> list[Finding]:
    """PREFIX.expired or PREFIX.not_yet_valid at `now`; both ends of the validity count."""
    if now > certificate.not_valid_after_utc:
        return [_finding(f"{prefix}.expired", f"{what} expired at {iso(certificate.not_valid_after_utc)}", path)]
    if now < certificate.not_valid_before_utc:
        message = f"{what} is not valid before {iso(certificate.not_valid_before_utc)}"
        return [_finding(f"{prefix}.not_yet_valid", message, path)]
    return []


def _extension(certificate: x509.Certificate, kind: type[Value]) -> Value | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _name(certificate: x509.Certificate) -> str:
    return repr(certificate.subject.rfc4514_string()[:120])


def _finding(code: str, message: str, path: str) -> Finding:
    return Finding(code=code, message=message, path=path)
