"""The only callers of the system's clock and randomness. Everything else takes them as parameters."""

from __future__ import annotations

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
