"""Leaf certificates: from a request to a stored certificate, the same way for a create, a renewal and a resume.

Order (numbered in the code):
1. request: record, version and key, in one transaction (public kinds stop here until their names are proved);
2. journal: serial reserved, linted preissuance certificate kept, in one transaction (private kinds: the same as 1);
3. sign exactly those bytes;
4. store: certificate, chain, version serving, in one transaction.
`complete` finishes 3 and 4 after a crash, with the same serial and the same bytes (SEC-5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certwright.domain.certificate import load_der
from certwright.domain.csr import parse_csr
from certwright.domain.errors import CertwrightError, Finding, NotFound, Refused
from certwright.domain.extension import CustomExtension, KeyUsage, extended_key_usage_oid
from certwright.domain.generalname import to_general_name
from certwright.domain.keyspec import KeyAlgorithm, default_leaf_algorithm
from certwright.domain.nameset import check_names, common_name_of
from certwright.domain.profile import ProfileName
from certwright.domain.renewbefore import parse_renew_before
from certwright.domain.serial import SERIAL_RANDOM_BYTES, serial_from
from certwright.domain.subject import Subject, common_name_only, to_name
from certwright.domain.tbs import CertificateTemplate, Prepared, prepare
from certwright.domain.validity import (
    PRIVATE_DEFAULT,
    Validity,
    ValidityProfile,
    Window,
    beyond_issuer,
    capped,
    lifetime_window,
    public_lifetime,
    short_lived_findings,
    validity_window,
)
from certwright.engine.authority import Issuer, issuer_for
from certwright.engine.failpoints import hit
from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import (
    AuthorityRecord,
    CertificateRecord,
    CertificateStatus,
    Json,
    MaterialRecord,
    Mode,
    SerialRecord,
    VersionRecord,
)
from certwright.engine.services import Services, guard_signing_clock

_SHA256 = hashes.SHA256()

# Template ARN base name → profile (acm-facts, section 4, Issuing).
TEMPLATES: dict[str, ProfileName] = {
    "EndEntityCertificate": ProfileName.END_ENTITY,
    "EndEntityServerAuthCertificate": ProfileName.SERVER_AUTH,
    "EndEntityClientAuthCertificate": ProfileName.CLIENT_AUTH,
    "CodeSigningCertificate": ProfileName.CODE_SIGNING,
    "OCSPSigningCertificate": ProfileName.OCSP_SIGNING,
}


def profile_for(record_mode: Mode, spec: Json) -> ProfileName:
    """The profile a request is issued under. Raises Refused (`template.unknown`)."""
    if record_mode is Mode.PUBLIC:
        return ProfileName.PUBLIC_TLS
    stated = spec.get("templateArn")
    if not stated:
        return ProfileName.END_ENTITY
    base = str(stated).rsplit("template/", 1)[-1].split("/", 1)[0]
    if base not in TEMPLATES:
        raise Refused(
            [
                Finding(
                    code="template.unknown",
                    path="templateArn",
                    message=f'"{stated}" is not a template that certificates can use; known: {", ".join(TEMPLATES)}',
                )
            ]
        )
    return TEMPLATES[base]


def issuer_arn_of(services: Services, tx: Transaction, mode: Mode, spec: Json, region: str, account: str) -> str:
    """Who signs this request: the private CA, or the public-kind issuer (`bundled` makes its CAs at first use)."""
    if mode is not Mode.PUBLIC:
        return str(spec.get("certificateAuthorityArn") or "")
    stated = spec.get("publicIssuer") or services.config.public_issuer
    if stated != "bundled":
        return str(stated)
    from certwright.engine.bundled import bundled_issuer_arn

    return bundled_issuer_arn(tx, region=region, account=account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One version to be made. `key_der` only for imported certificates with their key; `csr` from the spec."""

    spec: Json
    reason_code: str
    reuse_key: bool = False


def new_version(
    services: Services, tx: Transaction, record: CertificateRecord, request: Request, *, now: datetime
) -> tuple[CertificateRecord, VersionRecord, Prepared | None]:
    """Steps 1 and, for private and signed kinds, 2, inside the caller's transaction."""
    number = record.newest_version + 1
    version = VersionRecord(
        arn=record.arn,
        version=number,
        status=CertificateStatus.PENDING_VALIDATION,
        spec=request.spec,
        reason_code=request.reason_code,
        requested_at=now,
        issuer_arn=issuer_arn_of(services, tx, record.mode, request.spec, record.region, record.account),
        key_handle="" if record.mode is Mode.SIGNED else _key_for(services, tx, record, request, now),
    )
    record = replace(record, newest_version=number, spec=request.spec)
    prepared = None
    if record.mode is not Mode.PUBLIC:
        version, prepared = journal(services, tx, record, version, now=now)
    tx.save(record, version)
    return record, version, prepared


