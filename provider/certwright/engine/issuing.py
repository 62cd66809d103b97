"""Who signs what is no CA's own certificate: the issuer port, what is known of an issuer, and which one a reference means.

A reference is text, as a program states it and as a version keeps it: a CA's ARN, `bundled`, or `KIND` with `:…` behind it.
It is taken apart here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from certwright.domain.errors import Finding, Refused
from certwright.domain.keyspec import KeyAlgorithm, default_leaf_algorithm
from certwright.engine.ports import Reader

S_contra = TypeVar("S_contra", contravariant=True)  # the services: they hold the issuers, and issuers work with them
S = TypeVar("S")

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
    key_algorithm: KeyAlgorithm | None = None  # of its own key; None: not ours to know
    leaf_algorithms: tuple[KeyAlgorithm, ...] = ()  # that it signs; empty: every one
    browser_trusted: bool = False
    caa_identities: tuple[str, ...] = ()  # empty: those of this installation
    sets_validity: bool = False

    @property
    def leaf_algorithm(self) -> KeyAlgorithm:
        """Of a leaf's key where nothing is stated."""
        if self.leaf_algorithms:
            return self.leaf_algorithms[0]
        return default_leaf_algorithm(self.key_algorithm) if self.key_algorithm else KeyAlgorithm.EC_PRIME256V1

    def objection(self, now: datetime) -> Finding | None:
        """Why it does not issue now: its state, or its own life (SEC-9)."""
        return self.may_issue or outside_life(self.reference, self.bounds, now)


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


class Issuer(Protocol[S_contra]):
    """One kind of issuer. Its kind is its name in the registry."""

    def facts(self, reader: Reader, reference: str) -> IssuerFacts | None:
        """None when there is no such issuer here."""

    def ensure(self, services: S_contra, reference: str, *, region: str, account: str) -> str:
        """Make what it needs before it can issue, if anything, and give the reference that a version keeps. No transaction is
        open."""


class Issuers(Generic[S]):
    """The issuers by kind."""

    def __init__(self, kinds: Mapping[str, Issuer[S]]) -> None:
        self._kinds = kinds

    def of(self, reference: str) -> Issuer[S]:
        """Raises Refused (issuer.invalid, issuer.unavailable)."""
        problem = self.problem(reference)
        if problem is not None:
            raise Refused([problem])
        return self._kinds[kind_of(reference)]

    def facts(self, reader: Reader, reference: str) -> IssuerFacts | None:
        """None for an issuer that is not there, or of a kind that this installation does not have (any more)."""
        kind = kind_of(reference)
        return self._kinds[kind].facts(reader, reference) if kind in self._kinds else None

    def problem(self, reference: str, path: str = "") -> Finding | None:
        """Why nobody here can be meant, or None."""
        kind = kind_of(reference)
        if kind in self._kinds and (kind != AUTHORITY or reference.startswith(_AUTHORITY_ARN)):
            return None
        if kind == "acme":
            message = "ACME issuers are not part of this version of certwright; name a CA's ARN, or bundled"
            return Finding(code="issuer.unavailable", path=path, message=message)
        return Finding(
            code="issuer.invalid", path=path, message=f'"{reference[:80]}" is neither bundled nor the ARN of a CA'
        )


def kind_of(reference: str) -> str:
    """The name in the registry: an ARN is a CA's, or wrong."""
    return AUTHORITY if reference.startswith("arn:") else reference.partition(":")[0]


def at(finding: Finding, path: str) -> Finding:
    """The same objection, to this input."""
    return replace(finding, path=path)


AnyIssuers = Issuers[Any]
