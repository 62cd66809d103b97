"""kill -9 at every failpoint, in every phase that passes it: the next run finishes the work, and nothing is doubled (SEC-5).

The bounded form kills once at each failpoint on SQLite; the full form kills at every hit of each, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from certwright.config import load
from certwright.domain.certificate import parse_certificate
from certwright.domain.imported import load_private_key, same_public_key
from certwright.domain.values import Secret
from certwright.engine.failpoints import FAILPOINTS
from certwright.engine.records import (
    AssociationRecord,
    AuthorityRecord,
    AuthorityStatus,
    CertificateRecord,
    KeyRecord,
    SerialRecord,
    VersionRecord,
)
from certwright.server.dns import DnsServer
from certwright.wiring import build
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from servers.postgres import PostgresServer

DRIVER = Path(__file__).parent / "driver.py"
TSIG = base64.b64encode(b"a tsig secret for the kill matrix").decode()
# The phase in which a failpoint is first passed; the others are only passed there, too.
PHASES = {"delete": "destroy", "store": "up"}
RENEWALS = (
    "issue.after_journal",
    "issue.after_sign",
    "issue.after_store",
    "deploy.before_switch",
    "deploy.after_switch",
    "deploy.after_put",
    "deploy.before_tell",
    "deploy.before_reload",
    "deploy.after_tell",
    "deploy.before_proof",
    "deploy.after_record",
)


@dataclass
class Place:
    """One run's directories: `home` (store and keys), `tls` (targets), the engine's state file."""

    base: Path
    dns: DnsServer
    store: str = ""

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def tls(self) -> Path:
        return self.base / "tls"

    @property
    def broken(self) -> Path:
        """While this file is there, the server refuses to reload."""
        return self.base / "broken"

    def environment(self, **more: str) -> dict[str, str]:
        reached = {"rfc2136": {"server": self.dns.host, "port": self.dns.port, "keyName": "w", "keySecret": TSIG}}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CERTWRIGHT_", "PULUMI_")) and k != "CI"}
        settings = {
            "CERTWRIGHT_HOME": str(self.home),
            "CERTWRIGHT_TESTING_STORE": "1",
            "CERTWRIGHT_VALIDATION_DOMAIN": "validate.example",
            "CERTWRIGHT_VALIDATION_WRITER": "own",
            "CERTWRIGHT_DNS_WRITERS": json.dumps({"own": reached}),
            "CERTWRIGHT_AUTHORITATIVE_SERVERS": json.dumps(
                {"com": [self.dns.endpoint], "example": [self.dns.endpoint], "validate.example": [self.dns.endpoint]}
            ),
            "PROGRAM": json.dumps(self.program()),
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        }
        if self.store:
            settings |= {"CERTWRIGHT_STORE": self.store, "CERTWRIGHT_KEY_WRAPPER": f"file:{self.home}/config/wrap.key"}
        return {**kept, **settings, **more}

    def program(self) -> dict[str, object]:
        subject = {"subject": {"commonName": "Chaos CA"}}
        reload = ["test", "!", "-e", str(self.broken)]
        where = {name: {"directory": {"path": str(self.tls / name), "reload": reload}} for name in ("wiki", "www")}
        return {
            "root": _resource("authority", type="ROOT", certificateAuthorityConfiguration=subject),
            "issuing": _resource(
                "authority", type="SUBORDINATE", parentArn="${root.arn}", certificateAuthorityConfiguration=subject
            ),
            "wiki": _resource(
                "certificate",
                domainName="wiki.internal",
                certificateAuthorityArn="${issuing.arn}",
                validity={"type": "DAYS", "value": 30},
                earlyRenewalDuration="P10D",
            ),
            "wikiOn": _resource("association", certificateArn="${wiki.arn}", target=where["wiki"]),
            "www": _resource(
                "certificate",
                domainName="www.example.com",
                validationMethod="DNS",
                publicIssuer="${issuing.arn}",
                validity={"type": "DAYS", "value": 30},
                earlyRenewalDuration="P10D",
            ),
            "proof": _resource("validation", certificateArn="${www.arn}", dnsWriter="own"),
            "wwwOn": _resource("association", certificateArn="${proof.certificateArn}", target=where["www"]),
        }

    def run(self, phase: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(DRIVER), phase, str(self.base / "state.json")],
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def _resource(kind: str, **properties: object) -> dict[str, object]:
    return {"kind": kind, "properties": properties}


@pytest.fixture(scope="module")
def dns() -> Iterator[DnsServer]:
    with DnsServer({"com": (), "example": (), "example.com": (), "validate.example": ()}, {"w": TSIG}) as server:
        yield server


OLD = {"CERTWRIGHT_CLOCK_OFFSET": "-25d"}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, dns: DnsServer) -> Place:
    """Everything declared, 25 days ago: both certificates are due now."""
    place = Place(tmp_path_factory.mktemp("deployed"), dns)
    done = place.run("up", **OLD)
    assert done.returncode == 0, done.stdout + done.stderr
    return place


def start(tmp_path: Path, dns: DnsServer, phase: str, deployed: Place) -> Place:
    """A place in which `phase` is to be killed. Targets have absolute paths, so a copy gets links to its own."""
    place = Place(tmp_path, dns)
    if phase == "up":
        return place
    shutil.copytree(deployed.home, place.home)
    shutil.copytree(deployed.tls, place.tls, symlinks=True)
    state = (deployed.base / "state.json").read_text().replace(str(deployed.base), str(tmp_path))
    (tmp_path / "state.json").write_text(state)
    _move_targets(place, deployed)
    return place


def _move_targets(place: Place, deployed: Place) -> None:
    """The copied store's associations point at the copied directories."""
    from dataclasses import replace

    services = build(load({}, environ=place.environment()), environment=place.environment())
    try:
        with services.store.write() as tx:
            for record in tx.all(AssociationRecord):
                moved = json.loads(json.dumps(record.target).replace(str(deployed.base), str(place.base)))
                path = record.place.replace(str(deployed.base), str(place.base))
                tx.save(replace(record, target=moved, place=path))
    finally:
        services.store.close()


