"""The renewal scan: what a look for due certificates costs when none is due, with few and with many stored."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from certwright.engine.records import CertificateRecord, CertificateStatus, Mode, VersionRecord
from certwright.store.actor import Actor
from certwright.store.layout import mapping_of
from certwright.store.sql import SqlStore
from certwright.system import SystemClock
from figures import Row, Section, Spread, ratio, row

FEW, MANY, MANY_QUICK = 10_000, 1_000_000, 100_000
LIMIT = 100
SERVING: dict[str, Any] = {"serving": True, "status": CertificateStatus.ISSUED}
TARGET_MS, TARGET_RATIO = 1.0, 3.0
NOW = datetime(2026, 6, 1, tzinfo=UTC)
CHUNK = 20_000
CA = "arn:certwright:acm-pca:local:000000000000:certificate-authority/bench"


def certificate(number: int) -> tuple[CertificateRecord, VersionRecord]:
    """An issued one whose window opens between one and 46 days after NOW: nothing is due."""
    arn = f"arn:certwright:acm:local:000000000000:certificate/{number:032x}"
    spec = {"domainName": f"h{number}.internal", "certificateAuthorityArn": CA}
    due = NOW + timedelta(days=1, seconds=number * 3)
    version = VersionRecord(
        arn=arn,
        version=1,
        status=CertificateStatus.ISSUED,
        spec=spec,
        reason_code="request",
        key_handle=f"key-{number:032x}",
        issuer_arn=CA,
        issuer_version=1,
        serial=f"{number * 7919 + (1 << 120):x}",
        fingerprint=f"{number:064x}",
        not_before=due - timedelta(days=60),
        not_after=due + timedelta(days=30),
        renewal_due=due,
        requested_at=NOW - timedelta(days=60),
        issued_at=NOW - timedelta(days=60),
        has_certificate=True,
        serving=True,
    )
    record = CertificateRecord(
        arn=arn,
        region="local",
        account="000000000000",
        urn=f"urn:{number}",
        mode=Mode.PRIVATE,
        domain_name=f"h{number}.internal",
        spec=spec,
        created_at=NOW - timedelta(days=60),
        newest_version=1,
        serving_version=1,
        tags={},
    )
    return record, version


def filled(path: Path, count: int) -> SqlStore:
    """A store with `count` certificates and versions; rows go in by SQL, past the engine. No DER: it lies in a side table."""
    store = SqlStore(
        f"sqlite:///{path}",
        may_create=lambda: True,
        testing=True,
        clock=SystemClock(),
        actor=Actor.from_environment({}),
    )
    store.create()
    mappings = [mapping_of(kind) for kind in (CertificateRecord, VersionRecord)]
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    for start in range(0, count, CHUNK):
        made = [certificate(number) for number in range(start, min(start + CHUNK, count))]
        for mapping, records in zip(mappings, zip(*made, strict=True), strict=True):
            marks = ",".join("?" * len(mapping.names))
            rows = [mapping.encode(record) for record in records]
            statement = f'INSERT INTO "{mapping.table}" ({",".join(mapping.names)}) VALUES ({marks})'  # noqa: S608
            connection.executemany(statement, rows)
        connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return store


def scan_ms(store: SqlStore, now: datetime, times: int) -> float:
    """Milliseconds of one scan, sessions included; the mean of `times` in a row."""
    began = time.perf_counter()
    for _ in range(times):
        with store.read() as reader:
            if reader.ripe(VersionRecord, "renewal_due", by=now, limit=LIMIT, **SERVING):
                raise RuntimeError("something was due")
    return (time.perf_counter() - began) * 1000 / times


def measure(scratch: Path, *, quick: bool) -> Section:
    many = MANY_QUICK if quick else MANY
    stores = {count: filled(scratch / f"scan{count}" / "store.db", count) for count in (FEW, many)}
    times: dict[int, list[float]] = {count: [] for count in stores}
    for store in stores.values():
        scan_ms(store, NOW, 50)
    for _ in range(15):
        for count, store in stores.items():
            times[count].append(scan_ms(store, NOW, 50))
    # That the scan finds something when there is something, else the figures say nothing.
    with stores[FEW].read() as reader:
        found = len(reader.ripe(VersionRecord, "renewal_due", by=NOW + timedelta(days=2), limit=LIMIT, **SERVING))
    for store in stores.values():
        store.close()
    rows = [
        row(f"scan, {count:,} stored, none due", Spread.of(series), "ms", bound="at most", target=TARGET_MS)
        for count, series in times.items()
    ]
    rows.append(
        row(f"{many:,} against {FEW:,}", ratio(times[many], times[FEW]), "x", bound="at most", target=TARGET_RATIO)
    )
    rows.append(Row(what=f"cross-check: found a day later (limit {LIMIT})", figure=found, unit="rows"))
    return Section(
        name="scan",
        title="Renewal scan, SQLite",
        rows=tuple(rows),
        raw={"scan_ms": {str(count): series for count, series in times.items()}},
        remarks=("rows written by SQL: certificates and versions, without the side table that holds DER",),
    )
