"""What a deployment target is to the engine: six methods, no workflow (`deploy` has the adapters, `engine.deployment` the order).

A target writes no undo of its own. The engine goes back by putting the previous version once more, from the vault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from certwright.engine.ports import CancelSignal

if TYPE_CHECKING:
    from pydantic import BaseModel


class Reach(StrEnum):
    """Who may touch a place.

    LOCAL: a file of one machine; only that host observes, repairs and removes it. REMOTE: it is reached over the network
    and belongs to the store; any host may.
    """

    LOCAL = "LOCAL"
    REMOTE = "REMOTE"


class Part(StrEnum):
    """What a material is made of. PEM bytes, with one line feed at the end; a part that is empty is left out."""

    CERTIFICATE = "certificate"
    CHAIN = "chain"  # issuers without the root, the leaf's issuer first
    PRIVATE_KEY = "private-key"


SECRET_PARTS = frozenset({Part.PRIVATE_KEY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One place of a target, known from its settings alone, so that previews know it too.

    place: what is owned, by one association.
    endpoint: what is locked and told for all places that share it (a reload command, an admin socket). "" where nothing
    has to be told: what is put is served.
    name: a location's name within a distribution.
    """

    place: str
    endpoint: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a place gets, at once or not at all.

    digest: SHA-256 over the parts that are no secret (`material.digest_of`); the key is held to the certificate instead.
    fingerprint: SHA-256 of the leaf's DER, lower-case hex; what a handshake is compared with.
    """

    parts: Mapping[Part, bytes] = field(repr=False)
    digest: str
    fingerprint: str
    version: int

    def part(self, part: Part) -> bytes:
        """b"" where there is none."""
        return self.parts.get(part, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What lies at a place.

    owner: the association's ARN in the mark; "" when it carries none, or was given up.
    digest, fingerprint: of what lies there itself, so that a change by hand shows; "" when it is no matching pair.
    told: the endpoint was told of it; False while a put has not been followed by a tell that succeeded.
    rivals: others that write to this place as well, by their own names.
    """

    owner: str
    digest: str
    fingerprint: str
    told: bool = True
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a tell ended. `problem` "" means that the endpoint took everything.

    problem: what happened, without the place's name. todo: what the user can do, a whole sentence.
    details: what the endpoint said; never a key.
    """

    problem: str = ""
    details: tuple[str, ...] = ()
    todo: str = ""


class Deployer(Protocol):
    """One kind of target. `target` is what the user wrote under the kind's name, in wire spelling.

    Every method may raise DeployFailed (what is wrong, and what to do) or Unreachable (nothing can be said: not the same
    as wrong). Each is safe to repeat after a kill at any instant.
    """

    kind: str
    reach: Reach
    model: type[BaseModel]
    """Of what the user writes; it checks and documents the settings."""

    def spots(self, target: dict[str, Any]) -> tuple[Spot, ...]:
        """The places, from the settings alone. Raises DeployFailed: deploy.target_invalid."""

    def observe(self, target: dict[str, Any], spot: Spot) -> Seen | None:
        """What lies there now; None when nothing does. Writes nothing."""

    def put(
        self, target: dict[str, Any], spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()
    ) -> bool:
        """Judge the pair, switch to it at once, and mark it "not told" where there is something to tell.

        The place must be empty, given up, or owned by `owner` or one of `takes_over`. Returns False when all that was
        there already, told or not. On failure what lay there stays.
        """

    def tell(self, target: dict[str, Any], spots: tuple[Spot, ...], cancel: CancelSignal) -> Told:
        """Make the endpoint use what lies at its places: once for all of them. `target` is any one's that shares it."""

    def settle(self, target: dict[str, Any], spot: Spot, *, digest: str) -> None:
        """The endpoint was told of `digest`: mark it so, and prune. Does nothing when something else lies there by now."""

    def remove(self, target: dict[str, Any], spot: Spot, *, owner: str) -> bool:
        """Remove what `owner` still owns, with the mark; False when it owns nothing there (somebody else's is left alone).

        What was put but never told gives way to what lay there before, where the target still has that at hand.
        """
