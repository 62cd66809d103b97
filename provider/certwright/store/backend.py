"""What SqlStore needs of one kind of database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from certwright.store.statements import Statements

# Record type → primary key → the record, or None where there is none.
Known = dict[type[Any], dict[tuple[Any, ...], Any]]


class Connection(Protocol):
    """A database connection inside a transaction.

    driver: the DBAPI connection (PEP 249); statements are text already and go straight to its cursors. failure: the base of
    the driver's exceptions. known: what was read by its whole key and is still so; a session adds to it.
    """

    @property
    def known(self) -> Known: ...

    @property
    def driver(self) -> Any: ...

    @property
    def failure(self) -> type[Exception]: ...

    def failed(self, error: BaseException) -> None:
        """Told of an exception of the driver; a connection that is dead by it is not handed out again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A store that is there. `layout` is not newer than this program's."""

    store_id: str
    layout: int


class Backend(Protocol):
    """shown: the address without credentials. is_local_file: whether it lives on this machine's disk."""

    shown: str
    is_local_file: bool

    def exists(self) -> bool:
        """Whether a complete store is there. Never makes anything; raises StoreUnavailable when it cannot be told."""

    def create(self, meta: dict[str, str]) -> None:
        """Make the tables and the meta rows, all or nothing; does nothing when another process was first."""

    def open(self) -> Found:
        """Check that an existing store can be used. Raises StoreAbsent, StoreUnavailable."""

    def migrate(self) -> Path | None:
        """Bring the store to today's layout, in one transaction; does nothing when another process was first. Returns where
        a copy of the older store lies, None when none was made."""

    @property
    def statements(self) -> Statements: ...

    def statements_for(self, layout: int) -> Statements:
        """To read a store of an older layout with. Raises StoreUnavailable when that cannot be."""

    def reader(self) -> AbstractContextManager[Connection]:
        """A connection in a read-only transaction with one snapshot."""

    def writer(self) -> AbstractContextManager[Connection]:
        """A connection in the one write transaction of the store: committed to the disk at the end, rolled back on an
        exception."""

    def leaser(self) -> AbstractContextManager[Connection]:
        """A connection in a short write transaction on the leases only."""

    @property
    def leases_table(self) -> str:
        """The leases' table, with its schema where there is one."""

    @property
    def database_now(self) -> str:
        """SQL for the database's own time in seconds since 1970."""

    def close(self) -> None: ...
