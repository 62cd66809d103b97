"""The plugin under the real Pulumi CLI, with a YAML program and a store of its own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from live.adapter_stack import Stack, new_stack

pytestmark = pytest.mark.needs_pulumi

PROGRAM = """
name: shop
runtime: yaml
plugins: {providers: [{name: certwright, path: ./bin}]}
resources:
  root:
    type: certwright:PrivateCertificateAuthority
    properties:
      type: ROOT
      certificateAuthorityConfiguration: {subject: {commonName: Shop Root CA, organization: Shop}}
      validity: {type: YEARS, value: 10}
  wiki:
    type: certwright:Certificate
    properties:
      domainName: wiki.internal
      subjectAlternativeNames: [NAME]
      certificateAuthorityArn: ${root.arn}
      validity: {type: DAYS, value: 30}
outputs: {arn: "${wiki.arn}", expires: "${wiki.notAfter}"}
"""

WAITING = """
name: shop
runtime: yaml
plugins: {providers: [{name: certwright, path: ./bin}]}
resources:
  www:
    type: certwright:Certificate
    properties: {domainName: www.example.com, validationMethod: DNS}
  val:
    type: certwright:CertificateValidation
    properties: {certificateArn: "${www.arn}"}
    options: {customTimeouts: {create: 2s, update: 2s}}
"""


def program(name: str) -> str:
    return PROGRAM.replace("NAME", name)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return new_stack(tmp_path, {"Pulumi.yaml": program("192.168.1.1")})


def test_a_stack_lives_and_dies(stack: Stack) -> None:
    first = stack.preview()
    assert "+ 3 to create" in first
    stack.up()
    stack.settled()
    arn = stack.outputs()["arn"]

    (stack.directory / "Pulumi.yaml").write_text(program("192.168.1.2"))
    plan = stack.preview("--diff")
    assert "~ version                : 1 => 2" in plan
    assert "re-issued under the same ARN, version 2" in plan
    stack.up()
    stack.settled()
    assert stack.outputs()["arn"] == arn

    stack.pulumi("refresh", "--yes", "--non-interactive")
    stack.settled()
    assert not list((stack.directory / "certwright" / "run").glob("run-*"))
    stack.pulumi("destroy", "--yes", "--non-interactive")


def test_claims_are_in_the_store_after_the_run(stack: Stack) -> None:
    stack.up()
    with sqlite3.connect(stack.directory / "certwright" / "data" / "store.db") as store:
        claimed = store.execute("SELECT claimed FROM certificates UNION ALL SELECT claimed FROM authorities").fetchall()
    store.close()
    assert claimed == [(1,), (1,)]


def test_a_preview_makes_no_store(stack: Stack) -> None:
    stack.preview()
    assert not (stack.directory / "certwright" / "data").exists()


def test_a_wrong_name_fails_the_preview_in_one_sentence(stack: Stack) -> None:
    (stack.directory / "Pulumi.yaml").write_text(program('"*.*.x"'))
    said = stack.preview(check=False)
    assert 'subjectAlternativeNames[0]: "*.*.x": a wildcard stands for one leftmost label only [names.invalid]' in said
    assert "Traceback" not in said


def test_replace_by_hand_makes_another_certificate(stack: Stack) -> None:
    stack.up()
    old = stack.outputs()["arn"]
    urn = stack.resource("wiki")["urn"]
    stack.pulumi("up", "--yes", "--skip-preview", "--non-interactive", "--replace", urn)
    assert stack.outputs()["arn"] != old
    stack.settled()


def test_not_validated_in_time_keeps_the_resource_and_resumes(tmp_path: Path) -> None:
    """No resolver answers here, so that the wait cannot succeed."""
    stack = new_stack(
        tmp_path,
        {"Pulumi.yaml": WAITING},
        CERTWRIGHT_VALIDATION_DOMAIN="v.example.com",
        CERTWRIGHT_RESOLVERS="127.0.0.1:9",
    )
    said = stack.up(check=False)
    assert "Traceback" not in said
    found = stack.resource("val")
    assert found["id"] == stack.resource("www")["id"]
    assert found["initErrors"]
    assert "val update" in stack.preview()
    assert "incident" not in stack.up(check=False)


def test_an_import_rebuilds_the_inputs(stack: Stack) -> None:
    stack.up()
    arn = stack.outputs()["arn"]
    urn = stack.resource("wiki")["urn"]
    stack.pulumi("state", "delete", urn, "--yes")
    stack.pulumi(
        "import", "certwright:index:Certificate", "wiki", arn, "--yes", "--generate-code=false", "--protect=false"
    )
    assert stack.resource("wiki")["inputs"]["domainName"] == "wiki.internal"
    stack.settled()


WRONG_KEY = """
name: shop
runtime: yaml
plugins: {providers: [{name: certwright, path: ./bin}]}
resources:
  imported:
    type: certwright:Certificate
    properties: {certificateBody: not-a-pem, privateKey: hunter2}
