"""One place of an association: put, tell, settle, and the way back. No store is needed here.

The way back is the version that was deployed last, put once more from the vault: no target has an undo of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certwright.domain.errors import CertwrightError, DeployFailed
from certwright.engine.deployer import Deployer, Material, Spot, Told
from certwright.engine.failpoints import hit
from certwright.engine.ports import CancelSignal
from certwright.engine.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """A place and what it shall hold. takes_over: ARNs of the same URN, whose place it may take over."""

    owner: str
    kind: str
    deployer: Deployer
    target: Json
    spot: Spot
    material: Material
    takes_over: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.kind} {self.spot.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """What was deployed last at a place, whose it was, and as what. material: None when there was nothing, or it is not
    here any more."""

    owner: str
    material: Material | None = None


def put(placing: Placing) -> bool:
    """True when something is to be told or settled now; False when all was there and told."""
    changed = placing.deployer.put(
        placing.target, placing.spot, placing.material, owner=placing.owner, takes_over=placing.takes_over
    )
    hit("deploy.after_put")
    seen = placing.deployer.observe(placing.target, placing.spot)
    return changed or seen is None or not seen.told


def tell(placings: Sequence[Placing], *, cancel: CancelSignal) -> Told:
    """Once for all of them; they share an endpoint."""
    first = placings[0]
    if not first.spot.endpoint:
        return Told()
    hit("deploy.before_tell")
    told = first.deployer.tell(first.target, tuple(placing.spot for placing in placings), cancel)
    hit("deploy.after_tell")
    return told


def settle(placing: Placing) -> None:
    placing.deployer.settle(placing.target, placing.spot, digest=placing.material.digest)


def take_back(placing: Placing, way: WayBack, *, problem: str) -> None:
    """Put what was deployed before, or take ours away; the endpoint is told by the caller.

    Raises DeployFailed: deploy.rollback_failed.
    """
    hit("deploy.before_back")
    try:
        if way.material is not None:
            placing.deployer.put(
                placing.target, placing.spot, way.material, owner=way.owner, takes_over=(placing.owner,)
            )
        else:
            placing.deployer.remove(placing.target, placing.spot, owner=placing.owner)
    except CertwrightError as error:
        raise _stuck(placing, problem, error) from error
    hit("deploy.after_back")


def _stuck(placing: Placing, problem: str, error: CertwrightError) -> DeployFailed:
    return DeployFailed(
        f"{placing.name}: {problem}, and the old pair could not be put back: {error.message}",
        code="deploy.rollback_failed",
        details=error.details,
    )


def go_back(placing: Placing, way: WayBack, *, problem: str, cancel: CancelSignal) -> str:
    """Put what was deployed before, or take ours away, and tell the endpoint. Returns the sentence of how that went.

    Raises DeployFailed: deploy.rollback_failed; then nothing more is tried.
    """
    before, deployer = way.material, placing.deployer
    if before is not None and before.digest == placing.material.digest:
        return "the pair stays, for it is the one that was deployed before"
    take_back(placing, way, problem=problem)
    try:
        seen = deployer.observe(placing.target, placing.spot)
        if seen is None:
            return "the place is empty again, as it was"
        if not seen.told:
            told = deployer.tell(placing.target, (placing.spot,), cancel)
            if told.problem:
                return f"the old pair is back in place, but after that {told.problem}"
        deployer.settle(placing.target, placing.spot, digest=seen.digest)
    except CertwrightError as error:
        raise _stuck(placing, problem, error) from error
    return "the old pair is back in place" + (", the server was told" if placing.spot.endpoint else "")


def not_told(placing: Placing, told: Told, state: str) -> DeployFailed:
    todo = f". {told.todo}" if told.todo else ""
    return DeployFailed(
        f"{placing.name}: {told.problem}; {state}{todo}", code="deploy.reload_failed", details=told.details
    )
