"""A deployment: the serving version comes to a place, its endpoint is told, and what it serves is proved.

Order (numbered in the code):
1. intend: each place has its row (`locations`), so that whoever tells its endpoint can wait for it;
2. put: the place switches, or keeps the old pair and says why;
3. tell: the endpoint makes use of it, once for all that share it (`endpoint`); when that fails the old pair is put back and told;
4. prove: fresh handshakes, where an endpoint can be reached (unreachable is not wrong); what is not served goes back too;
5. record: what is deployed, in one transaction with its audit line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from certwright.domain.errors import CertwrightError, DeployFailed, Finding, NotFound, Refused, Unreachable
from certwright.engine import behind, endpoint, locations, serving
from certwright.engine.claims import find
from certwright.engine.deployer import Deployer, Reach
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.material import material_of, servable
from certwright.engine.placing import Placing, WayBack, go_back, put
from certwright.engine.ports import CancelSignal, Reader, Served
from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    AuditAction,
    AuditResult,
    Json,
    LocationRecord,
    LocationStatus,
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
    """Whether this host may observe, renew, repair and remove what an association put: its own local places, and remote ones,
    which belong to no host (`owning_host`)."""
    return record.host in ("", services.host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An association, the version that it shall serve, and its places. host: that a local place belongs to."""

    record: AssociationRecord
    version: VersionRecord
    placings: tuple[Placing, ...]
    host: str

    @property
    def placing(self) -> Placing:
        return self.placings[0]


def deploy(services: Services, arn: str, *, cancel: CancelSignal) -> AssociationRecord:
    """Bring the serving version to the target and prove it. Safe to repeat: equal bytes are left alone."""
    with alone_with(services.store, Scope.ASSOCIATION, arn, cancel=cancel):
        with services.store.read() as reader:
            work = _gather(services, reader, get(reader, arn))
        try:
            _bring(services, work, cancel=cancel)
        except DeployFailed as problem:
            _failed(services, work, problem, back=problem.code == "deploy.reload_failed")
            raise
        hit("deploy.before_proof")
        # 4. prove
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
    placings = tuple(
        Placing(
            owner=record.arn,
            kind=record.target_kind,
            deployer=deployer,
            target=target,
            spot=spot,
            material=material,
            takes_over=siblings,
        )
        for spot in deployer.spots(target)
    )
    return Work(record=record, version=version, placings=placings, host=owning_host(services, deployer))


def _bring(services: Services, work: Work, *, cancel: CancelSignal) -> None:
    # 1. intend
    with services.store.write() as tx:
        for gone in locations.elsewhere(tx, work.record.arn, [placing.spot.place for placing in work.placings]):
            tx.remove(LocationRecord, arn=gone.arn, place=gone.place)
        for placing in work.placings:
            locations.intend(tx, placing, host=work.host, now=services.clock.now())
    hit("deploy.after_intent")
    way = _way_back(services, work.record)
    for number, placing in enumerate(work.placings):
        try:
            _bring_one(services, work, placing, way, cancel=cancel)
        except DeployFailed as problem:  # all of its places at once, or none
            _take_all_back(services, work, work.placings[:number], way, problem=problem.message, cancel=cancel)
            raise


def _bring_one(services: Services, work: Work, placing: Placing, way: WayBack, *, cancel: CancelSignal) -> None:
    # 2. put
    untold = put(placing)
    with services.store.write() as tx:
        digest, now = placing.material.digest, services.clock.now()
        locations.note(tx, placing.owner, placing.spot.place, LocationStatus.PUT, now=now, digest=digest)
        if not untold:
            locations.note(tx, placing.owner, placing.spot.place, LocationStatus.TOLD, now=now, digest=digest)
    hit("deploy.after_put_record")
    if untold:
        # 3. tell
        party = endpoint.Party(placing=placing, way=way)
        endpoint.told(services, party, partial(_at, services), host=work.host, cancel=cancel)


