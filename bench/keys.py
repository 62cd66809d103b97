"""Twelve RSA-4096 certificates at once: how long anybody else who writes waits, and how near they come to the cores' limit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from figures import Row, Section, Spread, row
from processes import BENCH, environment, loaded
from stores import addresses

COUNT, ALGORITHM = 12, "RSA_4096"
ROUNDS, ROUNDS_QUICK = 5, 2
TARGET_WAIT_MS, TARGET_LIMIT = 50.0, 1.25

Waits = list[tuple[float, float]]


@contextmanager
def other_process(home: Path, store: Mapping[str, str]) -> Iterator[Waits]:
    """A process that writes to the same store; its waits are there when the block has ended."""
    waits: Waits = []
    process = subprocess.Popen(
        [sys.executable, str(BENCH / "load_keys.py"), "write"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(home, store),
    )
    assert process.stdin is not None and process.stdout is not None
    with process:
        process.stdout.readline()
        yield waits
        process.stdin.write("\n")
        process.stdin.flush()
        waits += json.loads(process.stdout.readline())["waits"]


def one_round(home: Path, store: Mapping[str, str]) -> dict[str, Any]:
    with other_process(home, store) as waits:
        answer = loaded("load_keys.py", "create", COUNT, ALGORITHM, home=home, more=store)
    during = {"thread": answer.pop("waits"), "process": waits}
    longest = {who: _longest_between(answer, some) for who, some in during.items()}
    return {**answer, "longest_ms": longest, "writes": {who: len(some) for who, some in during.items()}}


def beside_keys_alone(home: Path, store: Mapping[str, str]) -> tuple[dict[str, Any], float]:
    """Keys that nobody stores, and the longest wait of a process that writes beside them: what the cores are short of, and
    nobody's lock."""
    with other_process(home, store) as waits:
        answer = loaded("load_keys.py", "generate", COUNT, ALGORITHM, home=home)
    return answer, _longest_between(answer, waits)


def _longest_between(answer: Mapping[str, Any], waits: Waits) -> float:
    """Of all that lie in the time of `answer` by any part."""
    return max(s for at, s in waits if at + s >= answer["began"] and at <= answer["ended"]) * 1e3


def measure(scratch: Path, *, quick: bool) -> Section:
    rounds = ROUNDS_QUICK if quick else ROUNDS
    results: dict[str, list[dict[str, Any]]] = {}
    alone: list[dict[str, Any]] = []
    with addresses(scratch) as stores:
        for _ in range(rounds):
            for name, store in stores.items():
                home = scratch / name.lower()
                keys, longest = beside_keys_alone(home, store)
                alone.append(keys)
                results.setdefault(name, []).append({**one_round(home, store), "beside_keys_ms": longest})
    rows = [row(f"{COUNT} keys alone, in {COUNT} threads", _seconds(alone), "s"), _against_limit(alone)]
    rows += [line for name, answers in results.items() for line in _rows(name, answers)]
    return Section(
        name="keys",
        title=f"{COUNT} private certificates with {ALGORITHM} keys at once, and others who write",
        rows=tuple(rows),
        raw={"alone": alone, "creates": results},
        remarks=(
            "how long OpenSSL looks for primes is chance: two times of 12 keys differ by a sixth. The limit is what the"
            " threads' own CPU time needs on all cores, of the same keys",
            "of the longest waits the worst round stands in the first column",
            "a writer waits from asking for a write transaction (or a lease) until it is on the disk; beside keys alone: the same,"
            " while as many keys are made by a process that stores nothing",
            *(() if "PostgreSQL" in results else ("no PostgreSQL server here: SQLite only",)),
        ),
    )


def _seconds(answers: list[dict[str, Any]]) -> Spread:
    return Spread.of([a["seconds"] for a in answers])


def _against_limit(answers: list[dict[str, Any]], **asked: Any) -> Row:
    return row(
        "  against the limit of the cores", Spread.of([a["seconds"] / a["limit_s"] for a in answers]), "x", **asked
    )


def _rows(name: str, answers: list[dict[str, Any]]) -> list[Row]:
    asked: dict[str, Any] = {"bound": "at most", "target": TARGET_WAIT_MS}
    return [
        row(f"{name}: {COUNT} creates", _seconds(answers), "s"),
        _against_limit(answers, bound="at most", target=TARGET_LIMIT),
        _longest("  longest wait, a thread of theirs", [a["longest_ms"]["thread"] for a in answers], **asked),
        _longest("  longest wait, another process", [a["longest_ms"]["process"] for a in answers], **asked),
        _longest("    beside keys alone", [a["beside_keys_ms"] for a in answers]),
    ]


def _longest(what: str, of_rounds: Sequence[float], **asked: Any) -> Row:
    """The worst round counts, and not the median."""
    return Row(what=what, figure=max(of_rounds), low=min(of_rounds), high=max(of_rounds), unit="ms", **asked)
