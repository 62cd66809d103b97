"""What all tests share: in CI a test that a missing server, verifier or CLI would skip fails instead."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from servers.postgres import NoPostgres, PostgresServer

# Lacks of the machine itself, which no package can cure.
_OF_THE_MACHINE = ("no IPv6", "there is no Python 3.")


@pytest.fixture(autouse=True, scope="session")
def not_a_runner() -> Iterator[None]:
    """Tests make local stores at will, on a CI runner too; those of the rule for runners (SEC-8) set CI themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CERTWRIGHT_REQUIRE_SERVERS a skip that the test itself decided on (no `skipif` mark) is a failure."""
    report = yield
    if not os.environ.get("CERTWRIGHT_REQUIRE_SERVERS") or call.excinfo is None:
        return report
    if not call.excinfo.errisinstance(pytest.skip.Exception) or any(item.iter_markers("skipif")):
        return report
    reason = str(call.excinfo.value)
    if not reason.startswith(_OF_THE_MACHINE):
        report.outcome = "failed"
        report.longrepr = f"skipped, although CERTWRIGHT_REQUIRE_SERVERS is set: {reason}"
    return report


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    try:
        with PostgresServer() as server:
            yield server
    except NoPostgres as reason:
        if os.environ.get("CERTWRIGHT_REQUIRE_SERVERS"):
            raise
        pytest.skip(str(reason))
