"""The PrivateCertificateAuthority resource: one declaration, one ACTIVE authority (PCA-1)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from certwright.domain.errors import CertwrightError
from certwright.domain.values import UNKNOWN, contains_unknown, reveal
from certwright.engine.authoritydecision import decide_authority, gather_authority
from certwright.engine.authorityrequest import algorithms_of
from certwright.engine.claims import find, find_by_urn
from certwright.engine.decision import Action, Decision
from certwright.engine.ports import Reader
from certwright.engine.records import AuthorityRecord, AuthorityStatus, AuthorityVersionRecord, MaterialRecord
from certwright.resources.authority_model import AuthorityInputs, AuthorityOutputs
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
from certwright.resources.diff import changed, paths
from certwright.resources.handling import Handling, echo, gone, instant, number, plain, say, spec_of, without_managed

VERSION = "version"
_OF_A_VERSION = ("certificate", "certificateChain", "serial", "fingerprint", "notBefore", "notAfter", "renewalDue")


class PrivateCertificateAuthority(Handling):
    """A private certificate authority, ACTIVE after one create: a ROOT that signs itself, or a SUBORDINATE signed by
    `parentArn`.

    Browsers do not trust it. Use the resource option `protect`: a deleted authority keeps its restore window, but what it
    signed is not trusted without it. When its certificate changes, its leaves are re-issued by the same diff.
    """

    token: ClassVar[str] = "certwright:index:PrivateCertificateAuthority"
    inputs: ClassVar[type[Model]] = AuthorityInputs
    outputs: ClassVar[type[Model]] = AuthorityOutputs
    default_timeout_s: ClassVar[float] = 300.0

    def check(self, ctx: Context, *, olds: Tree, news: Tree) -> CheckResult:
        ctx.run.note_checked(ctx.urn)
        tree, findings = without_managed(AuthorityInputs, olds, news)
        if olds and not findings and (kept := self._as_it_is(ctx, olds, tree)) is not None:
            return kept
        from certwright.resources.authority_check import judge, parent_findings
        from certwright.resources.decode import decode

        typed, problems = decode(AuthorityInputs, tree)
        findings += [*problems, *judge(typed, tree)]
        version = number(olds, VERSION) or 1
        if not findings:
            with self.facts(ctx, {}) as reader:
                record = find_by_urn(reader, AuthorityRecord, ctx.urn) if reader and olds else None
                decision = self._decide(ctx, reader, record, plain(olds), tree)
                if record is not None:
                    ctx.run.note_known("authority", record.arn)
                    version = decision.next_version if decision else record.newest_version
                if reader is not None and (record is None or (decision and decision.action >= Action.RESUME)):
                    findings += parent_findings(self.services, reader, typed)
        return CheckResult(inputs={**tree, VERSION: version}, findings=tuple(findings))

    def _as_it_is(self, ctx: Context, olds: Tree, tree: Tree) -> CheckResult | None:
        """Declared as before, and nothing to do: not judged again (ADR 16). None when there is anything to say."""
        if contains_unknown(tree) or plain(tree) != plain(without_managed(AuthorityInputs, olds, olds)[0]):
            return None
        with self.facts(ctx, {}) as reader:
            record = find_by_urn(reader, AuthorityRecord, ctx.urn) if reader else None
            decision = self._decide(ctx, reader, record, plain(olds), tree)
        if record is None or decision is None or decision.action is not Action.KEEP:
            return None
        ctx.run.note_known("authority", record.arn)
        return CheckResult(inputs={**tree, VERSION: decision.next_version})

    def _decide(
        self, ctx: Context, reader: Reader | None, record: AuthorityRecord | None, old: Tree, new: Tree
    ) -> Decision | None:
        if reader is None or record is None or record.status is AuthorityStatus.DELETED:
            return None
        facts = gather_authority(reader, record)
        if facts is None:
            return None
        changes = _changes(self.settled(old), self.settled(new), ctx.ignore_changes)
        reissue = tuple(w for w, change in changes if change is Change.REISSUE)
        announced = bool(record.parent_arn and ctx.run.announced(record.parent_arn))
        return decide_authority(
            facts, now=self.services.clock.now(), reissue_inputs=reissue, parent_announced=announced
        )

    def diff(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> DiffResult:
        changes = _changes(self.settled(old_inputs), self.settled(news), ctx.ignore_changes)
        found = paths(changes, old_inputs, news)
        if ctx.run.is_refresh_diff(ctx.urn) or any(change is Change.REPLACE for _, change in changes):
            return DiffResult(changes=bool(found), paths=found)
        with self.facts(ctx, olds) as reader:
            record = find(reader, AuthorityRecord, id) if reader else None
            if reader is not None and record is None:
                raise gone(id)
            decision = self._decide(ctx, reader, record, old_inputs, news)
        ctx.run.note_known("authority", record.arn if record else id)
        if decision is None:
            return DiffResult(changes=bool(found), paths=found, stables=("arn",))
        say(ctx, decision)
        if decision.action is Action.REISSUE and record is not None:
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
        from certwright.engine import authority

        if ctx.preview:
            return CreateResult(id="", outputs=self._previewed(news))
        ctx.run.note_write()
        record, adopted = authority.create(
            self.services,
            urn=ctx.urn,
            region=self.region(news),
            account=self.account,
            spec=spec_of(AuthorityInputs, news),
            tags=self.tags(news),
        )
        if adopted:
            ctx.log(Severity.INFO, f"adopted {record.arn}: left by an interrupted create")
        ctx.run.note_created("authority", record.arn, adopted=adopted)
        return CreateResult(id=record.arn, outputs=self._outputs(record.arn, news))

    def _previewed(self, news: Tree) -> Tree:
        known: Tree = dict.fromkeys(("arn", "status", "storeId", *_OF_A_VERSION), UNKNOWN)
        with suppress(CertwrightError):
            known["storeId"] = self.services.store.store_id
        return {**echo(AuthorityInputs, news), **known, VERSION: 1, "tagsAll": self.tags(news)}

    def _outputs(self, arn: str, news: Tree) -> Tree:
        with self.services.store.read() as reader:
            return {**echo(AuthorityInputs, news), **authority_outputs(self.services, reader, arn)}

    def read(self, ctx: Context, *, id: str, inputs: Tree, olds: Tree) -> ReadResult:
        ctx.run.note_read(ctx.urn)
        with self.facts(ctx, olds) as reader:
            if reader is None and olds:
                return ReadResult(id=id, inputs=inputs, outputs=olds)
            record = find(reader, AuthorityRecord, id) if reader else None
            if record is None or reader is None or record.status is AuthorityStatus.DELETED:
                if not olds:
                    raise gone(id)
                return ReadResult(id="")
            ctx.run.note_known("authority", record.arn)
            actual: Tree = {**record.spec, "enabled": record.enabled, VERSION: record.newest_version}
            if "enabled" not in inputs and record.enabled:
                del actual["enabled"]
            for name, value in inputs.items():
                if name in actual and not _changes({name: value}, {name: actual[name]}, ()):
                    actual[name] = value
            outputs = {**echo(AuthorityInputs, actual), **authority_outputs(self.services, reader, record.arn)}
        return ReadResult(id=record.arn, inputs=actual, outputs=outputs)

    def update(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> UpdateResult:
        from certwright.engine import authority

        with self.facts(ctx, olds) as reader:
            record = find(reader, AuthorityRecord, id) if reader else None
            decision = self._decide(ctx, reader, record, old_inputs, news)
        if ctx.preview:
            known = {**olds, **echo(AuthorityInputs, news), "tagsAll": self.tags(news)}
            if decision is not None and decision.action >= Action.RESUME:
                known |= {**dict.fromkeys((*_OF_A_VERSION, "status"), UNKNOWN), VERSION: decision.next_version}
            return UpdateResult(outputs=known)
        if record is None:
            raise gone(id)
        ctx.run.note_write()
        spec = spec_of(AuthorityInputs, news)
        if decision is not None and decision.action is Action.RESUME:
            authority.complete(self.services, record.arn)
        if decision is not None and decision.action is Action.REISSUE:
            authority.re_sign(
                self.services,
                record.arn,
                expected_newest=record.newest_version,
                spec=spec,
                reason_code=decision.reasons[0].code,
            )
        authority.update(self.services, record.arn, spec=spec, tags=self.tags(news), urn=ctx.urn)
        return UpdateResult(outputs=self._outputs(record.arn, news))

    def delete(self, ctx: Context, *, id: str, olds: Tree) -> None:
        from certwright.engine import authority

        self.confirm(olds)
        if ctx.run.adopted_in_this_run(id):
            ctx.log(Severity.WARNING, f"{id} was adopted in this run and is not deleted")
            return
        ctx.run.note_write()
        record = authority.delete(self.services, id)
        if record is not None and record.restorable_until is not None:
            ctx.log(Severity.INFO, f"deleted; can be restored until {record.restorable_until:%Y-%m-%d}")


CONFIGURATION = "certificateAuthorityConfiguration"


def _changes(old: Tree, new: Tree, ignore: tuple[str, ...]) -> list[tuple[str, Change]]:
    """The generic comparison, and one level deeper: a new subject is another authority, a stated default no change."""
    changes = changed(AuthorityInputs, old, new, ignore=ignore)
    if (CONFIGURATION, Change.REISSUE) not in changes:
        return changes
    before, after = reveal(old.get(CONFIGURATION)) or {}, reveal(new.get(CONFIGURATION))
    if not isinstance(after, dict) or not isinstance(before, dict) or contains_unknown(after):
        return changes
    if before.get("subject") != after.get("subject"):
        return [(w, Change.REPLACE if w == CONFIGURATION else c) for w, c in changes]
    if _algorithms(before) == _algorithms(after):
        return [(w, c) for w, c in changes if w != CONFIGURATION]
    return changes


def _algorithms(configuration: Tree) -> tuple[str, str]:
    found = algorithms_of({CONFIGURATION: configuration})
    return found.key.value, found.signing.value


def authority_outputs(services: Any, reader: Reader, arn: str) -> Tree:
    """Every output as the store has it now."""
    from certwright.domain.certificate import load_der, to_pem

    record = reader.one(AuthorityRecord, arn=arn)
    if record is None:
        raise gone(arn)
    version = reader.one(AuthorityVersionRecord, arn=arn, version=record.serving_version)
    material = reader.one(MaterialRecord, arn=arn, version=record.serving_version)
    tree: Tree = {
        "arn": arn,
        "storeId": services.store.store_id,
        "status": shown_status(record, version, services.clock.now()),
        VERSION: record.newest_version,
        "tagsAll": dict(record.tags),
    }
    if version is not None and material is not None and material.der:
        certificate = load_der(material.der)
        tree |= {
            "certificate": to_pem(material.der),
            "certificateChain": material.chain_pem,
            "serial": version.serial,
            "fingerprint": version.fingerprint,
            "notBefore": instant(certificate.not_valid_before_utc),
            "notAfter": instant(certificate.not_valid_after_utc),
            "renewalDue": instant(version.renewal_due),
        }
    return {name: value for name, value in tree.items() if value is not None}


def shown_status(record: AuthorityRecord, version: AuthorityVersionRecord | None, now: Any) -> str:
    """DISABLED follows from `enabled`, EXPIRED from the clock; neither is stored twice."""
    if record.status is not AuthorityStatus.ACTIVE:
        return record.status.value
    if version is not None and version.not_after is not None and now > version.not_after:
        return AuthorityStatus.EXPIRED.value
    return record.status.value if record.enabled else AuthorityStatus.DISABLED.value
