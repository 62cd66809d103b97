"""Services without an outside: a store in a temporary directory, a clock that stands still, and scripted ports.

Every default is correct (names prove, CAA allows, targets install), so that only the defect of a test shows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from certwright.config import Config, Directories
from certwright.domain.certificate import bundle_pem
from certwright.domain.errors import Cancelled, DeployFailed, WriterFailed
from certwright.domain.targets import DirectoryTarget
from certwright.engine import association, authority, certificates
from certwright.engine.decision import Decision, decide_certificate, gather_certificate
from certwright.engine.deployer import Material, Part, Reach, Seen, Spot, Told
from certwright.engine.imports import ImportedMaterial
from certwright.engine.kinds import Maker
from certwright.engine.ports import CaaVerdict, NameProof, Served
from certwright.engine.records import (
    AssociationRecord,
    AuthorityRecord,
    CertificateRecord,
    Mode,
    VersionRecord,
)
from certwright.engine.services import Services
from certwright.issuers import Issuers
from certwright.store.actor import Actor
from certwright.store.keyvault import EnvelopeVault
from certwright.store.sql import SqlStore
from certwright.store.wrappers.port import WrapperContext
from certwright.store.wrappers.registry import open_wrapper
from certwright.validation.registry import Validators
from cryptography.hazmat.primitives import serialization as s
from cryptography.x509 import load_pem_x509_certificate

from builders import pki

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ACCOUNT = "000000000000"
PREFIX = "urn:pulumi:dev::shop::certwright:index:"
ZONE = "validation.example.net"
GONE = "elsewhere/boot/1/1"  # a creator of another host counts as gone
CHAIN_KEY = 7


@dataclass
class FakeClock:
    """Stands still until a test moves it."""

    moment: datetime = NOW
    ticks: float = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, span: timedelta) -> None:
        self.moment += span
        self.ticks += span.total_seconds()


class SeededEntropy:
    """The same bytes in every run; `script` comes first."""

    def __init__(self, seed: int = 1, script: tuple[bytes, ...] = ()) -> None:
        self._random = random.Random(seed)
        self.script = list(script)

    def token_bytes(self, size: int) -> bytes:
        if self.script and len(self.script[0]) == size:
            return self.script.pop(0)
        return self._random.randbytes(size)


@dataclass
class FakeCancel:
    """Waiting moves the clock; set from the start, or after `after` waits."""

    clock: FakeClock
    after: int | None = None
    waits: list[float] = field(default_factory=list)

    def is_set(self) -> bool:
        return self.after is not None and len(self.waits) >= self.after

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        self.clock.advance(timedelta(seconds=timeout or 0.0))
        return self.is_set()


PROVED = NameProof(proved=True, seen="CNAME and TXT as expected", asked_at="ns1.example.net")
MISSING = NameProof(proved=False, code="dns.nxdomain", sentence="NXDOMAIN at ns1.example.net; add the CNAME")


@dataclass
class ScriptedProver:
    """`answers`: by record name a list that is used up to its last entry; everything else proves."""

    answers: dict[str, list[NameProof]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  # record name, TXT value
    interrupted: bool = False

    def prove(self, *, record_name: str, record_value: str, txt_value: str, cancel: Any = None) -> NameProof:
        if self.interrupted:
            raise Cancelled("cancelled")
        self.asked.append((record_name, txt_value))
        script = self.answers.get(record_name)
        if not script:
            return PROVED
        return script.pop(0) if len(script) > 1 else script[0]


@dataclass
class ScriptedCaa:
    """`verdicts` by name; everything else is allowed."""

    verdicts: dict[str, CaaVerdict] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    identities: list[tuple[str, ...]] = field(default_factory=list)

    def check(self, names: Sequence[str], *, identities: Sequence[str] = (), cancel: Any = None) -> list[CaaVerdict]:
        self.identities.append(tuple(identities))
        self.asked += names
        allowed = CaaVerdict(allowed=True, sentence="no CAA record", evidence="none")
        return [self.verdicts.get(name, allowed) for name in names]


@dataclass
class MemoryWriter:
    """A zone in memory."""

    records: set[tuple[str, str, str]] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    def _call(self, verb: str, name: str) -> None:
        self.calls.append((verb, name))
        if self.away:
            raise WriterFailed("the server does not answer")

    def check(self, name: str) -> None:
        self._call("check", name)

    def ensure(self, name: str, type: str, value: str, *, ttl_s: int = 60) -> bool:
        self._call("ensure", name)
        new = (name, type, value) not in self.records
        self.records.add((name, type, value))
        return new

    def remove(self, name: str, type: str, value: str) -> None:
        self._call("remove", name)
        self.records.discard((name, type, value))


@dataclass
class MemoryDeployer:
    """Targets in memory by their path; `reload` names the endpoint that is told.

    fails, fails_after: the next puts are refused, or those after so many. tell_fails: an endpoint that was told while one of these fingerprints lies at its
    places does not take it.
    """

    kind: str = "directory"
    reach: Reach = Reach.LOCAL
    model: type[DirectoryTarget] = DirectoryTarget
    places: dict[str, tuple[str, Material]] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    installs: list[str] = field(default_factory=list)
    tells: list[tuple[str, ...]] = field(default_factory=list)
    fails: bool = False
    fails_after: int = -1
    tell_fails: set[str] = field(default_factory=set)

    def spots(self, target: dict[str, Any]) -> tuple[Spot, ...]:
        return (Spot(place=str(target["path"]), endpoint=" ".join(target.get("reload") or ())),)

    def put(
        self, target: dict[str, Any], spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()
    ) -> bool:
        if self.fails or self.fails_after == 0:
            raise DeployFailed("the disk is full; the old pair stays")
        self.fails_after -= 1
        held = self.places.get(spot.place)
        if held is not None and held[0] not in ("", owner, *takes_over):
            raise DeployFailed(f"{spot.place} belongs to {held[0]}", code="deploy.place_taken")
        self.places[spot.place] = (owner, material)
        if held is not None and held[1].digest == material.digest:
            return False
        self.installs.append(spot.place)
        if spot.endpoint:
            self.untold.add(spot.place)
        return True

    def tell(self, target: dict[str, Any], spots: tuple[Spot, ...], cancel: Any) -> Told:
        self.tells.append(tuple(spot.place for spot in spots))
        bad = [
            s.place for s in spots if s.place in self.places and self.places[s.place][1].fingerprint in self.tell_fails
        ]
        return Told(problem=f"the reload command failed for {bad}", todo="Run it by hand") if bad else Told()

    def settle(self, target: dict[str, Any], spot: Spot, *, digest: str) -> None:
        if spot.place in self.places and self.places[spot.place][1].digest == digest:
            self.untold.discard(spot.place)

    def observe(self, target: dict[str, Any], spot: Spot) -> Seen | None:
        held = self.places.get(spot.place)
        if held is None:
            return None
        owner, material = held
        told = spot.place not in self.untold
        return Seen(owner=owner, digest=material.digest, fingerprint=material.fingerprint, told=told)

    def remove(self, target: dict[str, Any], spot: Spot, *, owner: str) -> bool:
        held = self.places.get(spot.place)
        if held is None or held[0] != owner:
            return False
        if target.get("onDelete") == "KEEP" and spot.place not in self.untold:
            self.places[spot.place] = ("", held[1])
            return True
        del self.places[spot.place]
        self.untold.discard(spot.place)
        return True


@dataclass
class ScriptedProbe:
    """Endpoints: `served` by address; one that is not there is unreachable. `follows` serves what lies at a path."""

    served: dict[str, Served] = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)
    deployer: MemoryDeployer | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, address: str, *, server_name: str, timeout_s: float) -> Served:
        self.asked.append(address)
        if address in self.follows and self.deployer is not None:
            _, material = self.deployer.places[self.follows[address]]
            serial = load_pem_x509_certificate(material.part(Part.CERTIFICATE)).serial_number
            return Served(address=address, serial=format(serial, "x"), fingerprint=material.fingerprint)
        return self.served.get(address, Served(address=address, problem="connection refused"))


@dataclass(repr=False)
class World:
    """`services` with every port at hand. `as_process` gives the same world seen by another process or host."""

    home: Path
    services: Services
    clock: FakeClock
    prover: ScriptedProver
    caa: ScriptedCaa
    writer: MemoryWriter
    deployer: MemoryDeployer
    probe: ScriptedProbe

    def cancel(self, after: int | None = None) -> FakeCancel:
        return FakeCancel(clock=self.clock, after=after)

    def as_process(self, process: str, *, host: str | None = None) -> World:
        services = replace(self.services, process=process, host=host or self.services.host)
        return replace(self, services=services)

    # what a program would declare -----------------------------------------------------------------------------------

    def root(self, name: str = "root", **spec: Any) -> AuthorityRecord:
        wanted = {"type": "ROOT", "validity": {"type": "YEARS", "value": "10"}, **spec}
        return self.authority(name, {k: v for k, v in wanted.items() if v is not None})

    def issuing(self, parent: AuthorityRecord | None = None, name: str = "issuing", **spec: Any) -> AuthorityRecord:
        above = parent or self.root()
        wanted = {"type": "SUBORDINATE", "parentArn": above.arn, "pathLength": 0, **spec}
        return self.authority(name, {k: v for k, v in wanted.items() if v is not None})

    def authority(self, name: str, spec: dict[str, Any], *, urn: str = "") -> AuthorityRecord:
        spec.setdefault("certificateAuthorityConfiguration", {"subject": {"commonName": f"Shop {name}"}})
        record, _ = authority.create(
            self.services,
            urn=urn or f"{PREFIX}PrivateCertificateAuthority::{name}",
            region="local",
            account=ACCOUNT,
            spec=spec,
            tags={},
        )
        return record

    def private_spec(self, issuer: AuthorityRecord, **spec: Any) -> dict[str, Any]:
        wanted = {
            "domainName": "wiki.internal",
            "certificateAuthorityArn": issuer.arn,
            "validity": {"type": "DAYS", "value": "30"},
            **spec,
        }
        return {k: v for k, v in wanted.items() if v is not None}

    def private(self, issuer: AuthorityRecord, urn: str = "wiki", **spec: Any) -> CertificateRecord:
        return self.certificate(Mode.PRIVATE, self.private_spec(issuer, **spec), urn=urn)

    def signed(self, issuer: AuthorityRecord, request: str, urn: str = "sensor", **spec: Any) -> CertificateRecord:
        wanted = {"certificateSigningRequest": request, "certificateAuthorityArn": issuer.arn, **spec}
        return self.certificate(Mode.SIGNED, wanted, urn=urn)

    def public_spec(self, issuer: AuthorityRecord | None = None, **spec: Any) -> dict[str, Any]:
        wanted = {
            "domainName": "www.example.org",
            "validationMethod": "DNS",
            "publicIssuer": issuer.arn if issuer else None,
            **spec,
        }
        return {k: v for k, v in wanted.items() if v is not None}

    def public(self, issuer: AuthorityRecord | None = None, urn: str = "www", **spec: Any) -> CertificateRecord:
        return self.certificate(Mode.PUBLIC, self.public_spec(issuer, **spec), urn=urn)

    def imported(self, urn: str = "legacy", *, with_key: bool = True, **vary: Any) -> CertificateRecord:
        return self.certificate(Mode.IMPORTED, {}, urn=urn, imported=material(with_key=with_key, **vary))

    def certificate(
        self, mode: Mode, spec: dict[str, Any], *, urn: str, imported: ImportedMaterial | None = None
    ) -> CertificateRecord:
        record, _ = self.create(mode, spec, urn=urn, imported=imported)
        return record

    def create(
        self, mode: Mode, spec: dict[str, Any], *, urn: str, imported: ImportedMaterial | None = None
    ) -> tuple[CertificateRecord, bool]:
        return certificates.create(
            self.services,
            urn=urn if urn.startswith("urn:") else f"{PREFIX}Certificate::{urn}",
            region="local",
            account=ACCOUNT,
            mode=mode,
            spec=spec,
            tags={},
            imported=imported,
        )

    def wanted(
        self, certificate_arn: str, name: str = "wikiFiles", place: str = "/srv/tls", **more: Any
    ) -> association.Wanted:
        return association.Wanted(
            urn=f"{PREFIX}CertificateAssociation::{name}",
            region="local",
            account=ACCOUNT,
            certificate_arn=certificate_arn,
            target={"directory": {"path": place, **more.pop("target", {})}},
            verify=more.pop("verify", {}),
        )

    def association(self, certificate_arn: str, name: str = "wikiFiles", **more: Any) -> AssociationRecord:
        record, _ = association.create(self.services, self.wanted(certificate_arn, name, **more), cancel=self.cancel())
        return record

    # what the store says --------------------------------------------------------------------------------------------

    def record(self, arn: str) -> CertificateRecord:
        found: CertificateRecord = self.one(CertificateRecord, arn=arn)
        return found

    def version(self, arn: str, number: int | None = None) -> VersionRecord:
        """The newest version, or the one with this number."""
        wanted = number if number is not None else self.record(arn).newest_version
        found: VersionRecord = self.one(VersionRecord, arn=arn, version=wanted)
        return found

    def one(self, kind: type[Any], **equals: Any) -> Any:
        with self.services.store.read() as reader:
            found = reader.one(kind, **equals)
        assert found is not None, (kind.__name__, equals)
        return found

    def all(self, kind: type[Any], **equals: Any) -> list[Any]:
        with self.services.store.read() as reader:
            return reader.all(kind, **equals)

    def save(self, *records: Any) -> None:
        with self.services.store.write() as tx:
            tx.save(*records)

    def decision(self, arn: str) -> Decision:
        """What an `up` would do with a certificate now."""
        with self.services.store.read() as reader:
            facts = gather_certificate(self.services, reader, self.record(arn))
        assert facts is not None
        return decide_certificate(facts, now=self.clock.now())

    def audit(self, region: str = "local") -> list[tuple[str, str]]:
        with self.services.store.read() as reader:
            return [(entry.action, entry.result) for entry in reader.audit(region)]


def material(*, with_key: bool = True, number: int = CHAIN_KEY, **vary: Any) -> ImportedMaterial:
    """A foreign certificate as Check accepts it."""
    key = pki.key(number=number)
    der = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
    return ImportedMaterial(
        der=pki.leaf(private_key=key, **vary).public_bytes(s.Encoding.DER),
        chain_pem=bundle_pem(pki.issuing().chain),
        key_pkcs8=der if with_key else None,
    )


def configuration(home: Path, **settings: Any) -> Config:
    defaults: dict[str, Any] = {
        "directories": Directories(data=home / "data", config=home / "config", runtime=home / "run"),
        "validation_domain": ZONE,
        "validation_writer": "own",
        "testing_store": True,
        "allow_new_store": True,
    }
    return Config(**{**defaults, **settings})


@contextmanager
def world(
    home: Path,
    *,
    seed: int = 1,
    clock: FakeClock | None = None,
    issuers: Mapping[str, Maker] | None = None,
    **settings: Any,
) -> Iterator[World]:
    """A new installation under `home` (or the one that is there). issuers: further kinds, made up by a test."""
    config = configuration(home, **settings)
    clock = clock or FakeClock()
    entropy = SeededEntropy(seed)
    store = SqlStore(
        config.store_url,
        may_create=lambda: config.allow_new_store,
        testing=True,
        clock=clock,
        actor=Actor(who="ann", source="OS user"),
    )
    context = WrapperContext(
        config_directory=config.directories.config, store_directory=None, environment={}, entropy=entropy
    )
    prover, caa, writer, deployer = ScriptedProver(), ScriptedCaa(), MemoryWriter(), MemoryDeployer()
    probe = ScriptedProbe(deployer=deployer)
    deployers: Mapping[str, Any] = {"directory": deployer}
    services = Services(
        config=config,
        store=store,
        vault=EnvelopeVault(open_wrapper("", context), entropy=entropy),
        clock=clock,
        entropy=entropy,
        deployers=deployers,
        probe=probe,
        prover=lambda: prover,
        validators=Validators(found=tuple),
        caa=caa,
        issuers={**Issuers(), **(issuers or {})},
        writers={"own": writer, "corp": MemoryWriter()},
        host="here",
        process=GONE,
    )
    try:
        yield World(
            home=home,
            services=services,
            clock=clock,
            prover=prover,
            caa=caa,
            writer=writer,
            deployer=deployer,
            probe=probe,
        )
    finally:
        store.close()
