"""The layout as SQLAlchemy Core tables: for what has to be compiled, which is every statement and the tables themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from certwright.engine.records import RIPE, Ripe
from certwright.store.layout import INDEXES, Column, Mapping, mapping_of, mappings

_TYPES: dict[Column, Any] = {
    Column.TEXT: sa.Text,
    Column.INTEGER: sa.BigInteger,
    Column.BOOLEAN: sa.Boolean,
    Column.BYTES: sa.LargeBinary,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All tables of one schema (None on SQLite)."""

    metadata: sa.MetaData
    by_name: dict[str, sa.Table]
    leases: sa.Table


def _table(metadata: sa.MetaData, mapping: Mapping, schema: Any) -> sa.Table:
    columns = [
        sa.Column(
            name,
            _TYPES[mapping.codecs[name].column](),
            primary_key=name in mapping.key,
            nullable=name in mapping.optional,
            autoincrement=False,
        )
        for name in mapping.names
    ]
    return sa.Table(mapping.table, metadata, *columns, schema=schema)


@lru_cache(maxsize=16)
def tables_of(schema: str | None, expressions: frozenset[str] = frozenset()) -> Tables:
    """The tables, qualified by `schema`; built once per schema. expressions: names of those that are not in it, since a
    common table expression stands for them."""
    metadata = sa.MetaData(schema=schema)
    by_name = {
        mapping.table: _table(metadata, mapping, sa.BLANK_SCHEMA if mapping.table in expressions else schema)
        for mapping in mappings().values()
    }
    for table_name, *columns in INDEXES:
        sa.Index(f"ix_{table_name}_{columns[0]}", *(by_name[table_name].c[column] for column in columns))
    for question in RIPE:
        # Holds only what will be ripe one day, so that a scan costs what is ripe and not what there is.
        # SQLite has no schemas, and only PostgreSQL's own argument makes SQLAlchemy import that dialect.
        table = by_name[mapping_of(question.kind).table]
        where: dict[str, Any] = {
            "sqlite_where" if schema is None else "postgresql_where": sa.and_(*ripe_conditions(table, question))
        }
        sa.Index(f"ix_{table.name}_{question.at}", table.c[question.at], **where)
    leases = sa.Table(
        "leases",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("since", sa.Double, nullable=False),  # seconds since 1970 by the database's clock
        sa.Column("until", sa.Double, nullable=False),
    )
    return Tables(metadata=metadata, by_name=by_name, leases=leases)


def ripe_conditions(table: sa.Table, question: Ripe) -> tuple[Any, ...]:
    """The conditions of a partial index, which a query must repeat: no parameters, or the database does not see it."""
    values = {name: mapping_of(question.kind).encode_value(name, value) for name, value in question.equals.items()}
    fixed = [
        column.is_(sa.true() if value else sa.false())
        if isinstance(value, bool)
        else column == sa.literal_column(f"'{value}'")  # a member of an enum
        for name, value in values.items()
        for column in (table.c[name],)
    ]
    return (*fixed, table.c[question.at].is_not(None))
