"""Fixtures: stacks of the real CLI; each test forks one that was deployed once per test process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live.harness import Stack, authorities, make_blank, wiki

AGE = "-25d"  # a 30-day certificate of that age is in its renewal window of ten days


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_blank(tmp_path_factory.mktemp("blank") / "stack")


def _deployed(directory: Path, blank: Path, offset: str) -> Stack:
    stack = Stack.make(directory, blank)
    stack.resources.update(authorities(), wiki=wiki())
    stack.up(env={"CERTWRIGHT_CLOCK_OFFSET": offset} if offset else {}).ok()
    return stack


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Stack:
    """root, issuing and wiki, made now. To be forked, never used itself."""
    return _deployed(tmp_path_factory.mktemp("deployed") / "stack", blank, "")


@pytest.fixture(scope="session")
def deployed_long_ago(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Stack:
    """The same, made 25 days ago: wiki is due."""
    return _deployed(tmp_path_factory.mktemp("aged") / "stack", blank, AGE)


@pytest.fixture
def ended() -> Iterator[list[Stack]]:
    """Stacks whose processes end with the test."""
    stacks: list[Stack] = []
    yield stacks
    for stack in stacks:
        stack.end_processes()


@pytest.fixture
def empty(tmp_path: Path, blank: Path, ended: list[Stack]) -> Stack:
    """A project without resources; its store does not exist."""
    stack = Stack.make(tmp_path / "stack", blank)
    ended.append(stack)
    return stack


@pytest.fixture
def fork(tmp_path: Path, ended: list[Stack]) -> Callable[[Stack], Stack]:
    numbers = itertools.count()

    def forked(template: Stack) -> Stack:
        stack = template.fork(tmp_path / f"fork{next(numbers)}")
        ended.append(stack)
        return stack

    return forked


@pytest.fixture
def stack(deployed: Stack, fork: Callable[[Stack], Stack]) -> Stack:
    return fork(deployed)


@pytest.fixture
def aged(deployed_long_ago: Stack, fork: Callable[[Stack], Stack]) -> Stack:
    return fork(deployed_long_ago)
