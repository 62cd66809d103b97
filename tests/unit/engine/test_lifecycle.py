"""The transition tables, as a full product (CRT-4, PCA-3)."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from builders import store_records as build
from builders.world import MISSING, World
from certwright.domain.errors import CertwrightError
from certwright.engine import prove, validation
from certwright.engine.lifecycle import AUTHORITY_TRANSITIONS, CERTIFICATE_TRANSITIONS, advance
from certwright.engine.records import AuthorityRecord, AuthorityStatus, CertificateStatus
from certwright.resources.certificate_outputs import shown_status

C, A = CertificateStatus, AuthorityStatus

# Written out here a second time on purpose: from ACM's and ACM PCA's documents, not from the code.
CERTIFICATES = {
    (C.PENDING_VALIDATION, C.ISSUED),
    (C.PENDING_VALIDATION, C.VALIDATION_TIMED_OUT),
    (C.PENDING_VALIDATION, C.FAILED),
    (C.VALIDATION_TIMED_OUT, C.PENDING_VALIDATION),
    (C.FAILED, C.PENDING_VALIDATION),
    (C.ISSUED, C.REVOKED),
}
AUTHORITIES = {
    (A.CREATING, A.PENDING_CERTIFICATE),
    (A.CREATING, A.ACTIVE),
    (A.CREATING, A.FAILED),
    (A.CREATING, A.DELETED),
    (A.PENDING_CERTIFICATE, A.ACTIVE),
    (A.PENDING_CERTIFICATE, A.FAILED),
    (A.PENDING_CERTIFICATE, A.DELETED),
    (A.ACTIVE, A.DELETED),
    (A.FAILED, A.DELETED),
    (A.DELETED, A.ACTIVE),
}


@pytest.mark.proves("CRT-4")
@pytest.mark.parametrize(("old", "new"), list(product(C, C)), ids=lambda s: str(s.value))
def test_a_certificate_moves_only_along_the_table(old: CertificateStatus, new: CertificateStatus) -> None:
    row = build.version(status=old)
    if old is new or (old, new) in CERTIFICATES:
        assert advance(row, new).status is new
        return
    with pytest.raises(CertwrightError) as refused:
        advance(row, new)
    assert refused.value.code == "status.transition"
    assert old.value in refused.value.message
    assert new.value in refused.value.message


@pytest.mark.proves("PCA-3")
@pytest.mark.parametrize(("old", "new"), list(product(A, A)), ids=lambda s: str(s.value))
def test_an_authority_moves_only_along_the_table(old: AuthorityStatus, new: AuthorityStatus) -> None:
    row = AuthorityRecord(
        arn="arn:ca", region="local", account="0", urn="u", type="ROOT", status=old, spec={}, created_at=build.NOW
    )
    if old is new or (old, new) in AUTHORITIES:
        assert advance(row, new).status is new
        return
    with pytest.raises(CertwrightError) as refused:
        advance(row, new)
    assert refused.value.code == "status.transition"


def test_the_tables_name_every_status() -> None:
    assert set(CERTIFICATE_TRANSITIONS) == set(C)
    assert set(AUTHORITY_TRANSITIONS) == set(A)


@pytest.mark.proves("CRT-4")
@pytest.mark.parametrize(
    ("status", "seconds_after_the_end", "shown"),
    [(C.ISSUED, 0, "ISSUED"), (C.ISSUED, 1, "EXPIRED"), (C.REVOKED, 1, "REVOKED"), (C.FAILED, 1, "FAILED")],
    ids=["the last second is still valid", "one second later it is expired", "revoked stays revoked", "failed stays"],
)
def test_expired_follows_from_the_clock_and_is_stored_nowhere(
    status: CertificateStatus, seconds_after_the_end: int, shown: str
) -> None:
    row = build.version(status=status, not_after=build.NOW)
    assert shown_status(row, build.NOW + timedelta(seconds=seconds_after_the_end)) == shown


@pytest.mark.proves("CRT-4")
def test_a_request_times_out_after_72_hours_and_not_before(here: World) -> None:
    record = here.public()
    here.prover.answers = {row["resourceRecordName"]: [MISSING] for row in options(here, record.spec)}
    here.clock.advance(timedelta(hours=72))
    prove.step(here.services, record.arn)
    assert here.version(record.arn).status is C.PENDING_VALIDATION
    here.clock.advance(timedelta(seconds=1))
    found = prove.step(here.services, record.arn)
    timed_out = here.version(record.arn)
    assert (timed_out.status, timed_out.failure_reason) == (C.VALIDATION_TIMED_OUT, "VALIDATION_TIMED_OUT")
    assert "72 hours" in found.problems[0]
    assert not found.issued


def options(here: World, spec: dict[str, Any]) -> list[dict[str, Any]]:
    return validation.options(here.services, spec, "000000000000")
