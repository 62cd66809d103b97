"""SQL text of every statement shape, compiled once per store: running one then costs only the driver's call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from certwright.engine.records import AuditEntry, VersionRecord
from certwright.store.tables import Mapping, Tables

# How a filter compares one field.
EQUAL, ABSENT, ONE_OF = "=", "null", "in"
Shape = tuple[tuple[str, str], ...]
Parameters = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """SQL text with positional parameters; `order` names them, `fixed` are those with a value of their own."""

    sql: str
    order: tuple[str, ...]
    fixed: dict[str, Any]

    def bind(self, values: dict[str, Any]) -> Parameters:
        return tuple(values[name] if name in values else self.fixed[name] for name in self.order)


@dataclass(slots=True)
class Statements:
    """Builds and keeps prepared statements. Two threads may build the same one; the result is the same."""

    dialect: Any
    tables: Tables
    _cache: dict[Any, Prepared] = field(default_factory=dict)

    @property
    def is_sqlite(self) -> bool:
        return str(self.dialect.name) == "sqlite"

    def prepare(self, key: Any, build: Callable[[], Any]) -> Prepared:
        found = self._cache.get(key)
        if found is None:
            compiled = build().compile(dialect=self.dialect)
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            found = Prepared(sql=str(compiled), order=tuple(compiled.positiontup or ()), fixed=fixed)
            self._cache[key] = found
        return found

    def save(self, mapping: Mapping) -> Prepared:
        return self.prepare(("save", mapping.kind), lambda: self._upsert(mapping))

    def insert(self, mapping: Mapping) -> Prepared:
        # DO NOTHING instead of an error: on PostgreSQL an error would spoil the whole transaction.
        return self.prepare(("insert", mapping.kind), lambda: self._insert(mapping).on_conflict_do_nothing())

    def select(self, mapping: Mapping, shape: Shape, *, after: bool, limited: bool) -> Prepared:
        def build() -> Any:
            table = mapping.table
            query = sa.select(*(table.c[name] for name in mapping.names)).where(*self._where(mapping, shape))
            if after:
                query = query.where(table.c[mapping.key[0]] > sa.bindparam("after"))
            query = query.order_by(*(table.c[name] for name in mapping.key))
            return query.limit(sa.bindparam("limit", type_=sa.Integer)) if limited else query

        return self.prepare(("select", mapping.kind, shape, after, limited), build)

    def count(self, mapping: Mapping, shape: Shape) -> Prepared:
        return self.prepare(
            ("count", mapping.kind, shape),
            lambda: sa.select(sa.func.count()).select_from(mapping.table).where(*self._where(mapping, shape)),
        )

    def delete(self, mapping: Mapping, shape: Shape) -> Prepared:
        return self.prepare(
            ("delete", mapping.kind, shape), lambda: sa.delete(mapping.table).where(*self._where(mapping, shape))
        )

    def add_to(self, mapping: Mapping, name: str, shape: Shape) -> Prepared:
        def build() -> Any:
            column = mapping.table.c[name]
            amount: Any = sa.bindparam("amount", type_=sa.BigInteger)
            return sa.update(mapping.table).where(*self._where(mapping, shape)).values({column: column + amount})

        return self.prepare(("add", mapping.kind, name, shape), build)

    def due(self) -> Prepared:
        def build() -> Any:
            mapping = self.tables.of(VersionRecord)
            due_at = mapping.table.c.renewal_due
            return (
                sa.select(*(mapping.table.c[name] for name in mapping.names))
                .where(*self.tables.due, due_at <= sa.bindparam("now"))
                .order_by(due_at)
                .limit(sa.bindparam("limit", type_=sa.Integer))
            )

        return self.prepare("due", build)

    def audit_page(self) -> Prepared:
        def build() -> Any:
            mapping = self.tables.of(AuditEntry)
            table = mapping.table
            return (
                sa.select(*(table.c[name] for name in mapping.names))
                .where(table.c.region == sa.bindparam("region"), table.c.seq > sa.bindparam("after"))
                .order_by(table.c.seq)
                .limit(sa.bindparam("limit", type_=sa.Integer))
            )

        return self.prepare("audit_page", build)

    def audit_head(self) -> Prepared:
        def build() -> Any:
            table = self.tables.of(AuditEntry).table
            return (
                sa.select(table.c.seq, table.c.hash)
                .where(table.c.region == sa.bindparam("region"))
                .order_by(table.c.seq.desc())
                .limit(1)
            )

        return self.prepare("audit_head", build)

    def audit_regions(self) -> Prepared:
        def build() -> Any:
            region = self.tables.of(AuditEntry).table.c.region
            return sa.select(region).distinct().order_by(region)

        return self.prepare("audit_regions", build)

    def _insert(self, mapping: Mapping) -> Any:
        dialect: Any = sqlite if self.is_sqlite else _postgresql()
        return dialect.insert(mapping.table).values({name: sa.bindparam(name) for name in mapping.names})

    def _upsert(self, mapping: Mapping) -> Any:
        statement = self._insert(mapping)
        rest = [name for name in mapping.names if name not in mapping.key]
        if not rest:
            return statement.on_conflict_do_nothing()
        return statement.on_conflict_do_update(
            index_elements=list(mapping.key), set_={name: statement.excluded[name] for name in rest}
        )

    def _where(self, mapping: Mapping, shape: Shape) -> Iterable[Any]:
        return [self._condition(mapping.table.c[name], how, f"f_{name}") for name, how in shape]

    def _condition(self, column: Any, how: str, parameter: str) -> Any:
        if how == ABSENT:
            return column.is_(None)
        if how == EQUAL:
            return column == sa.bindparam(parameter)
        # One parameter for any number of values: one compiled statement, and no limit on their number.
        if self.is_sqlite:
            values = sa.func.json_each(sa.bindparam(parameter, type_=sa.Text)).table_valued("value")
            return column.in_(sa.select(values.c.value))
        return column == sa.func.any(sa.bindparam(parameter, type_=_postgresql().ARRAY(column.type)))


def _postgresql() -> Any:
    """Imported where it is used: it takes as long as all of SQLite's part, which most runs need alone."""
    from sqlalchemy.dialects import postgresql

    return postgresql
