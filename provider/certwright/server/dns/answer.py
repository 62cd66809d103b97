"""The answer to a query, from the zones of one server.

Source: RFC 1034 4.3.2 (the algorithm), RFC 6891 (EDNS).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from certwright.server.dns.zone import Outcome, Zone

EDNS_LIMIT = 1232
CHAIN_LIMIT = 16

ZoneOf = Callable[[dns.name.Name], Zone | None]


def respond(query: dns.message.Message, zone_of: ZoneOf) -> dns.message.Message:
    """The response. zone_of: the deepest zone that holds a name."""
    response = dns.message.make_response(query, recursion_available=False, our_payload=EDNS_LIMIT)
    question = query.question[0]
    if query.edns > 0:
        response.set_rcode(dns.rcode.BADVERS)
    elif query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
    elif question.rdclass != dns.rdataclass.IN or _unanswerable(question.rdtype):
        response.set_rcode(dns.rcode.REFUSED)
    else:
        _fill(response, question.name, question.rdtype, zone_of)
    return response


def form_error(wire: bytes) -> bytes:
    """FORMERR to what has a header and cannot be read."""
    response = dns.message.Message(id=struct.unpack("!H", wire[:2])[0])
    response.flags = dns.flags.Flag(dns.flags.QR)
    response.set_rcode(dns.rcode.FORMERR)
    return response.to_wire()


def _fill(response: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, zone_of: ZoneOf) -> None:
    """Answer, following aliases as long as they stay in the zones served here."""
    zone = zone_of(name)
    if zone is None:
        response.set_rcode(dns.rcode.REFUSED)
        return
    response.flags |= dns.flags.AA
    seen: set[dns.name.Name] = set()
    while zone is not None and name not in seen and len(seen) < CHAIN_LIMIT:
        seen.add(name)
        found = zone.lookup(name, rdtype)
        if found.outcome is Outcome.DELEGATION:
            if len(seen) == 1:
                response.flags &= ~dns.flags.AA
            response.authority.extend(found.rrsets)
            response.additional.extend(zone.glue(found.rrsets[0]))
            return
        response.answer.extend(found.rrsets)
        if found.outcome in (Outcome.NODATA, Outcome.NXDOMAIN):
            response.authority.append(zone.soa())
            response.set_rcode(dns.rcode.NXDOMAIN if found.outcome is Outcome.NXDOMAIN else dns.rcode.NOERROR)
        if found.outcome is not Outcome.ALIAS:
            return
        name = found.rrsets[0][0].target
        zone = zone_of(name)


def _unanswerable(rdtype: dns.rdatatype.RdataType) -> bool:
    """AXFR, IXFR and the like; ANY is answered."""
    return dns.rdatatype.is_metatype(rdtype) and rdtype != dns.rdatatype.ANY
