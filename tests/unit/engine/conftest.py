"""A world for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders.world import World, world
from certwright.engine.records import AuthorityRecord


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def issuing(here: World) -> AuthorityRecord:
    return here.issuing()
