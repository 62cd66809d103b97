"""What a job is: it knows what is ripe, and takes one step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do. `key` names it within its job; `at`: since when it is ripe.

    certificate: the ARN that it is about, or "": what belongs to one certificate is told to people together.
    """

    key: str
    at: datetime
    certificate: str = ""


class Job(Protocol):
    """One kind of work that nobody has to ask for."""

    @property
    def name(self) -> str: ...

    def ripe(self, services: Services, reader: Reader, now: datetime, limit: int) -> list[Task]:
        """At most `limit` tasks, by questions that an index serves: what is not ripe costs nothing. What a host cannot do
        is left out where the store can tell."""

    def step(self, services: Services, task: Task, cancel: CancelSignal) -> datetime | None:
        """One bounded step under a lease of its own; it never waits for the world. Whoever comes second finds it done.

        Returns when to look again; None when nothing is left. Raises CertwrightError when it failed: it stays ripe.
        """
