"""Fenced leases in the store's own table, by the database's clock (SEC-9)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from certwright.domain.errors import Cancelled, CertwrightError, Conflict
from certwright.engine.claims import died_here
from certwright.engine.ports import CancelSignal, Lease
from certwright.store.backend import Backend, Connection
from certwright.store.failures import translate

FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 0.5


@dataclass(slots=True, kw_only=True)
class _Held:
    lease: Lease
    seconds: float
    renew_at: float  # monotonic seconds
    lost: bool = False


class Leases:
    """The leases of one store in this process. One thread renews all that are held; it starts with the first."""

    def __init__(self, backend: Backend, *, holder: str) -> None:
        self._backend = backend
        self._holder = holder
        self._held: dict[tuple[str, int], _Held] = {}
        self._changed = threading.Condition()
        self._renewer: threading.Thread | None = None
        self._closed = False
        self._mine = threading.local()  # .stack: what this thread holds
        self._sql = _Sql.of(backend)

    @contextmanager
    def hold(self, name: str, *, seconds: float, wait_seconds: float, cancel: CancelSignal | None) -> Iterator[Lease]:
        lease = self._acquire(name, seconds=seconds, wait_seconds=wait_seconds, cancel=cancel)
        held = _Held(lease=lease, seconds=seconds, renew_at=time.monotonic() + seconds / 3)
        self._watch(held)
        stack: list[_Held] = self._mine.__dict__.setdefault("stack", [])
        stack.append(held)
        try:
            yield lease
        finally:
            stack.remove(held)
            self._unwatch(held)
            self._release(lease)

    def refuse_lost(self, connection: Connection) -> None:
        """Fencing: inside a write transaction, whatever this thread holds must still be its own."""
        for held in getattr(self._mine, "stack", ()):
            lease = held.lease
            row: Any = self._run(connection, self._sql.check, (lease.name,)).fetchone()
            if row is None or row[0] != lease.token:
                raise Conflict(
                    f"the lease on {lease.name} was lost: this process was silent for more than {held.seconds:g} s, "
                    "and another one took over. Nothing was written; run again",
                    code="store.lease_lost",
                )

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            renewer = self._renewer
        if renewer is not None and renewer is not threading.current_thread():
            renewer.join(timeout=5)

    def _acquire(self, name: str, *, seconds: float, wait_seconds: float, cancel: CancelSignal | None) -> Lease:
        # What was waited is added up from the pauses: right under any clock.
        pause, waited = FIRST_WAIT_S, 0.0
        signal: CancelSignal = cancel if cancel is not None else threading.Event()
        while True:
            if signal.is_set():
                raise Cancelled(f"cancelled while waiting for the lease on {name}")
            with self._backend.leaser() as connection:
                row: Any = self._run(connection, self._sql.acquire, (name, self._holder, seconds)).fetchone()
                if row is not None:
                    return Lease(name=name, holder=self._holder, token=int(row[0]))
                other: Any = self._run(connection, self._sql.look, (name,)).fetchone()
                if other is not None and died_here(_identity(other[0])):
                    # kill -9 leaves a lease behind; nobody has to wait until it lapses. The token still fences.
                    self._run(connection, self._sql.release, (name, other[2]))
                    continue
            if waited >= wait_seconds:
                raise self._taken(name, other, wait_seconds)
            step = min(pause * random.uniform(0.5, 1.0), wait_seconds - waited)
            signal.wait(step)
            waited += max(step, 0.001)
            pause = min(pause * 2, LONGEST_WAIT_S)

    def _taken(self, name: str, other: Any, wait_seconds: float) -> Conflict:
        who, since = (
            (other[0].partition(" [")[0], _spell(other[1])) if other is not None else ("somebody", "a moment ago")
        )
        return Conflict(
            f"{name} is being worked on by {who} since {since}; waited {wait_seconds:g} s. Run again when that is done",
            code="store.leased",
        )

    def _release(self, lease: Lease) -> None:
        try:
            with self._backend.leaser() as connection:
                self._run(connection, self._sql.release, (lease.name, lease.token))
        except CertwrightError:
            pass  # it lapses by itself; the work under it has its own outcome, which must not be hidden

    def _watch(self, held: _Held) -> None:
        with self._changed:
            self._held[held.lease.name, held.lease.token] = held
            if self._renewer is None or not self._renewer.is_alive():
                self._renewer = threading.Thread(target=self._renew_all, name="certwright-leases", daemon=True)
                self._renewer.start()
            self._changed.notify_all()

    def _unwatch(self, held: _Held) -> None:
        with self._changed:
            self._held.pop((held.lease.name, held.lease.token), None)

    def _renew_all(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                due = [held for held in self._held.values() if held.renew_at <= now and not held.lost]
                if not due:
                    soonest = min((held.renew_at for held in self._held.values() if not held.lost), default=now + 60)
                    self._changed.wait(timeout=max(soonest - now, 0.01))
                    continue
            for held in due:
                self._renew(held)

    def _renew(self, held: _Held) -> None:
        try:
            with self._backend.leaser() as connection:
                parameters = (held.seconds, held.lease.name, held.lease.token)
                held.lost = self._run(connection, self._sql.renew, parameters).rowcount == 0
        except CertwrightError:
            pass  # tried again soon; when it has lapsed meanwhile, the fence tells
        held.renew_at = time.monotonic() + held.seconds / 3

    def _run(self, connection: Connection, sql: str, parameters: tuple[object, ...]) -> Any:
        """The DBAPI cursor after the statement."""
        try:
            cursor = connection.driver.cursor()
            cursor.execute(sql, parameters)
            return cursor
        except connection.failure as error:
            connection.failed(error)
            raise translate(error, doing="taking a lease in", shown=self._backend.shown) from None


def _identity(holder: str) -> str:
    """`root on vm, process 7 [vm/boot/7/start]` → what is in the brackets, as `claims.this_process` gave it."""
    return holder.partition(" [")[2].removesuffix("]")


def _spell(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sql:
    """The five statements, with the database's own clock in them."""

    acquire: str
    look: str
    check: str
    renew: str
    release: str

    @classmethod
    def of(cls, backend: Backend) -> _Sql:
        now, statements = backend.database_now, backend.statements
        p = "?" if statements.is_sqlite else "%s"
        table = backend.leases_table
        lock = "" if statements.is_sqlite else " FOR SHARE"
        return cls(
            acquire=f"INSERT INTO {table} AS l (name, holder, token, since, until) "  # noqa: S608
            f"VALUES ({p}, {p}, 1, {now}, {now} + {p}) "
            "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = l.token + 1, "
            f"since = excluded.since, until = excluded.until WHERE l.until <= {now} RETURNING token",
            look=f"SELECT holder, since, token FROM {table} WHERE name = {p}",  # noqa: S608
            check=f"SELECT token FROM {table} WHERE name = {p}{lock}",  # noqa: S608
            renew=f"UPDATE {table} SET until = {now} + {p} WHERE name = {p} AND token = {p}",  # noqa: S608
            release=f"UPDATE {table} SET until = 0 WHERE name = {p} AND token = {p}",  # noqa: S608
        )
