"""`within` and `expiringWithin`: a span of time as programs and people write it."""

from __future__ import annotations

import re
from datetime import timedelta

from certwright.domain.errors import Finding, Refused
from certwright.domain.renewbefore import RenewBefore, parse_renew_before

_DAYS = re.compile(r"([0-9]{1,6}) ?([dw])", re.IGNORECASE)
_UNIT_DAYS = {"d": 1, "w": 7}


def parse_span(text: str, *, path: str) -> timedelta:
    """Reads ``P30D``, ``PT36H``, ``720h``, ``30d``, ``4w``. Raises Refused (`span.invalid`)."""
    plain = text.strip()
    if match := _DAYS.fullmatch(plain):
        return timedelta(days=int(match.group(1)) * _UNIT_DAYS[match.group(2).lower()])
    try:
        parsed = parse_renew_before(plain, path=path)
    except Refused:
        parsed = None
    if not isinstance(parsed, RenewBefore) or parsed.span is None:
        raise Refused(
            [
                Finding(
                    code="span.invalid",
                    path=path,
                    message=f'"{text[:40]}" is not a span of time; write P30D, 30d, 4w or 720h',
                )
            ]
        )
    return parsed.span
