"""`certwright renew --all-due` when nothing is due, with few and with many certificates stored, on both databases.

The command runs as a user runs it, in this process: settings, store, jobs, answer. What is left out is the start of Python
and the imports, which the section `startup` measures.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from certwright.cli.main import application
from certwright.config import load
from certwright.engine.jobs import all_jobs
from certwright.engine.jobs.walk import ripe
from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    CertificateRecord,
    CertificateStatus,
    Mode,
    VersionRecord,
)
from certwright.store.sql import SqlStore
from certwright.wiring import build
from figures import Row, Section, Spread, ratio, row
from stores import NoPostgres, PostgresServer
from typer.testing import CliRunner

FEW, MANY = 10_000, 100_000
TARGET_MS, TARGET_RATIO = 50.0, 1.5
CHUNK = 10_000
ASSOCIATED = 10  # every tenth certificate is on a target
ROUND = 50  # tasks of one job in one round, as a scheduler asks
CA = "arn:certwright:acm-pca:local:000000000000:certificate-authority/bench"
COMMAND = ("renew", "--all-due", "--yes", "--json")


def authority(now: datetime) -> list[AuthorityRecord | AuthorityVersionRecord]:
    """It was signed again once, so that what it signed before is looked for."""
    record = AuthorityRecord(
        arn=CA,
        region="local",
        account="000000000000",
        urn="urn:ca",
        type="ROOT",
        status=AuthorityStatus.ACTIVE,
        spec={"type": "ROOT"},
        serving_version=2,
        newest_version=2,
        created_at=now,
    )
    versions = [
        AuthorityVersionRecord(
            arn=CA,
            version=number,
            status=AuthorityStatus.ACTIVE,
            spec={"type": "ROOT"},
            key_handle=f"ca-{number}",
            created_at=now,
            has_certificate=True,
        )
        for number in (1, 2)
    ]
    return [record, *versions]


def certificate(number: int, now: datetime) -> list[CertificateRecord | VersionRecord | AssociationRecord]:
    """Renewed since its CA was signed again; its window opens between one and five days from now, and some are on a target.
    Nothing is due."""
    arn = f"arn:certwright:acm:local:000000000000:certificate/{number:032x}"
    spec = {"domainName": f"h{number}.internal", "certificateAuthorityArn": CA}
    due, made = now + timedelta(days=1, seconds=number * 3), now - timedelta(days=60)
    version = VersionRecord(
        arn=arn,
        version=2,
        status=CertificateStatus.ISSUED,
        spec=spec,
        reason_code="issuer.rotated",
        key_handle=f"key-{number:032x}",
        issuer_arn=CA,
        issuer_version=2,
        serial=f"{number * 7919 + (1 << 120):x}",
        fingerprint=f"{number:064x}",
        not_before=due - timedelta(days=60),
        not_after=due + timedelta(days=30),
        renewal_due=due,
        requested_at=made,
        issued_at=made,
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
        created_at=made,
        newest_version=2,
        serving_version=2,
        tags={},
    )
    before = replace(version, version=1, issuer_version=1, serial=f"{number * 7919:x}", serving=False)
    return [record, before, version, *([_association(number, arn, made)] if number % ASSOCIATED == 0 else [])]


def _association(number: int, arn: str, made: datetime) -> AssociationRecord:
    place = f"/srv/tls/{number}"
    return AssociationRecord(
        arn=f"arn:certwright:acm:local:000000000000:association/{number:032x}",
        region="local",
        account="000000000000",
        urn=f"urn:on:{number}",
        certificate_arn=arn,
        target_kind="directory",
        place=place,
        target={"directory": {"path": place}},
        verify={},
        status=AssociationStatus.DEPLOYED,
        deployed_version=2,
        created_at=made,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An installation with `count` certificates."""

    environment: dict[str, str]
    count: int

    def run_ms(self, *command: str) -> tuple[float, str]:
        app, kept = application(), {name: "" for name in os.environ if name.startswith("CERTWRIGHT_")}
        began = time.perf_counter()
        result = CliRunner().invoke(app, list(command), env={**kept, "CI": "", **self.environment})
        taken = (time.perf_counter() - began) * 1000
        if result.exit_code != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {result.exit_code}: {result.stderr}")
        return taken, result.stdout

    def asked_ms(self) -> float:
        """What the command and a scheduler's round do alike: ask every job, in a store that is open."""
        services = build(load(environ=self.environment), environment=self.environment)
        try:
            for _ in range(2):  # the first one connects
                began = time.perf_counter()
                with services.store.read() as reader:
                    found = ripe(services, reader, all_jobs(), now=services.clock.now(), limit=ROUND)
                taken = (time.perf_counter() - began) * 1000
        finally:
            services.close()
        if found:
            raise RuntimeError("something was due")
        return taken


