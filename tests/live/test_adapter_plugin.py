"""The plugin under the real Pulumi CLI, with a YAML program and a store of its own."""

from __future__ import annotations

import sqlite3
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
    assert not list((stack.directory / "certwright" / "run").glob("*"))
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
