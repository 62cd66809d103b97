"""`listCertificates`: filters and pages over the certificates of a region."""

from __future__ import annotations

from itertools import islice
from typing import ClassVar

from certwright.domain.arn import ArnKind, parse_arn
from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.values import contains_unknown
from certwright.engine.records import CertificateStatus
from certwright.functions.answering import Answering
from certwright.functions.catalogue import CertificateSummary, CertificateType, Filter, scan, summary_of
from certwright.functions.pending import all_unknown
from certwright.functions.span import parse_span
from certwright.resources.base import Model, Tree, out, prop

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000


class ListCertificatesInputs(Model):
    status: list[CertificateStatus] | None = prop("Only these statuses.")
    type: list[CertificateType] | None = prop("Only these types.")
    name: str | None = prop("Only certificates with a name that fits this pattern, e.g. `*.example.com`.")
    tag: dict[str, str] | None = prop("Only certificates that have all these tags.")
    expiring_within: str | None = prop("Only those that end within this span, or have ended: `P30D`, `30d`, `720h`.")
    page_size: int | None = prop(f"How many to give at once, 1 to {LARGEST_PAGE}; default {DEFAULT_PAGE}.")
    continuation: str | None = prop("The `continuation` of the page before.")
    region: str | None = prop("Their region; default: the provider's.")


class ListCertificatesOutputs(Model):
    certificates: list[CertificateSummary] = out("The certificates of this page, in the order of their ARNs.")
    continuation: str | None = out("Where the next page begins; absent on the last one.")


class ListCertificates(Answering):
    """List the certificates of a region, with filters and pages. With no store yet the list is empty."""

    token: ClassVar[str] = "certwright:index:listCertificates"
    inputs: ClassVar[type[Model]] = ListCertificatesInputs
    outputs: ClassVar[type[Model]] = ListCertificatesOutputs

    def call(self, args: Tree) -> Tree:
        if contains_unknown(args):
            return all_unknown(ListCertificatesOutputs)
        wanted = self.arguments(ListCertificatesInputs, args)
        size = _page_size(wanted.page_size)
        after = _continuation(wanted.continuation)
        filters = Filter(
            region=wanted.region or self.services.config.region,
            account=self.services.config.account,
            statuses=frozenset(status.value for status in wanted.status or ()),
            types=frozenset(kind.value for kind in wanted.type or ()),
            name=wanted.name or "",
            tags=wanted.tag or {},
            expiring_within=parse_span(wanted.expiring_within, path="expiringWithin")
            if wanted.expiring_within
            else None,
        )
        now = self.services.clock.now()
        with self.reading() as reader:
            if reader is None:
                return {"certificates": []}
            # One more than the page, so that the last page knows that it is the last.
            found = list(islice(scan(self.services, reader, filters, now=now, after=after), size + 1))
        answer: Tree = {"certificates": [summary_of(entry, now=now) for entry in found[:size]]}
        if len(found) > size:
            answer["continuation"] = found[size - 1].record.arn
        return answer


def _page_size(stated: int | None) -> int:
    if stated is None:
        return DEFAULT_PAGE
    if not 1 <= stated <= LARGEST_PAGE:
        message = f"{stated} is not a page size; give 1 to {LARGEST_PAGE}"
        raise Refused([Finding(code="input.invalid", path="pageSize", message=message)])
    return stated


def _continuation(stated: str | None) -> str | None:
    if stated is None:
        return None
    try:
        parse_arn(stated, ArnKind.CERTIFICATE)
    except CertwrightError:
        message = "is not the continuation of an earlier page; give it as it was answered"
        raise Refused([Finding(code="input.invalid", path="continuation", message=message)]) from None
    return stated
