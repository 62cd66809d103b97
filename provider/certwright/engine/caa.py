"""CAA for all names of a request at once: what stands in the way of several is said once."""

from __future__ import annotations

from collections.abc import Iterable

from certwright.engine.ports import CaaVerdict

NAMES_SHOWN = 5


def refusals(verdicts: Iterable[tuple[str, CaaVerdict]]) -> list[str]:
    """A sentence for each reason, with what to do. verdicts: (name, a verdict that does not allow)."""
    by_reason: dict[str, list[tuple[str, CaaVerdict]]] = {}
    for name, verdict in verdicts:
        by_reason.setdefault(verdict.shared or f"{name} {verdict.sentence}", []).append((name, verdict))
    return [_said([name for name, _ in group], group[0][1]) for group in by_reason.values()]


def _said(names: list[str], verdict: CaaVerdict) -> str:
    if len(names) == 1:
        return " ".join([verdict.sentence, *verdict.details])
    rest = len(names) - NAMES_SHOWN
    *before, last = [*names[:NAMES_SHOWN], f"{rest} more"] if rest > 0 else names
    return " ".join([f"{', '.join(before)} and {last} have {verdict.shared}", *verdict.shared_details])
