"""Hostile DNS: whatever a server sends, the look-up ends in time, and only our own errors come out."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from functools import partial

import dns.message
import pytest
from builders.dns import SECRET
from certwright.domain.dnsname import dns_name
from certwright.domain.errors import CertwrightError, LookupFailed
from certwright.server.dns import DnsServer, Fault
from certwright.validation.caa_lookup import CaaLookup
from certwright.validation.dns import observe_record
from certwright.validation.resolver import Resolver
from certwright.validation.writers import make_writer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAME = "x.example.com"
TIMEOUT_S = 0.15
QUESTION = b"\x01x\x07example\x03com\x00"
CNAME, TXT, CAA = struct.pack("!HH", 5, 1), struct.pack("!HH", 16, 1), struct.pack("!HH", 257, 1)


class FixedEntropy:
    def token_bytes(self, size: int) -> bytes:
        return b"\x5a" * size


def message(rdtype: bytes, *records: bytes, flags: int = 0x8400, count: int | None = None) -> bytes:
    """An answer with `records` as they are; its first two octets become the query's id."""
    head = struct.pack("!HHHHHH", 0, flags, 1, len(records) if count is None else count, 0, 0)
    return head + QUESTION + rdtype + b"".join(records)


def row(rdtype: bytes, rdata: bytes, *, owner: bytes = b"\xc0\x0c", length: int | None = None) -> bytes:
    return owner + rdtype + struct.pack("!IH", 60, len(rdata) if length is None else length) + rdata


HOSTILE = {
    "a name that points to itself": message(TXT, row(CNAME, b"\xc0\x2b")),
    "an owner that points to itself": message(TXT, row(TXT, b"\x01a", owner=b"\xc0\x1f")),
    "a pointer forwards": message(CNAME, row(CNAME, b"\xc0\xff")),
    "a pointer past the end": message(CNAME, row(CNAME, b"\xff\xff")),
    "a label type that does not exist": message(CNAME, row(CNAME, b"\x80\x00")),
    "a name without an end": message(CNAME, row(CNAME, b"\x3fabc")),
    "a name of more than 255 octets": message(CNAME, row(CNAME, (b"\x3f" + b"a" * 63) * 5 + b"\x00")),
    "rdata longer than the message": message(TXT, row(TXT, b"\x01a", length=60000)),
    "rdata shorter than its string": message(TXT, row(TXT, b"\x09a")),
    "more records than there are": message(TXT, row(TXT, b"\x01a"), count=65535),
    "no question": struct.pack("!HHHHHH", 0, 0x8400, 0, 1, 0, 0) + QUESTION + TXT[:0] + row(TXT, b"\x01a"),
    "a question echoed as a query": message(TXT, flags=0x0000),
    "trailing junk": message(TXT, row(TXT, b"\x01a")) + b"junk",
    "a header only": b"\0" * 12,
    "less than a header": b"\0\0\x84",
    "nothing but the id": b"\0\0",
    "a CAA tag that is no tag": message(CAA, row(CAA, b"\x00\x03a b" + b"x")),
    "a CAA tag longer than the record": message(CAA, row(CAA, b"\x00\xffissue")),
    "a CAA record of no octets": message(CAA, row(CAA, b"")),
    "an unexpected signature": message(
        TXT, row(TXT, b"\x01a"), row(struct.pack("!HH", 250, 255), b"\x00" * 16, owner=b"\x00")
    ),
}


def resolver_for(server: DnsServer) -> Resolver:
    return Resolver(authoritative_servers={"com": [server.endpoint]}, timeout_s=TIMEOUT_S, attempts=1)


def only_our_errors(call: Callable[[], object]) -> CertwrightError | None:
    began, caught = time.monotonic(), None
    try:
        call()
    except CertwrightError as error:
        caught = error
    assert time.monotonic() - began < 5
    assert caught is None or all(line.isprintable() for line in caught.render().split("\n"))
    return caught


@pytest.mark.proves("DNS-4", "CAA-1")
@pytest.mark.parametrize("name", HOSTILE)
def test_each_trick_ends_as_a_malformed_answer(name: str) -> None:
    with DnsServer({"com": (), "example.com": ()}) as server:
        server.script(NAME, "*", Fault.RAW, payload=HOSTILE[name])
        resolver = resolver_for(server)
        for rdtype in ("TXT", "CNAME", "CAA"):
            error = only_our_errors(partial(resolver.query_authoritative, NAME, rdtype, follow=True))
            assert isinstance(error, LookupFailed)
            assert error.kind in ("malformed", "nodata", "timeout")
        with pytest.raises(LookupFailed):
            CaaLookup(resolver, issuer_domains=("ca.example",)).check(dns_name(NAME))


def test_labels_with_nul_and_control_octets_are_shown_escaped() -> None:
    nasty = b"\x06\x00\x1b[2Jx\x07exa.ple\x00"
    with DnsServer({"com": (), "example.com": ()}) as server:
        server.script(NAME, "CNAME", Fault.RAW, payload=message(CNAME, row(CNAME, nasty)))
        result = observe_record(
            record_name=NAME,
            record_value="t.example.com",
            txt_value="v",
            vantage_points=[resolver_for(server)],
            entropy=FixedEntropy(),
        )
    assert result.code == "dns.wrong_target"
    assert "\x1b" not in result.sentence + result.seen
    assert "\\000\\027[2jx.exa\\.ple" in result.sentence


