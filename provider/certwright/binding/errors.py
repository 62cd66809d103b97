"""Turn whatever a handler raises into one clean text for the user."""

from __future__ import annotations

import os
import sys
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from certwright.domain.errors import CertwrightError

DEBUG_VARIABLE = "CERTWRIGHT_DEBUG"


class Internal(CertwrightError):
    """A defect of certwright. The text has an incident id and never the exception's own words: they may hold values."""

    code = "internal.error"


@contextmanager
def clean_errors(doing: str) -> Iterator[None]:
    """Let certwright's own errors pass; replace every other exception by one sentence.

    doing: `create of wiki`, for the sentence.
    Raises CertwrightError only. The chain to the cause is cut, so that no adapter can print it by accident.
    """
    try:
        yield
    except CertwrightError as error:
        error.__cause__ = None
        error.__suppress_context__ = True
        raise
    except Exception as error:  # the boundary: nothing unknown may pass
        raise incident(doing, error) from None


def incident(doing: str, error: BaseException) -> Internal:
    """Name a defect: the sentence for the user; the trace goes to stderr when CERTWRIGHT_DEBUG is set."""
    number = uuid.uuid4().hex[:8]
    if os.environ.get(DEBUG_VARIABLE):
        sys.stderr.write(trace(number, error))
        sys.stderr.flush()
    return Internal(
        f"certwright failed inside during the {doing} ({type(error).__name__}, incident {number})",
        details=(
            f"This is a defect of certwright, not of the program. Set {DEBUG_VARIABLE}=1 and run again to get the "
            "trace on stderr; nothing in it is secret.",
        ),
    )


def trace(number: str, error: BaseException) -> str:
    """Frames and exception types, outermost cause first; no message and no value of a variable (SEC-1)."""
    lines = [f"certwright incident {number}\n"]
    seen: set[int] = set()
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    for one in reversed(chain):
        frames = traceback.extract_tb(one.__traceback__)
        lines += [f'  File "{f.filename}", line {f.lineno}, in {f.name}\n' for f in frames]
        lines.append(f"{type(one).__module__}.{type(one).__qualname__}\n")
    return "".join(lines)
