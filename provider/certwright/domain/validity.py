"""How long a certificate lives: the stated validity, the window it gives, and the public caps by date.

The rule (CRT-7): notBefore is the issue time less 60 minutes, never before the issuer's notBefore; both ends count
(RFC 5280 4.1.2.5), so notAfter = notBefore + validity - 1 s and ``DAYS 30`` is a lifetime of exactly 30 days.
A validity below ten hours is backdated by a tenth of itself only: an hour must not be over when it begins.
END_DATE and ABSOLUTE state notAfter itself.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from certwright.domain.errors import Finding, Refused

BACKDATE = timedelta(minutes=60)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
PRIVATE_DEFAULT = timedelta(days=395)
SHORT_LIVED_MAX = timedelta(days=7)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_WHOLE = re.compile(r"[0-9]{1,12}")
_STAMP = re.compile(r"([0-9]{2}|[0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})")
# The largest value of each type: enough for the year 9999, small enough that arithmetic cannot overflow.
_LARGEST = {"HOURS": 70_000_000, "DAYS": 2_900_000, "MONTHS": 95_000, "YEARS": 7_900}


class ValidityType(StrEnum):
    HOURS = "HOURS"
    DAYS = "DAYS"
    MONTHS = "MONTHS"
    YEARS = "YEARS"
    END_DATE = "END_DATE"
    ABSOLUTE = "ABSOLUTE"


class ValidityProfile(StrEnum):
    """Which cap public certificates follow: the Baseline Requirements on the day of issue, or ACM's 13 months."""

    BR = "br"
    ACM = "acm"


class Validity(BaseModel):
    """How long a certificate is valid."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, coerce_numbers_to_str=True
    )

    type: ValidityType = Field(
        description="HOURS, DAYS, MONTHS or YEARS from the start; END_DATE (YYYYMMDDHHMMSS or YYMMDDHHMMSS, UTC) or "
        "ABSOLUTE (seconds since 1970-01-01 UTC) for a fixed end, which is reported and not renewed."
    )
    value: str = Field(description="Number of units, or the end itself. Text; numbers are accepted.")

    @property
    def fixed_end(self) -> bool:
        return self.type in (ValidityType.END_DATE, ValidityType.ABSOLUTE)


class Window(NamedTuple):
    """First and last second of a certificate, aware UTC, both inclusive."""

    not_before: datetime
    not_after: datetime

    @property
    def lifetime(self) -> timedelta:
        return self.not_after - self.not_before + SECOND


def _plain(value: str) -> str:
    """Pulumi sends numbers as floats: ``30.0`` means 30."""
    text = value.strip()
    return text[:-2] if text.endswith(".0") else text


def parse_end(validity: Validity) -> datetime | None:
    """The fixed end of END_DATE or ABSOLUTE; None if malformed. Years 50 to 99 are 19xx (RFC 5280 4.1.2.5.1)."""
    text = _plain(validity.value)
    try:
        if validity.type is ValidityType.ABSOLUTE:
            return datetime.fromtimestamp(int(text), UTC) if _WHOLE.fullmatch(text) else None
        stamp = _STAMP.fullmatch(text)
        if stamp is None:
            return None
        year, *rest = (int(part) for part in stamp.groups())
        if len(stamp.group(1)) == 2:
            year += 1900 if year >= 50 else 2000
        month, day, hour, minute, second = rest
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def add_months(start: datetime, months: int) -> datetime:
    """The same day `months` later, or that month's last day (31 January + 1 month = 28 February)."""
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))


_ADD: dict[ValidityType, Callable[[datetime, int], datetime]] = {
    ValidityType.HOURS: lambda start, n: start + timedelta(hours=n),
    ValidityType.DAYS: lambda start, n: start + timedelta(days=n),
    ValidityType.MONTHS: add_months,
    ValidityType.YEARS: lambda start, n: add_months(start, 12 * n),
}


def findings(validity: Validity, path: str = "validity") -> list[Finding]:
    """What is wrong with a validity by itself, without a clock."""
    at = f"{path}.value"
    shown = repr(validity.value[:40])
    if validity.type is ValidityType.END_DATE and parse_end(validity) is None:
        message = f"{shown} is not an end date; write YYYYMMDDHHMMSS or YYMMDDHHMMSS in UTC, e.g. 20271231235959"
        return [Finding(code="validity.invalid", message=message, path=at)]
    if validity.type is ValidityType.ABSOLUTE and parse_end(validity) is None:
        message = f"{shown} is not an absolute time; give seconds since 1970-01-01 UTC, up to the year 9999"
        return [Finding(code="validity.invalid", message=message, path=at)]
    if validity.fixed_end:
        return []
    text, largest = _plain(validity.value), _LARGEST[validity.type]
    if not _WHOLE.fullmatch(text) or not 1 <= int(text) <= largest:
        message = f"{shown} is not a number of {validity.type.value.lower()}; give a whole number from 1 to {largest}"
        return [Finding(code="validity.invalid", message=message, path=at)]
    return []