"""

TWO_PROVIDERS = """
name: shop
runtime: yaml
plugins: {providers: [{name: certwright, path: ./bin}]}
resources:
  own:
    type: pulumi:providers:certwright
    properties: {region: local}
  root:
    type: certwright:PrivateCertificateAuthority
    properties:
      type: ROOT
      certificateAuthorityConfiguration: {subject: {commonName: Shop Root CA}}
      validity: {type: YEARS, value: 10}
  wiki:
    type: certwright:Certificate
    properties:
      domainName: wiki.internal
      subjectAlternativeNames: [NAME]
      certificateAuthorityArn: ${root.arn}
    options: {provider: "${own}"}
  onDisk:
    type: certwright:CertificateAssociation
    properties:
      certificateArn: ${wiki.arn}
      target: {directory: {path: DIRECTORY}}
"""


def test_a_wrong_private_key_is_not_printed(tmp_path: Path) -> None:
    stack = new_stack(tmp_path, {"Pulumi.yaml": WRONG_KEY})
    said = stack.preview(check=False)
    assert "privateKey: has 0 PEM blocks" in said
    assert "hunter2" not in said


def test_a_preview_agrees_across_two_provider_processes(tmp_path: Path) -> None:
    """The certificate is under an explicit provider, its association under the default one: another process."""

    def write(name: str) -> None:
        text = TWO_PROVIDERS.replace("NAME", name).replace("DIRECTORY", str(tmp_path / "tls"))
        (tmp_path / "Pulumi.yaml").write_text(text)

    stack = new_stack(tmp_path, {"Pulumi.yaml": "name: shop\nruntime: yaml\n"})
    write("a.internal")
    stack.up()
    stack.settled()
    write("b.internal")
    plan = stack.preview()
    assert "~ 2 to update" in plan
    assert "~ 2 updated" in stack.up()
    stack.settled()
    assert not list((tmp_path / "certwright" / "run").glob("run-*"))


def plugins_of(stack: Stack) -> list[int]:
    """Process ids of this stack's plugins, by the environment that only they have (Linux)."""
    mark = f"CERTWRIGHT_HOME={stack.environment['CERTWRIGHT_HOME']}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if b"certwright.plugin.main" in (path / "cmdline").read_bytes() and mark in (path / "environ").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def waiting_stack(tmp_path: Path) -> tuple[Stack, subprocess.Popen[str]]:
    """An `up` that waits for a validation that cannot come."""
    stack = new_stack(
        tmp_path,
        {"Pulumi.yaml": WAITING.replace("2s", "10m")},
        CERTWRIGHT_VALIDATION_DOMAIN="v.example.com",
        CERTWRIGHT_RESOLVERS="127.0.0.1:9",
    )
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=stack.directory,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if "val creating" in line:
            break
    time.sleep(1.0)
    return stack, running


def test_ctrl_c_ends_the_wait_keeps_the_resource_and_leaves_no_process(tmp_path: Path) -> None:
    stack, running = waiting_stack(tmp_path)
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert "Run `pulumi up` again to resume" in said, said
    state = stack.state()["deployment"]
    assert not state.get("pending_operations")
    assert stack.resource("val")["initErrors"]
    assert plugins_of(stack) == []


def test_a_killed_cli_leaves_no_plugin_behind(tmp_path: Path) -> None:
    stack, running = waiting_stack(tmp_path)
    assert plugins_of(stack)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=30)
    deadline = time.monotonic() + 15
    while plugins_of(stack) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert plugins_of(stack) == []


SERVED = """
name: shop
runtime: yaml
plugins: {providers: [{name: certwright, path: ./bin}]}
resources:
  root:
    type: certwright:PrivateCertificateAuthority
    properties:
      type: ROOT
      certificateAuthorityConfiguration: {subject: {commonName: Shop Root CA}}
      validity: {type: YEARS, value: 10}
  %CERTIFICATE%
  onDisk:
    type: certwright:CertificateAssociation
    properties:
      certificateArn: %ARN%
      target: {directory: {path: DIRECTORY}}
outputs: {rootArn: "${root.arn}"}
"""
CERTIFICATE = """wiki:
    type: certwright:Certificate
    properties: {domainName: wiki.internal, certificateAuthorityArn: "${root.arn}"}
"""


def test_a_preview_warns_of_a_deletion_that_up_will_refuse(tmp_path: Path) -> None:
    def write(certificate: str, arn: str) -> None:
        text = (
            SERVED.replace("%CERTIFICATE%", certificate)
            .replace("%ARN%", arn)
            .replace("DIRECTORY", str(tmp_path / "tls"))
        )
        (tmp_path / "Pulumi.yaml").write_text(text)

    stack = new_stack(tmp_path, {"Pulumi.yaml": "name: shop\nruntime: yaml\n"})
    write(CERTIFICATE, "${wiki.arn}")
    stack.up()
    stack.settled()
    arn = stack.resource("wiki")["id"]
    write("", f'"{arn}"')
    plan = stack.preview()
    assert "wiki delete warning:" in plan.replace("  ", " ")
    assert "onDisk" in plan
    said = stack.up(check=False)
    assert "in_use]" in said
    assert stack.resource("wiki")["id"] == arn
