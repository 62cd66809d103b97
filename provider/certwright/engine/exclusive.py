"""The leases of the engine: who works on what, alone. One place for their names, so that two callers cannot mean two things
by one, or one thing by two."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import StrEnum

from certwright.engine.ports import CancelSignal, Lease, Store

HELD_S = 30.0  # a lease renews itself while its process lives; this is how long a dead holder is in the way
WAIT_S = 60.0


class Scope(StrEnum):
    """What a lease is for; the rest of its name says which one."""

    CERTIFICATE = "certificate"
    AUTHORITY = "authority"
    ASSOCIATION = "association"
    BUNDLED = "bundled"
    DNS = "dns"
    ENDPOINT = "endpoint"


def alone_with(
    store: Store, scope: Scope, *name: str, cancel: CancelSignal | None = None
) -> AbstractContextManager[Lease]:
    """Exclusive work on one thing, e.g. `certificate:ARN`. After getting it, look again.

    Raises Conflict when it is not free after `WAIT_S`, Cancelled when `cancel` comes first.
    """
    return store.lease(":".join([scope, *name]), seconds=HELD_S, wait_seconds=WAIT_S, cancel=cancel)
