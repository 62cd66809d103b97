"""DNS from one vantage point: ordinary look-ups by recursive resolvers, deciding ones at the zone's own servers.

Source: RFC 1034 4.3 and 5.3 (referrals), RFC 2308 (NXDOMAIN, NODATA), RFC 2181 5.4.1 (what may be believed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.resolver
import dns.rrset

from certwright.domain.errors import LookupFailed
from certwright.engine.ports import CancelSignal
from certwright.system import SystemClock
from certwright.validation.answer import (
    Answer,
    Authority,
    Reply,
    answer_from,
    believable_glue,
    complain,
    failure,
    no_records,
    parse_name,
    rdata_type,
    shown,
)
from certwright.validation.transport import DNS_PORT, EDNS_PAYLOAD, Endpoint, Exchanger

__all__ = ["Answer", "Authority", "Resolver", "system_recursors"]

CHAIN_LIMIT = 8
REFERRAL_LIMIT = 12
SERVER_LIMIT = 8  # of one zone; more is a way to keep us busy
NESTING_LIMIT = 4  # servers whose names lie in zones whose servers' names lie in zones ...
# Of several servers' failures the most telling is reported.
TELLING = ("servfail", "refused", "malformed", "timeout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """One vantage point.

    recursors: recursive resolvers, ``host`` or ``host:port``, asked in this order.
    authoritative_servers: zone → its servers, where they are reached other than by their NS records (split horizon,
        loopback); the longest zone that holds a name wins, and nothing below it is asked of the recursors.
    attempts: rounds over the servers. authoritative_port: where servers found by NS records listen.
    cancel: stops a look-up within a tenth of a second, raising Cancelled.
    """

    name: str = "primary"
    recursors: tuple[str, ...] = ()
    authoritative_servers: Mapping[str, tuple[str, ...] | list[str]] = field(default_factory=dict)
    timeout_s: float = 2.0
    attempts: int = 2
    authoritative_port: int = DNS_PORT
    cancel: CancelSignal | None = None
    monotonic: Callable[[], float] = field(default_factory=lambda: SystemClock().monotonic)
    _authorities: dict[dns.name.Name, Authority] | None = field(default=None, repr=False, compare=False)

    def for_run(self, *, cancel: CancelSignal | None = None) -> Resolver:
        """The same vantage point, remembering zones and their servers for as long as the copy lives."""
        return replace(self, cancel=cancel or self.cancel, _authorities={})

    # -- look-ups ----------------------------------------------------------------------------------------------

    def query(self, name: str, rdtype: str, *, follow: bool = True) -> Answer:
        """An ordinary look-up: by the recursors, or at the zone's own servers where those are configured.

        follow: go through aliases. Raises LookupFailed: nxdomain, nodata, servfail, refused, timeout, malformed.
        """
        return self._chase(parse_name(name), rdata_type(rdtype), self._ask_ordinary, follow=follow)

    def query_authoritative(self, name: str, rdtype: str, *, follow: bool = False) -> Answer:
        """A deciding look-up: at the servers of the zone that holds the name, without recursion.

        Only an answer with authority (AA) counts. Each alias that is followed is asked for at its own zone's servers.
        """
        return self._chase(parse_name(name), rdata_type(rdtype), self._ask_authority, follow=follow)

    def find_zone(self, name: str) -> str:
        """The closest zone that holds the name, by SOA; without a final dot. Raises LookupFailed."""
        return shown(self._zone_of(parse_name(name), self._ask_authority))

    def _chase(
        self,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        ask: Callable[[dns.name.Name, dns.rdatatype.RdataType], Reply],
        *,
        follow: bool,
    ) -> Answer:
        at, ttl_s = name, 2**31 - 1
        chain: list[tuple[str, str]] = []
        while True:
            reply = ask(at, rdtype)
            found = reply.rrset(at, rdtype)
            if found is not None:
                return answer_from(name, rdtype, found, reply, tuple(chain), min(ttl_s, found.ttl))
            alias = reply.rrset(at, dns.rdatatype.CNAME)
            if alias is None:
                raise no_records(at, rdtype, reply, tuple(chain))
            chain.append((shown(at), shown(alias[0].target)))
            if not follow:
                raise failure(
                    "nodata",
                    f"{shown(at)} is an alias of {chain[-1][1]} and has no {dns.rdatatype.to_text(rdtype)} "
                    f"record of its own, says {reply.asked}",
                    reply.asked,
                )
            at, ttl_s = alias[0].target, min(ttl_s, alias.ttl)
            if len(chain) > CHAIN_LIMIT or any(owner == shown(at) for owner, _ in chain):
                raise failure(
                    "malformed",
                    f"the aliases of {shown(name)} go in a circle or are more than {CHAIN_LIMIT}: "
                    + " -> ".join([shown(name), *(target for _, target in chain)]),
                    reply.asked,
                )

    # -- whom to ask -------------------------------------------------------------------------------------------

    def _ask_ordinary(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Reply:
        if self._is_overridden(name) or not self.recursors:
            return self._ask_authority(name, rdtype)
        return self._ask_recursors(name, rdtype)

    def _ask_recursors(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Reply:
        servers = tuple(Endpoint.parse(text) for text in self.recursors)
        return self._ask_any(servers, name, rdtype, authority=None)

    def _ask_authority(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, nesting: int = 0) -> Reply:
        """Ask the closest zone's servers and follow referrals down to the zone that has authority."""
        authority = self._authority(name, nesting)
        for _ in range(REFERRAL_LIMIT):
            reply = self._ask_any(authority.servers, name, rdtype, authority=authority)
            referral = reply.referral
            if referral is None:
                return reply
            authority = Authority(zone=referral.name, servers=self._servers(referral, reply, nesting))
            self._remember(authority)
        raise failure("malformed", f"more than {REFERRAL_LIMIT} referrals for {shown(name)}", shown(name))

    def _authority(self, name: dns.name.Name, nesting: int = 0) -> Authority:
        """The longest zone that is configured or remembered; its servers refer us further down where there is a cut."""
        known = [authority for zone, authority in self._known().items() if name.is_subdomain(zone)]
        if known:
            return max(known, key=lambda authority: len(authority.zone))
        if not self.recursors:
            raise failure(
                "refused",
                f"nobody can be asked for {shown(name)}: no resolver is configured, and no zone of the configured "
                "authoritative servers holds it; set `resolvers`, or add its zone to `authoritativeServers`",
                "",
            )
        zone = self._zone_of(name, self._ask_recursors)
        reply = self._ask_recursors(zone, dns.rdatatype.NS)
        servers = reply.rrset(zone, dns.rdatatype.NS)
        if servers is None:
            raise no_records(zone, dns.rdatatype.NS, reply, ())
        authority = Authority(zone=zone, servers=self._servers(servers, None, nesting))
        self._remember(authority)
        return authority

    def _known(self) -> dict[dns.name.Name, Authority]:
        return {**(self._authorities or {}), **self._overrides()}

    def _overrides(self) -> dict[dns.name.Name, Authority]:
        return {
            parse_name(text): Authority(zone=parse_name(text), servers=tuple(Endpoint.parse(each) for each in servers))
            for text, servers in self.authoritative_servers.items()
        }

    def _is_overridden(self, name: dns.name.Name) -> bool:
        return any(name.is_subdomain(zone) for zone in self._overrides())

    def _remember(self, authority: Authority) -> None:
        if self._authorities is not None:
            self._authorities[authority.zone] = authority

    def _zone_of(
        self, name: dns.name.Name, ask: Callable[[dns.name.Name, dns.rdatatype.RdataType], Reply]
    ) -> dns.name.Name:
        """Climb by SOA. The authority section of a negative answer names the zone, except behind an alias."""
        at = name
        while True:
            reply = ask(at, dns.rdatatype.SOA)
            if reply.rrset(at, dns.rdatatype.SOA) is not None:
                return at
            if not reply.message.answer:
                for rrset in reply.message.authority:
                    if rrset.rdtype == dns.rdatatype.SOA and at.is_subdomain(rrset.name) and rrset.name != at:
                        return rrset.name
            if len(at) <= 1:
                raise failure("nodata", f"no zone was found that holds {shown(name)}, says {reply.asked}", reply.asked)
            at = at.parent()

    def _servers(self, ns: dns.rrset.RRset, reply: Reply | None, nesting: int) -> tuple[Endpoint, ...]:
        """Addresses of a zone's servers: glue from the parent where it may be believed, else looked up."""
        if nesting >= NESTING_LIMIT:
            raise failure("malformed", f"the servers of {shown(ns.name)} cannot be found without end", shown(ns.name))
        found: list[str] = []
        last: LookupFailed | None = None
        for rdata in list(ns)[:SERVER_LIMIT]:
            glue = believable_glue(rdata.target, reply)
            try:
                found.extend(glue or self._addresses(rdata.target, nesting + 1))
            except LookupFailed as error:
                last = error
        if not found:
            raise last or failure("nodata", f"the servers of {shown(ns.name)} have no address", shown(ns.name))
        return tuple(Endpoint(host=host, port=self.authoritative_port) for host in found[:SERVER_LIMIT])

    def _addresses(self, name: dns.name.Name, nesting: int) -> list[str]:
        ask = self._ask_recursors if self.recursors and not self._is_overridden(name) else None
        found: list[str] = []
        for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            reply = ask(name, rdtype) if ask else self._ask_authority(name, rdtype, nesting)
            rrset = reply.rrset(name, rdtype)
            found.extend(rdata.to_text() for rdata in rrset or ())
        return found

    # -- asking ------------------------------------------------------------------------------------------------

    def _ask_any(
        self,
        servers: tuple[Endpoint, ...],
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        *,
        authority: Authority | None,
    ) -> Reply:
        """The first usable reply; servers that refuse are not asked again. Raises the most telling failure of all."""
        exchanger = Exchanger(timeout_s=self.timeout_s, cancel=self.cancel, monotonic=self.monotonic)
        failures: dict[Endpoint, LookupFailed] = {}
        for _ in range(max(1, self.attempts)):
            for server in servers:
                if server in failures and failures[server].kind == "refused":
                    continue
                query = dns.message.make_query(name, rdtype, use_edns=0, payload=EDNS_PAYLOAD)
                if authority is not None:
                    query.flags &= ~dns.flags.RD
                try:
                    reply = Reply(message=exchanger.ask(query, server), server=server, authority=authority)
                    complain(reply, name, rdtype)
                    return reply
                except LookupFailed as error:
                    failures[server] = error
        worst = min(failures.values(), key=lambda error: TELLING.index(error.kind))
        question = f"{shown(name)} {dns.rdatatype.to_text(rdtype)}"
        others = tuple(error.message for error in failures.values() if error is not worst)
        asked = worst.asked if authority is None else f"{worst.asked} ({authority})"
        raise LookupFailed(f"looking up {question}: {worst.message}", kind=worst.kind, asked=asked, details=others)


def system_recursors() -> tuple[str, ...]:
    """The machine's configured resolvers, for a wiring that was given none; empty when there are none."""
    try:
        configured = dns.resolver.Resolver(configure=True)
    except dns.exception.DNSException:
        return ()
    return tuple(str(Endpoint(host=str(server), port=configured.port)) for server in configured.nameservers)
