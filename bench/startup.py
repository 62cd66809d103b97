"""Plugin start: from the start of the process to the answered Configure, and what each import costs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from figures import Row, Section, Spread, ratio, row
from processes import ROOT, environment, plugin

TARGET_S = 0.5
SHOWN_MODULES = 8
STARTING = """from certwright.plugin.lean import messages_only
with messages_only():
    import certwright.plugin.process"""
_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)")


def import_costs(home: Path) -> dict[str, float]:
    """Top-level package → milliseconds of its own modules, most expensive first, of what precedes Configure."""
    finished = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", STARTING],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    own: dict[str, float] = defaultdict(float)
    for line in finished.stderr.splitlines():
        if found := _LINE.match(line):
            own[found[4].partition(".")[0]] += int(found[1]) / 1000
    return dict(sorted(own.items(), key=lambda item: -item[1]))


def grouped(costs: list[dict[str, float]]) -> dict[str, float]:
    """Medians by package; the standard library's packages as one line."""
    medians: dict[str, float] = defaultdict(float)
    for package in {name for one in costs for name in one}:
        name = "standard library" if package in sys.stdlib_module_names else package
        medians[name] += Spread.of([one.get(package, 0.0) for one in costs]).median
    return dict(sorted(medians.items(), key=lambda item: -item[1]))


def measure(scratch: Path, *, quick: bool) -> Section:
    runs = 5 if quick else 11
    times: dict[str, list[float]] = {"certwright": [], "nothing": []}
    nothing = (sys.executable, str(ROOT / "tools" / "nothing" / "provider.py"))
    for number in range(runs + 1):
        for name, command in (("certwright", ()), ("nothing", nothing)):
            with plugin(scratch / "home", *command) as started:
                if number:  # the first run fills the disk cache
                    times[name].append(started.start_s)
    costs = [import_costs(scratch / "home") for _ in range(3)]
    modules = grouped(costs)
    rows = [
        row("start to answered Configure", Spread.of(times["certwright"]), "s", bound="at most", target=TARGET_S),
        row("… of the do-nothing plugin", Spread.of(times["nothing"]), "s"),
        row("… against it", ratio(times["certwright"], times["nothing"]), "x"),
        Row(what="imports before Configure", figure=sum(modules.values()), unit="ms", note="-X importtime, self time"),
    ]
    rows += [Row(what=f"  {name}", figure=cost, unit="ms") for name, cost in list(modules.items())[:SHOWN_MODULES]]
    return Section(
        name="startup",
        title="Plugin start",
        rows=tuple(rows),
        raw={"start_s": times, "import_ms": modules, "runs": runs},
    )
