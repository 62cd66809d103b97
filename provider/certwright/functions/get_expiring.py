"""`getExpiring`: what ends soon, soonest first, and whether something renews it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from certwright.domain.values import contains_unknown
from certwright.engine.ports import Reader
from certwright.engine.services import Services
from certwright.functions.answering import Answering
from certwright.functions.catalogue import CertificateSummary, Entry, Filter, scan, summary_of
from certwright.functions.pending import all_unknown
from certwright.functions.span import parse_span
from certwright.resources.base import Model, Tree, out, prop

DEFAULT_WITHIN = "P30D"


class GetExpiringInputs(Model):
    within: str | None = prop(f"The span to look ahead: `P30D`, `30d`, `720h`; default `{DEFAULT_WITHIN}`.")
    region: str | None = prop("Their region; default: the provider's.")


class ExpiringCertificate(CertificateSummary):
    """A certificate that ends soon, or has ended."""

    days_left: int = out("Whole days until it ends; negative after its end.")


class GetExpiringOutputs(Model):
    certificates: list[ExpiringCertificate] = out(
        "Certificates that end within the span or have ended, imported and signed ones included; soonest first."
    )


class GetExpiring(Answering):
    """Certificates that end soon, imported and signed ones included, soonest first, each with the reason why its
    renewal is, or is not, automatic."""

    token: ClassVar[str] = "certwright:index:getExpiring"
    inputs: ClassVar[type[Model]] = GetExpiringInputs
    outputs: ClassVar[type[Model]] = GetExpiringOutputs

    def call(self, args: Tree) -> Tree:
        if contains_unknown(args):
            return all_unknown(GetExpiringOutputs)
        wanted = self.arguments(GetExpiringInputs, args)
        span = parse_span(wanted.within or DEFAULT_WITHIN, path="within")
        filters = Filter(region=wanted.region or self.services.config.region, account=self.services.config.account)
        now = self.services.clock.now()
        with self.reading() as reader:
            found = expiring(self.services, reader, filters, span, now=now) if reader is not None else []
        return {"certificates": [{**summary_of(e, now=now), "daysLeft": days_left(e, now)} for e in found]}


def expiring(services: Services, reader: Reader, filters: Filter, span: timedelta, *, now: datetime) -> list[Entry]:
    """What ends within `span` or has ended, soonest first. Revoked ones end by their own date too."""
    found = [
        entry
        for entry in scan(services, reader, filters, now=now)
        if entry.serving is not None and entry.serving.not_after is not None and entry.serving.not_after <= now + span
    ]
    return sorted(found, key=end_of)


def end_of(entry: Entry) -> datetime:
    assert entry.serving is not None and entry.serving.not_after is not None
    return entry.serving.not_after


def days_left(entry: Entry, now: datetime) -> int:
    return (end_of(entry) - now).days
