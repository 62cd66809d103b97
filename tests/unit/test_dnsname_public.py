"""Which names a public certificate may carry."""

from __future__ import annotations

import idna
import publicsuffixlist
import pytest
from certwright.domain.dnsname import dns_name
from certwright.domain.publicname import (
    NEEDS_PUBLIC_NAME,
    public_name_findings,
    public_suffix,
)


def objection(text: str) -> str | None:
    findings = public_name_findings(dns_name(text), path="domainName")
    assert all(f.code == "names.invalid" and f.path == "domainName" for f in findings)
    return findings[0].message if findings else None


@pytest.mark.proves("NAM-4")
@pytest.mark.parametrize(
    "text",
    [
        "example.com",
        "www.example.net",
        "*.example.org",
        "shop.co.uk",
        "*.shop.co.uk",
        "github.io",  # private section: a registrable name like any other
        "*.github.io",
        "www.ck",  # an exception rule
        "食狮.公司.cn",
    ],
)
def test_a_name_that_somebody_can_own_is_public(text: str) -> None:
    assert objection(text) is None


@pytest.mark.proves("NAM-4")
@pytest.mark.parametrize(
    "tld", ["alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test"]
)
def test_special_use_names_are_not_public(tld: str) -> None:
    assert objection(f"www.{tld}") == (
        f'"www.{tld}": a public certificate needs a public DNS name (".{tld}" is reserved); '
        "for internal names set certificateAuthorityArn"
    )


@pytest.mark.proves("NAM-4")
@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("localhost", f'"localhost": {NEEDS_PUBLIC_NAME}'),
        ("fire-sensor-123", NEEDS_PUBLIC_NAME),
        ("router.home.arpa", '".arpa" is reserved'),
        ("1.2.0.192.in-addr.arpa", '".arpa" is reserved'),
        ("intranet.corp", '".corp" is no public top-level domain'),
        ("co.uk", "is a public suffix"),
        ("com", "is a public suffix"),
        ("*.com", 'no wildcard stands directly under the public suffix "com"'),
        ("*.co.uk", 'no wildcard stands directly under the public suffix "co.uk"'),
        ("*.anything.ck", "no wildcard stands directly under the public suffix"),  # a wildcard rule
        ("*.公司.cn", 'no wildcard stands directly under the public suffix "公司.cn"'),
    ],
)
def test_a_name_that_nobody_can_own_is_refused(text: str, part: str) -> None:
    assert part in (objection(text) or "")


def test_the_public_suffix_of_a_name() -> None:
    name = dns_name("*.a.b.co.uk")
    assert public_suffix(name) == dns_name("co.uk")
    assert public_suffix(dns_name("co.uk")) == dns_name("co.uk")
    assert public_suffix(dns_name("github.io")) == dns_name("io")
    assert public_suffix(dns_name("wiki.internal")) is None


def test_the_bundled_list_reads_the_same_under_idna_2008() -> None:
    """The list's reader uses the standard library's IDNA 2003; no rule of the list may tell the two apart."""
    with open(publicsuffixlist.PSLFILE, encoding="utf-8") as file:
        rules = [line.split()[0].lstrip("!*.") for line in file if line.strip() and not line.startswith("//")]
    international = [rule for rule in rules if not rule.isascii()]
    assert len(international) > 50
    for rule in international:
        assert rule.encode("idna") == idna.encode(rule, uts46=True), rule
