"""The ways certwright says no.

A "no" from the user's world is a `Finding` (many, returned); a breakdown is a `CertwrightError` (one, raised).
Both carry a permanent dotted code and a sentence: what, on which name, what was seen, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One objection to an input.

    code: permanent dotted code, e.g. ``names.invalid``.
    message: a sentence without the path; never contains a secret.
    path: property path in wire spelling, e.g. ``subjectAlternativeNames[1]``; empty for the whole resource.
    """

    code: str
    message: str
    path: str = ""

    @property
    def top_level(self) -> str:
        """The top-level property, the only form that Pulumi's engine can look a value up by."""
        return self.path.split(".")[0].split("[")[0]

    def sentence(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a decision fell as it did: a code (``renewal.window_open``) and the sentence a preview shows."""

    code: str
    sentence: str


class CertwrightError(Exception):
    """A breakdown or refusal that reaches the user as one clean text.

    code: permanent dotted code. message: first line. details: further lines, shown indented.
    """

    code = "internal.error"

    def __init__(self, message: str, *, code: str | None = None, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if code is not None:
            self.code = code

    def render(self) -> str:
        head = f"{self.message} [{self.code}]"
        return "\n".join([head, *(f"    {line}" for line in self.details)])

    def __str__(self) -> str:
        return self.render()


class Refused(CertwrightError):
    """The user's world says no: carries the findings."""

    code = "request.refused"

    def __init__(self, findings: tuple[Finding, ...] | list[Finding], *, code: str | None = None) -> None:
        findings = tuple(findings)
        if not findings:
            raise ValueError("a refusal needs at least one finding")
        first = findings[0]
        self.findings = findings
        if len(findings) == 1:
            super().__init__(first.sentence(), code=code or first.code)
        else:
            super().__init__(
                f"{len(findings)} problems", code=code or first.code, details=tuple(f.sentence() for f in findings)
            )


class NotFound(CertwrightError):
    """The store is readable and has no such record (absent is not indeterminate)."""

    code = "record.not_found"


class StoreUnavailable(CertwrightError):
    """The store cannot be reached or opened; nothing may be concluded about its content."""

    code = "store.unavailable"


class StoreAbsent(StoreUnavailable):
    """There is no store yet; reads answer empty in previews, only `init` and a first create make one."""

    code = "store.absent"


class StoreMismatch(CertwrightError):
    """The store is another one than the resource was made in (SEC-8); never read as "deleted"."""

    code = "store.mismatch"


class KeyUnavailable(CertwrightError):
    """A private key cannot be unwrapped: wrong wrapping key, tampering, or missing."""

    code = "key.unavailable"


class Conflict(CertwrightError):
    """A lease or uniqueness rule was violated by a concurrent actor; trying again may work."""

    code = "store.conflict"


class KeysChanged(Conflict):
    """Keys that were made or opened before a transaction are not the ones that it needs: what they depend on was changed
    in between. Who made them ready does so again."""


class Cancelled(CertwrightError):
    """The user pressed Ctrl-C, or the run's deadline passed, while waiting."""

    code = "run.cancelled"


class LookupFailed(CertwrightError):
    """A DNS look-up did not give a usable answer. `kind`: nxdomain, servfail, timeout, refused, malformed, nodata."""

    code = "dns.lookup_failed"

    def __init__(self, message: str, *, kind: str, asked: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message, code=f"dns.{kind}", details=details)
        self.kind = kind
        self.asked = asked


class WriterFailed(CertwrightError):
    """A DNS writer could not change a record."""

    code = "dns.writer_failed"


class DeployFailed(CertwrightError):
    """A target refused the certificate; the target still holds the old pair."""

    code = "deploy.failed"


class Unreachable(DeployFailed):
    """A target did not answer, so nothing can be said of what it holds; unreachable is not wrong (ASC-1)."""

    code = "deploy.unreachable"
