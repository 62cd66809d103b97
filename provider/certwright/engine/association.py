"""Associations: a certificate on a target, all at once or not at all, proved by a handshake.

Order of a deployment (numbered in the code):
1. record: the intent is stored (status PENDING), so that an interrupted create is found again;
2. install: the target switches, or keeps the old pair and says why;
3. verify: a real handshake, where an endpoint can be reached (unreachable is not wrong);
4. record: what is deployed, in one transaction with its audit line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from certwright.domain.arn import new_association_arn
from certwright.domain.errors import DeployFailed, Finding, NotFound, Refused
from certwright.engine import behind
from certwright.engine.claims import adoptable, find, give_fresh_arn
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.ports import Bundle, CancelSignal, Reader, Served
from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    AuditAction,
    AuditResult,
    CertificateRecord,
    Json,
    MaterialRecord,
    VersionRecord,
)
from certwright.engine.services import Services

VERIFY_TRIES = 20
VERIFY_PAUSE_S = 0.25
_BEGIN = "-----BEGIN CERTIFICATE-----"


def split_target(target: Json) -> tuple[str, Json]:
    """`{directory: {…}}` → kind and its properties."""
    kind, properties = next(iter(target.items()))
    return kind, properties or {}


def place_of(services: Services, target: Json) -> str:
    kind, properties = split_target(target)
    deployer = services.deployers.get(kind)
    if deployer is None:
        known = ", ".join(sorted(services.deployers))
        raise Refused(
            [Finding(code="target.unknown", path=f"target.{kind}", message=f"is not a target; known: {known}")]
        )
    return deployer.place(properties)


def deployable(reader: Reader, certificate_arn: str) -> tuple[VersionRecord, MaterialRecord]:
    """The serving version. Raises Refused when nothing was issued yet, and when its key is not here."""
    record = find(reader, CertificateRecord, certificate_arn)
    if record is None:
        raise Refused(
            [
                Finding(
                    code="certificate.not_found",
                    path="certificateArn",
                    message=f"there is no certificate {certificate_arn} in this store",
                )
            ]
        )
    version = reader.one(VersionRecord, arn=record.arn, version=record.serving_version)
    material = reader.one(MaterialRecord, arn=record.arn, version=record.serving_version)
    if version is None or material is None or not record.serving_version:
        raise Refused(
            [
                Finding(
                    code="certificate.not_issued",
                    path="certificateArn",
                    message=f"certificate {certificate_arn} has no issued version yet. Take the ARN from its "
                    "CertificateValidation (certificateArn), so that the association waits for it",
                )
            ]
        )
    if not version.key_handle:
        raise Refused(
            [
                Finding(
                    code="certificate.no_key",
                    path="certificateArn",
                    message=f"the private key of {certificate_arn} is not here (it was requested by CSR, or imported without its "
                    "key), so a target cannot serve it",
                )
            ]
        )
    return version, material


def bundle_for(services: Services, reader: Reader, certificate_arn: str) -> tuple[Bundle, VersionRecord]:
    """The serving version with its key in clear, for a target only. Raises as `deployable`."""
    from certwright.domain.certificate import to_pem

    version, material = deployable(reader, certificate_arn)
    chain = material.chain_pem
    served_chain = _without_root(chain)
    return Bundle(
        certificate_pem=to_pem(material.der).encode(),
        chain_pem=served_chain.encode(),
        private_key_pem=services.vault.private_pem(reader, version.key_handle),
        serial=version.serial,
        fingerprint=version.fingerprint,
        version=version.version,
    ), version


def _without_root(chain_pem: str) -> str:
    """A server sends its intermediates; the root is the client's own (RFC 8446 4.4.2). A lone root stays out too."""
    from certwright.domain.certificate import bundle_pem, parse_bundle

    if not chain_pem:
        return ""
    return bundle_pem(c for c in parse_bundle(chain_pem) if c.subject != c.issuer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the program asks for."""

    urn: str
    region: str
    account: str
    certificate_arn: str
    target: Json
    verify: Json


def create(services: Services, wanted: Wanted, *, cancel: CancelSignal) -> tuple[AssociationRecord, bool]:
    """Bind and deploy; an interrupted create of the same URN and place is taken up again. Returns it and "adopted"."""
    now = services.clock.now()
    kind, properties = split_target(wanted.target)
    place = place_of(services, wanted.target)
    arn = str(new_association_arn(wanted.region, wanted.account, services.entropy.token_bytes(16)))
    with services.store.write() as tx:
        # First of all: with no issued version nothing must be recorded.
        deployable(tx, wanted.certificate_arn)
        certificate = find(tx, CertificateRecord, wanted.certificate_arn)
        assert certificate is not None
        left = adoptable(tx, AssociationRecord, wanted.urn)
        adopted = left is not None and left.place == place and left.target_kind == kind
        if left is not None and adopted:
            record = replace(give_fresh_arn(tx, left, arn, services.process), certificate_arn=certificate.arn)
        else:
            _refuse_second_owner(services, tx, kind, place, wanted.urn)
            record = AssociationRecord(
                arn=arn,
                region=wanted.region,
                account=wanted.account,
                urn=wanted.urn,
                certificate_arn=certificate.arn,
                target_kind=kind,
                place=place,
                target=wanted.target,
                verify=wanted.verify,
                status=AssociationStatus.PENDING,
                created_at=now,
                creator=services.process,
                host=services.host,
            )
        record = replace(record, target=wanted.target, verify=wanted.verify, behind_since=now)
        # 1. record
        tx.save(record)
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.ASSOCIATE,
            arn=record.arn,
            result=AuditResult.INTENDED,
            details={"certificate": certificate.arn, "kind": kind, "place": place},
        )
    hit("deploy.before_install")
    return deploy(services, record.arn, cancel=cancel), adopted


def _refuse_second_owner(services: Services, reader: Reader, kind: str, place: str, urn: str) -> None:
    """Two associations with one place would overwrite each other; a replacement of the same URN may take it over."""
    for other in reader.all(AssociationRecord, place=place):
        if other.target_kind == kind and other.urn != urn and other.host in ("", services.host):
            raise Refused(
                [
                    Finding(
                        code="deploy.place_taken",
                        path=f"target.{kind}",
                        message=f"{place} belongs to {other.urn.rsplit('::', 1)[-1]} ({other.arn}); choose another place, or "
                        "delete that association first",
                    )
                ]
            )


def deploy(services: Services, arn: str, *, cancel: CancelSignal) -> AssociationRecord:
    """Bring the serving version to the target and prove it. Safe to repeat: equal bytes are left alone."""
    with alone_with(services.store, Scope.ASSOCIATION, arn, cancel=cancel):
        with services.store.read() as reader:
            record = _get(reader, arn)
            bundle, _ = bundle_for(services, reader, record.certificate_arn)
            siblings = tuple(
                alias
                for other in reader.all(AssociationRecord, urn=record.urn)
                for alias in (other.arn, *other.aliases)
            )
        kind, properties = split_target(record.target)
        # 2. install
        try:
            services.deployers[kind].install(properties, bundle, owner=arn, takes_over=siblings)
        except DeployFailed as problem:
            _failed(services, record, problem)
            raise
        hit("deploy.after_install")
        # 3. verify
        served = verify(services, record.verify, bundle.serial, cancel=cancel)
        # 4. record
        return _deployed(services, record, bundle, served)


def _get(reader: Reader, arn: str) -> AssociationRecord:
    record = find(reader, AssociationRecord, arn)
    if record is None:
        raise NotFound(f"there is no association {arn} in this store")
    return record


def _failed(services: Services, record: AssociationRecord, problem: DeployFailed) -> None:
    now = services.clock.now()
    with services.store.write() as tx:
        current = _get(tx, record.arn)
        tx.save(replace(current, status=AssociationStatus.FAILED, failure_message=problem.message))
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.DEPLOY,
            arn=record.arn,
            result=AuditResult.FAILED,
            details={"problem": problem.message},
        )


def verify(services: Services, verify: Json, serial: str, *, cancel: CancelSignal) -> list[Served]:
    """Ask each endpoint until it serves `serial`; a server that reloads needs a moment."""
    endpoints = list(verify.get("endpoints") or ())
    timeout_s = float(verify.get("timeoutSeconds") or 5)
    answers: list[Served] = []
    for address in endpoints:
        answer = Served(address=address)
        for attempt in range(VERIFY_TRIES):
            answer = services.probe(address, server_name=str(verify.get("serverName") or ""), timeout_s=timeout_s)
            if answer.serial == serial or (answer.problem and attempt >= 2) or cancel.is_set():
                break
            cancel.wait(VERIFY_PAUSE_S)
        answers.append(answer)
    return answers


def status_of(served: list[Served], serial: str) -> AssociationStatus:
    if any(s.serial and s.serial != serial for s in served):
        return AssociationStatus.DRIFTED
    if any(s.problem for s in served):
        return AssociationStatus.UNREACHABLE
    return AssociationStatus.DEPLOYED


def _deployed(services: Services, record: AssociationRecord, bundle: Bundle, served: list[Served]) -> AssociationRecord:
    now = services.clock.now()
    status = status_of(served, bundle.serial)
    wrong = [s for s in served if s.serial and s.serial != bundle.serial]
    done = replace(
        record,
        status=status,
        deployed_version=bundle.version,
        deployed_serial=bundle.serial,
        deployed_fingerprint=bundle.fingerprint,
        deployed_at=now,
        host=services.host,
        failure_message="",
        endpoints=tuple(endpoint(s, now.isoformat()) for s in served),
    )
    with services.store.write() as tx:
        tx.save(replace(done, behind_since=behind.since(tx, record.certificate_arn, bundle.version, now)))
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.DEPLOY,
            arn=record.arn,
            result=AuditResult.FAILED if wrong else AuditResult.DONE,
            details={"certificate": record.certificate_arn, "version": bundle.version, "serial": bundle.serial},
        )
    hit("deploy.after_record")
    if wrong:
        raise DeployFailed(
            f"{wrong[0].address} still serves serial {wrong[0].serial}, not {bundle.serial}: the pair was installed at "
            f"{record.place}, but the server does not use it. Give the target a reload command, or correct verify",
            code="deploy.not_served",
        )
    return done


def endpoint(served: Served, at: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"address": served.address, "checkedAt": at}
    if served.serial:
        shown["servedSerialNumber"] = served.serial
    if served.problem:
        shown["problem"] = served.problem
    return shown


def update(services: Services, arn: str, wanted: Wanted, *, cancel: CancelSignal) -> AssociationRecord:
    """Another certificate, reload command or endpoint; then deploy (ASC-1: moved without a gap)."""
    with services.store.write() as tx:
        record = _get(tx, arn)
        certificate = find(tx, CertificateRecord, wanted.certificate_arn)
        deployable(tx, wanted.certificate_arn)
        assert certificate is not None
        tx.save(
            replace(
                record,
                certificate_arn=certificate.arn,
                target=wanted.target,
                verify=wanted.verify,
                urn=wanted.urn or record.urn,
                claimed=True,
                behind_since=services.clock.now(),
            )
        )
    return deploy(services, record.arn, cancel=cancel)


def delete(services: Services, arn: str) -> bool:
    """Take our files away where we still own them, then the record; False when it is not there."""
    hit("delete.before_record")
    with services.store.read() as reader:
        record = reader.one(AssociationRecord, arn=arn)
    if record is None:
        return False
    kind, properties = split_target(record.target)
    local_elsewhere = record.host not in ("", services.host)
    if properties.get("onDelete") != "KEEP" and not local_elsewhere and kind in services.deployers:
        services.deployers[kind].remove(properties, owner=arn)
    with services.store.write() as tx:
        tx.remove(AssociationRecord, arn=arn)
        tx.record_audit(
            region=record.region,
            at=services.clock.now(),
            action=AuditAction.DISSOCIATE,
            arn=arn,
            result=AuditResult.DONE,
            details={"certificate": record.certificate_arn, "place": record.place},
        )
    hit("delete.after_record")
    return True
