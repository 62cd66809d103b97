"""The store's port, over SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders.store_records import LATER, LONG_AGO, NOW, arn, association, certificate, serial, version
from certwright.domain.errors import Conflict, StoreAbsent, StoreMismatch, StoreUnavailable
from certwright.engine.ports import Reader
from certwright.engine.records import (
    RECORD_TYPES,
    RIPE,
    AssociationRecord,
    AuditEntry,
    CertificateRecord,
    CertificateStatus,
    MaterialRecord,
    MetaRecord,
    Ripe,
    SerialRecord,
    VersionRecord,
)
from certwright.store.dump import logical_dump
from certwright.store.layout import LAYOUT, mapping_of
from certwright.store.sql import SqlStore, creation_allowed
from servers.stores import Place

pytestmark = pytest.mark.proves("OPS-1")


class Boom(Exception):
    pass


def test_every_record_type_has_a_table() -> None:
    assert tuple(kind for kind, _, _ in LAYOUT) == RECORD_TYPES


def test_records_come_back_as_they_were_saved(store: SqlStore) -> None:
    records = [certificate(), version(), serial(), association(), MaterialRecord(arn=arn(), version=1, der=b"\x00\xff")]
    with store.write() as tx:
        tx.save(*records)
    with store.read() as reader:
        for record in records:
            assert reader.all(type(record)) == [record]


def test_save_replaces_by_primary_key(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(certificate())
        tx.save(replace(certificate(), serving_version=3, revoked_at=NOW))
        assert tx.one(CertificateRecord, arn=arn()) == certificate(serving_version=3, revoked_at=NOW)
        assert tx.count(CertificateRecord) == 1


@pytest.mark.proves("SEC-5")
def test_an_exception_rolls_everything_back(store: SqlStore) -> None:
    before = logical_dump(store)

    def half() -> None:
        with store.write() as tx:
            tx.save(certificate(), version())
            tx.record_audit(region="local", at=NOW, action="issue", arn=arn(), result="done")
            assert tx.count(CertificateRecord) == 1, "a question brings everything to the database before the end"
            raise Boom

    with pytest.raises(Boom):
        half()
    assert logical_dump(store) == before


@pytest.mark.proves("SEC-5")
def test_what_was_committed_is_seen_by_another_process_at_once(place: Place) -> None:
    first, second = place.open(), place.open()
    with first.write() as tx:
        tx.save(certificate())
    with second.read() as reader:
        assert reader.one(CertificateRecord, arn=arn()) == certificate()
    assert first.store_id == second.store_id


def test_a_read_sees_one_moment(store: SqlStore, place: Place) -> None:
    with store.read() as reader:
        assert reader.count(CertificateRecord) == 0
        with place.open().write() as tx:
            tx.save(certificate())
        assert reader.count(CertificateRecord) == 0
    with store.read() as reader:
        assert reader.count(CertificateRecord) == 1


@pytest.mark.proves("SEC-5")
def test_insert_of_a_taken_key_is_a_conflict_and_nothing_of_the_transaction_stays(store: SqlStore) -> None:
    with store.write() as tx:
        tx.insert(serial(1))

    def take_it_again() -> None:
        with store.write() as tx:
            tx.insert(serial(1, arn="another"))
            tx.insert(serial(2))

    with pytest.raises(Conflict, match=r"serials has a record with this key already: arn:ca/1"):
        take_it_again()
    with store.read() as reader:
        assert reader.all(SerialRecord) == [serial(1)]


@pytest.mark.proves("SEC-5")
def test_a_key_that_the_transaction_has_seen_is_a_conflict_at_once(store: SqlStore) -> None:
    with store.write() as tx:
        tx.insert(serial(1))
        with pytest.raises(Conflict):
            tx.insert(serial(1, arn="another"))


def test_what_is_written_is_read_back_in_the_same_transaction(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(certificate(), certificate(2))
        tx.save(replace(certificate(2), domain_name="later"))
        assert tx.one(CertificateRecord, arn=arn(2)) == replace(certificate(2), domain_name="later")
        assert tx.count(CertificateRecord) == 2
        assert tx.remove(CertificateRecord, arn=arn(2)) == 1
        assert tx.one(CertificateRecord, arn=arn(2)) is None
    with store.read() as reader:
        assert reader.all(CertificateRecord) == [certificate()]


def test_filters(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(*(association(n, host="h" if n % 2 else "") for n in range(1, 6)), certificate(revoked_at=NOW))
        tx.save(certificate(2))
    with store.read() as reader:
        assert [a.arn[-1] for a in reader.all(AssociationRecord, host="h")] == ["1", "3", "5"]
        assert [
            a.arn[-1] for a in reader.all(AssociationRecord, arn=["arn:association/2", "arn:association/4", "?"])
        ] == [
            "2",
            "4",
        ]
        assert reader.all(AssociationRecord, arn=()) == []
        assert [a.arn[-1] for a in reader.all(AssociationRecord, limit=2, after="arn:association/2")] == ["3", "4"]
        assert [c.arn for c in reader.all(CertificateRecord, revoked_at=None)] == [arn(2)]
        assert [c.arn for c in reader.all(CertificateRecord, revoked_at=NOW, claimed=False)] == [arn(1)]
        assert reader.one(CertificateRecord, arn="none") is None
        assert reader.count(AssociationRecord, host=("h",), deployed_version=[0, 1]) == 3
        assert reader.count(CertificateRecord, arn=[]) == 0


def test_remove(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(certificate(1), certificate(2))
        assert tx.remove(CertificateRecord, arn=arn(2)) == 1
        assert tx.remove(CertificateRecord, arn=arn(2)) == 0
        assert tx.remove(CertificateRecord, arn=[]) == 0
    with store.read() as reader:
        assert [c.arn for c in reader.all(CertificateRecord)] == [arn(1)]


def test_many_values_in_one_filter(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(*(serial(n) for n in range(1, 50)))
        assert tx.count(SerialRecord, serial=[f"{n:x}" for n in range(40, 40_000)]) == 10


def test_naive_times_are_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="aware"), store.write() as tx:
        tx.save(certificate(created_at=datetime(2026, 1, 1)))


@pytest.mark.proves("AUD-1")
def test_the_audit_log_only_grows(store: SqlStore, place: Place) -> None:
    with store.write() as tx:
        tx.record_audit(region="local", at=NOW, action="issue", arn=arn(), result="done")
        (entry,) = tx.audit("local")
        for change in (lambda: tx.save(entry), lambda: tx.insert(entry), lambda: tx.remove(AuditEntry)):
            with pytest.raises(TypeError, match="only grows"):
                change()
    for statement in ("UPDATE {s}audit SET who = 'x'", "DELETE FROM {s}audit"):
        with pytest.raises(Exception, match="only grows"):
            place.execute(statement)


@pytest.mark.proves("AUD-1")
def test_a_long_audit_log_is_read_in_pages(store: SqlStore) -> None:
    with store.write() as tx:
        for number in range(2100):
            tx.record_audit(region="local", at=NOW, action="issue", arn=arn(number), result="done")
    with store.read() as reader:
        assert [e.seq for e in reader.audit("local")] == list(range(1, 2101))
        assert [e.seq for e in reader.audit("local", after_seq=500, limit=1200)] == list(range(501, 1701))
        assert [e.seq for e in reader.audit("local", after_seq=2098)] == [2099, 2100]
        assert list(reader.audit("local", limit=0)) == []
        assert list(reader.audit("elsewhere")) == []
        assert reader.audit_regions() == ["local"]


# --- ripe --------------------------------------------------------------------------------------------------------------

SERVING = {"serving": True, "status": CertificateStatus.ISSUED}


def test_ripe_are_serving_issued_versions_soonest_first(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(
            version(1, renewal_due=NOW),
            version(2, renewal_due=LONG_AGO),
            version(3, renewal_due=LATER),
            version(4, renewal_due=LONG_AGO, serving=False),
            version(5, renewal_due=LONG_AGO, status="REVOKED"),
            version(6, renewal_due=None),
        )
    with store.read() as reader:
        assert [v.arn for v in ripe_versions(reader)] == [arn(2), arn(1)]
        assert [v.arn for v in ripe_versions(reader, limit=1)] == [arn(2)]
        assert ripe_versions(reader, by=LONG_AGO - timedelta(microseconds=1)) == []


def ripe_versions(reader: Reader, *, by: datetime = NOW, limit: int = 10, **equals: Any) -> list[VersionRecord]:
    return reader.ripe(VersionRecord, "renewal_due", by=by, limit=limit, **SERVING, **equals)


def test_ripe_takes_further_equalities(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(*(version(n, renewal_due=NOW, issuer_arn=f"arn:ca/{n % 2}") for n in (1, 2, 3)))
    with store.read() as reader:
        assert [v.arn for v in ripe_versions(reader, issuer_arn="arn:ca/1")] == [arn(1), arn(3)]
        assert [v.arn for v in ripe_versions(reader, arn=[arn(2), arn(9)])] == [arn(2)]
        assert ripe_versions(reader, arn=[]) == []


def test_ripe_sees_what_its_own_transaction_has_saved(store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(version(1, renewal_due=NOW))
        assert [v.arn for v in ripe_versions(tx)] == [arn(1)]


def test_what_no_index_serves_is_no_question(store: SqlStore) -> None:
    with store.read() as reader:
        with pytest.raises(LookupError, match=r"VersionRecord\.not_after is no declared question"):
            reader.ripe(VersionRecord, "not_after", by=NOW, limit=1)
        with pytest.raises(LookupError, match=r"has an index for .*serving.* only"):
            reader.ripe(VersionRecord, "renewal_due", by=NOW, limit=1)


@pytest.mark.parametrize("question", RIPE, ids=lambda q: f"{q.kind.__name__}.{q.at}")
def test_every_ripe_question_uses_its_index(question: Ripe, store: SqlStore, place: Place) -> None:
    with store.write() as tx:
        tx.save(*(version(n, serving=n % 10 == 0) for n in range(2000)))
    mapping = mapping_of(question.kind)
    with store.read() as reader:
        sql = reader._statements.ripe(mapping, question.at, ()).sql
    index, parameters = f"ix_{mapping.table}_{question.at}", (f"{int(NOW.timestamp() * 1e6)}", "10")
    for mark in ("?", "%s"):
        for value in parameters:
            sql = sql.replace(mark, value, 1)
    sql = sql.replace("?", "0").replace("{", "{{").replace("}", "}}")
    if place.is_sqlite:
        plan = str(place.execute(f"EXPLAIN QUERY PLAN {sql}"))
        assert f"SEARCH {mapping.table} USING INDEX {index}" in plan
        assert "SCAN" not in plan
    else:
        plan = str(place.execute(f"ANALYZE {{s}}{mapping.table}", "SET enable_seqscan = off", f"EXPLAIN {sql}"))
        assert index in plan


# --- absent, created, replaced -----------------------------------------------------------------------------------------


def test_nothing_is_remembered_of_what_was_rolled_back(place: Place, store: SqlStore) -> None:
    """Neither what was saved, nor what was seen after a removal or an addition in the same transaction."""
    keys = ("saved", "removed", "inserted", "seen")
    with store.write() as tx:
        tx.save(*(MetaRecord(key=key, value="before") for key in keys if key != "inserted"))

    def read(reader: Reader) -> list[str | None]:
        found = [reader.one(MetaRecord, key=key) for key in keys]
        return [one.value if one is not None else None for one in found]

    def attempt() -> None:
        with store.write() as tx:
            assert tx.one(MetaRecord, key="seen") is not None
            tx.save(MetaRecord(key="saved", value="after"))
            tx.insert(MetaRecord(key="inserted", value="after"))
            tx.remove(MetaRecord, key="removed")
            assert read(tx) == ["after", None, "after", "before"]
            raise KeyError("rolled back")

    for _ in range(2):
        with pytest.raises(KeyError):
            attempt()
        with store.write() as tx:
            assert read(tx) == ["before", "before", None, "before"]
            tx.insert(MetaRecord(key="inserted", value="again"))
            tx.remove(MetaRecord, key="inserted")
            assert read(tx) == ["before", "before", None, "before"]
        with store.write() as tx:
            assert read(tx) == ["before", "before", None, "before"]


def test_a_line_of_the_audit_log_is_never_remembered_as_missing(store: SqlStore) -> None:
    line = {"region": "r", "seq": 1}
    with store.write() as tx:
        assert tx.one(AuditEntry, **line) is None
        tx.record_audit(region="r", at=NOW, action="issue", arn="a", result="done")
        assert tx.one(AuditEntry, **line) is not None
    for _ in range(2):
        with store.write() as tx:
            assert tx.one(AuditEntry, **line) is not None


def test_what_a_store_remembers_ends_with_the_next_commit_of_anybody(place: Place, store: SqlStore) -> None:
    """Also what was not there, and also within one process."""
    other = place.open()
    for writer in (store, other):
        for value in ("a", "b"):
            with writer.write() as tx:
                tx.save(MetaRecord(key="k", value=value))
            for reading in (store, other, store):
                with reading.read() as reader:
                    found = reader.one(MetaRecord, key="k")
                    assert found is not None and found.value == value
        with writer.write() as tx:
            tx.remove(MetaRecord, key="k")
        for reading in (store, other):
            with reading.read() as reader:
                assert reader.one(MetaRecord, key="k") is None
    other.close()


@pytest.mark.proves("SEC-8")
def test_reading_an_absent_store_makes_nothing(place: Place) -> None:
    store = place.open()
    assert store.exists() is False
    for ask in (lambda: store.read().__enter__(), lambda: store.store_id):
        with pytest.raises(StoreAbsent, match="there is no certwright store"):
            ask()
    assert store.is_testing() is True
    assert logical_dump(store) == "(no store)\n"
    assert store.exists() is False
    if place.path is not None:
        assert not place.path.parent.exists()
        assert list(place.path.parent.parent.iterdir()) == []


@pytest.mark.proves("SEC-8")
def test_a_write_makes_a_store_only_when_it_may(place: Place) -> None:
    refusing = place.open(may_create=False)
    for act in (lambda: refusing.write().__enter__(), lambda: refusing.lease("x", seconds=1, wait_seconds=0)):
        with pytest.raises(StoreAbsent, match="CERTWRIGHT_ALLOW_NEW_STORE=1") as caught:
            act()
        assert "certwright init" in str(caught.value)
    assert refusing.exists() is False
    with place.open().write() as tx:
        tx.save(certificate())
    with refusing.write() as tx:
        tx.save(certificate(2))
    assert len(refusing.store_id) == 32


@pytest.mark.proves("SEC-8")
@pytest.mark.parametrize(
    ("url", "environment", "allowed"),
    [
        ("sqlite:////s/a.db", {}, True),
        ("sqlite:////s/a.db", {"CI": "false"}, True),
        ("sqlite:////s/a.db", {"CI": "true"}, False),
        ("sqlite:////s/a.db", {"CI": "1", "CERTWRIGHT_ALLOW_NEW_STORE": "0"}, False),
        ("sqlite:////s/a.db", {"CI": "1", "CERTWRIGHT_ALLOW_NEW_STORE": "1"}, True),
        ("postgresql://h/d", {"CI": "true"}, True),
    ],
)
def test_a_ci_runner_needs_a_setting_for_a_new_local_store(
    url: str, environment: dict[str, str], allowed: bool
) -> None:
    assert creation_allowed(url, environment) is allowed


@pytest.mark.proves("SEC-8")
def test_each_store_has_a_random_id_and_create_keeps_an_existing_one(place: Place, store: SqlStore) -> None:
    again = place.open(testing=False)
    again.create()
    assert again.store_id == store.store_id
    assert again.is_testing() is True, "the mark is of the store and not of who opens it (SEC-9)"


def test_a_newer_layout_is_refused(place: Place, store: SqlStore) -> None:
    place.execute("UPDATE {s}meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(StoreUnavailable, match=r"newer certwright \(layout 99.*update certwright"):
        place.open().read().__enter__()


@pytest.mark.proves("SEC-8")
def test_a_store_without_an_id_is_damaged_and_not_new(place: Place, store: SqlStore) -> None:
    place.execute("DELETE FROM {s}meta")
    with pytest.raises(StoreUnavailable, match="no id in them"):
        place.open().write().__enter__()


def test_a_row_of_another_version_is_no_absent_row(place: Place, store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(version())
    place.execute("UPDATE {s}versions SET status = 'FROM_THE_FUTURE'")
    with store.read() as reader, pytest.raises(StoreUnavailable, match="holds a row in versions that cannot be read"):
        reader.one(VersionRecord, arn=arn())


def test_a_write_inside_a_write_is_a_programming_error(store: SqlStore) -> None:
    with store.write(), pytest.raises(RuntimeError, match="inside another"), store.write():
        pass
    with store.write(), pytest.raises(RuntimeError, match="before the write"):
        store.lease("x", seconds=1, wait_seconds=0)


def test_reading_changes_nothing(place: Place, store: SqlStore) -> None:
    with store.write() as tx:
        tx.save(certificate(), MetaRecord(key="k", value="v"))
    before = logical_dump(store)
    other = place.open()
    table = "meta" if place.is_sqlite else f"{place.schema}.meta"
    with other.read() as reader:
        reader.all(CertificateRecord)
        with pytest.raises(Exception, match=r"read-only|readonly"):
            reader._connection.driver.cursor().execute(f"DELETE FROM {table}")
    other.close()
    assert logical_dump(store) == before


@pytest.mark.proves("SEC-8")
def test_a_store_that_went_away_is_a_mismatch_and_is_not_made_again(sqlite_place: Place) -> None:
    store = sqlite_place.open()
    store.create()
    assert sqlite_place.path is not None
    sqlite_place.path.rename(sqlite_place.path.with_suffix(".away"))
    with pytest.raises(StoreMismatch, match="has gone while this process"):
        store.write().__enter__()
    sqlite_place.open().create()
    with pytest.raises(StoreMismatch, match="was replaced by another file"):
        store.read().__enter__()
    with pytest.raises(StoreMismatch, match="was replaced by another file"):
        store.write().__enter__()


def test_times_keep_their_microseconds(store: SqlStore) -> None:
    odd = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    with store.write() as tx:
        tx.save(certificate(revoked_at=odd))
        found = tx.one(CertificateRecord, arn=arn())
    assert found is not None
    assert found.revoked_at == odd
