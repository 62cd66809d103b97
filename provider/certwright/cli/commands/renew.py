"""`certwright renew`: renew now, on the engine's own path, and bring the new version to its targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certwright.engine.dnsrecords import Swept
    from certwright.engine.ports import Reader
    from certwright.engine.records import DnsRecord
    from certwright.engine.renewal import Plan, Result
    from certwright.engine.services import Services


@command(
    examples=(
        "certwright renew wiki.internal --dry-run",
        "certwright renew --all-due --yes           # in a timer",
        "certwright renew wiki.internal --force     # before its window opens",
    ),
    exits=(Exit.NO_CHANGES, Exit.CANCELLED),
)
def renew(
    screen: Screen,
    name: Annotated[str, typer.Argument(help="Name or ARN of a certificate.")] = "",
    all_due: Annotated[
        bool, typer.Option("--all-due", help="Every certificate that is due, or whose renewal was interrupted.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Renew NAME although it is not due.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the validation of public names.")] = 300.0,
) -> Exit:
    """Renew without `pulumi up`: new version, validation where names need it, deployment to this host's targets.

    The next preview shows no change: it finds the renewal done. Targets that another host installed are named and left
    to that host. A single certificate that is not due ends with 7, unless --force is given. --all-due also removes the DNS
    records that deleted certificates have left behind because their writer could not be reached.
    """
    from certwright.cli.installation import opened
    from certwright.domain.errors import CertwrightError
    from certwright.engine.dnsrecords import Swept, sweep, waiting
    from certwright.functions.answering import reading

    if bool(name) == all_due or (force and all_due):
        raise CertwrightError("give one certificate, or --all-due (which takes no --force)", code="config.usage")
    with opened(screen) as services:
        if services.config.read_only and not dry_run:
            raise CertwrightError("refused: CERTWRIGHT_READ_ONLY is set", code="config.read_only")
        with reading(services) as reader:
            plans = _plans(services, reader, name, force=force)
            records = waiting(reader) if reader is not None and all_due else []
        ready = [p for p in plans if not p.empty and not p.blocked]
        if dry_run or not (ready or records):
            return _only_tell(screen, plans, ready, records, dry_run=dry_run, named=bool(name))
        if not screen.as_json:
            _describe(screen, plans, records)
        if not yes and not _agreed(screen, ready, records):
            screen.note("Nothing was done.")
            return Exit.CANCELLED
        swept = sweep(services) if records else Swept()
        results, problems = _carry_out(screen, services, ready, timeout)
    return _report(screen, plans, results, problems, swept)


def _plans(services: Services, reader: Reader | None, name: str, *, force: bool) -> list[Plan]:
    from certwright.cli import lookup
    from certwright.engine.decision import Action
    from certwright.engine.renewal import plan
    from certwright.functions.catalogue import Filter, scan

    now = services.clock.now()
    if name:
        entry = lookup.certificate(services, reader, name, now=now)
        assert reader is not None
        return [plan(services, reader, entry.record, entry.name, force=force)]
    if reader is None:
        return []
    found = [plan(services, reader, e.record, e.name, force=False) for e in scan(services, reader, Filter(), now=now)]
    return [p for p in found if p.action >= Action.RESUME or p.deploys]


def _agreed(screen: Screen, ready: list[Plan], records: list[DnsRecord]) -> bool:
    from certwright.cli.wording import plural
    from certwright.domain.errors import CertwrightError

    if not screen.interactive:
        raise CertwrightError("nobody can be asked here; give --yes, or --dry-run to look only", code="config.usage")
    work = [plural(len(ready), "certificate")] if ready else []
    work += [plural(len(records), "DNS record")] if records else []
    return typer.confirm(f"Go on with {' and '.join(work)}?", err=True)


def _carry_out(
    screen: Screen, services: Services, ready: list[Plan], timeout_s: float
) -> tuple[list[Result], list[tuple[Plan, str]]]:
    import signal
    import threading

    from certwright.domain.errors import CertwrightError
    from certwright.engine.renewal import carry_out

    cancel = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: cancel.set())
    results: list[Result] = []
    problems: list[tuple[Plan, str]] = []
    try:
        for wanted in ready:
            if cancel.is_set():
                problems.append((wanted, "cancelled before it began"))
                continue
            try:
                results.append(
                    carry_out(
                        services,
                        wanted,
                        timeout_s=timeout_s,
                        cancel=cancel,
                        progress=lambda t: screen.note(f"  {safe(t)}"),
                    )
                )
            except CertwrightError as problem:
                problems.append((wanted, problem.render()))
    finally:
        signal.signal(signal.SIGINT, before)
    return results, problems


def _describe(screen: Screen, plans: list[Plan], records: list[DnsRecord]) -> None:
    from certwright.cli.wording import moment

    for plan in plans:
        if plan.blocked:
            screen.note(f"{screen.glyphs.bad} {safe(plan.name)}: {safe(plan.blocked)}")
        elif plan.empty:
            until = f" until {moment(plan.due)}" if plan.due else ""
            screen.note(f"- {safe(plan.name)}: not due{until}; --force renews it now")
        else:
            change = (
                f" (version {plan.version or 'none'} {screen.glyphs.arrow} {plan.next_version})" if plan.reason else ""
            )
            screen.note(f"~ {safe(plan.name)}{change}: {safe(plan.reason) or 'its targets are behind'}")
        for a in plan.deploys if not plan.blocked else ():
            screen.note(f"    will deploy to {safe(a.target_kind)} {safe(a.place)}")
        for a in plan.elsewhere:
            screen.note(f"    left to host {safe(a.host)}: {safe(a.target_kind)} {safe(a.place)}")
    for row in records:
        screen.note(f"~ {safe(row.name)} {row.type}: will be removed from DNS, no certificate needs it any more")


def _only_tell(
    screen: Screen, plans: list[Plan], ready: list[Plan], records: list[DnsRecord], *, dry_run: bool, named: bool
) -> Exit:
    blocked = [p for p in plans if p.blocked]
    if screen.as_json:
        screen.document("renewal", {**_told(plans, dry_run=dry_run), "results": [], "dnsRecords": _records(records)})
    else:
        _describe(screen, plans, records)
        if not plans and not records:
            screen.note("Nothing is due.")
        elif dry_run and (ready or records):
            screen.note("Dry run: nothing was done.")
    if blocked:
        return Exit.ERROR
    return Exit.NO_CHANGES if named and not ready else Exit.OK


def _report(
    screen: Screen, plans: list[Plan], results: list[Result], problems: list[tuple[Plan, str]], swept: Swept
) -> Exit:
    failed = bool(problems or swept.left) or any(r.problems for r in results) or any(p.blocked for p in plans)
    if screen.as_json:
        failures = [{"arn": p.arn, "problem": text} for p, text in problems]
        screen.document(
            "renewal",
            {
                **_told(plans, dry_run=False),
                "results": [_result(r) for r in results],
                "failures": failures,
                "dnsRecords": _records(swept.removed, removed=True)
                + [{**known, "problem": one.why} for one in swept.left for known in _records([one.record])],
            },
        )
        return Exit.ERROR if failed else Exit.OK
    for r in results:
        mark = screen.glyphs.bad if r.problems else screen.glyphs.ok
        to = "".join(f"; {a.target_kind} {a.place} {a.status.value}" for a in r.deployed)
        screen.show(f"{mark} {safe(r.plan.name)}: version {r.version} serves{safe(to)}")
        for problem in r.problems:
            screen.show(f"    {safe(problem)}")
    for plan, text in problems:
        screen.show(f"{screen.glyphs.bad} {safe(plan.name)}: {safe(text)}")
    for row in swept.removed:
        screen.show(f"{screen.glyphs.ok} {safe(row.name)} {row.type}: removed from DNS")
    for one in swept.left:
        screen.show(f"{screen.glyphs.bad} {safe(one.record.name)} {one.record.type}: {safe(one.why)}")
    return Exit.ERROR if failed else Exit.OK


def _told(plans: list[Plan], *, dry_run: bool) -> dict[str, Any]:
    return {"dryRun": dry_run, "plans": [_plan(p) for p in plans]}


def _records(records: Sequence[DnsRecord], *, removed: bool = False) -> list[dict[str, Any]]:
    return [{"name": r.name, "type": r.type, "writer": r.writer, "removed": removed} for r in records]


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "arn": plan.arn,
        "name": plan.name,
        "action": plan.action.name,
        "reason": plan.reason or None,
        "code": plan.code or None,
        "version": plan.version,
        "nextVersion": plan.next_version,
        "deploysTo": [a.arn for a in plan.deploys],
        "leftToOtherHosts": [a.arn for a in plan.elsewhere],
        "blocked": plan.blocked or None,
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "arn": result.plan.arn,
        "version": result.version,
        "deployed": [{"arn": a.arn, "status": a.status.value} for a in result.deployed],
        "problems": list(result.problems),
    }
