"""Private certificate authorities: created ACTIVE in one go, re-signed under the same ARN, deleted with a way back.

Order of a creation or re-signing (numbered in the code):
1. journal: record, version, key and the linted preissuance certificate, in one transaction;
2. sign exactly those bytes;
3. store: certificate and chain, version serving, status ACTIVE, in one transaction.
A crash between any two is finished by `complete`, which signs the same bytes again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certwright.domain.arn import new_certificate_authority_arn
from certwright.domain.certificate import bundle_pem, load_der, parse_bundle, subject_key_id_of
from certwright.domain.errors import CertwrightError, Finding, NotFound, Refused
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm, default_signing_algorithm
from certwright.domain.profile import ProfileName
from certwright.domain.renewbefore import parse_renew_before
from certwright.domain.serial import SERIAL_RANDOM_BYTES, serial_from
from certwright.domain.subject import Subject, to_name
from certwright.domain.tbs import CertificateTemplate, Prepared, prepare
from certwright.domain.validity import Validity, Window, beyond_issuer, capped, lifetime_window, validity_window
from certwright.engine.failpoints import hit
from certwright.engine.lifecycle import advance
from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    Json,
    MaterialRecord,
    SerialRecord,
    VersionRecord,
)
from certwright.engine.services import Services, guard_signing_clock

MAX_LEVELS = 5
_SHA256 = hashes.SHA256()
_DEFAULT_LIFETIME = {"ROOT": timedelta(days=3650), "SUBORDINATE": timedelta(days=1825)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A CA that signs: its record, serving version, certificate, and the chain from itself to its root."""

    record: AuthorityRecord
    version: AuthorityVersionRecord
    certificate: x509.Certificate
    chain_pem: str  # own certificate first, root last
    key_identifier: bytes

    @property
    def signing_algorithm(self) -> SigningAlgorithm:
        return signing_algorithm(self.version.spec)

    @property
    def key_algorithm(self) -> KeyAlgorithm:
        return key_algorithm(self.version.spec)

    @property
    def path_length(self) -> int | None:
        return self.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length

    @property
    def levels(self) -> int:
        return self.chain_pem.count("-----BEGIN CERTIFICATE-----")


def _configuration(spec: Json) -> Json:
    found: Json = spec.get("certificateAuthorityConfiguration") or {}
    return found


def key_algorithm(spec: Json) -> KeyAlgorithm:
    return KeyAlgorithm(_configuration(spec).get("keyAlgorithm") or KeyAlgorithm.EC_PRIME256V1)


def signing_algorithm(spec: Json) -> SigningAlgorithm:
    stated = _configuration(spec).get("signingAlgorithm")
    return SigningAlgorithm(stated) if stated else default_signing_algorithm(key_algorithm(spec))


def subject_of(spec: Json) -> Subject:
    return Subject.model_validate(_configuration(spec).get("subject") or {})


# Parsed issuers by (ARN, version): a CA version never changes, so the entry never goes stale.
_issuers: dict[tuple[str, int, bytes], tuple[x509.Certificate, bytes]] = {}
_ISSUERS_KEPT = 256


def _parsed(arn: str, version: int, der: bytes) -> tuple[x509.Certificate, bytes]:
    key = (arn, version, der[-16:])
    if key not in _issuers:
        if len(_issuers) >= _ISSUERS_KEPT:
            _issuers.clear()
        certificate = load_der(der)
        _issuers[key] = (certificate, subject_key_id_of(certificate))
    return _issuers[key]


def issuer_for(reader: Reader, arn: str, *, now: datetime, version_number: int | None = None) -> Issuer:
    """The CA at `arn`, ready to sign. Raises Refused: not found, not ACTIVE, or outside its own life (SEC-9).

    version_number: an earlier version of the CA, to finish what was journaled under it; default: the serving one.
    """
    record = reader.one(AuthorityRecord, arn=arn)
    if record is None:
        raise Refused(
            [Finding(code="issuer.not_found", message=f"there is no certificate authority {arn} in this store")]
        )
    problem = not_active(record)
    if problem:
        raise Refused([problem])
    number = record.serving_version if version_number is None else version_number
    version = reader.one(AuthorityVersionRecord, arn=arn, version=number)
    material = reader.one(MaterialRecord, arn=arn, version=number)
    if version is None or material is None or not material.der:
        raise CertwrightError(f"the certificate of authority {arn} is missing from the store", code="store.damaged")
    certificate, key_identifier = _parsed(arn, version.version, material.der)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Refused(
            [
                Finding(
                    code="issuer.outside_life",
                    message=f"authority {arn} is valid from {certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ} to "
                    f"{certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}, and the clock says {now:%Y-%m-%dT%H:%M:%SZ}; renew "
                    "the authority or correct the clock",
                )
            ]
        )
    return Issuer(
        record=record,
        version=version,
        certificate=certificate,
        chain_pem=bundle_pem([material.der]) + material.chain_pem,
        key_identifier=key_identifier,
    )


