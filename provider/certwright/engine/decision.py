"""GATHER and DECIDE: one read of the facts, then a pure judgement of what an `up` would do, and why.

The policies are a list of small functions; the first that objects gives the reason (anchors.md, habit 2). Nothing here
writes, and `now` is a parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from certwright.domain.errors import Reason
from certwright.engine.damage import damage
from certwright.engine.issuing import IssuerFacts
from certwright.engine.ports import Reader
from certwright.engine.records import (
    CertificateRecord,
    CertificateStatus,
    Mode,
    OrderRecord,
    VersionRecord,
)
from certwright.engine.request import reuses_key
from certwright.engine.services import Services


class Action(IntEnum):
    """What happens to a resource, in order of weight."""

    KEEP = 0
    UPDATE = 1
    REDEPLOY = 2
    RESUME = 3
    REISSUE = 4
    REPLACE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`warnings` are said but change nothing."""

    action: Action
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    next_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """Everything that the policies look at, read at once."""

    record: CertificateRecord
    newest: VersionRecord
    serving: VersionRecord | None
    issuer: IssuerFacts | None
    order: OrderRecord | None = None  # of a newest version that is on its way from a remote issuer
    damage: str = ""


def gather_certificate(services: Services, reader: Reader, record: CertificateRecord) -> CertificateFacts | None:
    newest = reader.one(VersionRecord, arn=record.arn, version=record.newest_version)
    if newest is None:
        return None
    serving = newest
    if record.serving_version != record.newest_version:
        found = reader.one(VersionRecord, arn=record.arn, version=record.serving_version)
        serving = found if found is not None else None  # type: ignore[assignment]
    issuer = services.issuer_facts(reader, newest.issuer_arn) if newest.issuer_arn else None
    return CertificateFacts(
        record=record,
        newest=newest,
        serving=serving if record.serving_version else None,
        issuer=issuer,
        order=_order(reader, record, newest),
        damage=damage(services, reader, record, serving) if record.serving_version and serving else "",
    )


def _order(reader: Reader, record: CertificateRecord, newest: VersionRecord) -> OrderRecord | None:
    if record.mode is not Mode.PUBLIC or newest.status is not CertificateStatus.PENDING_VALIDATION:
        return None
    return reader.one(OrderRecord, arn=newest.arn, version=newest.version)


def day(moment: datetime) -> str:
    """As sentences of a decision show a moment."""
    return f"{moment:%Y-%m-%d}"


def interrupted(facts: CertificateFacts, now: datetime) -> Reason | None:
    """A request that did not come to its end: crashed, timed out, failed, or waiting with nobody to drive it."""
    version, record = facts.newest, facts.record
    if version.status is CertificateStatus.ISSUED or version.status is CertificateStatus.REVOKED:
        return None
    if version.status in (CertificateStatus.FAILED, CertificateStatus.VALIDATION_TIMED_OUT):
        why = f" ({version.failure_message})" if version.failure_message else ""
        return Reason(
            code="request.retry",
            sentence=f"version {version.version} is {version.status.value}{why}; a new attempt is made under the same ARN",
        )
    if record.mode is Mode.PUBLIC:
        if record.driven or awaited(facts, now) is not None:
            return None
        if facts.order is not None:
            waits = f" ({facts.order.waiting})" if facts.order.waiting else ""
            return Reason(
                code="request.pending",
                sentence=f"version {version.version} waits for its issuer{waits}; it is asked now",
            )
        return Reason(
            code="request.pending",
            sentence=f"version {version.version} waits for validation; one attempt is made now",
        )
    return Reason(
        code="request.interrupted", sentence=f"issuing version {version.version} was interrupted; it is finished"
    )


def damaged(facts: CertificateFacts, now: datetime) -> Reason | None:
    if not facts.damage or facts.serving is None:
        return None
    return Reason(code="leaf.damaged", sentence=f"damaged: {facts.damage}. New key, same ARN")


def issuer_rotated(facts: CertificateFacts, now: datetime) -> Reason | None:
    """REN-7: the CA has another certificate or key than the one that signed."""
    serving, issuer = facts.serving, facts.issuer
    if serving is None or issuer is None or not issuer.version or facts.record.mode is Mode.IMPORTED:
        return None
    if serving.issuer_version == issuer.version or serving.issuer_arn != issuer.reference:
        return None
    return Reason(
        code="issuer.rotated",
        sentence=f"its authority has a new certificate (version {serving.issuer_version} -> {issuer.version})",
    )


def window_open(facts: CertificateFacts, now: datetime) -> Reason | None:
    """REN-1: the stored instant has come."""
    serving = facts.serving
    if serving is None or serving.renewal_due is None or serving.not_after is None or now < serving.renewal_due:
        return None
    if too_short(facts, now) is not None or blocked(facts, now) is not None:
        return None
    key = "Same key" if reuses_key(facts.record.spec) else "New key"
    verb = "expires" if now <= serving.not_after else "expired"
    return Reason(
        code="renewal.window_open",
        sentence=f"renewal due: {verb} {day(serving.not_after)}, window open since {day(serving.renewal_due)}. "
        f"{key}, same ARN, version {facts.record.newest_version + 1}.",
    )


