"""Leaf certificates: from a request to a stored certificate, the same way for a create, a renewal and a resume.

Order (numbered in the code):
1. request: record, version and key (public kinds stop here until their names are proved);
2. journal: serial reserved, linted preissuance certificate kept;
3. sign exactly those bytes;
4. store: certificate, chain, version serving.
Keys are made and opened before the transaction that keeps or uses them (ADR 18).
Private and signed kinds are one transaction: all of it, or nothing (ADR 17). For public kinds each number is one, and `complete`
finishes 3 and 4 after a crash, with the same serial and the same bytes (SEC-5).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from certwright.domain.errors import CertwrightError, KeysChanged, NotFound
from certwright.domain.keyspec import KeyAlgorithm
from certwright.engine import behind
from certwright.engine.failpoints import hit
from certwright.engine.issuing import Journaled, LocalIssuer, is_local
from certwright.engine.keys import Ready, issuer_keys, make_key, make_ready_to_prepare, opened, stored_key, until_ready
from certwright.engine.lifecycle import advance
from certwright.engine.ports import NewKey, OpenedKeys, Reader, StoredKey, Transaction
from certwright.engine.records import (
    AuditAction,
    AuditResult,
    CertificateRecord,
    CertificateStatus,
    MaterialRecord,
    Mode,
    VersionRecord,
)
from certwright.engine.request import Request, request_of
from certwright.engine.services import Services


def issuer_of(services: Services, request: Request, *, region: str, account: str) -> str:
    """Who signs this request, made ready for it: the reference that its version keeps. No transaction is open."""
    if request.mode is not Mode.PUBLIC:
        return request.authority
    stated = request.public_issuer or services.config.public_issuer
    return services.issuer(stated).ensure(stated, region=region, account=account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Which keys a request takes. new: the algorithm of a new one. signing: the CA's, where it is signed at once."""

    new: KeyAlgorithm | None = None
    signing: StoredKey | None = None


def needs_of(
    services: Services,
    reader: Reader,
    record: CertificateRecord,
    request: Request,
    issuer: str,
    *,
    reuse_key: bool = False,
) -> Needs:
    """What `new_version` will ask for, as the store is now."""
    keys = issuer_keys(services, reader, issuer)
    takes_one = request.mode is not Mode.SIGNED and not (reuse_key and _serving_key(reader, record))
    return Needs(
        new=request.key_algorithm or keys.leaf_algorithm if takes_one else None,
        signing=keys.signing if request.mode is not Mode.PUBLIC else None,
    )


@contextmanager
def ready(services: Services, needs: Needs, record: CertificateRecord) -> Iterator[Ready]:
    """The keys, for the write transaction that follows."""
    key = make_key(services, needs.new, region=record.region, account=record.account) if needs.new else None
    with opened(services, [needs.signing]) as held:
        yield Ready(key=key, opened=held)


def new_version(
    services: Services,
    tx: Transaction,
    record: CertificateRecord,
    request: Request,
    issuer: str,
    keys: Ready,
    *,
    reason_code: str,
    reuse_key: bool = False,
    now: datetime,
) -> tuple[CertificateRecord, VersionRecord]:
    """Step 1 and, for private and signed kinds, the others, inside the caller's transaction.

    issuer: as `issuer_of` gives it. keys: made ready before the transaction. reuse_key: sign the serving version's key again. Raises KeysChanged when it takes
    other keys. A signature that is rolled back with it was never outside this process, so it is as if it had not been made.
    """
    number = record.newest_version + 1
    record = replace(record, newest_version=number, spec=request.spec)
    version = VersionRecord(
        arn=record.arn,
        version=number,
        status=CertificateStatus.PENDING_VALIDATION,
        spec=request.spec,
        reason_code=reason_code,
        requested_at=now,
        issuer_arn=issuer,
        key_handle=_key_for(services, tx, record, request, issuer, keys.key, reuse=reuse_key),
    )
    signer = services.issuer(issuer)
    if record.mode is Mode.PUBLIC or not is_local(signer):
        tx.save(record, version)
        return record, version
    journaled = signer.intend(tx, record, version, request, now=now)
    hit("issue.after_journal")
    return _sign_and_store(tx, signer, journaled, keys.opened, now=now)


def _key_for(
    services: Services,
    tx: Transaction,
    record: CertificateRecord,
    request: Request,
    issuer: str,
    made: NewKey | None,
    *,
    reuse: bool,
) -> str:
    """The handle of the new key, or of the serving version's; "" in signed mode, where the key never reaches us."""
    if record.mode is Mode.SIGNED:
        return ""
    if reuse and (serving := _serving_key(tx, record)):
        return serving
    wanted = request.key_algorithm or leaf_key_algorithm(services, tx, issuer)
    if made is None or made.record.algorithm != wanted:
        raise KeysChanged(f"{record.arn} takes a new key of {wanted.value} only since a moment ago; run again")
    services.vault.keep(tx, made)
    return made.handle


