"""The only callers of the system's clock and randomness, which everything else takes as parameters; the collector's setting."""

from __future__ import annotations

import gc
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The wall clock, shifted by `offset` (only in a store made for testing: SEC-9). Times are aware UTC, whole seconds
    are not enforced here."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def monotonic(self) -> float:
        return time.monotonic()


class SystemEntropy:
    """Cryptographic randomness from the operating system."""

    def token_bytes(self, size: int) -> bytes:
        return os.urandom(size)


# Young objects before the collector looks (Python: 700).
YOUNG_OBJECTS = 20_000


def collect_rarely() -> None:
    """For a process of our own, once its imports are done: what is there stays, and nearly nothing that comes is a cycle.

    A stack with many certificates keeps many objects; Python's own setting walks them again and again (5 % of a bulk issue).
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
    gc.enable()
