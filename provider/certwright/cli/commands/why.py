"""`certwright why`: the causal chain behind a certificate's state, and the first step that is blocked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from certwright.engine.ports import Reader, ValidationOption, Validator
    from certwright.engine.records import ValidationRecord
    from certwright.engine.services import Services
    from certwright.functions.catalogue import Entry

AUDIT_LINES_READ = 5000


class State(StrEnum):
    """How a step stands."""

    DONE = "done"
    WAITING = "waiting"
    BLOCKED = "blocked"
    SKIPPED = "not needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One link of the chain. `todo` is what to do when it is not done."""

    what: str
    state: State
    seen: str
    todo: str = ""


@command(
    examples=(
        "certwright why www.shop.example.com",
        "certwright why www --look   # ask DNS now",
        "certwright why www --json",
    )
)
def why(
    screen: Screen,
    name: Annotated[str, typer.Argument(help="Name or ARN of a certificate.")],
    look: Annotated[
        bool, typer.Option("--look", help="Ask DNS for public names now, instead of telling what was seen last.")
    ] = False,
) -> Exit:
    """Explain why a certificate is as it is: request, validation of each name, CAA, issuer, issue, renewal, deployment.

    The first step that is blocked is named, with what to do. Nothing is changed. Ends with 1 when something is blocked.
    """
    from certwright.cli import lookup
    from certwright.cli.installation import opened
    from certwright.functions.answering import reading

    with opened(screen) as services, reading(services) as reader:
        entry = lookup.certificate(services, reader, name, now=services.clock.now())
        assert reader is not None
        steps = chain(services, reader, entry, look=look)
        shown = entry.name
    first = next((s for s in steps if s.state is State.BLOCKED), None) or next(
        (s for s in steps if s.state is State.WAITING), None
    )
    code = Exit.ERROR if first is not None and first.state is State.BLOCKED else Exit.OK
    if screen.as_json:
        screen.document(
            "why",
            {
                "arn": entry.record.arn,
                "name": shown,
                "steps": [{"step": s.what, "state": s.state.value, "seen": s.seen, "todo": s.todo} for s in steps],
                "first": first.what if first else None,
            },
        )
        return code
    _tell(screen, shown, entry, steps, first)
    return code


def chain(services: Services, reader: Reader, entry: Entry, *, look: bool) -> list[Step]:
    """The steps in the order in which they happen; later ones are judged even when an earlier one is blocked."""
    now = services.clock.now()
    return [
        _request(entry),
        *_validation(services, reader, entry, look=look),
        *_caa(services, reader, entry, look=look),
        _issuer(services, reader, entry),
        _issue(reader, entry, now),
        *_renewal(entry, now),
        *_deployments(services, entry),
    ]


def _request(entry: Entry) -> Step:
    record, newest = entry.record, entry.newest
    if newest is None:
        return Step(
            what="Request",
            state=State.BLOCKED,
            seen=f"version {record.newest_version} is missing from the store",
            todo="restore the store from a backup",
        )
    attempt = f", attempt {newest.attempt}" if newest.attempt > 1 else ""
    seen = (
        f"version {newest.version} requested {newest.requested_at:%Y-%m-%d %H:%M} UTC ({newest.reason_code}){attempt}"
    )
    if newest.status.value in ("FAILED", "VALIDATION_TIMED_OUT"):
        reason = newest.failure_message or newest.failure_reason
        return Step(
            what="Request",
            state=State.BLOCKED,
            seen=f"{seen}; {newest.status.value}: {reason}",
            todo="run `pulumi up`: it makes a new attempt under the same ARN",
        )
    return Step(what="Request", state=State.DONE, seen=seen)


def _is_public(entry: Entry) -> bool:
    return entry.record.mode.value == "PUBLIC"


def _issued(entry: Entry) -> bool:
    return entry.newest is not None and entry.newest.has_certificate


def _validation(services: Services, reader: Reader, entry: Entry, *, look: bool) -> list[Step]:
    """One step for each proof that its names need."""
    from certwright.domain.errors import CertwrightError
    from certwright.engine.prove import names_of
    from certwright.engine.records import ValidationRecord
    from certwright.engine.request import validated_by

    if not _is_public(entry):
        return [Step(what="Validation", state=State.SKIPPED, seen=f"{entry.record.mode.value}: nobody has to be asked")]
    if entry.newest is None:
        return []
    spec = entry.newest.spec
    try:
        validator = services.validator(validated_by(spec))
    except CertwrightError as problem:
        return [Step(what="Validation", state=State.BLOCKED, seen=problem.message)]
    names = names_of(spec)
    wanted = validator.options(names, entry.record.account)
    if not wanted and not _issued(entry):
        objections = "; ".join(finding.message for finding in validator.findings(names))
        return [Step(what="Validation", state=State.BLOCKED, seen=objections or "its method asks for no proof")]
    rows = reader.all(ValidationRecord, arn=entry.record.arn, version=entry.newest.version)
    known = {row.authorization: row for row in rows}
    return [_proof(validator, option, known.get(option.authorization), entry, look=look) for option in wanted]


