"""`make bench`: measure, print a table, keep the raw figures in bench/results/.

    run.py [--quick] [--only NAME]... [--out DIRECTORY]

NAME: startup, stack, issuing, keys, scan. Targets are those of the issue that asked for them; the exit status is 0 also when
one is missed: this is a measurement and not a test.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from figures import Row, Section, shown
from rich.console import Console
from rich.table import Table

NAMES = ("startup", "scan", "keys", "issuing", "stack")
RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = ("certwright", "cryptography", "grpcio", "pulumi", "pydantic", "sqlalchemy")
WIDTH = 130


def machine() -> dict[str, Any]:
    """What the figures depend on; nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "pulumi_cli": _said("pulumi", "version"),
        "step_ca": _pinned_stepca(),
        "packages": {name: version(name) for name in PACKAGES},
        "load_before": round(os.getloadavg()[0], 2),
    }


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()
    except OSError:
        return ""


def _pinned_stepca() -> str:
    lines = (Path(__file__).resolve().parent / "peers" / "go.mod").read_text().split()
    return lines[lines.index("github.com/smallstep/certificates") + 1]


def table(section: Section) -> Table:
    drawn = Table(title=section.title, title_justify="left", title_style="bold")
    drawn.add_column("what", ratio=4)
    for column in ("median", "min", "max", "target"):
        drawn.add_column(column, justify="right", no_wrap=True)
    drawn.add_column("", no_wrap=True)
    drawn.add_column("note", ratio=2)
    for r in section.rows:
        drawn.add_row(*_cells(r))
    return drawn


def _cells(r: Row) -> tuple[str, ...]:
    ends = ["" if value is None else shown(value) for value in (r.low, r.high)]
    target = "" if r.target is None else f"{'<=' if r.bound == 'at most' else '>='} {shown(r.target)} {r.unit}"
    style = {"met": "[green]met[/]", "missed": "[red]missed[/]", "": ""}[r.verdict]
    return (r.what, f"{shown(r.figure)} {r.unit}", *ends, target, style, r.note)


def keep(sections: list[Section], about: dict[str, Any], directory: Path, *, quick: bool, at: datetime) -> Path:
    """One file for each run, named by its time."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{at:%Y-%m-%dT%H%M%SZ}{'-quick' if quick else ''}.json"
    tree = {
        "at": at.isoformat(timespec="seconds"),
        "quick": quick,
        "machine": about,
        "sections": [section.as_json() for section in sections],
    }
    path.write_text(json.dumps(tree, indent=1) + "\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="certwright's benchmark")
    parser.add_argument("--quick", action="store_true", help="shorter runs")
    parser.add_argument("--only", action="append", choices=NAMES, help="one part; may be given again")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the raw figures go")
    options = parser.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    at, about = datetime.now(UTC), machine()
    console.print(
        f"{about['cores']} cores, {about['memory_gib']} GiB, Python {about['python']}, load {about['load_before']}; "
        "median, min and max of runs taken in turns"
    )
    sections: list[Section] = []
    for name in options.only or NAMES:
        with tempfile.TemporaryDirectory(prefix="certwright-bench-") as scratch:
            section = importlib.import_module(name).measure(Path(scratch), quick=options.quick)
        sections.append(section)
        console.print(table(section))
        for remark in section.remarks:
            console.print(f"  {remark}", highlight=False)
        console.print()
    asked = [r for section in sections for r in section.rows if r.met is not None]
    missed = [r.what for r in asked if not r.met]
    path = keep(sections, about, options.out, quick=options.quick, at=at)
    console.print(
        f"{len(asked) - len(missed)} of {len(asked)} targets met" + (f"; missed: {', '.join(missed)}" if missed else "")
    )
    console.print(f"raw figures: {path.name} in {'bench/results' if options.out == RESULTS else options.out}")


if __name__ == "__main__":
    main()
