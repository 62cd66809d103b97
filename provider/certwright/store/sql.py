"""The store: SQLite (default) or PostgreSQL. What a database needs is imported at its first use."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from certwright.domain.errors import StoreAbsent, StoreMismatch, StoreUnavailable
from certwright.engine.failpoints import hit
from certwright.engine.ports import CancelSignal, Clock, Lease, Reader, Transaction
from certwright.engine.records import MetaRecord
from certwright.store import writing
from certwright.store.actor import Actor
from certwright.store.migrations import LAYOUT

if TYPE_CHECKING:
    from certwright.store.backend import Backend, Connection, Found
    from certwright.store.leases import Leases
    from certwright.store.session import SessionContext
    from certwright.store.statements import Statements

ALLOW_SETTING = "CERTWRIGHT_ALLOW_NEW_STORE"
SQLITE_PREFIX = "sqlite:///"
POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_OFF = frozenset({"", "0", "false", "no", "off"})


def is_local_file(url: str) -> bool:
    return url.startswith("sqlite:")


def creation_allowed(url: str, environment: Mapping[str, str]) -> bool:
    """SEC-8: on a CI runner a new local-file store would die with the runner, so it needs an explicit setting."""
    if environment.get(ALLOW_SETTING, "").strip().lower() not in _OFF:
        return True
    on_ci = environment.get("CI", "").strip().lower() not in _OFF
    return not (on_ci and is_local_file(url))


def open_backend(url: str) -> Backend:
    """The backend for an address. Opens nothing yet. Raises StoreUnavailable for an address that is not understood."""
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        from certwright.store.sqlite import SqliteBackend

        path = url.removeprefix(SQLITE_PREFIX)
        if not url.startswith(SQLITE_PREFIX) or path in ("", ":memory:"):
            raise StoreUnavailable(
                "a SQLite store needs a file: sqlite:///relative/path or sqlite:////absolute/path",
                code="store.address",
            )
        return SqliteBackend(Path(path))
    if scheme in POSTGRES_SCHEMES:
        from certwright.store.postgres import PostgresBackend

        return PostgresBackend(url)
    raise StoreUnavailable(
        f"the store's address begins with {scheme[:32]!r}; known are sqlite:/// and postgresql://", code="store.address"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """The layout before and after, and where a copy of what it was lies (None: none was made)."""

    before: int
    after: int
    copy: Path | None


class SqlStore:
    """`ports.Store`. Safe to use from several threads; one write transaction at a time per store.

    may_create: asked when `write` or `lease` finds no store; False refuses with StoreAbsent (SEC-8).
    testing: whether a store that is made here is marked as made for testing (SEC-9); an existing one keeps its mark.
    """

    def __init__(self, url: str, *, may_create: Callable[[], bool], testing: bool, clock: Clock, actor: Actor) -> None:
        self._url = url
        self._may_create = may_create
        self._testing = testing
        self._clock = clock
        self._actor = actor
        self._opening = threading.RLock()
        self._backend_: Backend | None = None
        self._leases_: Leases | None = None
        self._found: Found | None = None
        self._statements: dict[int, Statements] = {}  # of older layouts
        self._is_testing: bool | None = None
        self._mine = threading.local()  # .writing

    def __repr__(self) -> str:
        return f"SqlStore({self._url.partition(':')[0]})"

    @property
    def store_id(self) -> str:
        return self._open().store_id

    def exists(self) -> bool:
        return self._backend.exists()

    def is_testing(self) -> bool:
        if self._is_testing is None:
            try:
                with self.read() as reader:
                    found = reader.one(MetaRecord, key="testing")
            except StoreAbsent:
                return self._testing
            self._is_testing = found is not None and found.value == "1"
        return self._is_testing

    @property
    def layout(self) -> int:
        """The layout that the store has; `migrations.LAYOUT` is this program's."""
        return self._open().layout

    @contextmanager
    def read(self) -> Iterator[Reader]:
        from certwright.store.session import SqlReader

        context = self._context()
        with self._backend.reader() as connection:
            if self._open().layout != LAYOUT:
                context = self._older(connection, context)
            yield SqlReader(connection, context)

    def _older(self, connection: Connection, context: SessionContext) -> SessionContext:
        """To read an older layout with: the one of this connection's snapshot, since another process may have migrated it."""
        from certwright.store.opened import check_meta

        with self._opening:
            self._found = check_meta(connection, self._backend.statements, self._backend.shown)
            layout = self._found.layout
            if layout == LAYOUT:
                return context
            if layout not in self._statements:
                self._statements[layout] = self._backend.statements_for(layout)
            return replace(context, statements=self._statements[layout])

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        from certwright.store.session import SqlTransaction

        if getattr(self._mine, "writing", False):
            raise RuntimeError("a write transaction inside another one of the same thread would wait for ever")
        self._create_if_allowed()
        self.upgrade()
        context, leases = (
            self._context(),
            self._leases,
        )  # made before the transaction: who opens something may wait for it
        self._mine.writing = True
        before = writing.begin()
        try:
            with self._backend.writer() as connection:
                leases.refuse_lost(connection)
                tx = SqlTransaction(connection, context)
                yield tx
                tx.flush()
                hit("store.before_commit")
            hit("store.after_commit")
        finally:
            writing.end(before)
            self._mine.writing = False

    def lease(
        self, name: str, *, seconds: float, wait_seconds: float, cancel: CancelSignal | None = None
    ) -> AbstractContextManager[Lease]:
        if getattr(self._mine, "writing", False):
            raise RuntimeError("a lease is taken before the write transaction, not inside it")
        self._create_if_allowed()
        self.upgrade()
        return self._leases.hold(name, seconds=seconds, wait_seconds=wait_seconds, cancel=cancel)

    def create(self) -> str:
        """Make the store unless there is one; returns its id. Asks nobody: `may_create` is for the implicit way."""
        if not self._backend.exists():
            self._backend.create({"store_id": secrets.token_hex(16), "testing": "1" if self._testing else "0"})
        return self._open().store_id

    def upgrade(self) -> Upgraded:
        """Bring an older store to today's layout, before the first write. Raises StoreAbsent, StoreUnavailable."""
        found, copy = self._open(), None
        if found.layout != LAYOUT:
            with self._opening:
                # Another thread may have done it meanwhile; it writes by now, and would wait for us as we for it.
                if self._open().layout != LAYOUT:
                    copy = self._backend.migrate()
                    self._found = self._backend.open()
        return Upgraded(before=found.layout, after=LAYOUT, copy=copy)

    def close(self) -> None:
        if self._leases_ is not None:
            self._leases_.close()
        if self._backend_ is not None:
            self._backend_.close()

    @property
    def _backend(self) -> Backend:
        if self._backend_ is None:
            with self._opening:
                if self._backend_ is None:
                    self._backend_ = open_backend(self._url)
        return self._backend_

    @property
    def _leases(self) -> Leases:
        if self._leases_ is None:
            from certwright.engine.claims import this_process
            from certwright.store.leases import Leases

            with self._opening:
                if self._leases_ is None:
                    who = f"{self._actor.who} on {socket.gethostname()}, process {os.getpid()}"
                    holder = f"{who} [{this_process()}]"
                    self._leases_ = Leases(self._backend, holder=holder)
        return self._leases_

    def _create_if_allowed(self) -> None:
        if self._backend.exists():
            return
        if self._found is not None:
            raise StoreMismatch(
                f"the store {self._backend.shown} has gone while this process was using it; nothing was written. "
                "Restore it from a backup"
            )
        if not self._may_create():
            raise StoreAbsent(
                f"there is no certwright store at {self._backend.shown}, and a new one is not made here: on a CI "
                "runner a store in a local file would be lost with the runner, and every certificate with it. Point "
                f"CERTWRIGHT_STORE to the store that you have, or run `certwright init`, or set {ALLOW_SETTING}=1",
            )
        self.create()

    def _open(self) -> Found:
        if self._found is None:
            with self._opening:
                if self._found is None:
                    self._found = self._backend.open()
        return self._found

    def _context(self) -> SessionContext:
        from certwright.store.session import SessionContext

        store_id = self._open().store_id
        return SessionContext(
            statements=self._backend.statements, shown=self._backend.shown, store_id=store_id, actor=self._actor
        )
