"""What one change of the layout is, and what is pending for a store of a given layout."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from certwright.engine.failpoints import hit
from certwright.store import migrations

_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs SQL inside the migration's transaction.

    execute: with placeholders filled; gives the rows of a query. words: what a placeholder stands for.
    """

    execute: Callable[[str], list[tuple[Any, ...]]]
    words: Mapping[str, str]

    def run(self, text: str) -> list[tuple[Any, ...]]:
        return self.execute(filled(text, self.words))


Step = str | Callable[[Runner], None]

# What differs between the databases. `{s}` is the schema's prefix, filled by the backend.
SQLITE_WORDS = {"s": "", "true": "1", "false": "0", "bytes": "BLOB"}
POSTGRES_WORDS = {"true": "true", "false": "false", "bytes": "BYTEA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """From one layout to the next.

    what: half a sentence, for people. steps: SQL with `{s}` before each table's name, `{true}`, `{false}` and `{bytes}`; or
    a function, where SQL is not enough. seen_as: table of the next layout → a SELECT that gives its rows from the tables of
    the layout before, which are written `{table}`; tables that look the same are left out. None: an older store cannot be
    read, and whoever tries is told to run `certwright store upgrade`.
    """

    what: str
    steps: tuple[Step, ...]
    seen_as: Mapping[str, str] | None


def pending(layout: int) -> Iterator[tuple[int, Migration]]:
    """What leads from `layout` to today's, each with the number that it leads to."""
    for number, name in enumerate(migrations.NAMES, start=2):
        if number > layout:
            module = importlib.import_module(f"{migrations.__name__}.{name}")
            yield number, module.MIGRATION


def filled(text: str, words: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: words[match[1]], text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """How statements see an older store: the tables that look otherwise, and the `WITH …` that goes before a statement."""

    tables: frozenset[str]
    expressions: str


def older_shapes(layout: int, prefix: str) -> Shapes | None:
    """prefix: before the name of a stored table, e.g. `main.`, so that an expression of the same name does not hide it.
    None when a store of `layout` cannot be read."""
    names: dict[str, str] = {}
    parts: list[str] = []
    for number, migration in pending(layout):
        if migration.seen_as is None:
            return None
        before = dict(names)
        for table, select in migration.seen_as.items():
            names[table] = f"layout_{number}_{table}"
            text = _PLACE.sub(lambda match: before.get(match[1], prefix + match[1]), select)  # noqa: B023 (used at once)
            parts.append(f"{names[table]} AS ({' '.join(text.split())})")
    parts += [f"{table} AS (SELECT * FROM {name})" for table, name in names.items()]  # noqa: S608
    return Shapes(tables=frozenset(names), expressions=f"WITH {', '.join(parts)} ")


def run(runner: Runner, layout: int) -> None:
    """Bring a store of `layout` to today's, inside the transaction of the runner."""
    for number, migration in pending(layout):
        for step in migration.steps:
            runner.run(step) if isinstance(step, str) else step(runner)
        runner.run(f"UPDATE {{s}}meta SET value = '{number}' WHERE key = 'schema_version'")  # noqa: S608
        hit("migration.in_the_middle")
