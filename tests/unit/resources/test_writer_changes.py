"""A validation that is replaced, renamed or given another writer: the record that is declared is there in the end (DNS-7)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from builders.desk import Deployed, Desk
from builders.dns import OTHER_SECRET, SECRET
from builders.world import MISSING, PREFIX, MemoryWriter, World
from certwright.domain.errors import WriterFailed
from certwright.engine import deletion, drivers, validation
from certwright.engine.ports import Transaction
from certwright.engine.records import AuthorityRecord, CertificateRecord, DnsRecord, DriverRecord
from certwright.resources.base import Incomplete
from certwright.resources.certificate_validation import CertificateValidation
from certwright.store.sql import SqlStore

KIND = "CertificateValidation"
UPDATE = {"server": "192.0.2.53", "keyName": "corp", "keySecret": SECRET}

pytestmark = pytest.mark.proves("DNS-7", "VAL-1")


@dataclass
class Servers:
    """A zone for each server; `alike` are addresses of one and the same."""

    alike: frozenset[str] = frozenset()
    at: dict[str, MemoryWriter] = field(default_factory=dict)

    def __call__(self, settings: Mapping[str, Any], name: str) -> MemoryWriter:
        server = str(settings["rfc2136"]["server"])
        return self.at.setdefault("alike" if server in self.alike else server, MemoryWriter())

    def records(self, server: str = "192.0.2.53") -> int:
        return len(self.at[server].records) if server in self.at else 0


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def desk(here: World, servers: Servers) -> Desk:
    return Desk(replace(here, services=replace(here.services, make_writer=servers)))


@pytest.fixture
def www(here: World, issuing: AuthorityRecord) -> CertificateRecord:
    return here.public(issuing)


def inputs(record: CertificateRecord, **vary: Any) -> dict[str, Any]:
    return {"certificateArn": record.arn, "dnsWriter": {"rfc2136": {**UPDATE, **vary}}}


def deleted(desk: Desk, made: Deployed, name: str = "it") -> None:
    desk.handler(KIND).delete(desk.context(KIND, name), id=made.id, olds=made.outputs)


@pytest.mark.parametrize("name", ["it", "renamed"], ids=["replaced", "renamed"])
def test_a_new_resource_keeps_its_record_when_the_old_one_goes(
    desk: Desk, servers: Servers, www: CertificateRecord, name: str, here: World
) -> None:
    old = desk.create(KIND, inputs(www))
    new = desk.create(KIND, inputs(www, keySecret=OTHER_SECRET), name=name)
    deleted(desk, old)
    assert servers.records() == 1
    assert here.record(www.arn).driven
    deleted(desk, new, name)
    assert servers.records() == 0
    assert not here.record(www.arn).driven
    assert here.all(DriverRecord, arn=www.arn) == []


def test_a_replacement_that_deletes_first_writes_the_record_anew(
    desk: Desk, servers: Servers, www: CertificateRecord
) -> None:
    deleted(desk, desk.create(KIND, inputs(www)))
    assert servers.records() == 0
    desk.create(KIND, inputs(www))
    assert servers.records() == 1


def test_renamed_by_an_alias_and_changed_since_it_goes_as_it_came(
    desk: Desk, servers: Servers, www: CertificateRecord, here: World
) -> None:
    made = desk.create(KIND, inputs(www))
    made = desk.update(KIND, made, inputs(www, keySecret=OTHER_SECRET), name="alias")
    deleted(desk, made, "another alias")
    assert servers.records() == 0
    assert not here.record(www.arn).driven


def test_naming_the_region_that_it_is_in_is_no_change(desk: Desk, www: CertificateRecord) -> None:
    made = desk.create(KIND, inputs(www))
    assert desk.diff(KIND, made, {**inputs(www), "region": "local"})[1].paths == ()
    assert [p.replace for p in desk.diff(KIND, made, {**inputs(www), "region": "eu-1"})[1].paths] == [True]


@pytest.mark.parametrize("after", ["inline", "corp"])
def test_a_first_writer_for_a_certificate_that_is_issued_writes_the_record(
    desk: Desk, servers: Servers, www: CertificateRecord, after: str, here: World
) -> None:
    made = desk.create(KIND, {"certificateArn": www.arn})
    desk.update(KIND, made, inputs(www) if after == "inline" else {"certificateArn": www.arn, "dnsWriter": "corp"})
    corp = here.services.writers["corp"]
    assert isinstance(corp, MemoryWriter)
    assert (servers.records(), len(corp.records)) == ((1, 0) if after == "inline" else (0, 1))


def test_a_new_resource_for_a_certificate_that_is_issued_writes_the_record(
    desk: Desk, servers: Servers, www: CertificateRecord
) -> None:
    desk.create(KIND, {"certificateArn": www.arn})
    desk.create(KIND, inputs(www), name="more")
    assert servers.records() == 1


def test_a_writer_that_cannot_write_leaves_the_old_record_where_it_was(
    desk: Desk, servers: Servers, www: CertificateRecord, here: World
) -> None:
    made = desk.create(KIND, inputs(www))
    servers.at["198.51.100.53"] = there = MemoryWriter(away=True)
    with pytest.raises(WriterFailed):
        desk.update(KIND, made, inputs(www, server="198.51.100.53"))
    assert servers.records() == 1
    there.away = False
    deleted(desk, desk.update(KIND, made, inputs(www, server="198.51.100.53")))
    assert servers.records("198.51.100.53") == 0


def test_a_create_that_failed_is_no_declaration_and_one_that_waits_is(
    desk: Desk, servers: Servers, www: CertificateRecord, here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CertificateValidation, "default_timeout_s", 10.0)
    servers.at["192.0.2.53"] = zone = MemoryWriter(away=True)
    with pytest.raises(WriterFailed):
        desk.create(KIND, inputs(www))
    assert not here.record(www.arn).driven
    zone.away = False
    name = validation.options(here.services, www.spec, www.account)[0]["resourceRecordName"]
    here.prover.answers[name] = [MISSING]
    with pytest.raises(Incomplete):
        desk.create(KIND, inputs(www))
    assert here.record(www.arn).driven
    [row] = here.all(DriverRecord, arn=www.arn)
    assert (row.urn, row.place) == (f"{PREFIX}{KIND}::it", "rfc2136 server=192.0.2.53")


def test_a_create_that_was_killed_counts_once_when_it_comes_again(
    desk: Desk, servers: Servers, www: CertificateRecord, here: World
) -> None:
    killed = drivers.created(
        desk.world.services, www.arn, f"{PREFIX}{KIND}::it", "rfc2136 server=192.0.2.53", kept=Incomplete
    )
    killed.__enter__()
    deleted(desk, desk.create(KIND, inputs(www)))
    assert servers.records() == 0
    assert here.all(DriverRecord, arn=www.arn) == []


def test_a_declaration_of_before_they_were_counted_counts(
    desk: Desk, servers: Servers, www: CertificateRecord, here: World
) -> None:
    old = desk.create(KIND, inputs(www))
    with here.services.store.write() as tx:
        tx.remove(DriverRecord, arn=www.arn)
    new = desk.create(KIND, inputs(www))
    deleted(desk, old)
    assert servers.records() == 1
    deleted(desk, new)
    assert servers.records() == 0


def test_of_two_that_go_at_the_same_moment_the_last_one_takes_the_record(
    desk: Desk, servers: Servers, www: CertificateRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {name: desk.create(KIND, inputs(www), name=name) for name in ("one", "other")}
    write, together = SqlStore.write, threading.Barrier(2)

    @contextmanager
    def in_step(store: SqlStore, **how: Any) -> Iterator[Transaction]:
        with write(store, **how) as tx:
            yield tx
        with suppress(threading.BrokenBarrierError):
            together.wait(0.3)

    monkeypatch.setattr(SqlStore, "write", in_step)
    going = [threading.Thread(target=deleted, args=(desk, each, name)) for name, each in made.items()]
    for thread in going:
        thread.start()
    for thread in going:
        thread.join(10)
    assert servers.records() == 0


# --- two ways to one zone -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["192.0.2.53:53", "ns1.example.com", "corp"])
def test_another_way_to_the_same_server_does_not_lose_what_it_needs(
    here: World, issuing: AuthorityRecord, other: str
) -> None:
    servers = Servers(alike=frozenset({"192.0.2.53", "192.0.2.53:53", "ns1.example.com"}), at={"alike": MemoryWriter()})
    here.services.writers["corp"] = servers.at["alike"]  # type: ignore[index]
    desk = Desk(replace(here, services=replace(here.services, make_writer=servers)))
    first, second = here.public(issuing, urn="a"), here.public(issuing, urn="b")
    one = desk.create(KIND, inputs(first), name="one")
    stated = {"certificateArn": second.arn, "dnsWriter": "corp"} if other == "corp" else inputs(second, server=other)
    desk.create(KIND, stated, name="other")
    deleted(desk, one, "one")
    assert servers.records("alike") == 1


def test_one_certificate_that_two_ways_write_for_keeps_its_record_until_it_goes(
    here: World, issuing: AuthorityRecord
) -> None:
    servers = Servers(alike=frozenset({"192.0.2.53"}), at={"alike": MemoryWriter()})
    here.services.writers["corp"] = servers.at["alike"]  # type: ignore[index]
    desk = Desk(replace(here, services=replace(here.services, make_writer=servers)))
    record = here.public(issuing)
    one = desk.create(KIND, inputs(record), name="one")
    desk.create(KIND, {"certificateArn": record.arn, "dnsWriter": "corp"}, name="other")
    deleted(desk, one, "one")
    assert servers.records("alike") == 1
    assert [row.writer for row in here.all(DnsRecord)] == ["corp"]
    deletion.delete(here.services, record.arn)


def test_who_wrote_it_passes_to_the_other_way_at_the_same_server(here: World, issuing: AuthorityRecord) -> None:
    servers = Servers(alike=frozenset({"192.0.2.53"}), at={"alike": MemoryWriter()})
    here.services.writers["corp"] = servers.at["alike"]  # type: ignore[index]
    settings = {"corp": {"rfc2136": {**UPDATE, "zone": "example.org", "port": 53}}}
    config = replace(here.services.config, dns_writers=settings)
    desk = Desk(replace(here, services=replace(here.services, make_writer=servers, config=config)))
    record = here.public(issuing)
    one = desk.create(KIND, inputs(record), name="one")
    desk.create(KIND, {"certificateArn": record.arn, "dnsWriter": "corp"}, name="other")
    deleted(desk, one, "one")
    done = deletion.delete(desk.world.services, record.arn)
    assert (done.unsure, done.left) == ((), ())
    assert servers.records("alike") == 0
    assert here.all(DnsRecord) == []
