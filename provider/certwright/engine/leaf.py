"""What a leaf certificate says: profile, validity window, renewal instant, template. Reads nothing by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from certwright.domain.certificate import sans_of
from certwright.domain.csr import parse_csr
from certwright.domain.errors import Finding, Refused
from certwright.domain.extension import CustomExtension, KeyUsage, extended_key_usage_oid
from certwright.domain.generalname import to_general_name
from certwright.domain.nameset import check_names, common_name_of
from certwright.domain.profile import ProfileName
from certwright.domain.subject import Subject, common_name_only, to_name
from certwright.domain.tbs import CertificateTemplate
from certwright.domain.validity import (
    PRIVATE_DEFAULT,
    SHORT_LIVED_MAX,
    Validity,
    ValidityProfile,
    Window,
    beyond_issuer,
    capped,
    lifetime_window,
    public_findings,
    public_lifetime,
    short_lived_findings,
    validity_window,
)
from certwright.engine.authority import Issuer, window_opens
from certwright.engine.records import CertificateRecord, Json, Mode, VersionRecord
from certwright.engine.services import Services

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


def leaf_window(services: Services, mode: Mode, spec: Json, issuer: Issuer, now: datetime) -> Window:
    """Stated validity beyond the CA's end is refused; a default is cut there (the preview says so)."""
    floor, end = issuer.certificate.not_valid_before_utc, issuer.certificate.not_valid_after_utc
    if spec.get("validity"):
        window = validity_window(Validity.model_validate(spec["validity"]), now, issuer_not_before=floor)
        problems = beyond_issuer(window, end)
        if issuer.record.spec.get("usageMode") == "SHORT_LIVED_CERTIFICATE":
            problems = [*problems, *short_lived_findings(window)]
        if mode is Mode.PUBLIC:
            problems = [*problems, *public_findings(window, ValidityProfile(services.config.validity_profile), now)]
        if problems:
            raise Refused(problems)
        return window
    lifetime = PRIVATE_DEFAULT
    if mode is Mode.PUBLIC:
        lifetime = public_lifetime(ValidityProfile(services.config.validity_profile), now)
    if issuer.record.spec.get("usageMode") == "SHORT_LIVED_CERTIFICATE":
        lifetime = min(lifetime, SHORT_LIVED_MAX)
    return capped(lifetime_window(lifetime, now, issuer_not_before=floor), end)


def renewal_instant(mode: Mode, spec: Json, window: Window) -> datetime | None:
    """When the renewal window opens; None for what is never renewed (REN-6): signed, imported, fixed ends."""
    if mode in (Mode.SIGNED, Mode.IMPORTED):
        return None
    validity = spec.get("validity")
    if validity and Validity.model_validate(validity).fixed_end:
        return None
    return window_opens(spec.get("earlyRenewalDuration"), window)


def leaf_template(
    services: Services,
    record: CertificateRecord,
    version: VersionRecord,
    issuer: Issuer,
    public_key: Any,
    serial: int,
    window: Window,
    now: datetime,
) -> CertificateTemplate:
    """public_key: ours by handle, or the request's in signed mode."""
    spec, public = version.spec, record.mode is Mode.PUBLIC
    request = parse_csr(spec["certificateSigningRequest"]) if record.mode is Mode.SIGNED else None
    names, findings = check_names(spec.get("domainName"), spec.get("subjectAlternativeNames"), public=public, limit=100)
    if findings:
        raise Refused(findings)
    if spec.get("subject"):
        subject = to_name(Subject.model_validate(spec["subject"]))
    elif names or request is None:
        subject = common_name_only(common_name_of(names, public=public))
    else:
        subject = request.subject
    sans = tuple(to_general_name(name) for name in names) or (sans_of(request) if request else ())
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
