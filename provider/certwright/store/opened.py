"""What both databases do alike: check an opened store, begin and end a transaction, make the rows of a new one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from certwright.domain.errors import StoreAbsent, StoreUnavailable
from certwright.engine.records import MetaRecord
from certwright.store.backend import SCHEMA_VERSION
from certwright.store.failures import translate
from certwright.store.tables import Tables


def absent(shown: str) -> StoreAbsent:
    return StoreAbsent(f"there is no certwright store at {shown}; `certwright init` or a first create makes one")


def check_meta(connection: sa.Connection, tables: Tables, shown: str) -> str:
    """The store's id. Raises StoreUnavailable for a store that this program cannot use."""
    table = tables.of(MetaRecord).table
    rows = connection.execute(sa.select(table.c.key, table.c.value))
    found: dict[str, str] = {row.key: row.value for row in rows}
    version, store_id = found.get("schema_version", ""), found.get("store_id", "")
    if not store_id or not version.isdecimal():
        raise StoreUnavailable(
            f"{shown} has the tables of a certwright store but no id in them; restore it from a backup",
            code="store.damaged",
        )
    if int(version) > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"the store {shown} was written by a newer certwright (layout {version}, this program knows up to "
            f"{SCHEMA_VERSION}); update certwright on this machine",
            code="store.too_new",
        )
    return store_id


def fill_meta(connection: sa.Connection, tables: Tables, meta: dict[str, str]) -> None:
    rows = [{"key": key, "value": value} for key, value in {**meta, "schema_version": str(SCHEMA_VERSION)}.items()]
    connection.execute(sa.insert(tables.of(MetaRecord).table), rows)


@contextmanager
def transaction(engine: sa.Engine, *, doing: str, shown: str, commit: bool) -> Iterator[sa.Connection]:
    """One transaction. A connection that turns out dead at its begin is replaced once; the body runs once."""
    connection = _begin(engine, doing=doing, shown=shown)
    try:
        yield connection
        if commit:
            try:
                connection.commit()
            except SQLAlchemyError as error:
                raise translate(error, doing=f"committing to ({doing})", shown=shown) from None
    finally:
        try:
            connection.close()  # rolls back what is not committed
        except SQLAlchemyError:
            connection.invalidate()


def _begin(engine: sa.Engine, *, doing: str, shown: str) -> sa.Connection:
    for again in (True, False):
        connection: sa.Connection | None = None
        try:
            connection = engine.connect()
            connection.begin()
            return connection
        except SQLAlchemyError as error:
            broken = connection is not None and connection.invalidated
            if connection is not None:
                connection.close()
            if broken and again:
                continue
            raise translate(error, doing=doing, shown=shown) from None
    raise AssertionError("unreachable")
