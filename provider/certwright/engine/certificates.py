"""The life of a certificate's record: request, new versions, metadata, deletion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certwright.domain.arn import new_certificate_arn
from certwright.domain.errors import CertwrightError, Conflict, StoreMismatch, StoreUnavailable
from certwright.domain.keyspec import KeyAlgorithm, takes_long_to_make
from certwright.engine.claims import adoptable, give_fresh_arn
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.imports import ImportedMaterial, encrypted, store_imported
from certwright.engine.issuance import Needs, complete, get, issuer_of, needs_of, new_version, ready
from certwright.engine.keys import Ready, make_key, opened, remembered_issuer_keys, until_ready
from certwright.engine.lifecycle import advance
from certwright.engine.ports import NewKey, OpenedKeys, StoredKey, Transaction
from certwright.engine.records import (
    CertificateRecord,
    CertificateStatus,
    Json,
    MaterialRecord,
    Mode,
    OrderRecord,
    ValidationRecord,
    VersionRecord,
)
from certwright.engine.request import Request, read_request, request_of
from certwright.engine.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One request for a certificate, and whose it is. issuer: who signs it (`issuance.issuer_of`). key: made for it, before the
    transaction that keeps it."""

    urn: str
    region: str
    account: str
    request: Request
    tags: Json
    issuer: str = ""
    imported: ImportedMaterial | None = None
    key: NewKey | None = None


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
    issuer = issuer_of(services, request, region=region, account=account)
    wanted = Wanted(
        urn=urn, region=region, account=account, request=request, tags=tags, issuer=issuer, imported=imported
    )
    return until_ready(services, lambda: _create(services, wanted))


