"""What a refresh finds at a target and its endpoints; reads only (ASC-9)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from certwright.domain.errors import CertwrightError, Unreachable
from certwright.engine import serving
from certwright.engine.claims import find
from certwright.engine.deployer import Seen
from certwright.engine.deployment import deployer_of, is_within_reach
from certwright.engine.ports import Served
from certwright.engine.records import AssociationRecord, AssociationStatus
from certwright.engine.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a refresh found. `elsewhere`: this is not the host that installed a local target (ASC-9)."""

    record: AssociationRecord
    status: AssociationStatus
    served: tuple[Served, ...] = ()
    lies: Seen | None = None
    elsewhere: bool = False


def observe(services: Services, arn: str) -> Observation | None:
    """Look at the target and its endpoints; writes nothing. None: no such association."""
    with services.store.read() as reader:
        record = find(reader, AssociationRecord, arn)
    if record is None:
        return None
    served = tuple(serving.look(services, record.verify, address) for address in record.verify.get("endpoints") or ())
    elsewhere = not is_within_reach(services, record)
    if not record.deployed_version:
        return Observation(record=record, status=record.status, served=served, elsewhere=elsewhere)
    status = serving.status_of(served, record.deployed_fingerprint)
    if elsewhere:
        return Observation(record=record, status=status, served=served, elsewhere=True)
    lies, found = _look(services, record)
    status = status if status is AssociationStatus.DRIFTED else found or status
    return Observation(record=record, status=status, served=served, lies=lies)


def _look(services: Services, record: AssociationRecord) -> tuple[Seen | None, AssociationStatus | None]:
    """What lies at the place, and the status that this alone says; None when all is as it was left."""
    deployer, target = deployer_of(services, record.target)
    try:
        seen = deployer.observe(target, deployer.spots(target)[0])
    except Unreachable:
        return None, AssociationStatus.UNREACHABLE
    except CertwrightError:
        seen = None
    if seen is None or not seen.told or seen.fingerprint != record.deployed_fingerprint:
        return seen, AssociationStatus.DRIFTED
    return seen, None


def observed(observation: Observation, *, at: str) -> AssociationRecord:
    """The record as a refresh found it; kept in Pulumi's state only, because reads never write."""
    record = observation.record
    return replace(
        record,
        status=observation.status,
        endpoints=tuple(serving.shown(s, at) for s in observation.served) or record.endpoints,
    )
