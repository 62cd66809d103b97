"""A leaf under a CA of this store: judged, linted and its serial reserved; then signed, exactly those bytes (SEC-3, SEC-5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from certwright.domain.keyspec import SigningAlgorithm
from certwright.domain.serial import SERIAL_RANDOM_BYTES, serial_from
from certwright.domain.tbs import Prepared, prepare
from certwright.engine.issuer import Signer, issuer_for
from certwright.engine.issuing import Journaled, Signed
from certwright.engine.leaf import leaf_template, leaf_window, renewal_instant, signing_algorithm_for
from certwright.engine.ports import OpenedKeys, Reader, Transaction
from certwright.engine.records import CertificateRecord, MaterialRecord, SerialRecord, VersionRecord
from certwright.engine.request import Request, request_of
from certwright.engine.services import Services, guard_signing_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """Who signs, how, and what."""

    signer: Signer
    algorithm: SigningAlgorithm
    prepared: Prepared | bytes


def intend(
    services: Services,
    tx: Transaction,
    record: CertificateRecord,
    version: VersionRecord,
    request: Request,
    *,
    now: datetime,
) -> Journaled:
    """The port's `intend`; reserves the serial in `tx`."""
    guard_signing_clock(tx, now)
    signer = issuer_for(tx, version.issuer_arn, now=now)
    serial = serial_from(services.entropy.token_bytes(SERIAL_RANDOM_BYTES))
    window = leaf_window(services, request.mode, request.validity, signer.bounds, now)
    public_key: Any = (
        request.csr.public_key() if request.csr is not None else services.vault.public_key(tx, version.key_handle)
    )
    template = leaf_template(services, request, signer, public_key, serial, window, now)
    algorithm = signing_algorithm_for(request, signer)
    prepared = prepare(template, algorithm)
    version = replace(
        version,
        serial=format(serial, "x"),
        issuer_version=signer.version.version,
        not_before=window.not_before,
        not_after=window.not_after,
        renewal_due=renewal_instant(request, window),
    )
    reserved = SerialRecord(
        issuer_arn=version.issuer_arn,
        serial=version.serial,
        arn=record.arn,
        version=version.version,
        reserved_at=now,
    )
    tx.insert(reserved)
    return Journaled(
        record=record,
        version=version,
        material=MaterialRecord(arn=record.arn, version=version.version, prepared=prepared.preissuance_der),
        prepared=_Ready(signer=signer, algorithm=algorithm, prepared=prepared),
    )


def sign(tx: Transaction, journaled: Journaled, keys: OpenedKeys, *, now: datetime) -> Signed:
    """The port's `sign`."""
    ready = journaled.prepared
    if not isinstance(ready, _Ready):
        ready = _from_journal(tx, journaled, now)
    der = keys.sign_certificate(
        tx,
        ready.signer.version.key_handle,
        prepared=ready.prepared,
        signing_algorithm=ready.algorithm.value,
    )
    return Signed(der=der, chain_pem=ready.signer.chain_pem)


def _from_journal(reader: Reader, journaled: Journaled, now: datetime) -> _Ready:
    version = journaled.version
    # The certificate that the journal names: the CA may have been re-signed or rotated since.
    signer = issuer_for(reader, version.issuer_arn, now=now, version_number=version.issuer_version)
    algorithm = signing_algorithm_for(request_of(journaled.record, version), signer)
    return _Ready(signer=signer, algorithm=algorithm, prepared=journaled.material.prepared)
