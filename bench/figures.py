"""What a benchmark answers: raw series, and rows with a figure beside its target."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Bound = Literal["at most", "at least", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Several measurements of one thing; the median stands for it."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median=statistics.median(values), low=min(values), high=max(values), runs=len(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `bound` says on which side of `target` the figure must lie; "" when there is no target."""

    what: str
    figure: float
    unit: str
    low: float | None = None
    high: float | None = None
    bound: Bound = ""
    target: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """None: nothing was asked."""
        if self.target is None or not self.bound:
            return None
        return self.figure <= self.target if self.bound == "at most" else self.figure >= self.target

    @property
    def verdict(self) -> str:
        return {None: "", True: "met", False: "missed"}[self.met]


def row(what: str, spread: Spread, unit: str, **more: Any) -> Row:
    """A row for a series."""
    return Row(what=what, figure=spread.median, low=spread.low, high=spread.high, unit=unit, **more)


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Run by run (they were taken in turns), so that what slows the machine slows both sides of a pair."""
    return Spread.of([a / b for a, b in zip(mine, theirs, strict=True)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One benchmark's answer. `raw` goes to the results file as it is: numbers and names, no path and no host."""

    name: str
    title: str
    rows: tuple[Row, ...]
    raw: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        tree = asdict(self)
        tree["rows"] = [{**asdict(r), "verdict": r.verdict} for r in self.rows]
        return tree


def shown(value: float) -> str:
    """Three significant digits, and no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else f"{value:.2g}"
