"""What a DNS answer says, and whether it may be believed: pure judgement over one message.

Source: RFC 1034 4.3, RFC 2308 (NXDOMAIN, NODATA), RFC 2181 5.4.1 (what may be believed).
"""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset

from certwright.domain.errors import LookupFailed
from certwright.validation.transport import Endpoint

KIND_OF_RCODE = {
    dns.rcode.NXDOMAIN: "nxdomain",
    dns.rcode.REFUSED: "refused",
    dns.rcode.NOTAUTH: "refused",
    dns.rcode.FORMERR: "malformed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Records that were found.

    records: presentation form, in the server's order; TXT strings in quotes. rdatas: the same, parsed.
    cname_chain: (owner, target) for each alias that was followed. owner: where the records lie, behind the aliases.
    asked: who answered, e.g. ``192.0.2.1:53 (authoritative for example.com)``. Names end without a dot.
    """

    name: str
    rdtype: str
    records: tuple[str, ...]
    rdatas: tuple[dns.rdata.Rdata, ...]
    ttl_s: int
    authoritative: bool
    asked: str
    cname_chain: tuple[tuple[str, str], ...] = ()
    zone: str = ""

    @property
    def owner(self) -> str:
        return self.cname_chain[-1][1] if self.cname_chain else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A zone and where its servers are."""

    zone: dns.name.Name
    servers: tuple[Endpoint, ...]

    def __str__(self) -> str:
        return f"authoritative for {shown(self.zone)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    message: dns.message.Message
    server: Endpoint
    authority: Authority | None = None

    @property
    def asked(self) -> str:
        return str(self.server) if self.authority is None else f"{self.server} ({self.authority})"

    def rrset(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
        for rrset in self.message.answer:
            if rrset.name == name and rrset.rdtype == rdtype and len(rrset):
                return rrset
        return None

    @property
    def referral(self) -> dns.rrset.RRset | None:
        """The NS set that points further down, None when this is no referral."""
        message = self.message
        if message.answer or message.flags & dns.flags.AA or message.rcode() != dns.rcode.NOERROR:
            return None
        return next((each for each in message.authority if each.rdtype == dns.rdatatype.NS), None)


def parse_name(text: str) -> dns.name.Name:
    """A full name from text, with or without a final dot; raises LookupFailed (malformed)."""
    try:
        # As bytes: dnspython would put non-ASCII text through IDNA 2003.
        return dns.name.from_text(text.encode("ascii").decode("ascii"))
    except (dns.exception.DNSException, UnicodeError, ValueError):
        raise LookupFailed(f"{text[:80]!r} is not a name that DNS can be asked for", kind="malformed") from None


def rdata_type(text: str) -> dns.rdatatype.RdataType:
    try:
        return dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError):
        raise LookupFailed(f"{text[:80]!r} is not a DNS record type", kind="malformed") from None


def shown(name: dns.name.Name) -> str:
    """Lower case, printable (other octets as \\DDD), without the final dot; the root is "."."""
    return name.to_text(omit_final_dot=True).lower() or "."


def complain(reply: Reply, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> None:
    """Raise when the reply decides nothing: another server may do better."""
    rcode = reply.message.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        said = dns.rcode.to_text(rcode)
        raise failure(KIND_OF_RCODE.get(rcode, "servfail"), f"{reply.asked} answered {said}", str(reply.server))
    if reply.authority is None or reply.message.flags & dns.flags.AA:
        return
    referral = reply.referral
    if referral is None:
        raise failure("malformed", f"{reply.asked} answered without authority (AA is not set)", str(reply.server))
    deeper = referral.name.is_subdomain(reply.authority.zone) and referral.name != reply.authority.zone
    if not deeper or not name.is_subdomain(referral.name):
        raise failure(
            "malformed",
            f"{reply.asked} refers to {shown(referral.name)}, which does not lead to {shown(name)}",
            str(reply.server),
        )


def believable_glue(server: dns.name.Name, reply: Reply | None) -> list[str]:
    """Addresses that came with a referral, believed only inside the zone whose server sent them (RFC 2181 5.4.1)."""
    if reply is None or reply.authority is None or not server.is_subdomain(reply.authority.zone):
        return []
    return [
        rdata.to_text()
        for rrset in reply.message.additional
        if rrset.name == server and rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
        for rdata in rrset
    ]


def answer_from(
    name: dns.name.Name,
    rdtype: dns.rdatatype.RdataType,
    found: dns.rrset.RRset,
    reply: Reply,
    chain: tuple[tuple[str, str], ...],
    ttl_s: int,
) -> Answer:
    return Answer(
        name=shown(name),
        rdtype=dns.rdatatype.to_text(rdtype),
        records=tuple(rdata.to_text() for rdata in found),
        rdatas=tuple(found),
        ttl_s=ttl_s,
        authoritative=bool(reply.message.flags & dns.flags.AA),
        asked=reply.asked,
        cname_chain=chain,
        zone=shown(reply.authority.zone) if reply.authority else "",
    )


def no_records(
    name: dns.name.Name, rdtype: dns.rdatatype.RdataType, reply: Reply, chain: tuple[tuple[str, str], ...]
) -> LookupFailed:
    through = f" (alias of {chain[0][0]})" if chain else ""
    if reply.message.rcode() == dns.rcode.NXDOMAIN:
        return failure("nxdomain", f"{shown(name)}{through} does not exist (NXDOMAIN), says {reply.asked}", reply.asked)
    return failure(
        "nodata",
        f"{shown(name)}{through} exists but has no {dns.rdatatype.to_text(rdtype)} record (NODATA), says {reply.asked}",
        reply.asked,
    )


def failure(kind: str, message: str, asked: str) -> LookupFailed:
    return LookupFailed(message, kind=kind, asked=asked)
