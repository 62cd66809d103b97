"""CAA by real look-ups: fetch what `domain.caa` selects from and judges.

Source: RFC 8659 3 (the climb ends before the root), RFC 8659 5.2 to 5.4, BR 3.2.2.8 (an unanswered look-up is no
permission).
"""

from __future__ import annotations

from dataclasses import dataclass

import dns.rdtypes.ANY.CAA

from certwright.domain.caa import Allowed, CaaRecord, Denied, Verdict, climb, judge, select
from certwright.domain.dnsname import DnsName
from certwright.domain.errors import CertwrightError, LookupFailed
from certwright.engine.ports import CancelSignal
from certwright.validation.resolver import Resolver

NONE_KINDS = frozenset({"nxdomain", "nodata"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaCheck:
    """What CAA says for one name. evidence: one line to be kept: the deciding record, where it was, who was asked."""

    name: DnsName
    verdict: Verdict
    evidence: str

    @property
    def allowed(self) -> bool:
        return isinstance(self.verdict, Allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    answer: tuple[CaaRecord, ...] | CertwrightError
    asked: str


class CaaLookup:
    """The CAA look-ups of one run: every name is asked once, so names under one domain share their parents' answers.

    issuer_domains: `caaIdentities`. Make a new one for each run: the answers are not aged.
    """

    def __init__(
        self, resolver: Resolver, *, issuer_domains: tuple[str, ...], cancel: CancelSignal | None = None
    ) -> None:
        self._resolver = resolver.for_run(cancel=cancel)
        self._issuer_domains = issuer_domains
        self._fetched: dict[DnsName, _Fetched] = {}

    def check(self, name: DnsName) -> CaaCheck:
        """Ask for `name` and judge. Raises the look-up's error when it hides what decides; Cancelled.

        Every label up to the top level is asked, but nothing above the first records that are found.
        """
        answers = {}
        for ancestor in climb(name):
            fetched = self._fetch(ancestor)
            answers[ancestor] = fetched.answer
            if fetched.answer and not _is_none(fetched.answer):
                break
        relevant = select(name, answers)
        if isinstance(relevant, CertwrightError):
            raise _unanswered(name, relevant)
        verdict = judge(name, relevant, issuer_domains=self._issuer_domains)
        return CaaCheck(name=name, verdict=verdict, evidence=self._evidence(verdict, tuple(answers)))

    def _fetch(self, name: DnsName) -> _Fetched:
        if name not in self._fetched:
            self._fetched[name] = self._ask(name)
        return self._fetched[name]

    def _ask(self, name: DnsName) -> _Fetched:
        try:
            found = self._resolver.query_authoritative(name.text, "CAA", follow=True)
        except LookupFailed as error:
            return _Fetched(answer=error, asked=error.asked)
        records = tuple(_record(each) for each in found.rdatas if isinstance(each, dns.rdtypes.ANY.CAA.CAA))
        if len(records) != len(found.rdatas):
            broken = LookupFailed(
                f"{found.asked} sent CAA records that cannot be read", kind="malformed", asked=found.asked
            )
            return _Fetched(answer=broken, asked=found.asked)
        return _Fetched(answer=records, asked=found.asked)

    def _evidence(self, verdict: Verdict, asked: tuple[DnsName, ...]) -> str:
        if verdict.found_at is None:
            return f"no CAA at {', '.join(name.text for name in asked)}"
        word = "denied" if isinstance(verdict, Denied) else "allowed"
        text = verdict.record_text or "no issue property"
        return f"{word} by CAA {text} at {verdict.found_at.text}, asked {self._fetched[verdict.found_at].asked}"


def _is_none(answer: tuple[CaaRecord, ...] | CertwrightError) -> bool:
    return isinstance(answer, LookupFailed) and answer.kind in NONE_KINDS


def _record(rdata: dns.rdtypes.ANY.CAA.CAA) -> CaaRecord:
    # Latin-1 keeps each octet apart; what is not ASCII names no issuer anyway.
    return CaaRecord(flags=rdata.flags, tag=rdata.tag.decode("latin-1"), value=rdata.value.decode("latin-1"))


def _unanswered(name: DnsName, error: CertwrightError) -> CertwrightError:
    if not isinstance(error, LookupFailed):
        return error
    return LookupFailed(
        f"whether CAA lets {name.text} be issued could not be told: {error.message}",
        kind=error.kind,
        asked=error.asked,
        details=(*error.details, "An unanswered CAA look-up never counts as permission; the next try asks again."),
    )
