"""Where a DNS writer writes, which is the name of one that a program describes inline."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from certwright.domain.values import reveal

DNS_PORT = "53"
_ZONE = " zone="


def place(settings: Mapping[str, Any]) -> str:
    """Where a writer writes, e.g. `rfc2136 server=192.0.2.53 zone=example.com`: the name of one that has none.

    settings: `{kind: {…}}`. Nothing of its key is in it, so that another key at the same place is the same writer. Other
    spellings of one place give the same text: the usual port is not in it, and a port stands apart from the server.
    """
    kind, inner = next(iter(settings.items()))
    parts = {part: _text(value) for part, value in reveal(inner).items()} if isinstance(reveal(inner), Mapping) else {}
    server, port = _server(parts.get("server", ""), parts.get("port", ""))
    stated = {"server": server, "port": "" if port == DNS_PORT else port, "zone": parts.get("zone", "").rstrip(".")}
    return " ".join([str(kind), *(f"{part}={value.lower()}" for part, value in stated.items() if value)])


def same_server(one: str, other: str) -> bool:
    """Whether two places are at one server. A record's name is absolute, so the zone does not matter."""
    return one.partition(_ZONE)[0] == other.partition(_ZONE)[0]


def _text(value: Any) -> str:
    """Pulumi's numbers are doubles: 53.0 is "53"."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _server(text: str, port: str) -> tuple[str, str]:
    """Address and port; the port that stands with the server comes before the one beside it."""
    host = text.strip()
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif host.count(":") == 1:
        host, _, stated = host.partition(":")
        port = stated or port
    host = host.rstrip(".")
    try:
        return str(ip_address(host)), port.lstrip("0")
    except ValueError:
        return host, port.lstrip("0")
