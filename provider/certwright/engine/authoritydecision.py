"""GATHER and DECIDE for a CA: what an `up` would do with it, and why. Nothing here writes, and `now` is a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certwright.domain.errors import Reason
from certwright.engine.decision import Action, Decision, day
from certwright.engine.ports import Reader
from certwright.engine.records import AuthorityRecord, AuthorityVersionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityFacts:
    record: AuthorityRecord
    newest: AuthorityVersionRecord
    parent: AuthorityRecord | None
    parent_version: AuthorityVersionRecord | None


def gather_authority(reader: Reader, record: AuthorityRecord) -> AuthorityFacts | None:
    newest = reader.one(AuthorityVersionRecord, arn=record.arn, version=record.newest_version)
    if newest is None:
        return None
    parent = reader.one(AuthorityRecord, arn=record.parent_arn) if record.parent_arn else None
    parent_version = (
        reader.one(AuthorityVersionRecord, arn=parent.arn, version=parent.serving_version) if parent else None
    )
    return AuthorityFacts(record=record, newest=newest, parent=parent, parent_version=parent_version)


def decide_authority(
    facts: AuthorityFacts, *, now: datetime, reissue_inputs: tuple[str, ...] = (), parent_announced: bool = False
) -> Decision:
    """What an `up` would do with this CA: finish it, re-sign it (same ARN, same key), or nothing."""
    newest, number = facts.newest, facts.record.newest_version
    if not newest.has_certificate:
        reason = Reason(
            code="request.interrupted", sentence=f"creating version {number} was interrupted; it is finished"
        )
        return Decision(action=Action.RESUME, reasons=(reason,), next_version=number)
    if reissue_inputs:
        reason = Reason(
            code="inputs.changed",
            sentence=f"{', '.join(reissue_inputs)} changes: signed again under the same ARN, version {number + 1}.",
        )
        return Decision(action=Action.REISSUE, reasons=(reason,), next_version=number + 1)
    parent_version = facts.parent_version
    rotated = (
        parent_version is not None
        and newest.issuer_arn == parent_version.arn
        and newest.issuer_version != parent_version.version
    )
    if rotated or parent_announced:
        reason = Reason(
            code="issuer.rotated", sentence=f"its parent has a new certificate: signed again, version {number + 1}."
        )
        return Decision(action=Action.REISSUE, reasons=(reason,), next_version=number + 1)
    if newest.renewal_due is not None and newest.not_after is not None and now >= newest.renewal_due:
        return _due_authority(facts, newest, number, now)
    return Decision(action=Action.KEEP, next_version=number)


def _due_authority(facts: AuthorityFacts, newest: AuthorityVersionRecord, number: int, now: datetime) -> Decision:
    assert newest.not_after is not None and newest.not_before is not None
    lifetime = newest.not_after - newest.not_before
    end = facts.parent_version.not_after if facts.parent_version else None
    if end is not None and min(now + lifetime, end) - newest.not_after < lifetime / 10:
        warning = Reason(
            code="issuer.too_short",
            sentence=f"due, but its parent ends {day(end)}, so a renewal would gain nothing; renew the parent first",
        )
        return Decision(action=Action.KEEP, warnings=(warning,), next_version=number)
    reason = Reason(
        code="renewal.window_open",
        sentence=f"renewal due: expires {day(newest.not_after)}. Same key, same ARN, version {number + 1}.",
    )
    return Decision(action=Action.REISSUE, reasons=(reason,), next_version=number + 1)
