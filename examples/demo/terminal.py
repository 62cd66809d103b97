"""What the demonstration says on the terminal: numbered steps, commands, the decisive lines of their output, ticks."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import time
from dataclasses import dataclass, field

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36", "magenta": "35"}
_OPERATION = re.compile(r"^\s*(?P<glyph>\+\+|\+-|-\+|[+~-])\s")
_COLOUR_OF = {"+": "green", "-": "red", "~": "yellow", "+-": "magenta", "-+": "magenta", "++": "green"}
WIDEST = 118


@dataclass(slots=True)
class Terminal:
    """Writes to stdout. Colour only on a terminal and without NO_COLOR; glyphs only where the encoding has them."""

    colour: bool = field(default_factory=lambda: sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    unicode: bool = field(default_factory=lambda: "utf" in (sys.stdout.encoding or "").lower())
    _step: int = 0
    _began: float = 0.0
    checks: int = 0

    @property
    def width(self) -> int:
        return max(60, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns))

    def paint(self, text: str, *styles: str) -> str:
        if not self.colour or not styles:
            return text
        return f"\033[{';'.join(_COLOURS[style] for style in styles)}m{text}\033[0m"

    def line(self, text: str = "") -> None:
        sys.stdout.write((text if self.unicode else text.encode("ascii", "replace").decode()) + "\n")
        sys.stdout.flush()

    def title(self, text: str, about: str) -> None:
        self.line(f"{self.paint(text, 'bold')}  {self.paint(about, 'dim')}")

    def step(self, title: str) -> None:
        self.end_step()
        self._step += 1
        self._began = time.monotonic()
        self.line()
        self.line(self.paint(f"{self._step}  {title}", "bold", "cyan"))

    def end_step(self) -> None:
        if self._began:
            self.line(self.paint(f"   {time.monotonic() - self._began:.1f} s", "dim"))
        self._began = 0.0

    def say(self, text: str) -> None:
        for part in textwrap.wrap(text, self.width - 3):
            self.line("   " + part)

    def command(self, text: str, note: str = "") -> None:
        self.line(f"   $ {self.paint(text, 'bold')}" + (self.paint(f"   # {note}", "dim") if note else ""))

    def quote(self, text: str) -> None:
        """One line of a command's output, in its own words; a long one goes on below itself."""
        operation = _OPERATION.match(text)
        glyph = operation["glyph"] if operation else ""
        bar = self.paint("│" if self.unicode else "|", "dim")
        indent = " " * (len(text) - len(text.lstrip()))
        parts = textwrap.wrap(
            text.strip(),
            self.width - 5 - len(indent),
            subsequent_indent="   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for index, part in enumerate(parts):
            shown = indent + part
            if index == 0 and glyph:
                shown = shown.replace(glyph, self.paint(glyph, _COLOUR_OF[glyph]), 1)
            elif part.startswith(("error", "warning")):
                word = part.split(":")[0]
                shown = shown.replace(word, self.paint(word, "red" if word == "error" else "yellow"), 1)
            self.line(f"   {bar} {shown}")

    def tick(self, text: str, ids: str = "") -> None:
        self.checks += 1
        mark = self.paint("✓" if self.unicode else "ok", "green")
        parts = textwrap.wrap(text, self.width - 7 - len(ids)) or [""]
        for index, part in enumerate(parts):
            end = f"  {self.paint(ids, 'dim')}" if ids and index == len(parts) - 1 else ""
            self.line(f"   {mark if index == 0 else ' '} {part}{end}")

    def cross(self, text: str) -> None:
        self.line(f"   {self.paint('✗' if self.unicode else '!!', 'red')} {self.paint(text, 'bold')}")
