"""The dynamic form under the real Pulumi CLI, with a Python program and a store of its own."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from builders.dns import OTHER_SECRET
from certwright.config import environment_name
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from live.adapter_stack import Stack, new_stack
from live.publicworld import TSIG_SECRET, settings, world

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
PASSTHROUGH = """
import json
import os
import pulumi
from certwright.dynamic import Certificate, PrivateCertificateAuthority

root = PrivateCertificateAuthority(
    "root", type="ROOT", certificate_authority_configuration={"subject": {"common_name": "Shop Root CA"}}
)
unit = pulumi.Output.secret("cost-centre-4711")
as_object = {
    "subject": {"common_name": root.arn.apply(lambda _: "the till"), "organizational_unit": unit},
    "extensions": {
        "key_usage": {"digital_signature": True},
        "extended_key_usage": [{"extended_key_usage_type": "CLIENT_AUTH"}],
        "subject_alternative_names": pulumi.Output.from_input([{"dns_name": "till.internal"}, {"rfc822_name": "a@b.example"}]),
    },
}
as_text = {
    "Subject": {"CommonName": "the till", "OrganizationalUnit": "cost-centre-4711"},
    "Extensions": {
        "KeyUsage": {"DigitalSignature": True},
        "ExtendedKeyUsage": [{"ExtendedKeyUsageType": "CLIENT_AUTH"}],
        "SubjectAlternativeNames": [{"DnsName": "till.internal"}, {"Rfc822Name": "a@b.example"}],
    },
}
till = Certificate(
    "till",
    domain_name="till.internal",
    certificate_authority_arn=root.arn,
    template_arn="BlankEndEntityCertificate_APIPassthrough",
    api_passthrough=json.dumps(as_text) if "TEXT" in os.environ else as_object,
)
pulumi.export("pem", till.certificate_pem)
pulumi.export("passed", till.api_passthrough)
"""
INLINE = """
import os
import pulumi
from certwright.dynamic import Certificate, CertificateValidation

www = Certificate("www", domain_name="www.example.com", validation_method="DNS")
proved = CertificateValidation(
    "proved",
    certificate_arn=www.arn,
    dns_writer={
        "rfc2136": {
            "server": pulumi.Output.secret(www.arn.apply(lambda _: os.environ["SERVER"])),
            "key_name": "writer",
            "key_secret": os.environ["TSIG"],
        }
    },
)
pulumi.export("record", www.domain_validation_options[0].resource_record_name)
pulumi.export("status", proved.status)
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


@pytest.mark.proves("CRT-10", "IAC-1", "IAC-4")
def test_a_passthrough_is_an_object_with_outputs_and_secrets_inside_or_its_json_text(tmp_path: Path) -> None:
    stack = new_stack(tmp_path, {"Pulumi.yaml": PROJECT, "__main__.py": PASSTHROUGH})
    assert "+ 3 to create" in stack.preview()  # most of it is not known yet
    stack.up()
    stack.settled()
    leaf = x509.load_pem_x509_certificate(stack.outputs()["pem"].encode())
    assert leaf.subject.rfc4514_string() == "CN=the till,OU=cost-centre-4711"
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["till.internal"]
    assert names.get_values_for_type(x509.RFC822Name) == ["a@b.example"]
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert "cost-centre-4711" not in json.dumps(stack.state()), "a secret inside an object is one in the state, too"
    stated = stack.resource("till")["inputs"]["apiPassthrough"]["extensions"]
    assert stated["keyUsage"] == {"digitalSignature": True}
    assert stated["subjectAlternativeNames"][0] == {"dnsName": "till.internal"}
    stack.settled(TEXT="1")  # the same in AWS's words, as text


@pytest.mark.proves("DNS-7", "IAC-1", "IAC-4", "SEC-6")
def test_an_inline_writer_writes_and_its_key_is_a_secret(tmp_path: Path) -> None:
    with world() as dns:
        environment = {environment_name(name): value for name, value in settings(dns).items()}
        environment |= {"SERVER": dns.endpoint, "TSIG": TSIG_SECRET}
        stack = new_stack(tmp_path, {"Pulumi.yaml": PROJECT, "__main__.py": INLINE}, **environment)
        said = [stack.preview("--diff"), stack.up()]
        stack.settled()
        outputs = stack.outputs()
        assert outputs["status"] == "SUCCESS"
        assert dns.records(outputs["record"], "CNAME") != ()
        assert TSIG_SECRET not in json.dumps(stack.state())
        for tree in ("inputs", "outputs"):
            assert dns.endpoint not in json.dumps(stack.resource("proved")[tree]["dnsWriter"])
        said.append(stack.preview("--diff", TSIG=OTHER_SECRET))
        assert "~ 1 to update" in said[-1]
        said.append(stack.preview(check=False, TSIG="not base64!"))
        assert "keySecret must be base64" in said[-1]
        stack.pulumi("destroy", "--yes", "--non-interactive")
        assert dns.records(outputs["record"], "CNAME") == ()
    assert not [text for text in said for secret in (TSIG_SECRET, OTHER_SECRET, "not base64!") if secret in text]