def whole_second(moment: datetime) -> datetime:
    """`moment` in UTC, rounded down: certificates carry whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0)


def backdated(issue_time: datetime, lifetime: timedelta, issuer_not_before: datetime | None) -> datetime:
    start = whole_second(issue_time) - min(BACKDATE, whole_seconds(lifetime / 10))
    return start if issuer_not_before is None else max(start, issuer_not_before)


def whole_seconds(span: timedelta) -> timedelta:
    return span - timedelta(microseconds=span.microseconds)


def validity_window(validity: Validity, issue_time: datetime, *, issuer_not_before: datetime | None = None) -> Window:
    """The window that `validity` gives at `issue_time` (aware). Raises validity.invalid, validity.past.

    Does not compare with the issuer's notAfter (`beyond_issuer` does) or with a cap (`public_findings`).
    """
    problems = findings(validity)
    if problems:
        raise Refused(problems)
    if validity.fixed_end:
        return _fixed_window(validity, issue_time, issuer_not_before)
    add, number = _ADD[validity.type], int(_plain(validity.value))
    try:
        moment = whole_second(issue_time)
        start = backdated(issue_time, add(moment, number) - moment, issuer_not_before)
        return Window(start, add(start, number) - SECOND)
    except (OverflowError, ValueError):
        raise Refused([_finding("validity.invalid", "ends after the year 9999; give a shorter validity")]) from None


def _fixed_window(validity: Validity, issue_time: datetime, issuer_not_before: datetime | None) -> Window:
    end, moment = parse_end(validity), whole_second(issue_time)
    if end is None or end <= moment:
        raise Refused(
            [
                _finding(
                    "validity.past",
                    f"ends {'never' if end is None else iso(end)}, which is not after the time of issue "
                    f"({iso(moment)}); give a later end",
                )
            ]
        )
    return Window(backdated(issue_time, end - moment, issuer_not_before), end)


def lifetime_window(lifetime: timedelta, issue_time: datetime, *, issuer_not_before: datetime | None = None) -> Window:
    """The window of a default lifetime (PRIVATE_DEFAULT, `public_lifetime`)."""
    start = backdated(issue_time, lifetime, issuer_not_before)
    return Window(start, start + lifetime - SECOND)


def capped(window: Window, issuer_not_after: datetime) -> Window:
    """`window` cut at the issuer's end: for default lifetimes only, a stated one is refused instead."""
    return window._replace(not_after=min(window.not_after, issuer_not_after))


def beyond_issuer(window: Window, issuer_not_after: datetime, path: str = "validity") -> list[Finding]:
    """The refusal of a stated validity that outlives the authority."""
    if window.not_after <= issuer_not_after:
        return []
    message = (
        f"ends {iso(window.not_after)}, after the issuing authority does ({iso(issuer_not_after)}); "
        "give a shorter validity or renew the authority first"
    )
    return [Finding(code="validity.beyond_issuer", message=message, path=path)]


# CA/B BR 6.3.2 with ballot SC-081v3: the longest validity of a subscriber certificate issued from that day on.
PUBLIC_CAPS: tuple[tuple[date, timedelta], ...] = (
    (date(2029, 3, 15), timedelta(days=47)),
    (date(2027, 3, 15), timedelta(days=100)),
    (date(2026, 3, 15), timedelta(days=200)),
    (date(2020, 9, 1), timedelta(days=398)),
)
_FIRST_CAP = timedelta(days=398)


def public_cap(day: date) -> timedelta:
    """The Baseline Requirements' cap for certificates issued on `day` (UTC)."""
    return next((cap for since, cap in PUBLIC_CAPS if day >= since), _FIRST_CAP)


def public_lifetime(profile: ValidityProfile, issue_time: datetime) -> timedelta:
    """The lifetime of a public certificate: the cap less one day, or ACM's 395 days."""
    if profile is ValidityProfile.ACM:
        return PRIVATE_DEFAULT
    return public_cap(issue_time.astimezone(UTC).date()) - DAY


def public_findings(
    window: Window, profile: ValidityProfile, issue_time: datetime, path: str = "validity"
) -> list[Finding]:
    """The refusal of a public validity longer than its profile allows on the day of issue."""
    allowed = public_lifetime(profile, issue_time)
    if window.lifetime <= allowed:
        return []
    message = f"is longer than the {allowed.days} days that a public certificate may live when issued today"
    return [Finding(code="validity.too_long", message=message, path=path)]


def short_lived_findings(window: Window, path: str = "validity") -> list[Finding]:
    """The refusal of more than 7 days under an authority with usageMode SHORT_LIVED_CERTIFICATE (PCA-4)."""
    if window.lifetime <= SHORT_LIVED_MAX:
        return []
    message = f"is longer than the {SHORT_LIVED_MAX.days} days that a SHORT_LIVED_CERTIFICATE authority may issue"
    return [Finding(code="validity.too_long", message=message, path=path)]


def iso(moment: datetime) -> str:
    """``2026-12-01T08:00:00Z``: how times are shown and written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _finding(code: str, message: str) -> Finding:
    return Finding(code=code, message=message, path="validity")
