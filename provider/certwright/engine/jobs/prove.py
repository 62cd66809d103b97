"""Prove: one look at the names of a pending request, and its issue when they are proved."""

from __future__ import annotations

from datetime import datetime, timedelta

from certwright.engine import prove
from certwright.engine.jobs.job import Task
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import CertificateStatus, VersionRecord
from certwright.engine.services import Services

SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=10)


class ProveJob:
    name = "prove"

    def ripe(self, services: Services, reader: Reader, now: datetime, limit: int) -> list[Task]:
        pending = reader.ripe(
            VersionRecord,
            "requested_at",
            by=now,
            limit=limit,
            has_certificate=False,
            status=CertificateStatus.PENDING_VALIDATION,
        )
        return [Task(key=v.arn, at=v.requested_at, certificate=v.arn) for v in pending]

    def step(self, services: Services, task: Task, cancel: CancelSignal) -> datetime | None:
        """The longer a request waits, the more seldom it is looked at: twenty times within what it has waited already."""
        found = prove.step(services, task.key, cancel=cancel)
        now = services.clock.now()
        if found.issued or found.over:
            return None
        again = now + min(max((now - task.at) / 20, SOONEST), LATEST)
        return max(again, found.look_at) if found.look_at is not None else again  # its issuer says when