def filled(home: Path, count: int, url: str = "") -> Installed:
    """Rows go in by transactions, past the engine. No DER and no keys: they lie in side tables."""
    environment = {"CERTWRIGHT_HOME": str(home), "CERTWRIGHT_TESTING_STORE": "1", "CERTWRIGHT_ALLOW_NEW_STORE": "1"}
    if url:
        environment |= {"CERTWRIGHT_STORE": url, "CERTWRIGHT_KEY_WRAPPER": f"file:{home}/config/wrap.key"}
    services = build(load(environ=environment), environment=environment)
    assert isinstance(services.store, SqlStore)
    services.store.create()
    now = datetime.now(UTC)
    with services.store.write() as tx:
        tx.save(*authority(now))
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        with services.store.write() as tx:
            tx.save(*(record for number in numbers for record in certificate(number, now)))
    services.close()
    if url:
        _analyzed(url)
    return Installed(environment=environment, count=count)


def _analyzed(url: str) -> None:
    """As autovacuum does some minutes later: with statistics a planner may choose otherwise than without."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", "").partition("?")[0], autocommit=True) as connection:
        connection.execute("ANALYZE")


def measured(database: str, few: Installed, many: Installed, *, runs: int) -> tuple[list[Row], dict[str, list[float]]]:
    """Both in turns, so that what slows the machine slows both."""
    times: dict[int, list[float]] = {few.count: [], many.count: []}
    for each in (few, many):
        each.run_ms(*COMMAND)
    for _ in range(runs):
        for each in (few, many):
            taken, said = each.run_ms(*COMMAND)
            if '"plans": []' not in said:
                raise RuntimeError(f"something was due: {said[:200]}")
            times[each.count].append(taken)
    rows = [
        row(f"{database}, {count:,} stored, none due", Spread.of(series), "ms", bound="at most", target=TARGET_MS)
        for count, series in times.items()
    ]
    compared = ratio(times[many.count], times[few.count])
    rows.append(row(f"{database}, {MANY:,} against {FEW:,}", compared, "x", bound="at most", target=TARGET_RATIO))
    asked = {each.count: [each.asked_ms() for _ in range(runs)] for each in (few, many)}
    for count, series in asked.items():
        what = f"{database}, {count:,} stored: the jobs alone, in an open store"
        rows.append(row(what, Spread.of(series), "ms", bound="at most", target=TARGET_MS))
    # That it finds something when there is something, else the figures say nothing.
    later = Installed(environment={**few.environment, "CERTWRIGHT_CLOCK_OFFSET": "+25h"}, count=few.count)
    found = later.run_ms(*COMMAND[:2], "--dry-run", "--json")[1].count("certificate/")
    rows.append(Row(what=f"{database}, cross-check: mentions in a dry run 25 hours later", figure=found, unit="ARNs"))
    raw = {f"{database} {count}": series for count, series in times.items()}
    return rows, raw | {f"{database} {count} jobs": series for count, series in asked.items()}


@contextmanager
def databases(scratch: Path) -> Iterator[dict[str, tuple[Installed, Installed]]]:
    """SQLite, and PostgreSQL where there is a server: few and many of each."""
    found = {"SQLite": (filled(scratch / "few", FEW), filled(scratch / "many", MANY))}
    try:
        server = PostgresServer().__enter__()
    except NoPostgres:
        yield found
        return
    try:
        few, many = (filled(scratch / f"p{n}", n, server.url(f"scan{n}")) for n in (FEW, MANY))
        yield {**found, "PostgreSQL": (few, many)}
    finally:
        server.__exit__()


def measure(scratch: Path, *, quick: bool) -> Section:
    rows: list[Row] = []
    raw: dict[str, list[float]] = {}
    with databases(scratch) as installed:
        for database, (few, many) in installed.items():
            more, series = measured(database, few, many, runs=11 if quick else 31)
            rows += more
            raw |= series
    return Section(
        name="scan",
        title="certwright renew --all-due, none due",
        rows=tuple(rows),
        raw={"ms": raw},
        remarks=(
            f"the whole command but for the imports; each certificate was renewed since its CA was signed again, every {ASSOCIATED}th is "
            "on a target; rows written past the engine, without the side tables that hold DER and keys",
        ),
    )
