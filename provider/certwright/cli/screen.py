"""What a command shows: data on stdout, everything else on stderr, and one JSON document with --json."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

SCHEMA_VERSION = 1
WRAPPED = ("What", "Why")  # columns of sentences
NARROWEST = 8
UNLIMITED = 10_000  # columns of a pipe: nothing is cut, nothing is wrapped

# A word always says it; the colour only helps (never colour alone).
STYLES: dict[str, str] = {
    "ISSUED": "green",
    "ACTIVE": "green",
    "DEPLOYED": "green",
    "SUCCESS": "green",
    "OK": "green",
    "AUTOMATIC": "green",
    "auto": "green",
    "valid": "green",
    "done": "green",
    "INFO": "cyan",
    "PENDING": "yellow",
    "PENDING_VALIDATION": "yellow",
    "PENDING_CERTIFICATE": "yellow",
    "CREATING": "yellow",
    "WARN": "yellow",
    "due": "yellow",
    "soon": "yellow",
    "MANUAL": "yellow",
    "manual": "yellow",
    "UNREACHABLE": "yellow",
    "DRIFTED": "red",
    "BLOCKED": "red",
    "blocked": "red",
    "urgent": "red",
    "expired": "red",
    "EXPIRED": "red",
    "REVOKED": "red",
    "FAILED": "red",
    "CRITICAL": "bold red",
    "DISABLED": "yellow",
    "DELETED": "dim",
    "VALIDATION_TIMED_OUT": "red",
    "refused": "red",
    "failed": "red",
    "intended": "dim",
}


def safe(text: object) -> str:
    """Text of foreign origin without control characters: a subject must not move the cursor or forge a line."""
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\x{ord(c):02x}" for c in str(text))


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Marks of lists and trees, with their plain forms."""

    ok: str = "✓"
    bad: str = "✗"
    wait: str = "…"
    arrow: str = "→"
    bar: str = "━"
    rest: str = "·"


ASCII = Glyphs(ok="ok", bad="!!", wait="..", arrow="->", bar="=", rest=".")


class Screen:
    """One command's output. plain: no colour and tab-separated tables; ascii: no characters beyond ASCII for drawing."""

    def __init__(self, *, as_json: bool = False, plain: bool = False, ascii_only: bool = False) -> None:
        self.as_json = as_json
        self.plain = plain
        self.ascii = ascii_only or not _speaks_unicode()
        self.glyphs = ASCII if self.ascii else Glyphs()
        self.documented = False

    @property
    def out(self) -> Console:
        return self._console(sys.stdout)

    @property
    def err(self) -> Console:
        return self._console(sys.stderr)

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json

    @property
    def width(self) -> int:
        return min(self.out.width, 160) if sys.stdout.isatty() or "COLUMNS" in os.environ else 100

    def _console(self, file: Any) -> Console:
        from rich.console import Console

        tty = bool(getattr(file, "isatty", bool)()) and not self.plain
        sized = "COLUMNS" in os.environ and not self.plain
        return Console(
            file=file,
            width=None if tty or sized else UNLIMITED,
            no_color=True if self.plain or os.environ.get("NO_COLOR") else None,
            force_terminal=None if tty else False,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=not tty and not sized,
            safe_box=True,
        )

    def document(self, kind: str, data: dict[str, Any]) -> None:
        """The one JSON document of this command. Times are RFC 3339 UTC; names of fields are fixed and tested."""
        self.documented = True
        shown = {"schemaVersion": SCHEMA_VERSION, "kind": kind, **data}
        sys.stdout.write(json.dumps(shown, indent=2, ensure_ascii=False, default=str) + "\n")

    def show(self, *renderables: RenderableType) -> None:
        """Data for people, on stdout."""
        for renderable in renderables:
            self.out.print(renderable)

    def note(self, text: str | Text, *, style: str = "") -> None:
        """Anything that is no data, on stderr."""
        self.err.print(text, style=style or None)

    def word(self, word: str) -> Text:
        """A status word in its colour."""
        from rich.text import Text

        return Text(word, style=STYLES.get(word, ""))

    def heading(self, text: str) -> Text:
        from rich.text import Text

        return Text(text, style="bold")

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[Any]], *, cut: Sequence[str] = ()) -> None:
        """A table without a frame; --plain: tab-separated, one row a line, for cut and awk.

        cut: columns that may be shortened where the terminal is narrow, the last one first.
        """
        if self.plain:
            for row in [headers, *rows]:
                sys.stdout.write("\t".join(str(cell).replace("\t", " ") for cell in row) + "\n")
            return
        from rich.table import Table

        out = self.out
        shown = self._fitted(headers, [list(row) for row in rows], cut, out.width)
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
        for header in headers:
            wraps = header in WRAPPED
            table.add_column(
                header, no_wrap=not wraps, overflow="fold" if wraps else "crop" if self.ascii else "ellipsis"
            )
        for row in shown:
            table.add_row(*row)
        out.print(table)

    def _fitted(self, headers: Sequence[str], rows: list[list[Any]], cut: Sequence[str], width: int) -> list[list[Any]]:
        """The rows with the columns of `cut` shortened, last one first, until the table fits."""
        from rich.cells import cell_len
        from rich.text import Text

        widths = [max([cell_len(h), *(cell_len(str(row[i])) for row in rows)]) for i, h in enumerate(headers)]
        for name in reversed(cut):
            over = sum(widths) + 2 * len(widths) - width
            column = list(headers).index(name)
            if over <= 0:
                break
            room = max(NARROWEST, cell_len(name), widths[column] - over)
            widths[column] = min(widths[column], room)
            for row in rows:
                text = row[column] if isinstance(row[column], Text) else Text(str(row[column]))
                if cell_len(str(text)) > room:
                    text = text[: max(1, room - len(self.glyphs.wait))].append(self.glyphs.wait)
                row[column] = text
        return rows

    def fields(self, pairs: Iterable[tuple[str, str | Text]], *, indent: int = 0) -> None:
        """`name  value` lines, values aligned."""
        from rich.table import Table

        shown = [(name, value) for name, value in pairs if str(value)]
        if self.plain:
            for name, value in shown:
                sys.stdout.write(f"{name}\t{value}\n")
            return
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim", no_wrap=True, min_width=12)
        grid.add_column(overflow="fold")
        for name, value in shown:
            grid.add_row(" " * indent + name, value)
        self.show(grid)

    def steps(self, title: str, lines: Iterable[str]) -> None:
        """A NEXT STEPS block, on stderr."""
        self.note("")
        self.note(self.heading(title))
        for line in lines:
            self.note(f"  {line}")


def _speaks_unicode() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return "utf" in encoding.lower()
