"""The logical content of a store as stable text: two dumps are equal when nothing was written between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certwright.domain.errors import StoreAbsent

if TYPE_CHECKING:
    from certwright.store.sql import SqlStore


def logical_dump(store: SqlStore) -> str:
    """One line for each row, table by table in the order of the primary key; `(no store)` when there is none.

    Bytes are in hex. Leases are left out: they come and go without a change of content.
    """
    from certwright.store.layout import LAYOUT

    lines: list[str] = []
    try:
        with store.read() as reader:
            for kind, table, _ in LAYOUT:
                lines.append(f"[{table}]")
                lines.extend(_spell(record) for record in reader.all(kind))
    except StoreAbsent:
        return "(no store)\n"
    return "\n".join(lines) + "\n"


def _spell(record: object) -> str:
    names: tuple[str, ...] = tuple(record.__dataclass_fields__)  # type: ignore[attr-defined]
    return " ".join(f"{name}={_value(getattr(record, name))}" for name in names)


def _value(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)
