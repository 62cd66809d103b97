"""The table of switches, the recorded outcomes, and what may be wrong with either."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from switched_off.code import PACKAGE, CodeChange

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROWS = HERE / "rows"
OUTCOMES = HERE / "outcomes.jsonl"
# Tests that drive the real CLI or kill processes: seconds each, not fractions of one.
LIVE = ("tests/live/", "tests/chaos/", "tests/upgrade/")


@dataclass(frozen=True, kw_only=True)
class TextChange:
    """One replacement of text in one file: for what is no definition of Python, as a template or an import."""

    file: str  # below provider/certwright
    old: str  # occurs exactly once there
    new: str

    @property
    def place(self) -> str:
        return self.file

    @property
    def tried(self) -> tuple[str, ...]:
        return (self.file, self.old, self.new)

    def apply(self, tree: Path, texts: dict[Path, str]) -> None:
        """Put the changed file into `texts`; ValueError where the change does not fit it, SyntaxError where it makes no Python."""
        path = tree / PACKAGE / self.file
        source = texts[path] if path in texts else path.read_text(encoding="utf-8")
        if (count := source.count(self.old)) != 1:
            raise ValueError(f"the old text occurs {count} times in {self.file}: {self.old.strip()!r}")
        if (changed := source.replace(self.old, self.new)) == source:
            raise ValueError(f"nothing changes in {self.file}")
        if self.file.endswith(".py"):
            compile(changed, self.file, "exec", dont_inherit=True)
        texts[path] = changed


Change = TextChange | CodeChange


def change(row: dict[str, Any]) -> Change:
    """The change of a row, or of one of its `also`: by its definition where it names one."""
    known = {name: row[name] for name in ("function", "file", "old", "new", "instead") if name in row}
    return CodeChange(**known) if "function" in known else TextChange(**known)


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One row: what is switched off, by which change, and the test that must fail then.

    also: further changes, where one place alone does not switch the behaviour off (a second guard behind the first).
    """

    topic: str
    ids: tuple[str, ...]
    trap: str
    off: str
    change: Change
    also: tuple[Change, ...]
    test: str  # node id: tests/…/test_x.py::test_y, with [parameters] where one row of a table is meant

    @property
    def name(self) -> str:
        return ", ".join(self.ids) or self.trap

    @property
    def live(self) -> bool:
        return self.test.startswith(LIVE)

    @property
    def function(self) -> str:
        return self.test.rsplit("::", 1)[-1].partition("[")[0]

    @property
    def test_file(self) -> str:
        return self.test.partition("::")[0]

    @cached_property
    def digest(self) -> str:
        """Of what was tried. A row that says something else needs a new trial; its sentence may be reworded."""
        parts = [part for each in self.changes for part in each.tried]
        by_name = all(isinstance(each, CodeChange) for each in self.changes)
        # A row that names no file needs no new trial either where its test moves to another one.
        parts.append(self.test.rsplit("::", 1)[-1] if by_name else self.test)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def changes(self) -> tuple[Change, ...]:
        return (self.change, *self.also)

    @property
    def places(self) -> tuple[str, ...]:
        """Where it is switched off: definitions, or files."""
        return tuple(dict.fromkeys(change.place for change in self.changes))

    def broken(self, tree: Path) -> dict[Path, str]:
        """The files of `tree` with the behaviour switched off. Raises as `apply` of its changes, and OSError."""
        texts: dict[Path, str] = {}
        for each in self.changes:
            each.apply(tree, texts)
        return texts


def titles() -> Iterator[tuple[str, Path]]:
    for path in sorted(ROWS.glob("*.toml")):
        yield tomllib.loads(path.read_text(encoding="utf-8"))["title"], path


def switches() -> tuple[Switch, ...]:
    """All rows, in the order of their files."""
    found = []
    for path in sorted(ROWS.glob("*.toml")):
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        for row in data["switch"]:
            found.append(
                Switch(
                    topic=data["title"],
                    ids=tuple(row.get("ids", ())),
                    trap=row.get("trap", ""),
                    off=row["off"],
                    change=change(row),
                    also=tuple(change(further) for further in row.get("also", ())),
                    test=row["test"],
                )
            )
    return tuple(found)


def outcomes() -> dict[str, dict[str, Any]]:
    """Digest of a row → what its trial gave. One line each, so that two branches merge without a conflict."""
    if not OUTCOMES.exists():
        return {}
    lines = [json.loads(line) for line in OUTCOMES.read_text(encoding="utf-8").splitlines()]
    return {line.pop("digest"): line for line in lines}


def keep(tried: dict[str, dict[str, Any]]) -> None:
    """Write the outcomes of the rows that there are; those of changed rows are void and go.

    Where a trial ended as the one before, only its day is new: what a failure says may hold random numbers.
    """
    known = outcomes()
    for digest, now in tried.items():
        before = known.get(digest, {})
        same = all(before.get(name) == now.get(name) for name in ("outcome", "failed"))
        known[digest] = {**before, "on": now["on"]} if before and same else now
    digests = [each.digest for each in switches() if each.digest in known]
    lines = [json.dumps({"digest": digest, **known[digest]}, ensure_ascii=False) + "\n" for digest in digests]
    OUTCOMES.write_text("".join(lines), encoding="utf-8")
