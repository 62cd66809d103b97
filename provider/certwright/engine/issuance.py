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
from typing import Any

from certwright.domain.errors import CertwrightError, KeysChanged, NotFound
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm, default_leaf_algorithm
from certwright.domain.serial import SERIAL_RANDOM_BYTES, serial_from
from certwright.domain.tbs import Prepared, prepare
from certwright.engine import behind
from certwright.engine.authorityrequest import algorithms_of
from certwright.engine.failpoints import hit
from certwright.engine.issuer import Signer, issuer_for
from certwright.engine.keys import Ready, issuer_keys, make_key, make_ready_to_prepare, opened, stored_key, until_ready
from certwright.engine.leaf import leaf_template, leaf_window, renewal_instant, signing_algorithm_for
from certwright.engine.lifecycle import advance
from certwright.engine.ports import NewKey, OpenedKeys, Reader, StoredKey, Transaction
from certwright.engine.records import (
    AuditAction,
    AuditResult,
    AuthorityRecord,
    CertificateRecord,
    CertificateStatus,
    MaterialRecord,
    Mode,
    SerialRecord,
    VersionRecord,
)
from certwright.engine.request import Request, request_of
from certwright.engine.services import Services, guard_signing_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Journaled:
    """A version after step 2, with everything that signing needs."""

    record: CertificateRecord
    version: VersionRecord
    material: MaterialRecord
    issuer: Signer
    signing_algorithm: SigningAlgorithm
    prepared: Prepared | bytes


def issuer_arn_of(services: Services, reader: Reader, request: Request, region: str, account: str) -> str:
    """Who signs this request: the private CA, or the public-kind issuer (`bundled` makes its CAs at first use)."""
    if request.mode is not Mode.PUBLIC:
        return request.authority
    stated = request.public_issuer or services.config.public_issuer
    if stated != "bundled":
        return stated
    from certwright.engine.bundled import bundled_issuer_arn

    return bundled_issuer_arn(reader, region=region, account=account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Which keys a request takes. new: the algorithm of a new one. signing: the CA's, where it is signed at once."""

    new: KeyAlgorithm | None = None
    signing: StoredKey | None = None


def needs_of(
    services: Services, reader: Reader, record: CertificateRecord, request: Request, *, reuse_key: bool = False
) -> Needs:
    """What `new_version` will ask for, as the store is now."""
    keys = issuer_keys(services, reader, issuer_arn_of(services, reader, request, record.region, record.account))
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
    keys: Ready,
    *,
    reason_code: str,
    reuse_key: bool = False,
    now: datetime,
) -> tuple[CertificateRecord, VersionRecord]:
    """Step 1 and, for private and signed kinds, the others, inside the caller's transaction.

    keys: made ready before the transaction. reuse_key: sign the serving version's key again. Raises KeysChanged when it takes
    other keys. A signature that is rolled back with it was never outside this process, so it is as if it had not been made.
    """
    number = record.newest_version + 1
    issuer_arn = issuer_arn_of(services, tx, request, record.region, record.account)
    record = replace(record, newest_version=number, spec=request.spec)
    version = VersionRecord(
        arn=record.arn,
        version=number,
        status=CertificateStatus.PENDING_VALIDATION,
        spec=request.spec,
        reason_code=reason_code,
        requested_at=now,
        issuer_arn=issuer_arn,
        key_handle=_key_for(services, tx, record, request, issuer_arn, keys.key, reuse=reuse_key),
    )
    if record.mode is Mode.PUBLIC:
        tx.save(record, version)
        return record, version
    journaled = journal(services, tx, record, version, request, now=now)
    hit("issue.after_journal")
    return _sign_and_store(tx, journaled, keys.opened, now=now)


def _key_for(
    services: Services,
    tx: Transaction,
    record: CertificateRecord,
    request: Request,
    issuer_arn: str,
    made: NewKey | None,
    *,
    reuse: bool,
) -> str:
    """The handle of the new key, or of the serving version's; "" in signed mode, where the key never reaches us."""
    if record.mode is Mode.SIGNED:
        return ""
    if reuse and (serving := _serving_key(tx, record)):
        return serving
    wanted = request.key_algorithm or leaf_key_algorithm(tx, issuer_arn)
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


def leaf_key_algorithm(reader: Reader, issuer_arn: str) -> KeyAlgorithm:
    """What fits the issuer: RSA_2048 under an RSA CA, else P-256."""
    authority = reader.one(AuthorityRecord, arn=issuer_arn)
    return default_leaf_algorithm(algorithms_of(authority.spec).key) if authority else KeyAlgorithm.EC_PRIME256V1


