"""Is it served? The proof of a deployment, by what endpoints answer to fresh handshakes (ASC-1, ASC-12).

A server that was told to reload goes on serving the old certificate for a moment, and old and new workers answer side by
side; so one good answer proves nothing. What counts is the fingerprint: two certificates may carry one serial number.
"""

from __future__ import annotations

from collections.abc import Sequence

from certwright.domain.errors import Cancelled
from certwright.engine.ports import CancelSignal, Served
from certwright.engine.records import AssociationStatus, Json, LocationStatus
from certwright.engine.services import Services

IN_A_ROW = 3  # good answers, each of a new connection that resumes nothing
UNANSWERED = 3  # tries in a row after which an endpoint counts as unreachable
PAUSE_S = 0.25
BETWEEN_S = 0.05  # after a good answer
HANDSHAKE_S = 5.0
DEADLINE_S = 10.0


def handshakes(services: Services, verify: Json, fingerprint: str, *, cancel: CancelSignal) -> list[Served]:
    """What each declared endpoint serves in the end. Raises Cancelled: then nothing is proved, and nothing refuted."""
    return [_asked(services, verify, address, fingerprint, cancel=cancel) for address in verify.get("endpoints") or ()]


def _asked(services: Services, verify: Json, address: str, fingerprint: str, *, cancel: CancelSignal) -> Served:
    deadline = services.clock.monotonic() + float(verify.get("deadlineSeconds") or DEADLINE_S)
    good = silent = 0
    wrong: Served | None = None
    while True:
        answer = look(services, verify, address)
        right = answer.fingerprint == fingerprint
        good = good + 1 if right else 0
        silent = silent + 1 if answer.problem else 0
        if not right and not answer.problem:
            wrong = answer
        if good == IN_A_ROW or silent == UNANSWERED:
            return answer
        if cancel.is_set():
            raise Cancelled(f"cancelled while {address} was asked what it serves; run up again to have it proved")
        if services.clock.monotonic() >= deadline:
            return wrong or answer
        cancel.wait(BETWEEN_S if right else PAUSE_S)


def look(services: Services, verify: Json, address: str) -> Served:
    """One handshake."""
    return services.probe(
        address,
        server_name=str(verify.get("serverName") or ""),
        timeout_s=float(verify.get("timeoutSeconds") or HANDSHAKE_S),
    )


def status_of(served: Sequence[Served], fingerprint: str) -> AssociationStatus:
    if wrong_of(served, fingerprint):
        return AssociationStatus.DRIFTED
    if any(s.problem for s in served):
        return AssociationStatus.UNREACHABLE
    return AssociationStatus.DEPLOYED


def location_status(served: Sequence[Served], fingerprint: str) -> LocationStatus:
    """Of a place whose endpoints were asked; with none declared, that it lies there and was told is all there is to prove."""
    if wrong_of(served, fingerprint):
        return LocationStatus.DRIFTED
    return LocationStatus.UNREACHABLE if any(s.problem for s in served) else LocationStatus.PROVED


def wrong_of(served: Sequence[Served], fingerprint: str) -> list[Served]:
    """The endpoints that answered with another certificate."""
    return [s for s in served if not s.problem and s.fingerprint != fingerprint]


def shown(served: Served, at: str) -> Json:
    """One entry of the `endpoints` output."""
    entry: Json = {"address": served.address, "checkedAt": at}
    if served.serial:
        entry["servedSerialNumber"] = served.serial
    if served.problem:
        entry["problem"] = served.problem
    return entry
