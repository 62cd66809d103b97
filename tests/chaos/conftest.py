"""The stacks of `live.stacks` as fixtures, and a PostgreSQL server where a test shares one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from live.stacks import aged, blank, deployed, deployed_long_ago, empty, ended, fork, stack
from servers.postgres import NoPostgres, PostgresServer

__all__ = ["aged", "blank", "deployed", "deployed_long_ago", "empty", "ended", "fork", "stack"]


@pytest.fixture(scope="session")
def _postgres() -> Iterator[PostgresServer]:
    try:
        with PostgresServer() as server:
            yield server
    except NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgres_url(_postgres: PostgresServer) -> str:
    """The address of a store that does not exist yet."""
    return _postgres.url(f"t_{secrets.token_hex(6)}")
