"""The functions: what they answer from a real store, and what they refuse."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders.installation import Installation
from certwright.binding.schema import package_schema
from certwright.domain.errors import NotFound, Refused
from certwright.domain.values import UNKNOWN
from certwright.engine import authority
from certwright.functions.registry import FUNCTIONS
from certwright.functions.span import parse_span
from certwright.store.dump import logical_dump
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.proves("FUN-1")


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(home=tmp_path)


def call(installation: Installation, function: str, /, **args: Any) -> dict[str, Any]:
    cls = next(f for f in FUNCTIONS if f.token.endswith(f":{function}"))
    with installation.services() as services:
        answered: dict[str, Any] = cls(services).call(args)
    return answered


def pki_of(installation: Installation) -> Any:
    return installation.issuing(installation.root())


ARN = "arn:certwright:acm:local:000000000000:certificate/00000000-0000-4000-8000-000000000000"
CA_ARN = "arn:certwright:acm-pca:local:000000000000:certificate-authority/00000000-0000-4000-8000-000000000000"


def test_each_output_is_declared_and_each_declared_output_without_none_is_given(installation: Installation) -> None:
    issuing = pki_of(installation)
    wiki = installation.certificate(issuing)
    arguments = {
        "getCertificate": {"arn": wiki.arn},
        "listCertificates": {},
        "getCertificateAuthority": {"arn": issuing.arn},
        "getExpiring": {"within": "60d"},
    }
    schema = package_schema((), FUNCTIONS)
    for cls in FUNCTIONS:
        name = cls.token.rsplit(":", 1)[-1]
        declared = schema["functions"][cls.token]["outputs"]
        answered = call(installation, name, **arguments[name])
        assert set(answered) <= set(declared["properties"]), name
        assert set(declared["required"]) <= set(answered), name


def test_get_by_arn_tells_facts_and_renewal(installation: Installation) -> None:
    wiki = installation.certificate(pki_of(installation), subjectAlternativeNames=["192.168.1.1"])
    found = call(installation, "getCertificate", arn=wiki.arn)
    assert found["domainName"] == "wiki.internal"
    assert found["subjectAlternativeNames"] == ["wiki.internal", "192.168.1.1"]
    assert (found["status"], found["version"], found["renewal"]) == ("ISSUED", 1, "AUTOMATIC")
    assert found["certificatePem"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE KEY" not in str(found)


@pytest.mark.parametrize("name", ["wiki.internal", "WIKI.internal", "wiki.internal."])
def test_get_by_name_compares_names_as_names(installation: Installation, name: str) -> None:
    wiki = installation.certificate(pki_of(installation))
    assert call(installation, "getCertificate", domainName=name)["arn"] == wiki.arn


def test_get_by_unicode_name_finds_the_a_label(installation: Installation) -> None:
    made = installation.certificate(pki_of(installation), "bücher.internal")
    assert call(installation, "getCertificate", domainName="xn--bcher-kva.internal")["arn"] == made.arn


def test_several_matches_are_refused_with_their_arns(installation: Installation) -> None:
    issuing = pki_of(installation)
    first = installation.certificate(issuing, urn="a", tags={"team": "web"})
    second = installation.certificate(issuing, urn="b")
    with pytest.raises(Refused) as refused:
        call(installation, "getCertificate", domainName="wiki.internal")
    assert refused.value.code == "certificate.ambiguous"
    assert first.arn in refused.value.message and second.arn in refused.value.message
    assert call(installation, "getCertificate", domainName="wiki.internal", tags={"team": "web"})["arn"] == first.arn
    assert call(installation, "getCertificate", domainName="wiki.internal", mostRecent=True)["arn"] in (
        first.arn,
        second.arn,
    )


@pytest.mark.parametrize(
    ("name", "args", "code", "path"),
    [
        ("getCertificate", {}, "input.missing", "arn"),
        ("getCertificate", {"arn": ARN, "domainName": "a.b"}, "input.missing", "arn"),
        ("getCertificate", {"arn": "arn:aws:acm:x"}, "arn.invalid", "arn"),
        ("getCertificate", {"arn": CA_ARN}, "arn.invalid", "arn"),
        ("getCertificate", {"domain": "a.b"}, "input.unknown", "domain"),
        ("listCertificates", {"status": ["ISUED"]}, "input.invalid", "status[0]"),
        ("listCertificates", {"type": ["PRIVAT"]}, "input.invalid", "type[0]"),
        ("listCertificates", {"expiringWithin": "soon"}, "span.invalid", "expiringWithin"),
        ("listCertificates", {"pageSize": 0}, "input.invalid", "pageSize"),
        ("listCertificates", {"continuation": "x"}, "input.invalid", "continuation"),
        ("getCertificateAuthority", {}, "input.missing", "arn"),
        ("getCertificateAuthority", {"arn": ARN}, "arn.invalid", "arn"),
        ("getExpiring", {"within": "33%"}, "span.invalid", "within"),
    ],
)
def test_bad_arguments_are_findings_with_their_path(
    installation: Installation, name: str, args: dict[str, Any], code: str, path: str
) -> None:
    with pytest.raises(Refused) as refused:
        call(installation, name, **args)
    assert (refused.value.findings[0].code, refused.value.findings[0].path) == (code, path)


def test_without_a_store_lists_are_empty_lookups_not_found_and_nothing_is_made(installation: Installation) -> None:
    assert call(installation, "listCertificates") == {"certificates": []}
    assert call(installation, "getExpiring") == {"certificates": []}
    for name, args in (("getCertificate", {"domainName": "a.b"}), ("getCertificateAuthority", {"arn": CA_ARN})):
        with pytest.raises(NotFound, match="no store yet"):
            call(installation, name, **args)
    assert not (installation.home / "data").exists()


def test_in_a_store_what_is_not_there_is_not_found(installation: Installation) -> None:
    pki_of(installation)
    for name, args in (
        ("getCertificate", {"arn": ARN}),
        ("getCertificate", {"domainName": "a.b"}),
        ("getCertificateAuthority", {"arn": CA_ARN}),
    ):
        with pytest.raises(NotFound) as missing:
            call(installation, name, **args)
        assert missing.value.code.endswith(".not_found")


def test_reads_write_nothing(installation: Installation) -> None:
    issuing = pki_of(installation)
    wiki = installation.certificate(issuing)
    with installation.services() as services:
        before = logical_dump(services.store)  # type: ignore[arg-type]
    call(installation, "getCertificate", arn=wiki.arn)
    call(installation, "listCertificates", name="*")
    call(installation, "getExpiring", within="9999d")
    call(installation, "getCertificateAuthority", arn=issuing.arn)
    with installation.services() as services:
        assert logical_dump(services.store) == before  # type: ignore[arg-type]


def test_pages_join_to_the_whole_list_without_repetition(installation: Installation) -> None:
    issuing = pki_of(installation)
    made = {installation.certificate(issuing, f"n{i}.internal", urn=f"n{i}").arn for i in range(5)}
    seen: list[str] = []
    continuation: dict[str, str] = {}
    while True:
        page = call(installation, "listCertificates", pageSize=2, **continuation)
        seen += [c["arn"] for c in page["certificates"]]
        if "continuation" not in page:
            break
        continuation = {"continuation": page["continuation"]}
    assert len(seen) == 5 and set(seen) == made


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"name": "*.internal"}, {"wiki.internal"}),
        ({"name": "WIKI.*"}, {"wiki.internal"}),
        ({"type": ["IMPORTED"]}, {"www.shop.example.com"}),
        ({"status": ["PENDING_VALIDATION"]}, {"www.shop.example.org"}),
        ({"tag": {"team": "web"}}, {"wiki.internal"}),
        ({"tag": {"team": "other"}}, set()),
        ({"expiringWithin": "P30D"}, {"wiki.internal"}),
        ({"region": "elsewhere"}, set()),
    ],
)
def test_filters(tmp_path: Path, args: dict[str, Any], expected: set[str]) -> None:
    installation = Installation(home=tmp_path)
    issuing = pki_of(installation)
    installation.certificate(issuing, tags={"team": "web"})
    installation.imported()
    installation.public(issuing)
    found = {c["name"] for c in call(installation, "listCertificates", **args)["certificates"]}
    assert found == expected


def test_expiring_is_soonest_first_and_says_why_a_renewal_is_not_automatic(installation: Installation) -> None:
    issuing = pki_of(installation)
    installation.certificate(issuing, "long.internal", urn="long", validity={"type": "DAYS", "value": "90"})
    end = f"{datetime.now(UTC) + timedelta(days=40):%Y%m%d%H%M%S}"
    installation.certificate(issuing, "fixed.internal", urn="fixed", validity={"type": "END_DATE", "value": end})
    installation.imported()
    found = call(installation, "getExpiring", within="4000d")["certificates"]
    assert [c["notAfter"] for c in found] == sorted(c["notAfter"] for c in found)
    renewal = {c["name"]: (c["renewal"], c["renewalReason"]) for c in found}
    assert renewal["long.internal"][0] == "AUTOMATIC"
    assert renewal["fixed.internal"][0] == "MANUAL" and "fixed end" in renewal["fixed.internal"][1]
    assert renewal["www.shop.example.com"][0] == "MANUAL" and "imported" in renewal["www.shop.example.com"][1]


def test_a_disabled_authority_blocks_the_renewal_before_it_is_due(installation: Installation) -> None:
    from certwright.engine import authority

    issuing = pki_of(installation)
    installation.certificate(issuing)
    with installation.services() as services:
        authority.update(services, issuing.arn, spec={**issuing.spec, "enabled": False}, tags={}, urn=issuing.urn)
    (found,) = call(installation, "getExpiring", within="30d")["certificates"]
    assert found["renewal"] == "BLOCKED" and "DISABLED" in found["renewalReason"]


def test_what_has_ended_is_listed_as_expired_with_negative_days(installation: Installation) -> None:
    installation.certificate(pki_of(installation))
    installation.shift = "+40d"
    (found,) = call(installation, "getExpiring", within="1d")["certificates"]
    assert found["status"] == "EXPIRED" and found["daysLeft"] < 0


def test_authority_tells_its_place_and_that_browsers_do_not_trust_it(installation: Installation) -> None:
    root = installation.root()
    issuing = installation.issuing(root)
    found = call(installation, "getCertificateAuthority", arn=issuing.arn)
    assert found["parentArn"] == root.arn and found["pathLength"] == 0 and found["browserTrusted"] is False
    assert found["status"] == "ACTIVE" and found["certificateChain"].count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE KEY" not in str(found)
    with installation.services() as services:
        authority.update(services, issuing.arn, spec={**issuing.spec, "enabled": False}, tags={}, urn="")
    assert call(installation, "getCertificateAuthority", arn=issuing.arn)["status"] == "DISABLED"


@pytest.mark.parametrize("cls", FUNCTIONS, ids=lambda c: c.__name__)
def test_an_unknown_argument_makes_every_output_unknown(installation: Installation, cls: Any) -> None:
    first = next(f.alias or n for n, f in cls.inputs.model_fields.items())
    answered = call(installation, cls.token.rsplit(":", 1)[-1], **{first: UNKNOWN})
    assert answered and all(value is UNKNOWN for value in answered.values())


@pytest.mark.parametrize(
    ("text", "days"), [("30d", 30), ("P30D", 30), ("4w", 28), ("720h", 30), ("P2W", 14), ("30 D", 30)]
)
def test_spans(text: str, days: int) -> None:
    assert parse_span(text, path="within").days == days


@given(st.text(max_size=60))
def test_any_text_is_a_span_or_our_refusal(text: str) -> None:
    with suppress(Refused):
        assert parse_span(text, path="within") > timedelta(0) or text.strip().startswith("0")