def _key_for(services: Services, tx: Transaction, record: CertificateRecord, request: Request, now: datetime) -> str:
    wanted = leaf_key_algorithm(services, tx, record, request.spec)
    if request.reuse_key and record.serving_version:
        serving = tx.one(VersionRecord, arn=record.arn, version=record.serving_version)
        if serving is not None and serving.key_handle:
            return serving.key_handle
    return services.vault.generate(tx, algorithm=wanted.value, region=record.region, account=record.account, now=now)


def leaf_key_algorithm(services: Services, reader: Transaction, record: CertificateRecord, spec: Json) -> KeyAlgorithm:
    """Stated, or what fits the issuer: RSA_2048 under an RSA CA, else P-256."""
    if spec.get("keyAlgorithm"):
        return KeyAlgorithm(spec["keyAlgorithm"])
    arn = issuer_arn_of(services, reader, record.mode, spec, record.region, record.account)
    authority = reader.one(AuthorityRecord, arn=arn)
    if authority is None:
        return KeyAlgorithm.EC_PRIME256V1
    from certwright.engine.authority import key_algorithm

    return default_leaf_algorithm(key_algorithm(authority.spec))


def journal(
    services: Services, tx: Transaction, record: CertificateRecord, version: VersionRecord, *, now: datetime
) -> tuple[VersionRecord, Prepared]:
    """Step 2: lint, reserve the serial, keep the preissuance certificate. Nothing was signed by the issuer yet."""
    guard_signing_clock(tx, now)
    issuer = issuer_for(tx, version.issuer_arn, now=now)
    serial = serial_from(services.entropy.token_bytes(SERIAL_RANDOM_BYTES))
    window = leaf_window(services, record.mode, version.spec, issuer, now)
    template = _template(services, tx, record, version, issuer, serial, window, now)
    prepared = prepare(template, issuer.signing_algorithm)
    version = replace(
        version,
        serial=format(serial, "x"),
        issuer_version=issuer.version.version,
        not_before=window.not_before,
        not_after=window.not_after,
        renewal_due=renewal_instant(record.mode, version.spec, window),
    )
    tx.insert(
        SerialRecord(
            issuer_arn=version.issuer_arn,
            serial=version.serial,
            arn=record.arn,
            version=version.version,
            reserved_at=now,
        )
    )
    tx.save(version, MaterialRecord(arn=record.arn, version=version.version, prepared=prepared.preissuance_der))
    tx.record_audit(
        region=record.region,
        at=now,
        action="issue",
        arn=record.arn,
        result="intended",
        details={
            "version": version.version,
            "serial": version.serial,
            "reason": version.reason_code,
            "issuer": version.issuer_arn,
        },
    )
    return version, prepared


def leaf_window(services: Services, mode: Mode, spec: Json, issuer: Issuer, now: datetime) -> Window:
    """Stated validity beyond the CA's end is refused; a default is cut there (the preview says so)."""
    floor, end = issuer.certificate.not_valid_before_utc, issuer.certificate.not_valid_after_utc
    if spec.get("validity"):
        window = validity_window(Validity.model_validate(spec["validity"]), now, issuer_not_before=floor)
        problems = beyond_issuer(window, end)
        if issuer.record.spec.get("usageMode") == "SHORT_LIVED_CERTIFICATE":
            problems = [*problems, *short_lived_findings(window)]
        if problems:
            raise Refused(problems)
        return window
    lifetime = PRIVATE_DEFAULT
    if mode is Mode.PUBLIC:
        lifetime = public_lifetime(ValidityProfile(services.config.validity_profile), now)
    if issuer.record.spec.get("usageMode") == "SHORT_LIVED_CERTIFICATE":
        from certwright.domain.validity import SHORT_LIVED_MAX

        lifetime = min(lifetime, SHORT_LIVED_MAX)
    return capped(lifetime_window(lifetime, now, issuer_not_before=floor), end)


def renewal_instant(mode: Mode, spec: Json, window: Window) -> datetime | None:
    """When the renewal window opens; None for what is never renewed (REN-6): signed, imported, fixed ends."""
    if mode in (Mode.SIGNED, Mode.IMPORTED):
        return None
    validity = spec.get("validity")
    if validity and Validity.model_validate(validity).fixed_end:
        return None
    before = parse_renew_before(spec.get("earlyRenewalDuration")).renew_before(window.not_before, window.not_after)
    return window.not_after - before


