"""Pulumi's own resource options and targets against the provider (IAC-3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from certwright.engine.records import CertificateRecord
from live.harness import TYPES, Stack, directory_association, wiki

pytestmark = pytest.mark.needs_pulumi


def certificates(stack: Stack) -> dict[str, str]:
    """ARN → the name in the URN that the store has for it."""
    with stack.services() as services, services.store.read() as reader:
        return {r.arn: r.urn.rsplit("::", 1)[-1] for r in reader.all(CertificateRecord)}


def serving_wiki(stack: Stack, tmp_path: Path, blank: Path, ended: list[Stack]) -> Stack:
    """A second stack on the same store, whose association `elsewhere` serves the first one's `wiki`."""
    other = Stack.make(tmp_path / "other", blank)
    ended.append(other)
    other.more["CERTWRIGHT_HOME"] = str(stack.home)
    other.program["name"] = "other"
    other.run("stack", "init", "dev", "--no-select").ok()
    other.resources["elsewhere"] = directory_association(tmp_path / "tls", certificate="x")
    other.resources["elsewhere"]["properties"]["certificateArn"] = stack.id("wiki")
    other.up().ok()
    return other


@pytest.mark.proves("IAC-3")
def test_ignore_changes_holds_names_and_renewals_back(aged: Stack) -> None:
    aged.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["10.0.0.1"]
    aged.resources["wiki"]["options"] = {"ignoreChanges": ["subjectAlternativeNames", "version"]}
    aged.unchanged()
    aged.resources["wiki"]["options"] = {"ignoreChanges": ["subjectAlternativeNames"]}
    preview = aged.preview_json().ok()
    assert preview.diff("wiki") == {"version": "update"}
    aged.up().ok()
    assert aged.outputs("wiki")["version"] == 2
    assert aged.inputs("wiki")["subjectAlternativeNames"] == ["192.168.1.1", "fire-sensor-123"]
    aged.unchanged()


@pytest.mark.proves("IAC-3", "CRT-5")
def test_a_rename_by_alias_issues_nothing(stack: Stack, tmp_path: Path) -> None:
    stack.resources["onDisk"] = directory_association(tmp_path / "tls")
    stack.up().ok()
    arn = stack.id("wiki")
    stack.resources["handbook"] = {
        **stack.resources.pop("wiki"),
        "options": {"aliases": [stack.urn("certificate", "wiki")]},
    }
    stack.resources["onDisk"] = directory_association(tmp_path / "tls", certificate="handbook")
    preview = stack.preview_json().ok()
    assert not set(preview.ops.values()) & {"create", "delete", "replace", "create-replacement", "delete-replaced"}
    stack.up().ok()
    assert (stack.id("handbook"), stack.outputs("handbook")["version"]) == (arn, 1)
    stack.unchanged()
    assert "no longer declared" not in stack.preview().ok().text, "the store still has the old name"
    # the new name is known from now on: a change is a version, and the old name is free
    stack.resources["handbook"]["properties"]["subjectAlternativeNames"] = ["10.0.0.1"]
    stack.resources["wiki"] = wiki()
    stack.up().ok()
    assert stack.id("handbook") == arn
    assert certificates(stack) == {arn: "handbook", stack.id("wiki"): "wiki"}
    stack.unchanged()


@pytest.mark.proves("IAC-3", "PCA-3")
def test_protect_and_retain_on_delete(stack: Stack) -> None:
    arns = {name: stack.id(name) for name in ("wiki", "issuing")}
    stack.resources["issuing"]["options"] = {"protect": True}
    stack.resources["wiki"]["options"] = {"retainOnDelete": True}
    stack.up().ok()
    assert "protected" in stack.destroy().failed().text
    del stack.resources["wiki"]
    stack.up().ok()
    assert "wiki" not in stack.state()
    assert arns["wiki"] in certificates(stack), "retained in the store"
    # and it can be taken back by its id
    stack.resources["wiki"] = wiki()
    stack.import_("certificate", "wiki", arns["wiki"], "--protect=false").ok()
    stack.unchanged()