def _proof(
    validator: Validator, option: ValidationOption, row: ValidationRecord | None, entry: Entry, *, look: bool
) -> Step:
    what, todo = f"Validation of {option.domain_name}", validator.todo(option)
    if _issued(entry) or (row is not None and row.status.value == "SUCCESS"):
        at = f" {row.validated_at:%Y-%m-%d %H:%M} UTC" if row is not None and row.validated_at else ""
        return Step(what=what, state=State.DONE, seen=f"proved{at}")
    if look and row is not None:
        proof = validator.look(row, None)
        if proof.proved:
            return Step(what=what, state=State.DONE, seen=proof.seen)
        return Step(what=what, state=State.BLOCKED, seen=proof.sentence, todo=todo)
    if row is None or row.checked_at is None:
        return Step(what=what, state=State.WAITING, seen="nobody has looked yet", todo=f"{todo} Then run `pulumi up`")
    seen = f"{row.seen} (looked {row.checked_at:%Y-%m-%d %H:%M} UTC)"
    return Step(what=what, state=State.BLOCKED, seen=seen, todo=todo)


def _caa(services: Services, reader: Reader, entry: Entry, *, look: bool) -> list[Step]:
    if not _is_public(entry) or entry.newest is None:
        return []
    if entry.newest.failure_reason == "CAA_ERROR" and not look:
        return [
            Step(
                what="CAA",
                state=State.BLOCKED,
                seen=entry.newest.failure_message,
                todo="change the CAA record, or set certwright:caaIdentities; then run `pulumi up`",
            )
        ]
    if look and not _issued(entry):
        identities = services.caa_identities(reader, entry.newest.issuer_arn)
        for verdict in services.caa.check(entry.names, identities=identities):
            if verdict.allowed is not True:
                todo = " ".join(verdict.details) or "see that the name's zone answers"
                return [Step(what="CAA", state=State.BLOCKED, seen=verdict.sentence, todo=todo)]
        return [Step(what="CAA", state=State.DONE, seen=f"allows {', '.join(entry.names)}")]
    seen = _caa_evidence(reader, entry)
    if _issued(entry) or seen:
        return [Step(what="CAA", state=State.DONE, seen=seen or "allowed")]
    return [Step(what="CAA", state=State.WAITING, seen="asked once every name is proved")]


def _caa_evidence(reader: Reader, entry: Entry) -> str:
    """The newest look-up that allowed it, from the audit log's last lines."""
    from certwright.engine.records import AuditAction, AuditResult

    region = entry.record.region
    ends = getattr(reader, "audit_head", lambda _: None)(region)
    begin = max(0, (ends[0] if ends else 0) - AUDIT_LINES_READ)
    last = None
    for line in reader.audit(region, after_seq=begin):
        if line.action == AuditAction.CAA_CHECK and line.arn == entry.record.arn and line.result == AuditResult.DONE:
            last = line
    if last is None:
        return ""
    seen = "; ".join(
        f"{name}: {evidence or 'no record'}" for name, evidence in (last.details.get("seen") or {}).items()
    )
    return f"allowed {last.at:%Y-%m-%d %H:%M} UTC ({seen})"


def _issuer(services: Services, reader: Reader, entry: Entry) -> Step:
    from certwright.engine.issuing import not_found

    if entry.record.mode.value == "IMPORTED":
        return Step(what="Issuer", state=State.SKIPPED, seen="imported: signed elsewhere")
    reference = entry.newest.issuer_arn if entry.newest else ""
    if not reference:
        return Step(
            what="Issuer", state=State.WAITING, seen="not made yet: the first `pulumi up` makes the bundled one"
        )
    issuer = services.issuer_facts(reader, reference)
    problem = not_found(reference) if issuer is None else issuer.objection(services.clock.now())
    if issuer is None or problem is not None:
        seen = problem.message if problem else ""
        return Step(what="Issuer", state=State.BLOCKED, seen=seen, todo="see `certwright ca tree`")
    end = f" is ACTIVE until {issuer.bounds.not_after:%Y-%m-%d}" if issuer.bounds.not_after else ""
    return Step(what="Issuer", state=State.DONE, seen=f"{issuer.name}{end}")


