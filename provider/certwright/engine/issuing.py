"""Who signs what is no CA's own certificate: the issuer port, what is known of an issuer, and which one a reference means.

A reference is text, as a program states it and as a version keeps it: a CA's ARN, `bundled`, or `KIND` with `:…` behind it.
It is taken apart here and nowhere else.

Two kinds of issuer. A *local* one signs in this process's memory: what it prepares, signs and stores may be one transaction
(ADR 17). A *remote* one is asked over a network: what it is asked, and each of its answers, is stored before the next step, and
no transaction is open while it is asked (ADR 24).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeGuard

from certwright.domain.errors import CertwrightError, Finding
from certwright.domain.keyspec import KeyAlgorithm, default_leaf_algorithm
from certwright.engine.ports import CancelSignal, OpenedKeys, Reader, Transaction
from certwright.engine.records import CertificateRecord, Json, MaterialRecord, OrderRecord, VersionRecord
from certwright.engine.request import Request

AUTHORITY = "authority"
BUNDLED = "bundled"
_AUTHORITY_ARN = "arn:certwright:acm-pca:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What an issuer sets to the life of what it signs. None: nothing."""

    not_before: datetime | None = None
    not_after: datetime | None = None
    short_lived: bool = False  # seven days at most


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerFacts:
    """What is known of an issuer without asking anybody: read from the store, for decisions, previews and explanations.

    Whether it may issue now is one thing, whether it can sign another: a disabled CA still signs its revocation lists
    (`issuer.signer_of`).
    """

    reference: str
    name: str  # for people
    version: int = 0  # of its certificate; 0 where that is its own affair: then no change of it re-issues anything
    bounds: Bounds = Bounds()
    may_issue: Finding | None = None  # why its state forbids it
    unfinished: bool = False  # its own making was interrupted, and is finished before anything is asked of it
    key_handle: str = ""  # of its key in this vault; empty where it is elsewhere
    key_algorithm: KeyAlgorithm | None = None  # of its own key; None: not ours to know
    leaf_algorithms: tuple[KeyAlgorithm, ...] = ()  # that it signs, the default first; empty: every one
    browser_trusted: bool = False
    caa_identities: tuple[str, ...] = ()  # empty: those of this installation
    sets_validity: bool = False

    @property
    def leaf_algorithm(self) -> KeyAlgorithm:
        """Of a leaf's key where nothing is stated: what fits it. RSA_2048 under an RSA CA, else P-256."""
        if self.leaf_algorithms:
            return self.leaf_algorithms[0]
        return default_leaf_algorithm(self.key_algorithm) if self.key_algorithm else KeyAlgorithm.EC_PRIME256V1

    def objection(self, now: datetime) -> Finding | None:
        """Why it does not issue now: its state, or its own life (SEC-9)."""
        return self.may_issue or outside_life(self.reference, self.bounds, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journaled:
    """A version that is ready to be signed, as the journal has it. prepared: what the issuer made ready in this process, so that
    it need not read its journal again; None after a crash."""

    record: CertificateRecord
    version: VersionRecord
    material: MaterialRecord
    prepared: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """renew_at: when the issuer wants to be asked for the next one; it never delays our own instant."""

    der: bytes
    chain_pem: str  # the leaf's issuer first, root last if it is known
    renew_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The issuer answered, and it is not the certificate yet.

    state: what is journaled now, in place of the state before. when: ask again then; None: at once, with the new state.
    sentence: what is waited for, e.g. `vendor looks at order 4711`; in small letters where it does not begin with a name.
    """

    state: Json
    sentence: str = ""
    when: datetime | None = None


class OrderRefused(CertwrightError):
    """The issuer said no for good: asking again gives the same answer. failure_reason: by ACM's names."""

    code = "issuer.refused"

    def __init__(self, message: str, *, failure_reason: str = "OTHER") -> None:
        super().__init__(message)
        self.failure_reason = failure_reason


class Issuer(Protocol):
    """One kind of issuer. Its kind is its name in the registry; it is made from the `Services`, for one question or one step.
    A local one is a `LocalIssuer` besides, a remote one a `RemoteIssuer`."""

    @property
    def local(self) -> bool: ...

    def facts(self, reader: Reader, reference: str) -> IssuerFacts | None:
        """None when there is no such issuer here. Asks nobody."""

    def ensure(self, reference: str, *, region: str, account: str) -> str:
        """Make what it needs before it can issue, if anything, and give the reference that a version keeps. No transaction is
        open. Idempotent."""


class LocalIssuer(Issuer, Protocol):
    """Signs with a key of this vault, in the memory of this process."""

    def intend(
        self, tx: Transaction, record: CertificateRecord, version: VersionRecord, request: Request, *, now: datetime
    ) -> Journaled:
        """Judge, lint and reserve: the version with serial, window and issuer's version, and the bytes that will be signed.
        Nothing is signed yet. Raises Refused."""

    def signing_handle(self, reader: Reader, version: VersionRecord) -> str:
        """The key that signs what is journaled for this version. Raises Refused when it may not issue now."""

    def sign(self, tx: Transaction, journaled: Journaled, keys: OpenedKeys) -> Signed:
        """Exactly the journaled bytes. Raises KeysChanged for a key that was not opened."""


class RemoteIssuer(Issuer, Protocol):
    """Is asked by orders."""

    def intend(self, order: OrderRecord, request: Request) -> Json:
        """The state that is journaled before anything is asked, e.g. a reference of our own choice, by which the other side, or
        a look at it, tells a repeated order from a new one. Asks nobody."""

    def sign(self, order: OrderRecord, cancel: CancelSignal | None) -> Signed | Waiting:
        """One bounded step from the journaled state; no transaction is open. Whoever died in it calls it again with the same
        state, so that it must not order a second time. Raises OrderRefused for a final no; any other CertwrightError is told as
        a wait, and asked again."""

    def challenges(self, order: OrderRecord | None) -> Mapping[str, Json] | None:
        """By authorization, what the issuer wants in a challenge, as soon as its answers say so: empty before, and without an order.
        None, always: it leaves the proof of names to this installation. `sign` is called again only when all are proved."""


def is_local(issuer: Issuer) -> TypeGuard[LocalIssuer]:
    return issuer.local


def is_remote(issuer: Issuer) -> TypeGuard[RemoteIssuer]:
    return not issuer.local


def kind_of(reference: str) -> str:
    """The name in the registry: an ARN is a CA's, or wrong."""
    return AUTHORITY if reference.startswith("arn:") else reference.partition(":")[0]


def objection(reference: str, kinds: Mapping[str, object], path: str = "") -> Finding | None:
    """Why nobody here can be meant, or None."""
    kind = kind_of(reference)
    if kind in kinds and (kind != AUTHORITY or reference.startswith(_AUTHORITY_ARN)):
        return None
    if kind == "acme":
        message = "ACME issuers are not part of this version of certwright; name a CA's ARN, or bundled"
        return Finding(code="issuer.unavailable", path=path, message=message)
    return Finding(
        code="issuer.invalid", path=path, message=f'"{reference[:80]}" is neither bundled nor the ARN of a CA'
    )


def outside_life(reference: str, bounds: Bounds, now: datetime) -> Finding | None:
    begin, end = bounds.not_before, bounds.not_after
    if begin is None or end is None or begin <= now <= end:
        return None
    return Finding(
        code="issuer.outside_life",
        message=f"authority {reference} is valid from {begin:%Y-%m-%dT%H:%M:%SZ} to {end:%Y-%m-%dT%H:%M:%SZ}, and the clock "
        f"says {now:%Y-%m-%dT%H:%M:%SZ}; renew the authority or correct the clock",
    )


def not_found(reference: str, path: str = "") -> Finding:
    message = f"there is no certificate authority {reference} in this store"
    return Finding(code="issuer.not_found", path=path, message=message)


def at(finding: Finding, path: str) -> Finding:
    """The same objection, to this input."""
    return replace(finding, path=path)
