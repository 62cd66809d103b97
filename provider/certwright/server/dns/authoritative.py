"""The authoritative DNS server that certwright ships, for loopback, tests and demonstrations.

UDP and TCP, EDNS, truncation, wildcards, CNAME chains, referrals, dynamic updates with TSIG, a log of the requests, and
scripted faults so that a test can play a hostile or broken server. dnspython does the wire format and the signatures.
Source: RFC 1034 4.3, RFC 2136 (update), RFC 8945 (TSIG), RFC 6891 (EDNS).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.rrset
import dns.tsig
import dns.update

from certwright.server.dns.answer import EDNS_LIMIT, form_error, respond
from certwright.server.dns.fault import Fault, Script, misbehave
from certwright.server.dns.listen import Listener, Reply
from certwright.server.dns.update import TsigKey, answer_update, tsig_key, verified
from certwright.server.dns.zone import DEFAULT_TTL_S, Zone, record

UDP_LIMIT = 512
TCP_LIMIT = 65535
ANY_TYPE = "*"
UPDATE_TYPE = "UPDATE"

ZoneRecords = str | Iterable[tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One request that the server saw. rdtype is "UPDATE" for a dynamic update, and name its zone then."""

    name: str
    rdtype: str
    transport: str
    source: str
    recursion_desired: bool


