"""OPS-1: two stacks share one store, and two machines' worth of `up` run at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from certwright.engine.records import AssociationRecord, CertificateRecord, SerialRecord, VersionRecord
from certwright.engine.services import Services
from live.harness import Stack, directory_association, wiki

pytestmark = pytest.mark.needs_pulumi

MANY = 6


def two_stacks(empty: Stack, blank: Path, tmp_path: Path, ended: list[Stack], more: dict[str, str]) -> list[Stack]:
    """A stack that made the authorities in a shared store, and two that issue from them."""
    from live.harness import authorities

    empty.more |= more
    empty.resources.update(authorities())
    empty.up().ok()
    issuer = empty.id("issuing")
    stacks = []
    for number in range(2):
        stack = Stack.make(tmp_path / f"second{number}", blank)
        ended.append(stack)
        stack.more |= {"CERTWRIGHT_HOME": str(empty.home), **more}
        stack.program["name"] = "shop"
        for index in range(MANY):
            name = f"c{index}"
            stack.resources[name] = wiki(
                domainName=f"{name}.stack{number}.internal",
                certificateAuthorityArn=issuer,
                subjectAlternativeNames=None,
            )
        stack.resources["onDisk"] = directory_association(tmp_path / f"tls{number}", certificate="c0")
        stacks.append(stack)
    return stacks


def both(stacks: list[Stack], *arguments: str) -> None:
    running = [stack.start(*arguments) for stack in stacks]
    for process in running:
        stdout, stderr = process.communicate(timeout=180)
        assert process.returncode == 0, stdout + stderr


def assert_apart(stacks: list[Stack], reader_of: Stack, versions: int) -> None:
    with reader_of.services() as services, services.store.read() as reader:
        ids = {entry["id"] for stack in stacks for name, entry in stack.state().items()}
        records = {r.arn for r in reader.all(CertificateRecord)} | {r.arn for r in reader.all(AssociationRecord)}
        assert records == ids
        serials = [v.serial for v in reader.all(VersionRecord)]
        assert len(serials) == len(set(serials)) == versions
        assert len({(s.issuer_arn, s.serial) for s in reader.all(SerialRecord)}) == versions + 2


@pytest.mark.proves("OPS-1", "CRT-11", "SEC-5")
def test_two_ups_at_once_share_one_sqlite_store(empty: Stack, blank: Path, tmp_path: Path, ended: list[Stack]) -> None:
    stacks = two_stacks(empty, blank, tmp_path, ended, {})
    both(stacks, "up", "--yes", "--skip-preview")
    assert_apart(stacks, empty, 2 * MANY)
    for stack in stacks:
        stack.unchanged()


@pytest.mark.proves("OPS-1", "SEC-5", "REN-4")
def test_two_ups_at_once_share_one_postgresql_store(
    empty: Stack, blank: Path, tmp_path: Path, ended: list[Stack], postgres_url: str
) -> None:
    more = {"CERTWRIGHT_STORE": postgres_url, "CERTWRIGHT_KEY_WRAPPER": f"file:{tmp_path / 'wrapping.key'}"}
    stacks = two_stacks(empty, blank, tmp_path, ended, more)
    both(stacks, "up", "--yes", "--skip-preview")
    assert_apart(stacks, empty, 2 * MANY)
    # the same change at once: leases keep them apart, each certificate gets one new version
    for stack in stacks:
        for index in range(MANY):
            stack.resources[f"c{index}"]["properties"]["subjectAlternativeNames"] = ["10.1.1.1"]
    both(stacks, "up", "--yes", "--skip-preview")
    assert_apart(stacks, empty, 4 * MANY)
    for stack in stacks:
        stack.unchanged()


@pytest.mark.proves("OPS-1", "REN-3")
def test_one_due_certificate_that_two_runs_renew_is_renewed_once(aged: Stack) -> None:
    """Two schedulers and an `up` at once: whoever comes later finds the newer version."""
    from certwright.engine import certificates
    from certwright.engine.issuance import get

    arn = aged.id("wiki")
    with aged.services() as one, aged.services() as two:
        with one.store.read() as reader:
            spec = dict(get(reader, arn).spec)

        def renew(services: Services) -> None:
            certificates.reissue(services, arn, expected_newest=1, spec=spec, reason_code="renewal.window_open")

        cli = aged.start("up", "--yes", "--skip-preview")
        schedulers = [threading.Thread(target=renew, args=(services,)) for services in (one, two)]
        for scheduler in schedulers:
            scheduler.start()
        stdout, stderr = cli.communicate(timeout=120)
        for scheduler in schedulers:
            scheduler.join(60)
        assert cli.returncode == 0, stdout + stderr
        with one.store.read() as reader:
            assert sorted(v.version for v in reader.all(VersionRecord, arn=arn)) == [1, 2]
    aged.refresh().ok()
    aged.unchanged()
