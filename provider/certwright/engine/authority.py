"""Private certificate authorities: created ACTIVE in one go, re-signed under the same ARN, deleted with a way back.

Order of a creation or re-signing (numbered in the code):
1. journal: record, version, key and the linted preissuance certificate, in one transaction;
2. sign exactly those bytes;
3. store: certificate and chain, version serving, status ACTIVE, in one transaction.
A crash between any two is finished by `complete`, which signs the same bytes again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certwright.domain.arn import new_certificate_authority_arn
from certwright.domain.certificate import load_der
from certwright.domain.errors import Finding, KeysChanged, NotFound, Refused
from certwright.domain.profile import ProfileName
from certwright.domain.serial import SERIAL_RANDOM_BYTES, serial_from
from certwright.domain.subject import to_name
from certwright.domain.tbs import CertificateTemplate, Prepared, prepare, ready_to_prepare
from certwright.domain.validity import Window
from certwright.engine.authorityrequest import AuthorityRequest, algorithms_of, deletion_days, read_authority
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.issuer import (
    Signer,
    ca_window,
    effective_path_length,
    issuer_for,
    path_length_problem,
    window_opens,
)
from certwright.engine.keys import make_key, make_ready_to_prepare, until_ready
from certwright.engine.lifecycle import advance
from certwright.engine.pointers import pointers
from certwright.engine.ports import NewKey, Reader, Transaction
from certwright.engine.records import (
    AuditAction,
    AuditResult,
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    Json,
    MaterialRecord,
    SerialRecord,
    VersionRecord,
)
from certwright.engine.services import Services, guard_signing_clock

_SHA256 = hashes.SHA256()


def create(
    services: Services, *, urn: str, region: str, account: str, spec: Json, tags: Json
) -> tuple[AuthorityRecord, bool]:
    """Make a CA, or finish the one that an interrupted create of the same URN left. Returns it and "adopted"."""
    from certwright.engine.claims import adoptable, give_fresh_arn

    request = read_authority(spec)
    _make_ready_to_prepare(services, request)
    key = make_key(services, request.algorithms.key, region=region, account=account)
    now = services.clock.now()
    arn = str(new_certificate_authority_arn(region, account, services.entropy.token_bytes(16)))
    with services.store.write() as tx:
        # 1. journal, or take over what was journaled
        left = adoptable(tx, AuthorityRecord, urn)
        if left is not None and left.spec == spec and left.region == region:
            record = give_fresh_arn(tx, left, arn, services.process)
            adopted = True
        else:
            record = AuthorityRecord(
                arn=arn,
                region=region,
                account=account,
                urn=urn,
                type=request.type,
                status=AuthorityStatus.CREATING,
                parent_arn=request.parent,
                spec=spec,
                created_at=now,
                enabled=request.enabled,
                creator=services.process,
                tags=tags,
            )
            record = _journal(services, tx, record, request, key, reason_code="request", now=now)
            adopted = False
    hit("authority.after_journal")
    return complete(services, record.arn), adopted


def re_sign(services: Services, arn: str, *, expected_newest: int, spec: Json, reason_code: str) -> AuthorityRecord:
    """A new certificate under the same ARN; the key stays unless its algorithm or `rotation` changes.

    expected_newest: the newest version when the decision fell; a second caller finds a newer one and does nothing.
    """
    request = read_authority(spec)
    with alone_with(services.store, Scope.AUTHORITY, arn):
        until_ready(services, lambda: _re_sign(services, arn, request, reason_code, expected_newest))
        hit("authority.after_journal")
        return complete(services, arn)


def _re_sign(services: Services, arn: str, request: AuthorityRequest, reason_code: str, expected_newest: int) -> None:
    with services.store.read() as reader:
        record = _get(reader, arn)
        if not _is_newest(record, expected_newest):
            return
        stays = _key_that_stays(reader, record, request)
    _make_ready_to_prepare(services, request)
    key = None if stays else make_key(services, request.algorithms.key, region=record.region, account=record.account)
    with services.store.write() as tx:
        record = _get(tx, arn)
        if _is_newest(record, expected_newest):
            _journal(services, tx, record, request, key, reason_code=reason_code, now=services.clock.now())


def _is_newest(record: AuthorityRecord, expected: int) -> bool:
    """Whether nothing has been journaled since a decision that knew this version."""
    return record.newest_version == record.serving_version == expected


def _make_ready_to_prepare(services: Services, request: AuthorityRequest) -> None:
    """For the parent's algorithm, or a root's own."""
    if request.parent:
        make_ready_to_prepare(services, request.parent)
    else:
        ready_to_prepare(request.algorithms.key)


def _get(reader: Reader, arn: str) -> AuthorityRecord:
    record = reader.one(AuthorityRecord, arn=arn)
    if record is None:
        raise NotFound(f"there is no certificate authority {arn} in this store")
    return record


def _journal(
    services: Services,
    tx: Transaction,
    record: AuthorityRecord,
    request: AuthorityRequest,
    key: NewKey | None,
    *,
    reason_code: str,
    now: datetime,
) -> AuthorityRecord:
    """key: a new one, made before this transaction; None where the CA's own was to stay."""
    guard_signing_clock(tx, now)
    number = record.newest_version + 1
    parent = issuer_for(tx, request.parent, now=now) if request.parent else None
    handle = _key_for(services, tx, record, request, key)
    serial = serial_from(services.entropy.token_bytes(SERIAL_RANDOM_BYTES))
    window = ca_window(request.type, request.validity, parent, now)
    prepared = _prepare(services, tx, request, parent, handle, serial, window, now)
    issuer_arn = parent.record.arn if parent else record.arn
    version = AuthorityVersionRecord(
        arn=record.arn,
        version=number,
        status=AuthorityStatus.CREATING,
        spec=request.spec,
        reason_code=reason_code,
        key_handle=handle,
        issuer_arn=issuer_arn,
        issuer_version=parent.version.version if parent else number,
        serial=format(serial, "x"),
        not_before=window.not_before,
        not_after=window.not_after,
        renewal_due=window_opens(request.early_renewal, window),
        created_at=now,
    )
    record = replace(record, newest_version=number, spec=request.spec, parent_arn=request.parent)
    tx.insert(
        SerialRecord(issuer_arn=issuer_arn, serial=version.serial, arn=record.arn, version=number, reserved_at=now)
    )
    tx.save(record, version, MaterialRecord(arn=record.arn, version=number, prepared=prepared.preissuance_der))
    tx.record_audit(
        region=record.region,
        at=now,
        action=AuditAction.CA_SIGN,
        arn=record.arn,
        result=AuditResult.INTENDED,
        details={"version": number, "serial": version.serial, "reason": reason_code, "issuer": issuer_arn},
    )
    return record


