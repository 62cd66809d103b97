"""One authoritative zone in memory: what a name holds, what it answers, and how it is changed.

Pure data (no network, no clock); the names and records are dnspython's own types. Not thread-safe: the server locks.
Source: RFC 1034 4.3.2 (answering), RFC 4592 (wildcards), RFC 2136 3 (updates).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, unique

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rdtypes.ANY.SOA
import dns.rrset
import dns.zone

DEFAULT_TTL_S = 60
NEGATIVE_TTL_S = 5
WILDCARD = dns.name.from_text("*", None)

SOA, NS, CNAME, ANY = dns.rdatatype.SOA, dns.rdatatype.NS, dns.rdatatype.CNAME, dns.rdatatype.ANY


@unique
class Outcome(Enum):
    """How a zone answers for a name and type."""

    ANSWER = "answer"
    ALIAS = "alias"
    DELEGATION = "delegation"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAnswer:
    """What the zone says. rrsets: the answer, or the NS set of a delegation. synthesized: a wildcard made the owner."""

    outcome: Outcome
    rrsets: tuple[dns.rrset.RRset, ...] = ()
    synthesized: bool = False


def record(rdtype: str, value: str) -> dns.rdata.Rdata:
    """A record from its presentation form: names are full, with or without the last dot; TXT may come unquoted."""
    if rdtype.upper() == "TXT" and not value.startswith('"'):
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return dns.rdata.from_text(
        dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), value, origin=dns.name.root, relativize=False
    )


class Zone:
    """The records below one origin, with SOA and NS made up where the caller gave none."""

    def __init__(self, origin: str | dns.name.Name, *, address: str = "127.0.0.1") -> None:
        self.origin = dns.name.from_text(origin) if isinstance(origin, str) else origin
        self._nodes: dict[dns.name.Name, dict[dns.rdatatype.RdataType, dns.rdataset.Rdataset]] = {}
        self._below: dict[dns.name.Name, int] = {}
        at = self.origin.to_text()
        server = f"ns.{at}" if at != "." else "ns."
        self.add(self.origin, "SOA", f"{server} hostmaster.{server} 1 300 60 86400 {NEGATIVE_TTL_S}")
        self.add(self.origin, "NS", server)
        self.add(server, "AAAA" if ":" in address else "A", address)

    # -- reading -----------------------------------------------------------------------------------------------

    def covers(self, name: dns.name.Name) -> bool:
        return name.is_subdomain(self.origin)

    def exists(self, name: dns.name.Name) -> bool:
        """True for owners of records and for empty non-terminals (RFC 4592 2.2.2)."""
        return name in self._nodes or self._below.get(name, 0) > 0

    def rdataset(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rdataset.Rdataset | None:
        return self._nodes.get(name, {}).get(rdtype)

    def types_at(self, name: dns.name.Name) -> frozenset[dns.rdatatype.RdataType]:
        return frozenset(self._nodes.get(name, ()))

    def rrsets(self) -> Iterator[dns.rrset.RRset]:
        for name, node in sorted(self._nodes.items(), key=lambda item: item[0]):
            for rdataset in node.values():
                yield dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))

    def to_text(self) -> str:
        """The zone as a master file with absolute names, one record per line."""
        return "".join(rrset.to_text() + "\n" for rrset in self.rrsets())

    def soa(self) -> dns.rrset.RRset:
        """The SOA for the authority section of a negative answer, its TTL capped by the minimum (RFC 2308 3)."""
        rdataset = self._nodes[self.origin][SOA]
        return dns.rrset.from_rdata_list(self.origin, min(rdataset.ttl, self._soa_rdata().minimum), list(rdataset))

    def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> ZoneAnswer:
        """Answer for a name of this zone; an alias is reported, not followed."""
        cut = self._delegation(name, rdtype)
        if cut is not None:
            return ZoneAnswer(outcome=Outcome.DELEGATION, rrsets=(self._rrset(cut, cut, NS),))
        if self.exists(name):
            return self._at(name, name, rdtype, synthesized=False)
        encloser = name.parent()
        while not self.exists(encloser):
            encloser = encloser.parent()
        source = WILDCARD.concatenate(encloser)
        if not self.exists(source):
            return ZoneAnswer(outcome=Outcome.NXDOMAIN)
        return self._at(source, name, rdtype, synthesized=True)

    def glue(self, ns: dns.rrset.RRset) -> list[dns.rrset.RRset]:
        """The addresses of a delegation's servers that this zone knows."""
        found = []
        for rdata in ns:
            for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
                if self.rdataset(rdata.target, rdtype) is not None:
                    found.append(self._rrset(rdata.target, rdata.target, rdtype))
        return found

    def _at(
        self, source: dns.name.Name, owner: dns.name.Name, rdtype: dns.rdatatype.RdataType, *, synthesized: bool
    ) -> ZoneAnswer:
        node = self._nodes.get(source, {})
        if rdtype == ANY and node:
            every = tuple(self._rrset(source, owner, each) for each in node)
            return ZoneAnswer(outcome=Outcome.ANSWER, rrsets=every, synthesized=synthesized)
        if rdtype in node:
            one = (self._rrset(source, owner, rdtype),)
            return ZoneAnswer(outcome=Outcome.ANSWER, rrsets=one, synthesized=synthesized)
        if CNAME in node:
            one = (self._rrset(source, owner, CNAME),)
            return ZoneAnswer(outcome=Outcome.ALIAS, rrsets=one, synthesized=synthesized)
        return ZoneAnswer(outcome=Outcome.NODATA, synthesized=synthesized)

    def _delegation(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.name.Name | None:
        """The highest zone cut from the origin down to `name`; a DS at the cut is the parent's (RFC 4035 3.1.4.1)."""
        for depth in range(len(self.origin) + 1, len(name) + 1):
            step = name.split(depth)[1]
            if NS in self._nodes.get(step, ()):
                return None if step == name and rdtype == dns.rdatatype.DS else step
        return None

    def _rrset(self, source: dns.name.Name, owner: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rrset.RRset:
        rdataset = self._nodes[source][rdtype]
        return dns.rrset.from_rdata_list(owner, rdataset.ttl, list(rdataset))

    # -- changing ----------------------------------------------------------------------------------------------

    def load(self, text: str) -> None:
        """Add the records of a master file; a SOA or NS set in it replaces the one that was made up."""
        parsed = dns.zone.from_text(text, origin=self.origin, relativize=False, check_origin=False)
        for name, node in parsed.nodes.items():
            for rdataset in node.rdatasets:
                self.put(name, rdataset)

    def put(self, name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> None:
        """Replace one whole RRset."""
        self._node(name)[rdataset.rdtype] = dns.rdataset.from_rdata_list(rdataset.ttl, list(rdataset))

    def add(self, name: str | dns.name.Name, rdtype: str, value: str, ttl: int = DEFAULT_TTL_S) -> None:
        owner = dns.name.from_text(name) if isinstance(name, str) else name
        self.add_rdata(owner, record(rdtype, value), ttl)

    def add_rdata(self, name: dns.name.Name, rdata: dns.rdata.Rdata, ttl: int) -> bool:
        """Add one record as RFC 2136 3.4.2.2 says; True when the zone changed.

        Does not put a CNAME beside other data or the other way round: as the RFC wants, that is ignored in silence.
        """
        present = self.types_at(name)
        if rdata.rdtype == CNAME and present - {CNAME}:
            return False
        if rdata.rdtype != CNAME and CNAME in present:
            return False
        node = self._node(name)
        old = node.get(rdata.rdtype)
        if old is not None and rdata in old and old.ttl == ttl:
            return False
        single = rdata.rdtype in (CNAME, SOA)
        kept = [] if old is None or single else [each for each in old if each != rdata]
        node[rdata.rdtype] = dns.rdataset.from_rdata_list(ttl, [*kept, rdata])
        return True

    def remove(
        self,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType = ANY,
        rdata: dns.rdata.Rdata | None = None,
    ) -> bool:
        """Remove a record, an RRset or all of a name (RFC 2136 3.4.2.3, 3.4.2.4); True when the zone changed.

        The SOA, and the last NS of the origin, stay.
        """
        node = self._nodes.get(name)
        if node is None:
            return False
        changed = False
        for kind in list(node) if rdtype == ANY else [rdtype] if rdtype in node else []:
            if name == self.origin and (kind == SOA or (kind == NS and rdata is None)):
                continue
            kept = [] if rdata is None else [each for each in node[kind] if each != rdata]
            if len(kept) == len(node[kind]) or (name == self.origin and kind == NS and not kept):
                continue
            changed = True
            if kept:
                node[kind] = dns.rdataset.from_rdata_list(node[kind].ttl, kept)
            else:
                del node[kind]
        if not node:
            self._drop(name)
        return changed

    def bump_serial(self) -> None:
        soa = self._soa_rdata()
        rdataset = self._nodes[self.origin][SOA]
        serial = (soa.serial + 1) % 2**32 or 1
        self._nodes[self.origin][SOA] = dns.rdataset.from_rdata_list(rdataset.ttl, [soa.replace(serial=serial)])

    def _soa_rdata(self) -> dns.rdtypes.ANY.SOA.SOA:
        rdata = self._nodes[self.origin][SOA][0]
        assert isinstance(rdata, dns.rdtypes.ANY.SOA.SOA)
        return rdata

    def _node(self, name: dns.name.Name) -> dict[dns.rdatatype.RdataType, dns.rdataset.Rdataset]:
        if not self.covers(name):
            raise ValueError(f"{name.to_text()} is not in the zone {self.origin.to_text()}")
        if name not in self._nodes:
            self._nodes[name] = {}
            for ancestor in self._ancestors(name):
                self._below[ancestor] = self._below.get(ancestor, 0) + 1
        return self._nodes[name]

    def _drop(self, name: dns.name.Name) -> None:
        del self._nodes[name]
        for ancestor in self._ancestors(name):
            self._below[ancestor] -= 1
            if not self._below[ancestor]:
                del self._below[ancestor]

    def _ancestors(self, name: dns.name.Name) -> Iterable[dns.name.Name]:
        while name != self.origin:
            name = name.parent()
            yield name
