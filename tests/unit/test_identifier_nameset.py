"""The names of one certificate, judged together."""

from __future__ import annotations

import pytest
from certwright.domain.identifier import Identifier, IdentifierKind, parse_identifier
from certwright.domain.nameset import check_names, common_name_of
from certwright.domain.publicname import NEEDS_PUBLIC_NAME
from certwright.domain.values import UNKNOWN
from hypothesis import given
from hypothesis import strategies as st

LONG = f"{'a' * 60}.example.com"


def identifiers(*texts: str) -> tuple[Identifier, ...]:
    found = tuple(parse_identifier(text)[0] for text in texts)
    assert None not in found
    return tuple(i for i in found if i is not None)


def sentences(first: object, others: object, *, public: bool, limit: int = 10) -> list[str]:
    return [f.sentence() for f in check_names(first, others, public=public, limit=limit)[1]]


@pytest.mark.proves("NAM-1")
def test_the_first_name_leads_and_duplicates_merge() -> None:
    names, findings = check_names(
        "www.example.com",
        ["WWW.example.com", "bücher.example.com", "xn--bcher-kva.example.com", "*.example.com"],
        public=True,
    )
    assert findings == []
    assert [n.value for n in names] == ["www.example.com", "xn--bcher-kva.example.com", "*.example.com"]


@pytest.mark.proves("NAM-1")
@pytest.mark.parametrize(
    ("limit", "count", "fits"), [(10, 10, True), (10, 11, False), (100, 100, True), (500, 101, False)]
)
def test_the_limit_counts_different_names(limit: int, count: int, fits: bool) -> None:
    others = [f"n{n}.example.com" for n in range(1, count)]
    said = sentences("n0.example.com", [*others, "N1.example.com", UNKNOWN], public=True, limit=limit)
    assert (said == []) is fits
    if not fits:
        assert said[0].startswith(f"subjectAlternativeNames: {count} different names, domainName included")
        assert ("raise it in the provider's limits (up to 100)" in said[0]) is (limit < 100)


@pytest.mark.proves("NAM-2", "NAM-4", "NAM-5")
def test_every_violation_is_named_at_once_with_its_place() -> None:
    assert sentences(
        "localhost",
        ["www.example.com", "*.*.example.com", UNKNOWN, "shop.example.com", "api_1.example.com", "10.0.0.1", 7],
        public=True,
        limit=2,
    ) == [
        f'domainName: "localhost": {NEEDS_PUBLIC_NAME}',
        'subjectAlternativeNames[1]: "*.*.example.com": a wildcard stands for one leftmost label only',
        'subjectAlternativeNames[4]: "api_1.example.com": underscore is not allowed in a host name',
        f'subjectAlternativeNames[5]: "10.0.0.1": {NEEDS_PUBLIC_NAME}',
        "subjectAlternativeNames[6]: a name is text, not int",
        "subjectAlternativeNames: 4 different names, domainName included, and the limit is 2; raise it in the "
        "provider's limits (up to 100), or use several certificates",
    ]


@pytest.mark.proves("NAM-4")
@pytest.mark.parametrize("text", ["192.168.1.1", "::1", "ops@example.com", "https://example.com/", "upn:a@example.com"])
def test_a_public_certificate_names_dns_only(text: str) -> None:
    assert sentences("example.com", [text], public=True)[0].endswith(NEEDS_PUBLIC_NAME)


@pytest.mark.proves("NAM-4")
def test_a_private_certificate_names_anything() -> None:
    texts = ["192.168.1.1", "fire-sensor-123", "user123", "ops@shop.example", "spiffe://shop/a", "*.internal", "*.com"]
    names, findings = check_names("wiki.internal", texts, public=False)
    assert findings == []
    assert len(names) == 8


@pytest.mark.proves("NAM-5")
def test_a_first_name_too_long_for_the_common_name_is_refused_when_public() -> None:
    assert sentences(LONG, [], public=True) == [
        f'domainName: "{LONG}": the first name of a public certificate is also its common name, which holds 64 '
        "characters, and this one has 72; put a shorter name first"
    ]
    assert sentences("example.com", [LONG], public=True) == []
    assert sentences(LONG, [], public=False) == []


@pytest.mark.proves("NAM-1", "NAM-5")
@pytest.mark.parametrize(
    ("first", "public", "common_name"),
    [
        ("www.example.com", True, "www.example.com"),
        ("*.example.com", True, "*.example.com"),
        (f"{'a' * 52}.example.com", True, f"{'a' * 52}.example.com"),  # 64 characters
        (f"{'a' * 53}.example.com", False, None),
        ("192.168.1.1", False, "192.168.1.1"),
        ("ops@shop.example", False, "ops@shop.example"),
        ("dn:CN=a", False, None),
        ("other:1.2.3=a", False, None),
    ],
)
def test_the_common_name_is_the_first_name_where_it_fits(first: str, public: bool, common_name: str | None) -> None:
    assert common_name_of(identifiers(first, "b.example.com"), public=public) == common_name


def test_without_names_there_is_no_common_name() -> None:
    assert common_name_of([], public=True) is None
    assert common_name_of([Identifier(kind=IdentifierKind.IP, value="10.0.0.1")], public=True) is None


@pytest.mark.parametrize(("first", "others"), [(UNKNOWN, UNKNOWN), (None, None), (UNKNOWN, [UNKNOWN])])
def test_unknown_and_absent_names_are_passed_over(first: object, others: object) -> None:
    assert check_names(first, others, public=True) == ((), [])


def test_a_list_that_is_no_list_is_a_finding() -> None:
    assert sentences("example.com", "www.example.com", public=True) == [
        "subjectAlternativeNames: this is a list of names, not str"
    ]


WIRE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=30) | st.just(UNKNOWN),
    lambda s: st.lists(s),
    max_leaves=8,
)


@given(WIRE, WIRE, st.booleans())
def test_hostile_wire_values_give_findings_only(first: object, others: object, public: bool) -> None:
    names, findings = check_names(first, others, public=public)
    assert all(f.code == "names.invalid" and f.top_level in ("domainName", "subjectAlternativeNames") for f in findings)
    assert len(set(names)) == len(names)