@pytest.mark.proves("IAC-3", "ASC-8")
def test_delete_before_replace_is_refused_in_use_and_works_when_free(stack: Stack, tmp_path: Path) -> None:
    stack.resources["onDisk"] = directory_association(tmp_path / "tls")
    stack.up().ok()
    first = stack.id("wiki")
    stack.resources["wiki"]["options"] = {"deleteBeforeReplace": True}
    stack.resources["wiki"]["properties"]["domainName"] = "docs.internal"
    # The association follows by certificateArn, an update in place: the engine would delete what it still serves.
    run = stack.up().failed()
    assert "[certificate.in_use]" in run.text
    assert "onDisk (directory" in run.text
    assert list(certificates(stack)) == [first]
    assert (tmp_path / "tls" / "current" / "cert.pem").exists()
    del stack.resources["onDisk"]
    stack.up("--target", stack.urn("association", "onDisk")).ok()
    stack.up().ok()
    assert stack.id("wiki") != first
    assert list(certificates(stack)) == [stack.id("wiki")]
    stack.unchanged()


@pytest.mark.each_cli
@pytest.mark.proves("ASC-8", "IAC-3")
def test_a_certificate_in_use_elsewhere_warns_in_the_preview_and_is_refused_at_once(
    stack: Stack, tmp_path: Path, blank: Path, ended: list[Stack]
) -> None:
    arn = stack.id("wiki")
    other = serving_wiki(stack, tmp_path, blank, ended)
    del stack.resources["wiki"]
    preview = stack.preview_json().ok()
    assert preview.ops == {"wiki": "delete"}
    assert any("deleting it will be refused" in line and "elsewhere" in line for line in preview.said("wiki"))
    run = stack.up().failed()
    assert "[certificate.in_use]" in run.text
    assert "elsewhere (directory" in run.text
    assert stack.id("wiki") == arn
    other.destroy().ok()
    stack.up().ok()
    assert certificates(stack) == {}


@pytest.mark.proves("IAC-3")
def test_targets_leave_the_rest_alone(aged: Stack) -> None:
    aged.resources["more"] = wiki(domainName="more.internal")
    aged.resources["second"] = wiki(domainName="second.internal")
    aged.up("--target", aged.urn("certificate", "more")).ok()
    assert set(aged.state()) == {"root", "issuing", "wiki", "more"}
    assert aged.outputs("wiki")["version"] == 1, "due, but not a target"
    aged.up("--target", aged.urn("certificate", "wiki")).ok()
    assert aged.outputs("wiki")["version"] == 2
    aged.up().ok()
    aged.unchanged()
    aged.destroy("--target", aged.urn("certificate", "more")).ok()
    assert set(certificates(aged).values()) == {"wiki", "second"}


@pytest.mark.proves("PCA-3", "IAC-3")
def test_an_authority_that_was_deleted_comes_back_in_its_window(stack: Stack) -> None:
    arn = stack.id("issuing")
    kept = {name: stack.resources.pop(name) for name in ("wiki", "issuing")}
    stack.up().ok()
    stack.resources.update(kept)
    stack.up().ok()
    assert stack.state()["issuing"]["type"] == TYPES["authority"]
    assert stack.outputs("issuing")["status"] == "ACTIVE"
    assert arn
    stack.unchanged()


@pytest.mark.each_cli
@pytest.mark.proves("ASC-8")
def test_a_part_of_the_stack_says_nothing_of_the_rest(
    stack: Stack, tmp_path: Path, blank: Path, ended: list[Stack]
) -> None:
    """What `--target` passes over is declared, though no Check comes for it: nothing warns of its deletion."""
    other = serving_wiki(stack, tmp_path, blank, ended)
    stack.resources["more"] = wiki(domainName="more.internal")
    more = stack.urn("certificate", "more")
    for words in (("--target", more), (f"--target={more}",), ("-t", more)):
        assert "no longer declared" not in stack.preview(*words).ok().text
    del stack.resources["wiki"]
    assert "no longer declared" in stack.preview().text
    other.destroy().ok()
