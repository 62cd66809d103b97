"""What a leaf certificate says: profile, validity window, renewal instant, template. Reads nothing by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from certwright.domain.errors import Finding, Refused
from certwright.domain.keyspec import SigningAlgorithm, pair_problem
from certwright.domain.profile import ProfileName
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
from certwright.engine.issuer import Issuer, window_opens
from certwright.engine.leafcontent import content_of, template_for
from certwright.engine.records import CertificateRecord, Json, Mode, VersionRecord
from certwright.engine.services import Services


def profile_for(record_mode: Mode, spec: Json) -> ProfileName:
    """The profile a request is issued under. Raises Refused (`template.unknown`)."""
    return ProfileName.PUBLIC_TLS if record_mode is Mode.PUBLIC else template_for(spec).profile


def signing_algorithm_for(spec: Json, issuer: Issuer) -> SigningAlgorithm:
    """The stated signature algorithm, or the CA's own. Raises Refused when the CA's key cannot make it (CRT-8)."""
    stated = spec.get("signingAlgorithm")
    if not stated:
        return issuer.signing_algorithm
    algorithm = SigningAlgorithm(stated)
    problem = pair_problem(issuer.key_algorithm, algorithm)
    if problem is not None:
        message = f"{problem} (the key of authority {issuer.record.arn})"
        raise Refused([Finding(code="signing.pair", path="signingAlgorithm", message=message)])
    return algorithm


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
    spec = version.spec
    says = content_of(record.mode, spec)
    return CertificateTemplate(
        subject=says.subject,
        issuer=issuer.certificate.subject,
        issuer_key_identifier=issuer.key_identifier,
        public_key=public_key,
        serial=serial,
        not_before=window.not_before,
        not_after=window.not_after,
        profile=profile_for(record.mode, spec),
        sans=says.sans,
        key_usages=says.key_usages,
        extended_key_usages=says.extended_key_usages,
        custom_extensions=says.custom_extensions,
        further=says.further,
        issued_at=now,
        issuer_not_before=issuer.certificate.not_valid_before_utc,
        issuer_not_after=issuer.certificate.not_valid_after_utc,
        issuer_path_length=issuer.path_length,
        validity_profile=ValidityProfile(services.config.validity_profile),
    )
