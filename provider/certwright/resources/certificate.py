"""The Certificate resource: translates Pulumi's questions into the engine's, and its answers back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from certwright.domain.errors import Finding, Reason, Refused
from certwright.domain.values import UNKNOWN, Secret, contains_unknown
from certwright.engine.claims import find, find_by_urn
from certwright.engine.decision import Action, Decision, decide_certificate, gather_certificate
from certwright.engine.ports import Reader
from certwright.engine.records import CertificateRecord, Mode
from certwright.resources.base import (
    Change,
    CheckResult,
    Context,
    CreateResult,
    DiffResult,
    Model,
    PathDiff,
    ReadResult,
    Severity,
    Tree,
    UpdateResult,
)
from certwright.resources.certificate_model import CertificateInputs, CertificateOutputs
from certwright.resources.diff import changed, paths
from certwright.resources.handling import (
    Handling,
    echo,
    gone,
    marked,
    number,
    plain,
    say,
    spec_of,
    without_managed,
)

# What judges, issues and shows is imported where it is used: in most runs there is nothing to do, and a Check waits for it.
VERSION = "version"


class Certificate(Handling):
    """A certificate: public-kind (`validationMethod`), private (`certificateAuthorityArn`), imported (`certificateBody`) or
    signed from a request (`certificateSigningRequest`).

    The engine makes and keeps the private key; it never gets into Pulumi's state. A renewal, or a change of names or key
    algorithm, makes a new version under the same ARN; the old one serves until the new one is issued and deployed. A due
    renewal shows in every preview as a change of `version`.
    """

    token: ClassVar[str] = "certwright:index:Certificate"
    inputs: ClassVar[type[Model]] = CertificateInputs
    outputs: ClassVar[type[Model]] = CertificateOutputs
    default_timeout_s: ClassVar[float] = 300.0

    def check(self, ctx: Context, *, olds: Tree, news: Tree) -> CheckResult:
        ctx.run.note_checked(ctx.urn)
        tree, findings = without_managed(CertificateInputs, olds, news)
        if olds and not findings and (kept := self._as_it_is(ctx, olds, tree)) is not None:
            return kept
        return self._judged(ctx, olds, tree, findings)

    def _as_it_is(self, ctx: Context, olds: Tree, tree: Tree) -> CheckResult | None:
        """What most certificates of most runs are: declared as before, and nothing to do. None when there is anything to say.

        These inputs were accepted when the certificate was made; they are judged again when something is issued from them. So a
        rule, a setting or a CA that has changed meanwhile stops a renewal, and not every run until then.
        """
        if contains_unknown(tree) or "apiPassthrough" in tree:  # what a template overrules is said at every run
            return None
        if plain(tree) != plain(without_managed(CertificateInputs, olds, olds)[0]):
            return None
        with self.facts(ctx, {}) as reader:
            record = find_by_urn(reader, CertificateRecord, ctx.urn) if reader else None
            decision = self._decide(ctx, reader, record, [])
        if record is None or decision is None or decision.action is not Action.KEEP:
            return None
        ctx.run.note_known("certificate", record.arn)
        return CheckResult(inputs={**marked(CertificateInputs, tree), VERSION: decision.next_version})

    def _judged(self, ctx: Context, olds: Tree, tree: Tree, findings: list[Finding]) -> CheckResult:
        from certwright.resources.certificate_check import caa_findings, caa_identities, judge, preflight
        from certwright.resources.decode import decode

        typed, problems = decode(CertificateInputs, tree)
        findings += problems
        tree = marked(CertificateInputs, tree)
        judged = judge(self.services, typed, tree)
        mode = judged.mode
        findings += judged.findings
        version = number(olds, VERSION) or 1
        if mode is not None and not findings:
            with self.facts(ctx, {}) as reader:
                record = find_by_urn(reader, CertificateRecord, ctx.urn) if reader and olds else None
                changes = changed(
                    CertificateInputs, self.settled(plain(olds)), self.settled(tree), ignore=ctx.ignore_changes
                )
                decision = self._decide(ctx, reader, record, changes)
                if record is not None:
                    ctx.run.note_known("certificate", record.arn)
                    version = decision.next_version if decision else record.newest_version
                planned = record is None or (decision is not None and decision.action >= Action.RESUME)
                findings += preflight(self.services, ctx, reader, mode, typed, tree, record, planned=planned)
                identities = caa_identities(self.services, reader, typed)
            if planned and mode is Mode.PUBLIC:
                findings += caa_findings(self.services, ctx, judged.names, identities)
        return CheckResult(inputs={**tree, VERSION: version}, findings=tuple(findings))

    def _decide(
        self,
        ctx: Context,
        reader: Reader | None,
        record: CertificateRecord | None,
        changes: Sequence[tuple[str, Change]],
    ) -> Decision | None:
        """What the changed inputs, the store and the clock ask for; None where the store has nothing to decide from."""
        if reader is None or record is None:
            return None
        facts = gather_certificate(self.services, reader, record)
        if facts is None:
            return None
        reissue = tuple(wire for wire, change in changes if change is Change.REISSUE)
        announced = bool(facts.newest.issuer_arn and ctx.run.announced(facts.newest.issuer_arn))
        return decide_certificate(
            facts, now=self.services.clock.now(), reissue_inputs=reissue, issuer_announced=announced
        )

    def diff(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> DiffResult:
        changes = changed(CertificateInputs, self.settled(old_inputs), self.settled(news), ignore=ctx.ignore_changes)
        found = paths(changes, old_inputs, news)
        if ctx.run.is_refresh_diff(ctx.urn):
            return DiffResult(changes=bool(found), paths=found)
        if any(change is Change.REPLACE for _, change in changes):
            return DiffResult(changes=True, paths=found)
        with self.facts(ctx, olds) as reader:
            record = find(reader, CertificateRecord, id) if reader else None
            if reader is not None and record is None:
                raise gone(id)
            decision = self._decide(ctx, reader, record, changes)
        ctx.run.note_known("certificate", record.arn if record else id)
        if decision is None:
            return DiffResult(changes=bool(found), paths=found, stables=("arn",))
        say(ctx, decision)
        reissues = decision.action is Action.REISSUE
        if reissues and record is not None:
            ctx.run.announce(
                record.arn,
                from_version=record.newest_version,
                to_version=decision.next_version,
                reason=decision.reasons[0],
            )
        if decision.action >= Action.RESUME and VERSION not in ctx.ignore_changes:
            found = (*found, PathDiff(path=VERSION, input_diff=False))
        return DiffResult(changes=bool(found), paths=found, reasons=decision.reasons, stables=("arn",))

    def create(self, ctx: Context, *, news: Tree) -> CreateResult:
        from certwright.engine import certificates
        from certwright.resources.certificate_check import imported_material, mode_and_mix

        mode, _ = mode_and_mix(news)  # Check has judged them
        if ctx.preview:
            return CreateResult(id="", outputs=self._previewed(news, mode))
        if mode is None:
            raise Refused([Finding(code="mode.none", message="is neither public, private, imported nor signed")])
        ctx.run.note_write()
        record, adopted = certificates.create(
            self.services,
            urn=ctx.urn,
            region=self.region(news),
            account=self.account,
            mode=mode,
            spec=spec_of(CertificateInputs, news),
            tags=self.tags(news),
            imported=imported_material(self.services, news) if mode is Mode.IMPORTED else None,
        )
        if adopted:
            ctx.log(Severity.INFO, f"adopted {record.arn}: left by an interrupted create")
        ctx.run.note_created("certificate", record.arn, adopted=adopted)
        return CreateResult(
            id=record.arn,
            outputs=self._outputs(record.arn, news),
            refresh_before_update=self.services.config.refresh_before_update,
        )

    def _outputs(self, arn: str, news: Tree) -> Tree:
        from certwright.resources.certificate_outputs import outputs_of

        with self.services.store.read() as reader:
            return {**echo(CertificateInputs, news), **outputs_of(self.services, reader, arn)}

    def _previewed(self, news: Tree, mode: Mode | None) -> Tree:
        """A create's known outputs: everything that follows from the inputs alone (DNS-3)."""
        from certwright.resources.certificate_outputs import NOT_KNOWN_BEFORE_ISSUE

        known: Tree = dict.fromkeys(("arn", "status", *NOT_KNOWN_BEFORE_ISSUE), UNKNOWN)
        known["storeId"] = UNKNOWN
        with suppress(Exception):
            known["storeId"] = self.services.store.store_id
        known[VERSION] = 1
        known["tagsAll"] = self.tags(news)
        known["inUseBy"] = []
        if mode is not None:
            known["type"] = mode.value
        known["domainValidationOptions"] = self._options(news)
        return {**echo(CertificateInputs, news), **known}

    def _options(self, tree: Tree) -> object:
        from certwright.engine.validation import options

        names = (tree.get("domainName"), tree.get("subjectAlternativeNames"), tree.get("validationMethod"))
        if any(contains_unknown(n) for n in names):
            return UNKNOWN
        return options(self.services, plain(tree), self.account)

    def read(self, ctx: Context, *, id: str, inputs: Tree, olds: Tree) -> ReadResult:
        from certwright.resources.certificate_outputs import outputs_of, stored_inputs

        ctx.run.note_read(ctx.urn)
        with self.facts(ctx, olds) as reader:
            if reader is None:
                if not olds:
                    raise gone(id)
                return ReadResult(id=id, inputs=inputs, outputs=olds)
            record = find(reader, CertificateRecord, id)
            if record is None:
                if not olds:
                    raise gone(id)
                return ReadResult(id="")
            ctx.run.note_known("certificate", record.arn)
            actual = stored_inputs(reader, record, imported=not olds)
            kept = {k: v for k, v in inputs.items() if isinstance(v, Secret)}
            for name, value in inputs.items():
                # The program's own spelling stays where it says the same as the store.
                if name in actual and not changed(CertificateInputs, {name: value}, {name: actual[name]}):
                    actual[name] = value
            outputs = {**echo(CertificateInputs, actual), **outputs_of(self.services, reader, record.arn)}
        return ReadResult(
            id=record.arn,
            inputs={**actual, **kept},
            outputs=outputs,
            refresh_before_update=self.services.config.refresh_before_update,
        )

    def update(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> UpdateResult:
        with self.facts(ctx, olds) as reader:
            record = find(reader, CertificateRecord, id) if reader else None
            changes = changed(
                CertificateInputs, self.settled(old_inputs), self.settled(news), ignore=ctx.ignore_changes
            )
            decision = self._decide(ctx, reader, record, changes)
        if ctx.preview:
            return UpdateResult(outputs=self._previewed_update(olds, news, decision))
        if record is None:
            raise gone(id)
        ctx.run.note_write()
        self._apply(ctx, record, decision, news)
        return UpdateResult(
            outputs=self._outputs(record.arn, news), refresh_before_update=self.services.config.refresh_before_update
        )

    def _apply(self, ctx: Context, record: CertificateRecord, decision: Decision | None, news: Tree) -> None:
        from certwright.engine import certificates
        from certwright.resources.certificate_check import imported_material

        spec = spec_of(CertificateInputs, news)
        action = decision.action if decision else Action.KEEP
        reason = decision.reasons[0] if decision and decision.reasons else Reason(code="inputs.changed", sentence="")
        rekey = record.spec.get("rekeyTrigger") != spec.get("rekeyTrigger")
        if action is Action.REISSUE and record.mode is Mode.IMPORTED:
            certificates.reimport(self.services, record.arn, spec=spec, imported=imported_material(self.services, news))
        elif action is Action.REISSUE:
            certificates.reissue(
                self.services,
                record.arn,
                expected_newest=record.newest_version,
                spec=spec,
                reason_code=reason.code,
                new_key=rekey,
            )
        elif action is Action.RESUME:
            certificates.retry(self.services, record.arn)
            if record.mode is Mode.PUBLIC and not record.driven:
                self._attempt(ctx, record.arn)
        certificates.update(self.services, record.arn, spec=spec, tags=self.tags(news), urn=ctx.urn)

    def _attempt(self, ctx: Context, arn: str) -> None:
        """One bounded attempt where no CertificateValidation drives the request."""
        from certwright.engine.prove import step

        found = step(self.services, arn, cancel=ctx.cancel)
        for problem in found.problems:
            ctx.log(Severity.WARNING, f"not validated yet: {problem}")

    def _previewed_update(self, olds: Tree, news: Tree, decision: Decision | None) -> Tree:
        """What stays known: all but what a new version brings. Dependents light up only for cause."""
        from certwright.resources.certificate_outputs import NOT_KNOWN_BEFORE_ISSUE

        known = {**olds, **echo(CertificateInputs, news)}
        for name in [n for n in olds if n in CertificateInputs.model_fields and n not in news]:
            known.pop(name, None)
        known["domainValidationOptions"] = self._options(news)
        known["tagsAll"] = self.tags(news)
        if decision is None or decision.action < Action.RESUME:
            return known
        known[VERSION] = decision.next_version
        for name in (*NOT_KNOWN_BEFORE_ISSUE, "status", "pendingVersion", "failureReason"):
            known[name] = UNKNOWN
        return known

    def delete(self, ctx: Context, *, id: str, olds: Tree) -> None:
        from certwright.engine import deletion
        from certwright.engine.dnsrecords import left_sentences, unsure_sentence

        self.confirm(olds)
        if ctx.run.adopted_in_this_run(id):
            ctx.log(Severity.WARNING, f"{id} was adopted in this run and is not deleted")
            return
        ctx.run.note_write()
        ctx.run.note_known("certificate", id)
        done = deletion.delete(self.services, id)
        for sentence in left_sentences(done.left):
            ctx.log(Severity.WARNING, sentence)
        if done.unsure:
            ctx.log(Severity.INFO, unsure_sentence(done.unsure))
