"""Associations: a certificate on a target, kept there; the intent is stored before anything is done (status PENDING), so
that an interrupted create is found again. `deployment` brings it there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from certwright.domain.arn import new_association_arn
from certwright.domain.errors import Finding, Refused
from certwright.engine.claims import adoptable, find, give_fresh_arn
from certwright.engine.deployment import deploy as deploy
from certwright.engine.deployment import deployer_of, get, is_within_reach, owning_host
from certwright.engine.failpoints import hit
from certwright.engine.material import servable
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    AuditAction,
    AuditResult,
    CertificateRecord,
    Json,
    LocationRecord,
)
from certwright.engine.services import Services


def place_of(services: Services, target: Json) -> str:
    """The place that an association of this target owns. Raises Refused: target.unknown; DeployFailed for bad settings."""
    deployer, properties = deployer_of(services, target)
    return deployer.spots(properties)[0].place


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
    deployer, _ = deployer_of(services, wanted.target)
    kind, place, host = next(iter(wanted.target)), place_of(services, wanted.target), owning_host(services, deployer)
    arn = str(new_association_arn(wanted.region, wanted.account, services.entropy.token_bytes(16)))
    with services.store.write() as tx:
        servable(tx, wanted.certificate_arn)  # with no issued version nothing must be recorded
        certificate = find(tx, CertificateRecord, wanted.certificate_arn)
        assert certificate is not None
        left = adoptable(tx, AssociationRecord, wanted.urn)
        adopted = left is not None and left.place == place and left.target_kind == kind
        if left is not None and adopted:
            tx.remove(LocationRecord, arn=left.arn)
            record = replace(give_fresh_arn(tx, left, arn, services.process), certificate_arn=certificate.arn)
        else:
            _refuse_second_owner(tx, kind, place, host, wanted.urn)
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
                host=host,
            )
        record = replace(record, target=wanted.target, verify=wanted.verify, behind_since=now)
        tx.save(record)
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.ASSOCIATE,
            arn=record.arn,
            result=AuditResult.INTENDED,
            details={"certificate": certificate.arn, "kind": kind, "place": place},
        )
    hit("deploy.before_put")
    return deploy(services, record.arn, cancel=cancel), adopted


def _refuse_second_owner(reader: Reader, kind: str, place: str, host: str, urn: str) -> None:
    """Two associations with one place would overwrite each other; a replacement of the same URN may take it over.

    host: whose local place it is; "" for a remote one, which is the same from every host.
    """
    for other in reader.all(AssociationRecord, place=place):
        if other.target_kind == kind and other.urn != urn and (not host or other.host in ("", host)):
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


def update(services: Services, arn: str, wanted: Wanted, *, cancel: CancelSignal) -> AssociationRecord:
    """Another certificate, reload command or endpoint; then deploy (ASC-1: moved without a gap)."""
    with services.store.write() as tx:
        record = get(tx, arn)
        servable(tx, wanted.certificate_arn)
        certificate = find(tx, CertificateRecord, wanted.certificate_arn)
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
    if record.target_kind in services.deployers and is_within_reach(services, record):
        deployer, properties = deployer_of(services, record.target)
        for spot in deployer.spots(properties):
            deployer.remove(properties, spot, owner=arn)
    with services.store.write() as tx:
        tx.remove(AssociationRecord, arn=arn)
        tx.remove(LocationRecord, arn=arn)
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
