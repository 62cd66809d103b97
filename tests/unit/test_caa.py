"""CAA: which names are asked, which set decides, and what it says."""

from __future__ import annotations

import re

import pytest
from certwright.domain.caa import (
    Allowed,
    Answer,
    CaaRecord,
    Denied,
    IssuerValue,
    RelevantSet,
    climb,
    judge,
    parse_issuer_value,
    select,
)
from certwright.domain.dnsname import DnsName, dns_name
from certwright.domain.errors import LookupFailed
from hypothesis import example, given
from hypothesis import strategies as st

US = "ca.shop.example"
PLAIN, WILD = dns_name("shop.example.com"), dns_name("*.shop.example.com")
PARENT, TLD = dns_name("example.com"), dns_name("com")


def record(text: str) -> CaaRecord:
    """A record from zone-file text: ``0 issue ca.example``."""
    flags, tag, value = [*text.split(" ", 2), "", ""][:3]
    return CaaRecord(flags=int(flags), tag=tag, value=value)


def relevant(*texts: str, at: DnsName = PARENT) -> RelevantSet:
    return RelevantSet(found_at=at, records=tuple(record(t) for t in texts))


def failed(kind: str) -> LookupFailed:
    return LookupFailed(f"{kind} for the test", kind=kind)


OURS, THEIRS = (record(f"0 issue {US}"),), (record("0 issue letsencrypt.org"),)


@pytest.mark.proves("CAA-1")
def test_the_climb_goes_from_the_name_to_the_top_level() -> None:
    assert climb(PLAIN) == climb(WILD) == (PLAIN, PARENT, TLD)


@pytest.mark.proves("CAA-1")
@pytest.mark.parametrize(
    ("at_name", "at_parent", "at_tld", "decides"),
    [
        ((), (), (), None),
        (OURS, THEIRS, (), PLAIN),
        ((), THEIRS, OURS, PARENT),
        ((), (), OURS, TLD),
        (failed("nxdomain"), failed("nodata"), OURS, TLD),
        (OURS, failed("servfail"), failed("timeout"), PLAIN),  # an error behind the answer hides nothing
        (failed("servfail"), OURS, (), "dns.servfail"),
        ((), failed("timeout"), OURS, "dns.timeout"),
        (failed("refused"), failed("timeout"), (), "dns.refused"),
        ((), (), failed("malformed"), "dns.malformed"),
        ((), None, OURS, "caa.not_asked"),
        (None, OURS, OURS, "caa.not_asked"),
    ],
)
def test_the_nearest_set_decides_and_a_nearer_error_stands_in_its_way(
    at_name: Answer | None, at_parent: Answer | None, at_tld: Answer | None, decides: DnsName | str | None
) -> None:
    asked = {TLD: at_tld, PLAIN: at_name, PARENT: at_parent}  # the order of arrival does not matter
    found = select(PLAIN, {name: answer for name, answer in asked.items() if answer is not None})
    if isinstance(found, RelevantSet):
        assert found == RelevantSet(found_at=found.found_at, records=asked[found.found_at])  # type: ignore[arg-type]
        assert found.found_at == decides
    else:
        assert getattr(found, "code", None) == decides


