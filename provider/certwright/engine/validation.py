"""Driving a pending version to ISSUED: records, proof, CAA, issue.

One round (numbered in the code):
1. the validation rows of the version, with a fresh TXT value each;
2. the CNAME where a writer was named, the TXT in our own zone;
3. look at DNS from every vantage point, per name;
4. all proved: CAA for each name;
5. journal, sign, store (issuance), and take our TXT values away.
Everything found is stored, so that a later run, or a reader, sees how far it got. Rounds repeat until the deadline.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from certwright.domain.challenge import TXT_LIFETIME, txt_value, validation_records
from certwright.domain.dnsname import dns_name
from certwright.domain.errors import Cancelled, CertwrightError, Conflict
from certwright.engine import caa, dnsrecords
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.issuance import complete, get, write_ahead
from certwright.engine.lifecycle import advance
from certwright.engine.ports import CancelSignal, NameProof, Progress
from certwright.engine.records import (
    AuditAction,
    AuditResult,
    CertificateRecord,
    CertificateStatus,
    DnsPurpose,
    Json,
    Mode,
    ValidationRecord,
    VersionRecord,
)
from certwright.engine.request import read_names, validated_by
from certwright.engine.services import Services
from certwright.engine.writers import Chosen

LOOK_INTERVAL_S = 5.0
SHOWN_WAITING = 3
DNS_ANSWERS = frozenset({"nxdomain", "nodata", "servfail", "refused"})
REQUEST_LIFETIME = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one look found. `issued` ends the wait; `problems` hold a sentence per name that is not proved."""

    issued: bool
    proved: int
    total: int
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()  # the same in a few words for each name


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a wait ended. `why` is empty when issued."""

    issued: bool
    why: str = ""
    problems: tuple[str, ...] = field(default=())


def options(services: Services, spec: Json, account: str) -> list[Json]:
    """`domainValidationOptions`: one record per distinct name, known before any store exists (DNS-1, DNS-3)."""
    zone = services.config.validation_domain
    if validated_by(spec) != "DNS" or not zone:
        return []
    names = read_names(Mode.PUBLIC, spec).identifiers
    return [
        {
            "domainName": record.domain_name,
            "resourceRecordName": record.record_name,
            "resourceRecordType": record.record_type,
            "resourceRecordValue": record.record_value,
        }
        for record in validation_records(account, [dns_name(name.value) for name in names], zone)
    ]


def drive(
    services: Services,
    arn: str,
    *,
    timeout_s: float,
    cancel: CancelSignal,
    progress: Progress,
    writer: Chosen | None = None,
    interval_s: float = LOOK_INTERVAL_S,
) -> Outcome:
    """Look until issued, refused, cancelled, or out of time. Everything is resumable (VAL-2)."""
    started = services.clock.monotonic()
    found = Round(issued=False, proved=0, total=0)
    while True:
        try:
            found = look(services, arn, cancel=cancel, writer=writer)
        except Conflict as taken:
            # Another run drives the same certificate: its work is ours, so wait for it.
            found = Round(issued=False, proved=0, total=0, problems=(taken.message,))
        except Cancelled:
            pass  # Ctrl-C inside a round (its lease, its look-ups): say what the last round saw
        if found.issued:
            return Outcome(issued=True)
        spent = services.clock.monotonic() - started
        shown = "; ".join(found.problems)
        if cancel.is_set():
            return Outcome(
                issued=False,
                problems=found.problems,
                why=f"cancelled after {spent:.1f}s; {found.proved} of {found.total} names validated. Run `pulumi up` again "
                "to resume.",
            )
        if spent >= timeout_s:
            stop = "" if shown.endswith(".") else "."  # a sentence may end with a record's name, dot and all
            return Outcome(
                issued=False,
                problems=found.problems,
                why=f"not validated after {timeout_s:g}s: {found.proved} of {found.total} names validated. {shown}{stop} "
                "Run `pulumi up` again to resume.",
            )
        pause = min(interval_s, max(0.0, timeout_s - spent))
        waiting = "; ".join(found.waiting[:SHOWN_WAITING]) or shown
        progress(f"{found.proved} of {found.total} names validated; {waiting}; next look in {interval_s:g} s")
        cancel.wait(pause)


def look(
    services: Services,
    arn: str,
    *,
    cancel: CancelSignal | None = None,
    writer: Chosen | None = None,
) -> Round:
    """One round. Does nothing when the newest version is not pending."""
    with alone_with(services.store, Scope.CERTIFICATE, arn, cancel=cancel):
        record, version = _newest(services, arn)
        if version.status is not CertificateStatus.PENDING_VALIDATION or record.mode is not Mode.PUBLIC:
            record, version = complete(services, arn)
            return Round(
                issued=version.status is CertificateStatus.ISSUED,
                proved=0,
                total=0,
                problems=(version.failure_message,) if version.failure_message else (),
            )
        if services.clock.now() > version.requested_at + REQUEST_LIFETIME:
            return _time_out(services, version)
        rows = _rows(services, record, version)
        _write_records(services, record, rows, writer)
        hit("validation.after_txt")
        looked = [_proved(services, row, cancel) for row in rows]
        rows = [row for row, _ in looked]
        _keep(services, arn, rows)
        hit("validation.after_proof")
        problems = tuple(f"{row.domain_name}: {row.seen}" for row in rows if row.status != "SUCCESS")
        proved = sum(row.status == "SUCCESS" for row in rows)
        if problems:
            waiting = tuple(f"{row.domain_name}: {_words(code)}" for row, code in looked if row.status != "SUCCESS")
            return Round(issued=False, proved=proved, total=len(rows), problems=problems, waiting=waiting)
        refusals = _caa(services, record, version)
        if refusals:
            return Round(issued=False, proved=proved, total=len(rows), problems=refusals, waiting=("CAA forbids it",))
        if not version.serial:
            write_ahead(services, record, version)
            hit("issue.after_journal")
        complete(services, arn)
    withdraw_txt(services, arn, given=writer)
    return Round(issued=True, proved=proved, total=len(rows))


def _newest(services: Services, arn: str) -> tuple[CertificateRecord, VersionRecord]:
    with services.store.read() as reader:
        record = get(reader, arn)
        version = reader.one(VersionRecord, arn=arn, version=record.newest_version)
    if version is None:
        raise CertwrightError(f"version {record.newest_version} of {arn} is missing", code="store.damaged")
    return record, version


def _time_out(services: Services, version: VersionRecord) -> Round:
    """72 hours are over (CRT-4); the next `up` makes a new attempt."""
    message = f"not validated within 72 hours of {version.requested_at:%Y-%m-%dT%H:%M:%SZ}"
    with services.store.write() as tx:
        get(tx, version.arn)
        tx.save(
            advance(
                version,
                CertificateStatus.VALIDATION_TIMED_OUT,
                failure_reason="VALIDATION_TIMED_OUT",
                failure_message=message,
            )
        )
    return Round(issued=False, proved=0, total=0, problems=(message,))


def _rows(services: Services, record: CertificateRecord, version: VersionRecord) -> list[ValidationRecord]:
    """1. One row per distinct record; a TXT value older than 30 days is drawn afresh (BR 3.2.2.4.7)."""
    now = services.clock.now()
    with services.store.read() as reader:
        kept = {row.domain_name: row for row in reader.all(ValidationRecord, arn=record.arn, version=version.version)}
    fresh: list[ValidationRecord] = []
    for option in options(services, version.spec, record.account):
        row = kept.get(option["domainName"])
        if (
            row is not None
            and row.record_value == option["resourceRecordValue"]
            and now < row.created_at + TXT_LIFETIME
        ):
            continue
        fresh.append(
            ValidationRecord(
                arn=record.arn,
                version=version.version,
                domain_name=option["domainName"],
                record_name=option["resourceRecordName"],
                record_value=option["resourceRecordValue"],
                txt_value=txt_value(services.entropy.token_bytes(16)),
                status="PENDING_VALIDATION",
                created_at=now,
            )
        )
    if fresh:
        with services.store.write() as tx:
            get(tx, record.arn)
            tx.save(*fresh)
    kept.update({row.domain_name: row for row in fresh})
    return list(kept.values())


def _write_records(
    services: Services,
    record: CertificateRecord,
    rows: list[ValidationRecord],
    writer: Chosen | None,
) -> None:
    """2. What is ours to write: the TXT always, the CNAME when the program named a writer. Each is
    journaled before it is written (DNS-7)."""
    own = services.chosen(services.config.validation_writer)
    for row in rows:
        if row.status == "SUCCESS":
            continue
        if writer is not None:
            dnsrecords.write(services, record.arn, writer, name=row.record_name, type="CNAME", value=row.record_value)
        if own is not None:
            dnsrecords.write(services, record.arn, own, name=row.record_value, type="TXT", value=row.txt_value)


def write_cnames(services: Services, arn: str, writer: Chosen) -> None:
    """The records that no round writes, because their names are proved: renewals need them. Raises WriterFailed."""
    record, version = _newest(services, arn)
    with services.store.read() as reader:
        rows = reader.all(ValidationRecord, arn=arn, version=version.version)
    pending = version.status is CertificateStatus.PENDING_VALIDATION and record.mode is Mode.PUBLIC
    proved = {row.record_name for row in rows if row.status == "SUCCESS"}
    for option in options(services, record.spec, record.account):
        name, value = str(option["resourceRecordName"]), str(option["resourceRecordValue"])
        if pending and name not in proved:
            continue
        dnsrecords.write(services, record.arn, writer, name=name, type="CNAME", value=value)


def _proved(services: Services, row: ValidationRecord, cancel: CancelSignal | None) -> tuple[ValidationRecord, str]:
    """3. Look, and put down what was seen; the code says it in short. A proved name stays proved for this version."""
    if row.status == "SUCCESS" or (cancel is not None and cancel.is_set()):
        return row, ""
    now = services.clock.now()
    try:
        proof = services.prover.prove(
            record_name=row.record_name, record_value=row.record_value, txt_value=row.txt_value, cancel=cancel
        )
    except Cancelled:
        return row, ""
    return _noted(row, proof, now), proof.code


def _words(code: str) -> str:
    """`dns.txt_missing` → "txt missing", `dns.nxdomain` → "NXDOMAIN": a line that moves has no room for sentences."""
    word = code.rpartition(".")[2]
    return word.upper() if word in DNS_ANSWERS else word.replace("_", " ") or "not looked at"


def _noted(row: ValidationRecord, proof: NameProof, now: datetime) -> ValidationRecord:
    return replace(
        row,
        status="SUCCESS" if proof.proved else "PENDING_VALIDATION",
        seen=proof.seen if proof.proved else proof.sentence,
        asked_at=proof.asked_at,
        checked_at=now,
        validated_at=now if proof.proved else None,
    )


def _keep(services: Services, arn: str, rows: list[ValidationRecord]) -> None:
    with services.store.write() as tx:
        get(tx, arn)
        tx.save(*rows)


def _caa(services: Services, record: CertificateRecord, version: VersionRecord) -> tuple[str, ...]:
    """4. CAA for every name, wildcards by their own rule; the evidence is kept. Not an answer is not a permission."""
    names = read_names(Mode.PUBLIC, version.spec).identifiers
    verdicts = [(name.value, services.caa.check(name.value)) for name in names]
    evidence: Json = {name: verdict.evidence or verdict.sentence for name, verdict in verdicts}
    refusals = caa.refusals((name, verdict) for name, verdict in verdicts if verdict.allowed is not True)
    now = services.clock.now()
    with services.store.write() as tx:
        get(tx, record.arn)
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.CAA_CHECK,
            arn=record.arn,
            result=AuditResult.REFUSED if refusals else AuditResult.DONE,
            details={"version": version.version, "seen": evidence},
        )
        if refusals:
            tx.save(replace(version, failure_reason="CAA_ERROR", failure_message=refusals[0]))
    return tuple(refusals)


def withdraw_txt(services: Services, arn: str, *, given: Chosen | None = None) -> None:
    """5. Our TXT values have done their work. What an earlier run could not remove through these writers goes, too."""
    with services.store.write() as tx:
        dnsrecords.release(services, tx, arn, only=DnsPurpose.TXT)
    own = services.config.validation_writer
    dnsrecords.sweep(services, {name for name in (given.name if given else "", own) if name}, given=given)


def missing_fqdns(expected: list[Json], stated: list[str]) -> list[str]:
    """Records that the program forgot, by name (VAL-3)."""
    have = {name.rstrip(".").lower() for name in stated}
    return [o["resourceRecordName"] for o in expected if o["resourceRecordName"].lower() not in have]
