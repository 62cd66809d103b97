"""Whether this thread has a write transaction open, of whatever store.

All who write wait for one another, in this process and, with PostgreSQL, on all machines: a key that is made meanwhile
(RSA-4096 takes seconds), or a wrapping key that is asked (one day in a cloud), would stop everybody.
"""

from __future__ import annotations

import threading

_mine = threading.local()


def begin() -> bool:
    """A write transaction begins in this thread. The answer goes to `end`."""
    before: bool = getattr(_mine, "open", False)
    _mine.open = True
    return before


def end(before: bool) -> None:
    _mine.open = before


def refuse_inside(what: str) -> None:
    """Raises RuntimeError, for `what` takes its time: an error of the program and not of its user."""
    if getattr(_mine, "open", False):
        raise RuntimeError(f"{what} before the write transaction, not inside it")