def _key_for(
    services: Services, tx: Transaction, record: AuthorityRecord, request: AuthorityRequest, made: NewKey | None
) -> str:
    if stays := _key_that_stays(tx, record, request):
        return stays
    if made is None:
        raise KeysChanged(f"authority {record.arn} takes a new key only since a moment ago; run again")
    services.vault.keep(tx, made)
    return made.handle


def _key_that_stays(reader: Reader, record: AuthorityRecord, request: AuthorityRequest) -> str:
    """The serving version's, unless another algorithm is wanted; else ""."""
    if record.serving_version:
        previous = reader.one(AuthorityVersionRecord, arn=record.arn, version=record.serving_version)
        if previous is not None and algorithms_of(previous.spec).key is request.algorithms.key:
            return previous.key_handle
    return ""


def _prepare(
    services: Services,
    tx: Transaction,
    request: AuthorityRequest,
    parent: Signer | None,
    handle: str,
    serial: int,
    window: Window,
    now: datetime,
) -> Prepared:
    public_key: Any = services.vault.public_key(tx, handle)
    own_identifier = x509.SubjectKeyIdentifier.from_public_key(public_key).digest
    subject = to_name(request.subject)
    if parent is not None:
        problem = path_length_problem(parent, request.path_length)
        if problem is not None:
            raise Refused([problem])
    template = CertificateTemplate(
        subject=subject,
        issuer=parent.certificate.subject if parent else subject,
        issuer_key_identifier=parent.key_identifier if parent else own_identifier,
        public_key=public_key,
        serial=serial,
        not_before=window.not_before,
        not_after=window.not_after,
        profile=ProfileName.SUBORDINATE_CA if parent else ProfileName.ROOT_CA,
        path_length=effective_path_length(parent, request.path_length),
        issued_at=now,
        issuer_not_before=parent.certificate.not_valid_before_utc if parent else None,
        issuer_not_after=parent.certificate.not_valid_after_utc if parent else None,
        issuer_path_length=parent.path_length if parent else None,
        **pointers(services, parent),
    )
    return prepare(template, parent.signing_algorithm if parent else request.algorithms.signing)


def _journaled_parent(services: Services, reader: Reader, version: AuthorityVersionRecord) -> Signer | None:
    """The parent's certificate that the journal names (it may have been re-signed since); None for a root."""
    if version.issuer_arn == version.arn:
        return None
    now = services.clock.now()
    return issuer_for(reader, version.issuer_arn, now=now, version_number=version.issuer_version)


