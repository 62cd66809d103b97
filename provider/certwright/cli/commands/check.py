"""`certwright check`: a gate for CI over `pulumi preview --json` (ASC-8)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from certwright.cli.preview import Preview, Step
    from certwright.engine.ports import Reader

LARGEST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A deletion that `pulumi up` would refuse, in its own words."""

    urn: str
    arn: str
    code: str
    message: str
    sentence: str
    in_use_by: tuple[str, ...]

    @property
    def title(self) -> str:
        kind = self.urn.split("::")[2].rsplit("$", 1)[-1] if self.urn.count("::") >= 3 else ""
        return f"{kind.replace(':index:', ':')} {self.urn.rsplit('::', 1)[-1]}".strip()


@command(
    examples=(
        "pulumi preview --json | certwright check",
        "certwright check preview.json --json",
        "pulumi preview --json > preview.json && certwright check < preview.json",
    ),
)
def check(
    screen: Screen,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Output of `pulumi preview --json`; - or nothing: stdin.")
    ] = "-",
) -> Exit:
    """Fail when a preview would delete what is still in use.

    Pulumi asks a provider nothing before it deletes, so a preview cannot fail by itself. This reads its JSON and ends
    with 1 and the sentence that `pulumi up` would refuse with: for every certificate that associations serve which the
    same preview does not delete or move first, and for every authority on which something depends.
    """
    from certwright.cli.installation import opened
    from certwright.domain.errors import CertwrightError
    from certwright.functions.answering import reading

    try:
        preview = _read(file)
    except CertwrightError as problem:
        if problem.code != "preview.unreadable":
            raise
        from certwright.cli.command import fail

        return Exit(fail(screen, problem, Exit.USAGE))
    with opened(screen) as services:
        deletions = preview.deletions()
        for step in deletions:
            _confirm(services.store, step)
        with reading(services) as reader:
            refusals = refused(reader, preview) if reader is not None else []
            warnings = uncertain(reader, preview) if reader is not None else []
    if screen.as_json:
        screen.document("check", _document(preview, refusals, warnings))
    else:
        _tell(screen, preview, refusals)
        for warning in warnings:
            screen.note(f"warning: {safe(warning)}", style="yellow")
    return Exit.ERROR if refusals else Exit.OK


def _confirm(store, step: Step) -> None:  # type: ignore[no-untyped-def]
    """Another or an empty store would say "not in use" of everything: refuse instead (SEC-8)."""
    from certwright.engine.services import confirm_store

    confirm_store(store, step.store_id)


def _read(file: str) -> Preview:
    from certwright.cli.preview import read_preview
    from certwright.domain.errors import CertwrightError

    if file == "-" and sys.stdin.isatty():
        raise CertwrightError(
            "nothing on stdin; run `pulumi preview --json | certwright check`, or name a file",
            code="preview.unreadable",
        )
    try:
        raw = sys.stdin.buffer.read(LARGEST_BYTES) if file == "-" else Path(file).read_bytes()
        return read_preview(raw.decode("utf-8-sig"))
    except OSError as error:
        raise CertwrightError(f"{file} cannot be read: {error.strerror}", code="preview.unreadable") from None
    except UnicodeDecodeError:
        raise CertwrightError("the input is not text in UTF-8", code="preview.unreadable") from None
    except RecursionError:
        raise CertwrightError("the input is nested too deeply", code="preview.unreadable") from None


def refused(reader: Reader, preview: Preview) -> list[Refusal]:
    from certwright.domain.arn import ArnKind

    gone = {step.id for step in preview.deletions()}
    found: list[Refusal] = []
    for step in preview.deletions():
        if step.kind is ArnKind.CERTIFICATE:
            refusal = _certificate(reader, preview, step, gone)
        elif step.kind is ArnKind.CERTIFICATE_AUTHORITY:
            refusal = _authority(reader, step, gone)
        else:
            continue
        if refusal is not None:
            found.append(refusal)
    return found


