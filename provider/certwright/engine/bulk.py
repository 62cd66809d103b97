"""Many private certificates in one call: the same steps as one, committed together (mass replacement, fleets)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from certwright.domain.keyspec import takes_long_to_make
from certwright.engine.certificates import Wanted, new_key_algorithm, new_record, signing_keys, with_key
from certwright.engine.failpoints import hit
from certwright.engine.issuance import new_version
from certwright.engine.keys import Ready, opened, until_ready
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
        done += until_ready(services, partial(_issue_batch, services, batch))
        for _ in batch:
            hit("issue.after_store")
    return done


def _issue_batch(services: Services, batch: Sequence[BulkRequest]) -> list[tuple[CertificateRecord, VersionRecord]]:
    wishes = _with_keys(services, [_wish(request) for request in batch])
    now = services.clock.now()
    with opened(services, signing_keys(services, wishes)) as held, services.store.write() as tx:
        return [_issue(services, tx, wish, Ready(key=wish.key, opened=held), now) for wish in wishes]


def _wish(request: BulkRequest) -> Wanted:
    wanted = read_request(Mode.PRIVATE, request.spec)
    return Wanted(
        urn=request.urn,
        region=request.region,
        account=request.account,
        request=wanted,
        tags=request.tags,
        issuer=wanted.authority,
    )


def _with_keys(services: Services, wishes: Sequence[Wanted]) -> list[Wanted]:
    """OpenSSL looks for primes without the interpreter's lock: RSA keys are made on all cores. For others a thread costs
    more than the key."""
    make = partial(with_key, services)
    if not any(takes_long_to_make(new_key_algorithm(services, wish)) for wish in wishes):
        return [make(wish) for wish in wishes]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="certwright-keys") as pool:
        return list(pool.map(make, wishes))


def _issue(
    services: Services, tx: Transaction, wish: Wanted, keys: Ready, now: datetime
) -> tuple[CertificateRecord, VersionRecord]:
    record = new_record(services, wish, now)
    return new_version(services, tx, record, wish.request, wish.issuer, keys, reason_code="request", now=now)
