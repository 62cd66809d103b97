"""What the benchmark says about its figures, and what it may not say about the machine."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


def _load(name: str) -> ModuleType:
    """The benchmark's programs are scripts beside each other and not a package."""
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


figures = _load("figures")


@pytest.mark.parametrize(
    ("figure", "bound", "target", "verdict"),
    [
        (0.5, "at most", 0.5, "met"),
        (0.51, "at most", 0.5, "missed"),
        (2000.0, "at least", 2000.0, "met"),
        (1999.0, "at least", 2000.0, "missed"),
        (7.0, "", None, ""),
    ],
)
def test_a_row_says_whether_its_target_is_met(figure: float, bound: str, target: float | None, verdict: str) -> None:
    assert figures.Row(what="x", figure=figure, unit="s", bound=bound, target=target).verdict == verdict


def test_a_ratio_is_taken_run_by_run() -> None:
    spread = figures.ratio([1.0, 4.0, 9.0], [1.0, 2.0, 3.0])
    assert (spread.median, spread.low, spread.high, spread.runs) == (2.0, 1.0, 3.0, 3)
    with pytest.raises(ValueError):
        figures.ratio([1.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (99.94, "99.9"), (0.0889, "0.0889"), (0.00012, "0.00012"), (0.0, "0")]
)
def test_figures_are_shown_with_three_digits(value: float, text: str) -> None:
    assert figures.shown(value) == text


def test_kept_figures_name_neither_a_machine_nor_a_path() -> None:
    for path in (BENCH / "results").glob("*.json"):
        text = path.read_text()
        tree = json.loads(text)
        assert {"at", "quick", "machine", "sections"} <= set(tree), path.name
        assert not re.search(r'"(?:[^"]*\s)?/(?:home|root|tmp|work|usr|var)/', text), path.name
        assert not {"host", "hostname", "node", "user"} & set(tree["machine"]), path.name