def complete(services: Services, arn: str) -> AuthorityRecord:
    """Sign and store the newest version when it is not there yet; nothing to do otherwise."""
    with services.store.read() as reader:
        record = _get(reader, arn)
        version = reader.one(AuthorityVersionRecord, arn=arn, version=record.newest_version)
        material = reader.one(MaterialRecord, arn=arn, version=record.newest_version)
        if version is None or material is None or version.has_certificate:
            return record
        # 2. sign
        parent = _journaled_parent(services, reader, version)
        handle = parent.version.key_handle if parent else version.key_handle
        algorithm = parent.signing_algorithm if parent else algorithms_of(version.spec).signing
        der = services.vault.sign_certificate(
            reader, handle, prepared=material.prepared, signing_algorithm=algorithm.value
        )
    hit("authority.after_sign")
    certificate = load_der(der)
    done = advance(
        version,
        AuthorityStatus.ACTIVE,
        has_certificate=True,
        fingerprint=certificate.fingerprint(_SHA256).hex(),
    )
    now = services.clock.now()
    # 3. store
    with services.store.write() as tx:
        current = _get(tx, arn)
        stored = tx.one(AuthorityVersionRecord, arn=arn, version=version.version)
        if stored is None or stored.has_certificate:
            return current  # another process has finished it meanwhile; its certificate stands
        record = advance(current, AuthorityStatus.ACTIVE, serving_version=version.version)
        tx.save(record, done, replace(material, der=der, chain_pem=parent.chain_pem if parent else ""))
        tx.record_audit(
            region=record.region,
            at=now,
            action=AuditAction.CA_SIGN,
            arn=arn,
            result=AuditResult.DONE,
            details={"version": version.version, "serial": version.serial, "fingerprint": done.fingerprint},
        )
    hit("authority.after_store")
    return record


def update(services: Services, arn: str, *, spec: Json, tags: Json, urn: str) -> AuthorityRecord:
    """Metadata only: enabled, tags, deletion window, renewal window."""
    request = read_authority(spec)
    now, enabled = services.clock.now(), request.enabled
    with services.store.write() as tx:
        record = _get(tx, arn)
        if enabled != record.enabled:
            tx.record_audit(
                region=record.region,
                at=now,
                action=AuditAction.CA_ENABLE if enabled else AuditAction.CA_DISABLE,
                arn=arn,
                result=AuditResult.DONE,
            )
        record = replace(record, spec=spec, tags=tags, enabled=enabled, urn=urn or record.urn, claimed=True)
        tx.save(record)
        serving = tx.one(AuthorityVersionRecord, arn=arn, version=record.serving_version)
        if serving is not None and serving.not_before is not None and serving.not_after is not None:
            window = Window(serving.not_before, serving.not_after)
            tx.save(replace(serving, renewal_due=window_opens(request.early_renewal, window)))
    return record


def delete(services: Services, arn: str) -> AuthorityRecord | None:
    """DELETED with a restore window (PCA-3); None when it is not there or was deleted already.

    Raises Refused (`authority.in_use`) while live certificates or CAs below depend on it.
    """
    now = services.clock.now()
    hit("delete.before_record")
    with services.store.write() as tx:
        record = tx.one(AuthorityRecord, arn=arn)
        if record is None or record.status is AuthorityStatus.DELETED:
            return None
        dependents = dependents_of(tx, arn)
        if dependents:
            tx.record_audit(
                region=record.region, at=now, action=AuditAction.CA_DELETE, arn=arn, result=AuditResult.REFUSED
            )
        else:
            record = _deleted(tx, record, now)
    if dependents:  # raised outside: an exception inside would take the audit line back
        shown = ", ".join(dependents[:10])
        message = f"{len(dependents)} certificates or authorities depend on it: {shown}. Delete them first"
        raise Refused([Finding(code="authority.in_use", message=message)])
    hit("delete.after_record")
    return record


def _deleted(tx: Transaction, record: AuthorityRecord, now: datetime) -> AuthorityRecord:
    days = deletion_days(record.spec)
    record = advance(
        record,
        AuthorityStatus.DELETED,
        deleted_at=now,
        restorable_until=now + timedelta(days=days),
        claimed=True,
    )
    tx.save(record)
    tx.record_audit(
        region=record.region,
        at=now,
        action=AuditAction.CA_DELETE,
        arn=record.arn,
        result=AuditResult.DONE,
        details={"restorableDays": days},
    )
    return record


def dependents_of(reader: Reader, arn: str) -> list[str]:
    """ARNs of serving certificates and live authorities that this CA signed."""
    found = [v.arn for v in reader.all(VersionRecord, issuer_arn=arn, serving=True)]
    for child in reader.all(AuthorityRecord, parent_arn=arn):
        if child.status is not AuthorityStatus.DELETED:
            found.append(child.arn)
    return sorted(set(found))