ROWS: dict[str, tuple[RelevantSet | None, bool, bool]] = {
    # what the zone says: plain name allowed, wildcard allowed
    "no records anywhere": (None, True, True),
    "we are named": (relevant(f"0 issue {US}"), True, True),
    "we are named in another case": (relevant("0 ISSUE Ca.Shop.EXAMPLE"), True, True),
    "we are named second": (relevant("0 issue letsencrypt.org", f"0 issue {US}"), True, True),
    "our second name is named": (relevant("0 issue old.shop.example"), True, True),
    "another is named": (relevant("0 issue letsencrypt.org"), False, False),
    "a name that only ends like ours": (relevant(f"0 issue evil{US}"), False, False),
    "a name below ours": (relevant(f"0 issue a.{US}"), False, False),
    "nobody may issue": (relevant("0 issue ;"), False, False),
    "an empty value is nobody": (relevant("0 issue "), False, False),
    "nobody, but also we": (relevant("0 issue ;", f"0 issue {US}"), True, True),
    "wildcards by another": (relevant(f"0 issue {US}", "0 issuewild letsencrypt.org"), True, False),
    "wildcards by nobody": (relevant(f"0 issue {US}", "0 issuewild ;"), True, False),
    "wildcards by us alone": (relevant("0 issue letsencrypt.org", f"0 issuewild {US}"), False, True),
    "only wildcards are spoken of": (relevant("0 issuewild letsencrypt.org"), True, False),
    "only a contact for reports": (relevant("0 iodef mailto:a@shop.example"), True, True),
    "a critical contact for reports": (relevant("128 iodef mailto:a@shop.example"), True, True),
    "an unknown property": (relevant("0 tbs unknown"), True, True),
    "an unknown critical property": (relevant(f"0 issue {US}", "128 tbs unknown"), False, False),
    "an unknown property, critical by the low bit": (relevant(f"0 issue {US}", "1 tbs unknown"), False, False),
    "an unknown property with other flags": (relevant(f"0 issue {US}", "126 tbs unknown"), True, True),
    "a critical issue property": (relevant(f"128 issue {US}"), True, True),
    "mail certificates by another": (relevant("0 issuemail letsencrypt.org"), True, True),
    "parameters of no meaning here": (relevant(f"0 issue {US}; policy=ev ; a=b"), True, True),
    "space around everything": (relevant(f"0 issue  \t{US} ; a = b "), True, True),
    "a parameter without value sign": (relevant(f"0 issue {US}; policy"), False, False),
    "a semicolon too many": (relevant(f"0 issue {US}; a=b;"), False, False),
    "two names in one record": (relevant(f"0 issue {US} letsencrypt.org"), False, False),
    "a final dot": (relevant(f"0 issue {US}."), False, False),
    "bytes outside ASCII": (relevant(f"0 issue {US}\udcff"), False, False),
    "malformed beside good": (relevant("0 issue %%%", f"0 issue {US}"), True, True),
    "an account restriction": (relevant(f"0 issue {US}; accounturi=https://a/1"), False, False),
    "a method restriction": (relevant(f"0 issue {US}; ValidationMethods=dns-01"), False, False),
}


@pytest.mark.proves("CAA-1")
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("wildcard", [False, True])
def test_the_set_allows_or_denies(row: str, wildcard: bool) -> None:
    answer, plain_allowed, wildcard_allowed = ROWS[row]
    verdict = judge(WILD if wildcard else PLAIN, answer, issuer_domains=(US, "old.shop.example"))
    assert isinstance(verdict, Allowed) is (wildcard_allowed if wildcard else plain_allowed)
    if isinstance(verdict, Denied):
        assert verdict.found_at == PARENT
        assert verdict.code == ("caa.critical_unknown" if "critical" in row else "caa.denied")


@pytest.mark.proves("CAA-3")
def test_a_refusal_says_what_was_found_where_and_what_to_add() -> None:
    verdict = judge(PLAIN, relevant("0 issue letsencrypt.org"), issuer_domains=(US,))
    assert verdict == Denied(
        code="caa.denied",
        sentence='shop.example.com has CAA 0 issue "letsencrypt.org" (found at example.com); '
        'this installation issues as "ca.shop.example".',
        record_text='0 issue "letsencrypt.org"',
        found_at=PARENT,
        details=('Add: shop.example.com. CAA 0 issue "ca.shop.example"',),
        shared='CAA 0 issue "letsencrypt.org" (found at example.com); this installation issues as "ca.shop.example".',
        shared_details=('Add: example.com. CAA 0 issue "ca.shop.example"',),
    )


@pytest.mark.proves("CAA-3")
@pytest.mark.parametrize(
    ("texts", "issuers", "said", "detail"),
    [
        (["0 issuewild ;"], (US,), '*.shop.example.com has CAA 0 issuewild ";" (found', f'CAA 0 issuewild "{US}"'),
        (["0 issue a.b"] * 5, (US,), '"a.b" and 2 more (found at example.com)', "Add: shop.example.com."),
        (["0 issue a.b"], (US, "b.example"), 'issues as "ca.shop.example" or "b.example".', "Add: "),
        (["0 issue a.b"], (), "this installation has no caaIdentities configured.", ""),
        ([f"0 issue {US}; accounturi=x"], (US,), "accounturi=x", "are not evaluated"),
        (["1 tbs x"], (US,), 'CAA 1 tbs "x" (found at example.com), a critical property', "Remove that record"),
        (["0 issue \x1b[31m\u202e"], (US,), '0 issue "\\u{001b}[31m\\u{202e}"', "Add: "),
    ],
)
def test_each_refusal_has_its_sentence(texts: list[str], issuers: tuple[str, ...], said: str, detail: str) -> None:
    verdict = judge(WILD, relevant(*texts), issuer_domains=issuers)
    assert isinstance(verdict, Denied)
    assert said in verdict.sentence
    assert detail in "\n".join(verdict.details)
    assert verdict.sentence == f"*.shop.example.com has {verdict.shared}"
    assert "shop.example.com" not in "".join(verdict.shared_details)


