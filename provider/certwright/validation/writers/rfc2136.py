"""Writes records by dynamic update, signed with a shared key: BIND, Knot, PowerDNS, Windows DNS, the shipped server.

Every change names what it expects to find, so that a foreign record is never replaced, not even in a race.
Source: RFC 2136 2.4 (prerequisites), RFC 8945 (TSIG).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update

from certwright.domain.errors import LookupFailed, WriterFailed
from certwright.domain.values import Secret
from certwright.engine.ports import CancelSignal
from certwright.validation.answer import parse_name, shown
from certwright.validation.transport import DNS_PORT, Endpoint, Exchanger

DEFAULT_ALGORITHM = "hmac-sha256"
ALGORITHMS = ("hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")
TYPES = ("TXT", "CNAME")
SETTINGS = ("server", "port", "zone", "keyName", "keySecret", "keyAlgorithm")
REQUIRED = ("server", "keyName", "keySecret")
TXT_STRING_LIMIT = 255
# A value that no record has: removing it shows whether the key may change the name, and changes nothing.
PROBE_VALUE = {"TXT": "certwright-permission-probe", "CNAME": "certwright-permission-probe.invalid."}

SENTENCE_OF_RCODE = {
    dns.rcode.REFUSED: "refuses the update: the key may not change this name; check update-policy or allow-update",
    dns.rcode.NOTAUTH: "says that it has no authority for the zone; check the server's address and the zone's name",
    dns.rcode.NOTZONE: "says that the name is not in the zone; check the zone's name",
    dns.rcode.SERVFAIL: "failed to make the update (SERVFAIL); its log says why (often: it cannot write its zone file)",
    dns.rcode.NOTIMP: "does not take dynamic updates (NOTIMP)",
    dns.rcode.FORMERR: "did not understand the update (FORMERR)",
}
CODE_OF_RCODE = {
    dns.rcode.REFUSED: "dns.writer_refused",
    dns.rcode.NOTAUTH: "dns.writer_not_authoritative",
    dns.rcode.NOTZONE: "dns.writer_zone",
}
CONFLICTS = frozenset({dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN})
TSIG_REFUSALS: tuple[tuple[type[dns.tsig.PeerError], str, str], ...] = (
    (dns.tsig.PeerBadKey, "dns.writer_bad_key", "does not know the key (BADKEY); check keyName and keyAlgorithm"),
    (dns.tsig.PeerBadSignature, "dns.writer_bad_signature", "rejects the signature (BADSIG); check keySecret"),
    (
        dns.tsig.PeerBadTime,
        "dns.writer_bad_time",
        "rejects the time of the signature (BADTIME): its clock and this machine's differ by more than 5 minutes; "
        "set both by NTP",
    ),
    (dns.tsig.PeerBadTruncation, "dns.writer_bad_signature", "rejects the signature's length (BADTRUNC)"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rfc2136Writer:
    """One server and one key that may update there.

    name: the writer's name in the configuration, for sentences. zone: None finds it by SOA at the server.
    key_name, key_secret (base64), algorithm: of the TSIG key.
    """

    name: str
    server: Endpoint
    key_name: str
    key_secret: Secret[str] = field(repr=False)
    algorithm: str = DEFAULT_ALGORITHM
    zone: str | None = None
    timeout_s: float = 5.0
    cancel: CancelSignal | None = None

    @classmethod
    def from_settings(
        cls, settings: Mapping[str, Any], *, name: str, cancel: CancelSignal | None = None
    ) -> Rfc2136Writer:
        """From ``{server, port, zone, keyName, keySecret, keyAlgorithm}``; raises WriterFailed."""
        values = {key: value.reveal() if isinstance(value, Secret) else value for key, value in settings.items()}
        objection = _settings_objection(values)
        if objection:
            raise WriterFailed(f'DNS writer "{name}": {objection}', code="dns.writer_settings")
        try:
            server = Endpoint.parse(str(values["server"]), default_port=int(values.get("port") or DNS_PORT))
            for text in (values["keyName"], values.get("zone") or "."):
                parse_name(str(text))
        except LookupFailed as error:
            raise WriterFailed(f'DNS writer "{name}": {error.message}', code="dns.writer_settings") from None
        return cls(
            name=name,
            server=server,
            key_name=str(values["keyName"]),
            key_secret=Secret(str(values["keySecret"])),
            algorithm=str(values.get("keyAlgorithm") or DEFAULT_ALGORITHM).lower().rstrip("."),
            zone=str(values["zone"]) if values.get("zone") else None,
            cancel=cancel,
        )

    # -- the port ----------------------------------------------------------------------------------------------

    def check(self, name: str) -> None:
        """Zone and permission, before a request is made, by removing a record that does not exist.

        A policy may allow one type only, so TXT or CNAME is enough. Raises WriterFailed.
        """
        owner = self._name(name)
        zone = self._zone_of(owner)
        refusal = None
        for rdtype in TYPES:
            update = self._update(zone)
            update.delete(owner, _rdata(rdtype, PROBE_VALUE[rdtype]))
            rcode = self._send(update).rcode()
            if rcode == dns.rcode.NOERROR:
                return
            refusal = refusal or self._refused(rcode, f"changing {shown(owner)} in {shown(zone)}")
        if refusal is not None:
            raise refusal

    def ensure(self, name: str, type: str, value: str, *, ttl_s: int = 60) -> bool:
        """Make the record exist; True when it was added now. A TXT set keeps its other values.

        Raises WriterFailed; ``dns.writer_conflict`` when the name holds what must not be replaced.
        """
        owner, rdata = self._name(name), self._record(name, type, value)
        zone = self._zone_of(owner)
        if rdata in self._look(owner, type):
            return False
        update = self._update(zone)
        if type == "CNAME":
            update.absent(owner)
        else:
            update.absent(owner, "CNAME")
        update.add(owner, ttl_s, rdata)
        rcode = self._send(update).rcode()
        if rcode in CONFLICTS:
            return self._conflict(owner, rdata)
        if rcode != dns.rcode.NOERROR:
            raise self._refused(rcode, f"adding {type} at {shown(owner)} in {shown(zone)}")
        return True

    def remove(self, name: str, type: str, value: str) -> None:
        """Remove exactly this record; other values stay; one that is gone already is no error. Raises WriterFailed."""
        owner, rdata = self._name(name), self._record(name, type, value)
        zone = self._zone_of(owner)
        update = self._update(zone)
        update.delete(owner, rdata)
        rcode = self._send(update).rcode()
        if rcode != dns.rcode.NOERROR:
            raise self._refused(rcode, f"removing {type} at {shown(owner)} in {shown(zone)}")

    # -- asking the server -------------------------------------------------------------------------------------

    def _zone_of(self, name: dns.name.Name) -> dns.name.Name:
        if self.zone is not None:
            zone = parse_name(self.zone)
            if name.is_subdomain(zone):
                return zone
            raise self._failed(
                "dns.writer_zone",
                f"writes into the zone {shown(zone)}, which does not hold {shown(name)}; "
                "choose another writer, or correct its zone",
            )
        at = name
        while len(at) > 1:
            answer = self._ask(at, "SOA")
            if answer.flags & dns.flags.AA and any(
                rrset.name == at and rrset.rdtype == dns.rdatatype.SOA for rrset in answer.answer
            ):
                return at
            at = at.parent()
        raise self._failed(
            "dns.writer_zone",
            f"found no zone on {self.server} that holds {shown(name)}; check the server, or set `zone`",
        )

    def _look(self, name: dns.name.Name, rdtype: str) -> list[dns.rdata.Rdata]:
        kind = dns.rdatatype.from_text(rdtype)
        return [
            rdata
            for rrset in self._ask(name, rdtype).answer
            if rrset.name == name and rrset.rdtype == kind
            for rdata in rrset
        ]

    def _conflict(self, name: dns.name.Name, wanted: dns.rdata.Rdata) -> bool:
        """The prerequisite failed: somebody else wrote the same record meanwhile (False), or the name is taken."""
        for rdtype in ("CNAME", "TXT", "A", "AAAA", "NS", "MX"):
            there = self._look(name, rdtype)
            if wanted in there:
                return False
            if there:
                seen = f"{rdtype} {there[0].to_text()[:120]}"
                break
        else:
            seen = "records of another type"
        kind = dns.rdatatype.to_text(wanted.rdtype)
        raise self._failed(
            "dns.writer_conflict",
            f"will not put a {kind} at {shown(name)}: it holds {seen}, "
            f"which certwright did not write; remove that by hand if it is not needed",
        )

    def _ask(self, name: dns.name.Name, rdtype: str) -> dns.message.Message:
        query = dns.message.make_query(name, rdtype, use_edns=0)
        query.flags &= ~dns.flags.RD
        query.use_tsig(self._key())
        answer = self._exchange(query)
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.REFUSED):
            raise self._refused(answer.rcode(), f"asking for {rdtype} at {shown(name)}")
        return answer

    def _update(self, zone: dns.name.Name) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(zone, keyring=self._key())

    def _send(self, update: dns.update.UpdateMessage) -> dns.message.Message:
        """Over TCP: an update must not be lost without notice, and its answer must be signed to be believed."""
        answer = self._exchange(update)
        if not answer.had_tsig and answer.rcode() == dns.rcode.NOERROR:
            raise self._failed(
                "dns.writer_unsigned", f"got an unsigned answer from {self.server}, which proves nothing"
            )
        return answer

    def _exchange(self, message: dns.message.Message) -> dns.message.Message:
        try:
            return Exchanger(timeout_s=self.timeout_s, cancel=self.cancel).ask_tcp(message, self.server)
        except LookupFailed as error:
            raise self._failed(
                "dns.writer_timeout" if error.kind == "timeout" else "dns.writer_failed",
                f"got no usable answer: {error.message}",
            ) from None
        except dns.tsig.PeerError as error:
            for kind, code, said in TSIG_REFUSALS:
                if isinstance(error, kind):
                    raise self._failed(
                        code, f'signs with the key "{self.key_name}", but {self.server} {said}'
                    ) from None
            raise self._failed("dns.writer_bad_key", f"was refused by {self.server} for its signature") from None

    def _key(self) -> dns.tsig.Key:
        return dns.tsig.Key(parse_name(self.key_name), self.key_secret.reveal(), f"{self.algorithm}.")

    # -- saying no ---------------------------------------------------------------------------------------------

    def _name(self, text: str) -> dns.name.Name:
        try:
            return parse_name(text)
        except LookupFailed as error:
            raise self._failed("dns.writer_name", f"cannot write: {error.message}") from None

    def _record(self, name: str, rdtype: str, value: str) -> dns.rdata.Rdata:
        if rdtype not in TYPES:
            raise self._failed("dns.writer_type", f"writes {' and '.join(TYPES)} records only, not {rdtype} at {name}")
        try:
            return _rdata(rdtype, value)
        except (dns.exception.DNSException, ValueError):
            raise self._failed("dns.writer_value", f"cannot write this value as a {rdtype} at {name}") from None

    def _refused(self, rcode: dns.rcode.Rcode, doing: str) -> WriterFailed:
        said = SENTENCE_OF_RCODE.get(rcode, f"answered {dns.rcode.to_text(rcode)}")
        return self._failed(CODE_OF_RCODE.get(rcode, "dns.writer_failed"), f"failed at {doing}: {self.server} {said}")

    def _failed(self, code: str, what: str) -> WriterFailed:
        return WriterFailed(f'DNS writer "{self.name}" {what}', code=code)


def _rdata(rdtype: str, value: str) -> dns.rdata.Rdata:
    if rdtype == "TXT":
        octets = value.encode()
        parts = [octets[at : at + TXT_STRING_LIMIT] for at in range(0, len(octets), TXT_STRING_LIMIT)] or [b""]
        text = " ".join('"' + "".join(f"\\{octet:03d}" for octet in part) + '"' for part in parts)
        return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.TXT, text)
    full = value if value.endswith(".") else f"{value}."
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.CNAME, full)


def _settings_objection(values: Mapping[str, Any]) -> str:
    """The first thing wrong with the settings, without any value of theirs; empty when nothing is."""
    unknown = [key for key in values if key not in SETTINGS]
    missing = [key for key in REQUIRED if not values.get(key)]
    port = values.get("port") or DNS_PORT
    algorithm = str(values.get("keyAlgorithm") or DEFAULT_ALGORITHM).lower().rstrip(".")
    if unknown:
        return f"{', '.join(unknown)} is no setting of rfc2136; it has {', '.join(SETTINGS)}"
    if missing:
        return f"{', '.join(missing)} must be set"
    if not str(port).isdigit() or not 0 < int(port) < 65536:
        return "port must be a number from 1 to 65535"
    if algorithm not in ALGORITHMS:
        return f"keyAlgorithm must be one of {', '.join(ALGORITHMS)}"
    try:
        if not base64.b64decode(str(values["keySecret"]), validate=True):
            return "keySecret is empty"
    except (binascii.Error, ValueError):
        return "keySecret must be base64, as in the server's key statement"
    return ""
