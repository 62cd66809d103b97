"""What the engine asks of DNS, from the vantage points of one round: a name's record, and CAA for the names of a request."""

from __future__ import annotations

from collections.abc import Sequence

from certwright.domain.dnsname import dns_name
from certwright.domain.errors import Cancelled, CertwrightError
from certwright.engine.ports import CaaVerdict, CancelSignal, Entropy, NameProof
from certwright.validation.caa_lookup import CaaLookup
from certwright.validation.dns import observe_record
from certwright.validation.resolver import Resolver


class VantageProver:
    """A `NameProver`. The vantage points look for themselves in each look: no answer is kept."""

    def __init__(self, vantage_points: Sequence[Resolver], *, entropy: Entropy) -> None:
        self._vantage_points, self._entropy = vantage_points, entropy

    def prove(
        self, *, record_name: str, record_value: str, txt_value: str, cancel: CancelSignal | None = None
    ) -> NameProof:
        seen = observe_record(
            record_name=record_name,
            record_value=record_value,
            txt_value=txt_value,
            vantage_points=self._vantage_points,
            entropy=self._entropy,
            cancel=cancel,
        )
        sentence = f"{seen.sentence} {seen.disagreement}".strip()
        return NameProof(proved=seen.good, code=seen.code, sentence=sentence, seen=seen.seen, asked_at=seen.asked_at)


def caa_verdicts(
    names: Sequence[str], primary: Resolver, *, issuer_domains: tuple[str, ...], cancel: CancelSignal | None
) -> list[CaaVerdict]:
    """For the names of one request: those under one domain share their parents' answers. Raises Cancelled."""
    look_up = CaaLookup(primary, issuer_domains=issuer_domains, cancel=cancel)
    return [_verdict(look_up, name) for name in names]


def _verdict(look_up: CaaLookup, name: str) -> CaaVerdict:
    try:
        found = look_up.check(dns_name(name))
    except Cancelled:
        raise
    except CertwrightError as problem:
        return CaaVerdict(allowed=None, sentence=problem.message, details=problem.details)
    verdict = found.verdict
    return CaaVerdict(
        allowed=found.allowed,
        sentence=getattr(verdict, "sentence", ""),
        details=getattr(verdict, "details", ()),
        evidence=found.evidence,
        shared=getattr(verdict, "shared", ""),
        shared_details=getattr(verdict, "shared_details", ()),
    )
