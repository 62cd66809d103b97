"""Places for stores, and a way to look behind a store's back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from certwright.store.actor import Actor
from certwright.store.sql import SqlStore
from certwright.system import SystemClock
from servers.postgres import PostgresServer

ACTOR = Actor(who="ann", source="OS user")


def open_store(url: str, *, may_create: bool = True, testing: bool = True) -> SqlStore:
    return SqlStore(url, may_create=lambda: may_create, testing=testing, clock=SystemClock(), actor=ACTOR)


@dataclass
class Place:
    """Where a store may be. `server` is None for SQLite, `path` for PostgreSQL."""

    url: str
    path: Path | None = None
    server: PostgresServer | None = None
    opened: list[SqlStore] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.path is not None

    @property
    def schema(self) -> str:
        return self.url.partition("schema=")[2]

    def open(self, *, may_create: bool = True, testing: bool = True) -> SqlStore:
        store = open_store(self.url, may_create=may_create, testing=testing)
        self.opened.append(store)
        return store

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        """Run SQL behind the store's back; `{s}` stands for the schema's prefix. Returns the last one's rows."""
        if self.path is not None:
            import sqlite3

            connection = sqlite3.connect(self.path, isolation_level=None)
            try:
                rows = [connection.execute(text.format(s="")).fetchall() for text in statements]
            finally:
                connection.close()
            return rows[-1]
        assert self.server is not None
        with self.server.connect() as link:
            rows = []
            for text in statements:
                cursor = link.execute(text.format(s=f"{self.schema}."))
                rows.append(cursor.fetchall() if cursor.description else [])
        return rows[-1]