def revoked_elsewhere(facts: CertificateFacts, now: datetime) -> Reason | None:
    if facts.serving is None or facts.serving.status is not CertificateStatus.REVOKED:
        return None
    return Reason(code="leaf.revoked", sentence="it was revoked. New key, same ARN")


REISSUE_POLICIES: tuple[Callable[[CertificateFacts, datetime], Reason | None], ...] = (
    damaged,
    revoked_elsewhere,
    issuer_rotated,
    window_open,
)


def too_short(facts: CertificateFacts, now: datetime) -> Reason | None:
    """A renewal that gains under a tenth of a lifetime is none: the CA ends too soon (REN-1: never a perpetual diff)."""
    serving, end = facts.serving, facts.issuer.bounds.not_after if facts.issuer else None
    if serving is None or end is None or serving.not_after is None or serving.not_before is None:
        return None
    if serving.renewal_due is None or now < serving.renewal_due:
        return None
    lifetime = serving.not_after - serving.not_before
    reachable = min(now + lifetime, end)
    if reachable - serving.not_after >= lifetime / 10:
        return None
    return Reason(
        code="issuer.too_short",
        sentence=f"due, but its authority ends {day(end)}, so a renewal would gain nothing; renew the authority first",
    )


def blocked(facts: CertificateFacts, now: datetime) -> Reason | None:
    """REN-6: due, but its CA does not sign."""
    serving, issuer = facts.serving, facts.issuer
    if serving is None or serving.renewal_due is None or now < serving.renewal_due:
        return None
    if issuer is None:
        return Reason(code="issuer.not_found", sentence="due, but its authority is not in this store any more")
    problem = issuer.may_issue
    return Reason(code=problem.code, sentence=f"due, but {problem.message}") if problem else None


def expiring_unrenewed(facts: CertificateFacts, now: datetime) -> Reason | None:
    """REN-6: what is never renewed is at least reported."""
    serving = facts.serving
    if serving is None or serving.renewal_due is not None or serving.not_after is None or serving.not_before is None:
        return None
    left = serving.not_after - now
    if left > min(timedelta(days=60), (serving.not_after - serving.not_before) / 3):
        return None
    what = {
        Mode.IMPORTED: "import its successor",
        Mode.SIGNED: "give a new certificateSigningRequest",
    }.get(facts.record.mode, "its validity has a fixed end; change it")
    verb = "expires" if left >= timedelta(0) else "expired"
    return Reason(
        code="renewal.not_automatic",
        sentence=f"{verb} {day(serving.not_after)} and is not renewed by itself: {what}",
    )


def awaited(facts: CertificateFacts, now: datetime) -> Reason | None:
    """Its issuer said when to ask again: until then there is nothing to do, and so no change."""
    order = facts.order
    if order is None or order.look_at is None or now >= order.look_at:
        return None
    return Reason(
        code="issuer.waiting",
        sentence=f"version {order.version} waits for its issuer: {order.waiting}; asked again from "
        f"{order.look_at:%Y-%m-%dT%H:%M:%SZ}",
    )


WARNING_POLICIES = (awaited, too_short, blocked, expiring_unrenewed)


def decide_certificate(
    facts: CertificateFacts, *, now: datetime, reissue_inputs: tuple[str, ...] = (), issuer_announced: bool = False
) -> Decision:
    """What an `up` would do with this certificate.

    reissue_inputs: wire names of changed inputs that make a new version. issuer_announced: its CA is re-signed in this
    run. The version number in the result is the newest one after the `up`.
    """
    warnings = tuple(r for policy in WARNING_POLICIES if (r := policy(facts, now)) is not None)
    newest = facts.record.newest_version
    # A request that never came to its end is replaced in place: the number counts what was issued or waits.
    unfinished = facts.newest.status is not CertificateStatus.ISSUED
    upcoming = newest if unfinished else newest + 1
    if reissue_inputs:
        shown = ", ".join(reissue_inputs)
        reason = Reason(
            code="inputs.changed", sentence=f"{shown} changes: re-issued under the same ARN, version {upcoming}."
        )
        return Decision(action=Action.REISSUE, reasons=(reason,), warnings=warnings, next_version=upcoming)
    if (reason_left := interrupted(facts, now)) is not None:
        return Decision(action=Action.RESUME, reasons=(reason_left,), warnings=warnings, next_version=newest)
    if unfinished and facts.newest.status is not CertificateStatus.REVOKED:
        return Decision(action=Action.KEEP, warnings=warnings, next_version=newest)
    for policy in REISSUE_POLICIES:
        found = policy(facts, now)
        if found is not None:
            return Decision(action=Action.REISSUE, reasons=(found,), warnings=warnings, next_version=newest + 1)
    if issuer_announced and facts.record.mode is not Mode.IMPORTED:
        reason = Reason(code="issuer.rotated", sentence=f"its authority is re-signed: re-issued, version {newest + 1}.")
        return Decision(action=Action.REISSUE, reasons=(reason,), warnings=warnings, next_version=newest + 1)
    return Decision(action=Action.KEEP, warnings=warnings, next_version=newest)