def _take_all_back(
    services: Services,
    work: Work,
    placings: Sequence[Placing],
    way: WayBack,
    *,
    problem: str,
    cancel: CancelSignal,
) -> str:
    """What was there before, at these places. Returns the sentence of how that went at the last of them."""
    state = ""
    for placing in placings:
        with alone_with(services.store, Scope.ENDPOINT, _lock(work, placing), cancel=cancel):
            state = go_back(placing, way, problem=problem, cancel=cancel)
    return state


def _at(services: Services, row: LocationRecord) -> endpoint.Party | None:
    """Who is at a place that shares our endpoint: another association, as it would deploy itself. None: it is gone, or has
    moved on to another version and tells for itself."""
    try:
        with services.store.read() as reader:
            work = _gather(services, reader, get(reader, row.arn))
    except CertwrightError:
        return None
    for placing in work.placings:
        if placing.spot.place == row.place and placing.material.digest == row.put_digest:
            return endpoint.Party(placing=placing, way=_way_back(services, work.record))
    return None


def _way_back(services: Services, record: AssociationRecord) -> WayBack:
    """The association's own last deployment, or that of the one whose place it takes over."""
    with services.store.read() as reader:
        others = reader.all(AssociationRecord, urn=record.urn)
        for one in (record, *(o for o in others if o.arn != record.arn and o.place == record.place)):
            for version in reader.all(VersionRecord, serial=one.deployed_serial) if one.deployed_serial else ():
                if version.fingerprint == one.deployed_fingerprint:
                    return WayBack(owner=one.arn, material=material_of(services.vault, reader, version))
    return WayBack(owner=record.arn)


def _failed(services: Services, work: Work, problem: DeployFailed, *, back: bool) -> None:
    """back: what was there before is there again."""
    now = services.clock.now()
    status = LocationStatus.ROLLED_BACK if back else LocationStatus.FAILED
    status = LocationStatus.UNREACHABLE if isinstance(problem, Unreachable) else status
    with services.store.write() as tx:
        for placing in work.placings:
            locations.note(tx, placing.owner, placing.spot.place, status, now=now, problem=problem.message)
        current = get(tx, work.record.arn)
        tx.save(replace(current, status=locations.shown([status]), failure_message=problem.message))
        tx.record_audit(
            region=work.record.region,
            at=now,
            action=AuditAction.DEPLOY,
            arn=work.record.arn,
            result=AuditResult.FAILED,
            details={"problem": problem.message},
        )


def _concluded(services: Services, work: Work, served: list[Served], *, cancel: CancelSignal) -> AssociationRecord:
    """5. record. What is not served goes back to what was, where there was something."""
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
        state = _take_all_back(services, work, work.placings, way, problem=seen, cancel=cancel)
        again = serving.handshakes(services, work.record.verify, way.material.fingerprint, cancel=cancel)
        proved = serving.status_of(again, way.material.fingerprint) is AssociationStatus.DEPLOYED
        state += " and is served again" if proved else "; it is not seen served either"
        raise DeployFailed(f"{work.placing.name}: {seen}; {state}. {todo}", code="deploy.not_served")
    except DeployFailed as problem:
        _failed(services, work, problem, back=problem.code == "deploy.not_served")
        raise


def _lock(work: Work, placing: Placing) -> str:
    """The endpoint's; where nothing has to be told, nobody but this association is at its place."""
    return locations.endpoint_key(placing.kind, work.host, placing.spot.endpoint or placing.spot.place)


def _deployed(services: Services, work: Work, served: list[Served]) -> AssociationRecord:
    now, record = services.clock.now(), work.record
    reached = serving.location_status(served, work.version.fingerprint)
    status = locations.shown([reached])
    done = replace(
        record,
        status=status,
        deployed_version=work.version.version,
        deployed_serial=work.version.serial,
        deployed_fingerprint=work.version.fingerprint,
        deployed_at=now,
        host=work.host,
        failure_message="",
        endpoints=tuple(serving.shown(s, now.isoformat()) for s in served),
    )
    with services.store.write() as tx:
        for placing in work.placings:
            digest = placing.material.digest
            locations.note(tx, placing.owner, placing.spot.place, reached, now=now, digest=digest)
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