def journal(
    services: Services,
    tx: Transaction,
    record: CertificateRecord,
    version: VersionRecord,
    request: Request,
    *,
    now: datetime,
) -> Journaled:
    """Step 2: lint, reserve the serial. Nothing was signed by the issuer yet."""
    guard_signing_clock(tx, now)
    issuer = issuer_for(tx, version.issuer_arn, now=now)
    serial = serial_from(services.entropy.token_bytes(SERIAL_RANDOM_BYTES))
    window = leaf_window(services, request.mode, request.validity, issuer.bounds, now)
    public_key: Any = (
        request.csr.public_key() if request.csr is not None else services.vault.public_key(tx, version.key_handle)
    )
    template = leaf_template(services, request, issuer, public_key, serial, window, now)
    algorithm = signing_algorithm_for(request, issuer)
    prepared = prepare(template, algorithm)
    version = replace(
        version,
        serial=format(serial, "x"),
        issuer_version=issuer.version.version,
        not_before=window.not_before,
        not_after=window.not_after,
        renewal_due=renewal_instant(request, window),
    )
    material = MaterialRecord(arn=record.arn, version=version.version, prepared=prepared.preissuance_der)
    tx.insert(
        SerialRecord(
            issuer_arn=version.issuer_arn,
            serial=version.serial,
            arn=record.arn,
            version=version.version,
            reserved_at=now,
        )
    )
    return Journaled(
        record=record,
        version=version,
        material=material,
        issuer=issuer,
        signing_algorithm=algorithm,
        prepared=prepared,
    )


def write_ahead(services: Services, record: CertificateRecord, version: VersionRecord) -> None:
    """Step 2 in a transaction of its own, for `complete`: a public kind's signature never comes before its journal."""
    make_ready_to_prepare(services, version.issuer_arn)
    now = services.clock.now()
    with services.store.write() as tx:
        journaled = journal(services, tx, get(tx, record.arn), version, request_of(record, version), now=now)
        tx.save(journaled.version, journaled.material)
        _record_issue(tx, record, journaled.version, AuditResult.INTENDED, now)


def _record_issue(
    tx: Transaction, record: CertificateRecord, version: VersionRecord, result: AuditResult, now: datetime
) -> None:
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
    """Steps 3 and 4 for the newest version: sign and store it when it is journaled and not there yet.

    Returns what is stored, also when there was nothing to do.
    """
    return until_ready(services, lambda: _complete(services, arn))


def _complete(services: Services, arn: str) -> tuple[CertificateRecord, VersionRecord]:
    with services.store.read() as reader:
        record, version, left = _journaled(services, reader, arn)
        if left is None:
            return record, version
        signing = stored_key(services, reader, left.issuer.version.key_handle)
    with opened(services, [signing]) as held, services.store.write() as tx:
        record, version, left = _journaled(services, tx, arn)  # another process may have stored it meanwhile
        if left is not None:
            record, version = _sign_and_store(tx, left, held, now=services.clock.now())
    hit("issue.after_store")
    return record, version


def _journaled(
    services: Services, reader: Reader, arn: str
) -> tuple[CertificateRecord, VersionRecord, Journaled | None]:
    """A certificate, its newest version, and what is to be signed, if anything."""
    record = get(reader, arn)
    version = reader.one(VersionRecord, arn=arn, version=record.newest_version)
    if version is None:
        raise CertwrightError(f"version {record.newest_version} of {arn} is missing", code="store.damaged")
    material = reader.one(MaterialRecord, arn=arn, version=record.newest_version)
    if version.has_certificate or material is None or not material.prepared:
        return record, version, None
    # The certificate that the journal names: the CA may have been re-signed or rotated since.
    issuer = issuer_for(reader, version.issuer_arn, now=services.clock.now(), version_number=version.issuer_version)
    left = Journaled(
        record=record,
        version=version,
        material=material,
        issuer=issuer,
        signing_algorithm=signing_algorithm_for(request_of(record, version), issuer),
        prepared=material.prepared,
    )
    return record, version, left


def _sign_and_store(
    tx: Transaction, journaled: Journaled, keys: OpenedKeys, *, now: datetime
) -> tuple[CertificateRecord, VersionRecord]:
    # 3. sign what step 2 prepared
    der = keys.sign_certificate(
        tx,
        journaled.issuer.version.key_handle,
        prepared=journaled.prepared,
        signing_algorithm=journaled.signing_algorithm.value,
    )
    hit("issue.after_sign")
    # 4. store
    material = replace(journaled.material, der=der, chain_pem=journaled.issuer.chain_pem)
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
    _record_issue(tx, record, version, AuditResult.DONE, now)
    return record, version


def get(reader: Reader, arn: str) -> CertificateRecord:
    record = reader.one(CertificateRecord, arn=arn)
    if record is None:
        raise NotFound(f"there is no certificate {arn} in this store")
    return record
