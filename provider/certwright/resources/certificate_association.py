"""The CertificateAssociation resource: a certificate on a target, kept there over renewals (ASC-1)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from certwright.domain.arn import ArnKind, parse_arn
from certwright.domain.errors import CertwrightError, Finding, Reason, Refused
from certwright.domain.values import UNKNOWN, contains_unknown, reveal
from certwright.engine import association, observation
from certwright.engine.association import Wanted
from certwright.engine.claims import find, find_by_urn
from certwright.engine.decision import Action, decide_certificate, gather_certificate
from certwright.engine.ports import Reader
from certwright.engine.records import AssociationRecord, AssociationStatus, CertificateRecord
from certwright.resources.association_model import AssociationInputs, AssociationOutputs
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
from certwright.resources.decode import decode
from certwright.resources.diff import changed, paths
from certwright.resources.handling import Handling, echo, gone, instant, number, plain, text, without_managed

DEPLOYED = "deployedVersion"
_OF_A_DEPLOYMENT = ("status", "deployedSerialNumber", "deployedAt", "endpoints")


class CertificateAssociation(Handling):
    """A certificate on a target: certificate, chain and key get there at once or not at all, and a real TLS handshake proves
    that the new certificate is served, where an endpoint can be reached.

    It follows each new version of its certificate. A certificate that an association serves cannot be deleted.
    """

    token: ClassVar[str] = "certwright:index:CertificateAssociation"
    inputs: ClassVar[type[Model]] = AssociationInputs
    outputs: ClassVar[type[Model]] = AssociationOutputs
    default_timeout_s: ClassVar[float] = 300.0

    def check(self, ctx: Context, *, olds: Tree, news: Tree) -> CheckResult:
        ctx.run.note_checked(ctx.urn)
        tree, findings = without_managed(AssociationInputs, olds, news)
        typed, problems = decode(AssociationInputs, tree)
        findings += [*problems, *self._judge(typed, tree)]
        # UNKNOWN only while the certificate is: a real run refuses a Check that answers it for something else.
        version: Any = number(olds, DEPLOYED) or (UNKNOWN if reveal(tree.get("certificateArn")) is UNKNOWN else None)
        if not findings:
            with self.facts(ctx, {}) as reader:
                version = self._expected(ctx, reader, tree) or version
                record = find_by_urn(reader, AssociationRecord, ctx.urn) if reader and olds else None
                if record is not None:
                    ctx.run.note_known("association", record.arn)
                findings += self._regional(reader, tree)
        managed = {} if version is None else {DEPLOYED: version}
        return CheckResult(inputs={**tree, **managed}, findings=tuple(findings))

    def _judge(self, typed: AssociationInputs, tree: Tree) -> list[Finding]:
        findings: list[Finding] = []
        if isinstance(typed.certificate_arn, str):
            try:
                parse_arn(typed.certificate_arn, ArnKind.CERTIFICATE)
            except CertwrightError as problem:
                findings.append(Finding(code=problem.code, path="certificateArn", message=problem.message))
        target = reveal(tree.get("target"))
        if isinstance(target, dict) and not contains_unknown(target):
            stated = [kind for kind, value in target.items() if value is not None]
            known = ", ".join(sorted(self.services.deployers))
            if len(stated) != 1:
                seen = ", ".join(stated) or "none"
                findings.append(
                    Finding(
                        code="target.count",
                        path="target",
                        message=f"needs exactly one kind; got {seen}. Known: {known}",
                    )
                )
            elif stated[0] not in self.services.deployers:
                findings.append(
                    Finding(
                        code="target.unknown", path=f"target.{stated[0]}", message=f"is not a target; known: {known}"
                    )
                )
            elif isinstance(typed.target, Model):
                findings += self._place(target)
        return findings

    def _place(self, target: Tree) -> list[Finding]:
        try:
            association.place_of(self.services, target)
        except Refused as refusal:
            return list(refusal.findings)
        except CertwrightError as problem:
            return [Finding(code=problem.code, path="target", message=problem.message)]
        return []

    def _regional(self, reader: Reader | None, tree: Tree) -> list[Finding]:
        """ASC-7: a regional target takes only certificates of its own region."""
        arn = text(tree, "certificateArn")
        if not arn:
            return []
        region, own = parse_arn(arn, ArnKind.CERTIFICATE).region, self.region(tree)
        if region == own:
            return []
        return [
            Finding(
                code="association.region",
                path="certificateArn",
                message=f"the certificate is of region {region}, the association of {own}: keys never leave their region. "
                f"Request the certificate in {own} as well, or set region: {region} here",
            )
        ]

    def _certificate(self, reader: Reader | None, tree: Tree) -> CertificateRecord | None:
        arn = text(tree, "certificateArn")
        return find(reader, CertificateRecord, arn) if reader and arn else None

    def _expected(self, ctx: Context, reader: Reader | None, tree: Tree) -> int | None:
        """The version that the target will hold after this run."""
        record = self._certificate(reader, tree)
        if record is None or reader is None:
            return None
        announced = ctx.run.announced(record.arn)
        if announced is not None:
            return announced.to_version
        facts = gather_certificate(self.services, reader, record)
        if facts is None:
            return record.serving_version or None
        decision = decide_certificate(facts, now=self.services.clock.now())
        if decision.action is Action.REISSUE:
            return decision.next_version
        # With a request on its way and a validation that drives it, that version is what will be served.
        return (record.newest_version if record.driven else record.serving_version) or None

    def diff(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> DiffResult:
        changes = self._changes(old_inputs, news, ctx.ignore_changes)
        found = paths(changes, old_inputs, news)
        if ctx.run.is_refresh_diff(ctx.urn) or any(change is Change.REPLACE for _, change in changes):
            return DiffResult(changes=bool(found), paths=found, delete_before_replace=False)
        with self.facts(ctx, olds) as reader:
            record = find(reader, AssociationRecord, id) if reader else None
            if reader is not None and record is None:
                raise gone(id)
            reason = self._reason(ctx, reader, record, olds, news) if reader and record else None
        ctx.run.note_known("association", record.arn if record else id)
        if reason is None:
            return DiffResult(changes=bool(found), paths=found, stables=("arn",))
        if DEPLOYED not in ctx.ignore_changes:
            found = (*found, PathDiff(path=DEPLOYED, input_diff=False))
        return DiffResult(changes=True, paths=found, reasons=(reason,), stables=("arn",))

    def _reason(self, ctx: Context, reader: Reader, record: AssociationRecord, olds: Tree, news: Tree) -> Reason | None:
        """Deployed version behind, certificate due or announced, or what a refresh found wrong (ASC-9)."""
        certificate = self._certificate(reader, news)
        name = certificate.urn.rsplit("::", 1)[-1] if certificate and certificate.urn else "certificate"
        if certificate is None:
            return None
        if certificate.serving_version and record.deployed_version != certificate.serving_version:
            return Reason(
                code="deploy.behind",
                sentence=f"will redeploy: the target holds version "
                f"{record.deployed_version} of {name}, which is at {certificate.serving_version}",
            )
        announced = ctx.run.announced(certificate.arn)
        if announced is not None and announced.to_version != record.deployed_version:
            return Reason(
                code=announced.code,
                sentence=f"will redeploy: certificate {name} {_happens(announced.code)} "
                f"(version {announced.from_version} -> {announced.to_version})",
            )
        facts = gather_certificate(self.services, reader, certificate)
        decision = decide_certificate(facts, now=self.services.clock.now()) if facts else None
        if decision is not None and decision.action is Action.REISSUE:
            return Reason(
                code=decision.reasons[0].code,
                sentence=f"will redeploy: certificate {name} renews (version "
                f"{certificate.newest_version} -> {decision.next_version})",
            )
        if certificate.newest_version != certificate.serving_version and certificate.driven:
            return Reason(
                code="deploy.pending",
                sentence=f"will redeploy: version {certificate.newest_version} of {name} is on its way",
            )
        return _found_wrong(record, olds)

    def _changes(self, old: Tree, new: Tree, ignore: tuple[str, ...]) -> list[tuple[str, Change]]:
        """The generic comparison, and one level deeper: another kind or place is another association."""
        changes = changed(AssociationInputs, self.settled(old), self.settled(new), ignore=ignore)
        if ("target", Change.UPDATE) in changes and self._moved(reveal(old.get("target")), reveal(new.get("target"))):
            return [(w, Change.REPLACE if w == "target" else c) for w, c in changes]
        return changes

    def _moved(self, before: Any, after: Any) -> bool:
        if not isinstance(before, dict) or not isinstance(after, dict) or contains_unknown(after):
            return not isinstance(before, dict) or not contains_unknown(after)
        if set(before) != set(after):
            return True
        try:
            return association.place_of(self.services, before) != association.place_of(self.services, after)
        except CertwrightError:
            return False

    def create(self, ctx: Context, *, news: Tree) -> CreateResult:
        if ctx.preview:
            known: Tree = dict.fromkeys(("arn", "storeId", "host", *_OF_A_DEPLOYMENT), UNKNOWN)
            with suppress(CertwrightError):
                known["storeId"] = self.services.store.store_id
            known[DEPLOYED] = news.get(DEPLOYED, UNKNOWN)
            return CreateResult(id="", outputs={**echo(AssociationInputs, news), **known})
        ctx.run.note_write()
        record, adopted = association.create(self.services, self._wanted(ctx, news), cancel=ctx.cancel)
        if adopted:
            ctx.log(Severity.INFO, f"adopted {record.arn}: left by an interrupted create")
        ctx.run.note_created("association", record.arn, adopted=adopted)
        _say_unreachable(ctx, record)
        return CreateResult(id=record.arn, outputs=self._outputs(record, news))

    def _wanted(self, ctx: Context, news: Tree) -> Wanted:
        tree = plain(news)
        return Wanted(
            urn=ctx.urn,
            region=self.region(news),
            account=self.account,
            certificate_arn=str(tree["certificateArn"]),
            target=tree["target"],
            verify=tree.get("verify") or {},
        )

    def _outputs(self, record: AssociationRecord, news: Tree) -> Tree:
        tree: Tree = {
            "arn": record.arn,
            "storeId": self.services.store.store_id,
            "status": record.status.value,
            DEPLOYED: record.deployed_version,
            "deployedSerialNumber": record.deployed_serial or None,
            "deployedAt": instant(record.deployed_at),
            "host": record.host or None,
            "endpoints": [dict(e) for e in record.endpoints],
        }
        return {**echo(AssociationInputs, news), **{k: v for k, v in tree.items() if v is not None}}

    def read(self, ctx: Context, *, id: str, inputs: Tree, olds: Tree) -> ReadResult:
        ctx.run.note_read(ctx.urn)
        with self.facts(ctx, olds) as reader:
            if reader is None:
                if not olds:
                    raise gone(id)
                return ReadResult(id=id, inputs=inputs, outputs=olds)
        seen = observation.observe(self.services, id)
        if seen is None:
            if not olds:
                raise gone(id)
            return ReadResult(id="")
        ctx.run.note_known("association", seen.record.arn)
        if seen.elsewhere and seen.status is not AssociationStatus.DEPLOYED:
            ctx.log(
                Severity.WARNING,
                f"{seen.record.place} was installed by host {seen.record.host}; this host reports "
                f"{seen.status.value} and repairs nothing",
            )
        record = observation.observed(seen, at=self.services.clock.now().isoformat())
        actual: Tree = {
            "certificateArn": record.certificate_arn,
            "target": record.target,
            DEPLOYED: record.deployed_version,
        }
        if record.verify:
            actual["verify"] = record.verify
        for name, value in inputs.items():
            if name in actual and not self._changes({name: value}, {name: actual[name]}, ()):
                actual[name] = value
        actual |= {k: v for k, v in inputs.items() if k == "region"}
        return ReadResult(id=record.arn, inputs=actual, outputs=self._outputs(record, actual))

    def update(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> UpdateResult:
        if ctx.preview:
            known = {**olds, **echo(AssociationInputs, news), DEPLOYED: news.get(DEPLOYED, olds.get(DEPLOYED))}
            known |= dict.fromkeys(_OF_A_DEPLOYMENT, UNKNOWN)
            return UpdateResult(outputs=known)
        self.confirm(olds)
        ctx.run.note_write()
        record = association.update(self.services, id, self._wanted(ctx, news), cancel=ctx.cancel)
        _say_unreachable(ctx, record)
        return UpdateResult(outputs=self._outputs(record, news))

    def delete(self, ctx: Context, *, id: str, olds: Tree) -> None:
        self.confirm(olds)
        if ctx.run.adopted_in_this_run(id):
            ctx.log(Severity.WARNING, f"{id} was adopted in this run and is not deleted")
            return
        ctx.run.note_write()
        association.delete(self.services, id)


def _happens(code: str) -> str:
    return "renews" if code == "renewal.window_open" else "is re-issued"


def _found_wrong(record: AssociationRecord, olds: Tree) -> Reason | None:
    status = text(olds, "status")
    if status == AssociationStatus.DRIFTED.value:
        return Reason(
            code="deploy.drifted", sentence="will redeploy: the endpoint or the target has another certificate"
        )
    if record.failure_message or record.status in (AssociationStatus.FAILED, AssociationStatus.PENDING):
        why = f": {record.failure_message}" if record.failure_message else ""
        return Reason(code="deploy.retry", sentence=f"will redeploy: the last deployment is {record.status.value}{why}")
    return None


def _say_unreachable(ctx: Context, record: AssociationRecord) -> None:
    for endpoint in record.endpoints:
        if endpoint.get("problem"):
            ctx.log(Severity.WARNING, f"{endpoint['address']} could not be asked: {endpoint['problem']}")
