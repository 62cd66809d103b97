"""Renewal as a diff: what is due, what is only reported, what blocks it, and what else makes a new version."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import pytest
from builders import pki
from certwright.domain.keyspec import KeyAlgorithm, generate_private_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from live.harness import TYPES, Stack, directory_association, wiki

pytestmark = pytest.mark.needs_pulumi

AGE = {"CERTWRIGHT_CLOCK_OFFSET": "-25d"}


def certificate(stack: Stack, name: str = "wiki") -> x509.Certificate:
    return x509.load_pem_x509_certificate(stack.outputs(name)["certificatePem"].encode())


def public_key(stack: Stack, name: str = "wiki") -> bytes:
    return certificate(stack, name).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.proves("REN-1", "REN-2", "REN-3", "ASC-9")
def test_a_due_certificate_is_a_diff_and_up_renews_and_redeploys_it(aged: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    aged.resources["onDisk"] = directory_association(place)
    aged.resources["kept"] = wiki(domainName="kept.internal", renewalKeyPolicy="REUSE")
    aged.up(env=AGE).ok()
    aged.unchanged(env=AGE)
    arn, old = aged.id("wiki"), certificate(aged)
    keys = {name: public_key(aged, name) for name in ("wiki", "kept")}

    preview = aged.preview_json().ok()
    assert preview.ops == dict.fromkeys(("wiki", "onDisk", "kept"), "update")
    assert preview.diff("wiki") == {"version": "update"}
    assert preview.diff("onDisk") == {"deployedVersion": "update"}
    [said] = preview.said("wiki")
    assert said.startswith(f"renewal due: expires {old.not_valid_after_utc:%Y-%m-%d}, window open since ")
    assert said.endswith("New key, same ARN, version 2.")
    assert "Same key, same ARN, version 2." in preview.said("kept")[0]
    assert preview.said("onDisk") == ["will redeploy: certificate wiki renews (version 1 -> 2)"]

    aged.up().ok()
    assert aged.id("wiki") == arn
    fresh = certificate(aged)
    assert fresh.serial_number != old.serial_number
    assert fresh.not_valid_after_utc > old.not_valid_after_utc + dt.timedelta(days=20)
    assert x509.load_pem_x509_certificate((place / "current" / "cert.pem").read_bytes()) == fresh
    assert public_key(aged, "wiki") != keys["wiki"]
    assert public_key(aged, "kept") == keys["kept"]
    aged.unchanged()

    # a trigger makes a new key even where renewals keep it
    aged.resources["kept"]["properties"]["rekeyTrigger"] = "2026-11"
    aged.up().ok()
    assert public_key(aged, "kept") != keys["kept"]


def a_signed_request() -> str:
    key = generate_private_key(KeyAlgorithm.EC_PRIME256V1)
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "csr.internal")]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("csr.internal")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return request.public_bytes(Encoding.PEM).decode()


@pytest.mark.proves("REN-6")
def test_imported_and_signed_certificates_are_reported_and_never_renewed(aged: Stack) -> None:
    now = dt.datetime.now(dt.UTC)
    key = generate_private_key(KeyAlgorithm.EC_PRIME256V1)
    foreign = pki.authority("Foreign Root", number=7, at=now - dt.timedelta(days=100))
    leaf = pki.leaf(
        foreign,
        private_key=key,
        at=now - dt.timedelta(days=26),
        not_before=now - dt.timedelta(days=26),
        not_after=now + dt.timedelta(days=4),
    )
    aged.resources["foreign"] = {
        "type": TYPES["certificate"],
        "properties": {
            "certificateBody": leaf.public_bytes(Encoding.PEM).decode(),
            "privateKey": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "certificateChain": "".join(c.public_bytes(Encoding.PEM).decode() for c in foreign.chain),
        },
    }
    aged.resources["bySelf"] = {
        "type": TYPES["certificate"],
        "properties": {
            "certificateSigningRequest": a_signed_request(),
            "certificateAuthorityArn": "${issuing.arn}",
            "validity": {"type": "DAYS", "value": 30},
        },
    }
    del aged.resources["wiki"]
    aged.up(env=AGE).ok()
    preview = aged.preview_json().ok()
    assert preview.ops == {}
    warned = {name: [d for d in preview.diagnostics if d.get("urn", "").endswith("::" + name)] for name in
              ("foreign", "bySelf")}  # fmt: skip
    assert [d["severity"] for d in warned["foreign"]] == ["warning"]
    assert "is not renewed by itself: import its successor" in warned["foreign"][0]["message"]
    assert "give a new certificateSigningRequest" in warned["bySelf"][0]["message"]
    aged.unchanged()
    assert aged.outputs("foreign")["renewalEligibility"] == "INELIGIBLE"


@pytest.mark.proves("REN-6", "PCA-3")
def test_a_disabled_authority_blocks_a_renewal_with_a_sentence(aged: Stack) -> None:
    aged.resources["issuing"]["properties"]["enabled"] = False
    aged.up("--target", aged.urn("authority", "issuing")).ok()
    preview = aged.preview_json().ok()
    assert preview.ops == {}
    assert any("due, but authority" in line and "DISABLED" in line for line in preview.said("wiki"))
    aged.up().ok()
    assert aged.outputs("wiki")["version"] == 1
    aged.resources["issuing"]["properties"]["enabled"] = True
    aged.up().ok()
    assert aged.outputs("wiki")["version"] in (1, 2)
    aged.up().ok()
    assert aged.outputs("wiki")["version"] == 2
    aged.unchanged()


@pytest.mark.proves("REN-7", "CRT-6")
def test_a_resigned_authority_takes_its_leaves_along_in_one_diff(stack: Stack, tmp_path: Path) -> None:
    stack.resources["onDisk"] = directory_association(tmp_path / "tls")
    stack.up().ok()
    arns = {name: stack.id(name) for name in ("issuing", "wiki")}
    stack.resources["issuing"]["properties"]["validity"] = {"type": "YEARS", "value": 6}
    preview = stack.preview_json().ok()
    assert preview.ops == dict.fromkeys(("issuing", "wiki", "onDisk"), "update")
    assert preview.diff("wiki") == {"version": "update"}
    assert any("its authority is re-signed" in line for line in preview.said("wiki"))
    stack.up().ok()
    assert {name: stack.id(name) for name in arns} == arns
    assert stack.outputs("issuing")["version"] == 2
    issuer = x509.load_pem_x509_certificate(stack.outputs("issuing")["certificate"].encode())
    certificate(stack).verify_directly_issued_by(issuer)
    assert stack.outputs("wiki")["certificateChainPem"].startswith(
        stack.outputs("issuing")["certificate"].strip()[:200]
    )
    assert stack.outputs("onDisk")["deployedVersion"] == 2
    stack.unchanged()


@pytest.mark.proves("REN-8")
def test_a_certificate_that_was_damaged_in_the_store_is_issued_again(stack: Stack) -> None:
    arn = stack.id("wiki")
    with sqlite3.connect(stack.store_file) as connection:
        [(der,)] = connection.execute("SELECT der FROM materials WHERE arn = ?", (arn,)).fetchall()
        harmed = der[:-1] + bytes([der[-1] ^ 1])
        connection.execute("UPDATE materials SET der = ? WHERE arn = ?", (harmed, arn))
    connection.close()
    preview = stack.preview_json().ok()
    assert preview.ops == {"wiki": "update"}
    assert preview.diff("wiki") == {"version": "update"}
    assert any("damaged: the stored certificate is not the one that was issued" in x for x in preview.said("wiki"))
    stack.up().ok()
    assert stack.id("wiki") == arn
    certificate(stack)
    with stack.services() as services, services.store.read() as reader:
        from certwright.engine.records import VersionRecord

        assert {v.version: v.reason_code for v in reader.all(VersionRecord, arn=arn)}[2] == "leaf.damaged"
    stack.unchanged()


def test_the_renewal_of_a_certificate_by_csr_keeps_no_key(stack: Stack) -> None:
    """CRT-1: the key never reaches us, so there is none in the store."""
    stack.resources["bySelf"] = {
        "type": TYPES["certificate"],
        "properties": {"certificateSigningRequest": a_signed_request(), "certificateAuthorityArn": "${issuing.arn}"},
    }
    stack.up().ok()
    assert stack.outputs("bySelf")["type"] == "SIGNED"
    with stack.services() as services, services.store.read() as reader:
        from certwright.engine.records import KeyRecord, VersionRecord

        [version] = reader.all(VersionRecord, arn=stack.id("bySelf"))
        assert version.key_handle == ""
        assert len(reader.all(KeyRecord)) == 3
