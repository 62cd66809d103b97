"""The CertificateValidation resource: drives a pending version until it is ISSUED (VAL-1)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from certwright.domain.arn import ArnKind, parse_arn
from certwright.domain.errors import CertwrightError, Finding, Reason
from certwright.domain.values import UNKNOWN, reveal
from certwright.engine import dnsrecords, drivers, validation
from certwright.engine.claims import find
from certwright.engine.decision import Action, decide_certificate, gather_certificate
from certwright.engine.issuance import get
from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import CertificateRecord, CertificateStatus, ValidationRecord, VersionRecord
from certwright.resources import inline_writer
from certwright.resources.base import (
    Change,
    CheckResult,
    Context,
    CreateResult,
    DiffResult,
    Incomplete,
    Model,
    PathDiff,
    ReadResult,
    Severity,
    Tree,
    UpdateResult,
)
from certwright.resources.certificate_outputs import outputs_of
from certwright.resources.decode import decode
from certwright.resources.diff import changed, paths
from certwright.resources.handling import Handling, echo, gone, instant, number, text, without_managed
from certwright.resources.validation_model import CertificateValidationInputs, CertificateValidationOutputs

VALIDATED = "validatedVersion"
_ISSUED = ("serialNumber", "notAfter", "fingerprint", "certificatePem", "certificateChainPem", "issuedAt")


class CertificateValidation(Handling):
    """Waits until a certificate is issued, and waits again for each new version. Progress stands on the resource's own row;
    an interrupted or timed-out wait is taken up again by the next `pulumi up`.

    Take `certificateArn` for associations from here, so that they wait for the issued version.
    """

    token: ClassVar[str] = "certwright:index:CertificateValidation"
    inputs: ClassVar[type[Model]] = CertificateValidationInputs
    outputs: ClassVar[type[Model]] = CertificateValidationOutputs
    default_timeout_s: ClassVar[float] = 75 * 60.0

    def check(self, ctx: Context, *, olds: Tree, news: Tree) -> CheckResult:
        ctx.run.note_checked(ctx.urn)
        tree, findings = without_managed(CertificateValidationInputs, olds, news)
        tree, problems = inline_writer.checked(self.services, tree)
        findings += problems
        typed, problems = decode(CertificateValidationInputs, inline_writer.without(tree))
        findings += problems
        findings += _arn_findings(typed.certificate_arn)
        version: Any = number(olds, VALIDATED) or _unless_known(tree)
        if not findings:
            with self.facts(ctx, {}) as reader:
                version = self._expected(ctx, reader, tree) or version
                findings += self._missing(reader, tree)
        managed = {} if version is None else {VALIDATED: version}
        return CheckResult(inputs={**tree, **managed}, findings=tuple(findings))

    def _missing(self, reader: Reader | None, tree: Tree) -> list[Finding]:
        """VAL-3: a record that the program forgot, by name."""
        stated = reveal(tree.get("validationRecordFqdns"))
        record = self._certificate(reader, tree)
        if record is None or not isinstance(stated, list) or any(s is UNKNOWN for s in stated):
            return []
        expected = validation.options(self.services, record.spec, record.account)
        return [
            Finding(
                code="validation.record_missing",
                path="validationRecordFqdns",
                message=f"{name} is not among the records that the program makes; add its record, then its name here",
            )
            for name in missing_fqdns(expected, stated)
        ]

    def _certificate(self, reader: Reader | None, tree: Tree) -> CertificateRecord | None:
        arn = text(tree, "certificateArn")
        return find(reader, CertificateRecord, arn) if reader and arn else None

    def _expected(self, ctx: Context, reader: Reader | None, tree: Tree) -> int | None:
        """The version that will be valid after this run: announced, due, or the newest one."""
        record = self._certificate(reader, tree)
        if record is None or reader is None:
            return None
        announced = ctx.run.announced(record.arn)
        if announced is not None:
            return announced.to_version
        facts = gather_certificate(self.services, reader, record)
        return decide_certificate(facts, now=self.services.clock.now()).next_version if facts else record.newest_version

    def diff(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> DiffResult:
        changes = changed(
            CertificateValidationInputs, self.settled(old_inputs), self.settled(news), ignore=ctx.ignore_changes
        )
        found = paths(changes, old_inputs, news)
        if ctx.run.is_refresh_diff(ctx.urn) or any(c is Change.REPLACE for _, c in changes):
            return DiffResult(changes=bool(found), paths=found)
        with self.facts(ctx, olds) as reader:
            record = self._certificate(reader, news)
            reason = self._reason(ctx, reader, record, olds) if record and reader else None
        if reason is None:
            return DiffResult(changes=bool(found), paths=found)
        if VALIDATED not in ctx.ignore_changes:
            found = (*found, PathDiff(path=VALIDATED, input_diff=False))
        return DiffResult(changes=True, paths=found, reasons=(reason,))

    def _reason(self, ctx: Context, reader: Reader, record: CertificateRecord, olds: Tree) -> Reason | None:
        """A version renewed elsewhere is no change; one that waits, is due or is announced is."""
        newest = reader.one(VersionRecord, arn=record.arn, version=record.newest_version)
        if newest is not None and newest.status is not CertificateStatus.ISSUED:
            return Reason(
                code="validation.pending",
                sentence=f"will wait for validation: version {newest.version} is {newest.status.value}",
            )
        announced = ctx.run.announced(record.arn)
        if announced is not None and announced.to_version != number(olds, VALIDATED):
            return Reason(
                code=announced.code,
                sentence=f"will wait for validation: certificate is re-issued (version "
                f"{announced.from_version} -> {announced.to_version})",
            )
        facts = gather_certificate(self.services, reader, record)
        decision = decide_certificate(facts, now=self.services.clock.now()) if facts else None
        if decision is not None and decision.action is Action.REISSUE:
            return Reason(
                code=decision.reasons[0].code,
                sentence=f"will wait for validation: certificate renews (version "
                f"{record.newest_version} -> {decision.next_version})",
            )
        if text(olds, "status") not in ("", "SUCCESS"):
            return Reason(code="validation.resume", sentence="was not finished; goes on")
        return None

    def create(self, ctx: Context, *, news: Tree) -> CreateResult:
        if ctx.preview:
            return CreateResult(id="", outputs=self._previewed(news, {}))
        with self.services.store.read() as reader:
            record = find(reader, CertificateRecord, text(news, "certificateArn"))
        if record is None:
            raise gone(text(news, "certificateArn"))
        ctx.run.note_write()
        place = inline_writer.name_of(news)
        with drivers.created(self.services, record.arn, ctx.urn, place, kept=Incomplete):
            # A replacement comes when all names are proved, and has to have its records before the old resource goes.
            self._maintain(record.arn, news)
            return CreateResult(id=text(news, "certificateArn"), outputs=self._drive(ctx, record.arn, news))

    def _previewed(self, news: Tree, olds: Tree) -> Tree:
        """Before the wait: nothing of the new version is known but its number."""
        known: Tree = {**olds, **echo(CertificateValidationInputs, news), VALIDATED: news.get(VALIDATED, UNKNOWN)}
        if reveal(known[VALIDATED]) == reveal(olds.get(VALIDATED)) and text(olds, "status") == "SUCCESS":
            return known
        known |= dict.fromkeys(("status", "domainValidations", *_ISSUED), UNKNOWN)
        if "storeId" not in known:
            known["storeId"] = UNKNOWN
            with suppress(CertwrightError):
                known["storeId"] = self.services.store.store_id
        return known

    def _maintain(self, arn: str, tree: Tree) -> None:
        found = self.services.chosen(inline_writer.stated(tree))
        if found is not None:
            validation.maintain(self.services, arn, found)

    def _drive(self, ctx: Context, arn: str, news: Tree) -> Tree:
        last = ""

        def progress(sentence: str) -> None:
            nonlocal last
            if sentence != last:
                ctx.log(Severity.INFO, sentence, ephemeral=True)
            last = sentence

        outcome = validation.drive(
            self.services,
            arn,
            timeout_s=ctx.timeout_s or self.default_timeout_s,
            cancel=ctx.cancel,
            progress=progress,
            writer=self.services.chosen(inline_writer.stated(news)),
        )
        outputs = self._outputs(arn, news)
        if not outcome.issued:
            raise Incomplete(outcome.why, id=arn, outputs=outputs, inputs=news, code="validation.incomplete")
        return outputs

    def _outputs(self, arn: str, news: Tree) -> Tree:
        with self.services.store.read() as reader:
            return {**echo(CertificateValidationInputs, news), **self._observed(reader, arn)}

    def _observed(self, reader: Reader, arn: str) -> Tree:
        record = get(reader, arn)
        newest = reader.one(VersionRecord, arn=arn, version=record.newest_version)
        rows = reader.all(ValidationRecord, arn=arn, version=record.newest_version)
        issued = newest is not None and newest.status is CertificateStatus.ISSUED
        certificate = outputs_of(self.services, reader, arn)
        tree: Tree = {
            "status": "SUCCESS" if issued else "PENDING_VALIDATION",
            "storeId": certificate["storeId"],
            VALIDATED: record.serving_version,
            "domainValidations": [_row(row) for row in rows],
            **{name: certificate[name] for name in _ISSUED if name in certificate},
        }
        if newest is not None and newest.status in (
            CertificateStatus.FAILED,
            CertificateStatus.VALIDATION_TIMED_OUT,
            CertificateStatus.REVOKED,
        ):
            tree["status"] = "FAILED"
        if newest is not None and newest.issued_at is not None:
            tree["issuedAt"] = instant(newest.issued_at)
        return tree

    def read(self, ctx: Context, *, id: str, inputs: Tree, olds: Tree) -> ReadResult:
        ctx.run.note_read(ctx.urn)
        with self.facts(ctx, olds) as reader:
            if reader is None and olds:
                return ReadResult(id=id, inputs=inputs, outputs=olds)
            record = find(reader, CertificateRecord, id) if reader else None
            if record is None or reader is None:
                if not olds:
                    raise gone(id)
                return ReadResult(id="")
            actual = {**inputs, "certificateArn": record.arn}
            if not olds:
                actual[VALIDATED] = record.serving_version
            return ReadResult(
                id=record.arn,
                inputs=actual,
                outputs={**echo(CertificateValidationInputs, actual), **self._observed(reader, record.arn)},
            )

    def update(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> UpdateResult:
        if ctx.preview:
            return UpdateResult(outputs=self._previewed(news, olds))
        self.confirm(olds)
        with self.services.store.read() as reader:
            record = find(reader, CertificateRecord, id)
        if record is None:
            raise gone(id)
        ctx.run.note_write()
        before, after = inline_writer.name_of(old_inputs), inline_writer.name_of(news)
        if before != after:
            self._move(ctx, record.arn, old_inputs, news)
        else:
            drivers.counted(self.services, record.arn, ctx.urn, before)
            if inline_writer.stated(old_inputs) != inline_writer.stated(news):
                self._maintain(record.arn, news)
        return UpdateResult(outputs=self._drive(ctx, record.arn, news))

    def _move(self, ctx: Context, arn: str, old_inputs: Tree, news: Tree) -> None:
        """From one inline writer's place to another's, or to a configured writer, or to none."""
        before, after = inline_writer.name_of(old_inputs), inline_writer.name_of(news)
        self._leave_writer(
            ctx, arn, old_inputs, lambda tx: drivers.moved(self.services, tx, arn, ctx.urn, before, after)
        )
        try:
            self._maintain(arn, news)
        except CertwrightError:
            with suppress(CertwrightError):  # Pulumi keeps the old inputs, so that their record must be there
                with self.services.store.write() as tx:
                    drivers.moved(self.services, tx, arn, ctx.urn, after, before)
                self._maintain(arn, old_inputs)
            raise

    def _leave_writer(self, ctx: Context, arn: str, tree: Tree, gone_from: Callable[[Transaction], bool]) -> None:
        """Nobody will have an inline writer's key again: what it wrote goes now, if no other declaration has the key.

        gone_from: takes this declaration out of the count, and says whether it was the last one at its place: in one
        transaction, as two may go at the same moment.
        """
        name = inline_writer.name_of(tree)
        with self.services.store.write() as tx:
            last = gone_from(tx)
            unsure = dnsrecords.release(self.services, tx, arn, writer=name) if name and last else []
        if not name or not last:
            return
        found = self.services.chosen(inline_writer.stated(tree))
        for sentence in dnsrecords.left_sentences(dnsrecords.sweep(self.services, [name], given=found).left):
            ctx.log(Severity.WARNING, sentence)
        if unsure:
            ctx.log(Severity.INFO, dnsrecords.unsure_sentence(unsure))

    def delete(self, ctx: Context, *, id: str, olds: Tree) -> None:
        """The certificate stays, but is no longer driven, unless another declaration does it: a replacement is there before
        the old resource goes. What an inline writer wrote goes with the last one that has its key."""
        self.confirm(olds)
        with self.services.store.read() as reader:
            record = find(reader, CertificateRecord, id)
        arn = record.arn if record is not None else id
        ctx.run.note_write()
        # Records are released under the id itself: an alias is good for reads only.
        self._leave_writer(ctx, id, olds, lambda tx: drivers.ended(tx, arn, ctx.urn, inline_writer.name_of(olds)))


def _unless_known(tree: Tree) -> Any:
    """UNKNOWN while the certificate is: a real run refuses a Check that answers it for something else."""
    return UNKNOWN if reveal(tree.get("certificateArn")) is UNKNOWN else None


def missing_fqdns(expected: list[Tree], stated: list[str]) -> list[str]:
    """Records that the program forgot, by name (VAL-3). A method that needs no record misses none."""
    have = {name.rstrip(".").lower() for name in stated}
    names = [str(option["resourceRecordName"]) for option in expected if option.get("resourceRecordName")]
    return [name for name in names if name.lower() not in have]


def _row(row: ValidationRecord) -> Tree:
    shown: Tree = {"domainName": row.domain_name, "status": row.status.value}
    if row.seen:
        shown["seen"] = row.seen
    if row.asked_at:
        shown["askedAt"] = row.asked_at
    return shown


def _arn_findings(value: Any, path: str = "certificateArn") -> list[Finding]:
    if not isinstance(value, str):
        return []
    try:
        parse_arn(value, ArnKind.CERTIFICATE)
    except CertwrightError as problem:
        return [Finding(code=problem.code, path=path, message=problem.message)]
    return []
