"""The layouts of released versions: read as they are, migrated by the first write, whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from certwright.domain.challenge import validation_record
from certwright.domain.dnsname import dns_name
from certwright.domain.errors import StoreUnavailable
from certwright.engine.failpoints import MIGRATION_FAILPOINTS
from certwright.engine.ports import Reader
from certwright.engine.records import (
    RECORD_TYPES,
    RIPE,
    AuthorityVersionRecord,
    CertificateRecord,
    CertificateStatus,
    DriverRecord,
    DriverState,
    MetaRecord,
    ValidationRecord,
    VersionRecord,
)
from certwright.store import migrations
from certwright.store.audit import verify
from certwright.store.dump import logical_dump
from certwright.store.migrations import LAYOUT
from certwright.store.migrations.migration import pending
from certwright.store.sql import SqlStore
from servers.stores import open_store
from upgrade.replay import DATABASES, VERSIONS, Restored

pytestmark = pytest.mark.proves("OPS-8")
ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = [(version, database) for version in VERSIONS for database in DATABASES]
IN_A_FILE = [(version, database) for version, database in EVERYWHERE if database == "sqlite"]  # only these are copied


@contextmanager
def opened(left: Restored) -> Iterator[SqlStore]:
    store = left.open()
    try:
        yield store
    finally:
        store.close()


def layout_of(left: Restored) -> int:
    return int(left.execute("SELECT value FROM {s}meta WHERE key = 'schema_version'")[0][0])


# What no version before had, so that the recorded stores hold none of it.
UNKNOWN_BEFORE = {"OrderRecord"}


def every_record(reader: Reader) -> dict[str, list[Any]]:
    return {kind.__name__: reader.all(kind) for kind in RECORD_TYPES if kind is not MetaRecord}


def upgrade_command(left: Restored, **more: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CERTWRIGHT_") and name != "CI"}
    return subprocess.Popen(
        [sys.executable, "-m", "certwright.cli.main", "store", "upgrade"],
        env={**kept, "PYTHONPATH": str(ROOT / "provider"), **left.environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- reading -----------------------------------------------------------------------------------------------------------


def test_each_record_of_an_older_store_reads_as_it_does_after_the_migration(left: Restored) -> None:
    before = left.content()
    with opened(left) as store, store.read() as reader:
        older = every_record(reader)
        assert {kind for kind, records in older.items() if not records} == UNKNOWN_BEFORE
    assert (layout_of(left), left.content()) == (1, before), "a read writes nothing"
    with opened(left) as store:
        done = store.upgrade()
        assert (done.before, done.after) == (1, LAYOUT)
        with store.read() as reader:
            assert every_record(reader) == older
    assert layout_of(left) == LAYOUT


def test_what_drives_a_validation_leaves_the_validations(left: Restored) -> None:
    with opened(left) as store:
        for _ in ("older", "migrated"):
            with store.read() as reader:
                drivers = {driver.urn.rpartition("::")[2]: driver for driver in reader.all(DriverRecord)}
                assert {name for name, driver in drivers.items() if driver.state is DriverState.CREATING} == {
                    "cut-short"
                }
                assert drivers["cut-short"].process.startswith(left.recording.facts["host"])
                assert drivers["proved-inline"].place == "rfc2136 server=127.0.0.1 port=15353"
                assert {driver.process for driver in drivers.values() if driver.state is DriverState.LIVE} == {""}
                arn = drivers["waiting"].arn
                assert [driver.name for driver in reader.all(DriverRecord, arn=arn)] == [drivers["waiting"].name]
                assert reader.all(ValidationRecord, version=0) == []
                assert reader.count(ValidationRecord) == 8
                assert reader.one(ValidationRecord, arn=arn, version=1, authorization="late.example.com") is not None
            store.upgrade()


def test_a_proof_of_before_is_one_by_dns_and_its_challenge_goes_on(left: Restored) -> None:
    """The TXT value stays the one that was drawn: a request that waits is resumed and not begun anew (DNS-2)."""
    with opened(left) as store:
        for _ in ("older", "migrated"):
            with store.read() as reader:
                rows = reader.all(ValidationRecord)
                assert {row.method for row in rows} == {"DNS"}
                assert {row.authorization for row in rows} == {row.domain_name for row in rows}
                for row in rows:
                    wanted = validation_record("000000000000", dns_name(row.domain_name), "x.example")
                    assert row.challenge["recordName"] == wanted.record_name
                    assert row.challenge["recordValue"].startswith(wanted.record_value.partition(".")[0])
                    assert len(bytes.fromhex(row.challenge["txtValue"])) == 16
            store.upgrade()


def test_what_is_ripe_is_found_in_an_older_store_too(left: Restored) -> None:
    with opened(left) as store:
        for _ in ("older", "migrated"):
            with store.read() as reader:
                newest = max(v.renewal_due for v in reader.all(VersionRecord, serving=True) if v.renewal_due)
                found = {(q.kind, q.at): reader.ripe(q.kind, q.at, by=newest, limit=99, **q.equals) for q in RIPE}
                issued = reader.all(VersionRecord, serving=True, status=CertificateStatus.ISSUED)
                assert len(found[VersionRecord, "renewal_due"]) == len([v for v in issued if v.renewal_due])
                assert found[VersionRecord, "requested_at"] and found[AuthorityVersionRecord, "renewal_due"]
            store.upgrade()


def test_the_layout_is_that_of_each_snapshot(left: Restored) -> None:
    """A process that read the older layout goes on reading after another one has migrated it."""
    with opened(left) as reading, opened(left) as writing:
        with reading.read() as reader:
            drivers = reader.all(DriverRecord)
        writing.upgrade()
        with reading.read() as reader:
            assert reader.all(DriverRecord) == drivers != []
        assert reading.layout == LAYOUT


def test_a_layout_that_cannot_be_read_says_what_to_run(left: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    from certwright.store.migrations import drivers, migration

    blind = migration.Migration(what="", steps=drivers.MIGRATION.steps, seen_as=None)
    monkeypatch.setattr(drivers, "MIGRATION", blind)
    with opened(left) as store:
        with (
            pytest.raises(StoreUnavailable, match=r"layout 1, .* run `certwright store upgrade`") as refused,
            store.read(),
        ):
            pass
        assert refused.value.code == "store.too_old"
        store.upgrade()
        with store.read() as reader:
            assert reader.all(DriverRecord)


# --- migrating ---------------------------------------------------------------------------------------------------------


def test_a_migrated_store_has_the_tables_and_indexes_of_a_fresh_one(left: Restored, tmp_path: Path) -> None:
    with opened(left) as store:
        store.upgrade()
    if left.server is None:
        fresh = tmp_path / "fresh" / "store.db"
        with_fresh = open_store(f"sqlite:///{fresh}")
        with_fresh.create()
        with_fresh.close()
        other = Restored(recording=left.recording, here=tmp_path, url=f"sqlite:///{fresh}")
        assert _sqlite_shape(left) == _sqlite_shape(other)
    else:
        url = left.url.replace("schema=certwright", "schema=fresh")
        with_fresh = open_store(url)
        with_fresh.create()
        with_fresh.close()
        assert _postgres_shape(left, "certwright") == _postgres_shape(left, "fresh")


def _sqlite_shape(left: Restored) -> dict[str, Any]:
    tables = [name for (name,) in left.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {t: sorted(row[1:4] + row[5:] for row in left.execute(f"PRAGMA table_info({t})")) for t in tables}
    others = left.execute("SELECT type, name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL")
    return {"columns": columns, "others": sorted((kind, name, " ".join(sql.split())) for kind, name, sql in others)}


def _postgres_shape(left: Restored, schema: str) -> dict[str, Any]:
    columns = left.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        f"WHERE table_schema = '{schema}' ORDER BY 1, 2"
    )
    indexes = left.execute(f"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = '{schema}' ORDER BY 1")
    return {"columns": columns, "indexes": [(name, text.replace(f"{schema}.", "")) for name, text in indexes]}


@pytest.mark.parametrize("way", ["write", "lease"])
def test_the_first_write_migrates_and_keeps_a_copy_beside(left: Restored, way: str) -> None:
    with opened(left) as store:
        before = logical_dump(store)
        if way == "write":
            with store.write() as tx:
                tx.save(MetaRecord(key="mark", value="x"))
        else:
            with store.lease("test", seconds=5, wait_seconds=1):
                pass
        assert layout_of(left) == LAYOUT
    if left.server is None:
        assert left.files() == ["store.db", "store.db.layout-1"]
        copy = left.path.with_name("store.db.layout-1")
        assert copy.stat().st_mode & 0o777 == 0o600
        with opened(Restored(recording=left.recording, here=left.here, url=f"sqlite:///{copy}")) as kept:
            assert (kept.layout, logical_dump(kept)) == (1, before)


@pytest.mark.parametrize("left", IN_A_FILE, indirect=True, ids=str)
def test_an_earlier_copy_is_never_written_over(left: Restored) -> None:
    earlier = left.path.with_name("store.db.layout-1")
    earlier.write_bytes(b"kept")
    with opened(left) as store:
        assert store.upgrade().copy == left.path.with_name("store.db.layout-1.2")
    assert earlier.read_bytes() == b"kept"


def test_the_audit_log_is_whole_afterwards(left: Restored) -> None:
    with opened(left) as store:
        store.upgrade()
        with store.read() as reader:
            verdict = verify(reader)
            assert (verdict.ok, verdict.problem) == (True, "")
            assert verdict.lines > 40


@pytest.mark.parametrize(
    ("left", "failpoint"),
    [
        (each, failpoint)
        for failpoint in MIGRATION_FAILPOINTS
        for each in (IN_A_FILE if failpoint == "migration.after_copy" else EVERYWHERE)
    ],
    indirect=["left"],
    ids=str,
)
def test_killed_anywhere_it_is_the_old_store_or_the_new_one(left: Restored, failpoint: str) -> None:
    with opened(left) as store:
        older = logical_dump(store)
    killed = upgrade_command(left, CERTWRIGHT_FAILPOINT=failpoint)
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert layout_of(left) == (LAYOUT if failpoint == "migration.after_commit" else 1)
    with opened(left) as store:
        mark = "key='schema_version' value="
        assert logical_dump(store) == older.replace(f"{mark}'1'", f"{mark}'{layout_of(left)}'")
    again = upgrade_command(left)
    said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert layout_of(left) == LAYOUT
    if left.server is None:
        assert not [name for name in left.files() if name.endswith(".new")]


def test_processes_that_migrate_at_once_do_it_once(left: Restored) -> None:
    running = [upgrade_command(left) for _ in range(3)]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert layout_of(left) == LAYOUT
    if left.server is None:
        assert left.files() == ["store.db", "store.db.layout-1"]
    with opened(left) as store, store.read() as reader:
        assert reader.count(CertificateRecord) == 12
        assert len(reader.all(DriverRecord)) == 7


def test_threads_that_write_at_once_migrate_once_and_do_not_wait_for_each_other(left: Restored) -> None:
    """One held the store's turn and waited for who opens it, and that one for the turn: both for a minute."""
    count = 8
    with opened(left) as store:
        start, slow = threading.Barrier(count), threading.Event()
        assert store.layout == 1
        problems: list[BaseException] = []
        migrate = store._backend.migrate

        def migrate_slowly() -> Path | None:
            done = migrate()
            slow.wait(0.2)  # the others come to the same door meanwhile
            return done

        store._backend.migrate = migrate_slowly  # type: ignore[method-assign]

        def write(number: int) -> None:
            start.wait(30)
            try:
                with store.write() as tx:
                    tx.save(MetaRecord(key=f"test {number}", value=""))
            except BaseException as problem:
                problems.append(problem)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert problems == []
        with store.read() as reader:
            assert len([row for row in reader.all(MetaRecord) if row.key.startswith("test ")]) == count


