"""One bounded step towards an issue: challenges, proof, CAA, issue. How a name is proved, its `Validator` knows.

The step (numbered in the code):
1. the rows of the version, one for each proof that its method asks for, with a fresh challenge each;
2. the challenges where they are looked for, and what renewals need through the program's own writer;
3. one look for each proof that is open, side by side;
4. all proved: CAA for each name;
5. journal, sign, store (issuance), and take the challenges away.
Everything found is stored, so that a later run, or a reader, sees how far it got.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from certwright.domain.errors import Cancelled, CertwrightError
from certwright.engine import caa, ordering
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.issuance import complete, get
from certwright.engine.issuing import OrderRefused
from certwright.engine.lifecycle import advance
from certwright.engine.ports import CancelSignal, Chosen, NameProof, ValidationOption, Validator
from certwright.engine.records import (
    AuditAction,
    AuditResult,
    CertificateRecord,
    CertificateStatus,
    Json,
    Mode,
    ValidationRecord,
    ValidationStatus,
    VersionRecord,
)
from certwright.engine.request import read_names, validated_by
from certwright.engine.services import Services
from certwright.engine.sidebyside import side_by_side

REQUEST_LIFETIME = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one look found. `issued` ends the wait; `problems` hold a sentence per name that is not proved."""

    issued: bool
    proved: int
    total: int
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()  # the same in a few words for each name
    over: bool = False  # nothing more comes of this attempt
    look_at: datetime | None = None  # nothing can come before


def options_of(services: Services, spec: Json, account: str) -> list[ValidationOption]:
    """The proofs that a request needs; none for one that nobody has to be asked for. Raises NotFound for a method that is
    not there."""
    method = validated_by(spec)
    return services.validator(method).options(names_of(spec), account) if method else []


def names_of(spec: Json) -> tuple[str, ...]:
    """The names of a public request, `domainName` first, each once."""
    return tuple(name.value for name in read_names(Mode.PUBLIC, spec).identifiers)


def newest(services: Services, arn: str) -> tuple[CertificateRecord, VersionRecord]:
    with services.store.read() as reader:
        record = get(reader, arn)
        version = reader.one(VersionRecord, arn=arn, version=record.newest_version)
    if version is None:
        raise CertwrightError(f"version {record.newest_version} of {arn} is missing", code="store.damaged")
    return record, version


def is_proved(row: ValidationRecord) -> bool:
    return row.status is ValidationStatus.SUCCESS


def step(services: Services, arn: str, *, cancel: CancelSignal | None = None, writer: Chosen | None = None) -> Round:
    """One round, bounded in time, alone with the certificate. Does nothing when the newest version is not pending.

    writer: where the program says that its records are written.
    """
    with alone_with(services.store, Scope.CERTIFICATE, arn, cancel=cancel):
        record, version = newest(services, arn)
        if version.status is not CertificateStatus.PENDING_VALIDATION or record.mode is not Mode.PUBLIC:
            return _settled(services, arn)
        if ordering.is_placed(services, version):
            return _issued(services, record, version, cancel, Round(issued=True, proved=0, total=0))
        if services.clock.now() > version.requested_at + REQUEST_LIFETIME:
            return _time_out(services, version)
        method = services.validator(validated_by(version.spec))
        options = method.options(names_of(version.spec), record.account)
        if objections := _unprovable(method, version, options):
            return Round(issued=False, proved=0, total=len(options), problems=objections)
        given = ordering.challenges(services, record, version, cancel=cancel)
        if isinstance(given, ordering.Left):
            return _waits(given, Round(issued=False, proved=0, total=len(options)))
        rows = _rows(services, method, record, version, options, given or {})
        rows = _presented(services, method, rows, options, writer)
        hit("validation.after_present")
        found = _looked(services, method, rows, cancel)
        hit("validation.after_proof")
        if not found.issued:
            return found
        refusals = _caa(services, record, version, cancel)
        if refusals:
            return replace(found, issued=False, problems=refusals, waiting=("CAA forbids it",))
        found = _issued(services, record, version, cancel, found)
    if found.issued:
        method.withdraw(arn, writer)
    return found


def _issued(
    services: Services,
    record: CertificateRecord,
    version: VersionRecord,
    cancel: CancelSignal | None,
    proved: Round,
) -> Round:
    """5. What the issuer says to names that are all proved."""
    try:
        left = ordering.issue(services, record, version, cancel=cancel)
    except OrderRefused as no:
        return replace(proved, issued=False, problems=(no.message,), over=True)
    return proved if left is None else _waits(left, proved)


def _waits(left: ordering.Left, so_far: Round) -> Round:
    said = (left.sentence,)
    return replace(so_far, issued=False, problems=said, waiting=said, look_at=left.look_at)


def _settled(services: Services, arn: str) -> Round:
    """Nobody has to be asked, or everybody was: what is left of the issue."""
    _, version = complete(services, arn)
    return Round(
        issued=version.status is CertificateStatus.ISSUED,
        proved=0,
        total=0,
        problems=(version.failure_message,) if version.failure_message else (),
        over=version.status is CertificateStatus.FAILED,
    )


