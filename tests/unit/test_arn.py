"""ARNs: permanent names of certificates, authorities and associations."""

from __future__ import annotations

import uuid

import pytest
from certwright.domain.arn import (
    Arn,
    ArnKind,
    check_account,
    check_region,
    new_association_arn,
    new_certificate_arn,
    new_certificate_authority_arn,
    parse_arn,
)
from certwright.domain.errors import CertwrightError
from hypothesis import given
from hypothesis import strategies as st

RANDOM = bytes(range(16))
ID = "00010203-0405-4607-8809-0a0b0c0d0e0f"
REGION = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
ACCOUNT = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (new_certificate_arn, ArnKind.CERTIFICATE, f"arn:certwright:acm:local:000000000000:certificate/{ID}"),
        (
            new_certificate_authority_arn,
            ArnKind.CERTIFICATE_AUTHORITY,
            f"arn:certwright:acm-pca:local:000000000000:certificate-authority/{ID}",
        ),
        (new_association_arn, ArnKind.ASSOCIATION, f"arn:certwright:deploy:local:000000000000:association/{ID}"),
    ],
)
def test_a_new_arn_is_a_version_4_uuid_of_the_given_bytes(make, kind, text) -> None:
    arn = make("local", "000000000000", RANDOM)
    assert str(arn) == text
    assert parse_arn(text, kind) == parse_arn(text) == arn
    assert uuid.UUID(arn.uuid).version == 4


@given(st.sampled_from(ArnKind), REGION, ACCOUNT, st.uuids())
def test_what_is_written_is_read_back(kind: ArnKind, region: str, account: str, identity: uuid.UUID) -> None:
    arn = Arn(kind=kind, region=region, account=account, uuid=str(identity))
    assert parse_arn(str(arn), kind) == arn


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "an ARN is text, not NoneType"),
        ("", '"" is not an ARN of certwright'),
        (f"arn:aws:acm:local:0:certificate/{ID}", "is not an ARN of certwright"),
        (f"arn:certwright:acm:local:0:certificate/{ID.upper()}", "is not an ARN of certwright"),
        (f"arn:certwright:acm:local:0:certificate/{ID}\n", "is not an ARN of certwright"),
        (f"arn:certwright:acm:local:0:association/{ID}", "is not an ARN of certwright"),
        (f"arn:certwright:acm:Local:0:certificate/{ID}", 'region "Local": a region has 1 to 32'),
        (f"arn:certwright:acm:local:a b:certificate/{ID}", 'account "a b": an account has 1 to 64'),
        ("arn:certwright:acm" + ":" * 100_000, "is not an ARN of certwright"),
        (
            f"arn:certwright:acm-pca:local:0:certificate-authority/{ID}",
            "names a private certificate authority, where a certificate is expected",
        ),
    ],
)
def test_a_wrong_arn_is_refused_with_what_was_seen_and_expected(value: object, said: str) -> None:
    with pytest.raises(CertwrightError) as refused:
        parse_arn(value, ArnKind.CERTIFICATE)
    assert refused.value.code == "arn.invalid"
    assert said in refused.value.message
    if "region" not in said and "account" not in said:
        assert refused.value.details == ("Expected: arn:certwright:acm:REGION:ACCOUNT:certificate/UUID",)
    assert len(refused.value.render()) < 500


def test_without_a_kind_every_form_is_named() -> None:
    with pytest.raises(CertwrightError) as refused:
        parse_arn("x")
    assert len(refused.value.details) == len(ArnKind)


@given(st.one_of(st.text(), st.none(), st.integers(), st.binary(), st.from_regex(r"arn:certwright:acm:.*:.*:.*/.*")))
def test_only_our_own_error_escapes(value: object) -> None:
    try:
        arn = parse_arn(value)
    except CertwrightError:
        return
    assert str(arn) == value


def test_region_and_account_grammars() -> None:
    assert check_region("eu-central-1") == "eu-central-1"
    assert check_account("Shop_1-a") == "Shop_1-a"
    for region in ("", "a" * 33, "eu_1", "eu:1", "e\n"):
        with pytest.raises(CertwrightError, match="region"):
            check_region(region)
    for account in ("", "a" * 65, "a/b", "ä"):
        with pytest.raises(CertwrightError, match="account"):
            check_account(account)