class DnsServer:
    """An authoritative server on its own thread; use it as a context manager.

    zones: zone name → master-file text, or (name, type, value) rows with full names; SOA, NS and the server's address
        are made up where missing. Names may be written with or without the last dot.
    keys: TSIG key name → base64 secret or `TsigKey`; without keys every update is refused.
    zone_dir: where zones are kept between runs, one ``NAME.zone`` per zone; None keeps nothing.
    """

    def __init__(
        self,
        zones: Mapping[str, ZoneRecords] | Iterable[str] = (),
        keys: Mapping[str, str | TsigKey] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        zone_dir: Path | None = None,
    ) -> None:
        self.host = host
        self.queries: list[Query] = []
        self._zone_dir = zone_dir
        self._lock = threading.RLock()
        self._zones: dict[dns.name.Name, Zone] = {}
        self._keys = {dns.name.from_text(name): tsig_key(key) for name, key in (keys or {}).items()}
        self._scripts: dict[tuple[dns.name.Name, str], list[Script]] = {}
        self._listener = Listener(self._answer, host=host, port=port)
        rows: Mapping[str, ZoneRecords] = zones if isinstance(zones, Mapping) else dict.fromkeys(zones, ())
        for name, records in rows.items():
            self.add_zone(name, records)

    # -- life --------------------------------------------------------------------------------------------------

    def __enter__(self) -> DnsServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """``host:port``, in the form that `Resolver` and the writer take."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def port(self) -> int:
        """The port of both sockets; 0 until they listen, when none was asked for."""
        return self._listener.port

    def start(self) -> None:
        """Returns when both sockets listen. Raises OSError when the port is taken."""
        self._listener.start()

    def stop(self) -> None:
        """Closes the sockets and waits for the thread; a second call does nothing."""
        self._listener.stop()

    # -- zones and records -------------------------------------------------------------------------------------

    @property
    def zones(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(sorted(name.to_text() for name in self._zones))

    def add_zone(self, name: str, records: ZoneRecords = ()) -> None:
        """Serve one more zone; what `zone_dir` keeps of it wins over `records`."""
        origin = dns.name.from_text(name)
        zone = Zone(origin, address=self.host if self.host not in ("0.0.0.0", "::") else "127.0.0.1")
        kept = self._zone_file(origin)
        if kept is not None and kept.exists():
            zone.load(kept.read_text(encoding="utf-8"))
        elif isinstance(records, str):
            zone.load(records)
        else:
            for owner, rdtype, value in records:
                zone.add(dns.name.from_text(owner), rdtype, value)
        with self._lock:
            self._zones[origin] = zone
            self._keep(zone)

    def add(self, name: str, rdtype: str, value: str, ttl: int = DEFAULT_TTL_S) -> None:
        """Add one record to the closest zone. value: presentation form; a TXT may come without its quotes."""
        owner = dns.name.from_text(name)
        with self._lock:
            zone = self._zone_or_complain(owner)
            rdata = record(rdtype, value)
            if zone.add_rdata(owner, rdata, ttl):
                self._changed(zone)
            elif rdata not in (zone.rdataset(owner, rdata.rdtype) or ()):
                raise ValueError(f"{name} cannot hold {rdtype} beside what is there (a CNAME stands alone)")

    def remove(self, name: str, rdtype: str = "ANY", value: str | None = None) -> None:
        """Remove one record, one set or everything at a name; what is not there is no error."""
        owner = dns.name.from_text(name)
        with self._lock:
            zone = self._zone_or_complain(owner)
            rdata = None if value is None else record(rdtype, value)
            if zone.remove(owner, dns.rdatatype.from_text(rdtype), rdata):
                self._changed(zone)

    def records(self, name: str, rdtype: str) -> tuple[str, ...]:
        """The values at a name in presentation form, sorted; TXT without quotes when it is one plain string."""
        owner = dns.name.from_text(name)
        with self._lock:
            zone = self._zone_of(owner)
            found = zone.rdataset(owner, dns.rdatatype.from_text(rdtype)) if zone else None
            return tuple(sorted(_value(rdata) for rdata in found or ()))

    def _zone_of(self, name: dns.name.Name) -> Zone | None:
        """The deepest zone that holds `name`."""
        while True:
            if name in self._zones:
                return self._zones[name]
            if name == dns.name.root:
                return None
            name = name.parent()

    def _zone_or_complain(self, name: dns.name.Name) -> Zone:
        zone = self._zone_of(name)
        if zone is None:
            raise LookupError(f"no zone of this server holds {name.to_text()}; it serves {', '.join(self.zones)}")
        return zone

    def _changed(self, zone: Zone) -> None:
        zone.bump_serial()
        self._keep(zone)

    def _zone_file(self, origin: dns.name.Name) -> Path | None:
        if self._zone_dir is None:
            return None
        stem = origin.to_text(omit_final_dot=True).replace("/", "_") or "root"
        return self._zone_dir / f"{stem}.zone"

    def _keep(self, zone: Zone) -> None:
        path = self._zone_file(zone.origin)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".zone.new")
        fresh.write_text(zone.to_text(), encoding="utf-8")
        os.replace(fresh, path)

    # -- scripted faults ---------------------------------------------------------------------------------------

    def script(
        self,
        name: str,
        rdtype: str = ANY_TYPE,
        fault: Fault = Fault.SERVFAIL,
        *,
        times: int | None = None,
        delay_s: float = 0.0,
        payload: bytes = b"",
        tcp: bool = True,
    ) -> None:
        """Do wrong on purpose when asked for this name and type ("*" for any type, "UPDATE" with a zone's name).

        tcp: False lets the same question through over TCP. Several scripts for one name and type play in order.
        """
        key = (dns.name.from_text(name), rdtype.upper())
        with self._lock:
            self._scripts.setdefault(key, []).append(
                Script(fault=fault, times=times, delay_s=delay_s, payload=payload, tcp=tcp)
            )

    def heal(self) -> None:
        """Forget every scripted fault."""
        with self._lock:
            self._scripts.clear()

    def _scripted(self, name: dns.name.Name, rdtype: str, *, tcp: bool) -> Script | None:
        for key in ((name, rdtype), (name, ANY_TYPE)):
            for script in self._scripts.get(key, ()):
                if script.times == 0 or (tcp and not script.tcp):
                    continue
                if script.times is not None:
                    script.times -= 1
                return script
        return None

    # -- answering ---------------------------------------------------------------------------------------------

    def _answer(self, wire: bytes, source: str, *, tcp: bool) -> Reply | None:
        """One request to one reply; None says nothing."""
        try:
            query = dns.message.from_wire(wire, keyring=_accept_any_key)
        except Exception:
            # A parser of hostile bytes: whatever it raises means "not a message".
            return Reply(form_error(wire)) if len(wire) >= 12 and not wire[2] & 0x80 else None
        if query.flags & dns.flags.QR or len(query.question) != 1:
            return None
        question = query.question[0]
        update = isinstance(query, dns.update.UpdateMessage)
        rdtype = UPDATE_TYPE if update else dns.rdatatype.to_text(question.rdtype)
        with self._lock:
            self.queries.append(_log(query, rdtype, source, tcp))
            script = self._scripted(question.name, rdtype, tcp=tcp)
            if script is not None and script.fault is not Fault.DELAY:
                key = self._keys.get(query.keyname) if query.keyname else None
                return misbehave(script, query, wire, tcp=tcp, right=lambda: respond(query, self._zone_of), key=key)
            response = self._verified_answer(wire, query)
        limit = TCP_LIMIT if tcp else min(query.payload, EDNS_LIMIT) if query.edns >= 0 else UDP_LIMIT
        reply = response.to_wire(max_size=max(limit, UDP_LIMIT), prefer_truncation=True)
        return Reply(reply, script.delay_s if script else 0.0)

    def _verified_answer(self, wire: bytes, query: dns.message.Message) -> dns.message.Message:
        signed, refusal = verified(wire, query, self._keys)
        if signed is None:
            assert refusal is not None
            return refusal
        if not isinstance(signed, dns.update.UpdateMessage):
            return respond(signed, self._zone_of)
        response, changed = answer_update(signed, self._zones, self._keys)
        if changed is not None:
            self._changed(changed)
        return response


def _accept_any_key(message: dns.message.Message, name: dns.name.Name) -> bool:
    """dnspython's way of reading a signed message without verifying it yet."""
    return False


def _log(query: dns.message.Message, rdtype: str, source: str, tcp: bool) -> Query:
    return Query(
        name=query.question[0].name.to_text(),
        rdtype=rdtype,
        transport="tcp" if tcp else "udp",
        source=source,
        recursion_desired=bool(query.flags & dns.flags.RD),
    )


def _value(rdata: dns.rdata.Rdata) -> str:
    text = rdata.to_text()
    if rdata.rdtype == dns.rdatatype.TXT and text.count('"') == 2:
        return text.strip('"')
    return text
