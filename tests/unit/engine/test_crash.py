"""Killed at every failpoint, in the first `up` and in a renewal: the next `up` ends as if nothing had happened (SEC-5)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from certwright.engine.failpoints import FAILPOINTS

TESTS = Path(__file__).resolve().parents[2]

# How often a place is passed in the first and in the second up (authorities are made once; two certificates each time).
PASSED: dict[str, tuple[int, int]] = {
    "authority.after_journal": (2, 0),
    "authority.after_sign": (2, 0),
    "authority.after_store": (2, 0),
    "request.after_record": (2, 0),
    "issue.after_journal": (2, 2),
    "issue.after_sign": (2, 2),
    "issue.after_store": (2, 2),
    "dns.before_write": (1, 1),
    "dns.after_write": (1, 1),
    "validation.after_present": (1, 1),
    "validation.after_proof": (1, 1),
    "deploy.before_put": (1, 0),
    "deploy.after_intent": (1, 1),
    "deploy.after_put": (1, 1),
    "deploy.after_put_record": (1, 1),
    "deploy.before_proof": (1, 1),
    "deploy.after_record": (1, 1),
}
# Sampled: the first up has about sixteen commits, the second about ten. tests/chaos has the whole matrix.
COMMITS = {"1": (1, 2, 3, 5, 8, 11, 14, 16), "2": (1, 2, 4, 6, 9)}
ELSEWHERE = {
    # where there is something to tell, on the way back, and in deletions: tests/contract and tests/chaos kill there
    "deploy.before_switch",
    "deploy.after_switch",
    "deploy.before_tell",
    "deploy.before_reload",
    "deploy.after_tell",
    "deploy.before_back",
    "deploy.after_back",
    "delete.before_record",
    "delete.after_record",
    # of a remote issuer: test_ordering kills there
    "order.after_journal",
    "order.after_answer",
    "order.after_state",
}
GOOD_END = {
    "killed": True,
    "certificates": ["wiki", "www"],
    "authorities": ["issuing", "root"],
    "associations": [2],
    "versions": [[name, number, "ISSUED"] for name in ("wiki", "www") for number in (1, 2)],
    "serving": [["wiki", 2], ["www", 2]],
    "decisions": ["KEEP"],
    "state_is_right": True,
    "lost_keys": [],
    # One serial for each certificate that was signed: two authorities, two leaves, two renewals.
    "serials": 6,
    "signed": 6,
}


def endings(tmp_path: Path, places: list[str]) -> list[dict[str, Any]]:
    """One child for all: it forks for each place."""
    path = os.pathsep.join([str(TESTS.parent / "provider"), str(TESTS)])
    done = subprocess.run(
        [sys.executable, "-m", "builders.crashing", str(tmp_path), *places],
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    sys.stderr.write(done.stderr)  # pytest shows it when the test fails
    return [json.loads(line) for line in done.stdout.splitlines()]


def judged(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in ("where", "exits")}


@pytest.mark.proves("SEC-5", "CRT-5")
@pytest.mark.parametrize("family", ["authority", "request", "issue", "dns", "validation", "deploy"])
def test_killed_anywhere_the_next_up_ends_as_if_nothing_had_happened(tmp_path: Path, family: str) -> None:
    places = [
        f"{up}/{name}:{count}"
        for name, passed in PASSED.items()
        if name.partition(".")[0] == family
        for up, times in enumerate(passed, start=1)
        for count in range(1, times + 1)
    ]
    found = endings(tmp_path, places)
    assert {f["where"]: judged(f) for f in found} == dict.fromkeys(places, GOOD_END)


@pytest.mark.proves("SEC-5", "CRT-5")
@pytest.mark.parametrize("side", ["before", "after"])
def test_killed_around_any_commit_too(tmp_path: Path, side: str) -> None:
    places = [f"{up}/store.{side}_commit:{count}" for up, counts in COMMITS.items() for count in counts]
    found = endings(tmp_path, places)
    assert {f["where"]: judged(f) for f in found} == dict.fromkeys(places, GOOD_END)


def test_a_run_that_nobody_kills_ends_the_same_way(tmp_path: Path) -> None:
    (found,) = endings(tmp_path, [""])
    assert judged(found) == {**GOOD_END, "killed": False}
    assert found["exits"] == [0, 0]


def test_every_failpoint_is_killed_somewhere() -> None:
    assert set(FAILPOINTS) - {"store.before_commit", "store.after_commit"} == {*PASSED, *ELSEWHERE}
