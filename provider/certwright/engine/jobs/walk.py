"""The walk through all jobs: what is ripe, step by step, and what was put off until when.

One walk belongs to one process; what it has put off is its own memory and no promise: another process, or this one after a
restart, looks again at once, and finds done what is done (each step has a lease of its own).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from certwright.domain.errors import Cancelled, CertwrightError
from certwright.engine.jobs.job import Job, Task
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.services import Services

EVERYTHING = 2**31 - 1
FIRST = 1_000  # asked for first: with no limit in sight a planner that believes in many rows reads the whole table
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=6)
FORGOTTEN = timedelta(days=1)  # what has not failed again by then has gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A task and whose it is."""

    job: Job
    task: Task

    @property
    def key(self) -> tuple[str, str]:
        return self.job.name, self.task.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """How a step went. `again`: when it is looked at again; None: done. `problem`: a sentence, where it failed."""

    found: Found
    again: datetime | None = None
    problem: str = ""


@dataclass(slots=True, kw_only=True)
class _PutOff:
    until: datetime
    failures: int = 0


def ripe(
    services: Services, reader: Reader, jobs: Iterable[Job], *, now: datetime, limit: int | None = None
) -> list[Found]:
    """What every job finds, in the order of the registry; `limit` is for each job, None: everything."""
    found: list[Found] = []
    for job in jobs:
        tasks = job.ripe(services, reader, now, FIRST if limit is None else limit)
        if limit is None and len(tasks) >= FIRST:
            tasks = job.ripe(services, reader, now, EVERYTHING)
        found += (Found(job=job, task=task) for task in tasks)
    return found


def step(services: Services, found: Found, cancel: CancelSignal) -> Stepped:
    """One step. A failure is told and not raised, except Cancelled."""
    try:
        again = found.job.step(services, found.task, cancel)
    except Cancelled:
        raise
    except CertwrightError as problem:
        return Stepped(found=found, problem=problem.render())
    return Stepped(found=found, again=again)


@dataclass(slots=True, kw_only=True)
class Walk:
    """Rounds over the jobs until somebody cancels. limit: tasks of one job in one round."""

    services: Services
    jobs: Sequence[Job]
    limit: int = 50
    _later: dict[tuple[str, str], _PutOff] = field(default_factory=dict)

    def round(self, cancel: CancelSignal) -> list[Stepped]:
        """One step of each task that is ripe and not put off. A job sees what the jobs before it have done."""
        done: list[Stepped] = []
        for job in self.jobs:
            for found in self._ready(job):
                if cancel.is_set():
                    return done
                stepped = step(self.services, found, cancel)
                self._remember(stepped)
                done.append(stepped)
        return done

    def next_look(self) -> datetime | None:
        """When the first of what was put off comes again; None when nothing waits."""
        now = self.services.clock.now()
        return min((put_off.until for put_off in self._later.values() if put_off.until > now), default=None)

    def _ready(self, job: Job) -> list[Found]:
        """What waits does not stand in the way of what comes behind it: so many more are asked for."""
        now = self.services.clock.now()
        waits = {key for (name, key), put_off in self._later.items() if name == job.name and put_off.until > now}
        with self.services.store.read() as reader:
            tasks = job.ripe(self.services, reader, now, self.limit + len(waits))
        return [Found(job=job, task=task) for task in tasks if task.key not in waits][: self.limit]

    def _remember(self, stepped: Stepped) -> None:
        """What is done and still ripe would come again at once, for ever: not before a minute, like a first failure."""
        now, before = self.services.clock.now(), self._later.get(stepped.found.key)
        failures = (before.failures if before else 0) + 1 if stepped.problem else 0
        pause = min(FIRST_RETRY * 2 ** min(max(failures - 1, 0), 20), LAST_RETRY)
        self._later = {key: put_off for key, put_off in self._later.items() if put_off.until > now - FORGOTTEN}
        self._later[stepped.found.key] = _PutOff(until=stepped.again or now + pause, failures=failures)
