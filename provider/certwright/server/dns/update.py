"""Dynamic updates with TSIG for the shipped DNS server: verify, check prerequisites, prescan, change.

Source: RFC 2136 3, RFC 8945 5.2.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.rrset
import dns.tsig
import dns.update

from certwright.server.dns.zone import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class TsigKey:
    """A key that may update. secret: base64. zones: the zones it may change, None for all. algorithm: None for any."""

    secret: str = field(repr=False)
    zones: tuple[str, ...] | None = None
    algorithm: str | None = None


def tsig_key(key: str | TsigKey) -> TsigKey:
    made = TsigKey(secret=key) if isinstance(key, str) else key
    try:
        base64.b64decode(made.secret, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a TSIG secret must be base64") from None
    return made


def verified(
    wire: bytes, query: dns.message.Message, keys: Mapping[dns.name.Name, TsigKey]
) -> tuple[dns.message.Message | None, dns.message.Message | None]:
    """The message with its signature verified, or the refusal to be sent; one of the two is None.

    query: `wire` as parsed without verifying. An unsigned query is passed through as it is.
    """
    keyname = query.keyname
    if keyname is None:
        return query, None
    key = keys.get(keyname)
    if key is None or (key.algorithm and dns.name.from_text(key.algorithm) != query.keyalgorithm):
        return None, tsig_refusal(query, dns.rcode.BADKEY, None)
    try:
        return dns.message.from_wire(wire, keyring={keyname: base64.b64decode(key.secret)}), None
    except dns.tsig.BadTime:
        return None, tsig_refusal(query, dns.rcode.BADTIME, key)
    except (dns.exception.DNSException, NotImplementedError):
        return None, tsig_refusal(query, dns.rcode.BADSIG, None)


def answer_update(
    update: dns.update.UpdateMessage, zones: Mapping[dns.name.Name, Zone], keys: Mapping[dns.name.Name, TsigKey]
) -> tuple[dns.message.Message, Zone | None]:
    """The reply to an update whose signature is verified, and the zone that it changed (None when nothing changed)."""
    if update.keyname is None:
        return _plain(update, dns.rcode.REFUSED), None
    zone = zones.get(update.zone[0].name)
    rcode, changed = _apply(update, keys[update.keyname], zone)
    return _plain(update, rcode), zone if changed else None


def _apply(update: dns.update.UpdateMessage, key: TsigKey, zone: Zone | None) -> tuple[dns.rcode.Rcode, bool]:
    """Nothing is changed unless the key may, the prerequisites hold and every row lies in the zone."""
    if zone is None:
        return dns.rcode.NOTAUTH, False
    if key.zones is not None and zone.origin not in {dns.name.from_text(name) for name in key.zones}:
        return dns.rcode.REFUSED, False
    unmet = _unmet_prerequisite(zone, update.prerequisite)
    if unmet is not None:
        return unmet, False
    if not all(zone.covers(rrset.name) for rrset in update.update):
        return dns.rcode.NOTZONE, False
    changes = [_change(zone, rrset) for rrset in update.update]
    return dns.rcode.NOERROR, any(changes)


def _change(zone: Zone, rrset: dns.rrset.RRset) -> bool:
    """One row of the update section: `deleting` is dnspython's word for the class that says delete (RFC 2136 2.5)."""
    if rrset.deleting == dns.rdataclass.ANY:
        return zone.remove(rrset.name, rrset.rdtype)
    if rrset.deleting == dns.rdataclass.NONE:
        return sum(zone.remove(rrset.name, rrset.rdtype, rdata) for rdata in rrset) > 0
    return sum(zone.add_rdata(rrset.name, rdata, rrset.ttl) for rdata in rrset) > 0


def _unmet_prerequisite(zone: Zone, rows: list[dns.rrset.RRset]) -> dns.rcode.Rcode | None:
    """The rcode of the first prerequisite that does not hold (RFC 2136 3.2), None when all do."""
    wanted: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], set[dns.rdata.Rdata]] = {}
    for row in rows:
        if not zone.covers(row.name):
            return dns.rcode.NOTZONE
        types = zone.types_at(row.name)
        there = bool(types) if row.rdtype == dns.rdatatype.ANY else row.rdtype in types
        if row.deleting == dns.rdataclass.ANY and not there:
            return dns.rcode.NXDOMAIN if row.rdtype == dns.rdatatype.ANY else dns.rcode.NXRRSET
        if row.deleting == dns.rdataclass.NONE and there:
            return dns.rcode.YXDOMAIN if row.rdtype == dns.rdatatype.ANY else dns.rcode.YXRRSET
        if row.deleting is None:
            wanted.setdefault((row.name, row.rdtype), set()).update(row)
    for (name, rdtype), values in wanted.items():
        if set(zone.rdataset(name, rdtype) or ()) != values:
            return dns.rcode.NXRRSET
    return None


def _plain(query: dns.message.Message, rcode: dns.rcode.Rcode) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.set_rcode(rcode)
    return response


def tsig_refusal(query: dns.message.Message, error: dns.rcode.Rcode, key: TsigKey | None) -> dns.message.Message:
    """NOTAUTH with the TSIG error: unsigned for BADKEY and BADSIG, signed and dated for BADTIME (RFC 8945 5.2)."""
    response = _plain(query, dns.rcode.NOTAUTH)
    if query.keyname is None or query.keyalgorithm is None:
        return response
    if key is not None:
        full = dns.tsig.Key(query.keyname, key.secret, query.keyalgorithm)
        response.use_tsig(full, original_id=query.id, tsig_error=error, other_data=int(time.time()).to_bytes(6, "big"))
        response.request_mac = query.mac or b""
        return response
    rdata = dns.rdtypes.ANY.TSIG.TSIG(  # type: ignore[no-untyped-call]
        dns.rdataclass.ANY, dns.rdatatype.TSIG, query.keyalgorithm, int(time.time()), 300, b"", query.id, error, b""
    )
    response.tsig = dns.rrset.from_rdata(query.keyname, 0, rdata)
    return response
