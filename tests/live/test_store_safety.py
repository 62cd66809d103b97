"""SEC-8 and SEC-9 with the real CLI: a lost, other or unreadable store, a runner's new store, a moved clock."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from live.harness import Stack, Tree, authorities, directory_association, wiki

pytestmark = pytest.mark.needs_pulumi


def lose(stack: Stack) -> None:
    shutil.rmtree(stack.home / "data")


def empty_store(stack: Stack) -> None:
    """A store with another id and nothing in it, in place of the real one."""
    lose(stack)
    with stack.services() as services:
        services.store.create()  # type: ignore[attr-defined]


def known(stack: Stack) -> dict[str, tuple[str, Tree, Tree]]:
    return {name: (entry["id"], entry["inputs"], entry["outputs"]) for name, entry in stack.state().items()}


@pytest.mark.proves("SEC-8")
@pytest.mark.parametrize("harm", [lose, empty_store], ids=["deleted file", "another store"])
def test_a_store_that_is_not_the_one_is_a_mismatch_and_never_read_as_deleted(
    stack: Stack, tmp_path: Path, harm: Callable[[Stack], None]
) -> None:
    stack.resources["onDisk"] = directory_association(tmp_path / "tls")
    stack.up().ok()
    before = known(stack)
    harm(stack)
    found = stack.files()
    for run in (
        stack.preview(),
        stack.preview("--diff", "--refresh"),
        stack.up(),
        stack.refresh(),
        stack.destroy(),
        stack.up("--replace", stack.urn("certificate", "wiki")),
    ):
        run.failed()
        assert "[store.mismatch]" in run.text
        assert "nothing was changed" in run.text
        assert "to create" not in run.text
        assert "deleted" not in run.text.replace("nothing was deleted", "")
    assert known(stack) == before
    assert stack.files() == found
    assert (tmp_path / "tls" / "current" / "cert.pem").exists()


@pytest.mark.proves("SEC-8")
def test_a_stack_does_not_go_on_with_a_new_certificate_in_another_store(stack: Stack) -> None:
    """What is new in the program has no store id in the state; what is old has: the run fails as a whole."""
    empty_store(stack)
    stack.resources["more"] = wiki(domainName="more.internal", certificateAuthorityArn=stack.id("issuing"))
    run = stack.up().failed()
    assert "[store.mismatch]" in run.text or "[issuer.not_found]" in run.text
    assert "more" not in stack.state()


@pytest.mark.proves("SEC-8")
def test_on_a_runner_a_new_local_store_needs_a_word(empty: Stack) -> None:
    empty.resources.update(authorities())
    run = empty.up(env={"CI": "1"}).failed()
    assert "CERTWRIGHT_ALLOW_NEW_STORE" in run.text
    assert not empty.store_file.exists()
    empty.up(env={"CI": "1", "CERTWRIGHT_ALLOW_NEW_STORE": "1"}).ok()
    assert empty.store_file.exists()
    # a store that is there is used on a runner as anywhere
    empty.unchanged(env={"CI": "1"})


@pytest.mark.proves("IAC-2", "SEC-8")
def test_an_unreadable_store_leaves_a_preview_to_the_state_and_is_said(stack: Stack) -> None:
    stack.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["10.0.0.9"]
    stack.store_file.chmod(0o644)  # refused as too wide, whoever we are
    try:
        preview = stack.preview_json().ok()
        assert preview.ops == {"wiki": "update"}
        said = [line for line in preview.said("wiki") if "decided from Pulumi's state alone" in line]
        assert len(said) == 1
        assert "chmod" in said[0]
        stack.up().failed()
    finally:
        stack.store_file.chmod(0o600)
    stack.up().ok()


@pytest.mark.proves("SEC-9")
def test_the_clock_moves_in_a_store_made_for_testing_only(empty: Stack) -> None:
    empty.resources.update(authorities())
    empty.more = {"CERTWRIGHT_TESTING_STORE": ""}
    moved = {"CERTWRIGHT_CLOCK_OFFSET": "-25d"}
    run = empty.up(env=moved).failed()
    assert "[clock.override_refused]" in run.text
    assert not empty.store_file.exists()
    empty.up().ok()
    for command in (empty.preview, empty.up, empty.refresh):
        assert "[clock.override_refused]" in command(env=moved).failed().text
    # the word that makes a store for testing does not turn one that exists into one
    assert "[clock.override_refused]" in empty.preview(env={**moved, "CERTWRIGHT_TESTING_STORE": "1"}).failed().text


@pytest.mark.proves("SEC-9")
def test_nothing_is_signed_when_time_went_back(stack: Stack) -> None:
    stack.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["10.0.0.9"]
    run = stack.up(env={"CERTWRIGHT_CLOCK_OFFSET": "-30m"}).failed()
    assert "[clock.went_back]" in run.text
    assert "the clock is moved by -30m" in run.text
    assert stack.outputs("wiki")["version"] == 1
    stack.up().ok()
    assert stack.outputs("wiki")["version"] == 2


@pytest.mark.proves("IAC-2")
def test_no_preview_of_any_kind_writes(aged: Stack, tmp_path: Path) -> None:
    """Renewal due, names changed, something new, something dropped: the store stays as it is to the byte."""
    aged.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["10.0.0.9"]
    aged.resources["new"] = wiki(domainName="new.internal")
    aged.resources["onDisk"] = directory_association(tmp_path / "tls", certificate="new")
    before, files = aged.dump(), aged.files()
    for run in (
        aged.preview(),
        aged.preview("--diff"),
        aged.preview_json("--refresh"),
        aged.run("refresh", "--preview-only"),
        aged.run("destroy", "--preview-only"),
        aged.run("up", "--yes", "--target", "urn:pulumi:dev::shop::nothing::x", "--skip-preview"),
    ):
        assert run.text
    assert aged.dump() == before
    assert {k: v for k, v in aged.files().items() if not k.endswith("-wal")} == {
        k: v for k, v in files.items() if not k.endswith("-wal")
    }
    with sqlite3.connect(aged.store_file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not (tmp_path / "tls").exists()
    assert os.access(aged.store_file, os.R_OK)
