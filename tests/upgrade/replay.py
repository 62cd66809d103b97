"""What a released version left behind, put up anew: its store, its Pulumi states, its programs, what it had deployed.

Paths and the host's name are those of the test; times are the recording's, so a test moves the clock (`at`).
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import secrets
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from certwright.store.sql import SqlStore
from live.harness import Stack
from servers.postgres import PASSWORD, USER, PostgresServer
from servers.stores import open_store

RECORDED = Path(__file__).resolve().parent / "recorded"
VERSIONS = sorted(path.name for path in RECORDED.iterdir() if path.is_dir())
DATABASES = ("sqlite", "postgresql")
# What a store says of the machine it is used on. The audit log keeps what it was told: its lines are chained.
PLACED = {"associations": ("place", "target", "host")}


@dataclass(frozen=True, kw_only=True)
class Recording:
    version: str
    database: str

    @property
    def directory(self) -> Path:
        return RECORDED / self.version / self.database

    @cached_property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads((RECORDED / self.version / "facts.json").read_text()))

    def at(self, later: dt.timedelta = dt.timedelta(0)) -> dict[str, str]:
        """Environment for "an hour or less after the recording", and `later`."""
        then = dt.datetime.fromisoformat(self.facts["recordedAt"]) + later
        return {"CERTWRIGHT_CLOCK_OFFSET": f"{math.ceil((then - dt.datetime.now(dt.UTC)).total_seconds() / 3600)}h"}

    def text(self, name: str, here: Path) -> str:
        """A recorded file, with the test's places in it."""
        return (self.directory / name).read_text().replace(self.facts["base"], str(here))


@dataclass(kw_only=True)
class Restored:
    """A recorded store in use again. `here`: where the recording's places are now."""

    recording: Recording
    here: Path
    url: str
    server: PostgresServer | None = None
    database: str = ""

    @property
    def path(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CERTWRIGHT_HOME": str(self.here / "home"),
            "CERTWRIGHT_STORE": self.url,
            "CERTWRIGHT_KEY_WRAPPER": f"file:{self.here / 'keys' / 'wrapping.key'}",
            "CERTWRIGHT_ACTOR": "tester",
        }

    def open(self) -> SqlStore:
        return open_store(self.url)

    def stack(self, blank: Path, name: str) -> Stack:
        """One of the two recorded stacks, with its state."""
        text = self.recording.text(f"{name}.program.json", self.here)
        config = json.loads((self.recording.directory / "config.json").read_text())
        stack = Stack.make(self.here / name, blank, program=json.loads(text), config=config, more=self.environment)
        state = self.here / f"{name}.state.json"
        state.write_text(self.recording.text(f"{name}.state.json", self.here))
        stack.run("stack", "import", "--file", str(state)).ok()
        return stack

    def execute(self, text: str) -> list[tuple[Any, ...]]:
        """SQL behind the store's back; `{s}` stands for the schema's prefix."""
        if self.server is None:
            # Closed at once: a connection that ends later would move the journal into the file, under a comparison's feet.
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                return connection.execute(text.replace("{s}", "")).fetchall()
        with connected(self.server, self.database) as link:
            cursor = link.execute(text.replace("{s}", "certwright."))
            return list(cursor.fetchall()) if cursor.description else []

    def content(self) -> bytes | str:
        """Everything that is kept: the bytes of the files, or a dump of the database."""
        if self.server is None:
            return b"".join(p.read_bytes() for p in sorted(self.path.parent.iterdir()) if not p.name.endswith("-shm"))
        return dump(self.server, self.database)

    def files(self) -> list[str]:
        """What lies beside a store in a file, and is not the database's own."""
        return sorted(p.name for p in self.path.parent.iterdir() if not p.name.endswith(("-wal", "-shm")))


@contextmanager
def restored(recording: Recording, here: Path, server: PostgresServer | None) -> Iterator[Restored]:
    """here: an empty directory."""
    here.mkdir(parents=True)
    shutil.copytree(recording.directory / "tls", here / "tls", symlinks=True)
    shutil.copytree(recording.directory / "config", here / "home" / "config")
    (here / "keys").mkdir(mode=0o700)
    key = here / "keys" / "wrapping.key"
    shutil.copy(recording.directory / "THROW-AWAY-wrapping.key", key)
    key.chmod(0o600)
    if server is None:
        path = here / "data" / "store.db"
        path.parent.mkdir(mode=0o700)
        shutil.copy(recording.directory / "store.db", path)
        path.chmod(0o600)
        made = Restored(recording=recording, here=here, url=f"sqlite:///{path}")
    else:
        database = f"t_{secrets.token_hex(6)}"
        with connected(server, "postgres") as link:
            link.execute(f"CREATE DATABASE {database}")
        with connected(server, database) as link:
            link.execute((recording.directory / "store.sql").read_text())
        url = server.url().replace("/postgres?", f"/{database}?")
        made = Restored(recording=recording, here=here, url=url, server=server, database=database)
    for table, columns in PLACED.items():
        for column in columns:
            new = str(here) if column != "host" else socket.gethostname()
            old = recording.facts["base"] if column != "host" else recording.facts["host"]
            made.execute(f"UPDATE {{s}}{table} SET {column} = replace({column}, '{old}', '{new}')")
    yield made


@contextmanager
def connected(server: PostgresServer, database: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(
        host="127.0.0.1", port=server.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
    ) as link:
        yield link


def dump(server: PostgresServer, database: str) -> str:
    """Plain SQL without the words of this server. A line of dashes may be the end of a PEM."""
    import subprocess

    from servers.postgres import find_binaries

    command = [(find_binaries() / "initdb").resolve().with_name("pg_dump"), "--schema=certwright", "--no-owner"]
    command += ["--no-privileges", "--inserts", "--rows-per-insert=50", "--host=127.0.0.1", f"--port={server.port}"]
    command += [f"--username={USER}", database]
    text = subprocess.run(command, check=True, capture_output=True, text=True, env={"PGPASSWORD": PASSWORD}).stdout
    return re.sub(r"^(--( .*)?|\\.*|SET .*|SELECT pg_catalog\.set_config.*)?\n", "", text, flags=re.MULTILINE)
