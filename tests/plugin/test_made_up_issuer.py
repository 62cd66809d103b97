"""A remote issuer that a test alone ships goes the whole way, through both adapters and the commands: it answers later, refuses,
sets its own validity, asks for the next one, and whoever asks it is killed. Names are proved by a method that is made up as well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from builders import vendor
from builders.vendor import REFERENCE, Vendor
from certwright.engine.records import OrderRecord, VersionRecord
from plugin import pigeons
from plugin.test_made_up_method import House, dns, house  # noqa: F401
from plugin.test_request_table_shipped import CERTIFICATE, VALIDATION

NAME = "www.example.com"
STATED = {"domainName": NAME, "validationMethod": pigeons.METHOD, "publicIssuer": REFERENCE}
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    pigeons.ship(site)
    vendor.ship(site)
    monkeypatch.syspath_prepend(site)
    return site


def renewed(house: House, site: Path, failpoint: str = "") -> int:  # noqa: F811
    """`certwright renew`, as a process of its own."""
    path = os.pathsep.join(str(p) for p in (site, TESTS.parent / "provider", TESTS))
    done = subprocess.run(
        [sys.executable, "-m", "certwright.cli.main", "renew", NAME, "--force", "--yes", "--timeout", "3"],
        env={**os.environ, **house.commands.environment, "PYTHONPATH": path, "CERTWRIGHT_FAILPOINT": failpoint},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode


@pytest.mark.proves("CRT-12", "VAL-1", "REN-4", "SEC-5")
def test_it_goes_from_the_request_to_a_renewal_that_was_killed(house: House, shipped: Path) -> None:  # noqa: F811
    other_side = Vendor.at(house.home)
    other_side.set(answer="look", patience_s=0.0)
    certificate, validation, commands = house.on(CERTIFICATE), house.on(VALIDATION), house.commands
    checked = certificate.check(STATED)
    assert checked["failures"] == []
    made = certificate.create(checked["inputs"])
    assert made["outputs"]["status"] == "PENDING_VALIDATION"

    # it answers later: the wait says what it waits for, and so do the commands
    waits = validation.check({"certificateArn": made["id"]})["inputs"]
    waiting = validation.create(waits, timeout=0.2)
    assert other_side.orders == {}  # first the proof
    pigeons.come_back(house.home)
    waiting = validation.create(waits, timeout=0.2)
    assert "vendor looks at order 4711-1" in waiting["error"], waiting
    told = commands.run("why", NAME, "--json").document
    issue = {step["step"]: step for step in told["steps"]}["Issue"]
    assert issue["state"] == "waiting" and "vendor looks at order 4711-1" in issue["seen"]
    assert told["first"] == "Issue"

    # and issues
    other_side.set(answer="issue")
    done = validation.update(made["id"], waits, waiting["kept"]["outputs"], waits)
    assert done["outputs"]["status"] == "SUCCESS"
    read = certificate.read(made["id"], checked["inputs"], made["outputs"])
    assert read["outputs"]["browserTrusted"] is True
    assert read["outputs"]["renewalDue"] < read["outputs"]["notAfter"]
    again = certificate.check(STATED, checked["inputs"])
    assert certificate.diff(made["id"], read["inputs"], read["outputs"], again["inputs"])["changes"] == "DIFF_NONE"

    # a renewal by the command, killed after each answer; the next one finishes it
    assert renewed(house, shipped) == 1
    pigeons.come_back(house.home)
    for failpoint in ("order.after_journal", "order.after_answer", "order.after_state:2"):
        assert renewed(house, shipped, failpoint) == -signal.SIGKILL
    assert renewed(house, shipped) == 0
    assert (len(other_side.orders), len(other_side.issued)) == (2, 2)
    with commands.services() as services, services.store.read() as reader:
        assert [(v.version, v.serial) for v in reader.all(VersionRecord)] == list(enumerate(other_side.issued, start=1))
        assert len(reader.all(OrderRecord)) == 2

    # a deletion leaves nothing of the orders
    assert certificate.delete(made["id"], read["outputs"]) == {}
    with commands.services() as services, services.store.read() as reader:
        assert reader.all(OrderRecord) == []


def test_its_refusal_is_the_outcome_of_the_wait(house: House) -> None:  # noqa: F811
    Vendor.at(house.home).set(answer="refuse")
    certificate, validation = house.on(CERTIFICATE), house.on(VALIDATION)
    made = certificate.create(certificate.check(STATED)["inputs"])
    waits = validation.check({"certificateArn": made["id"]})["inputs"]
    waiting = validation.create(waits, timeout=0.2)
    pigeons.come_back(house.home)
    refused = validation.update(made["id"], waits, waiting["kept"]["outputs"], waits)
    assert "vendor refuses order 4711-1: it does not like the name" in refused["error"]
    assert refused["kept"]["outputs"]["status"] == "FAILED"
