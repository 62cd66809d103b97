"""`certwright list`: the certificates of the store."""

from __future__ import annotations

from typing import Annotated

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen


@command(
    examples=(
        "certwright list",
        "certwright list '*.internal' --status ISSUED",
        "certwright list --type IMPORTED --expiring-within 30d",
        "certwright list --tag team=web --json",
    )
)
def list_(
    screen: Screen,
    name: Annotated[str, typer.Argument(help="Only names that fit this pattern, e.g. '*.example.com'.")] = "",
    status: Annotated[list[str], typer.Option(help="Only this status, e.g. ISSUED. Repeatable.")] = [],  # noqa: B006
    type_: Annotated[
        list[str], typer.Option("--type", help="Only PUBLIC, PRIVATE, IMPORTED or SIGNED. Repeatable.")
    ] = [],  # noqa: B006
    tag: Annotated[list[str], typer.Option(help="Only with this tag, KEY=VALUE. Repeatable.")] = [],  # noqa: B006
    expiring_within: Annotated[str, typer.Option(help="Only what ends within this span: 30d, P30D, 720h.")] = "",
    region: Annotated[str, typer.Option(help="Only this region; default: all.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
) -> Exit:
    """List certificates, soonest end first.

    All regions of the store, unless one is named.
    """
    from itertools import islice

    from certwright.cli.installation import absent_note, opened
    from certwright.engine.records import CertificateStatus
    from certwright.functions.answering import reading
    from certwright.functions.catalogue import CertificateType, Filter, scan, summary_of
    from certwright.functions.span import parse_span

    filters = Filter(
        region=region,
        statuses=_known(status, "--status", [s.value for s in CertificateStatus]),
        types=_known(type_, "--type", [t.value for t in CertificateType]),
        name=name,
        tags=_tags(tag),
        expiring_within=parse_span(expiring_within, path="--expiring-within") if expiring_within else None,
    )
    with opened(screen) as services, reading(services) as reader:
        now = services.clock.now()
        if reader is None:
            absent_note(screen)
        found = list(islice(scan(services, reader, filters, now=now), limit + 1)) if reader is not None else []
        shown = sorted(found[:limit], key=lambda e: (e.serving is None, str(e.serving and e.serving.not_after), e.name))
        summaries = [summary_of(entry, now=now) for entry in shown]
    if screen.as_json:
        screen.document("certificates", {"certificates": summaries, "more": len(found) > limit})
        return Exit.OK
    if not shown:
        if reader is not None:
            screen.note(
                "No certificate fits."
                if any((name, status, type_, tag, expiring_within, region))
                else "No certificates yet."
            )
        return Exit.OK
    _table(screen, shown, now)
    if len(found) > limit:
        screen.note(f"There are more than {limit}; narrow the filters or raise --limit.")
    return Exit.OK


def _known(given: list[str], option: str, known: list[str]) -> frozenset[str]:
    from certwright.domain.errors import CertwrightError

    wanted = frozenset(word.upper() for word in given)
    for word in sorted(wanted - set(known)):
        raise CertwrightError(f"{option} {word} is unknown; known are {', '.join(known)}", code="input.invalid")
    return wanted


def _tags(given: list[str]) -> dict[str, str]:
    from certwright.domain.errors import CertwrightError

    for pair in given:
        if "=" not in pair:
            raise CertwrightError(f'--tag "{pair}" has no "="; write KEY=VALUE', code="input.invalid")
    return dict(pair.split("=", 1) for pair in given)


def _table(screen: Screen, shown: list, now) -> None:  # type: ignore[no-untyped-def,type-arg]
    from rich.text import Text

    from certwright.cli.screen import safe
    from certwright.cli.wording import issuer_name, span

    several = len({e.record.region for e in shown}) > 1
    headers = ["Name", *(["Region"] if several else []), "Type", "Status", "V", "Expires", "Renewal", "Used", "Issuer"]
    rows = []
    for entry in shown:
        more = f" +{len(entry.names) - 1}" if len(entry.names) > 1 else ""
        serving, view = entry.serving, entry.outlook(now)
        left = span(serving.not_after - now) if serving and serving.not_after else "-"
        rows.append(
            [
                Text(safe(entry.name) + more),
                *([entry.record.region] if several else []),
                entry.record.mode.value,
                screen.word(entry.status(now)),
                _versions(entry),
                left,
                screen.word({"AUTOMATIC": "auto"}.get(view.renewal.value, view.renewal.value.lower()) if view else "-"),
                str(len(entry.associations) or "-"),
                Text(safe(issuer_name(entry))),
            ]
        )
    screen.table(headers, rows, cut=("Name", "Issuer"))


def _versions(entry) -> str:  # type: ignore[no-untyped-def]
    record = entry.record
    return (
        str(record.serving_version)
        if record.serving_version == record.newest_version
        else (f"{record.serving_version or '-'}+{record.newest_version}")
    )
