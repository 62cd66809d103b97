"""A real installation in a temporary CERTWRIGHT_HOME: records made by the engine, commands run as a user runs them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certwright.cli.main import application
from certwright.config import load
from certwright.domain.certificate import bundle_pem
from certwright.engine import association, authority, certificates
from certwright.engine.imports import ImportedMaterial
from certwright.engine.records import AssociationRecord, AuthorityRecord, CertificateRecord, Mode
from certwright.engine.services import Services
from certwright.wiring import build
from cryptography.hazmat.primitives import serialization as s
from typer.testing import CliRunner

from builders import pki

ACCOUNT = "000000000000"
PREFIX = "urn:pulumi:dev::shop::certwright:index:"


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Installation:
    """`shift`: CERTWRIGHT_CLOCK_OFFSET of what follows; the store is made for testing."""

    home: Path
    shift: str = ""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        base = {
            "CERTWRIGHT_HOME": str(self.home),
            "CERTWRIGHT_TESTING_STORE": "1",
            "PULUMI_HOME": str(self.home / "pulumi"),
        }
        return {**base, **({"CERTWRIGHT_CLOCK_OFFSET": self.shift} if self.shift else {}), **self.more}

    @contextmanager
    def services(self) -> Iterator[Services]:
        services = build(load(environ=self.environment), environment=self.environment)
        try:
            yield services
        finally:
            services.close()

    def run(self, *words: str, stdin: str | bytes | None = None, columns: int = 100) -> Answer:
        """`certwright WORDS`, in this process, on captured streams."""
        empty = dict.fromkeys(("CERTWRIGHT_STORE", "CERTWRIGHT_CLOCK_OFFSET", "CERTWRIGHT_KEY_WRAPPER", "CI"), "")
        env = {**empty, **self.environment, "COLUMNS": str(columns)}
        result = CliRunner().invoke(application(), list(words), input=stdin, env=env)
        return Answer(code=result.exit_code, out=result.stdout, err=result.stderr)

    def root(self, name: str = "root", **spec: Any) -> AuthorityRecord:
        return self._authority(name, {"type": "ROOT", **spec})

    def issuing(self, parent: AuthorityRecord, name: str = "issuing", **spec: Any) -> AuthorityRecord:
        return self._authority(name, {"type": "SUBORDINATE", "parentArn": parent.arn, "pathLength": 0, **spec})

    def _authority(self, name: str, spec: dict[str, Any]) -> AuthorityRecord:
        spec.setdefault("certificateAuthorityConfiguration", {"subject": {"commonName": f"Shop {name}"}})
        with self.services() as services:
            record, _ = authority.create(
                services,
                urn=f"{PREFIX}PrivateCertificateAuthority::{name}",
                region="local",
                account=ACCOUNT,
                spec=spec,
                tags={},
            )
        return record

    def certificate(
        self,
        issuer: AuthorityRecord,
        name: str = "wiki.internal",
        *,
        urn: str = "wiki",
        tags: dict[str, str] | None = None,
        **spec: Any,
    ) -> CertificateRecord:
        spec = {
            "domainName": name,
            "certificateAuthorityArn": issuer.arn,
            "validity": {"type": "DAYS", "value": "30"},
            **spec,
        }
        return self._certificate(urn, Mode.PRIVATE, spec, tags or {})

    def public(
        self, issuer: AuthorityRecord, name: str = "www.shop.example.org", urn: str = "www"
    ) -> CertificateRecord:
        spec = {"domainName": name, "validationMethod": "DNS", "publicIssuer": issuer.arn}
        return self._certificate(urn, Mode.PUBLIC, spec, {})

    def imported(self, urn: str = "legacy", *, with_key: bool = True) -> CertificateRecord:
        key = pki.key(number=7)
        now = datetime.now(UTC)  # these stores run by the real clock
        leaf = pki.leaf(private_key=key, at=now, not_after=now + 60 * pki.DAY)
        der = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
        material = ImportedMaterial(
            der=leaf.public_bytes(s.Encoding.DER),
            chain_pem=bundle_pem(pki.issuing().chain),
            key_pkcs8=der if with_key else None,
        )
        return self._certificate(urn, Mode.IMPORTED, {}, {}, material)

    def _certificate(
        self, urn: str, mode: Mode, spec: dict[str, Any], tags: dict[str, str], imported: ImportedMaterial | None = None
    ) -> CertificateRecord:
        with self.services() as services:
            record, _ = certificates.create(
                services,
                urn=f"{PREFIX}Certificate::{urn}",
                region="local",
                account=ACCOUNT,
                mode=mode,
                spec=spec,
                tags=tags,
                imported=imported,
            )
        return record

    def association(
        self, certificate: CertificateRecord, name: str = "wikiFiles", place: str = "tls"
    ) -> AssociationRecord:
        wanted = association.Wanted(
            urn=f"{PREFIX}CertificateAssociation::{name}",
            region="local",
            account=ACCOUNT,
            certificate_arn=certificate.arn,
            target={"directory": {"path": str(self.home / place)}},
            verify={},
        )
        with self.services() as services:
            record, _ = association.create(services, wanted, cancel=threading.Event())
        return record
