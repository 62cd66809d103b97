"""What a refresh finds at a target and its endpoints; reads only (ASC-9)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from certwright.domain.errors import CertwrightError
from certwright.engine.association import endpoint, split_target, status_of
from certwright.engine.claims import find
from certwright.engine.ports import Installed, Served
from certwright.engine.records import AssociationRecord, AssociationStatus
from certwright.engine.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a refresh found. `elsewhere`: this is not the host that installed a local target (ASC-9)."""

    record: AssociationRecord
    status: AssociationStatus
    served: tuple[Served, ...] = ()
    installed: Installed | None = None
    elsewhere: bool = False


def observe(services: Services, arn: str) -> Observation | None:
    """Look at the target and its endpoints; writes nothing. None: no such association."""
    with services.store.read() as reader:
        record = find(reader, AssociationRecord, arn)
    if record is None:
        return None
    served = tuple(
        services.probe(
            address,
            server_name=str(record.verify.get("serverName") or ""),
            timeout_s=float(record.verify.get("timeoutSeconds") or 5),
        )
        for address in record.verify.get("endpoints") or ()
    )
    elsewhere = record.host not in ("", services.host)
    status = record.status
    installed = None
    if record.deployed_version:
        status = status_of(list(served), record.deployed_serial)
    if not elsewhere and record.deployed_version:
        kind, properties = split_target(record.target)
        try:
            installed = services.deployers[kind].observe(properties)
        except CertwrightError:
            installed = None
        if installed is None or installed.fingerprint != record.deployed_fingerprint:
            status = AssociationStatus.DRIFTED
    return Observation(record=record, status=status, served=served, installed=installed, elsewhere=elsewhere)


def observed(observation: Observation, *, at: str) -> AssociationRecord:
    """The record as a refresh found it; kept in Pulumi's state only, because reads never write."""
    record = observation.record
    return replace(
        record,
        status=observation.status,
        endpoints=tuple(endpoint(s, at) for s in observation.served) or record.endpoints,
    )
