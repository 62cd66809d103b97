"""What a resolver may believe: judged over messages made here, without a network."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from certwright.domain.errors import CertwrightError, LookupFailed
from certwright.validation.answer import Authority, Reply, believable_glue, complain, parse_name, shown
from certwright.validation.dns import Sighting, allowed_failures, conclude
from certwright.validation.resolver import Resolver
from certwright.validation.transport import Endpoint, parsed
from hypothesis import given
from hypothesis import strategies as st

SERVER = Endpoint(host="192.0.2.53")
ZONE = dns.name.from_text("example.com")
NAME = dns.name.from_text("www.shop.example.com")


def reply(
    *,
    answer: str = "",
    authority: str = "",
    additional: str = "",
    aa: bool = True,
    rcode: int = 0,
    decides: bool = True,
) -> Reply:
    message = dns.message.make_response(dns.message.make_query(NAME, "A"))
    message.flags |= dns.flags.AA if aa else 0
    message.set_rcode(dns.rcode.Rcode(rcode))
    for section, text in (
        (message.answer, answer), (message.authority, authority), (message.additional, additional),
    ):  # fmt: skip
        for line in filter(None, text.split("; ")):
            owner, rdtype, value = line.split(" ", 2)
            section.append(dns.rrset.from_text(owner, 60, "IN", rdtype, value))
    return Reply(message=message, server=SERVER, authority=Authority(zone=ZONE, servers=(SERVER,)) if decides else None)


def complaint(made: Reply) -> LookupFailed:
    with pytest.raises(LookupFailed) as caught:
        complain(made, NAME, dns.rdatatype.A)
    return caught.value


def test_an_authoritative_answer_and_a_referral_downwards_are_usable() -> None:
    complain(reply(answer="www.shop.example.com. A 192.0.2.1"), NAME, dns.rdatatype.A)
    complain(reply(rcode=dns.rcode.NXDOMAIN), NAME, dns.rdatatype.A)
    complain(reply(aa=False, authority="shop.example.com. NS ns.shop.example.com."), NAME, dns.rdatatype.A)


@pytest.mark.parametrize(
    ("made", "kind", "said"),
    [
        (reply(aa=False, answer="www.shop.example.com. A 192.0.2.1"), "malformed", "without authority"),
        (reply(aa=False), "malformed", "without authority"),
        (reply(aa=False, rcode=dns.rcode.NXDOMAIN), "malformed", "without authority"),
        (reply(aa=False, authority="com. NS a.gtld.example."), "malformed", "does not lead to www.shop.example.com"),
        (reply(aa=False, authority="example.com. NS ns.example.com."), "malformed", "does not lead"),
        (reply(aa=False, authority="mail.example.com. NS ns.example.com."), "malformed", "does not lead"),
        (reply(aa=False, authority=". NS a.root.example."), "malformed", "does not lead"),
        (reply(rcode=dns.rcode.SERVFAIL), "servfail", "SERVFAIL"),
        (reply(rcode=dns.rcode.REFUSED), "refused", "REFUSED"),
        (reply(rcode=dns.rcode.NOTAUTH), "refused", "NOTAUTH"),
        (reply(rcode=dns.rcode.FORMERR), "malformed", "FORMERR"),
        (reply(rcode=dns.rcode.YXDOMAIN), "servfail", "YXDOMAIN"),
    ],
)
def test_what_decides_nothing_is_told(made: Reply, kind: str, said: str) -> None:
    error = complaint(made)
    assert error.kind == kind
    assert said in error.message
    assert "192.0.2.53:53" in error.message


def test_records_of_other_names_in_the_answer_are_not_taken() -> None:
    made = reply(answer="evil.example.com. A 192.0.2.66; www.shop.example.com. TXT x")
    assert made.rrset(NAME, dns.rdatatype.A) is None


def test_glue_is_believed_only_inside_the_zone_that_was_asked() -> None:
    made = reply(
        aa=False,
        authority="shop.example.com. NS ns.shop.example.com.",
        additional="ns.shop.example.com. A 192.0.2.7; ns.elsewhere.example. A 192.0.2.66",
    )
    assert believable_glue(dns.name.from_text("ns.shop.example.com"), made) == ["192.0.2.7"]
    assert believable_glue(dns.name.from_text("ns.elsewhere.example"), made) == []
    assert believable_glue(dns.name.from_text("ns.shop.example.com"), None) == []


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 53),
        ("192.0.2.1:5353", "192.0.2.1", 5353),
        ("[2001:db8::1]:5353", "2001:db8::1", 5353),
        ("[2001:db8::1]", "2001:db8::1", 53),
        ("2001:db8::1", "2001:db8::1", 53),
        (" ns.example.com ", "ns.example.com", 53),
    ],
)
def test_addresses_of_servers(text: str, host: str, port: int) -> None:
    endpoint = Endpoint.parse(text)
    assert (endpoint.host, endpoint.port) == (host, port)
    assert Endpoint.parse(str(endpoint)) == endpoint


@pytest.mark.parametrize("text", ["", ":53", "a:0", "a:65536", "a:b", "a:-1", "[::1", "[::1]x", "[]:53", "a:٣"])
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(LookupFailed, match="host:port"):
        Endpoint.parse(text)


@pytest.mark.parametrize("text", ["a..b", "x" * 64, ".".join(["x" * 60] * 5), "é.example", "\\999", ".."])
def test_what_is_no_name_is_said(text: str) -> None:
    with pytest.raises(LookupFailed, match="is not a name"):
        parse_name(text)


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_our_error(text: str) -> None:
    try:
        assert shown(parse_name(text)).isprintable()
    except CertwrightError:
        return


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_are_an_answer_or_none(wire: bytes, plausible: bool) -> None:
    query = dns.message.make_query(NAME, "A")
    head = query.id.to_bytes(2, "big") + b"\x84\x00" if plausible else b""
    message = parsed(head + wire, query)
    assert message is None or message.id == query.id


@pytest.mark.proves("DNS-6")
@pytest.mark.parametrize(("points", "allowed"), [(0, 0), (1, 0), (2, 1), (5, 1), (6, 2), (20, 2)])
def test_the_quorum(points: int, allowed: int) -> None:
    assert allowed_failures(points) == allowed


@given(st.lists(st.booleans(), min_size=1, max_size=9))
def test_nothing_is_validated_without_the_primary_and_the_quorum(good: list[bool]) -> None:
    sightings = tuple(
        Sighting(
            vantage=f"v{number}",
            code="dns.validated" if each else "dns.nxdomain",
            sentence="",
            seen="yes" if each else "NXDOMAIN",
            asked_at="there",
        )
        for number, each in enumerate(good)
    )
    result = conclude("x.example.com", sightings)
    assert result.good == (good[0] and good[1:].count(False) <= allowed_failures(len(good) - 1))
    assert result.good == (result.code == "dns.validated")
    assert bool(result.disagreement) == (len(set(good)) > 1)


def test_a_run_is_a_copy_and_leaves_no_trace_in_the_resolver() -> None:
    resolver = Resolver(recursors=("192.0.2.53",))
    run = resolver.for_run()
    run._remember(Authority(zone=ZONE, servers=(SERVER,)))
    assert run._authorities
    assert resolver._authorities is None


@pytest.mark.parametrize(
    ("negative", "zone"),
    [
        ("example.com. SOA ns h 1 2 3 4 5", "example.com"),
        ("evil.example. SOA ns h 1 2 3 4 5", "com"),
        ("www.shop.example.com. SOA ns h 1 2 3 4 5", "com"),
    ],
)
def test_a_zone_is_taken_from_a_negative_answer_only_when_it_lies_above_the_name(negative: str, zone: str) -> None:
    asked: list[dns.name.Name] = []

    def ask(name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Reply:
        asked.append(name)
        if shown(name) == "com":
            return reply(answer="com. SOA ns.example. h.example. 1 2 3 4 5")
        return reply(authority=negative.replace("ns h", "ns.example. h.example."))

    assert shown(Resolver()._zone_of(NAME, ask)) == zone
