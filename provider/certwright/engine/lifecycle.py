"""Which status may follow which, as tables (CRT-4, PCA-3). Any other transition is an error.

INACTIVE, EXPIRED (from the clock) and DISABLED (from `enabled`) are shown, never stored, so nothing moves into them here.
Source: ACM DescribeCertificate, ACM PCA "Status and lifecycle" (acm-facts, sections 2.8 and 4).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from certwright.domain.errors import CertwrightError
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    CertificateStatus,
    VersionRecord,
)

C = CertificateStatus
A = AuthorityStatus

CERTIFICATE_TRANSITIONS: dict[CertificateStatus, frozenset[CertificateStatus]] = {
    C.PENDING_VALIDATION: frozenset({C.ISSUED, C.VALIDATION_TIMED_OUT, C.FAILED}),
    C.VALIDATION_TIMED_OUT: frozenset({C.PENDING_VALIDATION}),  # a new attempt under the same ARN
    C.FAILED: frozenset({C.PENDING_VALIDATION}),
    C.ISSUED: frozenset({C.REVOKED}),
    C.REVOKED: frozenset(),
    C.INACTIVE: frozenset(),
    C.EXPIRED: frozenset(),
}

AUTHORITY_TRANSITIONS: dict[AuthorityStatus, frozenset[AuthorityStatus]] = {
    A.CREATING: frozenset({A.PENDING_CERTIFICATE, A.ACTIVE, A.FAILED, A.DELETED}),
    A.PENDING_CERTIFICATE: frozenset({A.ACTIVE, A.FAILED, A.DELETED}),
    A.ACTIVE: frozenset({A.DELETED}),
    A.FAILED: frozenset({A.DELETED}),
    A.DELETED: frozenset({A.ACTIVE}),  # a restore
    A.DISABLED: frozenset(),
    A.EXPIRED: frozenset(),
}

Row = TypeVar("Row", VersionRecord, AuthorityRecord, AuthorityVersionRecord)


def advance(row: Row, status: CertificateStatus | AuthorityStatus, **changes: object) -> Row:
    """`row` with its new status. Raises CertwrightError (`status.transition`) when the table forbids it.

    The same status again is allowed: it is how a step that was interrupted is repeated.
    """
    table = CERTIFICATE_TRANSITIONS if isinstance(row, VersionRecord) else AUTHORITY_TRANSITIONS
    if status is not row.status and status not in table[row.status]:
        allowed = ", ".join(sorted(s.value for s in table[row.status])) or "nothing"
        raise CertwrightError(
            f"{row.arn} cannot go from {row.status.value} to {status.value}; it can become {allowed}",
            code="status.transition",
        )
    return replace(row, status=status, **changes)  # type: ignore[arg-type]
