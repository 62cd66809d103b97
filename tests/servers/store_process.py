"""Another process at the same store: `python store_process.py ROLE URL ...`. Prints a line for each step."""

from __future__ import annotations

import sys
import time

from builders.store_records import NOW, arn, certificate, serial
from certwright.domain.errors import Conflict
from certwright.engine.records import CertificateRecord, SerialRecord
from servers.stores import open_store


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def hold(url: str, name: str, seconds: str) -> None:
    """Holds a lease until a line arrives on standard input."""
    with open_store(url).lease(name, seconds=float(seconds), wait_seconds=10) as lease:
        say(f"held {lease.token}")
        sys.stdin.readline()
    say("released")


def count_up(url: str, times: str) -> None:
    """Read, add one, write, under the write transaction alone; and one line of audit log each."""
    store = open_store(url)
    for _ in range(int(times)):
        with store.write() as tx:
            found = tx.one(CertificateRecord, arn=arn()) or certificate()
            tx.save(certificate(newest_version=found.newest_version + 1))
            tx.record_audit(region="local", at=NOW, action="issue", arn=arn(), result="done")
    store.close()
    say("done")


def reserve(url: str, times: str) -> None:
    """Reserve serial numbers that another process reserves too; prints how many it got."""
    store, got = open_store(url), 0
    for number in range(int(times)):
        try:
            with store.write() as tx:
                tx.insert(serial(number))
            got += 1
        except Conflict:
            continue
    with store.read() as reader:
        reader.count(SerialRecord)
    store.close()
    say(str(got))


def under_lease(url: str, times: str) -> None:
    """Read, pause, write, with nothing but the lease to keep others away."""
    store = open_store(url)
    for _ in range(int(times)):
        with store.lease("counter", seconds=30, wait_seconds=60):
            with store.read() as reader:
                found = reader.one(CertificateRecord, arn=arn()) or certificate()
            time.sleep(0.002)
            with store.write() as tx:
                tx.save(certificate(newest_version=found.newest_version + 1))
    store.close()
    say("done")


def create(url: str) -> None:
    store = open_store(url)
    say(store.create())
    store.close()


def die(url: str) -> None:
    """Dies inside a write transaction without any clean-up."""
    import os

    with open_store(url).write() as tx:
        tx.save(certificate())
        tx.record_audit(region="local", at=NOW, action="issue", arn=arn(), result="done")
        say("wrote")
        os._exit(9)


ROLES = {f.__name__: f for f in (hold, count_up, reserve, under_lease, create, die)}

if __name__ == "__main__":
    ROLES[sys.argv[1]](*sys.argv[2:])
