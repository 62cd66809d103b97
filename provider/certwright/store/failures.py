"""What the database's exceptions become. Only the project's own errors leave the store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from certwright.domain.errors import CertwrightError, Conflict, StoreUnavailable

# serialization_failure, deadlock_detected, lock_not_available
TRANSIENT_STATES = frozenset({"40001", "40P01", "55P03"})
BUSY = ("database is locked", "database table is locked", "database schema is locked")
BROKEN = ("file is not a database", "malformed", "disk image")
_CREDENTIALS = re.compile(r"//[^/@\s]*@|\bpassword\s*=\s*\S+", re.IGNORECASE)


def _clean(text: str) -> str:
    """One line, without anything that looks like credentials."""
    return _CREDENTIALS.sub("//***@", " ".join(text.split()))


def translate(error: BaseException, *, doing: str, shown: str) -> CertwrightError:
    """The error that says what was tried on which store.

    doing: a gerund, e.g. ``reading``. shown: the store's address without credentials.
    """
    original = getattr(error, "orig", None) or error
    text = _clean(str(original)) or type(original).__name__
    state = str(getattr(original, "sqlstate", None) or "")
    if state in TRANSIENT_STATES or any(sign in text for sign in BUSY):
        return Conflict(
            f"{doing} the store {shown} met another writer ({text}); run the command again", code="store.busy"
        )
    if state.startswith("23") or type(original).__name__ == "IntegrityError":
        return Conflict(f"{doing} the store {shown} violated a rule of the database: {text}")
    if any(sign in text for sign in BROKEN):
        return StoreUnavailable(
            f"the store {shown} is damaged ({text}); restore it from a backup", code="store.damaged"
        )
    return StoreUnavailable(f"{doing} the store {shown} failed: {text}; nothing was concluded about its content")


@contextmanager
def translated(doing: str, shown: str, *failures: type[Exception]) -> Iterator[None]:
    """Wraps the database library's exceptions (`failures`) raised inside, and the system's."""
    expected: tuple[type[Exception], ...] = (*failures, OSError)
    try:
        yield
    except expected as error:
        raise translate(error, doing=doing, shown=shown) from None
