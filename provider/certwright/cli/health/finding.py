"""What a check is given, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from certwright.domain.errors import CertwrightError

if TYPE_CHECKING:
    from certwright.engine.services import Services


class Severity(IntEnum):
    OK = 0
    INFO = 1
    WARN = 2
    CRITICAL = 3


SEVERITY_EXIT = {Severity.OK: 0, Severity.INFO: 2, Severity.WARN: 3, Severity.CRITICAL: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check saw. `todo` for everything that is not OK."""

    name: str
    severity: Severity
    seen: str
    todo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the checks look at. `services` is None when the settings themselves are wrong."""

    services: Services | None
    problem: CertwrightError | None
    offline: bool

    @property
    def with_store(self) -> Services | None:
        """The services, where there is a store to look into."""
        if self.services is None:
            return None
        try:
            there = self.services.store.exists() and bool(self.services.store.store_id)
        except CertwrightError:
            return None
        return self.services if there else None
