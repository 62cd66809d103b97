"""The traps of creates that look alike: --replace, taint, and what an interrupted create left (CRT-5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from certwright.engine.records import AssociationRecord, AuthorityRecord, CertificateRecord
from cryptography import x509
from live.harness import Stack, directory_association

pytestmark = pytest.mark.needs_pulumi


def live_records(stack: Stack) -> dict[str, list[str]]:
    """URN's name → ARNs of the records that are not deleted."""
    found: dict[str, list[str]] = {}
    with stack.services() as services, services.store.read() as reader:
        for kind in (CertificateRecord, AuthorityRecord, AssociationRecord):
            for record in reader.all(kind):
                if str(getattr(record, "status", "")) != "DELETED":
                    found.setdefault(record.urn.rsplit("::", 1)[-1], []).append(record.arn)
    return found


def declared(stack: Stack) -> dict[str, list[str]]:
    return {name: [entry["id"]] for name, entry in stack.state().items()}


def deployed_serial(place: Path) -> str:
    return format(x509.load_pem_x509_certificate((place / "current" / "cert.pem").read_bytes()).serial_number, "x")


def assert_whole(stack: Stack, place: Path) -> None:
    """What is declared exists, once, and is served."""
    assert live_records(stack) == declared(stack)
    assert deployed_serial(place) == stack.outputs("wiki")["serialNumber"]
    stack.unchanged()


@pytest.mark.proves("CRT-5", "IAC-3")
def test_replace_and_taint_never_destroy_the_live_certificate(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    stack.resources["onDisk"] = directory_association(place)
    stack.up().ok()
    first, serial = stack.id("wiki"), stack.outputs("wiki")["serialNumber"]

    stack.up("--replace", stack.urn("certificate", "wiki")).ok()
    second = stack.id("wiki")
    assert second != first
    assert stack.outputs("wiki")["serialNumber"] != serial, "a live certificate is not adopted: a new one is issued"
    assert_whole(stack, place)

    stack.run("state", "taint", "--yes", stack.urn("certificate", "wiki")).ok()
    assert stack.preview_json().ok().steps["wiki"]["op"] in ("replace", "create-replacement")
    stack.up().ok()
    assert stack.id("wiki") != second
    assert_whole(stack, place)

    # the association takes over its own place and loses nothing
    stack.run("state", "taint", "--yes", stack.urn("association", "onDisk")).ok()
    stack.up().ok()
    assert_whole(stack, place)


@pytest.mark.proves("CRT-5", "PCA-3")
def test_a_tainted_authority_is_replaced_and_its_leaves_follow(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    stack.resources["onDisk"] = directory_association(place)
    stack.up().ok()
    stack.run("state", "taint", "--yes", stack.urn("authority", "issuing")).ok()
    stack.up().ok()
    assert_whole(stack, place)
    with stack.services() as services, services.store.read() as reader:
        leaf = reader.one(CertificateRecord, arn=stack.id("wiki"))
        assert leaf is not None
        assert leaf.spec["certificateAuthorityArn"] == stack.id("issuing")


@pytest.mark.proves("CRT-5", "SEC-5")
def test_what_an_interrupted_create_left_is_adopted_once(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    stack.resources["more"] = {
        **stack.resources["wiki"],
        "properties": {**stack.resources["wiki"]["properties"], "domainName": "more.internal"},
    }
    killed = stack.up(env={"CERTWRIGHT_FAILPOINT": "issue.after_store"}).failed()
    assert "exited prematurely" in killed.text
    assert "more" not in stack.state()
    left = live_records(stack)["more"]
    assert len(left) == 1

    run = stack.up().ok()
    assert f"adopted {stack.id('more')}" in run.text
    assert stack.id("more") != left[0]
    assert live_records(stack) == declared(stack)

    # once it is known, no create adopts it again
    stack.resources["onDisk"] = directory_association(place, certificate="more")
    stack.up("--replace", stack.urn("certificate", "more")).ok()
    assert live_records(stack) == declared(stack)
    assert deployed_serial(place) == stack.outputs("more")["serialNumber"]
    stack.unchanged()
