"""`certwright renew`: renew now, on the engine's own path, and bring the new version to its targets."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certwright.cli.renewal_view import Work
    from certwright.engine.ports import CancelSignal, Reader
    from certwright.engine.renewal import Plan, Result
    from certwright.engine.services import Services
    from certwright.functions.catalogue import Entry


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
    to that host. A single certificate that is not due ends with 7, unless --force is given. --all-due does
    everything that is due here, and looks at nothing else: it also removes the DNS records that deleted certificates have
    left behind because their writer could not be reached, and takes a step of every further job that is installed.
    """
    from certwright.cli.installation import opened
    from certwright.cli.renewal_view import Outcome, describe, only_tell, report
    from certwright.domain.errors import CertwrightError
    from certwright.engine.dnsrecords import Swept, sweep
    from certwright.engine.jobs.walk import step
    from certwright.functions.answering import reading

    if bool(name) == all_due or (force and all_due):
        raise CertwrightError("give one certificate, or --all-due (which takes no --force)", code="config.usage")
    with opened(screen) as services:
        if services.config.read_only and not dry_run:
            raise CertwrightError("refused: CERTWRIGHT_READ_ONLY is set", code="config.read_only")
        with reading(services) as reader:
            work = _all_due(services, reader) if all_due else _named(services, reader, name, force=force)
        if dry_run or work.empty:
            return only_tell(screen, work, dry_run=dry_run, named=bool(name))
        if not screen.as_json:
            describe(screen, work)
        if not yes and not _agreed(screen, work):
            screen.note("Nothing was done.")
            return Exit.CANCELLED
        swept = sweep(services) if work.records else Swept()
        with _interruptible() as cancel:
            results, problems = _carry_out(screen, services, work.ready, timeout, cancel)
            steps = [step(services, found, cancel) for found in work.others if not cancel.is_set()]
    return report(screen, Outcome(work=work, results=results, problems=problems, swept=swept, steps=steps))


def _named(services: Services, reader: Reader | None, name: str, *, force: bool) -> Work:
    from certwright.cli import lookup
    from certwright.cli.renewal_view import Work
    from certwright.engine.renewal import plan

    entry = lookup.certificate(services, reader, name, now=services.clock.now())
    assert reader is not None
    return Work(plans=[plan(services, reader, entry.record, entry.name, force=force)])


def _all_due(services: Services, reader: Reader | None) -> Work:
    """What the jobs find, and nothing else is looked at: it costs what is due."""
    from certwright.cli.renewal_view import Work
    from certwright.engine.decision import Action
    from certwright.engine.dnsrecords import unneeded
    from certwright.engine.jobs import PLANNED, SWEEPING, all_jobs
    from certwright.engine.jobs.walk import ripe
    from certwright.engine.renewal import plan

    if reader is None:
        return Work()
    found = ripe(services, reader, all_jobs(), now=services.clock.now())
    arns = {f.task.certificate for f in found if f.job.name in PLANNED}
    plans = [plan(services, reader, e.record, e.name, force=False) for e in _entries(services, reader, arns)]
    return Work(
        plans=[p for p in plans if p.action >= Action.RESUME or p.deploys],
        records=unneeded(reader) if any(f.job.name == SWEEPING for f in found) else [],
        others=[f for f in found if f.job.name not in {*PLANNED, SWEEPING}],
    )


def _entries(services: Services, reader: Reader, arns: set[str]) -> Iterator[Entry]:
    """In the order of their ARNs."""
    from certwright.engine.records import CertificateRecord
    from certwright.functions.catalogue import CHUNK, entries

    ordered = sorted(arns)
    for start in range(0, len(ordered), CHUNK):
        yield from entries(services, reader, reader.all(CertificateRecord, arn=ordered[start : start + CHUNK]))


def _agreed(screen: Screen, work: Work) -> bool:
    from certwright.cli.wording import plural
    from certwright.domain.errors import CertwrightError

    if not screen.interactive:
        raise CertwrightError("nobody can be asked here; give --yes, or --dry-run to look only", code="config.usage")
    counted = ((work.ready, "certificate"), (work.records, "DNS record"), (work.others, "task"))
    shown = [plural(len(several), what) for several, what in counted if several]
    return typer.confirm(f"Go on with {' and '.join(shown)}?", err=True)


@contextmanager
def _interruptible() -> Iterator[CancelSignal]:
    """Ctrl-C ends it between two steps."""
    import signal
    import threading

    cancel = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: cancel.set())
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


def _carry_out(
    screen: Screen, services: Services, ready: list[Plan], timeout_s: float, cancel: CancelSignal
) -> tuple[list[Result], list[tuple[Plan, str]]]:
    from certwright.domain.errors import CertwrightError
    from certwright.engine.renewal import carry_out

    results: list[Result] = []
    problems: list[tuple[Plan, str]] = []
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
    return results, problems
