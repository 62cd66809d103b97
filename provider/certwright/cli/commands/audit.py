"""`certwright audit`: what was done, by whom; whether the log is whole; where it stands."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

_HEX = re.compile(r"[0-9a-f]{20,}")

if TYPE_CHECKING:
    from certwright.config import Config
    from certwright.engine.ports import Reader
    from certwright.engine.records import AuditEntry
    from certwright.store.audit import AuditSigner


@command(
    examples=(
        "certwright audit show",
        "certwright audit show --action issue --action renew --last 50",
        "certwright audit show --arn arn:certwright:acm:local:000000000000:certificate/UUID --json",
        "certwright audit show --result refused --since 7d",
    )
)
def show(
    screen: Screen,
    last: Annotated[int, typer.Option(min=1, help="The newest so many lines that fit.")] = 30,
    action: Annotated[list[str], typer.Option(help="Only this action, e.g. issue. Repeatable.")] = [],  # noqa: B006
    result: Annotated[list[str], typer.Option(help="Only intended, done, refused or failed. Repeatable.")] = [],  # noqa: B006
    arn: Annotated[str, typer.Option(help="Only about this ARN.")] = "",
    who: Annotated[str, typer.Option(help="Only by this actor.")] = "",
    since: Annotated[str, typer.Option(help="Only within this span: 24h, 7d.")] = "",
    region: Annotated[str, typer.Option(help="Only this region; default: all.")] = "",
) -> Exit:
    """Show lines of the audit log, oldest first."""
    from certwright.cli.installation import absent_note, opened
    from certwright.functions.answering import reading
    from certwright.functions.span import parse_span

    with opened(screen) as services, reading(services) as reader:
        begin = services.clock.now() - parse_span(since, path="--since") if since else None

        def fits(entry: AuditEntry) -> bool:
            return (
                (not action or entry.action in action)
                and (not result or entry.result in result)
                and arn in ("", entry.arn)
                and who in ("", entry.who)
                and (begin is None or entry.at >= begin)
            )

        found = deque((e for e in _lines(reader, region) if fits(e)), maxlen=last) if reader is not None else deque()
    shown = sorted(found, key=lambda e: (e.at, e.region, e.seq))
    if screen.as_json:
        screen.document("audit", {"entries": [_document(entry) for entry in shown]})
        return Exit.OK
    if reader is None:
        absent_note(screen)
        return Exit.OK
    several = len({entry.region for entry in shown}) > 1
    screen.table(
        ["#", "When (UTC)", "Who", "Action", "Result", "On", "Details"],
        [
            [
                f"{e.region}/{e.seq}" if several else str(e.seq),
                f"{e.at:%Y-%m-%d %H:%M:%S}",
                safe(e.who),
                safe(e.action),
                screen.word(e.result),
                safe(_short(e.arn)),
                safe(_details(e.details)),
            ]
            for e in shown
        ],
        cut=("Details", "Who"),
    )
    return Exit.OK


def _lines(reader: Reader, region: str) -> Iterator[AuditEntry]:
    for known in reader.audit_regions():
        if region in ("", known):
            yield from reader.audit(known)


def _short(arn: str) -> str:
    """``certificate/1f0e…``: enough to recognise it; --json and status have it in full."""
    tail = arn.rsplit(":", 1)[-1]
    kind, _, identity = tail.partition("/")
    return f"{kind.replace('certificate-authority', 'ca')}/{identity[:8]}" if identity else tail


def _details(details: dict[str, Any]) -> str:
    """In short; --json has everything, and where the actor's name comes from."""
    return " ".join(f"{key}={_short_value(value)}" for key, value in details.items() if key != "fingerprint")


def _short_value(value: Any) -> str:
    text = str(value)
    if text.startswith("arn:"):
        return _short(text)
    return f"{text[:8]}.." if _HEX.fullmatch(text) else text


