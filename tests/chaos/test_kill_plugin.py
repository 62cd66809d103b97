"""SEC-5: the plugin killed at every failpoint under the real CLI; afterwards `up` completes and nothing is twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from certwright.engine.failpoints import FAILPOINTS
from certwright.engine.records import (
    AssociationRecord,
    AuthorityRecord,
    AuthorityVersionRecord,
    CertificateRecord,
    SerialRecord,
    VersionRecord,
)
from certwright.server.dns import DnsServer
from chaos.secretsearch import assert_nowhere, secrets_of
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from live.harness import Stack, authorities, directory_association, wiki
from live.publicworld import public, settings, validation, world

pytestmark = pytest.mark.needs_pulumi

# Failpoints of steps that a first `up` does not take: they are hit by what is done after it.
# Of a remote issuer, of an older store, and of a way back: killed in unit tests, in tests/upgrade and in test_kill_matrix.py.
OF_OTHERS = ("order.", "migration.")
WAY_BACK = "_back"
ON_DELETE = ("delete.before_record", "delete.after_record")
# `make test` kills under the real CLI here and there; test_kill_matrix.py kills at each, without it, and is quicker.
SAMPLED = (
    "authority.after_sign",
    "request.after_record",
    "issue.after_sign",
    "issue.after_sign:2",
    "validation.after_proof",
    "deploy.after_switch",
)
# Each commit of a run is a place of its own; and the second certificate is the public one, which was journaled before.
PUBLIC_SIGNED = "issue.after_sign:2"
LATER = (
    PUBLIC_SIGNED,
    *(f"store.{when}_commit:{count}" for when in ("before", "after") for count in range(2, 11)),
)


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with world() as server:
        yield server


def whole(directory: Path, blank: Path, dns: DnsServer, ended: list[Stack]) -> Stack:
    """Two authorities, a private and a public-kind certificate, the validation, a place for each; not deployed."""
    stack = Stack.make(directory / "stack", blank)
    ended.append(stack)
    stack.config = settings(dns)
    stack.resources.update(
        authorities(),
        wiki=wiki(),
        www=public(),
        proved=validation(dnsWriter="corp"),
        onDisk=_reloaded(directory / "tls" / "wiki", "wiki"),
        onEdge=directory_association(directory / "tls" / "www", certificate="proved.certificateArn"),
    )
    return stack


def _reloaded(path: Path, certificate: str) -> dict[str, object]:
    made = directory_association(path, certificate=certificate)
    made["properties"]["target"]["directory"]["reload"] = ["/bin/true"]
    return made


def assert_pair(place: Path) -> x509.Certificate | None:
    """A target holds the old pair or the new pair: the key fits the certificate."""
    current = place / "current"
    if not current.exists():
        return None
    certificate = x509.load_pem_x509_certificate((current / "cert.pem").read_bytes())
    key = load_pem_private_key((current / "privkey.pem").read_bytes(), None)
    assert key.public_key() == certificate.public_key()
    return certificate


def assert_one_of_each(stack: Stack) -> None:
    """One live record for each resource; no serial number twice, issued or reserved; nothing half done."""
    with stack.services() as services, services.store.read() as reader:
        certificates = {r.arn for r in reader.all(CertificateRecord)}
        authorities_ = {r.arn for r in reader.all(AuthorityRecord) if r.status.value != "DELETED"}
        associations = {r.arn for r in reader.all(AssociationRecord)}
        declared = {name: entry for name, entry in stack.state().items() if name != "proved"}
        assert certificates | authorities_ | associations == {entry["id"] for entry in declared.values()}
        assert len(declared) == len(certificates) + len(authorities_) + len(associations)
        versions = [*reader.all(VersionRecord), *reader.all(AuthorityVersionRecord)]
        assert all(v.has_certificate for v in versions)
        issued = [(v.issuer_arn, v.serial) for v in versions]
        assert len(issued) == len(set(issued))
        reserved = [(s.issuer_arn, s.serial) for s in reader.all(SerialRecord)]
        assert len(reserved) == len(set(reserved))
        assert set(issued) <= set(reserved)


def killed_and_finished(stack: Stack, failpoint: str, places: Path, *, env: dict[str, str] | None = None) -> None:
    """`up` with the failpoint dies, `up` without it completes; the target is whole at every moment."""
    before = {p: assert_pair(p) for p in (places / "wiki", places / "www")}
    run = stack.up(env={**(env or {}), "CERTWRIGHT_FAILPOINT": failpoint})
    run.failed()  # else the failpoint was not hit
    assert "exited prematurely" in run.text or "EOF" in run.text, run.text
    for place, old in before.items():
        now = assert_pair(place)
        assert old is None or now is not None, "the old pair went before the new one was there"
    stack.up(env=env).ok()
    stack.unchanged(env=env)
    assert_one_of_each(stack)
    for name, place in (("wiki", "wiki"), ("proved", "www")):
        served = assert_pair(places / place)
        assert served is not None
        assert format(served.serial_number, "x") == stack.outputs(name)["serialNumber"]


def _cases() -> list[str]:
    left_out = {name for name in FAILPOINTS if name.startswith(OF_OTHERS) or name.endswith(WAY_BACK)}
    return [name for name in FAILPOINTS if name not in ON_DELETE and name not in left_out]


@pytest.mark.proves("SEC-5", "CRT-5")
@pytest.mark.parametrize(
    "failpoint", [pytest.param(n, marks=() if n in SAMPLED else pytest.mark.full) for n in (*_cases(), *LATER)]
)
def test_a_first_up_that_is_killed_is_finished_by_the_next(
    failpoint: str, tmp_path: Path, blank: Path, dns: DnsServer, ended: list[Stack]
) -> None:
    stack = whole(tmp_path, blank, dns, ended)
    killed_and_finished(stack, failpoint, tmp_path / "tls")
    secrets = secrets_of(stack)
    assert_nowhere(secrets, stack.directory, except_below=())


@pytest.mark.proves("SEC-5", "REN-3")
@pytest.mark.parametrize("failpoint", ["issue.after_journal", "issue.after_sign", "deploy.before_switch"])
def test_a_renewal_that_is_killed_serves_the_old_pair_until_the_next_up(
    failpoint: str, tmp_path: Path, aged: Stack
) -> None:
    age = {"CERTWRIGHT_CLOCK_OFFSET": "-25d"}
    place = tmp_path / "tls"
    aged.resources["onDisk"] = directory_association(place)
    aged.up(env=age).ok()
    old = assert_pair(place)
    run = aged.up(env={"CERTWRIGHT_FAILPOINT": failpoint}).failed()
    assert "exited prematurely" in run.text or "EOF" in run.text
    assert assert_pair(place) == old
    aged.up().ok()
    fresh = assert_pair(place)
    assert fresh is not None and fresh != old
    assert aged.outputs("wiki")["version"] == 2
    assert format(fresh.serial_number, "x") == aged.outputs("wiki")["serialNumber"]
    assert_one_of_each(aged)
    aged.unchanged()


@pytest.mark.proves("SEC-5")
@pytest.mark.parametrize("failpoint", ON_DELETE)
@pytest.mark.parametrize("count", [1, 2])
def test_a_destroy_that_is_killed_is_finished_by_the_next(
    failpoint: str, count: int, tmp_path: Path, stack: Stack
) -> None:
    stack.resources["onDisk"] = directory_association(tmp_path / "tls")
    stack.up().ok()
    stack.destroy(env={"CERTWRIGHT_FAILPOINT": f"{failpoint}:{count}"}).failed()
    stack.destroy().ok()
    assert stack.state() == {}
    assert not (tmp_path / "tls" / "current").exists()
    with stack.services() as services, services.store.read() as reader:
        assert reader.all(CertificateRecord) == []
        assert reader.all(AssociationRecord) == []


def kill_cli_after(stack: Stack, ready: Callable[[], bool]) -> None:
    """kill -9 of the CLI, then wait until its plugins are gone, and take the stack's lock away as a person would."""
    cli = stack.start("up", "--yes", "--skip-preview")
    deadline = time.monotonic() + 60
    while not ready() and cli.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    os.kill(cli.pid, signal.SIGKILL)
    cli.communicate()
    while stack.plugins() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stack.plugins() == []
    _whole_again(stack.state_file)
    stack.run("cancel", "--yes").ok()


