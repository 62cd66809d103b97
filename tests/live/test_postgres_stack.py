"""The same stack over PostgreSQL: made, unchanged, renewed, imported, destroyed; the store's address stays secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from live.harness import Stack, authorities, directory_association, wiki
from servers.postgres import NoPostgres, PostgresServer

pytestmark = pytest.mark.needs_pulumi

AGE = {"CERTWRIGHT_CLOCK_OFFSET": "-25d"}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    try:
        with PostgresServer() as running:
            yield running
    except NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.mark.proves("OPS-1", "SEC-6", "SEC-8", "REN-1", "IAC-5")
def test_the_life_of_a_stack_over_postgresql(empty: Stack, tmp_path: Path, server: PostgresServer) -> None:
    empty.resources.update(authorities(), wiki=wiki(), onDisk=directory_association(tmp_path / "tls"))
    empty.more |= {"CERTWRIGHT_STORE": server.url("life")}
    assert "[config.key_wrapper]" in empty.preview().failed().text
    empty.more["CERTWRIGHT_KEY_WRAPPER"] = f"file:{tmp_path / 'keys' / 'wrapping.key'}"

    empty.preview(env=AGE).ok()
    with server.connect() as link:
        assert link.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'life'").fetchone() == (0,)
    empty.up(env=AGE).ok()
    empty.unchanged(env=AGE)
    assert not empty.store_file.exists()
    assert "p%40ss" not in json.dumps(empty.export())

    before = empty.dump()
    preview = empty.preview_json().ok()
    assert preview.ops == dict.fromkeys(("wiki", "onDisk"), "update")
    assert empty.dump() == before
    empty.up().ok()
    assert empty.outputs("wiki")["version"] == empty.outputs("onDisk")["deployedVersion"] == 2
    empty.unchanged()

    # a schema with nothing in it is another store
    elsewhere = {"CERTWRIGHT_STORE": server.url("other")}
    for run in (empty.preview(env=elsewhere), empty.up(env=elsewhere), empty.refresh(env=elsewhere)):
        assert "[store.mismatch]" in run.failed().text
        assert "p@ss" not in run.text and "p%40ss" not in run.text
    # a server that does not answer leaves a preview to the state
    away = {"CERTWRIGHT_STORE": server.url("life").replace(f":{server.port}/", ":9/")}
    assert "decided from Pulumi's state alone" in empty.preview(env=away).text
    empty.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["10.0.0.1"]
    assert "p%40ss" not in empty.up(env=away).failed().text
    empty.up().ok()
    empty.unchanged()
    empty.destroy().ok()
    assert empty.state() == {}
