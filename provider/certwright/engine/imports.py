"""Foreign certificates: kept as they are, with their key wrapped like our own (IMP-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from certwright.domain.certificate import load_der
from certwright.engine.issuance import store_certificate
from certwright.engine.ports import NewKey, Transaction
from certwright.engine.records import (
    AuditAction,
    AuditResult,
    CertificateRecord,
    CertificateStatus,
    Json,
    MaterialRecord,
    VersionRecord,
)
from certwright.engine.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMaterial:
    """What Check accepted: DER of the certificate, PEM of its issuers, PKCS#8 DER of its key (None: the stored one)."""

    der: bytes
    chain_pem: str
    key_pkcs8: bytes | None

    def __repr__(self) -> str:
        return "ImportedMaterial(…)"


def encrypted(services: Services, imported: ImportedMaterial, *, region: str, account: str) -> NewKey | None:
    """The key that came with it, ready to be kept; None when there is none. Raises Refused (`key.unreadable`)."""
    if imported.key_pkcs8 is None:
        return None
    now = services.clock.now()
    return services.vault.take_pkcs8(services.store, der=imported.key_pkcs8, region=region, account=account, now=now)


def store_imported(
    services: Services,
    tx: Transaction,
    record: CertificateRecord,
    spec: Json,
    imported: ImportedMaterial,
    key: NewKey | None,
    *,
    now: datetime,
) -> CertificateRecord:
    """A version that is ISSUED at once. Without a key, the serving version's key is kept (it has the same body).

    key: what `encrypted` made of it before this transaction.
    """
    certificate = load_der(imported.der)
    handle = ""
    if key is not None:
        services.vault.keep(tx, key)
        handle = key.handle
    elif record.serving_version:
        serving = tx.one(VersionRecord, arn=record.arn, version=record.serving_version)
        handle = serving.key_handle if serving else ""
    number = record.newest_version + 1
    version = VersionRecord(
        arn=record.arn,
        version=number,
        status=CertificateStatus.PENDING_VALIDATION,
        spec=spec,
        reason_code="import",
        key_handle=handle,
        serial=format(certificate.serial_number, "x"),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        requested_at=now,
    )
    record = replace(record, newest_version=number, spec=spec)
    material = MaterialRecord(arn=record.arn, version=number, der=imported.der, chain_pem=imported.chain_pem)
    tx.record_audit(
        region=record.region,
        at=now,
        action=AuditAction.IMPORT,
        arn=record.arn,
        result=AuditResult.DONE,
        details={"version": number, "serial": version.serial},
    )
    record, _ = store_certificate(tx, record, version, material, now=now)
    return record
