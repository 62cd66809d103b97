"""Who knows a record: creates that were cut short are adopted once, live records never (mechanics.md, section 8).

A record is unclaimed from the Create that wrote it until Pulumi shows that it knows its id. A Create adopts only an
unclaimed record of the same URN and identity whose creating process is gone, and gives it a fresh ARN: a wrong adoption
then ends in "not found", never in destruction.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import (
    AssociationRecord,
    AuditAction,
    AuditResult,
    AuthorityRecord,
    AuthorityVersionRecord,
    CertificateRecord,
    DnsRecord,
    DriverRecord,
    MaterialRecord,
    OrderRecord,
    SerialRecord,
    ValidationRecord,
    VersionRecord,
)
from certwright.engine.services import Services

A = TypeVar("A", CertificateRecord, AuthorityRecord, AssociationRecord)

KINDS: dict[str, Any] = {
    "certificate": CertificateRecord,
    "authority": AuthorityRecord,
    "association": AssociationRecord,
}

_ENDED = ("Z", "X", "x")  # proc(5), field 3
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _start_time(pid: int) -> str:
    """Clock ticks since boot at which `pid` began; "" when it has ended. A reused pid has another start time.

    A zombie has ended: in a container whose first process reaps nothing, an orphan stays one for ever.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return "" if fields[0] in _ENDED else fields[19]
    except (OSError, IndexError):
        return ""


def this_process() -> str:
    boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    return f"{socket.gethostname()}/{boot}/{os.getpid()}/{_start_time(os.getpid())}"


def creator_is_gone(creator: str) -> bool:
    """Whether the process that made a record has ended. One of another host, or of before a reboot, counts as gone:
    Pulumi's own stack lock keeps two runs of a stack apart, and an adoption never destroys."""
    if creator == "":
        return True
    host, boot, pid, start = creator.split("/")
    here, boot_now, own_pid, _ = this_process().split("/")
    if (host, boot) != (here, boot_now):
        return True
    return pid != own_pid and _start_time(int(pid)) != start


def died_here(creator: str) -> bool:
    """Whether a process of this host and this boot has certainly ended; False for what cannot be told from here."""
    if creator.count("/") != 3:
        return False
    host, boot, pid, start = creator.split("/")
    here, boot_now, own_pid, _ = this_process().split("/")
    return (host, boot) == (here, boot_now) and pid != own_pid and _start_time(int(pid)) != start


def adoptable(reader: Reader, kind: type[A], urn: str) -> A | None:
    """The unclaimed leftover of an interrupted create of `urn`, or None."""
    if not urn:
        return None
    for record in reader.all(kind, urn=urn, claimed=False):
        if creator_is_gone(record.creator):
            return record
    return None


_CHILDREN: dict[Any, tuple[Any, ...]] = {
    CertificateRecord: (VersionRecord, MaterialRecord, ValidationRecord, DriverRecord, OrderRecord, DnsRecord),
    AuthorityRecord: (AuthorityVersionRecord, MaterialRecord),
    AssociationRecord: (),
}


def give_fresh_arn(tx: Transaction, record: A, arn: str, creator: str) -> A:
    """Move a record and its rows under `arn`; the old ARN stays as an alias for reads."""
    old = record.arn
    for kind in _CHILDREN[type(record)]:
        for child in tx.all(kind, arn=old):
            tx.remove(kind, arn=old, **_rest_of_key(child))
            tx.save(replace(child, arn=arn))
    for serial in tx.all(SerialRecord, arn=old):
        if serial.issuer_arn == old:  # a root is its own issuer, and the issuer is part of the key
            tx.remove(SerialRecord, issuer_arn=old, serial=serial.serial)
            serial = replace(serial, issuer_arn=arn)
        tx.save(replace(serial, arn=arn))
    if isinstance(record, AuthorityRecord):
        for version in tx.all(AuthorityVersionRecord, arn=arn, issuer_arn=old):
            tx.save(replace(version, issuer_arn=arn))
    tx.remove(type(record), arn=old)
    fresh = replace(record, arn=arn, creator=creator, aliases=(*record.aliases, old))
    tx.save(fresh)
    tx.record_audit(
        region=record.region,
        at=record.created_at,
        action=AuditAction.ADOPT,
        arn=arn,
        result=AuditResult.DONE,
        details={"previousArn": old},
    )
    return fresh


def _rest_of_key(child: Any) -> dict[str, Any]:
    match child:
        case ValidationRecord():
            return {"version": child.version, "authorization": child.authorization}
        case DriverRecord():
            return {"name": child.name}
        case DnsRecord():
            return {"writer": child.writer, "name": child.name, "type": child.type, "value": child.value}
        case _:
            return {"version": child.version}


def persist_claims(services: Services, claims: Iterable[tuple[str, str]]) -> None:
    """Mark records as known to Pulumi. Only runs that write call this: a preview writes nothing."""
    arns: dict[Any, list[str]] = {}
    for kind, arn in claims:
        arns.setdefault(KINDS[kind], []).append(arn)
    if not arns:
        return
    with services.store.read() as reader:
        if not any(reader.all(kind, arn=several, claimed=False) for kind, several in arns.items()):
            return
    with services.store.write() as tx:
        for kind, several in arns.items():
            for record in tx.all(kind, arn=several, claimed=False):
                tx.save(replace(record, claimed=True))


def find(reader: Reader, kind: type[A], arn: str) -> A | None:
    """By ARN, or by an alias that an adoption left behind."""
    direct = reader.one(kind, arn=arn)
    if direct is not None:
        return direct
    for record in reader.all(kind, claimed=False):
        if arn in record.aliases:
            return record
    return None


def find_by_urn(reader: Reader, kind: type[A], urn: str) -> A | None:
    """The newest record that `urn` declared, or None."""
    if not urn:
        return None
    records = reader.all(kind, urn=urn)
    return max(records, key=lambda r: r.created_at) if records else None
