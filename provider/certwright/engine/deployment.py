"""A deployment: the serving version comes to a place, its endpoint is told, and what it serves is proved.

Order (numbered in the code):
1. put: the place switches, or keeps the old pair and says why;
2. tell: the endpoint makes use of it; when that fails the old pair is put back and told;
3. prove: fresh handshakes, where an endpoint can be reached (unreachable is not wrong); what is not served goes back too;
4. record: what is deployed, in one transaction with its audit line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from certwright.domain.errors import CertwrightError, DeployFailed, Finding, NotFound, Refused, Unreachable
from certwright.engine import behind, serving
from certwright.engine.claims import find
from certwright.engine.deployer import Deployer, Reach
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.material import material_of, servable
from certwright.engine.placing import Placing, WayBack, go_back, not_told, put, settle, tell
from certwright.engine.ports import CancelSignal, Reader, Served
from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    AuditAction,
    AuditResult,
    Json,
    VersionRecord,
)
from certwright.engine.services import Services


def deployer_of(services: Services, target: Json) -> tuple[Deployer, Json]:
    """`{directory: {…}}` → who brings certificates there, and what the user wrote. Raises Refused: target.unknown."""
    kind, properties = next(iter(target.items()))
    deployer = services.deployers.get(kind)
    if deployer is None:
        known = ", ".join(sorted(services.deployers))
        raise Refused(
            [Finding(code="target.unknown", path=f"target.{kind}", message=f"is not a target; known: {known}")]
        )
    return deployer, properties or {}


def owning_host(services: Services, deployer: Deployer) -> str:
    """The host that a place of this kind belongs to; "" for a remote one, which belongs to the store."""
    return services.host if deployer.reach is Reach.LOCAL else ""


def is_within_reach(services: Services, record: AssociationRecord) -> bool:
    """Whether this host may observe, repair and remove what an association put: its own local places, and remote ones."""
    deployer, _ = deployer_of(services, record.target)
    return deployer.reach is Reach.REMOTE or record.host in ("", services.host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An association, the version that it shall serve, and its place."""

    record: AssociationRecord
    version: VersionRecord
    placing: Placing


def deploy(services: Services, arn: str, *, cancel: CancelSignal) -> AssociationRecord:
    """Bring the serving version to the target and prove it. Safe to repeat: equal bytes are left alone."""
    with alone_with(services.store, Scope.ASSOCIATION, arn, cancel=cancel):
        with services.store.read() as reader:
            work = _gather(services, reader, get(reader, arn))
        try:
            _bring(services, work, cancel=cancel)
        except DeployFailed as problem:
            _failed(services, work.record, problem)
            raise
        hit("deploy.before_proof")
        # 3. prove
        served = serving.handshakes(services, work.record.verify, work.version.fingerprint, cancel=cancel)
        return _concluded(services, work, served, cancel=cancel)


def get(reader: Reader, arn: str) -> AssociationRecord:
    record = find(reader, AssociationRecord, arn)
    if record is None:
        raise NotFound(f"there is no association {arn} in this store")
    return record


def _gather(services: Services, reader: Reader, record: AssociationRecord) -> Work:
    deployer, target = deployer_of(services, record.target)
    version = servable(reader, record.certificate_arn)
    material = material_of(services.vault, reader, version)
    if material is None:
        raise CertwrightError(
            f"version {version.version} of {record.certificate_arn} has no certificate here", code="store.damaged"
        )
    siblings = tuple(
        alias for other in reader.all(AssociationRecord, urn=record.urn) for alias in (other.arn, *other.aliases)
    )
    placing = Placing(
        owner=record.arn,
        kind=record.target_kind,
        deployer=deployer,
        target=target,
        spot=deployer.spots(target)[0],
        material=material,
        takes_over=siblings,
    )
    return Work(record=record, version=version, placing=placing)


