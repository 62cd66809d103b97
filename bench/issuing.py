"""Certificates issued, linted, journaled and stored durably, beside step-ca in the same run; many in one call."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from figures import Row, Section, Spread, ratio, row
from peers.stepca import running as running_stepca
from processes import ROOT, loaded, plugin

CALLERS = (1, 4, 16)
AHEAD_AT = (1, 4)
SECONDS, SECONDS_QUICK = 4.0, 1.5
ROUNDS, ROUNDS_QUICK = 5, 2
BULK, BULK_QUICK = 4000, 1000
TARGET_BULK = 2000.0
AUTHORITY = "certwright:index:PrivateCertificateAuthority"

Load = Callable[[int, float], dict[str, Any]]


def stepca_binary() -> Path | None:
    """Built when it is not there; None where Go is missing."""
    finished = subprocess.run([str(ROOT / "bench/peers/build.sh")], stdout=subprocess.PIPE, text=True)
    if finished.returncode:
        return None
    return Path(finished.stdout.strip().splitlines()[-1]) / "step-ca"


def contenders(scratch: Path, stack: ExitStack) -> dict[str, Load]:
    """Who takes part, each with what puts load on it. Servers run until `stack` ends."""
    home = scratch / "plugin"
    ours = stack.enter_context(plugin(home))
    root = ours.create(
        AUTHORITY, "root", {"type": "ROOT", "certificateAuthorityConfiguration": {"subject": {"commonName": "Root"}}}
    )
    issuing = ours.create(
        AUTHORITY,
        "issuing",
        {
            "type": "SUBORDINATE",
            "parentArn": root,
            "certificateAuthorityConfiguration": {"subject": {"commonName": "Issuing"}},
        },
    )

    def by_plugin(calls: str) -> Load:
        return lambda callers, seconds: loaded(
            "load_plugin.py", ours.port, issuing, calls, callers, seconds, home=home, server=ours.pid
        )

    def by_engine(callers: int, seconds: float) -> dict[str, Any]:
        answer = loaded("load_engine.py", "single", callers, seconds, home=scratch / "engine")
        return {**answer, "server_cpu_s": answer["client_cpu_s"]}

    loads = {"plugin": by_plugin("CREATE"), "plugin, Check and Create": by_plugin("CHECK_CREATE"), "engine": by_engine}
    binary = stepca_binary()
    if binary is not None:
        peer = stack.enter_context(running_stepca(binary, scratch / "stepca"))
        loads["step-ca"] = lambda callers, seconds: loaded(
            "load_stepca.py", peer.settings, callers, seconds, home=scratch / "client", server=peer.pid
        )
    return loads


def measure(scratch: Path, *, quick: bool) -> Section:
    seconds, rounds = (SECONDS_QUICK, ROUNDS_QUICK) if quick else (SECONDS, ROUNDS)
    results: dict[str, dict[int, list[dict[str, Any]]]] = {}
    bulk: list[dict[str, Any]] = []
    with ExitStack() as stack:
        loads = contenders(scratch, stack)
        for number in range(rounds):
            for callers in CALLERS:
                # In turns, and in the other order every second round.
                for name in sorted(loads, reverse=bool(number % 2)):
                    answer = loads[name](callers, seconds)
                    results.setdefault(name, {}).setdefault(callers, []).append(answer)
            bulk.append(loaded("load_engine.py", "bulk", BULK_QUICK if quick else BULK, home=scratch / "bulk"))
            shutil.rmtree(scratch / "bulk")
    rows = [line for name in loads for line in _rows(name, results[name])]
    rows += _against(results)
    rows += _bulk_rows(bulk)
    return Section(
        name="issuing",
        title="P-256 certificates issued and stored (SQLite WAL, synchronous=FULL)",
        rows=tuple(rows),
        raw={"rounds": results, "bulk": bulk, "seconds_each": seconds},
        remarks=(
            "callers are another process on the same cores, except with `engine`, which is called in its own",
            "certwright makes, wraps and stores the key, lints, journals and stores; step-ca speaks TLS, checks a one-time"
            " token, and its client makes the key and the CSR; both are on disk before they answer (badger writes with O_DSYNC)",
            *(() if "step-ca" in results else ("step-ca could not be built here: no comparison",)),
        ),
    )


def rates(answers: list[dict[str, Any]]) -> list[float]:
    return [a["count"] / a["seconds"] for a in answers]


def cpu_ms(answers: list[dict[str, Any]]) -> list[float]:
    return [a["server_cpu_s"] * 1000 / a["count"] for a in answers]


def _rows(name: str, by_callers: dict[int, list[dict[str, Any]]]) -> list[Row]:
    lines: list[Row] = []
    for callers, answers in by_callers.items():
        waits = f"p50 {Spread.of([a['p50_ms'] for a in answers]).median:.1f} ms, "
        waits += f"p99 {Spread.of([a['p99_ms'] for a in answers]).median:.1f} ms"
        who = f"{name}, {callers} caller{'s' if callers > 1 else ''}"
        lines.append(row(who, Spread.of(rates(answers)), "per s", note=waits))
        lines.append(row("  server CPU of each", Spread.of(cpu_ms(answers)), "ms"))
    return lines


def _against(results: dict[str, dict[int, list[dict[str, Any]]]]) -> list[Row]:
    """Our rate by step-ca's, and our CPU by its."""
    if "step-ca" not in results:
        return []
    lines: list[Row] = []
    for name in ("engine", "plugin", "plugin, Check and Create"):
        for callers in CALLERS:
            mine, theirs = results[name][callers], results["step-ca"][callers]
            asked: dict[str, Any] = {"bound": "at least", "target": 1.0} if callers in AHEAD_AT else {}
            what = f"{name} : step-ca, {callers} caller{'s' if callers > 1 else ''}"
            lines.append(row(what, ratio(rates(mine), rates(theirs)), "x", **asked))
            lines.append(row("  server CPU : step-ca's", ratio(cpu_ms(mine), cpu_ms(theirs)), "x"))
    return lines


def _bulk_rows(answers: list[dict[str, Any]]) -> list[Row]:
    by_core = Spread.of([a["count"] / a["cpu_s"] for a in answers])
    return [
        row("bulk, lints on", by_core, "per core-second", bound="at least", target=TARGET_BULK),
        row("  CPU of each", Spread.of([a["cpu_s"] * 1000 / a["count"] for a in answers]), "ms"),
        row("  elapsed", Spread.of([a["count"] / a["seconds"] for a in answers]), "per s"),
    ]
