"""Bring a handler's DiffResult into the form whose invariants Pulumi's engine relies on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certwright.domain.errors import Finding

if TYPE_CHECKING:
    from certwright.resources.base import DiffResult, PathDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffAnswer:
    """`diffs` and `replaces` are top-level names; every path's top-level is in `diffs` and the other way round."""

    changes: bool
    paths: tuple[PathDiff, ...]
    diffs: tuple[str, ...]
    replaces: tuple[str, ...]
    stables: tuple[str, ...]
    delete_before_replace: bool


def answer(result: DiffResult, *, ignore_changes: tuple[str, ...]) -> DiffAnswer:
    """Drop what the program ignores, derive the summary lists.

    The engine has applied ignoreChanges to the inputs already, but an output-path difference (a renewal) never passes
    through inputs; it is dropped here. When nothing else is left, there is no change.
    """
    kept = tuple(p for p in result.paths if not ignored(p.path, ignore_changes))
    all_ignored = bool(result.paths) and not kept
    replaces = tuple(dict.fromkeys(top(p.path) for p in kept if p.replace))
    stables = () if replaces else tuple(s for s in result.stables if s not in {top(p.path) for p in kept})
    return DiffAnswer(
        changes=bool(kept) or (result.changes and not all_ignored),
        paths=kept,
        diffs=tuple(dict.fromkeys(top(p.path) for p in kept)),
        replaces=replaces,
        stables=stables,
        delete_before_replace=result.delete_before_replace and bool(replaces),
    )


def failure(finding: Finding, *, secret: Collection[str] = ()) -> tuple[str, str]:
    """A CheckFailure's property and reason.

    The engine prints the value that it finds under the property's name. It finds it by the top-level name only, so the
    path goes into the reason; and for the names in `secret` no property is named, so that it finds none (SEC-6).
    """
    named = "" if finding.top_level in secret else finding.top_level
    before = f"{finding.path}: " if finding.path != named else ""
    return named, f"{before}{finding.message} [{finding.code}]"


def top(path: str) -> str:
    return path.split(".")[0].split("[")[0]


def ignored(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern names this path or a part that holds it. `*` stands for any one step."""
    steps = _steps(path)
    for pattern in patterns:
        wanted = _steps(pattern)
        if wanted and len(wanted) <= len(steps) and all(w in ("*", s) for w, s in zip(wanted, steps, strict=False)):
            return True
    return False


def _steps(path: str) -> list[str]:
    return [s.strip("\"'") for s in path.replace("[", ".").replace("]", "").split(".") if s]
