"""End a plugin whose CLI was killed: the engine then never sends SIGINT (pulumi.md 6.6, 9)."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable

PERIOD_S = 1.0
MISSES = 3


def watch(
    address: Callable[[], str],
    *,
    parent: int,
    stop: threading.Event,
    gone: Callable[[], None],
    getppid: Callable[[], int] = os.getppid,
    period_s: float = PERIOD_S,
) -> None:
    """Poll until `stop` is set; call `gone` once when the parent changed, or the engine's port was closed three times.

    address: `host:port` of the engine, empty while unknown.
    """
    misses = 0
    while not stop.wait(period_s):
        if getppid() != parent:
            gone()
            return
        where = address()
        misses = misses + 1 if where and not _listens(where) else 0
        if misses >= MISSES:
            gone()
            return


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        return True  # not a TCP address: nothing can be said
    try:
        with socket.create_connection((host.strip("[]") or "127.0.0.1", int(port)), timeout=2.0):
            return True
    except ConnectionRefusedError:
        return False
    except OSError:
        return True  # a slow or full machine is no dead engine
