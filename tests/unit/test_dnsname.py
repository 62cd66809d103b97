"""DNS names: what is read, what is refused and with which sentence."""

from __future__ import annotations

import unicodedata

import idna
import pytest
from certwright.domain.dnsname import DnsName, dns_name, parse_dns_name, parse_record_name, quoted
from certwright.domain.errors import Refused
from hypothesis import example, given
from hypothesis import strategies as st

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9]{0,5}[a-z0-9])?", fullmatch=True).filter(lambda label: not label.isdigit())
HOST = st.lists(LABEL, min_size=1, max_size=5).map(".".join).filter(lambda t: not t.rpartition(".")[2].startswith("0x"))
# Text near the truth finds more than random text: dots, hyphens, xn--, right-to-left, joiners, full-width forms.
HOSTILE = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="xn-*._ab1Äßשל١\u200c\u200d\u202e\u00ad．。ｘ⒈\x00 \ud800", max_size=40),
    st.from_regex(r"xn--[a-z0-9-]{0,60}(\.[a-z]{1,3})?", fullmatch=True),
)


def messages(text: object, *, allow_wildcard: bool = True) -> list[str]:
    name, findings = parse_dns_name(text, allow_wildcard=allow_wildcard, path="p")
    assert (name is None) is bool(findings)
    assert all(f.code == "names.invalid" and f.path == "p" for f in findings)
    return [f.message for f in findings]


@pytest.mark.proves("NAM-3")
@pytest.mark.parametrize(
    ("written", "stored", "shown"),
    [
        ("www.Example.COM", "www.example.com", "www.example.com"),
        ("Bücher.example", "xn--bcher-kva.example", "bücher.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example", "bücher.example"),
        ("faß.de", "xn--fa-hia.de", "faß.de"),  # IDNA 2003 would have made it fass.de
        ("ｅｘａｍｐｌｅ．com", "example.com", "example.com"),
        ("例え。jp", "xn--r8jz45g.jp", "例え.jp"),
        ("שלום.example", "xn--9dbne9b.example", "שלום.example"),
        ("*.example.com", "*.example.com", "*.example.com"),
        ("fire-sensor-123", "fire-sensor-123", "fire-sensor-123"),
        ("localhost", "localhost", "localhost"),
        ("12345", "12345", "12345"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example", f"{'a' * 63}.example"),
    ],
)
def test_a_name_is_stored_as_a_labels_and_shown_both_ways(written: str, stored: str, shown: str) -> None:
    name = dns_name(written)
    assert (name.text, name.unicode) == (stored, shown)


@pytest.mark.proves("NAM-2", "NAM-3", "NAM-5")
@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("", "a host name cannot be empty"),
        ("*.*.example.com", '"*.*.example.com": a wildcard stands for one leftmost label only'),
        ("www.*.example.com", "a wildcard stands for one leftmost label only"),
        ("w*.example.com", "a wildcard stands for one leftmost label only"),
        ("*", "a wildcard needs a name after it"),
        ("api_1.example.com", '"api_1.example.com": underscore is not allowed in a host name'),
        ("example.com.", "a name ends without a dot here; leave out the last one"),
        ("a..example.com", "each label needs a character"),
        (".example.com", "each label needs a character"),
        (".", "each label needs a character"),
        ("-a.example.com", 'label "-a" begins or ends with a hyphen'),
        ("a-.example.com", 'label "a-" begins or ends with a hyphen'),
        ("ab--cd.example.com", "hyphens in positions 3 and 4, which only an A-label (xn--) may have"),
        ("xn--.example.com", "is not a valid A-label"),
        ("xn--a.example.com", "is not a valid A-label"),
        ("xn--abc-.example.com", "is not a valid A-label"),
        ("xn---bbk.example.com", "not the canonical one"),
        ("xn--999999999.example.com", "is not a valid A-label: its Punycode does not decode"),
        ("😀.example", "U+1F600 is not allowed there"),
        ("12.שלום.example", "it breaks the rule for right-to-left text (RFC 5893)"),
        (f"{'a' * 64}.example", "has 64 characters; at most 63 are allowed"),
        (f"{'ü' * 60}.example", "its A-label is longer than 63 characters"),
        (".".join(["a" * 63] * 4), "255 characters are too many; a host name has at most 253"),
        ("a" * 5000, "5000 characters are too many"),
        ("1.2.3.400", "the last label is a number"),
        ("a.0x1f", "the last label is a number"),
        ("exa mple.com", 'character " " is not allowed in a host name'),
        ("example.com:443", 'character ":" is not allowed in a host name'),
        ("exa\u00admple.com", "invisible character U+00AD is not allowed"),
        ("exa\u202emple.com", "invisible character U+202E is not allowed"),
        ("a\x00.example.com", "invisible character U+0000 is not allowed"),
        ("a\ud800.example.com", "invisible character U+D800 is not allowed"),
        ("a⒈b.example", "U+2488 is not allowed there"),
    ],
)
def test_a_malformed_name_is_refused_with_a_sentence(written: str, part: str) -> None:
    assert any(part in message for message in messages(written))


