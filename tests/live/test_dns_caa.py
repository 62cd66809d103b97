"""CAA over real DNS: the climb, aliases, failures, and one question per name and run."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import dns.rdataclass
import dns.rdatatype
import pytest
from certwright.domain.caa import Denied
from certwright.domain.dnsname import dns_name
from certwright.domain.errors import LookupFailed
from certwright.server.dns import DnsServer, Fault
from certwright.validation.caa_lookup import CaaCheck, CaaLookup
from certwright.validation.resolver import Resolver
from dns.rdata import GenericRdata

US = "ca.shop.example"


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with DnsServer({"com": (), "example.com": (), "shop.example.com": ()}) as running:
        yield running


def lookup(server: DnsServer) -> CaaLookup:
    resolver = Resolver(authoritative_servers={"com": [server.endpoint]}, timeout_s=0.2)
    return CaaLookup(resolver, issuer_domains=(US,))


def check(server: DnsServer, name: str) -> CaaCheck:
    return lookup(server).check(dns_name(name))


@pytest.mark.proves("CAA-1")
def test_no_record_up_to_the_top_level_allows(server: DnsServer) -> None:
    result = check(server, "www.shop.example.com")
    assert result.allowed
    assert result.evidence == "no CAA at www.shop.example.com, shop.example.com, example.com, com"
    asked = [query.name for query in server.queries if query.rdtype == "CAA"]
    assert asked == ["www.shop.example.com.", "shop.example.com.", "example.com.", "com."]


@pytest.mark.proves("CAA-1", "CAA-3")
def test_the_first_set_on_the_way_up_decides_with_its_text_and_place(server: DnsServer) -> None:
    server.add("example.com", "CAA", '0 issue "letsencrypt.org"')
    result = check(server, "www.shop.example.com")
    assert isinstance(result.verdict, Denied)
    assert result.verdict.found_at.text == "example.com"
    assert 'CAA 0 issue "letsencrypt.org" (found at example.com)' in result.verdict.sentence
    assert "asked " + server.endpoint in result.evidence
    server.add("shop.example.com", "CAA", f'0 issue "{US}"')
    assert check(server, "www.shop.example.com").allowed
    assert not check(server, "www.example.com").allowed


@pytest.mark.proves("CAA-1")
def test_the_top_level_domain_counts_and_the_root_is_not_asked(server: DnsServer) -> None:
    server.add("com", "CAA", '0 issue ";"')
    assert not check(server, "www.example.com").allowed
    assert "." not in [query.name for query in server.queries]


@pytest.mark.proves("CAA-1")
def test_aliases_are_followed_and_the_climb_goes_on_from_the_name_itself(server: DnsServer) -> None:
    server.add("www.example.com", "CNAME", "host.shop.example.com")
    server.add("host.shop.example.com", "CAA", '0 issue "other.example"')
    assert not check(server, "www.example.com").allowed
    server.remove("host.shop.example.com", "CAA")
    server.add("shop.example.com", "CAA", '0 issue "other.example"')
    assert check(server, "www.example.com").allowed, "the target's parents are not climbed (RFC 8659 3)"


@pytest.mark.proves("CAA-1")
def test_wildcards_unknown_critical_properties_and_octets(server: DnsServer) -> None:
    server.add("example.com", "CAA", f'0 issue "{US}"')
    server.add("example.com", "CAA", '0 issuewild ";"')
    assert check(server, "example.com").allowed
    assert not check(server, "*.example.com").allowed
    server.add("shop.example.com", "CAA", '128 tbs "x"')
    assert not check(server, "shop.example.com").allowed
    server.remove("shop.example.com", "CAA")
    server.add("shop.example.com", "CAA", '0 issue "\\195\\169.example"')
    assert not check(server, "shop.example.com").allowed


@pytest.mark.proves("CAA-1")
@pytest.mark.parametrize("fault", [Fault.SERVFAIL, Fault.REFUSED, Fault.DROP, Fault.GARBAGE, Fault.WRONG_ID])
@pytest.mark.parametrize("where", ["www.example.com", "example.com", "com"])
def test_an_unanswered_lookup_is_never_permission(server: DnsServer, fault: Fault, where: str) -> None:
    server.script(where, "CAA", fault)
    with pytest.raises(LookupFailed) as caught:
        check(server, "www.example.com")
    assert "www.example.com" in caught.value.message
    assert "never counts as permission" in caught.value.render()


def test_a_failure_above_the_deciding_set_does_not_matter(server: DnsServer) -> None:
    server.script("com", "CAA", Fault.SERVFAIL)
    server.add("example.com", "CAA", f'0 issue "{US}"')
    assert check(server, "www.example.com").allowed


@pytest.mark.proves("CAA-1")
def test_every_name_is_asked_for_and_parents_once_per_run(server: DnsServer) -> None:
    run = lookup(server)
    names = [f"n{number}.example.com" for number in range(5)]
    for name in names:
        run.check(dns_name(name))
    asked = [query.name.rstrip(".") for query in server.queries if query.rdtype == "CAA"]
    assert sorted(asked) == sorted([*names, "example.com", "com"])


class _Unread:
    """A resolver whose CAA answer was left undecoded, as dnspython does with forms that it does not know."""

    def for_run(self, *, cancel: object = None) -> _Unread:
        return self

    def query_authoritative(self, name: str, rdtype: str, *, follow: bool) -> Any:
        raw = GenericRdata(dns.rdataclass.IN, dns.rdatatype.CAA, b"\x00")
        return SimpleNamespace(rdatas=(raw,), asked="192.0.2.1:53")


@pytest.mark.proves("CAA-1")
def test_records_that_cannot_be_read_are_no_permission() -> None:
    unread: Any = _Unread()
    with pytest.raises(LookupFailed, match="cannot be read") as failed:
        CaaLookup(unread, issuer_domains=(US,)).check(dns_name("www.example.com"))
    assert failed.value.kind == "malformed"
