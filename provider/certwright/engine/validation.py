"""Waiting for a pending version to be ISSUED: steps (`prove`) until it is, or until the deadline; resumable at any time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from certwright.domain.errors import Cancelled, Conflict
from certwright.engine.ports import CancelSignal, Chosen, Progress
from certwright.engine.prove import Round, is_proved, newest, options_of, step
from certwright.engine.records import CertificateStatus, Json, Mode, ValidationRecord
from certwright.engine.request import validated_by
from certwright.engine.services import Services

LOOK_INTERVAL_S = 5.0
SHOWN_WAITING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a wait ended. `why` is empty when issued."""

    issued: bool
    why: str = ""
    problems: tuple[str, ...] = field(default=())


def options(services: Services, spec: Json, account: str) -> list[Json]:
    """`domainValidationOptions`: what the owners of the names have to do, known before any store exists (DNS-1, DNS-3)."""
    return [option.shown for option in options_of(services, spec, account)]


def drive(
    services: Services,
    arn: str,
    *,
    timeout_s: float,
    cancel: CancelSignal,
    progress: Progress,
    writer: Chosen | None = None,
    interval_s: float = LOOK_INTERVAL_S,
) -> Outcome:
    """Look until issued, refused, cancelled, or out of time. Everything is resumable (VAL-2)."""
    started = services.clock.monotonic()
    found = Round(issued=False, proved=0, total=0)
    while True:
        try:
            found = step(services, arn, cancel=cancel, writer=writer)
        except Conflict as taken:
            # Another run drives the same certificate: its work is ours, so wait for it.
            found = Round(issued=False, proved=0, total=0, problems=(taken.message,))
        except Cancelled:
            pass  # Ctrl-C inside a round (its lease, its look-ups): say what the last round saw
        if found.issued:
            return Outcome(issued=True)
        spent = services.clock.monotonic() - started
        shown = "; ".join(found.problems)
        if found.over:
            return Outcome(issued=False, problems=found.problems, why=shown)
        if found.look_at is not None and found.look_at > services.clock.now() + timedelta(seconds=timeout_s - spent):
            return Outcome(
                issued=False,
                problems=found.problems,
                why=f"not issued yet: {shown}; the issuer is asked again from {found.look_at:%Y-%m-%dT%H:%M:%SZ}. Run "
                "`pulumi up` again to resume.",
            )
        if cancel.is_set():
            return Outcome(
                issued=False,
                problems=found.problems,
                why=f"cancelled after {spent:.1f}s; {found.proved} of {found.total} names validated. Run `pulumi up` again "
                "to resume.",
            )
        if spent >= timeout_s:
            stop = "" if shown.endswith(".") else "."  # a sentence may end with a record's name, dot and all
            return Outcome(
                issued=False,
                problems=found.problems,
                why=f"not validated after {timeout_s:g}s: {found.proved} of {found.total} names validated. {shown}{stop} "
                "Run `pulumi up` again to resume.",
            )
        pause = min(interval_s, max(0.0, timeout_s - spent))
        waiting = "; ".join(found.waiting[:SHOWN_WAITING]) or shown
        progress(f"{found.proved} of {found.total} names validated; {waiting}; next look in {interval_s:g} s")
        cancel.wait(pause)


def maintain(services: Services, arn: str, writer: Chosen) -> None:
    """What no round makes, because its proofs are there: renewals need it. Raises what the writer does."""
    record, version = newest(services, arn)
    if record.mode is not Mode.PUBLIC:
        return
    with services.store.read() as reader:
        rows = reader.all(ValidationRecord, arn=arn, version=version.version)
    pending = version.status is CertificateStatus.PENDING_VALIDATION
    proved = {row.authorization for row in rows if is_proved(row)}
    left = [
        option
        for option in options_of(services, record.spec, record.account)
        if not pending or option.authorization in proved
    ]
    services.validator(validated_by(record.spec)).maintain(arn, left, writer)
