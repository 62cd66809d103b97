"""Driving a public request: records, proof, CAA, issue; interrupted, refused, timed out, resumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders.world import ACCOUNT, DAY, MISSING, NOW, PROVED, ZONE, MemoryWriter, World
from certwright.domain.errors import CertwrightError, WriterFailed
from certwright.engine import certificates, deletion, prove, validation
from certwright.engine.ports import CaaVerdict, Chosen
from certwright.engine.records import (
    AuthorityRecord,
    CertificateStatus,
    DnsRecord,
    SerialRecord,
    ValidationRecord,
)
from certwright.resources.certificate_validation import missing_fqdns

DENIED = CaaVerdict(allowed=False, sentence='example.org has CAA 0 issue "other.example"', details=("Add: …",))
NO_ANSWER = CaaVerdict(allowed=None, sentence="SERVFAIL at ns1")


def options(here: World, arn: str) -> list[dict[str, Any]]:
    return validation.options(here.services, here.record(arn).spec, ACCOUNT)


def names(here: World, arn: str) -> list[str]:
    return [str(option["resourceRecordName"]) for option in options(here, arn)]


def missing(here: World, arn: str, *indices: int) -> None:
    for index in indices:
        here.prover.answers[names(here, arn)[index]] = [MISSING]


def drive(here: World, arn: str, **more: Any) -> tuple[validation.Outcome, list[str]]:
    lines: list[str] = []
    cancel = more.pop("cancel", here.cancel())
    values = {"timeout_s": 20.0, "cancel": cancel, "progress": lines.append, **more}
    return validation.drive(here.services, arn, **values), lines


# --- records --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("DNS-1")
def test_a_wildcard_and_its_name_share_one_record_and_other_names_have_their_own(
    here: World, issuing: AuthorityRecord
) -> None:
    record = here.public(
        issuing, domainName="example.org", subjectAlternativeNames=["*.example.org", "www.example.org", "EXAMPLE.org"]
    )
    found = options(here, record.arn)
    assert [o["domainName"] for o in found] == ["example.org", "www.example.org"]
    for option in found:
        assert option["resourceRecordType"] == "CNAME"
        assert str(option["resourceRecordName"]).endswith(f".{option['domainName']}")
        assert str(option["resourceRecordValue"]).endswith(f".{ZONE}")


@pytest.mark.proves("DNS-2")
def test_tokens_depend_on_account_and_name_only(here: World, issuing: AuthorityRecord) -> None:
    spec = here.public_spec(issuing)
    first = validation.options(here.services, spec, ACCOUNT)
    assert validation.options(here.services, {**spec, "publicIssuer": "bundled", "tags": {"a": "b"}}, ACCOUNT) == first
    other_account = validation.options(here.services, spec, "other")
    assert other_account[0]["resourceRecordName"] != first[0]["resourceRecordName"]
    other_name = validation.options(here.services, {**spec, "domainName": "api.example.org"}, ACCOUNT)
    assert other_name[0]["resourceRecordName"].split(".")[0] != first[0]["resourceRecordName"].split(".")[0]


@pytest.mark.proves("DNS-2")
def test_the_txt_value_is_fresh_for_each_version_and_kept_between_looks(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    missing(here, record.arn, 0)
    for _ in range(3):
        prove.step(here.services, record.arn)
    assert len({txt for _, txt in here.prover.asked}) == 1
    here.prover.answers = {}
    prove.step(here.services, record.arn)
    spec = here.public_spec(issuing, renewalKeyPolicy="REUSE")
    certificates.reissue(here.services, record.arn, expected_newest=1, spec=spec, reason_code="x")
    prove.step(here.services, record.arn)
    assert len({txt for _, txt in here.prover.asked}) == 2


@pytest.mark.proves("DNS-2")
@pytest.mark.parametrize(("age", "drawn_again"), [(30 * DAY - timedelta(seconds=1), False), (30 * DAY, True)])
def test_a_txt_value_dies_after_thirty_days(
    here: World, issuing: AuthorityRecord, age: timedelta, drawn_again: bool
) -> None:
    record = here.public(issuing)
    missing(here, record.arn, 0)
    prove.step(here.services, record.arn)
    (row,) = here.all(ValidationRecord, arn=record.arn)
    here.save(replace(row, created_at=NOW - age))
    prove.step(here.services, record.arn)
    (after,) = here.all(ValidationRecord, arn=record.arn)
    assert (after.challenge["txtValue"] != row.challenge["txtValue"]) is drawn_again
    assert len(row.challenge["txtValue"]) >= 22  # 128 bits in base64


# --- waiting --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("VAL-1")
def test_it_waits_for_the_missing_name_and_says_so_on_its_line(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing, subjectAlternativeNames=["api.example.org"])
    here.prover.answers[names(here, record.arn)[1]] = [MISSING, MISSING, PROVED]
    outcome, lines = drive(here, record.arn)
    assert outcome == validation.Outcome(issued=True)
    assert lines == ["1 of 2 names validated; api.example.org: NXDOMAIN; next look in 5 s"] * 2
    assert here.version(record.arn).status is CertificateStatus.ISSUED


@pytest.mark.proves("VAL-1", "VAL-6")
def test_a_proved_name_is_not_asked_again_for_its_version(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing, subjectAlternativeNames=["api.example.org"])
    missing(here, record.arn, 1)
    drive(here, record.arn)
    asked = [name for name, _ in here.prover.asked]
    assert asked.count(names(here, record.arn)[0]) == 1
    assert asked.count(names(here, record.arn)[1]) == 5


@pytest.mark.proves("VAL-1")
def test_out_of_time_it_says_per_name_what_it_saw_and_a_later_run_resumes(
    here: World, issuing: AuthorityRecord
) -> None:
    record = here.public(issuing)
    missing(here, record.arn, 0)
    outcome, _ = drive(here, record.arn)
    assert not outcome.issued
    assert "not validated after 20s" in outcome.why
    assert MISSING.sentence in outcome.problems[0]
    assert here.version(record.arn).status is CertificateStatus.PENDING_VALIDATION
    here.prover.answers = {}
    assert drive(here, record.arn)[0].issued
    assert here.record(record.arn).newest_version == 1


@pytest.mark.proves("VAL-2")
@pytest.mark.parametrize("when", ["before the look-ups", "in a pause", "in a look-up"])
def test_ctrl_c_ends_the_wait_and_loses_nothing(here: World, issuing: AuthorityRecord, when: str) -> None:
    record = here.public(issuing)
    missing(here, record.arn, 0)
    here.prover.interrupted = when == "in a look-up"
    outcome, _ = drive(here, record.arn, cancel=here.cancel(after=0 if when == "before the look-ups" else 1))
    assert outcome.why.startswith("cancelled after")
    assert "0 of 1 names validated" in outcome.why or when == "before the look-ups"
    assert here.version(record.arn).status is CertificateStatus.PENDING_VALIDATION
    here.prover.interrupted, here.prover.answers = False, {}
    assert drive(here, record.arn)[0].issued


@pytest.mark.proves("VAL-6")
def test_nothing_is_issued_while_one_name_is_not_proved(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing, subjectAlternativeNames=[f"n{i}.example.org" for i in range(5)])
    missing(here, record.arn, 3)
    found = prove.step(here.services, record.arn)
    assert (found.issued, found.proved, found.total) == (False, 5, 6)
    assert not here.all(SerialRecord, issuer_arn=issuing.arn)
    assert here.caa.asked == []  # CAA is asked when all names are proved


@pytest.mark.proves("VAL-6", "REN-5")
def test_a_renewal_proves_every_name_again(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    drive(here, record.arn)
    certificates.reissue(here.services, record.arn, expected_newest=1, spec=record.spec, reason_code="x")
    missing(here, record.arn, 0)
    assert not drive(here, record.arn)[0].issued
    assert here.record(record.arn).serving_version == 1


def test_a_version_that_is_issued_needs_nothing(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    drive(here, record.arn)
    asked = len(here.prover.asked)
    assert drive(here, record.arn)[0].issued
    assert prove.step(here.services, here.private(issuing).arn).issued  # VAL-4: at once
    assert len(here.prover.asked) == asked


# --- CAA ------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("CAA-1")
def test_each_distinct_name_is_asked_once_wildcards_by_their_own_rule(here: World, issuing: AuthorityRecord) -> None:
    """Let's Encrypt, 29 February 2020: one name was asked N times instead of N names once each (bug 1619047)."""
    record = here.public(
        issuing,
        domainName="example.org",
        subjectAlternativeNames=["*.example.org", "a.example.org", "b.example.org", "A.example.org"],
    )
    drive(here, record.arn)
    assert sorted(here.caa.asked) == ["*.example.org", "a.example.org", "b.example.org", "example.org"]


