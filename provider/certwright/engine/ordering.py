"""The issue of a public version whose names are proved; from a remote issuer by an order, stored before each step (ADR 24).

The steps of an order (numbered in the code); the caller is alone with the certificate, and no transaction is open while anybody
is asked:
1. write ahead: CSR and the issuer's first state; nobody was asked yet;
2. ask: one bounded step from the stored state;
3. store the answer in its place; then 2 again, or wait until the instant that the issuer named;
4. store the certificate, if it is the one that was ordered.
Whoever dies between two of them asks again from the stored state, and the issuer knows its own order again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certwright.domain.certificate import load_der, sans_of
from certwright.domain.errors import Cancelled, CertwrightError
from certwright.domain.keyspec import KeyAlgorithm, default_signing_algorithm
from certwright.domain.validity import Window
from certwright.engine.failpoints import hit
from certwright.engine.issuance import complete, get, record_issue, store_certificate, write_ahead
from certwright.engine.issuing import OrderRefused, RemoteIssuer, Signed, is_local, is_remote
from certwright.engine.leaf import renewal_instant
from certwright.engine.leafcontent import content_of
from certwright.engine.lifecycle import advance
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import (
    AuditResult,
    CertificateRecord,
    CertificateStatus,
    Json,
    MaterialRecord,
    OrderRecord,
    VersionRecord,
)
from certwright.engine.request import request_of
from certwright.engine.services import Services

STEPS = 20  # of one call: an issuer that is never done must not hold the certificate for ever
NOT_YET = "the issuer has not answered yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of an order. waits: nothing more can be done now."""

    order: OrderRecord
    issued: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a remote issuer is waited for. look_at: it is not asked before; None: as soon as anybody looks."""

    sentence: str
    look_at: datetime | None = None


def _left(order: OrderRecord) -> Left:
    return Left(sentence=order.waiting or NOT_YET, look_at=order.look_at)


def order_of(reader: Reader, version: VersionRecord) -> OrderRecord | None:
    return reader.one(OrderRecord, arn=version.arn, version=version.version)


def issue(
    services: Services, record: CertificateRecord, version: VersionRecord, *, cancel: CancelSignal | None = None
) -> Left | None:
    """Everything that is to be done for a version whose names are proved, as far as it can be done now.

    Returns None when it is issued. Raises OrderRefused, when the version has FAILED.
    """
    issuer = services.issuer(version.issuer_arn)
    if is_remote(issuer):
        return _pursue(services, issuer, record, version, cancel)
    if is_local(issuer) and not version.serial:
        write_ahead(services, issuer, record, version)
        hit("issue.after_journal")
    complete(services, record.arn)
    return None


def challenges(
    services: Services, record: CertificateRecord, version: VersionRecord, *, cancel: CancelSignal | None = None
) -> Mapping[str, Json] | Left | None:
    """What the issuer wants proved, by authorization, or what is waited for while it does not say so.

    None: the challenges are ours to draw, and the order comes after the proof. Else it comes before.
    """
    issuer = services.issuer(version.issuer_arn)
    if not is_remote(issuer) or issuer.challenges(None) is None:
        return None
    order = _stored(services, version) or _written_ahead(services, issuer, record, version)
    for _ in range(STEPS):
        if wanted := issuer.challenges(order):
            return wanted
        step = _step(services, issuer, record, version, order, cancel)
        order = step.order
        if step.waits:
            break
    return _left(order)


def is_placed(services: Services, version: VersionRecord) -> bool:
    """Whether the order is on its way and the proof behind it."""
    issuer = services.issuer(version.issuer_arn)
    return is_remote(issuer) and issuer.challenges(None) is None and _stored(services, version) is not None


def _pursue(
    services: Services,
    issuer: RemoteIssuer,
    record: CertificateRecord,
    version: VersionRecord,
    cancel: CancelSignal | None,
) -> Left | None:
    order = _stored(services, version) or _written_ahead(services, issuer, record, version)
    for _ in range(STEPS):
        step = _step(services, issuer, record, version, order, cancel)
        if step.issued:
            return None
        order = step.order
        if step.waits:
            break
    return _left(order)


def _stored(services: Services, version: VersionRecord) -> OrderRecord | None:
    with services.store.read() as reader:
        return order_of(reader, version)


def _written_ahead(
    services: Services, issuer: RemoteIssuer, record: CertificateRecord, version: VersionRecord
) -> OrderRecord:
    """1. For the key of the version, with the content of its request."""
    request, now = request_of(record, version), services.clock.now()
    says = content_of(request)
    names = x509.SubjectAlternativeName(says.sans)
    with services.store.read() as reader:
        algorithm = KeyAlgorithm(services.vault.find(reader, version.key_handle).record.algorithm)
        csr = services.vault.sign_csr(
            reader,
            version.key_handle,
            subject=says.subject,
            signing_algorithm=default_signing_algorithm(algorithm).value,
            extensions=[(names, False)],
        )
    order = OrderRecord(
        arn=record.arn, version=version.version, issuer=version.issuer_arn, csr=csr, state={}, created_at=now
    )
    order = replace(order, state=issuer.intend(order, request))
    with services.store.write() as tx:
        get(tx, record.arn)
        tx.save(order)
        record_issue(tx, record, version, AuditResult.INTENDED, now)
    hit("order.after_journal")
    return order


def _step(
    services: Services,
    issuer: RemoteIssuer,
    record: CertificateRecord,
    version: VersionRecord,
    order: OrderRecord,
    cancel: CancelSignal | None,
) -> Step:
    now = services.clock.now()
    if order.look_at is not None and now < order.look_at:
        return Step(order=order, waits=True)
    # 2. ask
    try:
        answer = issuer.sign(order, cancel)
        hit("order.after_answer")
        if isinstance(answer, Signed):
            _store(services, record, version, order, answer)
            return Step(order=order, issued=True)
    except OrderRefused as no:
        _fail(services, record, version, no)
        raise
    except Cancelled:
        raise
    except CertwrightError as problem:  # it could not be asked: the next look asks again
        order = replace(order, waiting=problem.message, look_at=None, asked_at=now)
        return Step(order=_keep(services, order), waits=True)
    # 3. store the answer
    order = replace(order, state=answer.state, waiting=answer.sentence, look_at=answer.when, asked_at=now)
    order = _keep(services, order)
    hit("order.after_state")
    return Step(order=order, waits=answer.when is not None)


def _keep(services: Services, order: OrderRecord) -> OrderRecord:
    with services.store.write() as tx:
        get(tx, order.arn)
        tx.save(order)
    return order


def _store(
    services: Services, record: CertificateRecord, version: VersionRecord, order: OrderRecord, signed: Signed
) -> None:
    """4. Raises OrderRefused for a certificate that is not the one that was ordered."""
    certificate = load_der(signed.der)
    if problem := _other_than_ordered(order, certificate):
        raise OrderRefused(f"{order.issuer} issued another certificate than was ordered: {problem}")
    window = Window(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    version = replace(
        version,
        serial=format(certificate.serial_number, "x"),
        not_before=window.not_before,
        not_after=window.not_after,
        renewal_due=_earlier(renewal_instant(request_of(record, version), window), signed.renew_at),
    )
    material = MaterialRecord(arn=record.arn, version=version.version, der=signed.der, chain_pem=signed.chain_pem)
    done = replace(order, waiting="", look_at=None, renew_at=signed.renew_at)
    with services.store.write() as tx:
        tx.save(done)
        store_certificate(tx, get(tx, record.arn), version, material, now=services.clock.now())
    hit("issue.after_store")


def due(reader: Reader, version: VersionRecord, ours: datetime | None) -> datetime | None:
    """The renewal instant of a version, when ours is this: its issuer may have named an earlier one."""
    order = order_of(reader, version)
    return _earlier(ours, order.renew_at if order is not None else None)


def _earlier(ours: datetime | None, issuers: datetime | None) -> datetime | None:
    """What is not renewed by itself stays so; else whoever asks first."""
    return min(ours, issuers) if ours is not None and issuers is not None else ours


def _other_than_ordered(order: OrderRecord, certificate: x509.Certificate) -> str:
    csr = x509.load_der_x509_csr(order.csr)
    keys = [
        one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in (csr, certificate)
    ]
    if keys[0] != keys[1]:
        return "its key is another"
    missing = [str(name.value) for name in sans_of(csr) if name not in sans_of(certificate)]
    return f"it does not name {', '.join(missing)}" if missing else ""


def _fail(services: Services, record: CertificateRecord, version: VersionRecord, no: OrderRefused) -> None:
    now = services.clock.now()
    failed = advance(version, CertificateStatus.FAILED, failure_reason=no.failure_reason, failure_message=no.message)
    with services.store.write() as tx:
        get(tx, record.arn)
        tx.save(failed)
        record_issue(tx, record, failed, AuditResult.FAILED, now)
