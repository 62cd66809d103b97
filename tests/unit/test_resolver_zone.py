"""The shipped server's zone: answers and changes, without a network."""

from __future__ import annotations

import dns.name
import dns.rdatatype
import pytest
from certwright.server.dns.zone import Outcome, Zone, record
from hypothesis import given
from hypothesis import strategies as st


def zone() -> Zone:
    made = Zone("example.com")
    for name, rdtype, value in (
        ("www.example.com", "A", "192.0.2.1"),
        ("alias.example.com", "CNAME", "www.example.com"),
        ("a.b.c.example.com", "TXT", "deep"),
        ("*.wild.example.com", "CNAME", "www.example.com"),
        ("there.wild.example.com", "TXT", "itself"),
        ("shop.example.com", "NS", "ns.shop.example.com"),
        ("ns.shop.example.com", "A", "192.0.2.2"),
    ):
        made.add(name, rdtype, value)
    return made


@pytest.mark.parametrize(
    ("name", "rdtype", "outcome", "synthesized"),
    [
        ("www.example.com", "A", Outcome.ANSWER, False),
        ("WWW.EXAMPLE.com", "A", Outcome.ANSWER, False),
        ("www.example.com", "TXT", Outcome.NODATA, False),
        ("nothing.example.com", "A", Outcome.NXDOMAIN, False),
        ("b.c.example.com", "A", Outcome.NODATA, False),
        ("x.b.c.example.com", "A", Outcome.NXDOMAIN, False),
        ("alias.example.com", "A", Outcome.ALIAS, False),
        ("alias.example.com", "CNAME", Outcome.ANSWER, False),
        ("x.wild.example.com", "CNAME", Outcome.ANSWER, True),
        ("x.y.wild.example.com", "A", Outcome.ALIAS, True),
        ("there.wild.example.com", "CNAME", Outcome.NODATA, False),
        ("x.there.wild.example.com", "CNAME", Outcome.NXDOMAIN, False),
        ("*.wild.example.com", "CNAME", Outcome.ANSWER, False),
        ("wild.example.com", "CNAME", Outcome.NODATA, False),
        ("shop.example.com", "SOA", Outcome.DELEGATION, False),
        ("x.shop.example.com", "TXT", Outcome.DELEGATION, False),
        ("ns.shop.example.com", "A", Outcome.DELEGATION, False),
        ("shop.example.com", "DS", Outcome.NODATA, False),
        ("example.com", "SOA", Outcome.ANSWER, False),
        ("example.com", "NS", Outcome.ANSWER, False),
    ],
)
def test_answers(name: str, rdtype: str, outcome: Outcome, synthesized: bool) -> None:
    answer = zone().lookup(dns.name.from_text(name), dns.rdatatype.from_text(rdtype))
    assert (answer.outcome, answer.synthesized) == (outcome, synthesized)
    if outcome in (Outcome.ANSWER, Outcome.ALIAS):
        assert answer.rrsets[0].name == dns.name.from_text(name)


def test_a_cname_stands_alone() -> None:
    made, www, alias = zone(), dns.name.from_text("www.example.com"), dns.name.from_text("alias.example.com")
    assert not made.add_rdata(www, record("CNAME", "x.example"), 60)
    assert not made.add_rdata(alias, record("TXT", "x"), 60)
    assert made.add_rdata(alias, record("CNAME", "other.example"), 60)
    assert made.types_at(alias) == {dns.rdatatype.CNAME}


def test_soa_and_the_last_ns_stay_and_the_serial_grows() -> None:
    made, origin = zone(), dns.name.from_text("example.com")
    assert not made.remove(origin)
    assert not made.remove(origin, dns.rdatatype.NS, record("NS", "ns.example.com"))
    assert made.types_at(origin) >= {dns.rdatatype.SOA, dns.rdatatype.NS}
    before = made.soa()[0].serial
    made.bump_serial()
    assert made.soa()[0].serial == before + 1


def test_what_is_written_reads_back_the_same() -> None:
    made = zone()
    again = Zone("example.com")
    again.load(made.to_text())
    assert again.to_text() == made.to_text()


def test_a_name_of_another_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="not in the zone"):
        zone().add("www.example.org", "A", "192.0.2.1")


NAMES = st.lists(st.sampled_from(["a", "b", "*", "c"]), min_size=1, max_size=4).map(
    lambda labels: dns.name.from_text(".".join([*labels, "example.com"]))
)


@given(st.lists(st.tuples(st.booleans(), NAMES), max_size=25))
def test_existence_follows_the_records_through_any_changes(changes: list[tuple[bool, dns.name.Name]]) -> None:
    made, there = Zone("example.com"), set()
    for adding, name in changes:
        if adding:
            made.add_rdata(name, record("TXT", "v"), 60)
            there.add(name)
        else:
            made.remove(name)
            there.discard(name)
    for _, name in changes:
        assert made.exists(name) == any(each.is_subdomain(name) for each in there)
