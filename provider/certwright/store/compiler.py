"""SQLAlchemy writes the SQL: of every form of statement, for one dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from certwright.engine.records import AuditEntry, ripe_question
from certwright.store.layout import Mapping, mapping_of, mappings
from certwright.store.statements import ABSENT, EQUAL, Form, Prepared
from certwright.store.tables import Tables, ripe_conditions


@dataclass(frozen=True, slots=True)
class Compiler:
    """Called with a form, gives its text with positional parameters."""

    dialect: Any
    tables: Tables

    def __call__(self, form: Form) -> Prepared:
        compiled = _VERBS[form.verb](self, form).compile(dialect=self.dialect)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        return Prepared(sql=str(compiled), order=tuple(compiled.positiontup or ()), fixed=fixed)

    @property
    def _is_sqlite(self) -> bool:
        return str(self.dialect.name) == "sqlite"

    def _table(self, form: Form) -> sa.Table:
        return self.tables.by_name[form.table]

    def _columns(self, kind: type[Any]) -> tuple[sa.Table, list[Any]]:
        mapping = mapping_of(kind)
        table = self.tables.by_name[mapping.table]
        return table, [table.c[name] for name in mapping.names]

    def save(self, form: Form) -> Any:
        mapping, statement = _mapping_of_table(form.table), self._inserted(form)
        rest = [name for name in mapping.names if name not in mapping.key]
        if not rest:
            return statement.on_conflict_do_nothing()
        return statement.on_conflict_do_update(
            index_elements=list(mapping.key), set_={name: statement.excluded[name] for name in rest}
        )

    def insert(self, form: Form) -> Any:
        # DO NOTHING instead of an error: on PostgreSQL an error would spoil the whole transaction.
        return self._inserted(form).on_conflict_do_nothing()

    def _inserted(self, form: Form) -> Any:
        dialect: Any = sqlite if self._is_sqlite else _postgresql()
        names = _mapping_of_table(form.table).names
        return dialect.insert(self._table(form)).values({name: sa.bindparam(name) for name in names})

    def select(self, form: Form) -> Any:
        table, mapping = self._table(form), _mapping_of_table(form.table)
        query = sa.select(*(table.c[name] for name in mapping.names)).where(*self._where(form))
        if form.after:
            query = query.where(table.c[mapping.key[0]] > sa.bindparam("after"))
        query = query.order_by(*(table.c[name] for name in mapping.key))
        return query.limit(sa.bindparam("limit", type_=sa.Integer)) if form.limited else query

    def count(self, form: Form) -> Any:
        return sa.select(sa.func.count()).select_from(self._table(form)).where(*self._where(form))

    def delete(self, form: Form) -> Any:
        return sa.delete(self._table(form)).where(*self._where(form))

    def ripe(self, form: Form) -> Any:
        kind = _mapping_of_table(form.table).kind
        table, columns = self._columns(kind)
        conditions = ripe_conditions(table, ripe_question(kind, form.column))
        at = table.c[form.column]
        return (
            sa.select(*columns)
            .where(*conditions, *self._where(form), at <= sa.bindparam("by"))
            .order_by(at)
            .limit(sa.bindparam("limit", type_=sa.Integer))
        )

    def audit_page(self, form: Form) -> Any:
        table, columns = self._columns(AuditEntry)
        return (
            sa.select(*columns)
            .where(table.c.region == sa.bindparam("region"), table.c.seq > sa.bindparam("after"))
            .order_by(table.c.seq)
            .limit(sa.bindparam("limit", type_=sa.Integer))
        )

    def audit_head(self, form: Form) -> Any:
        table, _ = self._columns(AuditEntry)
        return (
            sa.select(table.c.seq, table.c.hash)
            .where(table.c.region == sa.bindparam("region"))
            .order_by(table.c.seq.desc())
            .limit(1)
        )

    def audit_regions(self, form: Form) -> Any:
        region = self._columns(AuditEntry)[0].c.region
        return sa.select(region).distinct().order_by(region)

    def _where(self, form: Form) -> Iterable[Any]:
        return [self._condition(self._table(form).c[name], how, f"f_{name}") for name, how in form.shape]

    def _condition(self, column: Any, how: str, parameter: str) -> Any:
        if how == ABSENT:
            return column.is_(None)
        if how == EQUAL:
            return column == sa.bindparam(parameter)
        # One parameter for any number of values: one compiled statement, and no limit on their number.
        if self._is_sqlite:
            values = sa.func.json_each(sa.bindparam(parameter, type_=sa.Text)).table_valued("value")
            return column.in_(sa.select(values.c.value))
        return column == sa.func.any(sa.bindparam(parameter, type_=_postgresql().ARRAY(column.type)))


_VERBS: dict[str, Callable[[Compiler, Form], Any]] = {
    "save": Compiler.save,
    "insert": Compiler.insert,
    "select": Compiler.select,
    "count": Compiler.count,
    "delete": Compiler.delete,
    "ripe": Compiler.ripe,
    "audit_page": Compiler.audit_page,
    "audit_head": Compiler.audit_head,
    "audit_regions": Compiler.audit_regions,
}


def _mapping_of_table(name: str) -> Mapping:
    return next(mapping for mapping in mappings().values() if mapping.table == name)


def _postgresql() -> Any:
    from sqlalchemy.dialects import postgresql

    return postgresql
