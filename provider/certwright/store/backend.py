"""What SqlStore needs of one kind of database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import sqlalchemy as sa

    from certwright.store.statements import Statements

SCHEMA_VERSION = 1


class Backend(Protocol):
    """shown: the address without credentials. is_local_file: whether it lives on this machine's disk."""

    shown: str
    is_local_file: bool

    def exists(self) -> bool:
        """Whether a complete store is there. Never makes anything; raises StoreUnavailable when it cannot be told."""

    def create(self, meta: dict[str, str]) -> None:
        """Make the tables and the meta rows, all or nothing; does nothing when another process was first."""

    def open(self) -> str:
        """Check that an existing store can be used; returns its id. Raises StoreAbsent, StoreUnavailable."""

    @property
    def statements(self) -> Statements: ...

    def reader(self) -> AbstractContextManager[sa.Connection]:
        """A connection in a read-only transaction with one snapshot."""

    def writer(self) -> AbstractContextManager[sa.Connection]:
        """A connection in the one write transaction of the store: committed at the end, rolled back on an exception."""

    def leaser(self) -> AbstractContextManager[sa.Connection]:
        """A connection in a short write transaction on the leases only."""

    @property
    def database_now(self) -> str:
        """SQL for the database's own time in seconds since 1970."""

    def close(self) -> None: ...
