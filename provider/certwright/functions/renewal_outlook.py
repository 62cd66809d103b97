"""Whether a certificate renews by itself, and why or why not (REN-6, getExpiring)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from certwright.domain.validity import iso
from certwright.engine.decision import CertificateFacts, blocked, too_short
from certwright.engine.issuing import IssuerFacts
from certwright.engine.records import (
    CertificateRecord,
    CertificateStatus,
    Mode,
    VersionRecord,
)


class Renewal(StrEnum):
    """How a certificate gets its next version."""

    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """`reason` is a sentence for AUTOMATIC as well: when the window opens, and what renews."""

    renewal: Renewal
    reason: str


_MANUAL = {
    Mode.IMPORTED: "imported: certwright cannot renew it; import its successor (new certificateBody and privateKey)",
    Mode.SIGNED: "signed from a CSR: its key is not here; give a new certificateSigningRequest",
}
_FIXED_END = "its validity has a fixed end; change validity to get a new version"


def outlook(
    record: CertificateRecord,
    serving: VersionRecord,
    issuer: IssuerFacts | None,
    *,
    now: datetime,
) -> Outlook:
    """Judged for the instant at which the renewal is due, so that a block is seen before it bites."""
    if serving.status is CertificateStatus.REVOKED:
        return Outlook(renewal=Renewal.MANUAL, reason="revoked: a new version is made by the next `pulumi up`")
    if serving.renewal_due is None:
        return Outlook(renewal=Renewal.MANUAL, reason=_MANUAL.get(record.mode, _FIXED_END))
    facts = CertificateFacts(record=record, newest=serving, serving=serving, issuer=issuer)
    at = max(now, serving.renewal_due)
    objection = blocked(facts, at) or too_short(facts, at)
    if objection is not None:
        sentence = objection.sentence.removeprefix("due, but ")
        return Outlook(renewal=Renewal.BLOCKED, reason=sentence)
    if now < serving.renewal_due:
        days = _days(serving.renewal_due - now)
        return Outlook(
            renewal=Renewal.AUTOMATIC, reason=f"the renewal window opens {iso(serving.renewal_due)} ({days})"
        )
    return Outlook(
        renewal=Renewal.AUTOMATIC,
        reason=f"due since {iso(serving.renewal_due)}: `pulumi up`, the scheduler or `certwright renew` renews it",
    )


def _days(span: timedelta) -> str:
    return f"in {span.days} day{'' if span.days == 1 else 's'}" if span.days else "within a day"