def _unprovable(method: Validator, version: VersionRecord, options: Sequence[ValidationOption]) -> tuple[str, ...]:
    """Why no round can end in an issue here. A name that no proof is asked for is not proved (VAL-6)."""
    names = names_of(version.spec)
    if findings := method.findings(names):
        return tuple(finding.message for finding in findings)
    covered = {name for option in options for name in option.names}
    name = validated_by(version.spec)
    return tuple(f"{name} validation asks for no proof of {left}" for left in names if left not in covered)


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


def _rows(
    services: Services,
    method: Validator,
    record: CertificateRecord,
    version: VersionRecord,
    options: Sequence[ValidationOption],
    given: Mapping[str, Json],
) -> list[ValidationRecord]:
    """1. One row for each proof, in the options' order; a challenge that does not fit any more is drawn afresh. given: what
    the issuer wants in a challenge, by authorization, in place of what is drawn."""
    now, name = services.clock.now(), validated_by(version.spec)
    with services.store.read() as reader:
        kept = {row.authorization: row for row in reader.all(ValidationRecord, arn=record.arn, version=version.version)}
    fresh: list[ValidationRecord] = []
    for option in options:
        row = kept.get(option.authorization)
        wanted = given.get(option.authorization, {})
        if row is not None and row.method == name and _stays(method, row, option, wanted, now):
            continue
        fresh.append(
            ValidationRecord(
                arn=record.arn,
                version=version.version,
                authorization=option.authorization,
                domain_name=option.domain_name,
                method=name,
                challenge={**method.challenge(option), **wanted},
                created_at=now,
            )
        )
    if fresh:
        _keep(services, record.arn, fresh)
    kept.update({row.authorization: row for row in fresh})
    return [kept[option.authorization] for option in options]


def _stays(method: Validator, row: ValidationRecord, option: ValidationOption, wanted: Json, now: datetime) -> bool:
    return method.fits(row.challenge, option, now - row.created_at) and wanted.items() <= row.challenge.items()


def _presented(
    services: Services,
    method: Validator,
    rows: list[ValidationRecord],
    options: Sequence[ValidationOption],
    writer: Chosen | None,
) -> list[ValidationRecord]:
    """2. For the open proofs only: a proved one needs nothing more of this attempt."""
    open_ = {row.authorization: row for row in rows if not is_proved(row)}
    if not open_:
        return rows
    arn = rows[0].arn
    method.maintain(arn, [option for option in options if option.authorization in open_], writer)
    presented = {row.authorization: row for row in method.present(arn, list(open_.values()))}
    changed = [row for row in presented.values() if row != open_[row.authorization]]
    if changed:
        _keep(services, arn, changed)
    return [presented.get(row.authorization, row) for row in rows]


def _looked(services: Services, method: Validator, rows: list[ValidationRecord], cancel: CancelSignal | None) -> Round:
    """3. Look at the open ones, and put down what was seen. A proved name stays proved for this version. One that failed in
    another way than by a "no" fails the round, when what the others brought is kept."""
    now, open_ = services.clock.now(), [row for row in rows if not is_proved(row)]
    looks = side_by_side(lambda row: method.look(row, cancel), open_, cancel=cancel)
    proofs: dict[str, NameProof] = {}
    broken: list[BaseException] = []
    for row, look_ in zip(open_, looks, strict=True):
        if not look_.done() or look_.cancelled() or isinstance(look_.exception(), Cancelled):
            continue
        if (problem := look_.exception()) is not None:
            broken.append(problem)
        else:
            proofs[row.authorization] = look_.result()
    after = [_noted(row, proofs[row.authorization], now) if row.authorization in proofs else row for row in rows]
    if proofs:
        _keep(services, rows[0].arn, [row for row in after if row.authorization in proofs])
    if broken:
        raise broken[0]
    still = [row for row in after if not is_proved(row)]
    return Round(
        issued=not still,
        proved=len(after) - len(still),
        total=len(after),
        problems=tuple(f"{row.domain_name}: {row.seen}" for row in still),
        waiting=tuple(f"{row.domain_name}: {_words(proofs.get(row.authorization))}" for row in still),
    )


def _words(proof: NameProof | None) -> str:
    """`dns.txt_missing` → "txt missing": a line that moves has no room for sentences."""
    if proof is None:
        return "not looked at"
    return proof.brief or proof.code.rpartition(".")[2].replace("_", " ") or "not proved"


def _noted(row: ValidationRecord, proof: NameProof, now: datetime) -> ValidationRecord:
    return replace(
        row,
        status=ValidationStatus.SUCCESS if proof.proved else ValidationStatus.PENDING_VALIDATION,
        seen=proof.seen if proof.proved else proof.sentence,
        asked_at=proof.asked_at,
        checked_at=now,
        validated_at=now if proof.proved else None,
    )


def _keep(services: Services, arn: str, rows: list[ValidationRecord]) -> None:
    with services.store.write() as tx:
        get(tx, arn)
        tx.save(*rows)


def _caa(
    services: Services, record: CertificateRecord, version: VersionRecord, cancel: CancelSignal | None
) -> tuple[str, ...]:
    """4. CAA for every name, wildcards by their own rule; the evidence is kept. Not an answer is not a permission."""
    names = names_of(version.spec)
    with services.store.read() as reader:
        identities = services.caa_identities(reader, version.issuer_arn)
    verdicts = list(zip(names, services.caa.check(names, identities=identities, cancel=cancel), strict=True))
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