def test_who_opened_the_older_store_looks_again_before_it_migrates(left: Restored) -> None:
    with opened(left) as first, opened(left) as second:
        assert (first.layout, second.layout) == (1, 1)
        first.upgrade()
        assert second.upgrade().copy is None
    if left.server is None:
        assert left.files() == ["store.db", "store.db.layout-1"]


def test_a_newer_store_is_refused_in_one_sentence(left: Restored) -> None:
    newer = LAYOUT + 1
    left.execute(f"UPDATE {{s}}meta SET value = '{newer}' WHERE key = 'schema_version'")
    before = left.content()
    with opened(left) as store:
        for use in (store.read, store.write, lambda: store.lease("test", seconds=5, wait_seconds=1)):
            with (
                pytest.raises(StoreUnavailable, match=rf"newer certwright \(layout {newer}, .* up to {LAYOUT}\)"),
                use(),
            ):
                pass
        with pytest.raises(StoreUnavailable, match="update certwright on this machine"):
            store.upgrade()
    assert left.content() == before
    refused = upgrade_command(left)
    said = "".join(refused.communicate(timeout=60))
    assert refused.returncode != 0
    assert "store.too_new" in said


def test_a_store_that_another_process_makes_newer_is_refused_by_a_write(left: Restored) -> None:
    """What this process read when it began does not count: the transaction that migrates looks itself."""
    with opened(left) as store, store.read():
        pass
    with opened(left) as store:
        assert store.layout == 1
        left.execute(f"UPDATE {{s}}meta SET value = '{LAYOUT + 1}' WHERE key = 'schema_version'")
        with pytest.raises(StoreUnavailable, match="newer certwright"), store.write():
            pass


def test_every_migration_leads_one_layout_further() -> None:
    assert [number for number, _ in pending(1)] == list(range(2, LAYOUT + 1))
    assert list(pending(LAYOUT)) == []
    files = {path.stem for path in Path(migrations.__file__).parent.glob("*.py")} - {"__init__", "migration"}
    assert files == set(migrations.NAMES)
    assert len(set(migrations.NAMES)) == len(migrations.NAMES)