def _document(entry: AuditEntry) -> dict[str, Any]:
    return {
        "region": entry.region,
        "seq": entry.seq,
        "at": f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "who": entry.who,
        "whoSource": entry.who_source,
        "action": entry.action,
        "arn": entry.arn,
        "result": entry.result,
        "details": entry.details,
        "hash": entry.hash,
    }


@command(
    examples=("certwright audit verify", "certwright audit verify --anchor head.txt", "certwright audit verify --json"),
    exits=(Exit.AUTHENTICATION,),
)
def verify(
    screen: Screen,
    anchor: Annotated[
        str, typer.Option(metavar="FILE", help="A signed head that was kept elsewhere: finds lines cut from the end.")
    ] = "",
) -> Exit:
    """Compute the chain of the audit log again, from its first line; a changed, moved or cut line is found.

    Ends with 1 when the log is not whole.
    """
    from certwright.cli.installation import opened
    from certwright.domain.errors import KeyUnavailable
    from certwright.store.audit import kept_anchor, parse_anchor
    from certwright.store.audit import verify as verified
    from certwright.wiring import audit_signer

    with opened(screen) as services:
        given = parse_anchor(_text(anchor)) if anchor else kept_anchor(services.config.directories.config)
        try:
            key = audit_signer(services.config, make=False).public_key
        except KeyUnavailable:
            key = None
        with services.store.read() as reader:
            verdict = verified(reader, anchor=given, trusted_key=key)
    heads = [{"region": h.region, "seq": h.seq, "hash": h.hash} for h in verdict.heads]
    if screen.as_json:
        screen.document(
            "auditVerdict",
            {
                "ok": verdict.ok,
                "lines": verdict.lines,
                "problem": verdict.problem,
                "anchored": given is not None,
                "heads": heads,
            },
        )
        return Exit.OK if verdict.ok else Exit.ERROR
    mark = screen.glyphs.ok if verdict.ok else screen.glyphs.bad
    if not verdict.ok:
        screen.show(f"{mark} the audit log is not whole: {verdict.problem}")
        return Exit.ERROR
    screen.show(f"{mark} {verdict.lines} lines, every one follows the line before it")
    if given is None:
        screen.note("Lines cut from the end are only found with --anchor, a head that was kept elsewhere.")
    elif key is None:
        screen.note("The anchor's signature is sound, but this machine has no signing key to compare its signer with.")
    return Exit.OK


def _text(path: str) -> str:
    from certwright.domain.errors import CertwrightError

    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not text"
        raise CertwrightError(f"the anchor {path} cannot be read: {why}", code="input.invalid") from None


@command(
    examples=("certwright audit head > head.txt   # keep it where the store's writers cannot change it",),
    exits=(Exit.AUTHENTICATION,),
)
def head(
    screen: Screen,
    make_key: Annotated[
        bool, typer.Option("--make-key", help="Make the signing key, where this installation never had one.")
    ] = False,
) -> Exit:
    """Print where the audit log stands, signed: what `audit verify --anchor` takes."""
    from certwright.cli.installation import opened
    from certwright.store.audit import sign_head

    with opened(screen) as services:
        signer = _signer(services.config, make=make_key)
        with services.store.read() as reader:
            signed = sign_head(reader, signer, at=services.clock.now())
    if screen.as_json:
        heads = [{"region": h.region, "seq": h.seq, "hash": h.hash} for h in signed.heads]
        screen.document("auditHead", {"anchor": signed.text(), "signedAt": signed.signed_at, "heads": heads})
    else:
        sys.stdout.write(signed.text())
    return Exit.OK


def _signer(config: Config, *, make: bool) -> AuditSigner:
    from certwright.domain.errors import KeyUnavailable
    from certwright.wiring import audit_signer

    try:
        return audit_signer(config, make=make)
    except KeyUnavailable as problem:
        if problem.code != "key.missing":
            raise
        raise KeyUnavailable(
            problem.message,
            code=problem.code,
            details=("Was there never one? `certwright audit head --make-key` makes it.",),
        ) from None
