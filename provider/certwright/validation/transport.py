"""One DNS exchange: a message to one server and its answer, checked, bounded in time and cancellable.

dnspython does the wire format. Each UDP question leaves from a fresh socket, so its source port is a new random one;
the socket is connected, so the kernel drops what comes from elsewhere. What does not answer the question (wrong id,
other question, not a message) is skipped and waited past: a forger who is fast must not be able to end a look-up.
Source: RFC 1035 4.2, RFC 5452 (forged answers), RFC 6891 (EDNS), RFC 7766 (TCP).
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.tsig

from certwright.domain.errors import Cancelled, LookupFailed
from certwright.engine.ports import CancelSignal
from certwright.system import SystemClock

DNS_PORT = 53
EDNS_PAYLOAD = 1232  # DNS flag day 2020: what passes without fragments
POLL_S = 0.1  # how long a Ctrl-C may go unnoticed
NO_EDNS_RCODES = frozenset({dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a DNS server listens."""

    host: str
    port: int = DNS_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, *, default_port: int = DNS_PORT) -> Endpoint:
        """``host``, ``host:port``, ``[v6]:port`` or a bare IPv6 address; raises LookupFailed (malformed) otherwise."""
        host, port = text.strip(), ""
        if host.startswith("["):
            host, bracket, rest = host[1:].partition("]")
            host, port = host if bracket else "", rest.removeprefix(":")
        elif host.count(":") == 1:
            host, _, port = host.partition(":")
        number = default_port if not port else int(port) if port.isascii() and port.isdigit() else 0
        if not host or not 0 < number < 65536:
            raise LookupFailed(
                f'"{text}" is not the address of a DNS server; write host or host:port', kind="malformed", asked=text
            )
        return cls(host=host, port=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanger:
    """Sends one message and brings its answer.

    timeout_s: for one try, UDP and TCP each. cancel: looked at ten times a second; raises Cancelled.
    """

    timeout_s: float = 2.0
    cancel: CancelSignal | None = None
    monotonic: Callable[[], float] = field(default_factory=lambda: SystemClock().monotonic)

    def ask(self, query: dns.message.Message, server: Endpoint) -> dns.message.Message:
        """UDP, then TCP when the answer was cut; once more without EDNS when the server does not know it.

        Returns the answer whatever its rcode. Raises LookupFailed (timeout, malformed), Cancelled.
        """
        answer = self._ask_once(query, server)
        if query.edns >= 0 and answer.rcode() in NO_EDNS_RCODES:
            plain = dns.message.make_query(query.question[0].name, query.question[0].rdtype)
            plain.flags = query.flags
            answer = self._ask_once(plain, server)
        return answer

    def ask_tcp(self, query: dns.message.Message, server: Endpoint) -> dns.message.Message:
        """Over TCP only. A signed message needs a signed answer: the caller checks `had_tsig`."""
        deadline = self.monotonic() + self.timeout_s
        wire = query.to_wire()
        try:
            with self._socket(server, socket.SOCK_STREAM) as sock:
                sock.sendall(struct.pack("!H", len(wire)) + wire)
                (size,) = struct.unpack("!H", self._exactly(sock, 2, deadline, server))
                reply = self._exactly(sock, size, deadline, server)
        except OSError as error:
            raise self._unreachable(server, "TCP", error) from None
        answer = parsed(reply, query)
        if answer is None:
            raise _malformed(server)
        return answer

    def _ask_once(self, query: dns.message.Message, server: Endpoint) -> dns.message.Message:
        answer = self._ask_udp(query, server)
        return self.ask_tcp(query, server) if answer.flags & dns.flags.TC else answer

    def _ask_udp(self, query: dns.message.Message, server: Endpoint) -> dns.message.Message:
        deadline = self.monotonic() + self.timeout_s
        strange = False
        try:
            with self._socket(server, socket.SOCK_DGRAM) as sock:
                sock.send(query.to_wire())
                while self._time_left(deadline, sock):
                    try:
                        reply = sock.recv(65535)
                    except TimeoutError:
                        continue
                    answer = parsed(reply, query)
                    if answer is not None:
                        return answer
                    strange = True
        except OSError as error:
            raise self._unreachable(server, "UDP", error) from None
        raise _malformed(server) if strange else _silent(server, self.timeout_s)

    @contextlib.contextmanager
    def _socket(self, server: Endpoint, kind: socket.SocketKind):  # type: ignore[no-untyped-def]
        family, address = _address(server, kind)
        with socket.socket(family, kind) as sock:
            sock.settimeout(self.timeout_s if kind == socket.SOCK_STREAM else POLL_S)
            sock.connect(address)
            yield sock

    def _exactly(self, sock: socket.socket, size: int, deadline: float, server: Endpoint) -> bytes:
        got = b""
        while len(got) < size:
            if not self._time_left(deadline, sock):
                raise _silent(server, self.timeout_s)
            try:
                more = sock.recv(size - len(got))
            except TimeoutError:
                continue
            if not more:
                raise ConnectionResetError("closed in the middle of an answer")
            got += more
        return got

    def _time_left(self, deadline: float, sock: socket.socket) -> bool:
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled("stopped while waiting for a DNS answer; run again to go on")
        left = deadline - self.monotonic()
        sock.settimeout(min(POLL_S, max(left, 0.001)))
        return left > 0

    def _unreachable(self, server: Endpoint, transport: str, error: OSError) -> LookupFailed:
        if isinstance(error, TimeoutError):
            return _silent(server, self.timeout_s)
        said = error.strerror or str(error) or type(error).__name__
        return LookupFailed(f"{server} cannot be reached over {transport}: {said}", kind="timeout", asked=str(server))


def parsed(wire: bytes, query: dns.message.Message) -> dns.message.Message | None:
    """The message, or None when these bytes are no answer to `query` (id, question, signature, well-formedness).

    An unsigned answer to a signed message is returned too, so that a refusal can be told; the caller checks `had_tsig`.
    Raises dns.tsig.PeerError for a signed refusal, which is an answer.
    """
    message: dns.message.Message | None
    try:
        message = dns.message.from_wire(wire, keyring=query.keyring, request_mac=query.mac or b"")
    except dns.tsig.PeerError:
        raise
    except Exception:
        # A parser of hostile bytes: whatever it raises means "not an answer".
        message = _unsigned(wire) if query.had_tsig else None
    return message if message is not None and query.is_response(message) else None


def _unsigned(wire: bytes) -> dns.message.Message | None:
    try:
        message = dns.message.from_wire(wire, keyring=False)
    except Exception:
        return None
    return None if message.had_tsig else message


def _address(server: Endpoint, kind: socket.SocketKind) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        version = ipaddress.ip_address(server.host.partition("%")[0]).version
    except ValueError:
        found = socket.getaddrinfo(server.host, server.port, type=kind)
        return found[0][0], (str(found[0][4][0]), server.port)
    return (socket.AF_INET6 if version == 6 else socket.AF_INET), (server.host, server.port)


def _silent(server: Endpoint, timeout_s: float) -> LookupFailed:
    return LookupFailed(f"{server} did not answer within {timeout_s:g} s", kind="timeout", asked=str(server))


def _malformed(server: Endpoint) -> LookupFailed:
    return LookupFailed(
        f"{server} sent only bytes that do not answer the question (wrong id, other question, or not DNS)",
        kind="malformed",
        asked=str(server),
    )
