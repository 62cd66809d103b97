"""`earlyRenewalDuration`: how long before its end a certificate is renewed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from certwright.domain.errors import Finding, Refused
from certwright.domain.validity import SECOND, whole_seconds

DEFAULT_LONGEST = timedelta(days=60)
LARGEST_SHARE = Fraction(9, 10)
_LONGEST_TEXT = 40
_NUMBER = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)"
_ISO = re.compile(r"P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?")
_GO = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewBefore:
    """Either a span, or a share of the lifetime that is left (``33%``: renew when a third remains)."""

    span: timedelta | None = None
    share: Fraction | None = None

    def renew_before(self, not_before: datetime, not_after: datetime) -> timedelta:
        """The span before not_after at which the renewal window opens, in whole seconds."""
        if self.span is not None:
            return self.span
        lifetime = not_after - not_before + SECOND
        share = self.share or Fraction(0)
        return whole_seconds(lifetime * share.numerator / share.denominator)

    def findings(self, not_before: datetime, not_after: datetime, path: str = "earlyRenewalDuration") -> list[Finding]:
        """The refusal of more than 90 % of the lifetime: such a certificate would always be due."""
        lifetime = not_after - not_before + SECOND
        wanted = self.renew_before(not_before, not_after)
        limit = lifetime * LARGEST_SHARE.numerator / LARGEST_SHARE.denominator
        if wanted <= limit:
            return []
        message = (
            f"asks for renewal {_human(wanted)} before the end, but the certificate lives {_human(lifetime)}; "
            f"at most 90 % of the lifetime ({_human(limit)}) is allowed"
        )
        return [Finding(code="renewal.too_early", message=message, path=path)]


@dataclass(frozen=True, slots=True)
class DefaultRenewBefore:
    """The smaller of 60 days and a third of the lifetime."""

    def renew_before(self, not_before: datetime, not_after: datetime) -> timedelta:
        return min(DEFAULT_LONGEST, whole_seconds((not_after - not_before + SECOND) / 3))

    def findings(self, not_before: datetime, not_after: datetime, path: str = "earlyRenewalDuration") -> list[Finding]:
        return []


def parse_renew_before(text: str | None, *, path: str = "earlyRenewalDuration") -> RenewBefore | DefaultRenewBefore:
    """Reads ``P60D``, ``P2W``, ``P1DT12H`` (ISO 8601), ``1440h``, ``36h30m`` (Go) or ``33%``; None is the default.

    Raises renewal.invalid; years and months are refused because their length depends on the date.
    """
    if text is None:
        return DefaultRenewBefore()
    plain = text.strip()
    parsed = _parse(plain) if 2 <= len(plain) <= _LONGEST_TEXT else None
    if parsed is None:
        message = f"{text[:_LONGEST_TEXT]!r} is not a duration; write P60D, P8W, PT36H, 1440h or a share such as 33%"
        raise Refused([Finding(code="renewal.invalid", message=message, path=path)])
    return parsed


def _parse(text: str) -> RenewBefore | None:
    if percent := _PERCENT.fullmatch(text):
        share = Fraction(percent.group(1)) / 100
        return RenewBefore(share=share) if 0 < share <= 1 else None
    try:
        span = _iso_span(text) if text.startswith("P") else _go_span(text)
    except OverflowError:
        return None
    return RenewBefore(span=whole_seconds(span)) if span is not None and span >= SECOND else None


def _iso_span(text: str) -> timedelta | None:
    match = _ISO.fullmatch(text)
    if match is None or text.endswith("T"):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _go_span(text: str) -> timedelta | None:
    match = _GO.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _human(span: timedelta) -> str:
    """``10 days``, ``36 hours``, ``90 minutes``: the largest unit that gives at least two."""
    seconds = int(span.total_seconds())
    for name, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {name}"
    return f"{seconds} seconds"
