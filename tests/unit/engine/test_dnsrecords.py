"""Records in zones: whose they are, and how they go although a writer was away or a run was killed (DNS-7)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from builders.desk import Desk
from builders.world import MISSING, MemoryWriter, World
from certwright.domain.errors import NotFound, WriterFailed
from certwright.engine import deletion, dnsrecords, prove, validation
from certwright.engine.ports import Chosen
from certwright.engine.records import (
    AuthorityRecord,
    CertificateRecord,
    DnsPurpose,
    DnsRecord,
    ValidationRecord,
    VersionRecord,
)
from certwright.resources.base import Severity

pytestmark = pytest.mark.proves("DNS-7")


class Killed(BaseException):
    """What a kill looks like from inside."""


@dataclass
class DyingWriter(MemoryWriter):
    """Ends the process before or after the zone has the record."""

    dies: str = ""

    def ensure(self, name: str, type: str, value: str, *, ttl_s: int = 60) -> bool:
        if self.dies == "before":
            raise Killed
        added = super().ensure(name, type, value)
        if self.dies == "after":
            raise Killed
        return added


@pytest.fixture
def corp(here: World) -> DyingWriter:
    writer = DyingWriter()
    here.services.writers["corp"] = writer  # type: ignore[index]
    return writer


def issued(here: World, record: CertificateRecord) -> None:
    outcome = validation.drive(
        here.services,
        record.arn,
        timeout_s=20.0,
        cancel=here.cancel(),
        progress=lambda _: None,
        writer=here.services.chosen("corp"),
    )
    assert outcome.issued, outcome.why


def cname(here: World, record: CertificateRecord, at: int = 0) -> tuple[str, str, str]:
    option = validation.options(here.services, record.spec, record.account)[at]
    return (option["resourceRecordName"], "CNAME", option["resourceRecordValue"])


def rows(here: World) -> list[tuple[str, str]]:
    """Certificate (empty: none) and purpose of each journaled CNAME."""
    return [(row.arn, row.purpose.value) for row in here.all(DnsRecord) if row.type == "CNAME"]


# --- a writer that is away ------------------------------------------------------------------------------------------


def test_a_delete_goes_through_while_the_writer_is_away_and_says_what_is_left(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    record = here.public(issuing, subjectAlternativeNames=["api.example.org"])
    issued(here, record)
    corp.away = True
    done = deletion.delete(here.services, record.arn)
    assert not here.all(CertificateRecord, arn=record.arn)
    assert done.found
    assert [(one.record.name, one.why) for one in done.left] == [
        (name, "the server does not answer") for name, _, _ in sorted(corp.records)
    ]
    (sentence,) = dnsrecords.left_sentences(done.left)
    for name, _, _ in corp.records:
        assert f"{name} CNAME" in sentence
    assert "still in DNS: the server does not answer. certwright removes them in the next run" in sentence
    assert rows(here) == [("", "cname")] * 2


def test_the_warning_stands_on_the_deleted_row(here: World, issuing: AuthorityRecord, corp: DyingWriter) -> None:
    record = here.public(issuing)
    issued(here, record)
    corp.away = True
    desk = Desk(here)
    desk.handler("Certificate").delete(desk.context("Certificate"), id=record.arn, olds={})
    ((severity, said),) = desk.lines
    assert severity is Severity.WARNING
    assert said.startswith(f"{cname(here, record)[0]} CNAME is still in DNS: ")


@pytest.mark.parametrize("next_run", ["an issue", "a delete", "a sweep of all"])
def test_the_next_run_through_the_writer_finishes_the_removal(
    here: World, issuing: AuthorityRecord, corp: DyingWriter, next_run: str
) -> None:
    gone, other = here.public(issuing), here.public(issuing, urn="other", domainName="other.example.org")
    if next_run == "a delete":
        issued(here, other)
    issued(here, gone)
    corp.away = True
    deletion.delete(here.services, gone.arn)
    corp.away = False
    match next_run:
        case "an issue":
            issued(here, other)
        case "a delete":
            deletion.delete(here.services, other.arn)
        case _:
            swept = dnsrecords.sweep(here.services)
            assert [row.name for row in swept.removed] == [cname(here, gone)[0]]
    assert cname(here, gone) not in corp.records
    assert "" not in [arn for arn, _ in rows(here)]


def test_a_run_through_another_writer_leaves_it_alone(here: World, issuing: AuthorityRecord, corp: DyingWriter) -> None:
    record = here.public(issuing)
    issued(here, record)
    corp.away = True
    deletion.delete(here.services, record.arn)
    corp.calls.clear()
    dnsrecords.sweep(here.services, ["own"])
    assert corp.calls == []
    assert len(rows(here)) == 1


def test_a_writer_out_of_reach_is_asked_once_and_one_that_refuses_a_name_for_each(
    here: World, issuing: AuthorityRecord, corp: DyingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = here.public(issuing, subjectAlternativeNames=["a.example.org", "b.example.org"])
    issued(here, record)
    asked: list[str] = []
    code = "dns.writer_timeout"

    def remove(name: str, type: str, value: str) -> None:
        asked.append(name)
        raise WriterFailed("no", code=code)

    monkeypatch.setattr(corp, "remove", remove)
    assert len(deletion.delete(here.services, record.arn).left) == 3
    assert len(asked) == 1
    code = "dns.writer_refused"
    assert len(dnsrecords.sweep(here.services).left) == 3
    assert len(asked) == 4


def test_a_record_that_waits_for_removal_is_taken_over_by_a_certificate_that_needs_it(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    first = here.public(issuing, urn="a")
    issued(here, first)
    corp.away = True
    deletion.delete(here.services, first.arn)
    corp.away = False
    second = here.public(issuing, urn="b")
    here.prover.answers[cname(here, second)[0]] = [MISSING]
    prove.step(here.services, second.arn, writer=Chosen(name="corp", writer=corp))
    assert rows(here) == [(second.arn, "cname")]
    dnsrecords.sweep(here.services)
    assert cname(here, second) in corp.records
    deletion.delete(here.services, second.arn)
    assert corp.records == set()


def test_a_record_that_another_certificate_needs_is_not_among_what_is_left(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    first, second = here.public(issuing, urn="a"), here.public(issuing, urn="b")
    issued(here, first)
    issued(here, second)
    del here.services.writers["corp"]  # type: ignore[attr-defined]
    assert deletion.delete(here.services, first.arn).left == ()
    assert rows(here) == [(second.arn, "cname")]


def test_a_record_that_was_needed_again_when_a_run_was_killed_is_not_swept(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    first, second = here.public(issuing, urn="a"), here.public(issuing, urn="b")
    issued(here, first)
    corp.away = True
    deletion.delete(here.services, first.arn)
    corp.away, corp.dies = False, "before"
    with pytest.raises(Killed):
        issued(here, second)
    corp.dies = ""
    assert dnsrecords.sweep(here.services).removed == ()
    assert rows(here) == [(second.arn, "cname")]
    assert cname(here, second) in corp.records


def test_a_txt_that_could_not_go_after_the_issue_goes_with_the_next_one(
    here: World, issuing: AuthorityRecord, corp: DyingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = here.public(issuing, urn="a"), here.public(issuing, urn="b", domainName="b.example.org")
    with monkeypatch.context() as patched:
        patched.setattr(here.writer, "remove", _away)
        issued(here, first)
    assert len(here.writer.records) == 1
    issued(here, second)
    assert here.writer.records == set()
    assert {row.purpose for row in here.all(DnsRecord)} == {DnsPurpose.CNAME}


def _away(*_: Any) -> None:
    raise WriterFailed("the server does not answer")


# --- whose record it is ---------------------------------------------------------------------------------------------


def test_a_kill_before_the_write_does_not_make_a_users_record_ours(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    record = here.public(issuing)
    corp.dies = "before"
    with pytest.raises(Killed):
        issued(here, record)
    corp.dies = ""
    corp.records.add(cname(here, record))  # the program's own resource makes it meanwhile
    issued(here, record)
    done = deletion.delete(here.services, record.arn)
    assert corp.records == {cname(here, record)}
    assert [row.name for row in done.unsure] == [cname(here, record)[0]]
    assert "Remove it by hand" in dnsrecords.unsure_sentence(done.unsure)
    assert rows(here) == []


def test_a_kill_before_the_write_and_nobody_else_writes_it_is_ours(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    record = here.public(issuing)
    corp.dies = "before"
    with pytest.raises(Killed):
        issued(here, record)
    assert rows(here) == [(record.arn, "cname-intended")]
    corp.dies = ""
    issued(here, record)
    assert rows(here) == [(record.arn, "cname")]
    assert deletion.delete(here.services, record.arn).unsure == ()
    assert corp.records == set()


def test_a_kill_just_after_the_write_leaves_the_record_rather_than_take_a_users_own(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    record = here.public(issuing)
    corp.dies = "after"
    with pytest.raises(Killed):
        issued(here, record)
    corp.dies = ""
    issued(here, record)
    done = deletion.delete(here.services, record.arn)
    assert len(done.unsure) == 1
    assert corp.records == {cname(here, record)}


def test_a_txt_is_ours_whenever_the_kill_came(here: World, issuing: AuthorityRecord, corp: DyingWriter) -> None:
    record = here.public(issuing)
    here.services.writers["own"] = dying = DyingWriter(dies="after")  # type: ignore[index]
    with pytest.raises(Killed):
        issued(here, record)
    assert len(dying.records) == 1
    dying.dies = ""
    issued(here, record)
    assert dying.records == set()


def test_a_users_record_that_went_and_that_we_wrote_anew_is_ours(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    record = here.public(issuing)
    corp.records.add(cname(here, record))
    here.prover.answers[cname(here, record)[0]] = [MISSING]
    look = {"writer": Chosen(name="corp", writer=corp)}
    prove.step(here.services, record.arn, **look)
    assert rows(here) == [(record.arn, "cname-intended")]
    corp.records.clear()
    prove.step(here.services, record.arn, **look)
    assert rows(here) == [(record.arn, "cname")]
    deletion.delete(here.services, record.arn)
    assert corp.records == set()


def test_the_last_certificate_inherits_what_another_one_wrote(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    first, second = here.public(issuing, urn="a"), here.public(issuing, urn="b")
    issued(here, first)
    issued(here, second)
    for row in here.all(DnsRecord, arn=second.arn):  # as a run leaves it that was killed between write and note
        here.save(replace(row, purpose=DnsPurpose.INTENDED))
    deletion.delete(here.services, first.arn)
    assert rows(here) == [(second.arn, "cname")]
    assert deletion.delete(here.services, second.arn).unsure == ()
    assert corp.records == set()


# --- a deletion in the middle of a round ----------------------------------------------------------------------------


@dataclass(kw_only=True)
class Deleting(MemoryWriter):
    """Somebody deletes the certificate while it writes; the removal from DNS has to wait for it."""

    here: World
    arn: str
    at: str
    deleting: threading.Thread | None = None

    def _call(self, verb: str, name: str) -> None:
        super()._call(verb, name)
        if verb != self.at or self.deleting is not None:
            return
        self.deleting = threading.Thread(target=deletion.delete, args=(self.here.services, self.arn))
        self.deleting.start()
        for _ in range(1000):
            if not self.here.all(CertificateRecord, arn=self.arn):
                return
            self.deleting.join(0.01)


@pytest.mark.parametrize("at", ["check", "ensure"])
@pytest.mark.parametrize("which", ["corp", "own"])
def test_a_round_that_a_deletion_overtakes_leaves_nothing(
    here: World, issuing: AuthorityRecord, at: str, which: str
) -> None:
    record = here.public(issuing)
    zone = here.services.writers[which] = Deleting(here=here, arn=record.arn, at=at)  # type: ignore[index]
    with pytest.raises(NotFound):
        prove.step(here.services, record.arn, writer=here.services.chosen("corp"))
    assert zone.deleting is not None
    zone.deleting.join(10)
    assert zone.records == set()
    assert here.all(DnsRecord) == []
    assert here.all(ValidationRecord) == []
    assert here.all(VersionRecord, arn=record.arn) == []


def test_a_round_that_a_deletion_overtakes_at_the_look_leaves_nothing(
    here: World, issuing: AuthorityRecord, corp: DyingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = here.public(issuing)
    ask = here.prover.prove

    def deleting(**asked: Any) -> Any:
        deletion.delete(here.services, record.arn)
        return ask(**asked)

    monkeypatch.setattr(here.prover, "prove", deleting)
    with pytest.raises(NotFound):
        prove.step(here.services, record.arn, writer=Chosen(name="corp", writer=corp))
    assert (here.all(ValidationRecord), here.all(DnsRecord), corp.records) == ([], [], set())


def test_rows_of_a_certificate_that_is_gone_keep_nothing_alive_and_are_swept(
    here: World, issuing: AuthorityRecord, corp: DyingWriter
) -> None:
    record = here.public(issuing)
    issued(here, record)
    (row,) = here.all(DnsRecord)
    here.save(replace(row, arn="arn:gone"), replace(row, arn="arn:unsure", purpose=DnsPurpose.INTENDED))
    assert deletion.delete(here.services, record.arn).left == ()
    assert corp.records == set()
    with here.services.store.read() as reader:
        assert [row.arn for row in dnsrecords.waiting(reader)] == ["arn:gone"]
    dnsrecords.sweep(here.services)
    assert [row.arn for row in here.all(DnsRecord)] == ["arn:unsure"]


# --- at once --------------------------------------------------------------------------------------------------------


@dataclass
class SlowWriter(MemoryWriter):
    """Somebody else gets their turn in the middle of a removal, if they may."""

    removing: threading.Event = field(default_factory=threading.Event)
    written: threading.Event = field(default_factory=threading.Event)

    def remove(self, name: str, type: str, value: str) -> None:
        self.removing.set()
        self.written.wait(0.3)
        super().remove(name, type, value)

    def ensure(self, name: str, type: str, value: str, *, ttl_s: int = 60) -> bool:
        added = super().ensure(name, type, value)
        self.written.set()
        return added


def test_a_record_that_is_needed_again_while_it_is_removed_is_there_in_the_end(
    here: World, issuing: AuthorityRecord
) -> None:
    here.services.writers["corp"] = slow = SlowWriter()  # type: ignore[index]
    first, second = here.public(issuing, urn="a"), here.public(issuing, urn="b")
    issued(here, first)
    slow.written.clear()
    deleting = threading.Thread(target=deletion.delete, args=(here.services, first.arn))
    deleting.start()
    assert slow.removing.wait(10)
    issued(here, second)
    deleting.join(10)
    assert slow.records == {cname(here, second)}
    assert rows(here) == [(second.arn, "cname")]
