"""The traps of previews: refresh Diffs, saved plans, two provider processes, machine-readable reasons."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from certwright.engine import association, certificates
from live.engines import Failure
from live.harness import Stack, directory_association, wait_for, wiki

pytestmark = pytest.mark.needs_pulumi

AGE = {"CERTWRIGHT_CLOCK_OFFSET": "-25d"}


class NoCancel:
    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float | None = None) -> bool:
        return False


@pytest.fixture
def due(aged: Stack, tmp_path: Path) -> Stack:
    """wiki on a directory, and its renewal is due."""
    aged.resources["onDisk"] = directory_association(tmp_path / "tls")
    aged.up(env=AGE).ok()
    return aged


@pytest.mark.proves("REN-2", "IAC-3")
def test_the_refresh_diff_is_quiet(due: Stack) -> None:
    refreshed = due.run("refresh", "--preview-only", "--diff").ok()
    assert "renewal due" not in refreshed.text
    assert "to update" not in refreshed.text

    for arguments in (("--refresh",), ("--refresh", "--run-program")):
        run = due.run("preview", "--json", *arguments)
        if "unknown flag" in run.text:
            continue
        preview = run.ok()
        assert preview.ops == {"wiki": "update", "onDisk": "update"}, arguments
        assert sum("renewal due" in line for line in preview.said("wiki")) == 1, arguments

    ran = due.run("refresh", "--preview-only", "--run-program", "--diff")
    if "unknown flag" not in ran.text:
        assert "renewal due" not in ran.ok().text

    due.up().ok()
    due.refresh().ok()
    due.unchanged()
    assert due.run("preview", "--refresh", "--expect-no-changes").ok()


@pytest.mark.proves("REN-2", "REN-1")
def test_a_due_renewal_survives_a_saved_plan(due: Stack, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    due.preview("--save-plan", str(plan)).ok()
    run = due.up("--plan", str(plan)).ok()
    assert "wiki updated" in run.text
    assert due.outputs("wiki")["version"] == 2
    assert due.outputs("onDisk")["deployedVersion"] == 2
    due.unchanged()


@pytest.mark.proves("REN-4", "REN-2")
def test_a_certificate_that_was_renewed_elsewhere_is_no_change(due: Stack) -> None:
    arn = due.id("wiki")
    with due.services() as services:
        with services.store.read() as reader:
            from certwright.engine.issuance import get

            record = get(reader, arn)
        certificates.reissue(
            services, arn, expected_newest=1, spec=dict(record.spec), reason_code="renewal.window_open"
        )
        association.deploy(services, due.id("onDisk"), cancel=NoCancel())
    before = due.dump()
    due.unchanged()
    assert due.preview_json().ok().ops == {}
    assert due.dump() == before
    assert due.outputs("wiki")["version"] == 1, "outputs follow at a refresh only"
    due.refresh().ok()
    assert due.outputs("wiki")["version"] == 2
    assert due.outputs("onDisk")["deployedVersion"] == 2
    due.unchanged()


@pytest.mark.proves("REN-2", "CRT-6")
def test_an_explicit_providers_reissue_is_announced_to_the_default_provider(stack: Stack, tmp_path: Path) -> None:
    stack.resources["mine"] = {"type": "pulumi:providers:certwright", "properties": {"region": "local"}}
    stack.resources["other"] = {**wiki(domainName="other.internal"), "options": {"provider": "${mine}"}}
    stack.resources["onDisk"] = directory_association(tmp_path / "tls", certificate="other")
    stack.up().ok()
    stack.unchanged()
    stack.resources["other"]["properties"]["subjectAlternativeNames"] = ["10.9.9.9"]
    preview = stack.preview_json().ok()
    assert preview.ops == {"other": "update", "onDisk": "update"}
    assert preview.diff("onDisk") == {"deployedVersion": "update"}
    assert any("version 1 -> 2" in line for line in preview.said("onDisk"))
    assert list((stack.home / "run").glob("run-*")) == [], "the run's table goes with the run"
    stack.up().ok()
    assert stack.outputs("onDisk")["deployedVersion"] == 2
    stack.unchanged()


@pytest.mark.proves("REN-2", "IAC-2")
def test_json_has_path_and_reason_and_diff_has_the_versions(due: Stack) -> None:
    preview = due.preview_json().ok()
    assert preview.steps["wiki"]["diffReasons"] == ["version"]
    assert preview.steps["wiki"]["detailedDiff"] == {"version": {"kind": "update", "inputDiff": False}}
    [reason] = [d for d in preview.diagnostics if d.get("urn") == due.urn("certificate", "wiki")]
    assert reason["severity"] == "info"
    assert "renewal due: expires " in reason["message"]
    assert "New key, same ARN, version 2." in reason["message"]

    shown = due.preview("--diff").ok().text
    assert "~ version: 1 => 2" in " ".join(shown.replace(" :", ":").split())
    assert "~ deployedVersion: 1 => 2" in " ".join(shown.replace(" :", ":").split())

    listed = due.preview().ok().text
    assert "[diff: ~version]" in listed
    assert "[diff: ~deployedVersion]" in listed
    due.preview("--expect-no-changes").failed(Failure.CHANGES)


@pytest.mark.proves("IAC-3", "SEC-5")
def test_a_plugin_whose_cli_was_killed_ends_by_itself(stack: Stack) -> None:
    stack.config = {"validationDomain": "validate.example", "authoritativeServers": {".": ["127.0.0.1:9"]}}
    stack.resources["www"] = wiki(
        domainName="www.example.com",
        subjectAlternativeNames=None,
        certificateAuthorityArn=None,
        validity=None,
        earlyRenewalDuration=None,
        validationMethod="DNS",
        publicIssuer="${issuing.arn}",
    )
    stack.resources["waits"] = {
        "type": "certwright:index:CertificateValidation",
        "properties": {"certificateArn": "${www.arn}"},
    }
    cli = stack.start("up", "--yes", "--skip-preview")
    try:
        wait_for(lambda: "www" in stack.state() and stack.plugins(), said="the wait of the validation")
    finally:
        os.kill(cli.pid, signal.SIGKILL)
        cli.communicate()
    assert stack.plugins()
    wait_for(lambda: not stack.plugins(), said="the end of the orphaned plugin")
    stack.run("cancel", "--yes").ok()
    # nothing is lost: without the validation the stack is whole again
    del stack.resources["waits"]
    stack.up().ok()
