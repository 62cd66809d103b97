"""Many private certificates in one call: the same steps as one, committed together (mass replacement, fleets)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from certwright.domain.arn import new_certificate_arn
from certwright.engine.failpoints import hit
from certwright.engine.issuance import Journaled, Request, complete_all, new_version
from certwright.engine.records import CertificateRecord, Json, Mode, VersionRecord
from certwright.engine.services import Services

# Certificates for each pair of commits: large enough that the commit does not count, small enough that other writers of a
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
        journaled = _journal_batch(services, requests[start : start + BATCH])
        hit("issue.after_journal")
        done += complete_all(services, journaled)
    return done


def _journal_batch(services: Services, requests: Sequence[BulkRequest]) -> list[Journaled]:
    now = services.clock.now()
    journaled: list[Journaled] = []
    # Not waited for: what is signed from it is stored durably before anything leaves this process, and this with it.
    with services.store.write(durable=False) as tx:
        for request in requests:
            arn = str(new_certificate_arn(request.region, request.account, services.entropy.token_bytes(16)))
            record = CertificateRecord(
                arn=arn,
                region=request.region,
                account=request.account,
                urn=request.urn,
                mode=Mode.PRIVATE,
                domain_name=str(request.spec.get("domainName") or ""),
                spec=request.spec,
                created_at=now,
                creator=services.process,
                tags=request.tags,
            )
            _, fresh = new_version(services, tx, record, Request(spec=request.spec, reason_code="request"), now=now)
            assert fresh is not None  # private certificates are journaled at once
            journaled.append(fresh)
    return journaled
