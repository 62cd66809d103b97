"""Imported and signed certificates, refusals, and the two import paths, with the real CLI."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from builders import pki
from certwright.domain.keyspec import KeyAlgorithm, PrivateKey, generate_private_key
from certwright.engine.records import KeyRecord
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from live.harness import TYPES, Stack, Tree, directory_association, wiki
from live.publicworld import validation

pytestmark = pytest.mark.needs_pulumi


def pem_of(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def foreign(key: PrivateKey, **vary: object) -> Tree:
    now = dt.datetime.now(dt.UTC)
    above = pki.authority("Foreign Root", number=7, at=now)
    leaf = pki.leaf(above, private_key=key, at=now)
    properties = {
        "certificateBody": leaf.public_bytes(Encoding.PEM).decode(),
        "certificateChain": above.certificate.public_bytes(Encoding.PEM).decode(),
        "privateKey": pem_of(key),
        **vary,
    }
    return {"type": TYPES["certificate"], "properties": {k: v for k, v in properties.items() if v is not None}}


@pytest.mark.proves("IMP-1", "IMP-2", "SEC-6", "VAL-4", "CRT-1")
def test_an_imported_certificate_keeps_its_arn_and_its_key_is_nowhere_in_clear(stack: Stack, tmp_path: Path) -> None:
    first, second = (generate_private_key(KeyAlgorithm.EC_PRIME256V1) for _ in range(2))
    place = tmp_path / "tls"
    stack.resources["theirs"] = foreign(first)
    stack.resources["seen"] = validation("theirs")
    stack.resources["onDisk"] = directory_association(place, certificate="seen.certificateArn")
    preview = stack.preview_json().ok()
    assert pem_of(first).splitlines()[1] not in preview.text
    stack.up().ok()
    arn = stack.id("theirs")
    state = json.dumps(stack.export())
    assert pem_of(first).splitlines()[1] not in state
    assert '"privateKey"' in state, "as an encrypted input"
    assert stack.outputs("theirs")["type"] == "IMPORTED"
    assert stack.outputs("seen")["status"] == "SUCCESS"
    stack.unchanged()

    # another certificate under the same ARN, redeployed in the same run
    stack.resources["theirs"] = foreign(second)
    preview = stack.preview_json().ok()
    assert preview.ops == dict.fromkeys(("theirs", "seen", "onDisk"), "update")
    stack.up().ok()
    assert (stack.id("theirs"), stack.outputs("theirs")["version"]) == (arn, 2)
    served = load_pem_private_key((place / "current" / "privkey.pem").read_bytes(), None)
    assert served.public_key() == second.public_key()
    stack.unchanged()

    # `pulumi import` needs no key, and the program may go on without one
    for name in ("onDisk", "seen", "theirs"):
        kind = {"onDisk": "association", "seen": "validation", "theirs": "certificate"}[name]
        stack.run("state", "delete", "--yes", stack.urn(kind, name)).ok()
    del stack.resources["theirs"]["properties"]["privateKey"]
    del stack.resources["seen"], stack.resources["onDisk"]
    stack.import_("certificate", "theirs", arn, "--protect=false").ok()
    stack.unchanged()


@pytest.mark.proves("IMP-1", "SEC-6")
def test_a_key_that_does_not_fit_is_refused_without_a_word_of_it(stack: Stack) -> None:
    key, other = (generate_private_key(KeyAlgorithm.EC_PRIME256V1) for _ in range(2))
    stack.resources["theirs"] = foreign(key, privateKey=pem_of(other))
    run = stack.preview().failed()
    assert "[key.mismatch]" in run.text
    for line in (*pem_of(other).splitlines()[1:-1], *pem_of(key).splitlines()[1:-1]):
        assert line not in run.text


@pytest.mark.proves("CRT-1", "CRT-10", "REN-6")
def test_a_signed_certificate_has_the_requests_key_and_ours_holds_none(stack: Stack) -> None:
    key = generate_private_key(KeyAlgorithm.EC_PRIME256V1)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "csr.internal")]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("csr.internal")]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )
    properties: Tree = {"certificateSigningRequest": request, "certificateAuthorityArn": "${issuing.arn}"}
    stack.resources["bySelf"] = {"type": TYPES["certificate"], "properties": properties}
    stack.up().ok()
    signed = x509.load_pem_x509_certificate(stack.outputs("bySelf")["certificatePem"].encode())
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert signed.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)
    assert stack.outputs("bySelf")["type"] == "SIGNED"
    with stack.services() as services, services.store.read() as reader:
        assert len(reader.all(KeyRecord)) == 3
    stack.unchanged()
    properties["domainName"] = "other.internal"
    properties["validationMethod"] = "DNS"
    assert "[mode." in stack.preview().failed().text


@pytest.mark.proves("IAC-2", "NAM-5", "CRT-1")
def test_every_problem_is_named_at_once(stack: Stack) -> None:
    stack.resources["bad"] = wiki(
        domainName="a" * 64 + ".internal",
        subjectAlternativeNames=["ok.internal", "*.*.internal", "under..dots"],
        keyAlgorithm="EC_prime256v1",
        earlyRenewalDuration="soon",
        keyUsages=["nothing"],
    )
    run = stack.preview().failed()
    for part in ("domainName", "subjectAlternativeNames[1]", "subjectAlternativeNames[2]", "earlyRenewalDuration"):
        assert part in run.text, part
    assert "keyUsages" in run.text
    stack.resources["bad"] = {"type": TYPES["certificate"], "properties": {"domainName": "x.internal"}}
    run = stack.preview().failed()
    for choice in ("validationMethod", "certificateAuthorityArn", "certificateBody", "certificateSigningRequest"):
        assert choice in run.text
