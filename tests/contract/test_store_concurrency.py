"""Several processes and threads at one store: leases, writers, creation, a crash."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders.store_records import NOW, arn, certificate
from certwright.domain.errors import Cancelled, CertwrightError, Conflict
from certwright.engine.records import AuditEntry, CertificateRecord, SerialRecord
from certwright.store.audit import verify
from certwright.store.sql import SqlStore
from servers.stores import Place, open_store

TESTS = Path(__file__).parents[1]


def start(*arguments: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "provider")])
    return subprocess.Popen(
        [sys.executable, "-m", "servers.store_process", *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def other_process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = start(*arguments)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run_all(*commands: tuple[str, ...]) -> list[str]:
    processes = [start(*command) for command in commands]
    outputs = [process.communicate(timeout=120)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(commands)
    return outputs


# --- leases ------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("SEC-9", "OPS-1")
def test_a_lease_excludes_another_process_and_says_who_holds_it(place: Place, store: SqlStore) -> None:
    with other_process("hold", place.url, "cert/1", "30") as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held 1\n"
        with pytest.raises(Conflict) as caught, store.lease("cert/1", seconds=30, wait_seconds=0.05):
            pass
        assert f"cert/1 is being worked on by ann on {os.uname().nodename}, process {other.pid} since 20" in str(
            caught.value
        )
        with store.lease("cert/2", seconds=30, wait_seconds=0):
            pass
        other.stdin.write("\n")
        other.stdin.flush()
        with store.lease("cert/1", seconds=30, wait_seconds=20) as lease:
            assert lease.token == 2


@pytest.mark.proves("SEC-9")
def test_the_lease_of_a_dead_process_lapses(place: Place, store: SqlStore) -> None:
    with other_process("hold", place.url, "cert/1", "1") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held 1\n"
        time.sleep(1.3)  # it is alive and renews
        with pytest.raises(Conflict), store.lease("cert/1", seconds=30, wait_seconds=0):
            pass
        other.kill()
    with store.lease("cert/1", seconds=30, wait_seconds=20) as lease:
        assert lease.token == 2


@pytest.mark.proves("SEC-9")
def test_a_holder_that_lost_its_lease_cannot_write(place: Place, store: SqlStore) -> None:
    with store.lease("cert/1", seconds=300, wait_seconds=0):
        with store.write() as tx:
            tx.save(certificate())
        place.execute("UPDATE {s}leases SET until = 0")  # as if this process had slept for longer
        other = place.open()
        with other.lease("cert/1", seconds=300, wait_seconds=0) as lease:
            assert lease.token == 2
            with pytest.raises(Conflict, match="the lease on cert/1 was lost"), store.write():
                pass
            with other.write() as tx:
                tx.save(certificate(2))
    with store.read() as reader:
        assert reader.count(CertificateRecord) == 2


@pytest.mark.proves("SEC-9")
def test_leases_go_by_the_database_clock(place: Place, store: SqlStore) -> None:
    with store.lease("cert/1", seconds=300, wait_seconds=0):
        ((since, until),) = place.execute("SELECT since, until FROM {s}leases")
    assert isinstance(since, float)
    assert isinstance(until, float)
    assert abs(since - time.time()) < 60
    assert place.execute("SELECT until FROM {s}leases") == [(0.0,)]


def test_waiting_for_a_lease_ends_with_a_cancel(store: SqlStore) -> None:
    cancel = threading.Event()
    with store.lease("cert/1", seconds=300, wait_seconds=0):
        threading.Timer(0.1, cancel.set).start()
        began = time.monotonic()
        with pytest.raises(Cancelled), store.lease("cert/1", seconds=1, wait_seconds=60, cancel=cancel):
            pass
        assert time.monotonic() - began < 20


@pytest.mark.proves("SEC-9", "OPS-1")
def test_work_under_a_lease_is_never_done_by_two_processes(place: Place, store: SqlStore) -> None:
    run_all(("under_lease", place.url, "25"), ("under_lease", place.url, "25"), ("under_lease", place.url, "25"))
    with store.read() as reader:
        found = reader.one(CertificateRecord, arn=arn())
    assert found is not None
    assert found.newest_version == 75


# --- writers -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("OPS-1", "AUD-1")
def test_writers_in_several_processes_lose_nothing(place: Place, store: SqlStore) -> None:
    run_all(*[("count_up", place.url, "60")] * 4)
    with store.read() as reader:
        found = reader.one(CertificateRecord, arn=arn())
        assert found is not None
        assert found.newest_version == 240
        verdict = verify(reader)
    assert (verdict.ok, verdict.problem, verdict.lines) == (True, "", 240)


@pytest.mark.proves("SEC-5")
def test_a_serial_number_goes_to_one_process_only(place: Place, store: SqlStore) -> None:
    got = run_all(*[("reserve", place.url, "60")] * 3)
    assert sum(map(int, got)) == 60
    with store.read() as reader:
        assert reader.count(SerialRecord) == 60


def test_threads_of_one_process_share_a_store(store: SqlStore) -> None:
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(20):
                with store.write() as tx:
                    tx.save(certificate(number))
                    tx.record_audit(region="local", at=NOW, action="issue", arn=arn(number), result="done")
                with store.read() as reader:
                    assert reader.one(CertificateRecord, arn=arn(number)) is not None
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert problems == []
    with store.read() as reader:
        assert reader.count(AuditEntry) == 160
        assert verify(reader).ok


@pytest.mark.proves("SEC-8")
def test_processes_that_create_at_once_get_one_store(place: Place) -> None:
    ids = run_all(*[("create", place.url)] * 4)
    assert len(set(ids)) == 1
    assert place.open().store_id == ids[0]
    if place.path is not None:
        assert [p.name for p in place.path.parent.iterdir() if p.name.endswith(".new")] == []


@pytest.mark.proves("SEC-5")
def test_a_process_that_dies_inside_a_transaction_leaves_nothing(place: Place, store: SqlStore) -> None:
    process = start("die", place.url)
    assert process.communicate(timeout=60)[0] == "wrote\n"
    assert process.returncode == 9
    with store.write() as tx:
        assert tx.count(CertificateRecord) == 0
        assert tx.count(AuditEntry) == 0


def test_a_closed_store_opens_again_when_it_is_used(place: Place, store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(certificate())
    store.close()
    with store.read() as reader:
        assert reader.count(CertificateRecord) == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # 3.12: any thread at all warns
def test_a_store_is_usable_in_a_forked_child(place: Place) -> None:
    store = open_store(place.url)
    with store.write() as tx:
        tx.save(certificate())
    child = os.fork()
    if child == 0:
        try:
            with store.write() as tx:
                tx.save(certificate(2))
            store.close()
            gc.collect()
            os._exit(0)
        except CertwrightError:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with store.write() as tx:
        assert tx.count(CertificateRecord) == 2
    store.close()