def _serving_key(reader: Reader, record: CertificateRecord) -> str:
    """Its handle, or ""."""
    if not record.serving_version:
        return ""
    serving = reader.one(VersionRecord, arn=record.arn, version=record.serving_version)
    return serving.key_handle if serving is not None else ""


def leaf_key_algorithm(services: Services, reader: Reader, issuer: str) -> KeyAlgorithm:
    """What the issuer takes where nothing is stated."""
    facts = services.issuer_facts(reader, issuer)
    return facts.leaf_algorithm if facts is not None else KeyAlgorithm.EC_PRIME256V1


def write_ahead(services: Services, issuer: LocalIssuer, record: CertificateRecord, version: VersionRecord) -> None:
    """Step 2 in a transaction of its own, for `complete`: a public kind's signature never comes before its journal."""
    make_ready_to_prepare(services, version.issuer_arn)
    now = services.clock.now()
    with services.store.write() as tx:
        journaled = issuer.intend(tx, get(tx, record.arn), version, request_of(record, version), now=now)
        tx.save(journaled.version, journaled.material)
        record_issue(tx, record, journaled.version, AuditResult.INTENDED, now)


def record_issue(
    tx: Transaction, record: CertificateRecord, version: VersionRecord, result: AuditResult, now: datetime
) -> None:
    """One line of the audit log."""
    details = {
        "version": version.version,
        "serial": version.serial,
        "fingerprint": version.fingerprint,
        "reason": version.reason_code,
        "issuer": version.issuer_arn,
    }
    known = {name: value for name, value in details.items() if value}
    action = AuditAction.ISSUE if version.version == 1 else AuditAction.RENEW
    tx.record_audit(region=record.region, at=now, action=action, arn=record.arn, result=result, details=known)


def complete(services: Services, arn: str) -> tuple[CertificateRecord, VersionRecord]:
    """Steps 3 and 4 for the newest version: sign and store it when it is journaled and not there yet. A remote issuer is not
    asked: whoever proves the names goes on with its order (`ordering.issue`).

    Returns what is stored, also when there was nothing to do.
    """
    return until_ready(services, lambda: _complete(services, arn))


def _complete(services: Services, arn: str) -> tuple[CertificateRecord, VersionRecord]:
    with services.store.read() as reader:
        record, version, left = _journaled(reader, arn)
        issuer = services.issuer(version.issuer_arn) if left is not None else None
        if issuer is None or not is_local(issuer):
            return record, version
        signing = stored_key(services, reader, issuer.signing_handle(reader, version))
    with opened(services, [signing]) as held, services.store.write() as tx:
        record, version, left = _journaled(tx, arn)  # another process may have stored it meanwhile
        if left is not None:
            record, version = _sign_and_store(tx, issuer, left, held, now=services.clock.now())
    hit("issue.after_store")
    return record, version


def _journaled(reader: Reader, arn: str) -> tuple[CertificateRecord, VersionRecord, Journaled | None]:
    """A certificate, its newest version, and what is to be signed, if anything."""
    record = get(reader, arn)
    version = reader.one(VersionRecord, arn=arn, version=record.newest_version)
    if version is None:
        raise CertwrightError(f"version {record.newest_version} of {arn} is missing", code="store.damaged")
    material = reader.one(MaterialRecord, arn=arn, version=record.newest_version)
    if version.has_certificate or material is None or not material.prepared:
        return record, version, None
    return record, version, Journaled(record=record, version=version, material=material)


def _sign_and_store(
    tx: Transaction, issuer: LocalIssuer, journaled: Journaled, keys: OpenedKeys, *, now: datetime
) -> tuple[CertificateRecord, VersionRecord]:
    # 3. sign what step 2 prepared
    signed = issuer.sign(tx, journaled, keys)
    hit("issue.after_sign")
    # 4. store
    material = replace(journaled.material, der=signed.der, chain_pem=signed.chain_pem)
    return store_certificate(tx, journaled.record, journaled.version, material, now=now)


def store_certificate(
    tx: Transaction, record: CertificateRecord, version: VersionRecord, material: MaterialRecord, *, now: datetime
) -> tuple[CertificateRecord, VersionRecord]:
    """Make `version` the serving one."""
    version = advance(
        version,
        CertificateStatus.ISSUED,
        issued_at=now,
        has_certificate=True,
        serving=True,
        fingerprint=hashlib.sha256(material.der).hexdigest(),
        failure_reason="",
        failure_message="",
    )
    if record.serving_version and record.serving_version != version.version:
        previous = tx.one(VersionRecord, arn=record.arn, version=record.serving_version)
        if previous is not None:
            tx.save(replace(previous, serving=False))
        tx.save(*behind.fallen(tx, record.arn, now))
    record = replace(record, serving_version=version.version)
    tx.save(record, version, material)
    record_issue(tx, record, version, AuditResult.DONE, now)
    return record, version


def get(reader: Reader, arn: str) -> CertificateRecord:
    record = reader.one(CertificateRecord, arn=arn)
    if record is None:
        raise NotFound(f"there is no certificate {arn} in this store")
    return record
