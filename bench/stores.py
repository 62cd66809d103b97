"""Where a benchmark's stores lie: SQLite always, PostgreSQL where a server can be started on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import ROOT

sys.path.append(str(ROOT / "tests"))  # the server of the tests
from servers.postgres import NoPostgres, PostgresServer


@contextmanager
def addresses(scratch: Path) -> Iterator[dict[str, dict[str, str]]]:
    """Name → what the environment says beside CERTWRIGHT_HOME: a store of the benchmark's own, still empty."""
    sqlite: dict[str, str] = {}  # the default, below CERTWRIGHT_HOME
    try:
        server = PostgresServer().__enter__()
    except NoPostgres:
        yield {"SQLite": sqlite}
        return
    try:
        keys = f"file:{scratch / 'wrapping.key'}"
        yield {"SQLite": sqlite, "PostgreSQL": {"CERTWRIGHT_STORE": server.url(), "CERTWRIGHT_KEY_WRAPPER": keys}}
    finally:
        server.__exit__()
