"""What `certwright renew` says: before, and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe
from certwright.cli.wording import moment
from certwright.engine.dnsrecords import Swept
from certwright.engine.jobs.walk import Found, Stepped
from certwright.engine.records import DnsRecord
from certwright.engine.renewal import Plan, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done. `others`: tasks of jobs that have no words of their own here."""

    plans: list[Plan] = field(default_factory=list)
    records: list[DnsRecord] = field(default_factory=list)
    others: list[Found] = field(default_factory=list)

    @property
    def ready(self) -> list[Plan]:
        return [plan for plan in self.plans if not plan.empty and not plan.blocked]

    @property
    def empty(self) -> bool:
        return not (self.ready or self.records or self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done. `problems`: certificates whose renewal failed, each with its sentence."""

    work: Work
    results: list[Result]
    problems: list[tuple[Plan, str]]
    swept: Swept
    steps: list[Stepped]

    @property
    def failed(self) -> bool:
        return (
            bool(self.problems or self.swept.left)
            or any(r.problems for r in self.results)
            or any(p.blocked for p in self.work.plans)
            or any(s.problem for s in self.steps)
        )


def describe(screen: Screen, work: Work) -> None:
    for plan in work.plans:
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
    for row in work.records:
        screen.note(f"~ {safe(row.name)} {row.type}: will be removed from DNS, no certificate needs it any more")
    for found in work.others:
        screen.note(f"~ {safe(found.job.name)} {safe(found.task.key)}: due since {moment(found.task.at)}")


def only_tell(screen: Screen, work: Work, *, dry_run: bool, named: bool) -> Exit:
    if screen.as_json:
        tasks = [_task(found) for found in work.others]
        rest = {"results": [], "dnsRecords": _records(work.records), "tasks": tasks}
        screen.document("renewal", {**_told(work.plans, dry_run=dry_run), **rest})
    else:
        describe(screen, work)
        if not (work.plans or work.records or work.others):
            screen.note("Nothing is due.")
        elif dry_run and not work.empty:
            screen.note("Dry run: nothing was done.")
    if any(p.blocked for p in work.plans):
        return Exit.ERROR
    return Exit.NO_CHANGES if named and not work.ready else Exit.OK


def report(screen: Screen, outcome: Outcome) -> Exit:
    if screen.as_json:
        screen.document("renewal", _document(outcome))
    else:
        _show(screen, outcome)
    return Exit.ERROR if outcome.failed else Exit.OK


def _document(outcome: Outcome) -> dict[str, Any]:
    swept = outcome.swept
    return {
        **_told(outcome.work.plans, dry_run=False),
        "results": [_result(r) for r in outcome.results],
        "failures": [{"arn": p.arn, "problem": text} for p, text in outcome.problems],
        "dnsRecords": _records(swept.removed, removed=True)
        + [{**known, "problem": one.why} for one in swept.left for known in _records([one.record])],
        "tasks": [
            {**_task(step.found), "again": _instant(step.again), "problem": step.problem or None}
            for step in outcome.steps
        ],
    }


def _show(screen: Screen, outcome: Outcome) -> None:
    for r in outcome.results:
        mark = screen.glyphs.bad if r.problems else screen.glyphs.ok
        to = "".join(f"; {a.target_kind} {a.place} {a.status.value}" for a in r.deployed)
        screen.show(f"{mark} {safe(r.plan.name)}: version {r.version} serves{safe(to)}")
        for problem in r.problems:
            screen.show(f"    {safe(problem)}")
    for plan, text in outcome.problems:
        screen.show(f"{screen.glyphs.bad} {safe(plan.name)}: {safe(text)}")
    for row in outcome.swept.removed:
        screen.show(f"{screen.glyphs.ok} {safe(row.name)} {row.type}: removed from DNS")
    for one in outcome.swept.left:
        screen.show(f"{screen.glyphs.bad} {safe(one.record.name)} {one.record.type}: {safe(one.why)}")
    for step in outcome.steps:
        mark = screen.glyphs.bad if step.problem else screen.glyphs.ok
        said = step.problem or (f"looked at again {moment(step.again)}" if step.again else "done")
        screen.show(f"{mark} {safe(step.found.job.name)} {safe(step.found.task.key)}: {safe(said)}")


def _task(found: Found) -> dict[str, Any]:
    return {"job": found.job.name, "key": found.task.key, "dueSince": _instant(found.task.at)}


def _instant(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else None


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
