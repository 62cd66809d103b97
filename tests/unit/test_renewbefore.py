from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from certwright.domain.errors import Refused
from certwright.domain.renewbefore import parse_renew_before
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 11, 24, tzinfo=UTC)


def ends(days: float) -> datetime:
    return START + timedelta(days=days) - timedelta(seconds=1)


@pytest.mark.proves("REN-1")
@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P60D", timedelta(days=60)),
        ("P2W", timedelta(days=14)),
        ("P1W1D", timedelta(days=8)),
        ("P1DT12H", timedelta(hours=36)),
        ("PT36H30M5S", timedelta(hours=36, minutes=30, seconds=5)),
        ("1440h", timedelta(days=60)),
        ("36h30m", timedelta(hours=36, minutes=30)),
        ("1.5h", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("33%", timedelta(days=99)),
        ("33.5 %", timedelta(days=100.5)),
        (None, timedelta(days=60)),
    ],
)
def test_durations_of_a_certificate_of_300_days(text: str | None, span: timedelta) -> None:
    assert parse_renew_before(text).renew_before(START, ends(300)) == span


@pytest.mark.proves("REN-1")
def test_the_default_is_a_third_of_a_short_life() -> None:
    assert parse_renew_before(None).renew_before(START, ends(30)) == timedelta(days=10)
    assert parse_renew_before(None).findings(START, ends(1)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "60",
        "60d",
        "P60",
        "P1Y",
        "P1M",
        "-P1D",
        "P-1D",
        "0h",
        "P0D",
        "0%",
        "101%",
        "%",
        "1h1h",
        "hs",
        "P" + "9" * 30 + "D",
        "٣h",
        " ",
        "0.1s",
    ],
)
def test_what_is_no_duration_is_refused_with_the_path(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_renew_before(text)
    assert caught.value.code == "renewal.invalid"
    assert caught.value.findings[0].path == "earlyRenewalDuration"


@pytest.mark.parametrize(
    ("text", "good"), [("P27D", True), ("648h1s", False), ("90%", True), ("90.1%", False), ("P60D", False)]
)
def test_more_than_nine_tenths_of_the_lifetime_is_a_finding(text: str, good: bool) -> None:
    found = parse_renew_before(text).findings(START, ends(30))
    assert ([f.code for f in found] == []) is good
    if found:
        assert found[0].path == "earlyRenewalDuration"
        assert "30 days" in found[0].message


@given(st.one_of(st.text(max_size=50), st.from_regex(r"P?[0-9]{0,12}[WDhms%]T?[0-9]{0,9}[HMS]?", fullmatch=True)))
def test_only_our_own_error_escapes_and_spans_are_positive(text: str) -> None:
    try:
        parsed = parse_renew_before(text)
    except Refused:
        return
    assert parsed.renew_before(START, ends(300)) >= timedelta(0)
    parsed.findings(START, ends(300))
