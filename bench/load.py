"""A closed loop of callers: each sends its next request when the last one was answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

WARM_UP = 5  # requests of each caller before the clock starts: connections, imports, caches


def drive(make: Callable[[], Callable[[], None]], *, callers: int, seconds: float) -> dict[str, Any]:
    """`make` gives a caller its own request function. Returns counts, times (s) and the callers' CPU.

    `began` and `ended` are on the machine's monotonic clock, so that another process can say what it used meanwhile.
    """
    ready, go = threading.Barrier(callers + 1), threading.Event()
    spent: list[list[float]] = [[] for _ in range(callers)]
    failed: list[BaseException] = []
    end = [0.0]

    def call(mine: list[float]) -> None:
        try:
            one = make()
            for _ in range(WARM_UP):
                one()
            ready.wait()
            go.wait()
            before = time.monotonic()
            while before < end[0]:
                one()
                after = time.monotonic()
                mine.append(after - before)
                before = after
        except BaseException as error:
            failed.append(error)
            ready.abort()

    threads = [threading.Thread(target=call, args=(mine,), daemon=True) for mine in spent]
    for thread in threads:
        thread.start()
    try:
        ready.wait()
    except threading.BrokenBarrierError:
        raise RuntimeError(f"the load did not start: {failed[0] if failed else 'unknown'}") from None
    print("ready", flush=True)
    input()  # the parent has read the server's CPU time
    cpu, began = time.process_time(), time.monotonic()
    end[0] = began + seconds
    go.set()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    if failed:
        raise RuntimeError(f"a caller failed: {failed[0]}")
    times = sorted(t for mine in spent for t in mine)
    return {
        "count": len(times),
        "seconds": ended - began,
        "client_cpu_s": time.process_time() - cpu,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p99_ms": times[int(len(times) * 0.99)] * 1e3,
    }