def uncertain(reader: Reader, preview: Preview) -> list[str]:
    """Replacements of served certificates whose order a document does not tell: fine, but for deleteBeforeReplace."""
    from certwright.domain.arn import ArnKind
    from certwright.engine.usage import in_use_by

    return [
        f"{step.urn.rsplit('::', 1)[-1]} is replaced while it is served: its associations move first, unless the program "
        "says deleteBeforeReplace, which `pulumi up` refuses (PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true tells the order)"
        for step in preview.deletions()
        if step.kind is ArnKind.CERTIFICATE
        and not preview.is_told(step)
        and any(a.arn in preview.moved_before(step) for a in in_use_by(reader, step.id))
    ]


def _certificate(reader: Reader, preview: Preview, step: Step, gone: set[str]) -> Refusal | None:
    from certwright.engine.claims import find
    from certwright.engine.records import CertificateRecord
    from certwright.engine.usage import in_use_by, in_use_sentence

    record = find(reader, CertificateRecord, step.id)
    if record is None:
        return None
    moved = preview.moved_before(step)
    staying = [
        a
        for a in in_use_by(reader, record.arn)
        if not {a.arn, *a.aliases} & gone
        and not any(moved.get(i, record.arn) != record.arn for i in (a.arn, *a.aliases))
    ]
    if not staying:
        return None
    return Refusal(
        urn=step.urn or record.urn,
        arn=record.arn,
        code="certificate.in_use",
        message="in use, cannot be deleted",
        sentence=in_use_sentence(staying),
        in_use_by=tuple(a.arn for a in staying),
    )


def _authority(reader: Reader, step: Step, gone: set[str]) -> Refusal | None:
    from certwright.engine.authority import dependents_of
    from certwright.engine.claims import find
    from certwright.engine.records import AuthorityRecord

    record = find(reader, AuthorityRecord, step.id)
    if record is None or record.status.value == "DELETED":
        return None
    staying = [arn for arn in dependents_of(reader, record.arn) if arn not in gone]
    if not staying:
        return None
    count = f"{len(staying)} certificate{'s or authorities depend' if len(staying) != 1 else ' or authority depends'}"
    shown = ", ".join(staying[:10]) + (f" and {len(staying) - 10} more" if len(staying) > 10 else "")
    return Refusal(
        urn=step.urn or record.urn,
        arn=record.arn,
        code="authority.in_use",
        message="in use, cannot be deleted",
        sentence=f"{count} on it: {shown}. Delete {'them' if len(staying) != 1 else 'it'} first.",
        in_use_by=tuple(staying),
    )


def _document(preview: Preview, refusals: list[Refusal], warnings: list[str]) -> dict[str, object]:
    return {
        "ok": not refusals,
        "steps": len(preview.steps),
        "warnings": warnings,
        "deletions": [{"urn": s.urn, "arn": s.id, "op": s.op} for s in preview.deletions()],
        "refusals": [
            {
                "urn": r.urn,
                "arn": r.arn,
                "code": r.code,
                "message": f"{r.message} [{r.code}]",
                "detail": r.sentence,
                "inUseBy": list(r.in_use_by),
            }
            for r in refusals
        ],
    }


def _tell(screen: Screen, preview: Preview, refusals: list[Refusal]) -> None:
    from rich.text import Text

    from certwright.cli.wording import plural

    deletions = preview.deletions()
    if not refusals:
        what = plural(len(deletions), "deletion") if deletions else "no deletions"
        screen.show(
            Text.assemble(("OK", "green"), f"  {plural(len(preview.steps), 'step')}, {what}; nothing in use is deleted")
        )
        return
    for refusal in refusals:
        screen.show(
            Text.assemble(("error: ", "bold red"), f"{safe(refusal.title)}: {refusal.message} [{refusal.code}]")
        )
        screen.show(f"    {safe(refusal.sentence)}")
