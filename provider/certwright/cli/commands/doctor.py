"""`certwright doctor`: is everything in its place? Named checks, worst severity as exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from certwright.cli.command import command
from certwright.cli.screen import Screen, safe

LADDER = {
    0: "everything is in its place",
    2: "something to know",
    3: "a warning",
    4: "something is wrong",
    1: "wrong use",
}


@command(
    examples=("certwright doctor", "certwright doctor --offline", "certwright doctor --json   # for a bug report"),
    ladder=LADDER,
)
def doctor(
    screen: Screen,
    offline: Annotated[bool, typer.Option("--offline", help="Leave out what asks DNS servers.")] = False,
) -> int:
    """Check the installation: Python, store, keys, clock, Pulumi, plugin, validation, authorities, deployments.

    Changes nothing. The exit code is the worst finding, as OpenBao's health-check has it.
    """
    from certwright.cli.health.examination import examine
    from certwright.cli.health.finding import SEVERITY_EXIT, Severity

    findings = examine(offline=offline)
    worst = max((f.severity for f in findings), default=Severity.OK)
    code = SEVERITY_EXIT[worst]
    if screen.as_json:
        screen.document(
            "doctor",
            {
                "worst": worst.name,
                "checks": [
                    {"name": f.name, "severity": f.severity.name, "seen": f.seen, "todo": f.todo or None}
                    for f in findings
                ],
            },
        )
        return code
    screen.table(
        ["Check", "Severity", "What"], [[f.name, screen.word(f.severity.name), safe(f.seen)] for f in findings]
    )
    todo = [f for f in findings if f.todo and f.severity is not Severity.OK]
    if todo:
        screen.steps("TO DO", [f"{f.name}: {safe(f.todo)}" for f in todo])
    elif worst is Severity.OK:
        screen.note("")
        screen.note("Everything is in its place.")
    return code
