"""A remote issuer, made up by this test alone: it answers later, may refuse, sets its own validity, asks for the next one at an
instant, and everybody may die between any two of its steps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders.desk import Desk
from builders.vendor import ASKS_AFTER, KIND, LIFE, REFERENCE, Vendor, VendorIssuer
from builders.world import DAY, MISSING, NOW, World, world
from certwright.domain.certificate import load_der
from certwright.engine import certificates, validation
from certwright.engine.decision import Action
from certwright.engine.issuing import Signed, Waiting
from certwright.engine.ports import CancelSignal
from certwright.engine.records import CertificateStatus, Json, MaterialRecord, OrderRecord, ValidationRecord

TESTS = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, issuers={KIND: VendorIssuer}) as made:
        yield made


@pytest.fixture
def vendor(here: World) -> Vendor:
    return Vendor.at(here.home)


def drive(here: World, arn: str, timeout_s: float = 30) -> validation.Outcome:
    return validation.drive(here.services, arn, timeout_s=timeout_s, cancel=here.cancel(), progress=lambda line: None)


@pytest.mark.proves("CRT-12", "SEC-5")
def test_it_issues_for_our_key_and_sets_validity_and_the_instant_of_the_next(here: World, vendor: Vendor) -> None:
    www = here.public(publicIssuer=REFERENCE, subjectAlternativeNames=["b.example.org"])
    assert here.version(www.arn).issuer_arn == REFERENCE
    assert drive(here, www.arn).issued
    version = here.version(www.arn)
    assert (version.status, version.serial) == (CertificateStatus.ISSUED, vendor.issued[0])
    assert version.not_after is not None and version.not_before is not None
    assert version.not_after - version.not_before == LIFE
    assert version.renewal_due == NOW + ASKS_AFTER  # ours would be two thirds of its life
    certificate = load_der(here.one(MaterialRecord, arn=www.arn).der)
    assert certificate.serial_number == int(version.serial, 16)
    assert [line for line in here.audit() if line[0] == "issue"] == [("issue", "intended"), ("issue", "done")]
    assert vendor.calls == ["order", "look", "fetch"]
    assert here.caa.identities[-1] == ("vendor.example",)  # and not those of this installation


@pytest.mark.proves("REN-1", "REN-3")
def test_it_is_renewed_at_the_instant_that_it_named_and_metadata_do_not_move_that(here: World, vendor: Vendor) -> None:
    www = here.public(publicIssuer=REFERENCE)
    assert drive(here, www.arn).issued
    certificates.update(here.services, www.arn, spec=www.spec, tags={"a": "b"}, urn=www.urn)
    here.clock.advance(ASKS_AFTER - timedelta(seconds=1))
    assert here.decision(www.arn).action is Action.KEEP
    here.clock.advance(timedelta(seconds=1))
    decision = here.decision(www.arn)
    assert [reason.code for reason in decision.reasons] == ["renewal.window_open"]
    certificates.reissue(here.services, www.arn, expected_newest=1, spec=www.spec, reason_code="renewal.window_open")
    assert drive(here, www.arn).issued
    assert here.record(www.arn).serving_version == 2
    assert len(vendor.orders) == len(set(vendor.issued)) == 2
    assert here.decision(www.arn).action is Action.KEEP


@pytest.mark.proves("VAL-2", "CRT-4")
def test_while_it_looks_nothing_is_a_change_and_it_is_not_asked_before_its_instant(here: World, vendor: Vendor) -> None:
    vendor.set(answer="look")
    www = here.public(publicIssuer=REFERENCE)
    outcome = drive(here, www.arn)
    assert not outcome.issued
    assert "vendor looks at order 4711-1" in outcome.why and "2026-11-24T13:00:00Z" in outcome.why
    assert here.clock.now() == NOW  # nobody waited for what cannot come
    asked = len(vendor.calls)
    vendor.set(answer="issue")
    decision = here.decision(www.arn)
    assert decision.action is Action.KEEP
    assert [warning.code for warning in decision.warnings] == ["issuer.waiting"]
    assert "vendor looks at order 4711-1" in decision.warnings[0].sentence
    assert not drive(here, www.arn).issued
    assert len(vendor.calls) == asked
    here.clock.advance(HOUR)
    assert [reason.code for reason in here.decision(www.arn).reasons] == ["request.pending"]
    assert drive(here, www.arn).issued
    assert len(vendor.orders) == len(vendor.issued) == 1


@pytest.mark.proves("VAL-1")
def test_a_wait_that_can_end_says_what_it_waits_for_and_asks_at_the_issuers_instants(
    here: World, vendor: Vendor
) -> None:
    vendor.set(answer="look", patience_s=7.0)
    www = here.public(publicIssuer=REFERENCE)
    said: list[str] = []
    outcome = validation.drive(here.services, www.arn, timeout_s=12, cancel=here.cancel(), progress=said.append)
    assert "vendor looks at order 4711-1" in outcome.why
    assert said[0] == "1 of 1 names validated; vendor looks at order 4711-1; next look in 5 s"
    assert vendor.calls == ["order", "look", "look"]  # at the beginning and after ten seconds: not after five


@pytest.mark.proves("CRT-4")
def test_an_order_that_takes_longer_than_the_proof_may_is_not_given_up(here: World, vendor: Vendor) -> None:
    vendor.set(answer="look")
    www = here.public(publicIssuer=REFERENCE)
    drive(here, www.arn)
    here.clock.advance(5 * DAY)
    vendor.set(answer="issue")
    assert drive(here, www.arn).issued
    assert len(vendor.orders) == 1


@pytest.mark.proves("CRT-4")
def test_what_it_refuses_has_failed_and_the_next_attempt_is_another_order(here: World, vendor: Vendor) -> None:
    vendor.set(answer="refuse")
    www = here.public(publicIssuer=REFERENCE)
    outcome = drive(here, www.arn)
    assert "it does not like the name" in outcome.why
    assert here.clock.now() == NOW  # its no is final: nobody waits
    version = here.version(www.arn)
    assert (version.status, version.failure_reason) == (CertificateStatus.FAILED, "OTHER")
    assert ("issue", "failed") in here.audit()
    vendor.set(answer="issue")
    decision = here.decision(www.arn)
    assert [reason.code for reason in decision.reasons] == ["request.retry"]
    certificates.retry(here.services, www.arn)
    assert drive(here, www.arn).issued
    assert (len(vendor.orders), len(vendor.issued)) == (2, 1)


@pytest.mark.proves("VAL-2")
def test_one_that_is_away_is_asked_again_at_the_next_look(here: World, vendor: Vendor) -> None:
    vendor.set(answer="away")
    www = here.public(publicIssuer=REFERENCE)
    outcome = drive(here, www.arn, timeout_s=7)
    assert "the vendor does not answer" in outcome.why
    assert here.version(www.arn).status is CertificateStatus.PENDING_VALIDATION
    vendor.set(answer="issue")
    assert drive(here, www.arn).issued
    assert len(vendor.orders) == len(vendor.issued) == 1


@pytest.mark.proves("REN-8")
def test_another_certificate_than_was_ordered_is_not_taken(here: World, vendor: Vendor) -> None:
    vendor.set(answer="other")
    www = here.public(publicIssuer=REFERENCE)
    assert "another certificate than was ordered: its key is another" in drive(here, www.arn).why
    assert here.record(www.arn).serving_version == 0


@pytest.mark.proves("CRT-12")
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"validity": {"type": "DAYS", "value": "30"}}, [("issuer.sets_validity", "validity")]),
        ({"keyAlgorithm": "RSA_2048"}, [("issuer.key_algorithm", "keyAlgorithm")]),
        ({"publicIssuer": "seller:gold"}, [("issuer.invalid", "publicIssuer")]),
    ],
)
def test_check_knows_what_it_takes(here: World, more: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    here.root()  # so that there is a store
    news = {"domainName": "www.example.org", "validationMethod": "DNS", "publicIssuer": REFERENCE, **more}
    assert Desk(here).codes("Certificate", news) == expected


@pytest.mark.proves("CRT-12")
def test_the_key_is_one_that_it_takes_and_browsers_trust_it(here: World) -> None:
    desk = Desk(here)
    news = {"domainName": "www.example.org", "validationMethod": "DNS", "publicIssuer": REFERENCE}
    made = desk.create("Certificate", news)
    assert not any("browsers do not trust" in line for _, line in desk.lines)
    done = desk.create("CertificateValidation", {"certificateArn": made.id})
    assert done.outputs["status"] == "SUCCESS"
    read = desk.handler("Certificate").read(desk.context("Certificate"), id=made.id, inputs={}, olds={})
    assert read.outputs["browserTrusted"] is True
    assert not Desk(here).diff("Certificate", replace(made, outputs=read.outputs), news)[1].changes


def test_a_preview_while_it_looks_shows_no_change_and_says_what_is_waited_for(here: World, vendor: Vendor) -> None:
    vendor.set(answer="look")
    news = {"domainName": "www.example.org", "validationMethod": "DNS", "publicIssuer": REFERENCE}
    made = Desk(here).create("Certificate", news)
    drive(here, made.id)
    desk = Desk(here)
    assert not desk.diff("Certificate", made, news)[1].changes
    assert any("vendor looks at order 4711-1" in line for _, line in desk.lines)


class Writing(VendorIssuer):
    """Would wait for ever, if it were asked inside a write transaction."""

    def sign(self, order: OrderRecord, cancel: CancelSignal | None) -> Signed | Waiting:
        with self._services.store.write():
            pass
        return super().sign(order, cancel)


@pytest.mark.proves("SEC-5")
def test_no_transaction_is_open_while_it_is_asked(tmp_path: Path) -> None:
    with world(tmp_path, issuers={KIND: Writing}) as here:
        www = here.public(publicIssuer=REFERENCE)
        assert drive(here, www.arn).issued


PLACES = [
    f"{up}/{name}:{count}"
    for up in (1, 2)
    for name, passed in (
        ("order.after_journal", 1),
        ("order.after_answer", 3),
        ("order.after_state", 2),
        ("issue.after_store", 1),
    )
    for count in range(1, passed + 1)
] + [f"{up}/store.{side}_commit:{count}" for up in (1, 2) for side in ("before", "after") for count in (1, 3, 5, 7, 9)]
GOOD_END = {
    "killed": True,
    "certificates": 1,
    "versions": [[1, "ISSUED"], [2, "ISSUED"]],
    "decisions": ["KEEP"],
    "ordered": 2,
    "issued": 2,
    "ours": True,
    "journals": 2,
    "keys": 2,
}


@pytest.mark.proves("SEC-5", "CRT-5")
def test_killed_between_any_two_steps_nothing_is_ordered_twice_and_the_next_up_finishes_it(tmp_path: Path) -> None:
    path = os.pathsep.join([str(TESTS.parent / "provider"), str(TESTS)])
    done = subprocess.run(
        [sys.executable, "-m", "builders.vendor_crashing", str(tmp_path), *PLACES],
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {f.pop("where"): f for f in found} == dict.fromkeys(PLACES, GOOD_END), done.stderr


class Choosing(VendorIssuer):
    """Draws the challenges itself, as an ACME server does: the order comes before the proof."""

    def challenges(self, order: OrderRecord | None) -> Mapping[str, Json] | None:
        if order is None or "number" not in order.state:
            return {}
        return {"www.example.org": {"txtValue": f"word of {order.state['number']}"}}


@pytest.mark.proves("DNS-2", "VAL-6")
def test_an_issuer_that_draws_the_challenges_is_asked_before_the_proof(tmp_path: Path) -> None:
    with world(tmp_path, issuers={KIND: Choosing}) as here:
        www = here.public(publicIssuer=REFERENCE)
        (option,) = validation.options(here.services, www.spec, www.account)
        here.prover.answers = {option["resourceRecordName"]: [MISSING]}
        assert not drive(here, www.arn, timeout_s=12).issued
        (row,) = here.all(ValidationRecord, arn=www.arn)
        assert row.challenge["txtValue"] == "word of 4711-1"
        vendor = Vendor.at(here.home)
        assert vendor.calls == ["order"]  # nothing more is asked until the name is proved
        here.prover.answers = {}
        assert drive(here, www.arn).issued
        assert (len(vendor.orders), len(vendor.issued)) == (1, 1)