@pytest.mark.proves("CAA-1")
def test_a_permission_names_the_record_that_gave_it() -> None:
    verdict = judge(PLAIN, relevant(f"0 issue {US}; Policy=ev"), issuer_domains=(US,))
    assert verdict == Allowed(found_at=PARENT, record_text=f'0 issue "{US}; Policy=ev"', parameters=(("policy", "ev"),))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", IssuerValue(issuer=None)),
        (" ; ", IssuerValue(issuer=None)),
        ("; a=b", IssuerValue(issuer=None, parameters=(("a", "b"),))),
        ("Ca.Example", IssuerValue(issuer="ca.example")),
        ("ca--a.example;a=;b=!:<~", IssuerValue(issuer="ca--a.example", parameters=(("a", ""), ("b", "!:<~")))),
        ("ca.example ; a = b=c ; D=", IssuerValue(issuer="ca.example", parameters=(("a", "b=c"), ("d", "")))),
        ("ca.example; account=230123", IssuerValue(issuer="ca.example", parameters=(("account", "230123"),))),
        ("-a.example", None),
        ("a_b.example", None),
        ("ca.example; a=b c", None),
        ("ca.example;=b", None),
        ("ca.example" * 1000, None),
    ],
)
def test_issuer_values_follow_the_grammar(text: str, value: IssuerValue | None) -> None:
    assert parse_issuer_value(text) == value


# An oracle written from RFC 8659 4.1 to 4.3 alone: one expression for the value, two passes over the set.
VALUE = re.compile(
    r"[ \t]*((?:[a-z\d](?:-*[a-z\d])*\.)*[a-z\d](?:-*[a-z\d])*)?[ \t]*"
    r"(?:;[ \t]*(?:P[ \t]*(?:;[ \t]*P[ \t]*)*)?)?".replace("P", r"[a-z\d](?:-*[a-z\d])*[ \t]*=[ \t]*[!-:<-~]*"),
    re.IGNORECASE | re.ASCII,
)


def oracle(records: list[CaaRecord], *, wildcard: bool) -> bool:
    tags = [r.tag.lower() for r in records]
    known = {"issue", "issuewild", "iodef", "issuemail", "contactemail", "contactphone"}
    for r, tag in zip(records, tags, strict=True):
        if tag not in known and (r.flags >= 128 or r.flags % 2 == 1):
            return False
    governing = "issuewild" if wildcard and "issuewild" in tags else "issue"
    if governing not in tags:
        return True
    for r, tag in zip(records, tags, strict=True):
        match = VALUE.fullmatch(r.value)
        ours = match is not None and (match[1] or "").lower() == US
        restricted = re.search(r";[ \t]*(accounturi|validationmethods)[ \t]*=", r.value, re.IGNORECASE)
        if tag == governing and ours and not restricted:
            return True
    return False


TAGS = st.sampled_from(["issue", "ISSUE", "issuewild", "iodef", "issuemail", "contactemail", "tbs", "", "x y"])
PIECE = st.sampled_from(
    [
        US,
        US.upper(),
        "letsencrypt.org",
        ";",
        " ",
        "\t",
        "a=b",
        "policy",
        "=",
        ".",
        "-",
        "accounturi=x",
        "é",
        "\x00",
        "\n",
    ]
)
VALUES = st.one_of(st.lists(PIECE, max_size=6).map("".join), st.text(max_size=20))
RECORDS = st.lists(
    st.builds(CaaRecord, flags=st.sampled_from([0, 1, 2, 128, 129, 255]), tag=TAGS, value=VALUES), max_size=4
)


@pytest.mark.proves("CAA-1")
@given(RECORDS, st.booleans())
@example([record(f"0 issue {US}; a=b; c=d")], False)
def test_every_set_is_judged_as_the_rfc_reads(records: list[CaaRecord], wildcard: bool) -> None:
    found = RelevantSet(found_at=PARENT, records=tuple(records)) if records else None
    verdict = judge(WILD if wildcard else PLAIN, found, issuer_domains=(US,))
    assert isinstance(verdict, Allowed) is oracle(records, wildcard=wildcard)
    if isinstance(verdict, Denied):
        assert verdict.sentence.isprintable()