def _issue(reader: Reader, entry: Entry, now: datetime) -> Step:
    from certwright.cli.wording import in_words
    from certwright.engine.ordering import NOT_YET, order_of

    newest, serving = entry.newest, entry.serving
    if serving is not None and serving.status.value == "REVOKED":
        return Step(
            what="Issue", state=State.BLOCKED, seen=f"version {serving.version} is revoked", todo="run `pulumi up`"
        )
    if serving is not None and newest is not None and serving.version == newest.version and serving.not_after:
        seen = f"version {serving.version}, serial {serving.serial}, {in_words(serving.not_after - now)}"
        if now > serving.not_after:
            return Step(what="Issue", state=State.BLOCKED, seen=seen, todo="run `pulumi up`, or `certwright renew`")
        return Step(what="Issue", state=State.DONE, seen=seen)
    served = f"; version {serving.version} serves until then" if serving else ""
    order = order_of(reader, newest) if newest is not None else None
    if not _is_public(entry):
        return Step(
            what="Issue",
            state=State.BLOCKED,
            seen=f"issuing was interrupted{served}",
            todo="run `pulumi up`: it finishes the same request",
        )
    if order is not None:
        asked = f"; asked again from {order.look_at:%Y-%m-%d %H:%M} UTC" if order.look_at else ""
        return Step(
            what="Issue",
            state=State.WAITING,
            seen=f"ordered {order.created_at:%Y-%m-%d %H:%M} UTC: {order.waiting or NOT_YET}{asked}{served}",
            todo="run `pulumi up`, or `certwright renew`: they ask the issuer again",
        )
    return Step(
        what="Issue",
        state=State.WAITING,
        seen=f"waits for the steps above{served}",
        todo="run `pulumi up`; with a CertificateValidation it waits until the certificate is issued",
    )


def _renewal(entry: Entry, now: datetime) -> list[Step]:
    view = entry.outlook(now)
    if view is None or entry.serving is None:
        return []
    if view.renewal.value == "AUTOMATIC":
        due = entry.serving.renewal_due
        overdue = due is not None and now >= due
        todo = "`pulumi up`, or `certwright renew`" if overdue else ""
        return [Step(what="Renewal", state=State.WAITING if overdue else State.DONE, seen=view.reason, todo=todo)]
    if view.renewal.value == "BLOCKED":
        return [Step(what="Renewal", state=State.BLOCKED, seen=view.reason, todo="see `certwright ca tree`")]
    return [Step(what="Renewal", state=State.SKIPPED, seen=view.reason)]


def _deployments(services: Services, entry: Entry) -> list[Step]:
    from certwright.cli.wording import program_name
    from certwright.engine.deployment import is_within_reach

    if not entry.associations:
        return [Step(what="Deployment", state=State.SKIPPED, seen="no association serves it")]
    steps = []
    for a in entry.associations:
        what = f"Deployment {program_name(a.urn)}"
        place = f"{a.target_kind} {a.place}"
        if a.status.value == "FAILED":
            steps.append(
                Step(
                    what=what,
                    state=State.BLOCKED,
                    seen=f"{place}: {a.failure_message}",
                    todo="mend it, then run `pulumi up`",
                )
            )
        elif a.deployed_version != entry.record.serving_version:
            where = "" if is_within_reach(services, a) else f" on {a.host}"
            steps.append(
                Step(
                    what=what,
                    state=State.WAITING,
                    todo=f"run `pulumi up`{where}",
                    seen=f"{place} has version {a.deployed_version or 'none'}, the certificate is at {entry.record.serving_version}",
                )
            )
        elif a.status.value == "DRIFTED":
            steps.append(
                Step(
                    what=what,
                    state=State.BLOCKED,
                    seen=f"{place}: an endpoint serves something else",
                    todo="reload the server, then `pulumi up --refresh`",
                )
            )
        else:
            shown = "" if a.status.value == "DEPLOYED" else f" ({a.status.value})"
            steps.append(Step(what=what, state=State.DONE, seen=f"{place} has version {a.deployed_version}{shown}"))
    return steps


def _tell(screen: Screen, name: str, entry: Entry, steps: list[Step], first: Step | None) -> None:
    from rich.table import Table
    from rich.text import Text

    screen.show(Text(safe(name), style="bold"), Text(entry.record.arn, style="dim"))
    marks = {
        State.DONE: (screen.glyphs.ok, "green"),
        State.WAITING: (screen.glyphs.wait, "yellow"),
        State.BLOCKED: (screen.glyphs.bad, "red"),
        State.SKIPPED: ("-", "dim"),
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for step in steps:
        mark, style = marks[step.state]
        if screen.plain:
            screen.out.print(f"{step.state.value}\t{safe(step.what)}\t{safe(step.seen)}")
        grid.add_row(
            Text(mark, style=style),
            safe(step.what),
            Text(safe(step.seen), style="dim" if step.state is State.SKIPPED else ""),
        )
    if not screen.plain:
        screen.show(grid)
    screen.note("")
    if first is None:
        screen.note("Nothing is blocked.")
        return
    verb = "Blocked" if first.state is State.BLOCKED else "Waiting"
    screen.note(Text.assemble((f"{verb} at {safe(first.what)}: ", "bold"), safe(first.seen)))
    if first.todo:
        screen.note(Text.assemble(("To do: ", "bold"), safe(first.todo)))