def assert_whole(place: Place, *, declared: bool, version: int) -> None:
    """What must hold after the work was finished, whatever was killed before."""
    services = build(load({}, environ=place.environment()), environment=place.environment())
    try:
        with services.store.read() as reader:
            certificates = reader.all(CertificateRecord)
            versions = reader.all(VersionRecord)
            authorities = [a for a in reader.all(AuthorityRecord) if a.status is not AuthorityStatus.DELETED]
            serials = reader.all(SerialRecord)
            keys = reader.all(KeyRecord)
            clear = [services.vault.private_pem(reader, key.handle) for key in keys]
    finally:
        services.store.close()
    assert sorted(c.domain_name for c in certificates) == (["wiki.internal", "www.example.com"] if declared else [])
    assert len(authorities) == (2 if declared else 0)
    if declared:
        assert {c.serving_version for c in certificates} == {c.newest_version for c in certificates} == {version}
    issued = [(v.issuer_arn, v.serial) for v in versions if v.has_certificate]
    assert len(issued) == len(set(issued))
    assert set(issued) <= {(s.issuer_arn, s.serial) for s in serials}
    assert_no_key_in_clear(place, clear)


def assert_no_key_in_clear(place: Place, pems: list[bytes]) -> None:
    """Neither PEM nor DER of any key lies in the data or configuration directory (SEC-1)."""
    stored = b"".join(p.read_bytes() for p in sorted(place.home.rglob("*")) if p.is_file())
    for pem in pems:
        key = load_pem_private_key(pem, None)
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        scalar = key.private_numbers().private_value.to_bytes(32, "big")  # type: ignore[union-attr]
        for form in (der, base64.b64encode(der), scalar, pem):
            assert form not in stored


def assert_pairs(place: Place) -> None:
    """Each target holds one matching pair, or nothing: never a certificate with another one's key (ASC-1)."""
    for target in ("wiki", "www"):
        current = place.tls / target / "current"
        if not (current / "cert.pem").exists():
            assert not (current / "privkey.pem").exists()
            continue
        certificate = parse_certificate((current / "cert.pem").read_bytes())
        key = load_private_key(Secret((current / "privkey.pem").read_text()))
        assert same_public_key(key.public_key(), certificate.public_key())


