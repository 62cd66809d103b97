"""What both databases say alike of a store that is not there, and of one that this program cannot use."""

from __future__ import annotations

from certwright.domain.errors import StoreAbsent, StoreUnavailable
from certwright.engine.records import MetaRecord
from certwright.store.backend import SCHEMA_VERSION, Connection
from certwright.store.layout import mapping_of
from certwright.store.statements import Statements


def absent(shown: str) -> StoreAbsent:
    return StoreAbsent(f"there is no certwright store at {shown}; `certwright init` or a first create makes one")


def check_meta(connection: Connection, statements: Statements, shown: str) -> str:
    """The store's id. Raises StoreUnavailable for a store that this program cannot use, the driver's errors as they are."""
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
    if int(version) > SCHEMA_VERSION:
        raise StoreUnavailable(
            f"the store {shown} was written by a newer certwright (layout {version}, this program knows up to "
            f"{SCHEMA_VERSION}); update certwright on this machine",
            code="store.too_new",
        )
    return store_id


def fill_meta(connection: Connection, statements: Statements, meta: dict[str, str]) -> None:
    mapping = mapping_of(MetaRecord)
    rows = [
        mapping.encode(MetaRecord(key=key, value=value))
        for key, value in {**meta, "schema_version": str(SCHEMA_VERSION)}.items()
    ]
    connection.driver.cursor().executemany(statements.insert(mapping).sql, rows)
