"""The configured vantage points: from the settings `resolvers`, `vantagePoints` and `authoritativeServers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from certwright.domain.errors import LookupFailed
from certwright.validation.answer import parse_name
from certwright.validation.resolver import Resolver, system_recursors
from certwright.validation.transport import Endpoint

KEYS = ("name", "resolvers", "authoritativeServers")


def make_vantage_points(
    *,
    resolvers: Sequence[str] = (),
    vantage_points: Sequence[Mapping[str, Any]] = (),
    authoritative_servers: Mapping[str, Any] | None = None,
    timeout_s: float = 2.0,
    attempts: int = 2,
) -> tuple[Resolver, ...]:
    """One resolver per vantage point, the primary first; one in all when `vantagePoints` is empty.

    resolvers: empty means the machine's own, read now. authoritative_servers: zone → ``host:port`` or a list of them;
    they hold for every vantage point, whose own entries come on top.
    Raises LookupFailed (malformed) for an address, a zone or a setting that cannot be used.
    """
    shared = _servers(authoritative_servers or {})
    points = vantage_points or ({"name": "primary"},)
    made = []
    for number, point in enumerate(points):
        unknown = [str(key) for key in point if key not in KEYS]
        if unknown:
            raise _unusable(f"a vantage point has {', '.join(KEYS)}, not {', '.join(unknown)}")
        made.append(
            Resolver(
                name=str(point.get("name") or f"vantage point {number + 1}"),
                recursors=_addresses(point.get("resolvers") or resolvers) or system_recursors(),
                authoritative_servers={**shared, **_servers(point.get("authoritativeServers") or {})},
                timeout_s=timeout_s,
                attempts=attempts,
            )
        )
    return tuple(made)


def _servers(raw: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(raw, Mapping):
        raise _unusable("`authoritativeServers` maps a zone to a list of host:port")
    for zone in raw:
        parse_name(str(zone))
    return {str(zone): _addresses(servers) for zone, servers in raw.items()}


def _addresses(raw: object) -> tuple[str, ...]:
    texts = (raw,) if isinstance(raw, str) else raw
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise _unusable("a DNS server is written host or host:port, several as a list")
    return tuple(str(Endpoint.parse(text)) for text in texts)


def _unusable(message: str) -> LookupFailed:
    return LookupFailed(message, kind="malformed")