def kill_and_finish(place: Place, phase: str, failpoint: str, clock: dict[str, str], version: int) -> bool:
    """False when the phase passes the failpoint less often than asked."""
    action = "destroy" if phase == "destroy" else "up"
    if phase == "renew in vain":
        place.broken.touch()
    killed = place.run(action, CERTWRIGHT_FAILPOINT=failpoint, **clock)
    place.broken.unlink(missing_ok=True)
    if killed.returncode == 0:
        return False
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    assert_pairs(place)
    again = place.run(action, **clock)
    assert again.returncode == 0, again.stdout + again.stderr
    assert_pairs(place)
    assert_whole(place, declared=phase != "destroy", version=version)
    third = place.run(action, **clock)
    assert third.returncode == 0, third.stdout + third.stderr
    assert_whole(place, declared=phase != "destroy", version=version)
    return True


def _phases(failpoint: str) -> list[str]:
    if failpoint.startswith("delete."):
        return ["destroy"]
    if failpoint.endswith("_back"):
        return ["renew in vain"]
    return ["up", "renew"] if failpoint in RENEWALS else ["up"]


# Of a remote issuer, and of an older store: tests/unit/engine/test_ordering.py and tests/upgrade kill there.
OF_OTHERS = ("order.", "migration.")
CASES = [(f, p) for f in FAILPOINTS if not f.startswith(OF_OTHERS) for p in _phases(f)]


@pytest.mark.proves("SEC-5", "CRT-5", "SEC-1", "SEC-3", "ASC-1")
@pytest.mark.parametrize(("failpoint", "phase"), CASES, ids=[f"{f} in {p}" for f, p in CASES])
def test_killed_once(tmp_path: Path, dns: DnsServer, deployed: Place, failpoint: str, phase: str) -> None:
    place = start(tmp_path, dns, phase, deployed)
    clock, version = (OLD, 1) if phase == "up" else ({}, 2 if phase.startswith("renew") else 1)
    assert kill_and_finish(place, phase, failpoint, clock, version), f"{failpoint} is not passed in {phase}"


@pytest.mark.full
@pytest.mark.proves("SEC-5")
@pytest.mark.parametrize(("failpoint", "phase"), CASES, ids=[f"{f} in {p}" for f, p in CASES])
def test_killed_at_every_hit(
    tmp_path_factory: pytest.TempPathFactory, dns: DnsServer, deployed: Place, failpoint: str, phase: str
) -> None:
    for hit in range(1, 60):
        place = start(tmp_path_factory.mktemp("hit"), dns, phase, deployed)
        clock, version = (OLD, 1) if phase == "up" else ({}, 2 if phase.startswith("renew") else 1)
        if not kill_and_finish(place, phase, f"{failpoint}:{hit}", clock, version):
            return
    raise AssertionError(f"{failpoint} is passed 60 times and more in {phase}")


def on_postgresql(base: Path, dns: DnsServer, server: PostgresServer) -> Place:
    return Place(base, dns, store=server.url(f"kill_{secrets.token_hex(6)}"))


@pytest.mark.proves("SEC-5", "OPS-1")
@pytest.mark.parametrize("failpoint", ["issue.after_sign", "store.before_commit:9", "deploy.after_switch"])
def test_killed_on_postgresql(tmp_path: Path, dns: DnsServer, postgres_server: PostgresServer, failpoint: str) -> None:
    place = on_postgresql(tmp_path, dns, postgres_server)
    assert kill_and_finish(place, "up", failpoint, OLD, 1)


@pytest.mark.full
@pytest.mark.proves("SEC-5", "OPS-1")
@pytest.mark.parametrize("failpoint", [f for f, p in CASES if p == "up"])
def test_killed_once_on_postgresql(
    tmp_path: Path, dns: DnsServer, postgres_server: PostgresServer, failpoint: str
) -> None:
    place = on_postgresql(tmp_path, dns, postgres_server)
    assert kill_and_finish(place, "up", failpoint, OLD, 1)