def not_active(record: AuthorityRecord, path: str = "") -> Finding | None:
    """Why this CA cannot sign, or None."""
    if record.status is AuthorityStatus.ACTIVE and record.enabled:
        return None
    shown = AuthorityStatus.DISABLED if record.status is AuthorityStatus.ACTIVE else record.status
    todo = {
        AuthorityStatus.DISABLED: "set enabled to true on it",
        AuthorityStatus.DELETED: "restore it, or name another authority",
        AuthorityStatus.CREATING: "run `pulumi up` again so that its creation is finished",
    }.get(shown, "name another authority")
    return Finding(
        code="issuer.not_active",
        path=path,
        message=f"authority {record.arn} is {shown.value} and signs nothing; {todo}",
    )


def path_length_problem(issuer: Issuer, wanted: int | None) -> Finding | None:
    """A subordinate's path length must be smaller than its issuer's (RFC 5280 4.2.1.9)."""
    limit = issuer.path_length
    if issuer.levels >= MAX_LEVELS:
        return Finding(
            code="authority.too_deep",
            path="parentArn",
            message=f"the hierarchy would have {issuer.levels + 1} levels; {MAX_LEVELS} are allowed",
        )
    if limit == 0:
        return Finding(
            code="authority.path_length",
            path="parentArn",
            message=f"authority {issuer.record.arn} has path length 0: it may sign certificates, but no authority below it",
        )
    if limit is not None and wanted is not None and wanted >= limit:
        return Finding(
            code="authority.path_length",
            path="pathLength",
            message=f"{wanted} is not smaller than the parent's path length {limit}; give at most {limit - 1}",
        )
    return None


def effective_path_length(issuer: Issuer | None, wanted: int | None) -> int | None:
    """What the certificate says: the stated one; below a limited parent, one less than the parent's."""
    if wanted is not None or issuer is None or issuer.path_length is None:
        return wanted
    return issuer.path_length - 1


def ca_window(spec: Json, issuer: Issuer | None, now: datetime) -> Window:
    """Stated validity beyond the parent's end is refused, a default one is cut there."""
    floor = issuer.certificate.not_valid_before_utc if issuer else None
    end = issuer.certificate.not_valid_after_utc if issuer else None
    if spec.get("validity"):
        window = validity_window(Validity.model_validate(spec["validity"]), now, issuer_not_before=floor)
        if end is not None:
            problems = beyond_issuer(window, end)
            if problems:
                raise Refused(problems)
        return window
    window = lifetime_window(_DEFAULT_LIFETIME[spec["type"]], now, issuer_not_before=floor)
    return capped(window, end) if end is not None else window


def window_opens(early_renewal: str | None, window: Window) -> datetime:
    """When the renewal window opens. A window that was cut at the issuer's end is due after a tenth at the soonest: what
    is due at once would be a diff for ever (REN-1)."""
    before = parse_renew_before(early_renewal).renew_before(window.not_before, window.not_after)
    return window.not_after - min(before, window.lifetime * 9 / 10)


def create(
    services: Services, *, urn: str, region: str, account: str, spec: Json, tags: Json
) -> tuple[AuthorityRecord, bool]:
    """Make a CA, or finish the one that an interrupted create of the same URN left. Returns it and "adopted"."""
    from certwright.engine.claims import adoptable, give_fresh_arn

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
                type=spec["type"],
                status=AuthorityStatus.CREATING,
                parent_arn=spec.get("parentArn") or "",
                spec=spec,
                created_at=now,
                enabled=spec.get("enabled", True),
                creator=services.process,
                tags=tags,
            )
            record = _journal(services, tx, record, spec=spec, reason_code="request", now=now)
            adopted = False
    hit("authority.after_journal")
    return complete(services, record.arn), adopted


def re_sign(services: Services, arn: str, *, spec: Json, reason_code: str) -> AuthorityRecord:
    """A new certificate under the same ARN; the key stays unless its algorithm or `rotation` changes."""
    now = services.clock.now()
    with services.store.lease(f"authority:{arn}", seconds=30, wait_seconds=60), services.store.write() as tx:
        record = _get(tx, arn)
        if record.newest_version == record.serving_version:
            record = _journal(services, tx, record, spec=spec, reason_code=reason_code, now=now)
    hit("authority.after_journal")
    return complete(services, record.arn)


def _get(reader: Reader, arn: str) -> AuthorityRecord:
    record = reader.one(AuthorityRecord, arn=arn)
    if record is None:
        raise NotFound(f"there is no certificate authority {arn} in this store")
    return record


