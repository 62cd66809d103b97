"""One step towards an issue, whatever the method: what it keeps, what it never takes for a proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from builders.world import PROVED, World
from certwright.domain.errors import CertwrightError, Finding, LookupFailed, NotFound
from certwright.engine import deletion, prove, validation
from certwright.engine.ports import CancelSignal, Chosen, NameProof, ValidationOption
from certwright.engine.records import (
    AuthorityRecord,
    CertificateRecord,
    Json,
    SerialRecord,
    ValidationRecord,
    ValidationStatus,
)
from certwright.engine.services import Services

METHOD = "SIGN"


@dataclass
class Signs:
    """A method of this test: the owner of each name hangs out a sign. `covers`: names that it asks a proof of; None: all."""

    services: Services
    looks: dict[str, list[Any]] = field(default_factory=dict)  # by name; everything else is proved
    covers: tuple[str, ...] | None = None
    calls: list[tuple[str, str]] = field(default_factory=list)

    def findings(self, names: Sequence[str]) -> list[Finding]:
        return []

    def options(self, names: Sequence[str], account: str) -> list[ValidationOption]:
        return [
            ValidationOption(authorization=name, names=(name,), domain_name=name, shown={"domainName": name})
            for name in names
            if self.covers is None or name in self.covers
        ]

    def challenge(self, option: ValidationOption) -> Json:
        return {"sign": self.services.entropy.token_bytes(4).hex()}

    def fits(self, challenge: Json, option: ValidationOption, age: timedelta) -> bool:
        return True

    def maintain(self, arn: str, options: Sequence[ValidationOption], writer: Chosen | None) -> None:
        self.calls += [("maintain", option.authorization) for option in options]

    def present(self, arn: str, rows: Sequence[ValidationRecord]) -> list[ValidationRecord]:
        self.calls += [("present", row.authorization) for row in rows]
        return list(rows)

    def look(self, row: ValidationRecord, cancel: CancelSignal | None) -> NameProof:
        self.calls.append(("look", row.authorization))
        script = self.looks.get(row.authorization)
        found = PROVED if not script else script.pop(0) if len(script) > 1 else script[0]
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, NameProof)
        return found

    def withdraw(self, arn: str, writer: Chosen | None) -> None:
        self.calls.append(("withdraw", arn))

    def todo(self, option: ValidationOption) -> str:
        return "hang out the sign."


AWAY = NameProof(proved=False, code="sign.away", sentence="no sign hangs there")


@pytest.fixture
def signs(here: World) -> Signs:
    return Signs(services=here.services)


@pytest.fixture
def there(here: World, signs: Signs) -> World:
    return replace(here, services=replace(here.services, validators={METHOD: lambda _: signs}))


def signed(there: World, issuing: AuthorityRecord, *more: str) -> CertificateRecord:
    return there.public(issuing, validationMethod=METHOD, subjectAlternativeNames=list(more))


NAMES = ["a.example.org", "b.example.org", "www.example.org"]


@pytest.mark.proves("VAL-6")
def test_a_step_presents_looks_issues_and_withdraws(there: World, issuing: AuthorityRecord, signs: Signs) -> None:
    record = signed(there, issuing, *NAMES[:2])
    signs.looks["a.example.org"] = [AWAY, PROVED]
    found = prove.step(there.services, record.arn)
    assert (found.issued, found.proved, found.total) == (False, 2, 3)
    assert found.problems == ("a.example.org: no sign hangs there",)
    assert found.waiting == ("a.example.org: away",)
    assert ("withdraw", record.arn) not in signs.calls
    signs.calls.clear()
    assert prove.step(there.services, record.arn).issued
    assert signs.calls == [
        ("maintain", "a.example.org"), ("present", "a.example.org"), ("look", "a.example.org"), ("withdraw", record.arn),
    ]  # fmt: skip


@pytest.mark.proves("VAL-6")
def test_a_name_that_the_method_asks_no_proof_of_is_not_proved(
    there: World, issuing: AuthorityRecord, signs: Signs
) -> None:
    record = signed(there, issuing, *NAMES[:2])
    for covered in ((), ("a.example.org", "www.example.org")):
        signs.covers = covered
        found = prove.step(there.services, record.arn)
        assert not found.issued
        assert "SIGN validation asks for no proof of b.example.org" in found.problems
    assert there.all(SerialRecord, issuer_arn=issuing.arn) == []
    assert not [call for call in signs.calls if call[0] == "look"]


@pytest.mark.proves("VAL-6")
def test_without_its_zone_a_request_waits_and_is_not_issued_unproved(here: World, issuing: AuthorityRecord) -> None:
    """A timer's `certwright renew` may lack a setting that the program has."""
    record = here.public(issuing)
    services = replace(here.services, config=replace(here.services.config, validation_domain=""))
    found = prove.step(services, record.arn)
    assert not found.issued
    assert "set certwright:validationDomain" in found.problems[0]
    assert here.all(SerialRecord, issuer_arn=issuing.arn) == []
    assert prove.step(here.services, record.arn).issued


def test_what_the_others_brought_is_kept_when_one_look_breaks(
    there: World, issuing: AuthorityRecord, signs: Signs
) -> None:
    record = signed(there, issuing, *NAMES[:2])
    signs.looks["a.example.org"] = [LookupFailed("no route", kind="timeout"), PROVED]
    with pytest.raises(LookupFailed):
        prove.step(there.services, record.arn)
    rows = {row.authorization: row.status.value for row in there.all(ValidationRecord, arn=record.arn)}
    assert rows == {
        "a.example.org": "PENDING_VALIDATION",
        "b.example.org": "SUCCESS",
        "www.example.org": "SUCCESS",
    }
    assert prove.step(there.services, record.arn).issued


def test_another_methods_proof_does_not_count(there: World, issuing: AuthorityRecord, signs: Signs) -> None:
    record = signed(there, issuing)
    signs.looks["www.example.org"] = [AWAY]
    prove.step(there.services, record.arn)
    (row,) = there.all(ValidationRecord, arn=record.arn)
    there.save(replace(row, method="OWL", status=ValidationStatus.SUCCESS))
    assert not prove.step(there.services, record.arn).issued
    (row,) = there.all(ValidationRecord, arn=record.arn)
    assert (row.method, row.status.value) == (METHOD, "PENDING_VALIDATION")


def test_a_method_that_is_gone_is_a_sentence_and_stands_in_no_deletions_way(
    there: World, here: World, issuing: AuthorityRecord, signs: Signs
) -> None:
    record = signed(there, issuing)
    signs.looks["www.example.org"] = [AWAY]
    prove.step(there.services, record.arn)
    with pytest.raises(NotFound) as gone:
        validation.options(here.services, record.spec, record.account)
    assert gone.value.code == "validation.method_unavailable"
    assert gone.value.message == "SIGN validation is not part of this installation of certwright; use DNS"
    with pytest.raises(CertwrightError):
        prove.step(here.services, record.arn)
    assert deletion.delete(here.services, record.arn).found
    assert here.all(ValidationRecord) == []


@pytest.mark.proves("DNS-6")
def test_the_vantage_points_are_made_once_a_round(here: World, issuing: AuthorityRecord) -> None:
    made: list[int] = []

    def prover() -> Any:
        made.append(1)
        return here.prover

    services = replace(here.services, prover=prover)
    record = here.public(issuing, subjectAlternativeNames=[f"n{number}.example.org" for number in range(20)])
    validation.options(services, record.spec, record.account)
    assert made == []  # a preview looks at nothing
    assert prove.step(services, record.arn).issued
    assert len(here.prover.asked) == 21
    assert len(made) == 1