def test_a_nul_label_does_not_pass_for_the_expected_target() -> None:
    """The target's text with an escaped dot inside one label is another name."""
    with DnsServer({"com": (), "example.com": ()}) as server:
        joined = b"\x09t.example\x03com\x00"
        server.script(NAME, "CNAME", Fault.RAW, payload=message(CNAME, row(CNAME, joined)))
        result = observe_record(
            record_name=NAME,
            record_value="t.example.com",
            txt_value=None,
            vantage_points=[resolver_for(server)],
            entropy=FixedEntropy(),
        )
    assert not result.good


def test_very_large_and_very_many_records_are_cut_in_what_is_shown() -> None:
    with DnsServer({"com": (), "example.com": [("t.example.com", "TXT", "small")]}) as server:
        server.add(NAME, "CNAME", "t.example.com")
        for number in range(200):
            server.add("t.example.com", "TXT", f"{number:03d}" + "x" * 250)
        result = observe_record(
            record_name=NAME,
            record_value="t.example.com",
            txt_value="v",
            vantage_points=[resolver_for(server)],
            entropy=FixedEntropy(),
        )
    assert result.code == "dns.txt_other_value"
    assert len(result.sentence) < 1000


def test_referrals_without_end_are_left() -> None:
    """A server that is always one zone further down, and servers' names that lead to each other."""
    deep = ".".join(["a"] * 40) + ".example.com"
    with DnsServer(
        {"example.com": [("a.example.com", "NS", "ns.b.example.com"), ("b.example.com", "NS", "ns.a.example.com")]}
    ) as server:
        resolver = Resolver(authoritative_servers={"example.com": [server.endpoint]}, timeout_s=TIMEOUT_S, attempts=1)
        error = only_our_errors(lambda: resolver.query_authoritative(deep, "TXT"))
        assert isinstance(error, LookupFailed)
        assert len(server.queries) < 100


def test_circles_and_long_chains_of_aliases_are_left() -> None:
    chain = [(f"n{number}.example.com", "CNAME", f"n{number + 1}.example.com") for number in range(40)]
    circle = [("a.example.com", "CNAME", "b.example.com"), ("b.example.com", "CNAME", "a.example.com")]
    with DnsServer({"com": (), "example.com": [*chain, *circle]}) as server:
        for name in ("n0.example.com", "a.example.com"):
            server.queries.clear()
            error = only_our_errors(partial(resolver_for(server).query_authoritative, name, "CAA", follow=True))
            assert isinstance(error, LookupFailed)
            assert error.kind == "malformed"
            assert len(server.queries) < 12


WIRE = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda rdtype, rdata, flags, owner: message(rdtype, row(rdtype, rdata, owner=owner), flags=flags),
        st.sampled_from([TXT, CNAME, CAA]),
        st.binary(max_size=80),
        st.sampled_from([0x8400, 0x8403, 0x8000, 0x8402, 0x8480]),
        st.sampled_from([b"\xc0\x0c", b"\x00", QUESTION, b"\xc0\x0e"]),
    ),
)


@pytest.fixture(scope="module")
def fuzzed() -> object:
    with DnsServer({"com": (), "example.com": ()}, {"writer": SECRET}) as server:
        yield server


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wire=WIRE)
def test_any_bytes_at_all(fuzzed: DnsServer, wire: bytes) -> None:
    fuzzed.heal()
    fuzzed.script(NAME, "*", Fault.RAW, payload=b"\0\0" + wire)
    resolver = Resolver(authoritative_servers={"com": [fuzzed.endpoint]}, timeout_s=0.02, attempts=1)
    for rdtype in ("TXT", "CNAME"):
        only_our_errors(partial(resolver.query_authoritative, NAME, rdtype, follow=True))
    only_our_errors(lambda: CaaLookup(resolver, issuer_domains=("ca.example",)).check(dns_name(NAME)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wire=st.binary(max_size=200))
def test_any_answer_to_an_update(fuzzed: DnsServer, wire: bytes) -> None:
    fuzzed.heal()
    fuzzed.script("example.com", "UPDATE", Fault.RAW, payload=b"\0\0" + wire)
    kinds = {
        "server": fuzzed.host,
        "port": fuzzed.port,
        "zone": "example.com",
        "keyName": "writer",
        "keySecret": SECRET,
    }
    writer = make_writer({"rfc2136": kinds}, name="corp")
    error = only_our_errors(lambda: writer.ensure(NAME, "TXT", "v"))
    assert error is not None, "nothing but a signed answer counts"
    assert SECRET not in error.render()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wire=st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda tail: b"\0\1\x28\0\0\1" + tail)))
def test_the_shipped_server_survives_any_request(fuzzed: DnsServer, wire: bytes) -> None:
    for tcp in (False, True):
        reply = fuzzed._answer(wire, "127.0.0.1", tcp=tcp)
        if reply is not None:
            dns.message.from_wire(reply.wire, keyring=False, ignore_trailing=True)
