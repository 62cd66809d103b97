"""The resolver against the shipped server and against BIND 9: one suite, the same zones."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from builders.dns import Peer, bind_peer, free_port, named_program, shipped_peer
from certwright.domain.errors import Cancelled, LookupFailed
from certwright.server.dns import DnsServer, Fault
from certwright.validation.resolver import Resolver


@pytest.fixture(scope="module", params=["shipped", "bind"])
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    if request.param == "shipped":
        with shipped_peer() as running:
            yield running
        return
    if named_program() is None:
        pytest.skip("BIND 9 (named) is not installed")
    with bind_peer(tmp_path_factory.mktemp("bind")) as running:
        yield running


def resolver_for(peer: Peer) -> Resolver:
    return Resolver(authoritative_servers={"example.com": (peer.endpoint,)}, timeout_s=2.0)


def failure(resolver: Resolver, name: str, rdtype: str) -> LookupFailed:
    with pytest.raises(LookupFailed) as caught:
        resolver.query_authoritative(name, rdtype)
    return caught.value


def test_an_answer_says_who_gave_it_with_what_authority(peer: Peer) -> None:
    answer = resolver_for(peer).query_authoritative("WWW.example.com.", "A")
    assert answer.records == ("192.0.2.1",)
    assert answer.authoritative
    assert answer.name == answer.owner == "www.example.com"
    assert answer.asked == f"{peer.endpoint} (authoritative for example.com)"
    assert answer.ttl_s == 60


@pytest.mark.proves("DNS-4")
@pytest.mark.parametrize(
    ("name", "rdtype", "kind", "said"),
    [
        ("nothing.example.com", "CNAME", "nxdomain", "does not exist (NXDOMAIN)"),
        ("www.example.com", "TXT", "nodata", "exists but has no TXT record (NODATA)"),
        ("label.example.com", "TXT", "nodata", "NODATA"),
        ("empty.label.example.com", "A", "nodata", "NODATA"),
        ("a.wild.example.com", "CAA", "nodata", "alias of www.example.com"),
        ("gone.example.com", "A", "nodata", "alias of nowhere.example.com"),
    ],
)
def test_nothing_there_is_told_apart(peer: Peer, name: str, rdtype: str, kind: str, said: str) -> None:
    error = failure(resolver_for(peer), name, rdtype)
    assert error.kind == kind
    assert error.code == f"dns.{kind}"
    assert said in error.message
    assert peer.endpoint in error.message


@pytest.mark.proves("DNS-4")
def test_a_cut_answer_is_asked_for_again_over_tcp(peer: Peer) -> None:
    answer = resolver_for(peer).query_authoritative("big.example.com", "TXT")
    assert len(answer.records) == 40


def test_aliases_are_followed_across_zones_and_kept(peer: Peer) -> None:
    resolver = resolver_for(peer)
    near = resolver.query_authoritative("alias.example.com", "A", follow=True)
    assert near.cname_chain == (("alias.example.com", "www.example.com"),)
    assert near.records == ("192.0.2.1",)
    far = resolver.query_authoritative("far.example.com", "TXT", follow=True)
    assert far.owner == "target.shop.example.com"
    assert far.records == ('"from the shop"',)
    assert resolver.query_authoritative("far.example.com", "CNAME").records == ("target.shop.example.com.",)


def test_aliases_that_lead_nowhere_or_in_a_circle_are_errors(peer: Peer) -> None:
    resolver = resolver_for(peer)
    # BIND 9.18 meets the circle itself and answers SERVFAIL.
    with pytest.raises(LookupFailed, match=r"in a circle|SERVFAIL"):
        resolver.query_authoritative("loop.example.com", "A", follow=True)
    with pytest.raises(LookupFailed, match="NXDOMAIN") as nowhere:
        resolver.query_authoritative("gone.example.com", "A", follow=True)
    assert nowhere.value.kind == "nxdomain"


def test_the_closest_zone_is_found_by_soa(peer: Peer) -> None:
    resolver = resolver_for(peer)
    assert resolver.find_zone("www.example.com") == "example.com"
    assert resolver.find_zone("example.com") == "example.com"
    assert resolver.find_zone("no.such.name.shop.example.com") == "shop.example.com"
    assert resolver.find_zone("far.example.com") == "example.com"


def test_the_longest_configured_zone_wins() -> None:
    with (
        DnsServer({"example.com": [("x.shop.example.com", "TXT", "parent")]}) as parent,
        DnsServer({"shop.example.com": [("x.shop.example.com", "TXT", "child")]}) as child,
    ):
        resolver = Resolver(
            authoritative_servers={"example.com": [parent.endpoint], "shop.example.com": [child.endpoint]}
        )
        assert resolver.query_authoritative("x.shop.example.com", "TXT").records == ('"child"',)
        assert resolver.find_zone("www.example.com") == "example.com"
        assert resolver.query("x.shop.example.com", "TXT").asked.startswith(child.endpoint)


@pytest.mark.proves("DNS-4")
def test_a_referral_is_followed_to_the_zone_that_has_authority() -> None:
    port = free_port()
    delegation = [
        ("shop.example.com", "NS", "ns.shop.example.com"),
        ("ns.shop.example.com", "A", "127.0.0.2"),
        ("x.shop.example.com", "TXT", "a stale copy in the parent"),
    ]
    with (
        DnsServer({"example.com": delegation}, port=port) as parent,
        DnsServer({"shop.example.com": [("x.shop.example.com", "TXT", "true")]}, host="127.0.0.2", port=port),
    ):
        resolver = Resolver(authoritative_servers={"example.com": [parent.endpoint]}, authoritative_port=port).for_run()
        answer = resolver.query_authoritative("x.shop.example.com", "TXT")
        assert answer.records == ('"true"',)
        assert answer.zone == "shop.example.com"
        assert answer.asked == f"127.0.0.2:{port} (authoritative for shop.example.com)"
        before = len(parent.queries)
        assert resolver.query_authoritative("x.shop.example.com", "TXT").records == ('"true"',)
        assert len(parent.queries) == before, "a run remembers the cut"


@pytest.mark.proves("DNS-4")
def test_deciding_lookups_go_past_the_recursive_resolver_to_the_zones_own_servers() -> None:
    port = free_port()
    named = [("example.com", "NS", "ns.example.com"), ("ns.example.com", "A", "127.0.0.2")]
    stale = [*named, ("x.example.com", "TXT", "stale")]
    with (
        DnsServer({"com": (), "example.com": stale}, port=port) as recursor,
        DnsServer({"example.com": [*named, ("x.example.com", "TXT", "fresh")]}, host="127.0.0.2", port=port) as owner,
    ):
        recursor.remove("ns.example.com", "A", "127.0.0.1")
        resolver = Resolver(recursors=(recursor.endpoint,), authoritative_port=port)
        assert resolver.query("x.example.com", "TXT").records == ('"stale"',)
        assert not owner.queries
        answer = resolver.query_authoritative("x.example.com", "TXT")
        assert answer.records == ('"fresh"',)
        assert {query.recursion_desired for query in owner.queries} == {False}
        assert {query.recursion_desired for query in recursor.queries} == {True}


def test_a_server_that_fails_is_passed_over_for_the_next() -> None:
    with DnsServer({"example.com": ()}) as broken, DnsServer({"example.com": [("x.example.com", "TXT", "v")]}) as good:
        broken.script("x.example.com", "TXT", Fault.SERVFAIL)
        resolver = Resolver(authoritative_servers={"example.com": [broken.endpoint, good.endpoint]})
        assert resolver.query_authoritative("x.example.com", "TXT").asked.startswith(good.endpoint)


@pytest.mark.proves("DNS-4")
@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault.SERVFAIL, "servfail", "answered SERVFAIL"),
        (Fault.REFUSED, "refused", "answered REFUSED"),
        (Fault.DROP, "timeout", "did not answer within 0.2 s"),
        (Fault.WRONG_ID, "malformed", "do not answer the question"),
        (Fault.WRONG_QUESTION, "malformed", "do not answer the question"),
        (Fault.GARBAGE, "malformed", "do not answer the question"),
        (Fault.UNSIGNED, "malformed", "without authority"),
    ],
)
def test_a_broken_server_is_named_with_its_fault(fault: Fault, kind: str, said: str) -> None:
    with DnsServer({"example.com": [("x.example.com", "TXT", "v")]}) as server:
        server.script("x.example.com", "TXT", fault)
        resolver = Resolver(authoritative_servers={"example.com": [server.endpoint]}, timeout_s=0.2)
        error = failure(resolver, "x.example.com", "TXT")
        assert error.kind == kind
        assert said in error.message
        assert server.endpoint in error.message
        assert len(server.queries) <= 2, "attempts are bounded"


def test_a_lost_packet_and_a_forged_one_do_no_harm() -> None:
    with DnsServer({"example.com": [("x.example.com", "TXT", "v")]}) as server:
        resolver = Resolver(authoritative_servers={"example.com": [server.endpoint]}, timeout_s=0.2)
        for fault in (Fault.DROP, Fault.WRONG_ID, Fault.TRUNCATE, Fault.DELAY):
            server.script("x.example.com", "TXT", fault, times=1)
            assert resolver.query_authoritative("x.example.com", "TXT").records == ('"v"',)


def test_nobody_listens_and_nobody_is_configured() -> None:
    nobody = f"127.0.0.1:{free_port()}"
    error = failure(Resolver(authoritative_servers={"example.com": [nobody]}, timeout_s=0.2), "x.example.com", "A")
    assert error.kind == "timeout"
    assert nobody in error.message
    assert failure(Resolver(), "x.example.com", "A").kind == "refused"
    outside = failure(Resolver(authoritative_servers={"example.com": [nobody]}), "example.org", "A")
    assert outside.kind == "refused"
    assert "authoritativeServers" in outside.message


@pytest.mark.proves("VAL-2")
def test_a_lookup_stops_at_once_on_cancel() -> None:
    stop = threading.Event()
    with DnsServer({"example.com": ()}) as server:
        server.script("x.example.com", "A", Fault.DROP)
        resolver = Resolver(authoritative_servers={"example.com": [server.endpoint]}, timeout_s=30, cancel=stop)
        threading.Timer(0.1, stop.set).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            resolver.query_authoritative("x.example.com", "A")
        assert time.monotonic() - began < 1.0