def _create(services: Services, wanted: Wanted) -> Created:
    if wanted.request.mode is Mode.PRIVATE:
        wish = wanted
        if takes_long_to_make(new_key_algorithm(services, wanted)):
            wish = with_key(services, wanted)  # in this caller's own thread
        # Pulumi creates in parallel: threads that come together commit together.
        created: Created = services.creates.do(wish, lambda wishes: create_all(services, wishes))
        return created
    answer = create_all(services, [wanted])[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


def with_key(services: Services, wish: Wanted) -> Wanted:
    """The wish with its key: made and encrypted, stored nowhere yet. The wish itself when it has one."""
    return wish if wish.key is not None else replace(wish, key=_new_key(services, wish))


def _new_key(services: Services, wish: Wanted) -> NewKey | None:
    """None in signed mode, and for what is imported without one."""
    if wish.imported is not None:
        return encrypted(services, wish.imported, region=wish.region, account=wish.account)
    if wish.request.mode is Mode.SIGNED:
        return None
    return make_key(services, new_key_algorithm(services, wish), region=wish.region, account=wish.account)


def new_key_algorithm(services: Services, wish: Wanted) -> KeyAlgorithm:
    """Stated, or what fits the issuer as it was seen last."""
    return wish.request.key_algorithm or remembered_issuer_keys(services, wish.issuer).leaf_algorithm


def signing_keys(services: Services, wishes: Sequence[Wanted]) -> list[StoredKey | None]:
    """Of the CAs that sign in the transaction of these wishes."""
    signed_at_once = (wish for wish in wishes if wish.request.mode in (Mode.PRIVATE, Mode.SIGNED))
    return [remembered_issuer_keys(services, issuer).signing for issuer in {wish.issuer for wish in signed_at_once}]


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
    # Keys that take no time are made here, for the round: a dozen threads that make them pass the interpreter's lock about.
    wishes = [with_key(services, wish) for wish in wishes]
    now = services.clock.now()
    with opened(services, signing_keys(services, wishes)) as held, services.store.write() as tx:
        # Every question before the first write, which a question would flush.
        left_behind = [adoptable(tx, CertificateRecord, wish.urn) for wish in wishes]
        return [_grant(services, tx, wish, left, held, now) for wish, left in zip(wishes, left_behind, strict=True)]


def _grant(
    services: Services,
    tx: Transaction,
    wish: Wanted,
    left: CertificateRecord | None,
    held: OpenedKeys,
    now: datetime,
) -> Created:
    """What was left behind, if it is what is wished for now; else a new one."""
    record, request = new_record(services, wish, now), wish.request
    if left is not None and left.mode is request.mode and left.region == wish.region and left.spec == request.spec:
        return give_fresh_arn(tx, left, record.arn, services.process), True
    if wish.imported is not None:
        return store_imported(services, tx, record, request.spec, wish.imported, wish.key, now=now), False
    keys = Ready(key=wish.key, opened=held)
    return new_version(services, tx, record, request, wish.issuer, keys, reason_code="request", now=now)[0], False


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
    issuer = issuer_of(services, request, region=before.region, account=before.account)
    with alone_with(services.store, Scope.CERTIFICATE, arn):
        reuse = not new_key and request.reuse_key and reason_code != "leaf.damaged"
        again = Again(
            request=request, issuer=issuer, reason_code=reason_code, reuse_key=reuse, expected_newest=expected_newest
        )
        record = until_ready(services, lambda: _reissue(services, arn, again))
        if record.serving_version == record.newest_version:
            hit("issue.after_store")
        record, _ = complete(services, arn)
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A new version, decided when `expected_newest` was the newest."""

    request: Request
    issuer: str
    reason_code: str
    reuse_key: bool
    expected_newest: int

    def is_still_wanted(self, record: CertificateRecord) -> bool:
        return record.newest_version == self.expected_newest


def _reissue(services: Services, arn: str, again: Again) -> CertificateRecord:
    request, reuse = again.request, again.reuse_key
    with services.store.read() as reader:
        record = get(reader, arn)
        if not again.is_still_wanted(record):
            return record
        needs = needs_of(services, reader, record, request, again.issuer, reuse_key=reuse)
    with ready(services, needs, record) as keys, services.store.write() as tx:
        record = get(tx, arn)
        if again.is_still_wanted(record):
            record = _drop_unfinished(services, tx, record)
            now, reason = services.clock.now(), again.reason_code
            record, _ = new_version(
                services, tx, record, request, again.issuer, keys, reason_code=reason, reuse_key=reuse, now=now
            )
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
    tx.remove(OrderRecord, arn=record.arn, version=newest.version)
    return replace(record, newest_version=record.newest_version - 1)


def retry(services: Services, arn: str) -> CertificateRecord:
    """Resume a request: finish what was journaled; a failed or timed-out public one gets a new attempt (CRT-4). What was
    journaled so long ago that it would be due at once is journaled anew."""
    newest = until_ready(services, lambda: _attempt_again(services, arn))
    if newest is not None and newest.has_certificate:
        hit("issue.after_store")
    record, _ = complete(services, arn)
    return record


def _attempt_again(services: Services, arn: str) -> VersionRecord | None:
    now = services.clock.now()
    with services.store.read() as reader:
        record = get(reader, arn)
        newest = reader.one(VersionRecord, arn=arn, version=record.newest_version)
    needs, issuer = Needs(), ""
    if newest is not None and _outdated(newest, now):
        request = request_of(record, newest)
        issuer = issuer_of(services, request, region=record.region, account=record.account)
        with services.store.read() as reader:
            needs = needs_of(services, reader, record, request, issuer)
    with ready(services, needs, record) as keys, services.store.write() as tx:
        record = get(tx, arn)
        newest = tx.one(VersionRecord, arn=arn, version=record.newest_version)
        if newest is not None and newest.status in (CertificateStatus.FAILED, CertificateStatus.VALIDATION_TIMED_OUT):
            # The TXT values of the failed attempt are void: a new attempt draws new ones (DNS-2), and orders anew.
            tx.remove(ValidationRecord, arn=arn, version=newest.version)
            tx.remove(OrderRecord, arn=arn, version=newest.version)
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
            _, newest = new_version(services, tx, record, request, issuer, keys, reason_code=reason, now=now)
    return newest


def _outdated(version: VersionRecord, now: datetime) -> bool:
    """Journaled, never signed, and by now in its renewal window or over."""
    if version.has_certificate or version.not_after is None:
        return False
    return now >= (version.renewal_due or version.not_after)


def reimport(services: Services, arn: str, *, spec: Json, imported: ImportedMaterial) -> CertificateRecord:
    """Another foreign certificate under the same ARN (IMP-1)."""
    with services.store.read() as reader:
        before = get(reader, arn)
    key = encrypted(services, imported, region=before.region, account=before.account)
    with alone_with(services.store, Scope.CERTIFICATE, arn), services.store.write() as tx:
        return store_imported(services, tx, get(tx, arn), spec, imported, key, now=services.clock.now())


def update(services: Services, arn: str, *, spec: Json, tags: Json, urn: str) -> CertificateRecord:
    """Metadata only: tags, renewal window, key policy. The renewal instant of the serving version follows."""
    from certwright.domain.validity import Window
    from certwright.engine import ordering
    from certwright.engine.leaf import renewal_instant

    with services.store.write() as tx:
        record = replace(get(tx, arn), spec=spec, tags=tags, urn=urn, claimed=True)
        tx.save(record)
        serving = tx.one(VersionRecord, arn=arn, version=record.serving_version)
        if serving is not None and serving.not_before is not None and serving.not_after is not None:
            ours = renewal_instant(request_of(record), Window(serving.not_before, serving.not_after))
            due = ordering.due(tx, serving, ours) if record.mode is Mode.PUBLIC else ours
            if due != serving.renewal_due:
                tx.save(replace(serving, renewal_due=due))
    return record
