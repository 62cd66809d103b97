"""How dates, spans and states are put for people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certwright.engine.records import AuthorityRecord
    from certwright.functions.catalogue import Entry

# Bands by the share of the lifetime that is left, not by days: a certificate of 7 days is not "soon" all its life.
SOON = 1 / 3
URGENT = 1 / 10
NOT_TRUSTED = "not trusted by browsers"


def moment(at: datetime | None) -> str:
    """``2026-12-01 08:00 UTC``"""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def span(left: timedelta) -> str:
    """``12d``, ``5h``, ``40m``; what is over is negative."""
    seconds = int(abs(left).total_seconds())
    sign = "-" if left < timedelta(0) else ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size or (unit == "d" and seconds >= size):
            return f"{sign}{seconds // size}{unit}"
    return f"{sign}{seconds}s"


def in_words(left: timedelta) -> str:
    """``12 days left`` or ``ended 3 days ago``."""
    short = span(abs(left))
    number, unit = short[:-1], {"d": "day", "h": "hour", "m": "minute", "s": "second"}[short[-1]]
    shown = f"{number} {unit}{'' if number == '1' else 's'}"
    return f"{shown} left" if left >= timedelta(0) else f"ended {shown} ago"


def band(not_before: datetime, not_after: datetime, now: datetime) -> str:
    """``expired``, ``urgent``, ``soon`` or ``valid``."""
    if now > not_after:
        return "expired"
    left = (not_after - now) / (not_after - not_before)
    if left <= URGENT:
        return "urgent"
    return "soon" if left <= SOON else "valid"


def program_name(urn: str) -> str:
    """The resource's name in the program; the bundled CAs have a URN of their own."""
    return urn.rsplit("::", 1)[-1]


def authority_name(record: AuthorityRecord | None) -> str:
    """Common name of a CA, as people know it."""
    if record is None:
        return ""
    from certwright.engine.authorityrequest import common_name

    return common_name(record.spec) or program_name(record.urn) or record.arn


def issuer_name(entry: Entry) -> str:
    if entry.issuer is not None:
        return entry.issuer.name
    return "imported" if entry.record.mode.value == "IMPORTED" else ""


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
