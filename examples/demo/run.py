"""certwright's demonstration: from nothing to a certificate that is declared, validated, served and renewed by a diff.

    python examples/demo/run.py [--form yaml|python|dynamic] [--until STEP] [--clean]

Needs the pulumi CLI with its language hosts on PATH (`make demo` sees to that). Everything lies below .demo/ in the
checkout. Exit codes: 0 done, 1 a claim did not hold, 2 wrong use, 3 cannot run here, 130 interrupted.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import observe
from commands import Runner
from proof import CheckFailed
from stage import CHECKOUT, FORMS, Busy, CannotInstall, Stage
from story import Story
from terminal import Terminal

ABOUT = {
    "yaml": "Pulumi YAML with the plugin",
    "python": "Python with the plugin's generated SDK",
    "dynamic": "Python without the plugin (from certwright.dynamic import …)",
}
TAIL = 30


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    terminal = Terminal()
    if options.clean:
        shutil.rmtree(options.dir, ignore_errors=True)
        return 0
    if shutil.which("pulumi") is None:
        terminal.line("error: there is no pulumi on PATH; run `make demo`, which finds or builds it")
        return 3
    # SIGINT too: whoever starts this in the background of a script has it ignored, and then means it all the same.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _play(options, terminal)
    except (Busy, CannotInstall) as problem:
        terminal.line(f"error: {problem}")
        return 3
    except KeyboardInterrupt:
        terminal.line("\ninterrupted; nothing was left running. The next `make demo` starts anew")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--form", choices=FORMS, default="yaml", help="what the program is written in (default: yaml)")
    parser.add_argument("--until", type=int, default=len(Story.STEPS), metavar="STEP", help="stop after this step")
    parser.add_argument("--dir", type=Path, default=CHECKOUT / ".demo", help="where everything lies (default: .demo)")
    parser.add_argument("--clean", action="store_true", help="only remove what an earlier run left")
    return parser


def _play(options: argparse.Namespace, terminal: Terminal) -> int:
    began = time.monotonic()
    version = subprocess.run(["pulumi", "version"], capture_output=True, text=True, check=False).stdout.strip()
    terminal.title(
        "certwright demo", f"{ABOUT[options.form]} · pulumi {version} · everything lies in {_short(options.dir)}"
    )
    with Stage(form=options.form, base=options.dir.absolute()) as stage:
        assert stage.dns is not None
        shown = ", ".join(f"https://{e.address} ({n})" for n, e in stage.endpoints.items())
        terminal.say(f"started in this process: a DNS server at {stage.dns.endpoint}, TLS servers at {shown}")
        runner = Runner(terminal=terminal, environment=stage.environment, logs=stage.logs, pids=stage.pids)
        story = Story(stage, terminal, runner, observe.refusal_code(version))
        try:
            story.prepare()
            for step in Story.STEPS[: options.until]:
                step(story)
        except CheckFailed as failed:
            _explain(terminal, runner, failed)
            return 1
        terminal.end_step()
        _where(terminal, stage, time.monotonic() - began)
    return 0


def _explain(terminal: Terminal, runner: Runner, failed: CheckFailed) -> None:
    terminal.cross(failed.claim)
    terminal.line(f"     expected: {failed.expected}")
    terminal.line(f"     seen:     {failed.seen}")
    if runner.last is not None:
        terminal.line(f"     the last command was `{runner.last.command}` (exit code {runner.last.code}); it said:")
        for line in runner.last.output.splitlines()[-TAIL:]:
            terminal.line(f"     {line}")
        terminal.line(f"     its whole output: {_short(runner.last.log)}")


def _where(terminal: Terminal, stage: Stage, seconds: float) -> None:
    terminal.line()
    terminal.line(terminal.paint(f"{terminal.checks} claims checked, all hold; {seconds:.0f} s", "bold", "green"))
    rows = (
        ("the programs", f"{_short(stage.shop)}  {_short(stage.edge)}   (from examples/demo/{stage.form}/)"),
        ("store, keys", f"{_short(stage.store)}  {_short(stage.home / 'config')}"),
        ("every output", _short(stage.logs) + "/"),
    )
    for name, text in rows:
        terminal.line(f"  {terminal.paint(name.ljust(13), 'dim')}{text}")
    terminal.line(terminal.paint("next", "bold"))
    others = ", ".join(f"make demo FORM={form}" for form in FORMS if form != stage.form)
    for command, about in (
        (f". {_short(stage.shell)} && certwright audit show", "who did what, in this demonstration's store"),
        ("certwright quickstart DIR", "a project of your own; see README.md"),
        (others, "the same story in the other forms"),
        ("make clean-demo", "remove all of it"),
    ):
        terminal.line(f"  $ {command}   {terminal.paint('# ' + about, 'dim')}")


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


if __name__ == "__main__":
    sys.exit(main())
