"""A pytest plugin: one line of JSON for each report, into the file that SWITCHED_OFF_REPORT names."""

from __future__ import annotations

import json
import os
from typing import Any


def _write(line: dict[str, Any]) -> None:
    with open(os.environ["SWITCHED_OFF_REPORT"], "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def _said(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longrepr or "")


def pytest_runtest_logreport(report: Any) -> None:
    _write({"node": report.nodeid, "when": report.when, "outcome": report.outcome, "said": _said(report)})


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        _write({"node": report.nodeid, "when": "collect", "outcome": "failed", "said": _said(report)})
