"""One trial: a copy of the tree, one switch, one test.

A proof is only this: the named test passes with the tree as it is, and with the switch its body fails by an assertion or
an error of its own. A collection error, a set-up that breaks, a name that the change left undefined, no test at all or
no end in time prove nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from switched_off.table import ROOT, Switch

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".cache", ".demo", "dist", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "results"
)
_NO_PROOF = ("SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError", "NameError", "UnboundLocalError")
TIMEOUT_S = 420
SHOWN = 60  # characters of a failure: enough to tell, too few for a key
FAILED = "failed"
# What says nothing of the test is told and not recorded: a missing server, a row that does not fit.
NOT_TRIED = "not tried"


@dataclass
class Copy:
    """A tree of its own that tests run in."""

    directory: Path
    writes: int = 0
    passed: dict[str, str] = field(default_factory=dict)  # test → "" or why it does not pass unbroken

    def write(self, path: Path, text: str) -> None:
        """With a time of its own for each text, so that no compiled form of another one is taken for it."""
        path.write_text(text, encoding="utf-8")
        self.writes += 1
        moment = 1_000_000_000 + 10 * self.writes
        os.utime(path, (moment, moment))

    @contextmanager
    def switched(self, switch: Switch) -> Iterator[tuple[Path, ...]]:
        """The files that are changed meanwhile."""
        broken = switch.broken(self.directory)
        whole = {path: path.read_text(encoding="utf-8") for path in broken}
        for path, text in broken.items():
            self.write(path, text)
        try:
            yield tuple(broken)
        finally:
            for path, text in whole.items():
                self.write(path, text)

    def pytest(self, arguments: Sequence[str], *, timeout_s: float) -> tuple[int, list[dict[str, Any]]]:
        """Exit code (-1: no end in time) and the reports."""
        with tempfile.TemporaryDirectory(prefix="switched-off-run-") as scratch:
            report = Path(scratch) / "report"
            report.touch()
            command = [sys.executable, "-m", "pytest", "-q", "-p", "switched_off.report", "-p", "no:cacheprovider"]
            command += ["-p", "no:xdist", f"--basetemp={scratch}/t", *arguments]
            process = subprocess.Popen(
                command,
                cwd=self.directory,
                env=self._environment(report, scratch),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                code = process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                code = -1
            lines = report.read_text(encoding="utf-8").splitlines()
        return code, [json.loads(line) for line in lines]

    def _environment(self, report: Path, scratch: str) -> dict[str, str]:
        """The copy's package before the installed one, for the tests and for what they start."""
        cache = ROOT / ".cache"
        tools = [str(cache / "pulumi" / "bin"), str(cache / "verifiers" / "bin"), str(Path(sys.executable).parent)]
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CERTWRIGHT_", "PYTEST_"))},
            "PATH": os.pathsep.join([*tools, os.environ.get("PATH", "")]),
            "PYTHONPATH": os.pathsep.join(str(self.directory / each) for each in ("provider", "tools")),
            "HYPOTHESIS_STORAGE_DIRECTORY": f"{scratch}/hypothesis",
            "SWITCHED_OFF_REPORT": str(report),
        }


@contextmanager
def copied_tree() -> Iterator[Copy]:
    with tempfile.TemporaryDirectory(prefix="switched-off-") as scratch:
        directory = Path(scratch) / "tree"
        shutil.copytree(ROOT, directory, symlinks=True, ignore=_LEFT_OUT)
        (directory / ".cache").symlink_to(ROOT / ".cache")
        yield Copy(directory=directory)


def names(node: str, test: str) -> bool:
    """Whether a report's node is the test of the row, or one of its parameters."""
    return node == test or ("[" not in test and node.startswith(f"{test}["))


def look_unbroken(copy: Copy, tests: Sequence[str]) -> None:
    """Run what was not run yet, together, and note which of it passes."""
    ahead = [test for test in dict.fromkeys(tests) if test not in copy.passed]
    if not ahead:
        return
    code, reports = copy.pytest(ahead, timeout_s=TIMEOUT_S * 4)
    for test in ahead:
        mine = [r for r in reports if names(r["node"], test)]
        bad = [r for r in mine if r["outcome"] == FAILED]
        passed = any(r["when"] == "call" and r["outcome"] == "passed" for r in mine)
        copy.passed[test] = bad[0]["said"][:200] if bad else "" if passed else f"skipped, or not run (pytest: {code})"


def judge(switch: Switch, code: int, reports: Sequence[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The word FAILED and the failures that prove it, or why it is no proof and none."""
    mine = [r for r in reports if names(r["node"], switch.test) and r["outcome"] == FAILED]
    proofs = [r for r in mine if r["when"] == "call" and not r["said"].lstrip("E ").startswith(_NO_PROOF)]
    if code == 1 and proofs:
        return FAILED, proofs
    if code == -1:
        return "no end in time", []
    if code == 0:
        return "survived", []
    if mine:
        return f"no proof: {mine[0]['when']}: {mine[0]['said'][:300]}", []
    said = next((r["said"][-300:] for r in reports if r["outcome"] == FAILED), "")
    return f"no proof: pytest ended with {code} {said}".strip(), []


def undefined_names(changed: Sequence[Path]) -> str:
    """What ruff finds in the changed files that would fail for another reason than the behaviour."""
    sources = [str(path) for path in changed if path.suffix == ".py"]
    if not sources:
        return ""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--isolated", "--select", "E9,F821,F823", "-q"]
    done = subprocess.run(
        [*command, "--output-format", "concise", *sources],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout.strip()


def try_out(copy: Copy, switch: Switch) -> dict[str, Any]:
    """The outcome, as it is recorded."""
    record: dict[str, Any] = {"row": switch.name, "on": date.today().isoformat()}
    if why := copy.passed[switch.test]:
        return {**record, "outcome": f"{NOT_TRIED}: unbroken it does not pass: {why}"}
    with copy.switched(switch) as changed:
        if undefined := undefined_names(changed):
            return {**record, "outcome": f"{NOT_TRIED}: {undefined}"}
        code, reports = copy.pytest(["--maxfail=5", switch.test], timeout_s=TIMEOUT_S)
    outcome, proofs = judge(switch, code, reports)
    record["outcome"] = outcome
    if proofs:
        record["failed"] = sorted({r["node"].rsplit("::", 1)[-1] for r in proofs})[:3]
        record["said"] = _shown(proofs[0]["said"], copy)
    return record


def _shown(said: str, copy: Copy) -> str:
    """The failure's first line without directories of this machine."""
    line = next((line for line in said.splitlines() if line.strip()), "")
    line = line.replace(str(copy.directory), "…").replace(str(ROOT), "…")
    return re.sub(r"/(?:tmp|home|root|work|Users)/\S*", "…", line)[:SHOWN]
