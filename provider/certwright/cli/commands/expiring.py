"""`certwright expiring`: what ends soon, drawn on a line of time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen

if TYPE_CHECKING:
    from rich.text import Text

    from certwright.functions.catalogue import Entry

TICKS = 3
NARROWEST, WIDEST = 15, 48


@command(
    examples=(
        "certwright expiring",
        "certwright expiring --within 90d",
        "certwright expiring --within 14d --exit-code   # 1 when somebody has to act",
        "certwright expiring --within 30d --json",
    ),
)
def expiring(
    screen: Screen,
    within: Annotated[str, typer.Option(help="How far to look ahead: 30d, P30D, 720h.")] = "30d",
    region: Annotated[str, typer.Option(help="Only this region; default: all.")] = "",
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="End with 1 when somebody has to act: due, expired, manual or blocked."),
    ] = False,
) -> Exit:
    """Show what ends soon, soonest first, and whether something renews it.

    With --exit-code 0 means that nobody has to act and 1 that somebody has (step's needs-renewal is the other way
    round). R marks the instant at which the renewal window opens.
    """
    from certwright.cli.installation import absent_note, opened
    from certwright.functions.answering import reading
    from certwright.functions.catalogue import Filter, summary_of
    from certwright.functions.get_expiring import days_left
    from certwright.functions.get_expiring import expiring as ending
    from certwright.functions.span import parse_span

    span = parse_span(within, path="--within")
    with opened(screen) as services, reading(services) as reader:
        now = services.clock.now()
        found = ending(services, reader, Filter(region=region), span, now=now) if reader is not None else []
        needs = [entry for entry in found if needs_action(entry, now)]
        documents = [
            {**summary_of(e, now=now), "daysLeft": days_left(e, now), "state": state(e, now), "needsAction": e in needs}
            for e in found
        ]
    code = Exit.ERROR if exit_code and needs else Exit.OK
    if screen.as_json:
        screen.document("expiring", {"within": within, "needsAction": len(needs), "certificates": documents})
        return code
    if reader is None:
        absent_note(screen)
        return code
    if not found:
        screen.note(f"Nothing ends within {within}.")
        return code
    _draw(screen, found, span, within, now)
    _explain(screen, found, needs, now)
    return code


def state(entry: Entry, now: datetime) -> str:
    """``expired``, ``due``, ``urgent``, ``soon`` or ``valid``."""
    from certwright.cli.wording import band
    from certwright.functions.get_expiring import end_of

    serving = entry.serving
    assert serving is not None and serving.not_before is not None
    word = band(serving.not_before, end_of(entry), now)
    if word in ("valid", "soon") and serving.renewal_due is not None and now >= serving.renewal_due:
        return "due"
    return word


def needs_action(entry: Entry, now: datetime) -> bool:
    view = entry.outlook(now)
    return view is None or view.renewal.value != "AUTOMATIC" or state(entry, now) in ("expired", "due", "urgent")


def _draw(screen: Screen, found: list[Entry], span: timedelta, within: str, now: datetime) -> None:
    from rich.text import Text

    from certwright.cli.screen import safe
    from certwright.cli.wording import issuer_name
    from certwright.cli.wording import span as short
    from certwright.functions.get_expiring import end_of

    screen.note(screen.heading(f"Certificates - next {short(span)}"))
    columns = _columns(screen, found)
    rows = []
    for entry in found:
        view = entry.outlook(now)
        renewal = {"AUTOMATIC": "auto", "MANUAL": "manual", "BLOCKED": "blocked"}[view.renewal.value] if view else "-"
        rows.append(
            [
                Text(safe(entry.name)),
                Text(safe(issuer_name(entry))),
                screen.word(renewal),
                bar(screen, entry, span, columns, now),
                short(end_of(entry) - now),
                screen.word(state(entry, now)),
            ]
        )
    screen.table(["Name", "Issuer", "Renewal", scale(span, columns), "Expires", "State"], rows, cut=("Issuer",))


def _columns(screen: Screen, found: list[Entry]) -> int:
    from certwright.cli.wording import issuer_name

    issuers = min(24, max(6, *(len(issuer_name(entry)) for entry in found)))
    taken = max(len(entry.name) for entry in found) + issuers + len("Renewal" + "Expires" + "expired") + 6 * 2
    return max(NARROWEST, min(WIDEST, screen.width - taken))


def scale(span: timedelta, columns: int) -> str:
    """``0d      30d       60d       90d`` over `columns` characters."""
    from certwright.cli.wording import span as short

    line = [" "] * columns
    for tick in range(TICKS + 1):
        label = short(span * tick / TICKS) if tick else "0"
        at = min(round(tick * (columns - 1) / TICKS), columns - len(label))
        line[at : at + len(label)] = label
    return "".join(line)


def bar(screen: Screen, entry: Entry, span: timedelta, columns: int, now: datetime) -> Text:
    from rich.text import Text

    from certwright.cli.screen import STYLES
    from certwright.functions.get_expiring import end_of

    end = _at(end_of(entry) - now, span, columns)
    drawn = [screen.glyphs.bar if i < end else screen.glyphs.rest for i in range(columns)]
    due = entry.serving.renewal_due if entry.serving else None
    if due is not None and end:
        drawn[min(max(_at(due - now, span, columns), 0), end - 1)] = "R"
    if not end:
        drawn[0] = "x"
    return Text("".join(drawn), style=STYLES.get(state(entry, now), ""))


def _at(left: timedelta, span: timedelta, columns: int) -> int:
    if left <= timedelta(0):
        return 0
    return max(1, min(columns, round(left / span * columns)))


def _explain(screen: Screen, found: list[Entry], needs: list[Entry], now: datetime) -> None:
    from certwright.cli.screen import safe
    from certwright.cli.wording import plural

    words: dict[str, int] = {}
    for entry in found:
        words[state(entry, now)] = words.get(state(entry, now), 0) + 1
    shown = ", ".join(f"{words[w]} {w}" for w in ("expired", "urgent", "due", "soon", "valid") if w in words)
    screen.note("")
    screen.note(f"{plural(len(found), 'certificate')}: {shown}. R: the renewal window opens.")
    for entry in needs:
        view = entry.outlook(now)
        if view is not None:
            screen.note(f"  {safe(entry.name)}: {safe(view.reason)}")
