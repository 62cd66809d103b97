"""Whether the owner of a DNS name lets this installation issue for it: fetch-free CAA.

In order: `climb` says which names to ask, the caller asks them (in parallel if it likes), `select` finds the set that
decides, `judge` reads it. Source: RFC 8659 3 and 4, RFC 9495 2 (issuemail), CA/Browser Forum Baseline Requirements
3.2.2.8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from certwright.domain.dnsname import DnsName, quoted
from certwright.domain.errors import CertwrightError, LookupFailed

DENIED = "caa.denied"
CRITICAL_UNKNOWN = "caa.critical_unknown"
NOT_ASKED = "caa.not_asked"

# RFC 8659 4.1 means the top bit (128) when it says "bit 0", and so many zones set 1 instead that both must count.
_CRITICAL = 0x80 | 0x01
_ISSUE, _ISSUEWILD = "issue", "issuewild"
# Known, and without effect on TLS certificates: iodef (RFC 8659 4.4), issuemail (RFC 9495), contacts (BR A.1).
_KNOWN_TAGS = frozenset({_ISSUE, _ISSUEWILD, "iodef", "issuemail", "contactemail", "contactphone"})
# RFC 8657 restrictions that are not evaluated yet (CAA-2): a restriction that we cannot honour is no permission.
_UNEVALUATED = frozenset({"accounturi", "validationmethods"})
_NO_ANSWER_KINDS = frozenset({"nxdomain", "nodata"})
_RECORDS_SHOWN = 3

_LABEL = r"[A-Za-z0-9](?:-*[A-Za-z0-9])*"
_ISSUER = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PARAMETER = re.compile(rf"({_LABEL})[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)")
_MAX_VALUE_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaRecord:
    """One CAA record. flags: 0 to 255. tag, value: as received, bytes outside ASCII as any non-ASCII character."""

    flags: int
    tag: str
    value: str

    @property
    def text(self) -> str:
        """As in a zone file, safe for a terminal."""
        tag = self.tag if self.tag.isascii() and self.tag.isalnum() else quoted(self.tag)
        return f"{self.flags} {tag} {quoted(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevantSet:
    """The records that decide for a name, and the name that has them."""

    found_at: DnsName
    records: tuple[CaaRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerValue:
    """What an issue or issuewild record says. issuer: lower-case domain; None when it names nobody (``;``)."""

    issuer: str | None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """CAA does not stand in the way. record_text: the record that says so; None when no record restricts."""

    found_at: DnsName | None = None
    record_text: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """CAA forbids. code: ``caa.denied`` or ``caa.critical_unknown``. details: what to do, a line each.

    shared: what the sentence says after "NAME has", which is the same for every name that this record decides.
    shared_details: what to do about all of them.
    """

    code: str
    sentence: str
    record_text: str
    found_at: DnsName
    details: tuple[str, ...]
    shared: str
    shared_details: tuple[str, ...]


Answer = tuple[CaaRecord, ...] | CertwrightError
Verdict = Allowed | Denied


def climb(name: DnsName) -> tuple[DnsName, ...]:
    """The names to ask, nearest first: the name without its wildcard label, its parents, down to the top level.

    The root is not asked (RFC 8659 3).
    """
    return name.without_wildcard().parents()


def select(name: DnsName, answers: Mapping[DnsName, Answer]) -> RelevantSet | CertwrightError | None:
    """The set that decides for `name`: the nearest that is not empty.

    answers: for the names of `climb`, the records (CNAMEs followed) or the look-up's error; NXDOMAIN and NODATA mean
    no records.
    Returns None when nobody up to the top level has records. Returns an error that was met before the first records,
    since it may hide nearer ones; a name that was not asked is such an error (``caa.not_asked``).
    """
    for ancestor in climb(name):
        answer = answers.get(ancestor)
        if answer is None:
            return CertwrightError(f"CAA of {ancestor.text} was not looked up", code=NOT_ASKED)
        if isinstance(answer, LookupFailed) and answer.kind in _NO_ANSWER_KINDS:
            continue
        if isinstance(answer, CertwrightError):
            return answer
        if answer:
            return RelevantSet(found_at=ancestor, records=answer)
    return None


def judge(name: DnsName, relevant: RelevantSet | None, *, issuer_domains: tuple[str, ...]) -> Verdict:
    """Whether the records let an installation that goes by `issuer_domains` issue for `name`.

    1. No set: allowed. 2. A critical property that is not known: denied, whatever else is there.
    3. For a wildcard, issuewild decides when there is any; otherwise, and for plain names always, issue does
       (RFC 8659 4.3). 4. A set without such a record restricts nothing. 5. One record that names us is enough;
       a value that does not parse names nobody (4.2).
    """
    if relevant is None:
        return Allowed()
    for record in relevant.records:
        if record.flags & _CRITICAL and record.tag.lower() not in _KNOWN_TAGS:
            return _denied_as_critical(name, relevant, record)
    tag, deciding = _deciding(relevant.records, wildcard=name.is_wildcard)
    if not deciding:
        return Allowed(found_at=relevant.found_at)
    ours = frozenset(domain.lower().rstrip(".") for domain in issuer_domains)
    for record in deciding:
        value = parse_issuer_value(record.value)
        if value is not None and value.issuer in ours and _evaluated(value):
            return Allowed(found_at=relevant.found_at, record_text=record.text, parameters=value.parameters)
    return _denied(name, relevant, tag, deciding, issuer_domains)


def parse_issuer_value(text: str) -> IssuerValue | None:
    """Read an issue-value (RFC 8659 4.2); None when it does not match the grammar, which counts as naming nobody."""
    if len(text) > _MAX_VALUE_LENGTH:
        return None
    domain, semicolon, tail = text.partition(";")
    issuer, tail = domain.strip(" \t"), tail.strip(" \t")
    if issuer and not _ISSUER.fullmatch(issuer):
        return None
    parameters: list[tuple[str, str]] = []
    for part in tail.split(";") if semicolon and tail else ():
        match = _PARAMETER.fullmatch(part.strip(" \t"))
        if match is None:
            return None
        parameters.append((match[1].lower(), match[2]))
    return IssuerValue(issuer=issuer.lower() or None, parameters=tuple(parameters))


def _deciding(records: tuple[CaaRecord, ...], *, wildcard: bool) -> tuple[str, tuple[CaaRecord, ...]]:
    """The tag that decides, and its records."""
    if wildcard:
        wild = tuple(r for r in records if r.tag.lower() == _ISSUEWILD)
        if wild:
            return _ISSUEWILD, wild
    return _ISSUE, tuple(r for r in records if r.tag.lower() == _ISSUE)


def _evaluated(value: IssuerValue) -> bool:
    return not any(tag in _UNEVALUATED for tag, _ in value.parameters)


def _denied(
    name: DnsName, relevant: RelevantSet, tag: str, deciding: tuple[CaaRecord, ...], issuer_domains: tuple[str, ...]
) -> Denied:
    shown = ", ".join(record.text for record in deciding[:_RECORDS_SHOWN])
    more = len(deciding) - _RECORDS_SHOWN
    text = shown + (f" and {more} more" if more > 0 else "")
    us = " or ".join(quoted(domain) for domain in issuer_domains)
    base = name.without_wildcard().text
    identity = f"this installation issues as {us}" if us else "this installation has no caaIdentities configured"
    at = relevant.found_at.text
    hints: tuple[str, ...] = ()
    if any(v and not _evaluated(v) for v in (parse_issuer_value(r.value) for r in deciding)):
        hints = (
            "The parameters accounturi and validationmethods are not evaluated; a record with them permits nothing.",
        )
    shared = f"CAA {text} (found at {at}); {identity}."
    return Denied(
        code=DENIED,
        sentence=f"{name.text} has {shared}",
        record_text=text,
        found_at=relevant.found_at,
        details=(*_additions(base, tag, issuer_domains), *hints),
        shared=shared,
        shared_details=(*_additions(at, tag, issuer_domains), *hints),
    )


def _additions(base: str, tag: str, issuer_domains: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f'Add: {base}. CAA 0 {tag} "{domain}"' for domain in issuer_domains[:1])


def _denied_as_critical(name: DnsName, relevant: RelevantSet, record: CaaRecord) -> Denied:
    at = relevant.found_at.text
    shared = f"CAA {record.text} (found at {at}), a critical property that is not understood here."
    details = (f"Remove that record at {at}., or set its flags to 0.",)
    return Denied(
        code=CRITICAL_UNKNOWN,
        sentence=f"{name.text} has {shared}",
        record_text=record.text,
        found_at=relevant.found_at,
        details=details,
        shared=shared,
        shared_details=details,
    )