def _whole_again(state: Path) -> None:
    """Pulumi's file backend keeps attributes beside its state. Killed while it writes those, it leaves an empty file that it
    cannot read again ("failed to load checkpoint: EOF"); without the file it can."""
    attributes = state.with_name(f"{state.name}.attrs")
    if attributes.exists() and attributes.stat().st_size == 0:
        attributes.unlink()


EVERY_CLI = ["root", "issuing", "wiki", "www", "proved", "onDisk", "onEdge"]


@pytest.mark.proves("SEC-5", "CRT-5")
@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n == "wiki" else pytest.mark.full) for n in EVERY_CLI])
def test_a_cli_that_is_killed_leaves_nothing_twice(
    name: str, tmp_path: Path, blank: Path, dns: DnsServer, ended: list[Stack]
) -> None:
    stack = whole(tmp_path, blank, dns, ended)

    def ready() -> bool:
        try:
            return f"::{name}" in stack.state_file.read_text()
        except OSError:
            return False

    kill_cli_after(stack, ready)
    stack.up().ok()
    stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").ok()
    assert_one_of_each(stack)
    stack.unchanged()


@pytest.mark.proves("SEC-5", "OPS-1")
@pytest.mark.parametrize(
    "failpoint",
    [pytest.param(n, marks=() if n == PUBLIC_SIGNED else pytest.mark.full) for n in (*_cases(), PUBLIC_SIGNED)],
)
def test_a_first_up_that_is_killed_is_finished_on_postgresql_too(
    failpoint: str, tmp_path: Path, blank: Path, dns: DnsServer, ended: list[Stack], postgres_url: str
) -> None:
    stack = whole(tmp_path, blank, dns, ended)
    stack.more |= {"CERTWRIGHT_STORE": postgres_url, "CERTWRIGHT_KEY_WRAPPER": f"file:{tmp_path / 'wrapping.key'}"}
    killed_and_finished(stack, failpoint, tmp_path / "tls")
