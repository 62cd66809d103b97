"""What the shipped DNS server can be told to do wrong, so that a test can play a hostile or broken server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, unique

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rrset

from certwright.server.dns.listen import Reply
from certwright.server.dns.update import TsigKey, tsig_refusal


@unique
class Fault(Enum):
    """What the server does wrong on purpose."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    DROP = "drop"
    TRUNCATE = "truncate"
    WRONG_ID = "wrong id"
    WRONG_QUESTION = "wrong question"
    GARBAGE = "garbage"
    DELAY = "delay"
    RAW = "raw"
    NOTAUTH = "notauth"
    BADTIME = "badtime"
    UNSIGNED = "unsigned"


RCODE_OF_FAULT = {
    Fault.SERVFAIL: dns.rcode.SERVFAIL,
    Fault.REFUSED: dns.rcode.REFUSED,
    Fault.NOTAUTH: dns.rcode.NOTAUTH,
}


@dataclass(slots=True, kw_only=True)
class Script:
    """One scripted fault. times: how often, None for always. payload: RAW's bytes, two become the query's id."""

    fault: Fault
    times: int | None = None
    delay_s: float = 0.0
    payload: bytes = b""
    tcp: bool = True


def misbehave(
    script: Script,
    query: dns.message.Message,
    wire: bytes,
    *,
    tcp: bool,
    right: Callable[[], dns.message.Message],
    key: TsigKey | None,
) -> Reply | None:
    """The scripted wrong reply; None says nothing. right: makes the right answer. key: of the query's signature."""
    response = dns.message.make_response(query, recursion_available=False)
    match script.fault:
        case Fault.DROP:
            return None
        case Fault.GARBAGE:
            return Reply(b"\xff" * 40, script.delay_s)
        case Fault.RAW:
            return Reply(wire[:2] + script.payload[2:], script.delay_s)
        case Fault.TRUNCATE:
            if tcp:
                return Reply(right().to_wire(), script.delay_s)
            response.flags |= dns.flags.TC | dns.flags.AA
        case Fault.WRONG_ID:
            response = right()
            response.id = (query.id + 1) % 65536
        case Fault.WRONG_QUESTION:
            response = right()
            other = dns.name.from_text("wrong-question.invalid.")
            response.question = [dns.rrset.RRset(other, dns.rdataclass.IN, query.question[0].rdtype)]
        case Fault.BADTIME:
            response = tsig_refusal(query, dns.rcode.BADTIME, key)
        case Fault.UNSIGNED:
            response.set_rcode(dns.rcode.NOERROR)
        case _:
            response.set_rcode(RCODE_OF_FAULT[script.fault])
    return Reply(response.to_wire(), script.delay_s)
