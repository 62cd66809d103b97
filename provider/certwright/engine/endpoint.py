"""One tell for an endpoint, however many associations it has (REN-9).

Order (numbered in the code):
1. whoever gets the endpoint's lease looks whether somebody has told for it meanwhile;
2. it waits a moment for those who are about to put something;
3. it tells once, for all places that hold what the endpoint was not told of;
4. when that fails, all of them go back, and one by one they are tried again: who fails then is named, the others are served.
No process is in charge: what was put and not told is told by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from certwright.domain.errors import CertwrightError, DeployFailed
from certwright.engine import locations
from certwright.engine.deployer import Told
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.placing import Placing, WayBack, go_back, not_told, settle, take_back, tell
from certwright.engine.ports import CancelSignal
from certwright.engine.records import LocationRecord, LocationStatus
from certwright.engine.services import Services

GATHER_S = 0.25
LOOK_S = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A place that shares the endpoint, and what it held before."""

    placing: Placing
    way: WayBack


Known = Callable[[LocationRecord], Party | None]


def told(services: Services, mine: Party, known: Known, *, host: str, cancel: CancelSignal) -> None:
    """Until the endpoint was told of what lies at this place. Raises DeployFailed (deploy.reload_failed); then what was there
    before is back.

    known: who is at a place of another association; None when that cannot be told here.
    """
    placing = mine.placing
    key = locations.endpoint_key(placing.kind, host, placing.spot.endpoint)
    if not key:
        _noted(services, [placing], LocationStatus.TOLD)
        settle(placing)
        return
    with alone_with(services.store, Scope.ENDPOINT, key, cancel=cancel):
        # 1. somebody may have told, or tried, for this one too
        row = _row(services, placing)
        if row is not None and row.status is LocationStatus.FAILED:
            raise DeployFailed(row.problem, code="deploy.reload_failed")
        if row is None or row.told_digest != placing.material.digest:
            # 2. those who are about to put something
            _gather(services, key, cancel)
            _tell_all(services, mine, _parties(services, mine, known, key), cancel=cancel)
    settle(placing)


def _row(services: Services, placing: Placing) -> LocationRecord | None:
    with services.store.read() as reader:
        return reader.one(LocationRecord, arn=placing.owner, place=placing.spot.place)


def _gather(services: Services, key: str, cancel: CancelSignal) -> None:
    deadline = services.clock.monotonic() + GATHER_S
    while services.clock.monotonic() < deadline and not cancel.is_set():
        with services.store.read() as reader:
            if not locations.is_expected(reader, key):
                return
        cancel.wait(LOOK_S)


def _parties(services: Services, mine: Party, known: Known, key: str) -> list[Party]:
    """This one first; then all others that hold what the endpoint was not told of."""
    with services.store.read() as reader:
        rows = locations.untold(reader, key)
    own = (mine.placing.owner, mine.placing.spot.place)
    others = [found for row in rows if (row.arn, row.place) != own and (found := known(row)) is not None]
    if not _lies_there(mine.placing):  # a tell that failed, or a teller that died, took it back since it was put
        _put(mine.placing)
    others = [party for party in others if _lies_there(party.placing)]
    return [mine, *others]


def _put(placing: Placing) -> None:
    placing.deployer.put(
        placing.target, placing.spot, placing.material, owner=placing.owner, takes_over=placing.takes_over
    )


def _lies_there(placing: Placing) -> bool:
    """Only what lies at a place is told of; whoever was taken back meanwhile puts and tells for itself."""
    seen = placing.deployer.observe(placing.target, placing.spot)
    return seen is not None and seen.digest == placing.material.digest


def _tell_all(services: Services, mine: Party, parties: Sequence[Party], *, cancel: CancelSignal) -> None:
    # 3. once for all
    said = tell([party.placing for party in parties], cancel=cancel)
    if not said.problem:
        _noted(services, [party.placing for party in parties], LocationStatus.TOLD)
        return
    if len(parties) == 1:
        state = go_back(mine.placing, mine.way, problem=said.problem, cancel=cancel)
        raise not_told(mine.placing, said, state)
    # 4. all back; then who is it?
    _all_back(parties, said, cancel=cancel)
    problems = [_alone(services, party, cancel=cancel) for party in parties]
    if problems[0] is not None:  # this one's
        raise problems[0]


def _all_back(parties: Sequence[Party], said: Told, *, cancel: CancelSignal) -> None:
    for party in parties:
        take_back(party.placing, party.way, problem=said.problem)
    again = tell([party.placing for party in parties], cancel=cancel)
    if again.problem:  # it is none of ours: what is tried one by one would only fail again
        raise DeployFailed(
            f"{parties[0].placing.name}: {said.problem}; the old pairs of {len(parties)} places are back, but after that "
            f"{again.problem}. {again.todo}".rstrip(),
            code="deploy.reload_failed",
            details=again.details,
        )


def _alone(services: Services, party: Party, *, cancel: CancelSignal) -> DeployFailed | None:
    """One of them by itself: told, or back and the reason."""
    placing = party.placing
    try:
        _put(placing)
        said = tell([placing], cancel=cancel)
        if not said.problem:
            _noted(services, [placing], LocationStatus.TOLD)
            return None
        problem = not_told(placing, said, go_back(placing, party.way, problem=said.problem, cancel=cancel))
    except CertwrightError as error:
        problem = error if isinstance(error, DeployFailed) else DeployFailed(error.message, code=error.code)
    with services.store.write() as tx:
        locations.note(
            tx,
            placing.owner,
            placing.spot.place,
            LocationStatus.FAILED,
            now=services.clock.now(),
            problem=problem.message,
        )
    return problem


def _noted(services: Services, placings: Sequence[Placing], status: LocationStatus) -> None:
    now = services.clock.now()
    with services.store.write() as tx:
        for placing in placings:
            locations.note(tx, placing.owner, placing.spot.place, status, now=now, digest=placing.material.digest)
