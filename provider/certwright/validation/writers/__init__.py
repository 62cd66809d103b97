"""The DNS writers by kind: one line per writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from certwright.domain.errors import WriterFailed
from certwright.engine.ports import CancelSignal, DnsWriter
from certwright.validation.writers.rfc2136 import Rfc2136Writer

Maker = Callable[..., DnsWriter]

WRITERS: tuple[tuple[str, Maker], ...] = (("rfc2136", Rfc2136Writer.from_settings),)


def make_writer(settings: Mapping[str, Any], *, name: str, cancel: CancelSignal | None = None) -> DnsWriter:
    """The writer that one entry of `dnsWriters` describes, e.g. ``{"rfc2136": {"server": …}}``.

    name: the entry's name, for sentences. Raises WriterFailed (``dns.writer_unknown``, ``dns.writer_settings``).
    """
    makers = dict(WRITERS)
    kinds = list(settings)
    if len(kinds) != 1 or kinds[0] not in makers:
        raise WriterFailed(
            f'DNS writer "{name}" must have exactly one kind, of: {", ".join(makers)}; '
            f"it has {', '.join(map(str, kinds)) or 'none'}",
            code="dns.writer_unknown",
        )
    return makers[kinds[0]](settings[kinds[0]], name=name, cancel=cancel)
