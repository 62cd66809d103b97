"""Renew: a new version where one is due, and a new attempt where one failed (REN-4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from certwright.engine import renewal
from certwright.engine.jobs.job import Task
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import AuthorityRecord, CertificateRecord, CertificateStatus, VersionRecord
from certwright.engine.services import Services

BLOCKED_AGAIN = timedelta(hours=1)  # what stands in its way is somebody's to change
_ENDED = (CertificateStatus.FAILED, CertificateStatus.VALIDATION_TIMED_OUT)


class RenewJob:
    name = "renew"

    def ripe(self, services: Services, reader: Reader, now: datetime, limit: int) -> list[Task]:
        """Window open, revoked, signed by an earlier certificate of its CA, or failed. One that is damaged is not found here:
        that takes a look at each, as previews, `up` and `certwright renew NAME` take."""
        return [
            Task(key=version.arn, at=at, certificate=version.arn)
            for version, at in islice(self._versions(reader, now, limit), limit)
        ]

    def _versions(self, reader: Reader, now: datetime, limit: int) -> Iterator[tuple[VersionRecord, datetime]]:
        serving: dict[str, Any] = {"serving": True}
        for due in reader.ripe(
            VersionRecord, "renewal_due", by=now, limit=limit, status=CertificateStatus.ISSUED, **serving
        ):
            yield due, due.renewal_due or now
        for revoked in reader.ripe(
            VersionRecord, "issued_at", by=now, limit=limit, status=CertificateStatus.REVOKED, **serving
        ):
            yield revoked, revoked.issued_at or now
        for unfinished in reader.ripe(
            VersionRecord, "requested_at", by=now, limit=limit, has_certificate=False, status=_ENDED
        ):
            yield unfinished, unfinished.requested_at
        for authority in reader.all(AuthorityRecord):
            # A question for each: only then its index gives the answer in order, and no planner walks the primary key instead.
            for earlier in range(1, authority.serving_version):
                for signed in reader.all(
                    VersionRecord, issuer_arn=authority.arn, issuer_version=earlier, limit=limit, **serving
                ):
                    yield signed, now

    def step(self, services: Services, task: Task, cancel: CancelSignal) -> datetime | None:
        with services.store.read() as reader:
            record = reader.one(CertificateRecord, arn=task.key)
            if record is None:
                return None
            wanted = renewal.plan(services, reader, record, record.domain_name, force=False)
        if wanted.blocked or not renewal.begins(wanted):
            return services.clock.now() + BLOCKED_AGAIN
        renewal.begin(services, wanted)
        return None