def _template(
    services: Services,
    tx: Transaction,
    record: CertificateRecord,
    version: VersionRecord,
    issuer: Issuer,
    serial: int,
    window: Window,
    now: datetime,
) -> CertificateTemplate:
    spec, public = version.spec, record.mode is Mode.PUBLIC
    request = parse_csr(spec["certificateSigningRequest"]) if record.mode is Mode.SIGNED else None
    public_key: Any = request.public_key() if request else services.vault.public_key(tx, version.key_handle)
    names, findings = check_names(spec.get("domainName"), spec.get("subjectAlternativeNames"), public=public, limit=100)
    if findings:
        raise Refused(findings)
    if spec.get("subject"):
        subject = to_name(Subject.model_validate(spec["subject"]))
    elif names or request is None:
        subject = common_name_only(common_name_of(names, public=public))
    else:
        subject = request.subject
    sans = tuple(to_general_name(name) for name in names) or (_csr_sans(request) if request else ())
    usages, purposes = spec.get("keyUsages"), spec.get("extendedKeyUsages")
    return CertificateTemplate(
        subject=subject,
        issuer=issuer.certificate.subject,
        issuer_key_identifier=issuer.key_identifier,
        public_key=public_key,
        serial=serial,
        not_before=window.not_before,
        not_after=window.not_after,
        profile=profile_for(record.mode, spec),
        sans=sans,
        key_usages=frozenset(KeyUsage(u) for u in usages) if usages else None,
        extended_key_usages=tuple(extended_key_usage_oid(p) for p in purposes) if purposes else None,
        custom_extensions=tuple(CustomExtension.model_validate(e) for e in spec.get("customExtensions") or ()),
        issued_at=now,
        issuer_not_before=issuer.certificate.not_valid_before_utc,
        issuer_not_after=issuer.certificate.not_valid_after_utc,
        issuer_path_length=issuer.path_length,
        validity_profile=ValidityProfile(services.config.validity_profile),
    )


def _csr_sans(request: x509.CertificateSigningRequest) -> tuple[x509.GeneralName, ...]:
    from certwright.domain.certificate import sans_of

    return sans_of(request)


def complete(
    services: Services, arn: str, *, prepared: Prepared | None = None
) -> tuple[CertificateRecord, VersionRecord]:
    """Steps 3 and 4 for the newest version: sign and store it when it is journaled and not there yet.

    prepared: the fresh result of step 2, to spare reading and linting it again; None after a crash.
    """
    with services.store.read() as reader:
        record = get(reader, arn)
        version = reader.one(VersionRecord, arn=arn, version=record.newest_version)
        material = reader.one(MaterialRecord, arn=arn, version=record.newest_version)
        if version is None:
            raise CertwrightError(f"version {record.newest_version} of {arn} is missing", code="store.damaged")
        if version.has_certificate or material is None or not material.prepared:
            return record, version
        now = services.clock.now()
        issuer = issuer_for(reader, version.issuer_arn, now=now)
        # 3. sign
        der = services.vault.sign_certificate(
            reader,
            issuer.version.key_handle,
            prepared=prepared or material.prepared,
            signing_algorithm=issuer.signing_algorithm.value,
        )
    hit("issue.after_sign")
    # 4. store
    with services.store.write() as tx:
        record = get(tx, arn)
        record, version = store_certificate(
            tx, record, version, replace(material, der=der, chain_pem=issuer.chain_pem), now=now
        )
        tx.add_to(AuthorityRecord, "issued_count", 1, arn=issuer.record.arn)
    hit("issue.after_store")
    return record, version


def store_certificate(
    tx: Transaction, record: CertificateRecord, version: VersionRecord, material: MaterialRecord, *, now: datetime
) -> tuple[CertificateRecord, VersionRecord]:
    """Make `version` the serving one."""
    certificate = load_der(material.der)
    version = replace(
        version,
        status=CertificateStatus.ISSUED,
        issued_at=now,
        has_certificate=True,
        serving=True,
        fingerprint=certificate.fingerprint(_SHA256).hex(),
        failure_reason="",
        failure_message="",
    )
    if record.serving_version and record.serving_version != version.version:
        previous = tx.one(VersionRecord, arn=record.arn, version=record.serving_version)
        if previous is not None:
            tx.save(replace(previous, serving=False))
    record = replace(record, serving_version=version.version)
    tx.save(record, version, material)
    tx.record_audit(
        region=record.region,
        at=now,
        action="issue" if version.version == 1 else "renew",
        arn=record.arn,
        result="done",
        details={
            "version": version.version,
            "serial": version.serial,
            "fingerprint": version.fingerprint,
            "reason": version.reason_code,
        },
    )
    return record, version


def get(reader: Reader, arn: str) -> CertificateRecord:
    record = reader.one(CertificateRecord, arn=arn)
    if record is None:
        raise NotFound(f"there is no certificate {arn} in this store")
    return record


def damage(services: Services, reader: Reader, record: CertificateRecord, version: VersionRecord) -> str:
    """What is wrong with the stored certificate (REN-8): other bytes than were recorded, or a key that does not fit."""
    material = reader.one(MaterialRecord, arn=record.arn, version=version.version)
    if material is None or not material.der:
        return "the stored certificate is missing"
    digest = hashes.Hash(_SHA256)
    digest.update(material.der)
    if digest.finalize().hex() != version.fingerprint:
        return "the stored certificate is not the one that was issued"
    if version.key_handle:
        try:
            public_key: Any = services.vault.public_key(reader, version.key_handle)
        except CertwrightError as problem:
            return f"its private key is gone: {problem.message}"
        if (
            x509.SubjectKeyIdentifier.from_public_key(public_key).digest
            != x509.SubjectKeyIdentifier.from_public_key(load_der(material.der).public_key()).digest
        ):
            return "its private key does not fit the certificate"
    return ""
