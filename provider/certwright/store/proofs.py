"""How proofs lie in the table of version 0.1.0, which knows one method: DNS in its three columns, any other as JSON in the last
of them.

Stands until the table is migrated; a store of 0.1.0 needs nothing for it. Filters are by the columns' names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from certwright.engine.records import ValidationRecord, ValidationStatus

DNS = "DNS"
KEY = ("arn", "version", "domain_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """One row of `validations`."""

    arn: str
    version: int
    domain_name: str
    record_name: str
    record_value: str
    txt_value: str
    status: str
    seen: str = ""
    asked_at: str = ""
    caa: str = ""
    created_at: datetime
    checked_at: datetime | None = None
    validated_at: datetime | None = None


def row_of(record: ValidationRecord) -> ProofRow:
    challenge = record.challenge
    if record.method == DNS:
        first, second, third = challenge["recordName"], challenge["recordValue"], challenge["txtValue"]
    else:
        first, second, third = record.method, record.domain_name, json.dumps(challenge)
    return ProofRow(
        arn=record.arn,
        version=record.version,
        domain_name=record.authorization,
        record_name=first,
        record_value=second,
        txt_value=third,
        status=record.status.value,
        seen=record.seen,
        asked_at=record.asked_at,
        created_at=record.created_at,
        checked_at=record.checked_at,
        validated_at=record.validated_at,
    )


def record_of(row: ProofRow) -> ValidationRecord:
    if row.txt_value.startswith("{"):
        name, method, challenge = row.record_value, row.record_name, json.loads(row.txt_value)
    else:
        names = ("recordName", "recordValue", "txtValue")
        name, method = row.domain_name, DNS
        challenge = dict(zip(names, (row.record_name, row.record_value, row.txt_value), strict=True))
    return ValidationRecord(
        arn=row.arn,
        version=row.version,
        authorization=row.domain_name,
        domain_name=name,
        method=method,
        challenge=challenge,
        status=ValidationStatus(row.status),
        seen=row.seen,
        asked_at=row.asked_at,
        created_at=row.created_at,
        checked_at=row.checked_at,
        validated_at=row.validated_at,
    )
