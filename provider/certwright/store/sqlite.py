"""A store in one SQLite file: WAL, synchronous=FULL, for its owner only. The driver is the standard library's."""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from certwright.domain.errors import Conflict, StoreMismatch, StoreUnavailable
from certwright.engine.failpoints import hit
from certwright.store import opened
from certwright.store.backend import Found
from certwright.store.failures import translated
from certwright.store.migrations import LAYOUT
from certwright.store.private import make_private_directory, place, sync, sync_directory
from certwright.store.sqlite_pool import BUSY_TIMEOUT_S, Pool, SqliteConnection, connect
from certwright.store.statements import Form, Prepared, Statements

READERS_WAIT_S = 0.02
OLDEST_SQLITE = (3, 35, 0)  # RETURNING
APPLICATION_ID = 0x43657274  # "Cert", in the file's header: tells our file from another database
# The audit log only grows, also for somebody who has a SQL prompt (who can drop the trigger; the chain tells).
AUDIT_TRIGGERS = tuple(
    f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    for what in ("UPDATE", "DELETE")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    read: Pool
    write: Pool
    lease: Pool
    identity: tuple[int, int]  # device and inode: a file that was replaced is another store
    pid: int

    def close(self) -> None:
        for pool in (self.read, self.write, self.lease):
            pool.close()


def _written() -> Statements:
    from certwright.store.sqlite_sql import FORMS

    return Statements(is_sqlite=True, compile=_compiled, written=FORMS)


def _compiled(form: Form) -> Prepared:
    """For a form that `make sql` has not written: the same text, only later."""
    from sqlalchemy.dialects.sqlite import dialect

    from certwright.store.compiler import Compiler
    from certwright.store.tables import tables_of

    return Compiler(dialect(), tables_of(None))(form)


class SqliteBackend:
    """The file at `path`. Its directory is made 0700, the file 0600; wider permissions are refused."""

    is_local_file = True
    # Julian days have a resolution of about a millisecond, enough for leases.
    database_now = "((julianday('now') - 2440587.5) * 86400.0)"
    leases_table = "leases"

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.shown = str(self.path)
        self.statements = _written()
        self._opened: _Opened | None = None
        self._inherited: list[_Opened] = []  # a parent process's connections: a child must not close them, ever
        self._opening = threading.Lock()
        self._reading = threading.RLock()
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

    def open(self) -> Found:
        if not self.exists():
            raise opened.absent(self.shown)
        self._refuse_wide(self.path.parent, "directory", 0o700)
        self._refuse_wide(self.path, "file", 0o600)
        with self.reader() as connection, translated("opening", self.shown, sqlite3.Error):
            return opened.check_meta(connection, self.statements, self.shown)

    def statements_for(self, layout: int) -> Statements:
        return Statements(
            is_sqlite=True,
            compile=_compiled,
            written=self.statements.written,
            shapes=opened.shapes_for(layout, "main.", self.shown),
        )

    def migrate(self) -> Path | None:
        # 1. as the one writer, look again; 2. a copy, complete and on the disk; 3. all steps; 4. the commit.
        from certwright.store.migrations.migration import SQLITE_WORDS, Runner, run

        with self.writer() as connection, translated("migrating", self.shown, sqlite3.Error):
            layout = opened.check_meta(connection, self.statements, self.shown).layout
            if layout == LAYOUT:
                return None
            copy = self._copy(layout)
            hit("migration.after_copy")
            run(Runner(execute=lambda text: connection.driver.execute(text).fetchall(), words=SQLITE_WORDS), layout)
            hit("migration.before_commit")
        hit("migration.after_commit")
        return copy

    def _copy(self, layout: int) -> Path:
        """The store as it is, beside it; an earlier copy stays."""
        fresh = self.path.parent / f".{self.path.name}.{secrets.token_hex(8)}.new"
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            source, target = connect(self.path, "ro"), sqlite3.connect(fresh)
            try:
                source.driver.backup(target)
            finally:
                source.close()
                target.close()
            sync(fresh)
            for number in count(1):
                copy = self.path.with_name(f"{self.path.name}.layout-{layout}{f'.{number}' if number > 1 else ''}")
                with suppress(FileExistsError):
                    place(fresh, copy)
                    sync_directory(copy.parent)
                    return copy
        finally:
            fresh.unlink(missing_ok=True)
        raise AssertionError("unreachable")

    @contextmanager
    def reader(self) -> Iterator[SqliteConnection]:
        # Sixteen threads that read at once do nothing but pass the interpreter's lock to each other at every call of the
        # driver, which costs as much as the reading. So short reads take turns, and nobody waits long for a long one.
        mine = self._reading.acquire(timeout=READERS_WAIT_S)
        try:
            with self._current().read.transaction(doing="reading", commit=False) as connection:
                yield connection
        finally:
            if mine:
                self._reading.release()

    @contextmanager
    def writer(self) -> Iterator[SqliteConnection]:
        with (
            self._my_turn(),
            self._current().write.transaction(doing="writing to", commit=True) as connection,
        ):
            yield connection

    @contextmanager
    def leaser(self) -> Iterator[SqliteConnection]:
        with (
            self._my_turn(),
            self._current().lease.transaction(doing="taking a lease in", commit=True) as connection,
        ):
            yield connection

    def close(self) -> None:
        with self._opening:
            current, self._opened = self._opened, None
            if current is not None and current.pid != os.getpid():
                self._inherited.append(current)
                current = None
        if current is not None:
            current.close()

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
            return os.stat(self.shown)  # of every transaction, so without the detour through Path
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

    def _current(self) -> _Opened:
        """The connections to the file that is there now. Raises StoreAbsent, or StoreMismatch when it was replaced."""
        status = self._stat()
        if status is None:
            raise opened.absent(self.shown)
        identity = (status.st_dev, status.st_ino)
        current = self._opened
        if current is None or current.pid != os.getpid():
            with self._opening:
                current = self._opened
                if current is None or current.pid != os.getpid():
                    if current is not None:
                        self._inherited.append(current)
                    self._opened = current = self._connectable(identity)
        if current.identity != identity:
            raise StoreMismatch(
                f"the store {self.shown} was replaced by another file while this process was using it; run again"
            )
        return current

    def _connectable(self, identity: tuple[int, int]) -> _Opened:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StoreUnavailable(
                f"SQLite {sqlite3.sqlite_version} is too old for the store (needs {'.'.join(map(str, OLDEST_SQLITE))}); "
                "use a newer Python, or a PostgreSQL store",
                code="store.driver",
            )

        def pool(mode: str, begin: str, *pragmas: str) -> Pool:
            return Pool(
                lambda: connect(self.path, mode, *pragmas),
                begin=begin,
                shown=self.shown,
            )

        return _Opened(
            read=pool("ro", "BEGIN", "PRAGMA query_only=ON"),
            write=pool("rw", "BEGIN IMMEDIATE", "PRAGMA synchronous=FULL"),
            # A lease that a power cut forgets has no holder left on this machine: no sync for each.
            lease=pool("rw", "BEGIN IMMEDIATE", "PRAGMA synchronous=NORMAL"),
            identity=identity,
            pid=os.getpid(),
        )

    def _fill(self, path: Path, meta: dict[str, str]) -> None:
        from certwright.store.sqlite_sql import TABLES

        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with translated("making", self.shown, sqlite3.Error):
            connection = connect(path, "rw", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
            try:
                connection.run(f"PRAGMA application_id={APPLICATION_ID}")
                connection.run("BEGIN IMMEDIATE")
                for statement in (*TABLES, *AUDIT_TRIGGERS):
                    connection.run(statement)
                opened.fill_meta(connection, self.statements, meta)
                connection.driver.commit()
            finally:
                connection.close()
