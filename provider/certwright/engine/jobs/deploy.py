"""Deploy: bring the serving version to an association that is behind, where this host may."""

from __future__ import annotations

from datetime import datetime

from certwright.engine import association
from certwright.engine.jobs.job import Task
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import AssociationRecord
from certwright.engine.services import Services


class DeployJob:
    name = "deploy"

    def ripe(self, services: Services, reader: Reader, now: datetime, limit: int) -> list[Task]:
        """Those of other hosts are theirs."""
        behind = reader.ripe(AssociationRecord, "behind_since", by=now, limit=limit, host=("", services.host))
        return [Task(key=a.arn, at=a.behind_since or now, certificate=a.certificate_arn) for a in behind]

    def step(self, services: Services, task: Task, cancel: CancelSignal) -> datetime | None:
        association.deploy(services, task.key, cancel=cancel)
        return None