@pytest.mark.proves("NAM-5")
def test_all_faults_of_a_name_are_named_at_once() -> None:
    assert messages("_a.*.-b.ab--c.xn--a.example.com.") == [
        f'"_a.*.-b.ab--c.xn--a.example.com.": {fault}'
        for fault in (
            "a name ends without a dot here; leave out the last one",
            "underscore is not allowed in a host name",
            "a wildcard stands for one leftmost label only",
            'label "-b" begins or ends with a hyphen',
            'label "ab--c" has hyphens in positions 3 and 4, which only an A-label (xn--) may have',
            'label "xn--a" is not a valid A-label: U+0080 is not allowed there',
        )
    ]


def test_a_wildcard_is_refused_where_none_may_stand() -> None:
    assert messages("*.example.com", allow_wildcard=False) == ['"*.example.com": a wildcard is not allowed here']


@pytest.mark.parametrize("value", [None, 5, b"example.com", ["example.com"], True])
def test_what_is_not_text_is_refused(value: object) -> None:
    assert "a host name is text, not" in messages(value)[0]


def test_a_record_name_may_have_underscores_and_a_final_dot() -> None:
    name, findings = parse_record_name("_Acme._tcp.example.com.")
    assert findings == []
    assert name == DnsName(labels=("_acme", "_tcp", "example", "com"))
    assert parse_record_name("*.example.com")[0] is None


@pytest.mark.proves("NAM-2")
@pytest.mark.parametrize(
    ("certificate", "host", "covered"),
    [
        ("*.example.com", "www.example.com", True),
        ("*.example.com", "*.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "*.b.example.com", False),
        ("www.example.com", "example.com", False),
        ("example.com", "www.example.com", False),
        ("example.com", "EXAMPLE.com", True),
    ],
)
def test_a_wildcard_covers_exactly_one_label(certificate: str, host: str, covered: bool) -> None:
    assert dns_name(certificate).covers(dns_name(host)) is covered


def test_the_parts_of_a_name() -> None:
    name = dns_name("*.a.example.com")
    assert name.is_wildcard
    assert str(name.without_wildcard()) == "a.example.com"
    assert [p.text for p in name.without_wildcard().parents()] == ["a.example.com", "example.com", "com"]


def test_a_checked_name_is_made_only_of_checked_labels() -> None:
    with pytest.raises(ValueError, match="parse_dns_name"):
        DnsName(labels=("A b",))
    with pytest.raises(Refused) as refused:
        dns_name("a..b")
    assert refused.value.code == "names.invalid"


def test_a_quoted_text_is_safe_for_a_terminal() -> None:
    assert quoted('a"b\\\x1b[31m\u202e') == '"a\\"b\\\\\\u{001b}[31m\\u{202e}"'
    assert len(quoted("x" * 10_000)) < 100


@given(HOST)
def test_a_plain_host_name_is_its_own_canonical_form(text: str) -> None:
    assert dns_name(text).text == text
    assert dns_name(text.upper()).text == text


@given(HOSTILE)
@example("a⒈b.example")  # the mapping itself raises
def test_hostile_text_gives_a_canonical_name_or_findings(text: str) -> None:
    name, findings = parse_dns_name(text, allow_wildcard=True)
    if name is None:
        assert findings
        shown = "".join(f.message for f in findings)
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in shown)
        return
    assert findings == []
    assert len(name.text) <= 253
    assert name.text.isascii()
    assert dns_name(name.text) == dns_name(name.unicode) == name
    # An independent reading of the same name agrees.
    assert idna.encode(name.without_wildcard().unicode, uts46=True).decode() == name.without_wildcard().text


@given(HOSTILE)
def test_hostile_record_names_give_a_name_or_findings(text: str) -> None:
    name, findings = parse_record_name(text)
    assert (name is None) is bool(findings)
