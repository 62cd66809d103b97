from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from certwright.domain import validity as module
from certwright.domain.errors import Refused
from certwright.domain.validity import (
    DAY,
    SECOND,
    Validity,
    ValidityProfile,
    ValidityType,
    Window,
    beyond_issuer,
    findings,
    lifetime_window,
    public_cap,
    public_findings,
    public_lifetime,
    short_lived_findings,
    validity_window,
)
from hypothesis import given
from hypothesis import strategies as st

ISSUED = datetime(2026, 11, 24, 12, 0, 0, 700_000, tzinfo=UTC)
HOUR = timedelta(hours=1)


def window(kind: str, value: object, issued: datetime = ISSUED, **more: datetime) -> Window:
    return validity_window(Validity.model_validate({"type": kind, "value": value}), issued, **more)


@pytest.mark.proves("CRT-7")
def test_thirty_days_are_thirty_days_with_both_ends_counted() -> None:
    start, end = window("DAYS", 30)
    assert start == datetime(2026, 11, 24, 11, 0, 0, tzinfo=UTC)
    assert end == datetime(2026, 12, 24, 10, 59, 59, tzinfo=UTC)
    assert window("DAYS", 30).lifetime == 30 * DAY


@pytest.mark.proves("CRT-7")
def test_not_before_is_never_before_the_issuers() -> None:
    issuer = ISSUED.replace(microsecond=0) - timedelta(minutes=5)
    start, end = window("DAYS", 30, issuer_not_before=issuer)
    assert start == issuer
    assert end - start + SECOND == 30 * DAY


def test_an_hour_is_not_over_when_it_begins() -> None:
    start, end = window("HOURS", 1)
    assert start == ISSUED.replace(microsecond=0) - timedelta(minutes=6)
    assert end > ISSUED
    assert window("HOURS", 10).not_before == ISSUED.replace(microsecond=0) - HOUR


@pytest.mark.proves("PCA-4")
@pytest.mark.parametrize(
    ("kind", "value", "issued", "end"),
    [
        ("MONTHS", "1", datetime(2027, 1, 31, 12, tzinfo=UTC), datetime(2027, 2, 28, 10, 59, 59, tzinfo=UTC)),
        ("MONTHS", "13", datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2028, 1, 31, 10, 59, 59, tzinfo=UTC)),
        ("YEARS", "1", datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2029, 2, 28, 10, 59, 59, tzinfo=UTC)),
        ("YEARS", 10.0, datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2036, 1, 1, 10, 59, 59, tzinfo=UTC)),
        ("END_DATE", "20271231235959", ISSUED, datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("END_DATE", "271231235959", ISSUED, datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("ABSOLUTE", 1830000000, ISSUED, datetime(2027, 12, 28, 13, 20, tzinfo=UTC)),
    ],
)
def test_ends(kind: str, value: object, issued: datetime, end: datetime) -> None:
    assert window(kind, value, issued).not_after == end


def test_times_of_other_zones_are_taken_as_utc() -> None:
    east = ISSUED.astimezone(timezone(timedelta(hours=9)))
    assert window("DAYS", 1, east) == window("DAYS", 1)


@pytest.mark.parametrize(
    ("kind", "value"), [("END_DATE", "500101000000"), ("ABSOLUTE", "0"), ("END_DATE", "20261124120000")]
)
def test_an_end_that_is_not_after_the_issue_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Refused) as caught:
        window(kind, value)
    assert caught.value.code == "validity.past"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("DAYS", v) for v in ("0", "-1", "1.5", "", "x", "１", "99999999", "1e3")),
        *(("END_DATE", v) for v in ("20271331000000", "2027", "20270101", "99991231235960", "2027-01-01")),
        *(("ABSOLUTE", v) for v in ("-1", "x", "999999999999")),
        ("YEARS", "7901"),
    ],
)
def test_malformed_values_are_findings_with_the_path(kind: str, value: str) -> None:
    validity = Validity.model_validate({"type": kind, "value": value})
    (found,) = findings(validity, "validity")
    assert (found.code, found.path) == ("validity.invalid", "validity.value")
    with pytest.raises(Refused):
        validity_window(validity, ISSUED)


def test_an_end_after_the_year_9999_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        window("YEARS", "7900", datetime(2500, 1, 1, tzinfo=UTC))
    assert caught.value.code == "validity.invalid"


@pytest.mark.proves("CRT-7")
@pytest.mark.parametrize(
    ("day", "cap"),
    [
        (datetime(2026, 3, 14, 23, 59, 59, tzinfo=UTC), 398),
        (datetime(2026, 3, 15, tzinfo=UTC), 200),
        (datetime(2027, 3, 14, tzinfo=UTC), 200),
        (datetime(2027, 3, 15, tzinfo=UTC), 100),
        (datetime(2029, 3, 14, tzinfo=UTC), 100),
        (datetime(2029, 3, 15, tzinfo=UTC), 47),
    ],
)
def test_public_caps_change_on_their_day(day: datetime, cap: int) -> None:
    assert public_cap(day.date()) == cap * DAY
    assert public_lifetime(ValidityProfile.BR, day) == (cap - 1) * DAY
    assert public_lifetime(ValidityProfile.ACM, day) == 395 * DAY


@pytest.mark.proves("CRT-7")
def test_public_certificates_of_2026_live_199_days_and_not_a_second_more() -> None:
    default = lifetime_window(public_lifetime(ValidityProfile.BR, ISSUED), ISSUED)
    assert default.lifetime == 199 * DAY
    assert public_findings(default, ValidityProfile.BR, ISSUED) == []
    longer = default._replace(not_after=default.not_after + SECOND)
    assert [f.code for f in public_findings(longer, ValidityProfile.BR, ISSUED)] == ["validity.too_long"]
    assert public_findings(longer, ValidityProfile.ACM, ISSUED) == []


def test_a_stated_validity_beyond_the_issuer_is_refused_and_the_default_is_capped() -> None:
    given_window = window("DAYS", 30)
    end = given_window.not_after - SECOND
    assert beyond_issuer(given_window, given_window.not_after) == []
    (found,) = beyond_issuer(given_window, end)
    assert (found.code, found.path) == ("validity.beyond_issuer", "validity")
    assert "2026-12-24T10:59:59Z" in found.message
    assert module.capped(given_window, end).not_after == end


@pytest.mark.proves("PCA-4")
def test_short_lived_authorities_issue_seven_days_at_most() -> None:
    assert short_lived_findings(window("DAYS", 7)) == []
    assert [f.code for f in short_lived_findings(window("HOURS", 169))] == ["validity.too_long"]


@given(
    st.sampled_from(list(ValidityType)),
    st.one_of(st.text(max_size=20), st.integers().map(str), st.from_regex(r"[0-9]{12,14}", fullmatch=True)),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)),
)
def test_a_window_is_in_order_in_whole_seconds_or_refused(kind: ValidityType, value: str, issued: datetime) -> None:
    try:
        start, end = validity_window(Validity(type=kind, value=value), issued)
    except Refused:
        return
    assert start <= issued < end + SECOND
    assert start.microsecond == end.microsecond == 0
    assert start.tzinfo is UTC
