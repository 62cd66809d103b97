"""`make demo`: the whole story of the README, in its three forms, and what happens when it is broken off."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from live.engines import ROOT, pulumi_directory

pytestmark = pytest.mark.needs_pulumi

RUN = ROOT / "examples" / "demo" / "run.py"
STORY_TIMEOUT_S = 400.0
WAIT_S = 60.0
STEPS = 6
# pip reads its settings from the user's home, keeps its cache there, and asks rustc for its version.
OF_PIP = {".cache", ".config", ".rustup"}


def environment(home: Path, *, path: str = "") -> dict[str, str]:
    """An empty home, and settings of the user's that the demonstration must not take up."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CERTWRIGHT_"))}
    return {
        **own,
        "PATH": path or f"{pulumi_directory()}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT / "provider"),
        "PULUMI_BACKEND_URL": "file:///nonexistent",
        "CERTWRIGHT_STORE": "sqlite:////nonexistent/store.db",
        "CERTWRIGHT_REGION": "elsewhere",
    }


@contextmanager
def started(directory: Path, *arguments: str, path: str = "") -> Iterator[subprocess.Popen[str]]:
    home = directory.parent / "home"
    home.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, str(RUN), "--dir", str(directory), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(home, path=path),
        cwd=directory.parent,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def play(directory: Path, *arguments: str, path: str = "") -> tuple[int, str]:
    with started(directory, *arguments, path=path) as process:
        said, _ = process.communicate(timeout=STORY_TIMEOUT_S)
    return process.returncode, said


def processes_of(directory: Path) -> list[str]:
    """The processes whose environment names this demonstration: the CLI, its hosts, the plugin."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(directory / "state").encode() in entry.read_bytes():
                found.append(f"{entry.parent.name} {(entry.parent / 'cmdline').read_bytes().replace(bytes(1), b' ')!r}")
        except OSError:
            continue
    return found


def until(holds: Callable[[], bool], timeout_s: float = WAIT_S) -> bool:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def read_to(process: subprocess.Popen[str], pattern: str) -> str:
    """What it says up to the line that matches."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if re.search(pattern, line):
            return said
    raise AssertionError(f"no line matches {pattern!r} in\n{said}")


@pytest.mark.proves("IAC-1", "IAC-5", "DNS-3", "VAL-1", "CAA-3", "REN-2", "REN-3", "ASC-1", "ASC-8", "CRT-6", "AUD-1")
@pytest.mark.parametrize("form", [pytest.param("yaml", marks=pytest.mark.each_cli), "python", "dynamic"])
def test_the_story_holds_in_each_form(tmp_path: Path, form: str) -> None:
    if form == "python" and not (ROOT / "sdk" / "python").is_dir():
        pytest.fail("sdk/python is missing; `make python_sdk` writes it")
    directory = tmp_path / "demo"

    code, said = play(directory, "--form", form)

    assert code == 0, said
    steps = [int(number) for number in re.findall(r"^(\d)  \S", said, re.MULTILINE)]
    assert steps == list(range(1, STEPS + 1)), said
    claims = re.search(r"(\d+) claims checked, all hold", said)
    assert claims and int(claims[1]) == len(re.findall(r"^   ✓ ", said, re.MULTILINE)), said
    assert "\033[" not in said, "colour without a terminal"
    assert "$PATH" not in said + "".join(log.read_text() for log in (directory / "logs").iterdir())
    assert until(lambda: not processes_of(directory), 5), processes_of(directory)
    written = {entry.name for entry in (tmp_path / "home").iterdir()}
    assert written <= (OF_PIP if form == "python" else set()), "it wrote into the user's home"


def test_it_runs_again_over_what_it_left(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    first, said = play(directory, "--until", "1")
    assert first == 0, said
    (directory / "shop" / "left-over").write_text("")

    again, said = play(directory, "--until", "1")

    assert again == 0, said
    assert not (directory / "shop" / "left-over").exists()
    code, said = play(directory, "--clean")
    assert (code, directory.exists()) == (0, False), said


def test_a_ctrl_c_ends_everything_that_it_started(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    with started(directory, "--until", "2") as process:
        read_to(process, r"\$ pulumi up")
        assert until(lambda: bool(processes_of(directory)))
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=WAIT_S)

    assert process.returncode == 130, said
    assert "interrupted" in said and "Traceback" not in said
    assert until(lambda: not processes_of(directory), 10), processes_of(directory)


def test_after_a_kill_the_next_run_ends_what_was_left(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    with started(directory, "--until", "2") as process:
        read_to(process, r"\$ pulumi up")
        assert until(lambda: bool((directory / "running.pid").read_text().strip()))
        process.kill()
    left = (directory / "running.pid").read_text().split()[0]

    code, said = play(directory, "--until", "1")

    assert code == 0, said
    assert not Path(f"/proc/{left}").exists()
    assert until(lambda: not processes_of(directory), 10), processes_of(directory)


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    with started(directory, "--until", "2") as process:
        read_to(process, r"^1  ")
        code, said = play(directory, "--until", "1")
        assert code == 3 and "another demonstration uses" in said, said
        rest, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, rest


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('case $1 in preview) echo "nothing to see";; esac', "expected: 2 CNAME records"),
        ('case $1 in preview) echo "it broke" >&2; exit 7;; esac', "seen:     exit code 7"),
    ],
)
def test_a_claim_that_does_not_hold_is_shown_and_fails(tmp_path: Path, script: str, expected: str) -> None:
    """A CLI that does something else: the demonstration says what it expected, what it saw, and where the rest lies."""
    fake = tmp_path / "bin" / "pulumi"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)

    code, said = play(tmp_path / "demo", "--form", "dynamic", path=f"{fake.parent}{os.pathsep}{os.environ['PATH']}")

    assert code == 1, said
    assert "✗" in said and expected in said
    assert "pulumi preview" in said and ("nothing to see" in said or "it broke" in said)
    assert "claims checked" not in said


def test_without_a_cli_it_says_what_to_do(tmp_path: Path) -> None:
    code, said = play(tmp_path / "demo", path="/nonexistent")
    assert code == 3
    assert "make demo" in said
