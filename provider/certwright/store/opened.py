"""What both databases say alike of a store that is not there, and of one that this program cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certwright.domain.errors import StoreAbsent, StoreUnavailable
from certwright.engine.records import MetaRecord
from certwright.store.backend import Connection, Found
from certwright.store.layout import mapping_of
from certwright.store.migrations import LAYOUT
from certwright.store.statements import Statements

if TYPE_CHECKING:
    from certwright.store.migrations.migration import Shapes


def absent(shown: str) -> StoreAbsent:
    return StoreAbsent(f"there is no certwright store at {shown}; `certwright init` or a first create makes one")


def check_meta(connection: Connection, statements: Statements, shown: str) -> Found:
    """Raises StoreUnavailable for a store that this program cannot use, the driver's errors as they are."""
    mapping = mapping_of(MetaRecord)
    cursor = connection.driver.cursor()
    cursor.execute(statements.select(mapping, (), after=False, limited=False).sql, ())
    records = [mapping.decode(row) for row in cursor.fetchall()]
    found: dict[str, str] = {record.key: record.value for record in records}
    version, store_id = found.get("schema_version", ""), found.get("store_id", "")
    if not store_id or not version.isdecimal():
        raise StoreUnavailable(
            f"{shown} has the tables of a certwright store but no id in them; restore it from a backup",
            code="store.damaged",
        )
    if int(version) > LAYOUT:
        raise StoreUnavailable(
            f"the store {shown} was written by a newer certwright (layout {version}, this program knows up to "
            f"{LAYOUT}); update certwright on this machine",
            code="store.too_new",
        )
    return Found(store_id=store_id, layout=int(version))


def shapes_for(layout: int, prefix: str, shown: str) -> Shapes:
    """How an older store is read. Raises StoreUnavailable when it cannot be."""
    from certwright.store.migrations.migration import older_shapes

    shapes = older_shapes(layout, prefix)
    if shapes is None:
        raise StoreUnavailable(
            f"the store {shown} has layout {layout}, and this certwright reads it only from layout {LAYOUT} on; run "
            "`certwright store upgrade`",
            code="store.too_old",
        )
    return shapes


def fill_meta(connection: Connection, statements: Statements, meta: dict[str, str]) -> None:
    mapping = mapping_of(MetaRecord)
    rows = [
        mapping.encode(MetaRecord(key=key, value=value))
        for key, value in {**meta, "schema_version": str(LAYOUT)}.items()
    ]
    connection.driver.cursor().executemany(statements.insert(mapping).sql, rows)