def _bring(services: Services, work: Work, *, cancel: CancelSignal) -> None:
    placing = work.placing
    # 1. put
    if not put(placing):
        return
    # 2. tell
    told = tell(placing, cancel=cancel)
    if told.problem:
        state = go_back(placing, _way_back(services, work.record), problem=told.problem, cancel=cancel)
        raise not_told(placing, told, state)
    settle(placing)


def _way_back(services: Services, record: AssociationRecord) -> WayBack:
    """The association's own last deployment, or that of the one whose place it takes over."""
    with services.store.read() as reader:
        others = reader.all(AssociationRecord, urn=record.urn)
        for one in (record, *(o for o in others if o.arn != record.arn and o.place == record.place)):
            for version in reader.all(VersionRecord, serial=one.deployed_serial) if one.deployed_serial else ():
                if version.fingerprint == one.deployed_fingerprint:
                    return WayBack(owner=one.arn, material=material_of(services.vault, reader, version))
    return WayBack(owner=record.arn)


def _failed(services: Services, record: AssociationRecord, problem: DeployFailed) -> None:
    now = services.clock.now()
    status = AssociationStatus.UNREACHABLE if isinstance(problem, Unreachable) else AssociationStatus.FAILED
    with services.store.write() as tx:
        current = get(tx, record.arn)
        tx.save(replace(current, status=status, failure_message=problem.message))
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.DEPLOY,
            arn=record.arn,
            result=AuditResult.FAILED,
            details={"problem": problem.message},
        )


def _concluded(services: Services, work: Work, served: list[Served], *, cancel: CancelSignal) -> AssociationRecord:
    """4. record. What is not served goes back to what was, where there was something."""
    wrong = serving.wrong_of(served, work.version.fingerprint)
    if not wrong:
        return _deployed(services, work, served)
    seen = (
        f"{wrong[0].address} still serves serial {wrong[0].serial} (SHA-256 {wrong[0].fingerprint[:16]}), not "
        f"{work.version.serial} ({work.version.fingerprint[:16]})"
    )
    todo = "Give the target a reload command, or correct verify"
    way = _way_back(services, work.record)
    if way.material is None or way.material.digest == work.placing.material.digest:
        # The first one stays: the server was never set up to serve another pair from here.
        _deployed(services, work, served)
        raise DeployFailed(
            f"{seen}: the pair was installed at {work.record.place}, but the server does not use it. {todo}",
            code="deploy.not_served",
        )
    try:
        state = go_back(work.placing, way, problem=seen, cancel=cancel)
        again = serving.handshakes(services, work.record.verify, way.material.fingerprint, cancel=cancel)
        proved = serving.status_of(again, way.material.fingerprint) is AssociationStatus.DEPLOYED
        state += " and is served again" if proved else "; it is not seen served either"
        raise DeployFailed(f"{work.placing.name}: {seen}; {state}. {todo}", code="deploy.not_served")
    except DeployFailed as problem:
        _failed(services, work.record, problem)
        raise


def _deployed(services: Services, work: Work, served: list[Served]) -> AssociationRecord:
    now, record = services.clock.now(), work.record
    status = serving.status_of(served, work.version.fingerprint)
    done = replace(
        record,
        status=status,
        deployed_version=work.version.version,
        deployed_serial=work.version.serial,
        deployed_fingerprint=work.version.fingerprint,
        deployed_at=now,
        host=owning_host(services, work.placing.deployer),
        failure_message="",
        endpoints=tuple(serving.shown(s, now.isoformat()) for s in served),
    )
    with services.store.write() as tx:
        tx.save(replace(done, behind_since=behind.since(tx, record.certificate_arn, work.version.version, now)))
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.DEPLOY,
            arn=record.arn,
            result=AuditResult.FAILED if status is AssociationStatus.DRIFTED else AuditResult.DONE,
            details={
                "certificate": record.certificate_arn,
                "version": work.version.version,
                "serial": work.version.serial,
            },
        )
    hit("deploy.after_record")
    return done
