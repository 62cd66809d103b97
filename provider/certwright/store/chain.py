"""The hash chain of the audit log: how one line follows from the last (AUD-1)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from certwright.engine.records import AuditEntry

FORMAT = "certwright-audit-1"


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, ASCII only: the same bytes for the same content everywhere."""
    return _encode(value).encode("ascii")


def first_hash(store_id: str, region: str) -> str:
    """What the first line of a region follows: bound to the store, so that no chain fits into another store."""
    return hashlib.sha256(canonical([FORMAT, store_id, region])).hexdigest()


def spell_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def line_hash(
    *,
    region: str,
    seq: int,
    at: datetime,
    who: str,
    who_source: str,
    action: str,
    arn: str,
    result: str,
    details: dict[str, Any],
    previous_hash: str,
) -> str:
    """SHA-256, lower-case hex, over the canonical JSON of every field and the hash of the line before."""
    line = [FORMAT, region, seq, spell_time(at), who, who_source, action, arn, result, details, previous_hash]
    return hashlib.sha256(canonical(line)).hexdigest()


def hash_of(entry: AuditEntry) -> str:
    """What `entry.hash` must be."""
    return line_hash(
        region=entry.region,
        seq=entry.seq,
        at=entry.at,
        who=entry.who,
        who_source=entry.who_source,
        action=entry.action,
        arn=entry.arn,
        result=entry.result,
        details=entry.details,
        previous_hash=entry.previous_hash,
    )


def next_entry(
    *,
    previous: tuple[int, str] | None,
    store_id: str,
    region: str,
    at: datetime,
    who: str,
    who_source: str,
    action: str,
    arn: str,
    result: str,
    details: dict[str, Any],
) -> AuditEntry:
    """The line that follows `previous` (sequence number and hash; None for the first of its region)."""
    seq, previous_hash = previous or (0, first_hash(store_id, region))
    seq += 1
    digest = line_hash(
        region=region, seq=seq, at=at, who=who, who_source=who_source, action=action, arn=arn, result=result,
        details=details, previous_hash=previous_hash,
    )  # fmt: skip
    return AuditEntry(
        region=region, seq=seq, at=at, who=who, who_source=who_source, action=action, arn=arn, result=result,
        details=details, previous_hash=previous_hash, hash=digest,
    )  # fmt: skip
