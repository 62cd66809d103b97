"""What the shipped DNS server can be told to do wrong, so that a test can play a hostile or broken server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

import dns.rcode


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
