"""DNS validation records: deterministic, shared by a name and its wildcard, and fixed for ever."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from certwright.domain.challenge import (
    MAX_VALIDATED_NAME_LENGTH,
    TXT_LIFETIME,
    ValidationRecord,
    txt_value,
    validation_length_findings,
    validation_record,
    validation_records,
)
from certwright.domain.dnsname import dns_name
from certwright.domain.errors import Refused
from hypothesis import given
from hypothesis import strategies as st

ACCOUNT = "000000000000"
ZONE = "validation.shop.example"
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 27])

# Made with `openssl dgst -sha256 -mac HMAC` on 4 length bytes, the account and the name. NEVER change a row: each is a
# record in somebody's zone.
GOLDEN = [
    (ACCOUNT, "www.example.com", "8d171f4adeef50871bbd1bd1ae49468f", "bb9e8ba9b150ee87b5dfbddd92acbfb7"),
    (ACCOUNT, "example.com", "b4bde710805f0faf0dc9941cfa47d449", "b36ea54910cd2933b57b41fde0afdd61"),
    (ACCOUNT, "*.example.com", "b4bde710805f0faf0dc9941cfa47d449", "b36ea54910cd2933b57b41fde0afdd61"),
    (ACCOUNT, "bücher.example", "aa91f823c302c4c05e2472681a8c4182", "ff731a6eb3e7fc2bc3201371d2129bd1"),
    ("shop", "example.com", "2f65e038ac1e1d861895610837f9f41d", "97344c5c75dce8935762009eff1afdca"),
]


@pytest.mark.proves("DNS-1", "DNS-2")
@pytest.mark.parametrize(("account", "name", "name_token", "value_token"), GOLDEN)
def test_the_tokens_are_fixed_for_ever(account: str, name: str, name_token: str, value_token: str) -> None:
    base = dns_name(name).without_wildcard().text
    assert validation_record(account, dns_name(name), ZONE) == ValidationRecord(
        domain_name=base,
        record_name=f"_{name_token}.{base}",
        record_type="CNAME",
        record_value=f"_{value_token}.{ZONE}",
    )


@pytest.mark.proves("DNS-1")
def test_a_name_and_its_wildcard_share_one_record_and_others_have_their_own() -> None:
    names = [dns_name(t) for t in ("shop.example", "*.shop.example", "www.shop.example", "b.example", "a.example")]
    records = validation_records(ACCOUNT, names, ZONE)
    assert [r.domain_name for r in records] == ["shop.example", "a.example", "b.example", "www.shop.example"]
    assert len({r.record_name for r in records} | {r.record_value for r in records}) == 8


@pytest.mark.proves("DNS-2")
@given(st.randoms(use_true_random=False))
def test_the_order_of_alternative_names_changes_nothing(rng: random.Random) -> None:
    first, *others = [dns_name(t) for t in ("www.shop.example", "z.example", "a.example", "*.a.example", "m.example")]
    shuffled = list(others)
    rng.shuffle(shuffled)
    assert validation_records(ACCOUNT, [first, *shuffled], ZONE) == validation_records(ACCOUNT, [first, *others], ZONE)


@pytest.mark.proves("DNS-2")
def test_tokens_depend_on_account_and_name_only() -> None:
    name = dns_name("www.example.com")
    here = validation_record(ACCOUNT, name, ZONE)
    moved = validation_record(ACCOUNT, name, "Other.Example")
    assert moved.record_name == here.record_name
    assert moved.record_value == f"{here.record_value.partition('.')[0]}.other.example"
    assert validation_record("a", dns_name("bc.example"), ZONE) != validation_record("ab", dns_name("c.example"), ZONE)
    assert validation_record("shop", name, ZONE).record_name != here.record_name


@pytest.mark.parametrize(("extra", "fits"), [(0, True), (1, False)])
def test_a_name_needs_room_for_the_records_label(extra: int, fits: bool) -> None:
    name = dns_name(f"*.{LONGEST}{'e' * extra}")
    assert len(LONGEST) == MAX_VALIDATED_NAME_LENGTH == 219
    findings = validation_length_findings(name, path="domainName")
    assert (findings == []) is fits
    if fits:
        assert len(validation_record(ACCOUNT, name, ZONE).record_name) == 253
        return
    assert findings[0].path == "domainName"
    assert "with DNS validation a name has at most 219" in findings[0].message
    with pytest.raises(Refused, match="leave no room"):
        validation_record(ACCOUNT, name, ZONE)


@pytest.mark.parametrize("zone", ["", "a..b", "*.example.com", f"{LONGEST}eeeeeeee"])
def test_a_bad_validation_domain_is_refused_by_name(zone: str) -> None:
    with pytest.raises(Refused, match="validationDomain") as refused:
        validation_record(ACCOUNT, dns_name("example.com"), zone)
    assert refused.value.code == "names.invalid"


@pytest.mark.proves("DNS-2")
def test_the_txt_value_is_128_random_bits_that_live_30_days() -> None:
    assert txt_value(bytes(range(16))) == "000102030405060708090a0b0c0d0e0f"
    assert timedelta(days=30) == TXT_LIFETIME
    for wrong in (b"", bytes(15), bytes(17)):
        with pytest.raises(ValueError, match="16 random bytes"):
            txt_value(wrong)