@pytest.mark.proves("CAA-1")
@pytest.mark.parametrize("verdict", [DENIED, NO_ANSWER], ids=["denied", "no answer"])
@pytest.mark.parametrize("name", ["example.org", "*.example.org", "b.example.org"])
def test_one_name_without_permission_keeps_the_whole_request_pending(
    here: World, issuing: AuthorityRecord, verdict: CaaVerdict, name: str
) -> None:
    record = here.public(
        issuing, domainName="example.org", subjectAlternativeNames=["*.example.org", "a.example.org", "b.example.org"]
    )
    here.caa.verdicts = {name: verdict}
    outcome, _ = drive(here, record.arn)
    version = here.version(record.arn)
    assert not outcome.issued
    assert verdict.sentence in outcome.why
    assert (version.status, version.failure_reason) == (CertificateStatus.PENDING_VALIDATION, "CAA_ERROR")
    assert not here.all(SerialRecord, issuer_arn=issuing.arn)
    assert ("caa.check", "refused") in here.audit()
    here.caa.verdicts = {}
    assert drive(here, record.arn)[0].issued
    assert here.version(record.arn).failure_reason == ""


@pytest.mark.proves("CAA-1")
def test_caa_is_asked_again_at_a_renewal(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    drive(here, record.arn)
    certificates.reissue(here.services, record.arn, expected_newest=1, spec=record.spec, reason_code="x")
    here.caa.verdicts = {"www.example.org": DENIED}
    assert not drive(here, record.arn)[0].issued


@pytest.mark.proves("NAM-6")
def test_a_private_name_is_looked_up_nowhere(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing, subjectAlternativeNames=["www.example.org"])
    prove.step(here.services, record.arn)
    certificates.reissue(here.services, record.arn, expected_newest=1, spec=record.spec, reason_code="x")
    assert (here.caa.asked, here.prover.asked, here.writer.calls) == ([], [], [])


# --- writers --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("DNS-7", "VAL-3", "DNS-5")
def test_a_named_writer_puts_the_cname_and_our_own_zone_the_txt(here: World, issuing: AuthorityRecord) -> None:
    record, corp = here.public(issuing), MemoryWriter()
    missing(here, record.arn, 0)
    prove.step(here.services, record.arn, writer=Chosen(name="corp", writer=corp))
    (option,) = options(here, record.arn)
    assert corp.records == {(option["resourceRecordName"], "CNAME", option["resourceRecordValue"])}
    ((name, kind, value),) = here.writer.records
    (row,) = here.all(ValidationRecord, arn=record.arn)
    assert (name, kind, value) == (option["resourceRecordValue"], "TXT", row.challenge["txtValue"])
    assert corp.calls[0][0] == "check"  # zone and permission come first


@pytest.mark.proves("DNS-7")
def test_after_the_issue_the_txt_goes_and_the_cname_stays_for_the_renewal(
    here: World, issuing: AuthorityRecord
) -> None:
    record = here.public(issuing)
    corp = here.services.writers["corp"]
    assert isinstance(corp, MemoryWriter)
    drive(here, record.arn, writer=Chosen(name="corp", writer=corp))
    assert here.writer.records == set()
    assert len(corp.records) == 1
    assert [r.purpose for r in here.all(DnsRecord)] == ["cname"]
    deletion.delete(here.services, record.arn)
    assert corp.records == set()
    assert not here.all(DnsRecord)


@pytest.mark.proves("DNS-7")
def test_a_record_that_was_there_before_us_is_never_removed(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    corp = here.services.writers["corp"]
    assert isinstance(corp, MemoryWriter)
    (option,) = options(here, record.arn)
    own = (option["resourceRecordName"], "CNAME", option["resourceRecordValue"])
    corp.records.add(own)
    drive(here, record.arn, writer=Chosen(name="corp", writer=corp))
    deletion.delete(here.services, record.arn)
    assert corp.records == {own}
    assert ("remove", own[0]) not in corp.calls


@pytest.mark.proves("DNS-7")
def test_a_record_that_another_certificate_needs_stays_until_the_last_one_goes(
    here: World, issuing: AuthorityRecord
) -> None:
    corp = here.services.writers["corp"]
    assert isinstance(corp, MemoryWriter)
    first, second = here.public(issuing, urn="a"), here.public(issuing, urn="b")
    for record in (first, second):
        assert drive(here, record.arn, writer=Chosen(name="corp", writer=corp))[0].issued
    deletion.delete(here.services, first.arn)
    assert len(corp.records) == 1
    deletion.delete(here.services, second.arn)
    assert corp.records == set()


@pytest.mark.proves("DNS-7")
def test_a_writer_that_is_away_fails_the_round_and_loses_no_row(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    here.writer.away = True
    with pytest.raises(WriterFailed):
        prove.step(here.services, record.arn)
    here.writer.away = False
    assert drive(here, record.arn)[0].issued
    assert here.writer.records == set()


@pytest.mark.proves("DNS-7")
def test_what_could_not_be_removed_waits_and_is_tried_again(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    missing(here, record.arn, 0)
    prove.step(here.services, record.arn)
    here.writer.away = True
    here.services.validator("DNS").withdraw(record.arn, None)
    assert [row.arn for row in here.all(DnsRecord)] == [""]
    here.writer.away = False
    here.services.validator("DNS").withdraw(record.arn, None)
    assert here.writer.records == set()
    assert not here.all(DnsRecord)


@pytest.mark.proves("VAL-3")
def test_records_that_the_program_forgot_are_named(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing, subjectAlternativeNames=["api.example.org"])
    found = options(here, record.arn)
    stated = [str(found[0]["resourceRecordName"]).upper() + "."]
    assert missing_fqdns(found, stated) == [found[1]["resourceRecordName"]]


def test_without_a_zone_there_are_no_records(here: World) -> None:
    services = replace(here.services, config=replace(here.services.config, validation_domain=""))
    assert validation.options(services, here.public_spec(), ACCOUNT) == []


def test_an_unknown_writer_is_named_with_those_that_are_known(here: World) -> None:
    with pytest.raises(CertwrightError) as refused:
        here.services.writer("corb")
    assert refused.value.code == "dns.writer_unknown"
    assert "corp, own" in refused.value.message
