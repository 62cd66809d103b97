"""Many private certificates in one call: the same steps as one, committed together (mass replacement, fleets)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from certwright.engine.certificates import Wanted, new_record
from certwright.engine.failpoints import hit
from certwright.engine.issuance import new_version
from certwright.engine.ports import Transaction
from certwright.engine.records import CertificateRecord, Json, Mode, VersionRecord
from certwright.engine.request import read_request
from certwright.engine.services import Services

# Certificates for each commit: large enough that the commit does not count, small enough that other writers of a
# SQLite store wait a fraction of a second.
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """One private certificate. `spec` in wire spelling, as Check left it."""

    urn: str
    region: str
    account: str
    spec: Json
    tags: Json = field(default_factory=dict)


def issue_many(services: Services, requests: Sequence[BulkRequest]) -> list[tuple[CertificateRecord, VersionRecord]]:
    """Issue in batches. A refusal (lint, names, CA) stops at its batch, of which nothing is issued; earlier ones stay."""
    done: list[tuple[CertificateRecord, VersionRecord]] = []
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        now = services.clock.now()
        with services.store.write() as tx:
            done += [_issue(services, tx, request, now) for request in batch]
        for _ in batch:
            hit("issue.after_store")
    return done


def _issue(
    services: Services, tx: Transaction, request: BulkRequest, now: datetime
) -> tuple[CertificateRecord, VersionRecord]:
    wish = Wanted(
        urn=request.urn,
        region=request.region,
        account=request.account,
        request=read_request(Mode.PRIVATE, request.spec),
        tags=request.tags,
    )
    record = new_record(services, wish, now)
    return new_version(services, tx, record, wish.request, reason_code="request", now=now)
