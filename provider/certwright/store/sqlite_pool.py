"""Connections to one SQLite file, and pools of them: the standard library's driver, with begin, commit and memory of ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from certwright.store.backend import Known
from certwright.store.failures import translate

BUSY_TIMEOUT_S = 60.0
MOST_KNOWN = 4096  # records that a connection remembers
CONNECTION_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA wal_autocheckpoint=4000",  # 16 MiB: the pages that every issue touches are copied back less often
    "PRAGMA fullfsync=ON",  # macOS: fsync alone does not reach the disk
    "PRAGMA checkpoint_fullfsync=ON",
)


class SqliteConnection:
    """One connection of the driver's; `backend.Connection`."""

    __slots__ = ("_version", "dead", "driver", "known")
    failure = sqlite3.Error

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver = driver
        self.dead = False
        self.known: Known = {}
        self._version = -1

    def begin(self, statement: str) -> None:
        """What earlier transactions of a connection have read holds until anybody else commits, in any process; what it wrote
        itself its sessions take out."""
        self.run(statement)
        (version,) = self.driver.execute("PRAGMA data_version").fetchone()
        if version != self._version or sum(map(len, self.known.values())) > MOST_KNOWN:
            self.known.clear()
            self._version = version

    def failed(self, error: BaseException) -> None:
        self.dead = isinstance(error, sqlite3.ProgrammingError)  # closed behind our back

    def run(self, statement: str) -> None:
        self.driver.execute(statement).close()

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.driver.close()


class Pool:
    """Connections of one kind. As many are open as transactions ran at once; each is used by one thread at a time."""

    def __init__(self, connect: Callable[[], SqliteConnection], *, begin: str, shown: str) -> None:
        self._connect = connect
        self._begin = begin
        self._shown = shown
        self._idle: list[SqliteConnection] = []  # append and pop are atomic

    @contextmanager
    def transaction(self, *, doing: str, commit: bool) -> Iterator[SqliteConnection]:
        connection = self._begun(doing)
        try:
            yield connection
            if commit:
                try:
                    connection.driver.commit()
                except sqlite3.Error as error:
                    raise translate(error, doing=f"committing to ({doing})", shown=self._shown) from None
        finally:
            try:
                connection.driver.rollback()  # nothing is left to roll back after a commit
            except sqlite3.Error:
                connection.dead = True
            if connection.dead:
                connection.close()
            else:
                self._idle.append(connection)

    def _begun(self, doing: str) -> SqliteConnection:
        connection = self._taken()
        try:
            if connection is None:
                connection = self._connect()
            connection.begin(self._begin)
            return connection
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise translate(error, doing=doing, shown=self._shown) from None

    def _taken(self) -> SqliteConnection | None:
        """An idle one, unless other threads have them all."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def close(self) -> None:
        while (connection := self._taken()) is not None:
            connection.close()


def connect(path: Path, mode: str, *pragmas: str) -> SqliteConnection:
    """mode: ``ro`` or ``rw``, never ``rwc``: opening does not make a file."""
    frozen = "&immutable=1" if mode == "ro" and _is_frozen(path) else ""
    driver = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}{frozen}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,  # we begin ourselves: the driver's own begin is deferred
        check_same_thread=False,
        cached_statements=256,
    )
    connection = SqliteConnection(driver)
    for pragma in (*CONNECTION_PRAGMAS, *pragmas):
        connection.run(pragma)
    return connection


def _is_frozen(path: Path) -> bool:
    """A store on a read-only medium, e.g. a mounted backup: without its WAL's index, SQLite reads it as immutable only.

    Nobody but the owner could write there (the directory is 0700), and the owner cannot.
    """
    if os.access(path.parent, os.W_OK):
        return False
    wal = path.with_name(f"{path.name}-wal")
    return not wal.exists() or wal.stat().st_size == 0
