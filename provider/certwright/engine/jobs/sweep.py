"""Sweep: remove from DNS what no certificate needs any more, one writer at a time (DNS-7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from certwright.engine import dnsrecords
from certwright.engine.jobs.job import Task
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.services import Services

LEFT_AGAIN = timedelta(minutes=15)


class SweepJob:
    name = "sweep DNS"

    def ripe(self, services: Services, reader: Reader, now: datetime, limit: int) -> list[Task]:
        """A task for each writer, since one that is away is away for all its records."""
        since: dict[str, datetime] = {}
        for row in dnsrecords.unneeded(reader):
            since[row.writer] = min(row.created_at, since.get(row.writer, row.created_at))
        return [Task(key=writer, at=at) for writer, at in sorted(since.items())][:limit]

    def step(self, services: Services, task: Task, cancel: CancelSignal) -> datetime | None:
        left = dnsrecords.sweep(services, {task.key}).left
        return services.clock.now() + LEFT_AGAIN if left else None
