"""How far each place of an association is: a row that is written before each step of a deployment (SEC-5, ASC-3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from certwright.engine.placing import Placing
from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import AssociationStatus, LocationRecord, LocationStatus

# The association is as its worst place.
_SHOWN: dict[LocationStatus, AssociationStatus] = {
    LocationStatus.FAILED: AssociationStatus.FAILED,
    LocationStatus.ROLLED_BACK: AssociationStatus.FAILED,
    LocationStatus.DRIFTED: AssociationStatus.DRIFTED,
    LocationStatus.UNREACHABLE: AssociationStatus.UNREACHABLE,
    LocationStatus.INTENDED: AssociationStatus.PENDING,
    LocationStatus.PUT: AssociationStatus.PENDING,
    LocationStatus.HELD: AssociationStatus.PENDING,
    LocationStatus.TOLD: AssociationStatus.PENDING,
    LocationStatus.PROVED: AssociationStatus.DEPLOYED,
}
_WORST_FIRST = tuple(dict.fromkeys(_SHOWN.values()))


def endpoint_key(kind: str, host: str, endpoint: str) -> str:
    """What is locked and told, apart from all others; "" where nothing has to be told. host: "" for a remote one."""
    return f"{kind} {host} {endpoint}" if endpoint else ""


def shown(statuses: Iterable[LocationStatus]) -> AssociationStatus:
    """The association's status from those of its places."""
    there = {_SHOWN[status] for status in statuses}
    return next((status for status in _WORST_FIRST if status in there), AssociationStatus.PENDING)


def elsewhere(reader: Reader, arn: str, places: Sequence[str]) -> list[LocationRecord]:
    """Rows of an association at places that it has no more."""
    return [row for row in reader.all(LocationRecord, arn=arn) if row.place not in places]


def intend(tx: Transaction, placing: Placing, *, host: str, now: datetime) -> None:
    """Before anything is done at a place. What was told before is void: it is told again, or found to be there."""
    known = tx.one(LocationRecord, arn=placing.owner, place=placing.spot.place)
    fresh = known or LocationRecord(
        arn=placing.owner, place=placing.spot.place, kind=placing.kind, status=LocationStatus.INTENDED, at=now
    )
    tx.save(
        replace(
            fresh,
            kind=placing.kind,
            endpoint=endpoint_key(placing.kind, host, placing.spot.endpoint),
            host=host,
            name=placing.spot.name,
            status=LocationStatus.INTENDED,
            wanted_digest=placing.material.digest,
            put_digest="",
            told_digest="",
            problem="",
            at=now,
        )
    )


def note(
    tx: Transaction, arn: str, place: str, status: LocationStatus, *, now: datetime, digest: str = "", problem: str = ""
) -> None:
    """A step is done. digest: what was put, told or proved. A place that is not known any more stays so."""
    known = tx.one(LocationRecord, arn=arn, place=place)
    if known is None:
        return
    noted = replace(known, status=status, problem=problem, at=now)
    match status:
        case LocationStatus.PUT:
            noted = replace(noted, put_digest=digest)
        case LocationStatus.TOLD:
            noted = replace(noted, told_digest=digest)
        case LocationStatus.PROVED:
            noted = replace(noted, proved_digest=digest)
        case _:
            pass
    tx.save(noted)


def untold(reader: Reader, endpoint: str) -> list[LocationRecord]:
    """The places of an endpoint that hold what it was not told of."""
    return reader.all(LocationRecord, endpoint=endpoint, status=LocationStatus.PUT)


def is_expected(reader: Reader, endpoint: str) -> bool:
    """Whether somebody is about to put something that this endpoint has to be told of."""
    return bool(reader.all(LocationRecord, endpoint=endpoint, status=LocationStatus.INTENDED, limit=1))
