"""Exit codes: Pulumi's stable table, so that scripts treat both commands alike."""

from __future__ import annotations

from enum import IntEnum

from certwright.domain.errors import Cancelled, CertwrightError, KeyUnavailable, NotFound, StoreAbsent


class Exit(IntEnum):
    """What a command ends with. `doctor` alone has another ladder: 0 ok, 2 info, 3 warning, 4 critical."""

    OK = 0
    ERROR = 1
    USAGE = 2
    AUTHENTICATION = 3
    RESOURCE = 4
    POLICY = 5
    NOT_FOUND = 6
    NO_CHANGES = 7
    CANCELLED = 8
    TIMEOUT = 9
    INTERNAL = 255


MEANING: dict[Exit, str] = {
    Exit.OK: "done",
    Exit.ERROR: "refused or failed; the sentence says why",
    Exit.USAGE: "wrong use or configuration",
    Exit.AUTHENTICATION: "a key or credential is missing or wrong",
    Exit.RESOURCE: "a resource is in a state that forbids it",
    Exit.POLICY: "a policy forbids it",
    Exit.NOT_FOUND: "there is no such thing",
    Exit.NO_CHANGES: "nothing to do",
    Exit.CANCELLED: "cancelled",
    Exit.TIMEOUT: "out of time",
    Exit.INTERNAL: "an error in certwright itself",
}

_BY_CODE: dict[str, Exit] = {
    "arn.invalid": Exit.USAGE,
    "input.invalid": Exit.USAGE,
    "input.missing": Exit.USAGE,
    "span.invalid": Exit.USAGE,
    "certificate.ambiguous": Exit.USAGE,
    "store.address": Exit.USAGE,
}
_BY_TYPE: tuple[tuple[type[CertwrightError], Exit], ...] = (
    (NotFound, Exit.NOT_FOUND),
    (StoreAbsent, Exit.NOT_FOUND),
    (KeyUnavailable, Exit.AUTHENTICATION),
    (Cancelled, Exit.CANCELLED),
)


def exit_for(problem: CertwrightError) -> Exit:
    """The exit code of an error, by its permanent code, then by its kind."""
    if problem.code in _BY_CODE:
        return _BY_CODE[problem.code]
    if problem.code.startswith("config."):
        return Exit.USAGE
    return next((code for kind, code in _BY_TYPE if isinstance(problem, kind)), Exit.ERROR)
