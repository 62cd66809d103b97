"""A CA as it is wished for: the checked inputs, decoded once at the engine's door."""

from __future__ import annotations

from dataclasses import dataclass, field

from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm, default_signing_algorithm
from certwright.domain.subject import Subject
from certwright.domain.validity import Validity
from certwright.engine.records import Json

_DELETION_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """Of a CA's key, and of the signatures that it makes."""

    key: KeyAlgorithm
    signing: SigningAlgorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRequest:
    """One CA. `parent` is "" for a root; `spec` is what the store keeps, in wire spelling."""

    spec: Json = field(repr=False)
    type: str
    parent: str
    algorithms: Algorithms
    subject: Subject
    validity: Validity | None = None
    path_length: int | None = None
    early_renewal: str | None = None
    enabled: bool = True
    deletion_days: int = _DELETION_DAYS


def read_authority(spec: Json) -> AuthorityRequest:
    """spec: as Check left it."""
    return AuthorityRequest(
        spec=spec,
        type=spec.get("type") or "",
        parent=spec.get("parentArn") or "",
        algorithms=algorithms_of(spec),
        subject=Subject.model_validate(_configuration(spec).get("subject") or {}),
        validity=Validity.model_validate(spec["validity"]) if spec.get("validity") else None,
        path_length=spec.get("pathLength"),
        early_renewal=spec.get("earlyRenewalDuration"),
        enabled=bool(spec.get("enabled", True)),
        deletion_days=deletion_days(spec),
    )


def algorithms_of(spec: Json) -> Algorithms:
    """Stated ones, and what they default to; without decoding the rest, as a CA is asked at each of its signatures."""
    configuration = _configuration(spec)
    key = KeyAlgorithm(configuration.get("keyAlgorithm") or KeyAlgorithm.EC_PRIME256V1)
    stated = configuration.get("signingAlgorithm")
    return Algorithms(key=key, signing=SigningAlgorithm(stated) if stated else default_signing_algorithm(key))


def common_name(spec: Json) -> str:
    """Of its subject, "" when it has none: what people call it."""
    return str((_configuration(spec).get("subject") or {}).get("commonName") or "")


def is_short_lived(spec: Json) -> bool:
    """Whether what it signs lives seven days at most."""
    return spec.get("usageMode") == "SHORT_LIVED_CERTIFICATE"


def deletion_days(spec: Json) -> int:
    """How long a deleted CA can be restored."""
    return int(spec.get("permanentDeletionTimeInDays") or _DELETION_DAYS)


def _configuration(spec: Json) -> Json:
    found: Json = spec.get("certificateAuthorityConfiguration") or {}
    return found
