"""What a TLS endpoint serves: its certificates, and whether this machine would trust them."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from certwright.deploy.handshake import split_address
from certwright.domain.errors import CertwrightError


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """ders: leaf first, as the endpoint sent them. distrust: why this machine does not trust it; empty when it does."""

    ders: tuple[bytes, ...]
    distrust: str


def is_address(text: str) -> bool:
    try:
        split_address(text)
    except ValueError:
        return False
    return True


def fetch(address: str, *, server_name: str, timeout_s: float) -> Presented:
    """Two handshakes: one that accepts everything and looks, one that judges. Raises CertwrightError when the first
    fails."""
    host, port = split_address(address)
    name = server_name or (host if not _is_ip(host) else "")
    try:
        ders = _handshake(_blind(), host, port, name, timeout_s)
    except (OSError, ValueError) as error:
        raise CertwrightError(f"{address} cannot be asked: {_why(error)}", code="endpoint.unreachable") from None
    try:
        _handshake(ssl.create_default_context(), host, port, name or host, timeout_s)
    except (OSError, ValueError) as error:
        return Presented(ders=ders, distrust=_why(error))
    return Presented(ders=ders, distrust="")


def _handshake(context: ssl.SSLContext, host: str, port: int, name: str, timeout_s: float) -> tuple[bytes, ...]:
    with (
        socket.create_connection((host, port), timeout=timeout_s) as connection,
        context.wrap_socket(connection, server_hostname=name or None) as tls,
    ):
        chain = getattr(tls, "get_unverified_chain", None)  # Python 3.13
        ders = tuple(bytes(der) for der in chain()) if chain is not None else ()
        leaf = tls.getpeercert(binary_form=True)
    if not leaf:
        raise ValueError("the handshake showed no certificate")
    return ders or (leaf,)


def _blind() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # a weak key that is served must be seen, not refused
    return context


def _is_ip(host: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, ssl.SSLError):
        return str(error.reason or error).replace("_", " ").lower()
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
