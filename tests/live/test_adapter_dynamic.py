"""The dynamic form under the real Pulumi CLI, with a Python program and a store of its own."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from live.adapter_stack import Stack, new_stack

pytestmark = pytest.mark.needs_pulumi

PROJECT = "name: shop\nruntime: python\n"
PROGRAM = """
import os
import pulumi
from certwright.dynamic import Certificate, PrivateCertificateAuthority, get_certificate

root = PrivateCertificateAuthority(
    "root",
    type="ROOT",
    certificate_authority_configuration={"subject": {"common_name": "Shop Root CA"}},
    validity={"type": "YEARS", "value": 10},
)
wiki = Certificate(
    "wiki",
    domain_name="wiki.internal",
    subject_alternative_names=[os.environ.get("SAN", "192.168.1.1")],
    certificate_authority_arn=root.arn,
    validity={"type": "DAYS", "value": 30},
    tags={"cost_center": "ops"},
)
pulumi.export("arn", wiki.arn)
pulumi.export("tags", wiki.tags)
pulumi.export("looked_up", get_certificate.output(arn=wiki.arn).apply(lambda found: found.domain_name))
"""
WAITING = """
from pulumi import CustomTimeouts, ResourceOptions
from certwright.dynamic import Certificate, CertificateValidation

www = Certificate("www", domain_name="www.example.com", validation_method="DNS")
www.domain_validation_options.apply(lambda options: print("RECORD", options[0].resource_record_name))
CertificateValidation(
    "val",
    certificate_arn=www.arn,
    opts=ResourceOptions(custom_timeouts=CustomTimeouts(create="2s", update="2s")),
)
"""


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return new_stack(tmp_path, {"Pulumi.yaml": PROJECT, "__main__.py": PROGRAM})


def test_a_stack_lives_and_dies(stack: Stack) -> None:
    assert "+ 3 to create" in stack.preview()
    stack.up()
    stack.settled()
    outputs = stack.outputs()
    assert outputs["tags"] == {"cost_center": "ops"}
    assert outputs["looked_up"] == "wiki.internal"

    plan = stack.preview("--diff", SAN="192.168.1.2")
    assert "~ version                : 1 => 2" in plan
    assert "re-issued under the same ARN, version 2" in plan
    stack.up(SAN="192.168.1.2")
    stack.settled(SAN="192.168.1.2")
    assert stack.outputs()["arn"] == outputs["arn"]

    stack.pulumi("refresh", "--yes", "--non-interactive", SAN="192.168.1.2")
    stack.settled(SAN="192.168.1.2")
    stack.pulumi("destroy", "--yes", "--non-interactive")


def test_claims_are_in_the_store_after_the_run(stack: Stack) -> None:
    stack.up()
    with sqlite3.connect(stack.directory / "certwright" / "data" / "store.db") as store:
        claimed = store.execute("SELECT claimed FROM certificates UNION ALL SELECT claimed FROM authorities").fetchall()
    store.close()
    assert claimed == [(1,), (1,)]


def test_errors_are_sentences(stack: Stack) -> None:
    said = stack.preview(check=False, SAN="*.*.x")
    assert 'subjectAlternativeNames[0]: "*.*.x": a wildcard stands for one leftmost label only [names.invalid]' in said
    said = stack.preview(check=False, CERTWRIGHT_REGION="No Region")
    assert '"No Region" is not a region' in said
    assert "pulumi/dynamic/__main__.py" not in said


def test_a_first_preview_knows_the_records_and_a_late_validation_is_kept(tmp_path: Path) -> None:
    stack = new_stack(
        tmp_path,
        {"Pulumi.yaml": PROJECT, "__main__.py": WAITING},
        CERTWRIGHT_VALIDATION_DOMAIN="v.example.com",
        CERTWRIGHT_RESOLVERS="127.0.0.1:9",
    )
    assert "RECORD _" in stack.preview()
    stack.up(check=False)
    found = stack.resource("val")
    assert found["id"] == stack.resource("www")["id"]
    assert found["initErrors"]
    assert "val update" in stack.preview()
