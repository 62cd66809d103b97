"""Stores for the contract suites: one suite over SQLite and a real PostgreSQL server."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from certwright.store.sql import SqlStore
from servers.stores import Place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place without a store yet, on each database."""
    if request.param == "sqlite":
        path = tmp_path / "data" / "store.db"
        here = Place(url=f"sqlite:///{path}", path=path)
    else:
        server = request.getfixturevalue("postgres_server")
        here = Place(url=server.url(f"t_{secrets.token_hex(6)}"), server=server)
    yield here
    for store in here.opened:
        store.close()


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    path = tmp_path / "data" / "store.db"
    here = Place(url=f"sqlite:///{path}", path=path)
    yield here
    for store in here.opened:
        store.close()


@pytest.fixture
def store(place: Place) -> SqlStore:
    """A store that was just made, on each database."""
    made = place.open()
    made.create()
    return made
