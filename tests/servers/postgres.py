"""A real PostgreSQL server in a directory of its own, on a free port of the loopback, stopped by its process id."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60
USER = "certwright"
PASSWORD = "p@ss/word-of-the-test"
UNPRIVILEGED = ("postgres", "nobody")  # PostgreSQL refuses to run as root


class NoPostgres(Exception):
    """There is no PostgreSQL server to start on this machine."""


def find_binaries() -> Path:
    """The directory with initdb and postgres: PATH first, then Debian's, newest version first. Raises NoPostgres."""
    found = [Path(p).parent for name in ("initdb",) if (p := shutil.which(name))]
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2].split(".")[0]))
    for directory in (*found, *(Path(p) for p in reversed(debian))):
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            return directory
    raise NoPostgres("no initdb and postgres on PATH or below /usr/lib/postgresql; install the package postgresql")


def _identity() -> dict[str, Any]:
    """Arguments for Popen that drop root's rights; none for anybody else."""
    if os.geteuid() != 0:
        return {}
    for name in UNPRIVILEGED:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise NoPostgres("running as root, and there is no unprivileged user to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class PostgresServer:
    """Use as a context manager. `url(schema)` is the address of a store; its password has characters to be quoted."""

    port: int = 0
    directory: Path = field(default_factory=Path)
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PostgresServer:
        binaries, identity = find_binaries(), _identity()
        self.directory = Path(tempfile.mkdtemp(prefix="certwright-pg-"))
        try:
            if identity:
                os.chown(self.directory, identity["user"], identity["group"])
            self._init(binaries, identity)
            self._start(binaries, identity)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)  # fast shutdown
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, schema: str = "certwright", *, password: str = PASSWORD) -> str:
        quoted = password.replace("@", "%40").replace("/", "%2F")
        return f"postgresql+psycopg://{USER}:{quoted}@127.0.0.1:{self.port}/postgres?schema={schema}"

    def connect(self) -> Any:
        """A psycopg connection in autocommit mode, for looking behind the store's back."""
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname="postgres", autocommit=True
        )

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def _init(self, binaries: Path, identity: dict[str, Any]) -> None:
        secret = self.directory / "password"
        secret.write_text(PASSWORD)
        if identity:
            os.chown(secret, identity["user"], identity["group"])
        command = [binaries / "initdb", "-D", self.directory / "data", "-U", USER, "--auth=scram-sha-256"]
        command += [f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, timeout=START_TIMEOUT_S, cwd="/", **identity)
        secret.unlink()

    def _start(self, binaries: Path, identity: dict[str, Any]) -> None:
        self.port = _free_port()
        command = [binaries / "postgres", "-D", self.directory / "data", "-h", "127.0.0.1", "-p", str(self.port)]
        command += ["-k", self.directory, "-c", "max_connections=100"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **identity)
        import psycopg

        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()[-2000:]}") from None
                time.sleep(0.05)
