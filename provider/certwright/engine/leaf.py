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
from certwright.engine.issuer import Signer, window_opens
from certwright.engine.issuing import Bounds
from certwright.engine.leafcontent import content_of, template_for
from certwright.engine.pointers import pointers
from certwright.engine.records import Mode
from certwright.engine.request import Request
from certwright.engine.services import Services


def profile_for(request: Request) -> ProfileName:
    """The profile a request is issued under. Raises Refused (`template.unknown`)."""
    return ProfileName.PUBLIC_TLS if request.mode is Mode.PUBLIC else template_for(request).profile


def signing_algorithm_for(request: Request, issuer: Signer) -> SigningAlgorithm:
    """The stated signature algorithm, or the CA's own. Raises Refused when the CA's key cannot make it (CRT-8)."""
    algorithm = request.signing_algorithm
    if algorithm is None:
        return issuer.signing_algorithm
    problem = pair_problem(issuer.key_algorithm, algorithm)
    if problem is not None:
        message = f"{problem} (the key of authority {issuer.record.arn})"
        raise Refused([Finding(code="signing.pair", path="signingAlgorithm", message=message)])
    return algorithm


def leaf_window(services: Services, mode: Mode, stated: Validity | None, bounds: Bounds, now: datetime) -> Window:
    """Stated validity beyond the CA's end is refused; a default is cut there (the preview says so)."""
    floor, end = bounds.not_before, bounds.not_after
    if stated is not None:
        window = validity_window(stated, now, issuer_not_before=floor)
        problems = beyond_issuer(window, end) if end is not None else []
        if bounds.short_lived:
            problems = [*problems, *short_lived_findings(window)]
        if mode is Mode.PUBLIC:
            problems = [*problems, *public_findings(window, ValidityProfile(services.config.validity_profile), now)]
        if problems:
            raise Refused(problems)
        return window
    lifetime = PRIVATE_DEFAULT
    if mode is Mode.PUBLIC:
        lifetime = public_lifetime(ValidityProfile(services.config.validity_profile), now)
    if bounds.short_lived:
        lifetime = min(lifetime, SHORT_LIVED_MAX)
    window = lifetime_window(lifetime, now, issuer_not_before=floor)
    return capped(window, end) if end is not None else window


def renewal_instant(request: Request, window: Window) -> datetime | None:
    """When the renewal window opens; None for what is never renewed (REN-6): signed, imported, fixed ends."""
    if request.mode in (Mode.SIGNED, Mode.IMPORTED):
        return None
    if request.validity is not None and request.validity.fixed_end:
        return None
    return window_opens(request.early_renewal, window)


def leaf_template(
    services: Services,
    request: Request,
    issuer: Signer,
    public_key: Any,
    serial: int,
    window: Window,
    now: datetime,
) -> CertificateTemplate:
    """public_key: ours by handle, or the request's in signed mode."""
    says = content_of(request)
    return CertificateTemplate(
        subject=says.subject,
        issuer=issuer.certificate.subject,
        issuer_key_identifier=issuer.key_identifier,
        public_key=public_key,
        serial=serial,
        not_before=window.not_before,
        not_after=window.not_after,
        profile=profile_for(request),
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
        **pointers(services, issuer),
    )
