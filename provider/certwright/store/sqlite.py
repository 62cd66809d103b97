"""A store in one SQLite file: WAL, synchronous=FULL, for its owner only."""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from certwright.domain.errors import Conflict, StoreMismatch, StoreUnavailable
from certwright.store import opened
from certwright.store.failures import translated
from certwright.store.private import make_private_directory, place, sync, sync_directory
from certwright.store.statements import Statements
from certwright.store.tables import Tables, tables_of

BUSY_TIMEOUT_S = 60.0
OLDEST_SQLITE = (3, 35, 0)  # RETURNING
APPLICATION_ID = 0x43657274  # "Cert", in the file's header: tells our file from another database
CONNECTION_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA fullfsync=ON",  # macOS: fsync alone does not reach the disk
    "PRAGMA checkpoint_fullfsync=ON",
)
# The audit log only grows, also for somebody who has a SQL prompt (who can drop the trigger; the chain tells).
AUDIT_TRIGGERS = tuple(
    f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    for what in ("UPDATE", "DELETE")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engines:
    read: sa.Engine
    write: sa.Engine
    lease: sa.Engine
    statements: Statements
    identity: tuple[int, int]  # device and inode: a file that was replaced is another store
    pid: int

    def dispose(self) -> None:
        for engine in (self.read, self.write, self.lease):
            engine.dispose()


class SqliteBackend:
    """The file at `path`. Its directory is made 0700, the file 0600; wider permissions are refused."""

    is_local_file = True
    # Julian days have a resolution of about a millisecond, enough for leases.
    database_now = "((julianday('now') - 2440587.5) * 86400.0)"

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.shown = str(self.path)
        self._tables: Tables = tables_of(None)
        self._engines: _Engines | None = None
        self._inherited: list[_Engines] = []  # a parent process's connections: a child must not close them, ever
        self._opening = threading.Lock()
        self._turn = threading.Lock()  # threads of one process queue here instead of polling the file's lock

    def exists(self) -> bool:
        status = self._stat()
        if status is None:
            return False
        if status.st_size == 0:
            raise StoreUnavailable(
                f"{self.shown} is an empty file and not a certwright store; restore the store from a backup, or remove "
                "the file if there never was one",
                code="store.damaged",
            )
        return True

    def create(self, meta: dict[str, str]) -> None:
        # 1. everything in a file beside it, 2. on disk, 3. into place if nobody was first: absent or complete.
        directory = self.path.parent
        try:
            make_private_directory(directory)
            self._refuse_wide(directory, "directory", 0o700)
            fresh = directory / f".{self.path.name}.{secrets.token_hex(8)}.new"
            try:
                self._fill(fresh, meta)
                sync(fresh)
                with suppress(FileExistsError):
                    place(fresh, self.path)
                sync_directory(directory)
            finally:
                fresh.unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"the store {self.shown} cannot be made: {error.strerror or error}") from None

    def open(self) -> str:
        if not self.exists():
            raise opened.absent(self.shown)
        self._refuse_wide(self.path.parent, "directory", 0o700)
        self._refuse_wide(self.path, "file", 0o600)
        with self.reader() as connection, translated("opening", self.shown):
            return opened.check_meta(connection, self._tables, self.shown)

    @property
    def statements(self) -> Statements:
        return self._current().statements

    def reader(self) -> AbstractContextManager[sa.Connection]:
        return opened.transaction(self._current().read, doing="reading", shown=self.shown, commit=False)

    @contextmanager
    def writer(self) -> Iterator[sa.Connection]:
        with self._my_turn():
            engine = self._current().write
            with opened.transaction(engine, doing="writing to", shown=self.shown, commit=True) as connection:
                yield connection

    @contextmanager
    def leaser(self) -> Iterator[sa.Connection]:
        with self._my_turn():
            engine = self._current().lease
            with opened.transaction(engine, doing="taking a lease in", shown=self.shown, commit=True) as connection:
                yield connection

    def close(self) -> None:
        with self._opening:
            engines, self._engines = self._engines, None
            if engines is not None and engines.pid != os.getpid():
                self._inherited.append(engines)
                engines = None
        if engines is not None:
            engines.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise Conflict(
                f"another thread has been writing to {self.shown} for more than {BUSY_TIMEOUT_S:.0f} s",
                code="store.busy",
            )
        try:
            yield
        finally:
            self._turn.release()

    def _stat(self) -> os.stat_result | None:
        try:
            return self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreUnavailable(
                f"whether there is a store at {self.shown} cannot be told: {error.strerror or error}"
            ) from None

    def _refuse_wide(self, path: Path, what: str, wanted: int) -> None:
        if os.name != "posix":
            return
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise StoreUnavailable(
                f"the {what} {path} may be used by others (mode {mode:04o}), and holds the store of private keys; "
                f"run `chmod {wanted:o} {path}`, or give the store a directory of its own",
                code="store.permissions",
            )

    def _current(self) -> _Engines:
        """The engines for the file that is there now. Raises StoreAbsent, or StoreMismatch when it was replaced."""
        status = self._stat()
        if status is None:
            raise opened.absent(self.shown)
        identity = (status.st_dev, status.st_ino)
        engines = self._engines
        if engines is None or engines.pid != os.getpid():
            with self._opening:
                engines = self._engines
                if engines is None or engines.pid != os.getpid():
                    if engines is not None:
                        self._inherited.append(engines)
                    self._engines = engines = self._connectable(identity)
        if engines.identity != identity:
            raise StoreMismatch(
                f"the store {self.shown} was replaced by another file while this process was using it; run again"
            )
        return engines

    def _connectable(self, identity: tuple[int, int]) -> _Engines:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StoreUnavailable(
                f"SQLite {sqlite3.sqlite_version} is too old for the store (needs {'.'.join(map(str, OLDEST_SQLITE))}); "
                "use a newer Python, or a PostgreSQL store",
                code="store.driver",
            )
        write = self._engine("rw", begin="BEGIN IMMEDIATE", pragmas=("PRAGMA synchronous=FULL",))
        return _Engines(
            read=self._engine("ro", begin="BEGIN", pragmas=("PRAGMA query_only=ON",)),
            write=write,
            # A lease that a power cut forgets has no holder left on this machine: no sync for each.
            lease=self._engine("rw", begin="BEGIN IMMEDIATE", pragmas=("PRAGMA synchronous=NORMAL",)),
            statements=Statements(dialect=write.dialect, tables=self._tables),
            identity=identity,
            pid=os.getpid(),
        )

    def _engine(self, mode: str, *, begin: str, pragmas: tuple[str, ...]) -> sa.Engine:
        engine = _engine(_connector(self.path, mode, pragmas))

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def _fill(self, path: Path, meta: dict[str, str]) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        engine = _engine(_connector(path, "rw", ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")))
        try:
            with translated("making", self.shown), engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                self._tables.metadata.create_all(connection)
                for trigger in AUDIT_TRIGGERS:
                    connection.exec_driver_sql(trigger)
                opened.fill_meta(connection, self._tables, meta)
                connection.commit()
        finally:
            engine.dispose()


def _engine(connect: Callable[[], sqlite3.Connection]) -> sa.Engine:
    return sa.create_engine(
        "sqlite://", creator=connect, poolclass=sa.QueuePool, pool_size=4, max_overflow=60, hide_parameters=True
    )


def _connector(path: Path, mode: str, pragmas: tuple[str, ...]) -> Callable[[], sqlite3.Connection]:
    """mode: ``ro`` or ``rw``, never ``rwc``: opening does not make a file."""

    def connect() -> sqlite3.Connection:
        frozen = "&immutable=1" if mode == "ro" and _is_frozen(path) else ""
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}{frozen}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,  # we begin ourselves: the driver's own begin is deferred
            check_same_thread=False,
            cached_statements=256,
        )
        for pragma in (*CONNECTION_PRAGMAS, *pragmas):
            connection.execute(pragma).close()
        return connection

    return connect


def _is_frozen(path: Path) -> bool:
    """A store on a read-only medium, e.g. a mounted backup: without its WAL's index, SQLite reads it as immutable only.

    Nobody but the owner could write there (the directory is 0700), and the owner cannot.
    """
    if os.access(path.parent, os.W_OK):
        return False
    wal = path.with_name(f"{path.name}-wal")
    return not wal.exists() or wal.stat().st_size == 0
