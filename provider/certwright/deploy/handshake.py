"""Asks a TLS endpoint which certificate it serves, by a real handshake.

The answer is only compared, never trusted: no chain, name or date is judged here. An endpoint that cannot be asked is
unreachable, which is not the same as wrong (ASC-1).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certwright.engine.ports import Served

Dialer = Callable[[str, int, float], socket.socket]
"""host, port, timeout in seconds → a connected socket; raises OSError."""

_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
_CLOSED = frozenset({"UNEXPECTED_EOF_WHILE_READING"})
_TOO_OLD = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"})


def split_address(address: str) -> tuple[str, int]:
    """`host:port`, `192.0.2.1:443` or `[2001:db8::1]:443`. Raises ValueError with a sentence."""
    host, colon, port_text = address.rpartition(":")
    if not colon or not host:
        raise ValueError("has no port; write host:port")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("is an IPv6 address without brackets; write [address]:port")
    if not (port_text.isascii() and port_text.isdigit()) or not 0 < int(port_text[:6]) < 65536:
        raise ValueError(f"has {port_text[:10]!r} for a port; write a number from 1 to 65535")
    if not host or "/" in host or any(c.isspace() for c in host):
        raise ValueError("is no endpoint; write host:port without scheme or path")
    return host, int(port_text)


def _dial(host: str, port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection((host, port), timeout=timeout_s)


def probe(address: str, *, server_name: str, timeout_s: float, dial: Dialer = _dial) -> Served:
    """The leaf that `address` serves to `server_name` ("": no SNI). Never raises: what went wrong is `problem`.

    `timeout_s` bounds the connect and the handshake each.
    """
    try:
        host, port = split_address(address)
    except ValueError as error:
        return Served(address=address, problem=f"{address[:80]!r} {error}")
    try:
        name = _sni(server_name)
    except ValueError:
        return Served(
            address=address, problem=f"{address}: {server_name[:80]!r} is no name that a server can be asked for"
        )
    try:
        with dial(host, port, timeout_s) as connection:
            connection.settimeout(timeout_s)
            return _ask(connection, address, name)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label longer than 63 in the host
        return Served(address=address, problem=f"{address}: {_connect_problem(error, host, timeout_s)}")


def _sni(name: str) -> str | None:
    """The name in its A-form; None for none. Checked before there is a socket, which `ssl` does not close over a bad name."""
    if not name:
        return None
    ascii_name = name.rstrip(".").encode("idna").decode("ascii")  # UnicodeError is a ValueError
    if not ascii_name or ascii_name.startswith(".") or len(ascii_name) > 253 or not ascii_name.isprintable():
        raise ValueError(name)
    return ascii_name


def _ask(connection: socket.socket, address: str, name: str | None) -> Served:
    try:
        with _context().wrap_socket(connection, server_hostname=name) as tls:
            der = tls.getpeercert(binary_form=True)
    except TimeoutError:
        problem = f"accepted the connection but said nothing within {connection.gettimeout():g} seconds"
    except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
        problem = "closed the connection during the handshake"
    except ssl.SSLError as error:
        problem = _tls_problem(error)
    except (ConnectionError, BrokenPipeError):
        problem = "closed the connection during the handshake"
    except (OSError, ValueError) as error:
        problem = f"no handshake for the name {name!r}: {error}"
    else:
        return _served(der, address)
    return Served(address=address, problem=f"{address}: {problem}")


def _served(der: bytes | None, address: str) -> Served:
    if not der:
        return Served(address=address, problem=f"{address}: the handshake showed no certificate")
    try:
        certificate = x509.load_der_x509_certificate(der)
        serial = format(certificate.serial_number, "x")
    except ValueError as error:
        return Served(address=address, problem=f"{address}: the certificate that it serves cannot be read: {error}")
    return Served(address=address, serial=serial, fingerprint=certificate.fingerprint(hashes.SHA256()).hex())


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # a weak key that is served must be seen, not refused
    return context


def _connect_problem(error: OSError | UnicodeError, host: str, timeout_s: float) -> str:
    match error:
        case ConnectionRefusedError():
            return "nothing listens there (connection refused)"
        case TimeoutError():
            return f"no connection within {timeout_s:g} seconds"
        case socket.gaierror() | UnicodeError():
            return f"the name {host[:253]!r} does not resolve"
        case _:
            return f"cannot be reached: {error.strerror or error}"


def _tls_problem(error: ssl.SSLError) -> str:
    reason = error.reason or str(error)
    if reason in _NOT_TLS:
        return "what answers there does not speak TLS"
    if reason in _CLOSED:
        return "closed the connection during the handshake"
    if reason in _TOO_OLD:
        return "speaks only TLS 1.1 or older"
    return f"the handshake failed: {reason.replace('_', ' ').lower()}"
