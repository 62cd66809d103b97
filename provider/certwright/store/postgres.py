"""A store in a schema of a PostgreSQL database, for teams: any number of machines, one writer at a time."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from certwright.domain.errors import StoreUnavailable
from certwright.engine.failpoints import hit
from certwright.store import opened
from certwright.store.backend import Found, Known
from certwright.store.compiler import Compiler
from certwright.store.failures import translate, translated
from certwright.store.migrations import LAYOUT
from certwright.store.statements import Statements
from certwright.store.tables import Tables, tables_of

DRIVER = "postgresql+psycopg"
DEFAULT_SCHEMA = "certwright"
CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_S = 60
_SCHEMA_NAME = re.compile(r"^[a-z_][a-z0-9_]{0,62}$")

# The audit log only grows, also for somebody who has a SQL prompt (who can drop the trigger; the chain tells).
AUDIT_TRIGGERS = (
    "CREATE FUNCTION {s}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$",
    "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {s}.audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION {s}.refuse_change()",
)


class _Connection:
    """`backend.Connection` over SQLAlchemy's, which keeps the pool and the transactions; statements go straight to the
    driver, since SQLAlchemy's result objects would cost more than the statements."""

    __slots__ = ("driver", "failure", "known", "sa")

    def __init__(self, connection: sa.Connection) -> None:
        self.sa = connection
        self.known: Known = {}
        self.driver: Any = connection.connection
        dbapi: Any = connection.dialect.loaded_dbapi
        self.failure: type[Exception] = dbapi.Error

    def failed(self, error: BaseException) -> None:
        if self.sa.dialect.is_disconnect(error, self.driver, None):  # type: ignore[arg-type]
            self.sa.invalidate(error)  # the pool must not hand it out again


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engines:
    base: sa.Engine
    read: sa.Engine
    write: sa.Engine
    statements: Statements
    pid: int