def _journal(
    services: Services, tx: Transaction, record: AuthorityRecord, *, spec: Json, reason_code: str, now: datetime
) -> AuthorityRecord:
    guard_signing_clock(tx, now)
    number = record.newest_version + 1
    parent = issuer_for(tx, spec["parentArn"], now=now) if spec.get("parentArn") else None
    handle = _key_for(services, tx, record, spec, now)
    serial = serial_from(services.entropy.token_bytes(SERIAL_RANDOM_BYTES))
    window = ca_window(spec, parent, now)
    prepared = _prepare(services, tx, spec, parent, handle, serial, window, now)
    issuer_arn = parent.record.arn if parent else record.arn
    version = AuthorityVersionRecord(
        arn=record.arn,
        version=number,
        status=AuthorityStatus.CREATING,
        spec=spec,
        reason_code=reason_code,
        key_handle=handle,
        issuer_arn=issuer_arn,
        issuer_version=parent.version.version if parent else number,
        serial=format(serial, "x"),
        not_before=window.not_before,
        not_after=window.not_after,
        renewal_due=window_opens(spec.get("earlyRenewalDuration"), window),
        created_at=now,
    )
    record = replace(record, newest_version=number, spec=spec, parent_arn=spec.get("parentArn") or "")
    tx.insert(
        SerialRecord(issuer_arn=issuer_arn, serial=version.serial, arn=record.arn, version=number, reserved_at=now)
    )
    tx.save(record, version, MaterialRecord(arn=record.arn, version=number, prepared=prepared.preissuance_der))
    tx.record_audit(
        region=record.region,
        at=now,
        action="ca.sign",
        arn=record.arn,
        result="intended",
        details={"version": number, "serial": version.serial, "reason": reason_code, "issuer": issuer_arn},
    )
    return record


def _key_for(services: Services, tx: Transaction, record: AuthorityRecord, spec: Json, now: datetime) -> str:
    if record.serving_version:
        previous = tx.one(AuthorityVersionRecord, arn=record.arn, version=record.serving_version)
        if previous is not None and key_algorithm(previous.spec) is key_algorithm(spec):
            return previous.key_handle
    return services.vault.generate(
        tx, algorithm=key_algorithm(spec).value, region=record.region, account=record.account, now=now
    )


def _prepare(
    services: Services,
    tx: Transaction,
    spec: Json,
    parent: Issuer | None,
    handle: str,
    serial: int,
    window: Window,
    now: datetime,
) -> Prepared:
    public_key: Any = services.vault.public_key(tx, handle)
    own_identifier = x509.SubjectKeyIdentifier.from_public_key(public_key).digest
    subject = to_name(subject_of(spec))
    if parent is not None:
        problem = path_length_problem(parent, spec.get("pathLength"))
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
        path_length=effective_path_length(parent, spec.get("pathLength")),
        issued_at=now,
        issuer_not_before=parent.certificate.not_valid_before_utc if parent else None,
        issuer_not_after=parent.certificate.not_valid_after_utc if parent else None,
        issuer_path_length=parent.path_length if parent else None,
    )
    return prepare(template, parent.signing_algorithm if parent else signing_algorithm(spec))


def _journaled_parent(services: Services, reader: Reader, version: AuthorityVersionRecord) -> Issuer | None:
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
        algorithm = parent.signing_algorithm if parent else signing_algorithm(version.spec)
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
        record = advance(current, AuthorityStatus.ACTIVE, serving_version=version.version)
        tx.save(record, done, replace(material, der=der, chain_pem=parent.chain_pem if parent else ""))
        tx.record_audit(
            region=record.region,
            at=now,
            action="ca.sign",
            arn=arn,
            result="done",
            details={"version": version.version, "serial": version.serial, "fingerprint": done.fingerprint},
        )
    hit("authority.after_store")
    return record


def update(services: Services, arn: str, *, spec: Json, tags: Json, urn: str) -> AuthorityRecord:
    """Metadata only: enabled, tags, deletion window, renewal window."""
    now = services.clock.now()
    with services.store.write() as tx:
        record = _get(tx, arn)
        enabled = bool(spec.get("enabled", True))
        if enabled != record.enabled:
            tx.record_audit(
                region=record.region, at=now, action="ca.enable" if enabled else "ca.disable", arn=arn, result="done"
            )
        record = replace(record, spec=spec, tags=tags, enabled=enabled, urn=urn or record.urn, claimed=True)
        tx.save(record)
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
            tx.record_audit(region=record.region, at=now, action="ca.delete", arn=arn, result="refused")
            raise Refused(
                [
                    Finding(
                        code="authority.in_use",
                        message=f"{len(dependents)} certificates or authorities depend on it: {', '.join(dependents[:10])}. "
                        "Delete them first",
                    )
                ]
            )
        days = int(record.spec.get("permanentDeletionTimeInDays") or 30)
        record = advance(
            record,
            AuthorityStatus.DELETED,
            deleted_at=now,
            restorable_until=now + timedelta(days=days),
            claimed=True,
        )
        tx.save(record)
        tx.record_audit(
            region=record.region, at=now, action="ca.delete", arn=arn, result="done", details={"restorableDays": days}
        )
    hit("delete.after_record")
    return record


def dependents_of(reader: Reader, arn: str) -> list[str]:
    """ARNs of serving certificates and live authorities that this CA signed."""
    found = [v.arn for v in reader.all(VersionRecord, issuer_arn=arn, serving=True)]
    for child in reader.all(AuthorityRecord, parent_arn=arn):
        if child.status is not AuthorityStatus.DELETED:
            found.append(child.arn)
    return sorted(set(found))


def trust_anchor(chain_pem: str) -> x509.Certificate:
    """The root, last in a chain."""
    return parse_bundle(chain_pem)[-1]
