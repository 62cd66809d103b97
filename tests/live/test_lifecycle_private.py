"""The life of private certificates under the real CLI: made, changed in place, replaced, read, taken away."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from certwright.engine.records import AuthorityRecord, CertificateRecord, MaterialRecord, VersionRecord
from cryptography import x509
from live.harness import TYPES, Stack, directory_association, wiki

pytestmark = pytest.mark.needs_pulumi


def served(place: Path) -> x509.Certificate:
    """The certificate of a directory target; a key that does not fit is an error."""
    current = place / "current"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(current / "fullchain.pem", current / "privkey.pem")
    return x509.load_pem_x509_certificate((current / "cert.pem").read_bytes())


def serial(stack: Stack, name: str = "wiki") -> int:
    return int(stack.outputs(name)["serialNumber"], 16)


@pytest.mark.each_cli
@pytest.mark.proves("IAC-2", "IAC-5", "SEC-8", "AUD-1")
def test_the_first_preview_makes_nothing_and_the_second_after_up_is_empty(empty: Stack, tmp_path: Path) -> None:
    from live.harness import authorities

    place = tmp_path / "tls"
    empty.resources.update(authorities(), wiki=wiki(), onDisk=directory_association(place))
    first = empty.preview_json().ok()
    assert first.ops == dict.fromkeys(("root", "issuing", "wiki", "onDisk"), "create")
    assert empty.files() == {}
    assert not place.exists()
    assert "warning" not in first.text, "e.g. a provider that is found on PATH"

    assert "audit log signed: local line" in empty.up().ok().text
    assert served(place).serial_number == serial(empty)
    before, written = empty.dump(), empty.files()
    empty.unchanged()
    assert empty.preview_json().ok().ops == {}
    assert empty.dump() == before
    assert empty.files() == written


@pytest.mark.proves("CRT-6", "IAC-3", "IAC-5", "IAC-2")
def test_what_changes_in_place_what_makes_a_version_and_what_replaces(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    stack.resources["onDisk"] = directory_association(place)
    stack.up().ok()
    arn, first = stack.id("wiki"), serial(stack)

    # in place: no issue
    stack.resources["wiki"] = wiki(tags={"team": "sensors"}, earlyRenewalDuration="P12D")
    preview = stack.preview_json().ok()
    assert preview.ops == {"wiki": "update"}
    assert preview.diff("wiki") == {"tags": "add", "earlyRenewalDuration": "update"}
    stack.up().ok()
    assert (stack.id("wiki"), serial(stack), stack.outputs("wiki")["version"]) == (arn, first, 1)
    stack.unchanged()

    # another order or spelling of the names: nothing at all
    stack.resources["wiki"] = wiki(
        tags={"team": "sensors"},
        earlyRenewalDuration="P12D",
        domainName="WIKI.internal",
        subjectAlternativeNames=["fire-sensor-123", "192.168.1.1", "192.168.1.1"],
    )
    assert stack.preview_json().ok().ops == {}

    # a further name: a new version under the same ARN, redeployed in the same run
    stack.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["fire-sensor-123", "10.0.0.7"]
    preview = stack.preview_json().ok()
    assert preview.ops == {"wiki": "update", "onDisk": "update"}
    assert preview.diff("wiki") == {"subjectAlternativeNames": "update", "version": "update"}
    assert preview.diff("onDisk") == {"deployedVersion": "update"}
    assert serial(stack) == first
    stack.up().ok()
    assert (stack.id("wiki"), stack.outputs("wiki")["version"]) == (arn, 2)
    assert serial(stack) != first
    assert served(place).serial_number == serial(stack)
    stack.unchanged()

    # another first name: a replacement, and the old one goes only after the new one is served
    stack.resources["wiki"]["properties"]["domainName"] = "docs.internal"
    preview = stack.preview_json().ok()
    assert preview.steps["wiki"]["op"] in ("replace", "create-replacement")
    assert preview.diff("wiki")["domainName"] == "update-replace"
    run = stack.up().ok()
    assert stack.id("wiki") != arn
    assert served(place).serial_number == serial(stack)
    assert run.text.index("wiki created replacement") < run.text.index("wiki deleting original")
    with stack.services() as services, services.store.read() as reader:
        assert [record.arn for record in reader.all(CertificateRecord)] == [stack.id("wiki")]
        assert {record.arn for record in reader.all(MaterialRecord)} == {
            stack.id(name) for name in ("root", "issuing", "wiki")
        }
    stack.unchanged()


@pytest.mark.proves("IMP-2", "IAC-3")
def test_every_resource_can_be_imported_by_its_id(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    stack.resources["onDisk"] = directory_association(place)
    stack.resources["waiting"] = {"type": TYPES["validation"], "properties": {"certificateArn": "${wiki.arn}"}}
    stack.up().ok()
    before, serials = stack.dump(), serial(stack)
    ids = {name: entry["id"] for name, entry in stack.state().items()}
    kinds = {"root": "authority", "issuing": "authority", "wiki": "certificate"}
    kinds |= {"waiting": "validation", "onDisk": "association"}
    stack.run("state", "delete", "--yes", "--all").ok()
    assert stack.state() == {}

    for name, kind in kinds.items():
        stack.import_(kind, name, ids[name], "--protect=false").ok()
    assert {name: entry["id"] for name, entry in stack.state().items()} == ids
    assert stack.preview_json().ok().ops == {}
    stack.unchanged()
    assert stack.dump() == before
    assert serial(stack) == serials


def test_an_id_that_is_not_there_is_a_sentence(stack: Stack) -> None:
    missing = stack.id("wiki")[:-12] + "000000000000"
    said = stack.import_("certificate", "other", missing).failed().text
    assert missing in said
    assert "there is no resource with the id" in said


@pytest.mark.proves("IAC-3", "PCA-3", "ASC-1")
def test_destroy_leaves_the_audit_and_the_authorities_in_their_window(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    stack.resources["onDisk"] = directory_association(place)
    stack.up().ok()
    ids = {name: stack.id(name) for name in ("root", "issuing")}
    stack.destroy().ok()
    assert stack.state() == {}
    assert not (place / "current").exists()
    with stack.services() as services, services.store.read() as reader:
        assert reader.all(CertificateRecord) == []
        assert reader.all(VersionRecord) == []
        found = {record.arn: record.status.value for record in reader.all(AuthorityRecord)}
    assert found == {ids["root"]: "DELETED", ids["issuing"]: "DELETED"}


@pytest.mark.proves("ASC-9", "IAC-3")
def test_a_refresh_finds_a_strange_pair_at_the_target_and_up_repairs_it(stack: Stack, tmp_path: Path) -> None:
    place = tmp_path / "tls"
    stack.resources["onDisk"] = directory_association(place)
    stack.up().ok()
    mine = served(place)
    certificate = place / "current" / "cert.pem"
    strange = (stack.outputs("wiki")["certificateChainPem"]).split("-----END CERTIFICATE-----")[0]
    certificate.chmod(0o600)
    certificate.write_text(strange + "-----END CERTIFICATE-----\n")
    stack.refresh().ok()
    assert stack.outputs("onDisk")["status"] == "DRIFTED"
    preview = stack.preview_json().ok()
    assert preview.ops == {"onDisk": "update"}
    assert any("another certificate" in line for line in preview.said("onDisk"))
    stack.up().ok()
    assert served(place) == mine
    stack.unchanged()
