"""The end of a certificate: its record, its keys, and the DNS records that only it needed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from certwright.domain.errors import CertwrightError
from certwright.engine import dnsrecords
from certwright.engine.failpoints import hit
from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import (
    AuditAction,
    AuditResult,
    CertificateRecord,
    DnsRecord,
    DriverRecord,
    MaterialRecord,
    OrderRecord,
    ValidationRecord,
    VersionRecord,
)
from certwright.engine.services import Services
from certwright.engine.usage import in_use_by, in_use_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """How a deletion went. `found` False: there was nothing. The rest are DNS records that are still in their zones."""

    found: bool
    left: tuple[dnsrecords.Left, ...] = ()  # could not be removed now; the journal remembers them
    unsure: tuple[DnsRecord, ...] = ()  # perhaps the user's own, so not ours to remove


def delete(services: Services, arn: str) -> Deleted:
    """Remove the certificate, its keys and the DNS records that only it needed. Refused while in use (ASC-8).

    A DNS writer that is out of reach does not hold it up: what it should have removed waits in the store (DNS-7).
    """
    hit("delete.before_record")
    with services.store.read() as reader:
        record = reader.one(CertificateRecord, arn=arn)
        if record is None:
            return Deleted(found=False)
        writers = {row.writer for row in reader.all(DnsRecord, arn=arn)}
        methods = _asked_by(reader, record)
    now = services.clock.now()
    unsure: list[DnsRecord] = []
    with services.store.write() as tx:
        users = in_use_by(tx, arn)
        if users:
            details = {"inUseBy": [a.arn for a in users]}
            tx.record_audit(
                region=record.region,
                at=now,
                action=AuditAction.DELETE,
                arn=arn,
                result=AuditResult.REFUSED,
                details=details,
            )
        else:
            unsure = _remove(services, tx, record)
            tx.record_audit(region=record.region, at=now, action=AuditAction.DELETE, arn=arn, result=AuditResult.DONE)
    if users:
        raise CertwrightError("in use, cannot be deleted", code="certificate.in_use", details=(in_use_sentence(users),))
    hit("delete.after_record")
    for method in methods:
        with suppress(CertwrightError):  # what is gone already, or cannot be reached, holds no deletion up
            services.validator(method).withdraw(arn, None)
    left = dnsrecords.sweep(services, writers).left if writers else ()
    return Deleted(found=True, left=left, unsure=tuple(unsure))


def _asked_by(reader: Reader, record: CertificateRecord) -> set[str]:
    """The methods whose challenges are still out."""
    if record.serving_version == record.newest_version:
        return set()
    return {row.method for row in reader.all(ValidationRecord, arn=record.arn, version=record.newest_version)}


def _remove(services: Services, tx: Transaction, record: CertificateRecord) -> list[DnsRecord]:
    for version in tx.all(VersionRecord, arn=record.arn):
        if version.key_handle:
            services.vault.delete(tx, version.key_handle)
    for kind in (VersionRecord, MaterialRecord, ValidationRecord, DriverRecord, OrderRecord):
        tx.remove(kind, arn=record.arn)
    tx.remove(CertificateRecord, arn=record.arn)
    return dnsrecords.release(services, tx, record.arn)