class PostgresBackend:
    """url: ``postgresql://user:password@host/database``, with `?schema=NAME` for another schema than `certwright`.

    Writers queue at one advisory lock per schema, so that a write transaction sees what SQLite's would see: everything
    that was committed before it, and nobody beside it. Leases do not queue there.
    """

    is_local_file = False
    database_now = "(extract(epoch FROM clock_timestamp())::float8)"

    def __init__(self, url: str) -> None:
        self._url, self._schema = _parse(url)
        port = f":{self._url.port}" if self._url.port else ""
        self.shown = f"postgresql://{self._url.host or ''}{port}/{self._url.database} (schema {self._schema})"
        self._tables: Tables = tables_of(self._schema)
        self._lock_key = int.from_bytes(hashlib.sha256(f"certwright:{self._schema}".encode()).digest()[:8], signed=True)
        self._engines: _Engines | None = None
        self._inherited: list[_Engines] = []  # a parent process's connections: a child must not close them, ever
        self._opening = threading.Lock()
        self.leases_table = f"{self._schema}.leases"
        self._seen = False

    def exists(self) -> bool:
        if not self._seen:
            with self._transaction(self._current().base, doing="looking for", commit=False) as connection:
                self._seen = self._is_there(connection.sa)
        return self._seen

    def create(self, meta: dict[str, str]) -> None:
        with (
            self._transaction(self._current().base, doing="making", commit=True) as connection,
            translated("making", self.shown, SQLAlchemyError, connection.failure),
        ):
            self._take_turn(connection.sa)
            if self._is_there(connection.sa):
                return
            connection.sa.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
            self._tables.metadata.create_all(connection.sa)
            for trigger in AUDIT_TRIGGERS:
                connection.sa.exec_driver_sql(trigger.format(s=self._schema))
            opened.fill_meta(connection, self.statements, meta)

    def open(self) -> Found:
        if not self.exists():
            raise opened.absent(self.shown)
        with self.reader() as connection, translated("opening", self.shown, SQLAlchemyError, connection.failure):
            return opened.check_meta(connection, self.statements, self.shown)

    @property
    def statements(self) -> Statements:
        return self._current().statements

    def statements_for(self, layout: int) -> Statements:
        shapes = opened.shapes_for(layout, f"{self._schema}.", self.shown)
        compile_ = Compiler(self._current().base.dialect, tables_of(self._schema, shapes.tables))
        escaped = replace(shapes, expressions=shapes.expressions.replace("%", "%%"))
        return Statements(is_sqlite=False, compile=compile_, shapes=escaped)

    def migrate(self) -> None:
        """No copy: a dump is the administrator's, who knows where to."""
        from certwright.store.migrations.migration import POSTGRES_WORDS, Runner, run

        with self.writer() as connection, translated("migrating", self.shown, SQLAlchemyError, connection.failure):
            layout = opened.check_meta(connection, self.statements, self.shown).layout
            if layout == LAYOUT:
                return

            def execute(text: str) -> list[tuple[Any, ...]]:
                result = connection.sa.exec_driver_sql(text, execution_options={"no_parameters": True})
                return [tuple(row) for row in result] if result.returns_rows else []

            run(Runner(execute=execute, words={**POSTGRES_WORDS, "s": f"{self._schema}."}), layout)
            hit("migration.before_commit")
        hit("migration.after_commit")

    def reader(self) -> AbstractContextManager[_Connection]:
        return self._transaction(self._current().read, doing="reading", commit=False)

    def writer(self) -> AbstractContextManager[_Connection]:
        return self._transaction(self._current().write, doing="writing to", commit=True)

    def leaser(self) -> AbstractContextManager[_Connection]:
        return self._transaction(self._current().base, doing="taking a lease in", commit=True)

    @contextmanager
    def _transaction(self, engine: sa.Engine, *, doing: str, commit: bool) -> Iterator[_Connection]:
        """A connection that turns out dead at its begin is replaced once; the body runs once."""
        connection = self._begun(engine, doing)
        try:
            yield _Connection(connection)
            if commit:
                try:
                    connection.commit()
                except SQLAlchemyError as error:
                    raise translate(error, doing=f"committing to ({doing})", shown=self.shown) from None
        finally:
            try:
                connection.close()  # rolls back what is not committed
            except SQLAlchemyError:
                connection.invalidate()

    def _begun(self, engine: sa.Engine, doing: str) -> sa.Connection:
        for again in (True, False):
            connection: sa.Connection | None = None
            try:
                connection = engine.connect()
                connection.begin()
                return connection
            except SQLAlchemyError as error:
                broken = connection is not None and connection.invalidated
                if connection is not None:
                    connection.close()
                if broken and again:
                    continue
                raise translate(error, doing=doing, shown=self.shown) from None
        raise AssertionError("unreachable")

    def close(self) -> None:
        with self._opening:
            engines, self._engines = self._engines, None
            if engines is not None and engines.pid != os.getpid():
                self._inherited.append(engines)
                engines = None
        if engines is not None:
            engines.base.dispose()
            engines.write.dispose()

    def _current(self) -> _Engines:
        engines = self._engines
        if engines is None or engines.pid != os.getpid():
            with self._opening:
                engines = self._engines
                if engines is None or engines.pid != os.getpid():
                    if engines is not None:
                        self._inherited.append(engines)
                    self._engines = engines = self._connectable()
        return engines

    def _connectable(self) -> _Engines:
        # A connection that died while idle shows when a writer takes its turn; a reader has to ask.
        base, write = self._engine(ping=True), self._engine(ping=False)

        @sa.event.listens_for(write, "begin")
        def _begin(connection: sa.Connection) -> None:
            self._take_turn(connection)

        return _Engines(
            base=base,
            read=base.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
            write=write,
            statements=Statements(is_sqlite=False, compile=Compiler(base.dialect, self._tables)),
            pid=os.getpid(),
        )

    def _engine(self, *, ping: bool) -> sa.Engine:
        settings: dict[str, Any] = {}
        if "connect_timeout" not in self._url.query:
            settings["connect_timeout"] = CONNECT_TIMEOUT_S
        return sa.create_engine(
            self._url,
            connect_args={"application_name": "certwright", **settings},
            paramstyle="format",
            pool_pre_ping=ping,
            pool_size=4,
            max_overflow=28,
            hide_parameters=True,
        )

    def _take_turn(self, connection: sa.Connection) -> None:
        # One round trip. LOCAL, so that a pooler that shares sessions does not carry it over. An administrator's
        # stronger synchronous_commit (remote_apply) stays.
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'; "
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'; "
            f"SELECT pg_advisory_xact_lock({self._lock_key})",
            execution_options={"no_parameters": True},
        )

    def _is_there(self, connection: sa.Connection) -> bool:
        # By a query of the catalog and not by to_regclass, whose cached "no" survives waiting for the advisory lock.
        query = sa.text("SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = :schema AND tablename = 'meta'")
        with translated("looking for", self.shown, SQLAlchemyError):
            return connection.execute(query, {"schema": self._schema}).first() is not None


def _parse(url: str) -> tuple[sa.URL, str]:
    """The address for the driver, and the schema. Raises StoreUnavailable, never with the address in it."""
    if importlib.util.find_spec("psycopg") is None:
        raise StoreUnavailable(
            "a PostgreSQL store needs the driver psycopg: pip install certwright[postgres]", code="store.driver"
        )
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise StoreUnavailable(
            "the store's address cannot be read; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE with special "
            "characters of the password percent-encoded",
            code="store.address",
        ) from None
    given = parsed.query.get("schema", DEFAULT_SCHEMA)
    schema = given if isinstance(given, str) else given[-1]
    if not _SCHEMA_NAME.match(schema):
        raise StoreUnavailable(
            f"the schema {schema[:64]!r} in the store's address is not a plain lower-case name", code="store.address"
        )
    return parsed.set(drivername=DRIVER).difference_update_query(["schema"]), schema
