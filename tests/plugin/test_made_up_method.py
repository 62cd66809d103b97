"""A validation method that a test alone registers goes the whole way, through both adapters and the commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from builders.installation import Installation
from certwright.dynamic import providers
from certwright.engine.records import ValidationRecord
from certwright.server.dns import DnsServer
from plugin import pigeons
from plugin.dynamic_host import running_host
from plugin.engine import FakeEngine, running_plugin
from plugin.test_request_table_shipped import CERTIFICATE, VALIDATION, OnUrn

NAME, WILDCARD = "www.example.com", "*.www.example.com"
STATED = {
    "domainName": NAME,
    "subjectAlternativeNames": [WILDCARD],
    "validationMethod": pigeons.METHOD,
    "publicIssuer": "bundled",
}
OPTIONS = [
    {"domainName": NAME, "pigeonTo": f"loft of {NAME}"},
    {"domainName": WILDCARD, "pigeonTo": f"loft of {WILDCARD}"},
]


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    site.mkdir()
    pigeons.ship(site)
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with DnsServer({"com": (), "example.com": ()}) as server:
        yield server


class House:
    """One adapter over an installation of its own, and the commands on the same store."""

    def __init__(self, wire: Any, home: Path, dns: DnsServer, *, dynamic: bool) -> None:
        self.wire, self.home, self.dynamic = wire, home, dynamic
        self.engine: FakeEngine = wire.engine
        servers = {"com": [dns.endpoint]}
        shape = json.dumps if dynamic else (lambda value: value)
        wire.configure(authoritativeServers=shape(servers))
        self.commands = Installation(
            home=home,
            more={"CERTWRIGHT_AUTHORITATIVE_SERVERS": json.dumps(servers), "CERTWRIGHT_TESTING_STORE": ""},
        )

    def on(self, urn: str) -> OnUrn:
        return OnUrn(self.wire, dynamic=self.dynamic, urn=urn)

    def rows(self) -> list[ValidationRecord]:
        with self.commands.services() as services, services.store.read() as reader:
            return [row for row in reader.all(ValidationRecord) if row.method == pigeons.METHOD]

    def said(self) -> list[str]:
        return [message for _, message, _, ephemeral in self.engine.lines if ephemeral]


Open = Callable[[], AbstractContextManager[House]]


@pytest.fixture(params=["plugin", "dynamic"])
def house(request: pytest.FixtureRequest, tmp_path: Path, dns: DnsServer) -> Iterator[House]:
    home = tmp_path / "home"
    if request.param == "plugin":
        with running_plugin(None, home=home) as wire:  # type: ignore[arg-type]
            yield House(wire, home, dns, dynamic=False)
    else:
        with running_host(providers.CertificateProvider(), None, home=home) as host:
            yield House(host, home, dns, dynamic=True)


@pytest.mark.proves("VAL-1", "VAL-6", "REN-5")
def test_it_goes_from_the_request_to_the_renewal(house: House) -> None:
    certificate, validation, commands = house.on(CERTIFICATE), house.on(VALIDATION), house.commands
    checked = certificate.check(STATED)
    assert checked["failures"] == []
    if not house.dynamic:  # Pulumi asks a dynamic provider for no preview of a create
        previewed = house.wire.create(checked["inputs"], preview=True, urn=CERTIFICATE)
        assert certificate.tree(previewed.properties)["domainValidationOptions"] == OPTIONS
    made = certificate.create(checked["inputs"])
    assert made["outputs"]["domainValidationOptions"] == OPTIONS
    assert made["outputs"]["status"] == "PENDING_VALIDATION"

    # wait, with progress
    waits = validation.check({"certificateArn": made["id"]})["inputs"]
    waiting = validation.create(waits, timeout=0.2)
    assert "0 of 2 names validated" in waiting["error"]
    assert f"{NAME}: no pigeon has come back from the loft of {NAME}" in waiting["error"]
    in_the_air = f"0 of 2 names validated; {NAME}: in the air; {WILDCARD}: in the air; next look in 5 s"
    assert in_the_air in house.said()
    assert [row["status"] for row in waiting["kept"]["outputs"]["domainValidations"]] == ["PENDING_VALIDATION"] * 2
    assert pigeons.journeys(house.rows()) == {
        NAME: 1,
        WILDCARD: 1,
    }  # what `present` changed is kept, and not done again

    # why
    told = commands.run("why", NAME, "--look", "--json").document
    assert told["first"] == f"Validation of {NAME}"
    steps = {step["step"]: step for step in told["steps"]}
    assert steps[f"Validation of {WILDCARD}"]["todo"] == f"feed the pigeon at the loft of {WILDCARD}."

    # proof, issue, and the challenges go
    assert pigeons.come_back(house.home) == [WILDCARD, NAME]
    done = validation.update(made["id"], waits, waiting["kept"]["outputs"], waits)
    assert done["outputs"]["status"] == "SUCCESS"
    assert {row["seen"] for row in done["outputs"]["domainValidations"]} == {"came back with its word"}
    assert not list((house.home / "data" / "loft" / "sent").iterdir())
    assert commands.run("why", NAME).code == 0

    # a renewal by the command proves every name again
    late = commands.run("renew", NAME, "--force", "--yes", "--timeout", "1")
    assert late.code == 1
    assert "0 of 2 names validated" in late.out
    pigeons.come_back(house.home)
    assert commands.run("renew", NAME, "--yes").code == 0
    read = certificate.read(made["id"], checked["inputs"], made["outputs"])
    assert read["outputs"]["version"] == 2
    assert read["outputs"]["serialNumber"] != done["outputs"]["serialNumber"]
    again = certificate.check(STATED, checked["inputs"])
    assert certificate.diff(made["id"], read["inputs"], read["outputs"], again["inputs"])["changes"] == "DIFF_NONE"


def test_what_it_objects_to_is_said_in_check_and_a_method_that_nobody_ships_is_named(house: House) -> None:
    certificate = house.on(CERTIFICATE)
    refused = certificate.check({**STATED, "domainName": pigeons.TOO_FAR})
    assert refused["failures"] == [("domainName", f"{pigeons.TOO_FAR} is out of reach for pigeons [pigeon.too_far]")]
    [(path, sentence)] = certificate.check({**STATED, "validationMethod": "OWL"})["failures"]
    assert path == "validationMethod"
    assert "OWL validation is not part of this installation of certwright; use DNS or PIGEON" in sentence
    assert "[validation.method_unavailable]" in sentence


def test_a_deletion_takes_the_challenges_back(house: House) -> None:
    certificate = house.on(CERTIFICATE)
    checked = certificate.check(STATED)["inputs"]
    made = certificate.create(checked)
    house.on(VALIDATION).create(house.on(VALIDATION).check({"certificateArn": made["id"]})["inputs"], timeout=0.2)
    sent = house.home / "data" / "loft" / "sent"
    assert len(list(sent.iterdir())) == 2
    assert certificate.delete(made["id"], made["outputs"]) == {}
    assert not list(sent.iterdir())
    assert house.rows() == []
