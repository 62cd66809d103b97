"""Renewal without a Pulumi run: the engine's own path, one certificate at a time (REN-4).

Order (numbered in the code): 1. decide, by the same policies as a preview; 2. a new version, or the rest of one;
3. validation, where names have to be proved; 4. every association of this host whose version is behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from certwright.domain.errors import CertwrightError
from certwright.engine import association, certificates, validation
from certwright.engine.decision import Action, decide_certificate, gather_certificate
from certwright.engine.deployment import is_within_reach
from certwright.engine.issuance import get
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import AssociationRecord, CertificateRecord, CertificateStatus, Mode, VersionRecord
from certwright.engine.services import Services
from certwright.engine.usage import in_use_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a renewal of one certificate would do. `blocked`: why it cannot; `reason`: why it would."""

    arn: str
    name: str
    action: Action
    reason: str
    code: str
    version: int
    next_version: int
    newest: int = 0  # when it was decided
    deploys: tuple[AssociationRecord, ...] = ()
    elsewhere: tuple[AssociationRecord, ...] = ()
    blocked: str = ""
    due: datetime | None = None

    @property
    def empty(self) -> bool:
        return self.action is Action.KEEP and not self.deploys


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it went. `problems` are sentences; the rest of the work was done."""

    plan: Plan
    version: int
    deployed: tuple[AssociationRecord, ...] = ()
    problems: tuple[str, ...] = field(default=())


def plan(services: Services, reader: Reader, record: CertificateRecord, name: str, *, force: bool) -> Plan:
    """1. Decide. `force` renews before the window opens."""
    facts = gather_certificate(services, reader, record)
    if facts is None:
        raise CertwrightError(f"version {record.newest_version} of {record.arn} is missing", code="store.damaged")
    now = services.clock.now()
    decision = decide_certificate(facts, now=now)
    action, reasons = decision.action, decision.reasons
    code = reasons[0].code if reasons else ""
    reason = reasons[0].sentence if reasons else ""
    blocked = "; ".join(w.sentence for w in decision.warnings) if action is Action.KEEP else ""
    following = decision.next_version
    if action is Action.KEEP and facts.newest.status is CertificateStatus.PENDING_VALIDATION:
        # A CertificateValidation drives it in Pulumi's runs; here nobody else does.
        action, code, reason = Action.RESUME, "request.pending", f"version {following} waits for validation"
    if record.mode in (Mode.IMPORTED, Mode.SIGNED) and action <= Action.UPDATE:
        what = "imported" if record.mode is Mode.IMPORTED else "signed from a CSR"
        blocked = f"it was {what}: certwright does not hold what a renewal needs; change its declaration"
    elif force and action is Action.KEEP and not blocked:
        action, code, following = Action.REISSUE, "renewal.requested", record.newest_version + 1
        reason = "renewed at your request, before its window opens"
    renews = action is Action.REISSUE
    behind = [
        a
        for a in in_use_by(reader, record.arn)
        if renews or action is Action.RESUME or a.deployed_version != record.serving_version
    ]
    return Plan(
        arn=record.arn,
        name=name,
        action=action,
        reason=reason,
        code=code,
        version=record.serving_version,
        next_version=following,
        newest=record.newest_version,
        deploys=tuple(a for a in behind if is_within_reach(services, a)),
        elsewhere=tuple(a for a in behind if not is_within_reach(services, a)),
        blocked=blocked,
        due=facts.serving.renewal_due if facts.serving else None,
    )


def begins(wanted: Plan) -> bool:
    """Whether step 2 has something to do."""
    return wanted.action in (Action.REISSUE, Action.RESUME)


def begin(services: Services, wanted: Plan) -> None:
    """2. A new version, or the rest of one. Whoever comes second finds it there (`certificates.reissue`)."""
    if wanted.action is Action.REISSUE:
        with services.store.read() as reader:
            record = get(reader, wanted.arn)
        certificates.reissue(
            services, wanted.arn, expected_newest=wanted.newest, spec=record.spec, reason_code=wanted.code
        )
    elif wanted.action is Action.RESUME:
        certificates.retry(services, wanted.arn)


def carry_out(
    services: Services, wanted: Plan, *, timeout_s: float, cancel: CancelSignal, progress: Callable[[str], None]
) -> Result:
    """Steps 2 to 4. A deployment that fails does not stop the others; a renewal that fails raises."""
    if begins(wanted):
        verb = "issuing" if wanted.action is Action.REISSUE else "finishing"
        progress(f"{wanted.name}: {verb} version {wanted.next_version}")
        begin(services, wanted)
    problems = list(_prove(services, wanted, timeout_s=timeout_s, cancel=cancel, progress=progress))
    # 4. what is behind, on this host
    deployed: list[AssociationRecord] = []
    with services.store.read() as reader:
        record = get(reader, wanted.arn)
        behind = [
            a
            for a in in_use_by(reader, wanted.arn)
            if a.deployed_version != record.serving_version and is_within_reach(services, a)
        ]
    for behind_one in behind:
        progress(f"{wanted.name}: deploying to {behind_one.target_kind} {behind_one.place}")
        try:
            deployed.append(association.deploy(services, behind_one.arn, cancel=cancel))
        except CertwrightError as problem:
            problems.append(f"{behind_one.target_kind} {behind_one.place}: {problem.message}")
    return Result(plan=wanted, version=record.serving_version, deployed=tuple(deployed), problems=tuple(problems))


def _prove(
    services: Services, wanted: Plan, *, timeout_s: float, cancel: CancelSignal, progress: Callable[[str], None]
) -> tuple[str, ...]:
    """3. Public kinds: drive the validation. Nothing to do for the others."""
    with services.store.read() as reader:
        record = get(reader, wanted.arn)
        newest = reader.one(VersionRecord, arn=record.arn, version=record.newest_version)
    if record.mode is not Mode.PUBLIC or newest is None or newest.has_certificate:
        return ()
    outcome = validation.drive(
        services,
        wanted.arn,
        timeout_s=timeout_s,
        cancel=cancel,
        progress=lambda said: progress(f"{wanted.name}: {said}"),
    )
    return () if outcome.issued else (outcome.why.replace("Run `pulumi up` again", "Run this again, or `pulumi up`,"),)
