"""What is published, and where certificates say that it is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from builders.world import DAY, World, world
from certwright.config import load
from certwright.domain.certificate import load_der
from certwright.domain.errors import CertwrightError, Refused
from certwright.engine import authority
from certwright.engine.decision import Action
from certwright.engine.pointers import answer
from certwright.engine.ports import Reader
from certwright.engine.published import PUBLISHED, all_lists
from certwright.engine.publishing import Pointer, Publication, SigningCa
from certwright.engine.records import AuthorityRecord, CertificateRecord, MaterialRecord
from certwright.engine.services import Services
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

BASE = "http://pki.example.org/x"


@dataclass
class Bulletin:
    """A made-up list, at the address of a CRL."""

    name: str = "bulletin"
    media_type: str = "text/plain"
    pointer: Pointer | None = Pointer.CRL

    def path(self, ca: SigningCa) -> str:
        return f"/bulletin/{ca.key_identifier.hex()}.txt"

    def publication(self, services: Services, reader: Reader, path: str) -> Publication | None:
        return Publication(body=b"all is well") if path.startswith("/bulletin/") else None


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[World]:
    """An installation with a public address, and a list that a test alone has registered."""
    with world(tmp_path, public_url=BASE) as made:
        yield replace(made, services=replace(made.services, published=lambda: (*PUBLISHED, Bulletin())))


def certificate(here: World, record: AuthorityRecord | CertificateRecord) -> x509.Certificate:
    material: MaterialRecord = here.one(MaterialRecord, arn=record.arn, version=record.serving_version)
    return load_der(material.der)


def addresses(of: x509.Certificate) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for extension in of.extensions:
        match extension.value:
            case x509.AuthorityInformationAccess() as access:
                for each in access:
                    kind = "issuer" if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS else "ocsp"
                    found.setdefault(kind, []).append(each.access_location.value)
            case x509.CRLDistributionPoints() as points:
                found["crl"] = [name.value for point in points for name in point.full_name or ()]
    return found


def fetched(here: World, address: str) -> tuple[str, bytes]:
    with here.services.store.read() as reader:
        found = answer(here.services, reader, address.removeprefix(BASE))
    assert found is not None
    return found[0].media_type, found[1].body


@pytest.mark.proves("REV-2", "REV-3")
def test_leaf_and_authority_name_what_their_signer_publishes(open_house: World) -> None:
    root = open_house.root()
    issuing = open_house.issuing(root)
    leaf = open_house.private(issuing)
    assert addresses(certificate(open_house, root)) == {}
    for issued, signer in ((issuing, root), (leaf, issuing)):
        said = addresses(certificate(open_house, issued))
        assert set(said) == {"issuer", "crl"}
        assert fetched(open_house, said["crl"][0]) == ("text/plain", b"all is well")
        media_type, body = fetched(open_house, said["issuer"][0])
        assert media_type == "application/pkix-cert"
        assert load_der(body) == certificate(open_house, signer)


def test_a_public_and_a_signed_certificate_name_it_too(open_house: World) -> None:
    record = open_house.public(open_house.issuing())
    from certwright.engine import validation

    validation.drive(open_house.services, record.arn, timeout_s=5, cancel=open_house.cancel(), progress=lambda _: None)
    assert set(addresses(certificate(open_house, open_house.record(record.arn)))) == {"issuer", "crl"}


def test_openssl_reads_what_is_published(open_house: World, tmp_path: Path) -> None:
    issuing = open_house.issuing()
    (address,) = addresses(certificate(open_house, open_house.private(issuing)))["issuer"]
    (tmp_path / "ca.crt").write_bytes(fetched(open_house, address)[1])
    command = ["openssl", "x509", "-inform", "DER", "-in", str(tmp_path / "ca.crt"), "-noout", "-subject"]
    assert "Shop issuing" in subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_without_a_public_address_nothing_is_named(here: World, issuing: AuthorityRecord) -> None:
    there = replace(here, services=replace(here.services, published=lambda: (*PUBLISHED, Bulletin())))
    assert addresses(certificate(there, there.private(issuing))) == {}


def test_another_public_address_is_no_change_and_enters_at_the_next_issue(tmp_path: Path) -> None:
    with world(tmp_path, public_url=BASE) as before:
        issuing = before.issuing()
        record = before.private(issuing)
    with world(tmp_path, seed=2, public_url="http://new.example.org") as after:
        after = replace(after, services=replace(after.services, published=lambda: PUBLISHED))
        assert after.decision(record.arn).action is Action.KEEP
        after.clock.advance(25 * DAY)
        from certwright.engine.jobs import JOBS
        from certwright.engine.jobs.walk import Walk

        Walk(services=after.services, jobs=JOBS).round(after.cancel())
        (address,) = addresses(certificate(after, after.record(record.arn)))["issuer"]
        assert address.startswith("http://new.example.org/ca/")


def test_an_address_answers_for_its_key_whatever_has_been_signed_since(open_house: World) -> None:
    issuing = open_house.issuing()
    (address,) = addresses(certificate(open_house, open_house.private(issuing)))["issuer"]
    again = authority.re_sign(
        open_house.services, issuing.arn, expected_newest=1, spec=issuing.spec, reason_code="renewal.window_open"
    )
    assert load_der(fetched(open_house, address)[1]) == certificate(open_house, again)
    configuration = {**issuing.spec["certificateAuthorityConfiguration"], "keyAlgorithm": "EC_secp384r1"}
    other = authority.re_sign(
        open_house.services,
        issuing.arn,
        expected_newest=2,
        spec={**issuing.spec, "certificateAuthorityConfiguration": configuration},
        reason_code="inputs.changed",
    )
    assert load_der(fetched(open_house, address)[1]) == certificate(open_house, again)
    assert certificate(open_house, other) != certificate(open_house, again)


def test_a_disabled_authority_publishes_on(open_house: World) -> None:
    issuing = open_house.issuing()
    (address,) = addresses(certificate(open_house, open_house.private(issuing)))["issuer"]
    open_house.save(replace(open_house.one(AuthorityRecord, arn=issuing.arn), enabled=False))
    assert load_der(fetched(open_house, address)[1]) == certificate(open_house, issuing)


@pytest.mark.parametrize("path", ["/", "/ca/", "/ca/x.crt", "/ca/00/00.crt", "/ca/../etc/passwd"])
def test_where_nothing_is_published_nothing_answers(open_house: World, path: str) -> None:
    open_house.root()
    with open_house.services.store.read() as reader:
        assert answer(open_house.services, reader, path) is None


@pytest.mark.parametrize(
    ("said", "kept"), [("http://pki.example.org", "http://pki.example.org"), ("http://h:8080/p/", "http://h:8080/p")]
)
def test_an_address_is_kept_without_a_slash_at_its_end(said: str, kept: str) -> None:
    assert load({"publicUrl": said}, environ={"CERTWRIGHT_HOME": "/nowhere"}).public_url == kept


@pytest.mark.parametrize(
    "said", ["https://pki.example.org", "pki.example.org", "http://h/?q", "http://h/a b", "http://"]
)
def test_an_address_that_nobody_can_follow_is_refused(said: str) -> None:
    with pytest.raises(Refused, match="plain http"):
        load({"publicUrl": said}, environ={"CERTWRIGHT_HOME": "/nowhere"})


def points(**named: str) -> Iterable[EntryPoint]:
    return [EntryPoint(name=name, value=value, group="certwright.published") for name, value in named.items()]


def test_a_third_party_adds_a_list_by_an_entry_point() -> None:
    mine = f"{__name__}:Bulletin"
    lists: Any = all_lists(found=lambda: points(bulletin=mine, ca=mine))
    assert [each.name for each in lists] == [*(each.name for each in PUBLISHED), "bulletin"]
    with pytest.raises(CertwrightError, match=r"'broken' comes from nowhere:List, which does not load"):
        all_lists(found=lambda: points(broken="nowhere:List"))
