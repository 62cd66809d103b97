"""Which DNS writer a program means: a configured one by its name, or one that it describes inline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from certwright.engine.ports import DnsWriter

if TYPE_CHECKING:
    from certwright.engine.services import Services

PLACE = ("server", "port", "zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A writer and the name that the journal of DNS records knows it by."""

    name: str
    writer: DnsWriter
    inline: bool = False


def place(settings: Mapping[str, Any]) -> str:
    """Where a writer writes, e.g. `rfc2136 server=192.0.2.53 zone=example.com`: the name of one that has none.

    settings: `{kind: {…}}`. Nothing of its key is in it, so that another key at the same place is the same writer.
    """
    kind, inner = next(iter(settings.items()))
    parts = inner if isinstance(inner, Mapping) else {}
    stated = [f"{part}={str(parts[part]).rstrip('.').lower()}" for part in PLACE if parts.get(part)]
    return " ".join([str(kind), *stated])


def chosen(services: Services, stated: Any) -> Chosen | None:
    """stated: `dnsWriter` as a program gives it: a name, an object, or nothing. Raises NotFound or WriterFailed."""
    if isinstance(stated, Mapping) and stated:
        name = place(stated)
        return Chosen(name=name, writer=services.make_writer(stated, name), inline=True)
    if isinstance(stated, str) and stated:
        return Chosen(name=stated, writer=services.writer(stated))
    return None
