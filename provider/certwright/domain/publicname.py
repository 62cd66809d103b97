"""Which DNS names a public certificate may carry: names that somebody can own in the public tree.

Only the ICANN section of the public suffix list counts. The Baseline Requirements (3.2.2.6) say that a CA should
consult that section only, and Boulder does the same: a private-section entry such as ``github.io`` is a registrable
name whose owner may well hold ``*.github.io``; an ICANN suffix such as ``co.uk`` has no owner who could.
The list is the one bundled with `publicsuffixlist`; nothing is fetched.
"""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList

from certwright.domain.dnsname import NAMES_INVALID, DnsName, quoted
from certwright.domain.errors import Finding

NEEDS_PUBLIC_NAME = "a public certificate needs a public DNS name; for internal names set certificateAuthorityArn"

# RFC 6761 (test, invalid, localhost, example), RFC 6762 (local), RFC 7686 (onion), RFC 8375 (home.arpa, within arpa),
# RFC 9476 (alt), ICANN 2024 (internal). All of arpa is infrastructure; the Baseline Requirements bar its reverse zones.
# example.com, .net and .org are ordinary names: their owner (IANA) could ask for a certificate.
SPECIAL_USE = frozenset({"test", "invalid", "localhost", "example", "local", "onion", "alt", "internal", "arpa"})


@cache
def _icann_suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True, accept_unknown=False)


def public_suffix(name: DnsName) -> DnsName | None:
    """The longest ICANN suffix of the name (``co.uk`` for ``a.b.co.uk``); None when its top level is not public."""
    suffix = _icann_suffixes().publicsuffix(name.without_wildcard().text)
    return None if suffix is None else DnsName(labels=tuple(suffix.split(".")))


def public_name_findings(name: DnsName, *, path: str = "") -> list[Finding]:
    """Why a public certificate cannot carry this name; empty when it can."""
    objection = _objection(name)
    return [Finding(code=NAMES_INVALID, message=f"{quoted(name.unicode)}: {objection}", path=path)] if objection else []


def _objection(name: DnsName) -> str | None:
    base = name.without_wildcard()
    if base.labels[-1] in SPECIAL_USE:
        reserved = "" if len(base.labels) == 1 else f' (".{base.labels[-1]}" is reserved)'
        return NEEDS_PUBLIC_NAME.replace(";", f"{reserved};", 1)
    suffix = public_suffix(base)
    if suffix is None:
        unknown = "" if len(base.labels) == 1 else f' (".{base.labels[-1]}" is no public top-level domain)'
        return NEEDS_PUBLIC_NAME.replace(";", f"{unknown};", 1)
    if suffix != base:
        return None
    if name.is_wildcard:
        return f"no wildcard stands directly under the public suffix {quoted(base.unicode)}; name a domain below it"
    return f"{quoted(base.unicode)} is a public suffix, which no one owner holds; name a domain below it"
