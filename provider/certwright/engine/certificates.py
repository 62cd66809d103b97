"""The life of a certificate's record: request, new versions, metadata, deletion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certwright.domain.arn import new_certificate_arn
from certwright.domain.errors import CertwrightError, Conflict, StoreMismatch, StoreUnavailable
from certwright.engine import dnsrecords
from certwright.engine.claims import adoptable, give_fresh_arn
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.imports import ImportedMaterial, store_imported
from certwright.engine.issuance import complete, get, new_version
from certwright.engine.lifecycle import advance
from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import (
    AssociationRecord,
    AuditAction,
    AuditResult,
    CertificateRecord,
    CertificateStatus,
    DnsRecord,
    Json,
    MaterialRecord,
    Mode,
    ValidationRecord,
    VersionRecord,
)
from certwright.engine.request import Request, read_request, request_of
from certwright.engine.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One request for a certificate, and whose it is."""

    urn: str
    region: str
    account: str
    request: Request
    tags: Json
    imported: ImportedMaterial | None = None


Created = tuple[CertificateRecord, bool]  # and whether it was adopted


def create(
    services: Services,
    *,
    urn: str,
    region: str,
    account: str,
    mode: Mode,
    spec: Json,
    tags: Json,
    imported: ImportedMaterial | None = None,
) -> tuple[CertificateRecord, bool]:
    """Record the request, and issue at once where nobody has to be asked. Returns the record and "adopted" (CRT-5)."""
    request = read_request(mode, spec)
    if mode is Mode.PUBLIC:
        _ensure_issuer(services, request, region, account)
    wanted = Wanted(urn=urn, region=region, account=account, request=request, tags=tags, imported=imported)
    if mode is Mode.PRIVATE:
        # Pulumi creates in parallel: threads that come together commit together.
        created: Created = services.creates.do(wanted, lambda wishes: create_all(services, wishes))
        return created
    answer = create_all(services, [wanted])[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


def create_all(services: Services, wishes: Sequence[Wanted]) -> list[Created | Exception]:
    """Everything in one transaction. A wish that cannot be granted fails alone."""
    try:
        made = _granted(services, wishes)
    except CertwrightError as problem:  # nothing was written
        if len(wishes) == 1 or _is_everybodys(problem):
            return [problem for _ in wishes]
        return [answer for wish in wishes for answer in create_all(services, [wish])]
    answers: list[Created | Exception] = []
    for record, adopted in made:
        hit("request.after_record")
        if record.serving_version:
            hit("issue.after_store")
        try:
            # What was left behind may have been journaled and not signed.
            answers.append((complete(services, record.arn)[0] if adopted else record, adopted))
        except CertwrightError as error:
            answers.append(error)
    return answers


def _is_everybodys(problem: CertwrightError) -> bool:
    """Of the store, and not of one wish or of one row that only that wish needs."""
    return isinstance(problem, (Conflict, StoreUnavailable, StoreMismatch)) and problem.code != "store.damaged"


def _granted(services: Services, wishes: Sequence[Wanted]) -> list[Created]:
    now = services.clock.now()
    with services.store.write() as tx:
        # Every question before the first write, which a question would flush.
        left_behind = [adoptable(tx, CertificateRecord, wish.urn) for wish in wishes]
        return [_grant(services, tx, wish, left, now) for wish, left in zip(wishes, left_behind, strict=True)]


def _grant(services: Services, tx: Transaction, wish: Wanted, left: CertificateRecord | None, now: datetime) -> Created:
    """What was left behind, if it is what is wished for now; else a new one."""
    record, request = new_record(services, wish, now), wish.request
    if left is not None and left.mode is request.mode and left.region == wish.region and left.spec == request.spec:
        return give_fresh_arn(tx, left, record.arn, services.process), True
    if wish.imported is not None:
        return store_imported(services, tx, record, request.spec, wish.imported, now=now), False
    return new_version(services, tx, record, request, reason_code="request", now=now)[0], False


def new_record(services: Services, wish: Wanted, now: datetime) -> CertificateRecord:
    """With an ARN of its own, and no version yet; nothing is stored."""
    return CertificateRecord(
        arn=str(new_certificate_arn(wish.region, wish.account, services.entropy.token_bytes(16))),
        region=wish.region,
        account=wish.account,
        urn=wish.urn,
        mode=wish.request.mode,
        spec=wish.request.spec,
        created_at=now,
        tags=wish.tags,
        domain_name=wish.request.domain_name,
        creator=services.process,
    )


def _ensure_issuer(services: Services, request: Request, region: str, account: str) -> None:
    if (request.public_issuer or services.config.public_issuer) == "bundled":
        from certwright.engine.bundled import ensure_bundled

        ensure_bundled(services, region=region, account=account)


def reissue(
    services: Services, arn: str, *, expected_newest: int, spec: Json, reason_code: str, new_key: bool = False
) -> CertificateRecord:
    """A new version under the same ARN (CRT-6, REN-3). The old one serves until the new one is issued.

    expected_newest: the newest version when the decision fell. Whoever gets the lease first renews; the second finds a
    newer version and does nothing, so nothing is renewed twice. A version that never came to its end is replaced: its
    number is used again.
    """
    with services.store.read() as reader:
        before = get(reader, arn)
    request = read_request(before.mode, spec)
    if before.mode is Mode.PUBLIC:
        _ensure_issuer(services, request, before.region, before.account)
    with alone_with(services.store, Scope.CERTIFICATE, arn):
        now = services.clock.now()
        with services.store.write() as tx:
            record = get(tx, arn)
            if record.newest_version == expected_newest:
                record = _drop_unfinished(services, tx, record)
                reuse = not new_key and request.reuse_key and reason_code != "leaf.damaged"
                record, _ = new_version(
                    services, tx, record, request, reason_code=reason_code, reuse_key=reuse, now=now
                )
        if record.serving_version == record.newest_version:
            hit("issue.after_store")
        record, _ = complete(services, arn)
    return record


def _drop_unfinished(services: Services, tx: Transaction, record: CertificateRecord) -> CertificateRecord:
    newest = tx.one(VersionRecord, arn=record.arn, version=record.newest_version)
    if newest is None or newest.has_certificate:
        return record
    shared = tx.count(VersionRecord, arn=record.arn, key_handle=newest.key_handle) > 1
    if newest.key_handle and not shared:
        services.vault.delete(tx, newest.key_handle)
    tx.remove(VersionRecord, arn=record.arn, version=newest.version)
    tx.remove(MaterialRecord, arn=record.arn, version=newest.version)
    tx.remove(ValidationRecord, arn=record.arn, version=newest.version)
    return replace(record, newest_version=record.newest_version - 1)


def retry(services: Services, arn: str) -> CertificateRecord:
    """Resume a request: finish what was journaled; a failed or timed-out public one gets a new attempt (CRT-4). What was
    journaled so long ago that it would be due at once is journaled anew."""
    now = services.clock.now()
    with services.store.write() as tx:
        record = get(tx, arn)
        newest = tx.one(VersionRecord, arn=arn, version=record.newest_version)
        if newest is not None and newest.status in (CertificateStatus.FAILED, CertificateStatus.VALIDATION_TIMED_OUT):
            # The TXT values of the failed attempt are void: a new attempt draws new ones (DNS-2).
            tx.remove(ValidationRecord, arn=arn, version=newest.version)
            tx.save(
                advance(
                    newest,
                    CertificateStatus.PENDING_VALIDATION,
                    attempt=newest.attempt + 1,
                    failure_reason="",
                    failure_message="",
                    requested_at=now,
                )
            )
        elif newest is not None and _outdated(newest, now):
            request, reason = request_of(record, newest), newest.reason_code
            record = _drop_unfinished(services, tx, record)
            record, newest = new_version(services, tx, record, request, reason_code=reason, now=now)
    if newest is not None and newest.has_certificate:
        hit("issue.after_store")
    record, _ = complete(services, arn)
    return record


def _outdated(version: VersionRecord, now: datetime) -> bool:
    """Journaled, never signed, and by now in its renewal window or over."""
    if version.has_certificate or version.not_after is None:
        return False
    return now >= (version.renewal_due or version.not_after)


def reimport(services: Services, arn: str, *, spec: Json, imported: ImportedMaterial) -> CertificateRecord:
    """Another foreign certificate under the same ARN (IMP-1)."""
    with alone_with(services.store, Scope.CERTIFICATE, arn), services.store.write() as tx:
        return store_imported(services, tx, get(tx, arn), spec, imported, now=services.clock.now())


def update(services: Services, arn: str, *, spec: Json, tags: Json, urn: str) -> CertificateRecord:
    """Metadata only: tags, renewal window, key policy. The renewal instant of the serving version follows."""
    from certwright.domain.validity import Window
    from certwright.engine.leaf import renewal_instant

    with services.store.write() as tx:
        record = replace(get(tx, arn), spec=spec, tags=tags, urn=urn, claimed=True)
        tx.save(record)
        serving = tx.one(VersionRecord, arn=arn, version=record.serving_version)
        if serving is not None and serving.not_before is not None and serving.not_after is not None:
            due = renewal_instant(request_of(record), Window(serving.not_before, serving.not_after))
            if due != serving.renewal_due:
                tx.save(replace(serving, renewal_due=due))
    return record


def in_use_by(reader: Reader, arn: str) -> list[AssociationRecord]:
    return reader.all(AssociationRecord, certificate_arn=arn)


def in_use_sentence(associations: list[AssociationRecord]) -> str:
    """`oldOnNginx (nginx /etc/nginx/tls/old), …`"""
    shown = [f"{a.urn.rsplit('::', 1)[-1]} ({a.target_kind} {a.place})" for a in associations[:10]]
    more = f" and {len(associations) - 10} more" if len(associations) > 10 else ""
    count = f"{len(associations)} association{'s' if len(associations) != 1 else ''}"
    verb = "serve" if len(associations) != 1 else "serves"
    return f"{count} {verb} it: {', '.join(shown)}{more}. Move or delete {'them' if len(associations) != 1 else 'it'} first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """How a deletion went. `found` False: there was nothing. The rest are DNS records that are still in their zones."""

    found: bool
    left: tuple[dnsrecords.Left, ...] = ()  # could not be removed now; the journal remembers them
    unsure: tuple[DnsRecord, ...] = ()  # perhaps the user's own, so not ours to remove


def delete(services: Services, arn: str) -> Deleted:
    """Remove the certificate, its keys and the DNS records that only it needed. Refused while in use (ASC-8).

    A DNS writer that is out of reach does not hold it up: what it should have removed waits in the store (DNS-7).
    """
    hit("delete.before_record")
    with services.store.read() as reader:
        record = reader.one(CertificateRecord, arn=arn)
        if record is None:
            return Deleted(found=False)
        writers = {row.writer for row in reader.all(DnsRecord, arn=arn)}
    now = services.clock.now()
    unsure: list[DnsRecord] = []
    with services.store.write() as tx:
        users = in_use_by(tx, arn)
        if users:
            details = {"inUseBy": [a.arn for a in users]}
            tx.record_audit(
                region=record.region,
                at=now,
                action=AuditAction.DELETE,
                arn=arn,
                result=AuditResult.REFUSED,
                details=details,
            )
        else:
            unsure = _remove(services, tx, record)
            tx.record_audit(region=record.region, at=now, action=AuditAction.DELETE, arn=arn, result=AuditResult.DONE)
    if users:
        raise CertwrightError("in use, cannot be deleted", code="certificate.in_use", details=(in_use_sentence(users),))
    hit("delete.after_record")
    left = dnsrecords.sweep(services, writers).left if writers else ()
    return Deleted(found=True, left=left, unsure=tuple(unsure))


def _remove(services: Services, tx: Transaction, record: CertificateRecord) -> list[DnsRecord]:
    for version in tx.all(VersionRecord, arn=record.arn):
        if version.key_handle:
            services.vault.delete(tx, version.key_handle)
    for kind in (VersionRecord, MaterialRecord, ValidationRecord):
        tx.remove(kind, arn=record.arn)
    tx.remove(CertificateRecord, arn=record.arn)
    return dnsrecords.release(services, tx, record.arn)
