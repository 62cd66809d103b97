"""Each recorded version on each database, put up anew for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live.stacks import blank
from upgrade.replay import DATABASES, VERSIONS, Recording, Restored, restored

__all__ = ["blank"]


@pytest.fixture(params=[(v, d) for v in VERSIONS for d in DATABASES], ids=lambda p: f"{p[0]}-{p[1]}")
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Restored]:
    """What a released version left behind."""
    version, database = request.param
    server = request.getfixturevalue("postgres_server") if database == "postgresql" else None
    with restored(Recording(version=version, database=database), tmp_path / "left", server) as made:
        yield made
