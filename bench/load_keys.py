"""Keys that take their time, and who writes meanwhile; prints one JSON object.

`load_keys.py create COUNT ALGORITHM`: that many private certificates at once, and a thread that writes to the store meanwhile.
`load_keys.py generate COUNT ALGORITHM`: that many keys at once, alone.
`load_keys.py write`: another process that writes, until a line comes.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from certwright.config import load
from certwright.domain.keyspec import KeyAlgorithm, generate_private_key
from certwright.engine import certificates
from certwright.engine.records import MetaRecord, Mode
from certwright.engine.services import Services
from certwright.wiring import build
from load_engine import ACCOUNT, REGION, issuing_authority

PAUSE_S = 0.003


def writes(services: Services, stop: threading.Event, name: str) -> list[tuple[float, float]]:
    """Write transactions and leases in turns until `stop`; when each was asked for, and the seconds until it was over."""
    waits: list[tuple[float, float]] = []
    number = 0
    while not stop.is_set():
        asked, number = time.monotonic(), number + 1
        if number % 2:
            with services.store.write() as tx:
                tx.save(MetaRecord(key=f"bench-{name}", value=str(number)))
        else:
            with services.store.lease(f"bench:{name}", seconds=30, wait_seconds=60):
                pass
        waits.append((asked, time.monotonic() - asked))
        stop.wait(PAUSE_S)
    return waits


def together(count: int, one: Callable[[int], None]) -> dict[str, Any]:
    """`one` in that many threads. work_s: the CPU time that they took, each by itself; cpu_s: the whole process's."""
    ready = threading.Barrier(count + 1)
    spent, failed = [0.0] * count, []

    def call(number: int) -> None:
        ready.wait()
        try:
            one(number)
        except BaseException as error:
            failed.append(error)
        spent[number] = time.thread_time()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    cpu, began = time.process_time(), time.monotonic()
    ready.wait()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    if failed:
        raise failed[0]
    cores = len(os.sched_getaffinity(0))
    return {
        "began": began,
        "ended": ended,
        "seconds": ended - began,
        "cpu_s": time.process_time() - cpu,
        "work_s": spent,
        "limit_s": max(sum(spent) / cores, max(spent)),  # no order of these threads on these cores is faster
    }


def create(count: int, algorithm: str) -> dict[str, Any]:
    services = build(load())
    issuer, run = issuing_authority(services), uuid.uuid4().hex
    stop, waits = threading.Event(), []
    writer = threading.Thread(target=lambda: waits.extend(writes(services, stop, "thread")))

    def one(number: int) -> None:
        certificates.create(
            services,
            urn=f"urn:{run}:{number}",
            region=REGION,
            account=ACCOUNT,
            mode=Mode.PRIVATE,
            spec={"domainName": f"h{number}.internal", "certificateAuthorityArn": issuer, "keyAlgorithm": algorithm},
            tags={},
        )

    writer.start()
    try:
        answer = together(count, one)
    finally:
        stop.set()
        writer.join()
    return {**answer, "waits": waits}


def generate(count: int, algorithm: str) -> dict[str, Any]:
    return together(count, lambda _: (generate_private_key(KeyAlgorithm(algorithm)), None)[1])


def write() -> dict[str, Any]:
    services = build(load())
    with services.store.write():  # the store is made, and everything imported
        pass
    stop, waits = threading.Event(), []
    writer = threading.Thread(target=lambda: waits.extend(writes(services, stop, f"process-{os.getpid()}")))
    writer.start()
    print("ready", flush=True)
    input()
    stop.set()
    writer.join()
    return {"waits": waits}


def main() -> None:
    what, arguments = sys.argv[1], sys.argv[2:]
    if what == "write":
        print(json.dumps(write()))
        return
    work = {"create": create, "generate": generate}[what]
    print(json.dumps(work(int(arguments[0]), arguments[1])))


if __name__ == "__main__":
    main()
