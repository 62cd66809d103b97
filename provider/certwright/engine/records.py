"""What the store keeps: one frozen record per row. Ports speak in these; adapters map them to tables.

A record is changed by `dataclasses.replace` and `Transaction.save`. Times are aware UTC. JSON columns hold plain
trees in wire spelling (no Unknown, no Secret, no private key).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Mode(StrEnum):
    """What a Certificate is, decided by its inputs (CRT-1). The values are the `type` output."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"
    IMPORTED = "IMPORTED"
    SIGNED = "SIGNED"


class CertificateStatus(StrEnum):
    """ACM's statuses (acm-facts 2.8)."""

    PENDING_VALIDATION = "PENDING_VALIDATION"
    ISSUED = "ISSUED"
    INACTIVE = "INACTIVE"
    EXPIRED = "EXPIRED"
    VALIDATION_TIMED_OUT = "VALIDATION_TIMED_OUT"
    REVOKED = "REVOKED"
    FAILED = "FAILED"


class AuthorityStatus(StrEnum):
    """ACM PCA's statuses."""

    CREATING = "CREATING"
    PENDING_CERTIFICATE = "PENDING_CERTIFICATE"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    EXPIRED = "EXPIRED"
    DELETED = "DELETED"
    FAILED = "FAILED"


class AssociationStatus(StrEnum):
    PENDING = "PENDING"
    DEPLOYED = "DEPLOYED"
    DRIFTED = "DRIFTED"
    UNREACHABLE = "UNREACHABLE"
    FAILED = "FAILED"


class ValidationStatus(StrEnum):
    """How far the proof of a name is (ACM's words)."""

    PENDING_VALIDATION = "PENDING_VALIDATION"
    SUCCESS = "SUCCESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """One ARN. `serving_version` 0 means that nothing was issued yet; `newest_version` counts requests."""

    arn: str
    region: str
    account: str
    urn: str
    mode: Mode
    domain_name: str
    spec: Json  # the checked inputs in wire spelling, without secrets
    serving_version: int = 0
    newest_version: int = 0
    created_at: datetime
    claimed: bool = False
    creator: str = ""
    aliases: tuple[str, ...] = ()  # earlier ARNs of an adopted record: good for reads, not for Delete
    driven: bool = False  # a CertificateValidation waits for it, so the Certificate itself need not try again
    tags: Json = field(default_factory=dict)
    revoked_reason: str = ""
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """One version of a certificate. The row is the issuing journal: `prepared` is written before the signature, in an
    earlier transaction where the certificate is of a public kind (SEC-5, ADR 17)."""

    arn: str
    version: int
    status: CertificateStatus
    failure_reason: str = ""
    failure_message: str = ""
    spec: Json  # the inputs that this version was made from
    reason_code: str = ""  # why it was made: `request`, `renewal.window_open`, `san.changed` ...
    key_handle: str = ""  # empty in signed mode, and for imported certificates without key
    issuer_arn: str = ""
    issuer_version: int = 0
    serial: str = ""  # lower-case hex; unique per issuer
    fingerprint: str = ""  # SHA-256 of the DER, lower-case hex
    not_before: datetime | None = None
    not_after: datetime | None = None
    renewal_due: datetime | None = None
    requested_at: datetime
    issued_at: datetime | None = None
    attempt: int = 1
    has_certificate: bool = False
    serving: bool = (
        False  # CertificateRecord.serving_version == version; kept here so that what is ripe has a partial index
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRecord:
    """The large bytes of a certificate or CA version, in a side table so that scans stay narrow."""

    arn: str
    version: int
    prepared: bytes = b""  # the linted pre-issuance certificate, whose to-be-signed bytes the real one must equal
    der: bytes = b""
    chain_pem: str = ""  # issuers, leaf's issuer first, root included last


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A wrapped private key (SEC-1). `ciphertext` is AES-256-GCM of the PKCS#8 DER under a data key of its own."""

    handle: str
    region: str
    account: str
    algorithm: str
    spki: bytes
    wrapped_data_key: bytes
    ciphertext: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionKeyRecord:
    """The key-encryption key of one account and region, wrapped by the wrapping key."""

    region: str
    account: str
    wrapper_id: str
    wrapped: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRecord:
    """A private CA."""

    arn: str
    region: str
    account: str
    urn: str
    type: str  # ROOT or SUBORDINATE
    status: AuthorityStatus
    failure_reason: str = ""
    parent_arn: str = ""
    spec: Json
    serving_version: int = 0
    newest_version: int = 0
    created_at: datetime
    enabled: bool = True
    deleted_at: datetime | None = None
    restorable_until: datetime | None = None
    claimed: bool = False
    creator: str = ""
    aliases: tuple[str, ...] = ()
    tags: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityVersionRecord:
    """One certificate and key of a CA; its bytes are in `MaterialRecord` under the CA's ARN."""

    arn: str
    version: int
    status: AuthorityStatus
    spec: Json
    reason_code: str = ""
    key_handle: str
    issuer_arn: str = ""  # itself for a root
    issuer_version: int = 0
    serial: str = ""
    fingerprint: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    renewal_due: datetime | None = None
    created_at: datetime
    has_certificate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialRecord:
    """A serial number that was reserved under an issuer: never twice (SEC-3)."""

    issuer_arn: str
    serial: str
    arn: str
    version: int
    reserved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRecord:
    """One proof for one pending version. `authorization`: which one (`ports.ValidationOption`); `challenge`: what its method
    needs of this attempt, and nobody else understands."""

    arn: str
    version: int
    authorization: str
    domain_name: str
    method: str
    challenge: Json
    status: ValidationStatus = ValidationStatus.PENDING_VALIDATION
    seen: str = ""
    asked_at: str = ""
    created_at: datetime
    checked_at: datetime | None = None
    validated_at: datetime | None = None


class DriverState(StrEnum):
    CREATING = "CREATING"  # its Create is under way, in `DriverRecord.process`
    LIVE = "LIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRecord:
    """One declaration that drives a certificate's validation (`drivers`)."""

    arn: str
    name: str  # the URN and a number: two of one URN are there while one replaces the other
    urn: str  # empty for one of before they were counted
    place: str  # of an inline writer; empty for a configured one, or none
    state: DriverState
    process: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """What a remote issuer was asked for one version, and how far it got: written before each step (ADR 24)."""

    arn: str
    version: int
    issuer: str  # its reference
    csr: bytes  # DER
    state: Json  # the issuer's own; nobody else reads it
    waiting: str = ""  # what it waits for, as a sentence
    look_at: datetime | None = None  # not to be asked before
    renew_at: datetime | None = None  # when the issuer wants to be asked for the next one
    created_at: datetime
    asked_at: datetime | None = None


class DnsPurpose(StrEnum):
    """What a record is for, and whether it is ours to remove."""

    TXT = "txt"
    CNAME = "cname"
    INTENDED = "cname-intended"  # a CNAME that we meant to write: until the zone says "added", it may be the user's own


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A record that this store wrote through a writer, or is about to write: only these are ever removed (DNS-7)."""

    writer: str
    name: str
    type: str
    value: str
    arn: str  # the certificate that needs it; empty when none does and it waits for its removal
    purpose: DnsPurpose
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationRecord:
    """A certificate bound to a target."""

    arn: str
    region: str
    account: str
    urn: str
    certificate_arn: str
    target_kind: str
    place: str  # canonical place of the target, e.g. the directory's path
    target: Json
    verify: Json
    status: AssociationStatus
    deployed_version: int = 0
    deployed_serial: str = ""
    deployed_fingerprint: str = ""
    deployed_at: datetime | None = None
    host: str = ""
    endpoints: tuple[Json, ...] = ()
    failure_message: str = ""
    behind_since: datetime | None = None  # the target does not have the serving version (`behind`)
    created_at: datetime
    claimed: bool = False
    creator: str = ""
    aliases: tuple[str, ...] = ()


class LocationStatus(StrEnum):
    """How far a place is. Written before the next step is begun."""

    INTENDED = "INTENDED"
    PUT = "PUT"  # it lies there; its endpoint was not told of it
    TOLD = "TOLD"
    PROVED = "PROVED"
    HELD = "HELD"  # its wave has not begun
    DRIFTED = "DRIFTED"  # something else is served
    UNREACHABLE = "UNREACHABLE"  # which is not wrong
    ROLLED_BACK = "ROLLED_BACK"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRecord:
    """One place of an association (`locations`)."""

    arn: str  # the association's
    place: str
    kind: str
    endpoint: str = ""  # what is locked and told, shared by all places with the same; "" where nothing has to be told
    host: str = ""  # that a local place belongs to
    name: str = ""  # a location's name within a distribution
    wave: int = 0
    status: LocationStatus
    wanted_digest: str = ""
    put_digest: str = ""
    told_digest: str = ""
    proved_digest: str = ""
    problem: str = ""
    at: datetime


class AuditAction(StrEnum):
    """What a line of the audit log is about."""

    ISSUE = "issue"
    RENEW = "renew"
    IMPORT = "import"
    ADOPT = "adopt"
    DELETE = "delete"
    CAA_CHECK = "caa.check"
    ASSOCIATE = "associate"
    DEPLOY = "deploy"
    DISSOCIATE = "dissociate"
    CA_SIGN = "ca.sign"
    CA_ENABLE = "ca.enable"
    CA_DISABLE = "ca.disable"
    CA_DELETE = "ca.delete"


class AuditResult(StrEnum):
    """How it went. INTENDED is written ahead of the act."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log, hash-chained per region (AUD-1). `seq` starts at 1."""

    region: str
    seq: int
    at: datetime
    who: str
    who_source: str
    action: str  # an `AuditAction`, or what a later version wrote
    arn: str
    result: str  # an `AuditResult`
    details: Json
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaRecord:
    key: str
    value: str


RECORD_TYPES: tuple[type[Any], ...] = (
    CertificateRecord,
    VersionRecord,
    MaterialRecord,
    KeyRecord,
    RegionKeyRecord,
    AuthorityRecord,
    AuthorityVersionRecord,
    SerialRecord,
    ValidationRecord,
    DriverRecord,
    OrderRecord,
    DnsRecord,
    AssociationRecord,
    LocationRecord,
    AuditEntry,
    MetaRecord,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ripe:
    """A question for `Reader.ripe`, which the store keeps an index for: records whose time `at` has come.

    equals: what holds of every record that is asked for. The index has no others, so a question names these too.
    """

    kind: type[Any]
    at: str  # the name of the field
    equals: Json = field(default_factory=dict)


# One line for each; a new one needs a migration that makes its index. A kind and field stand here once.
RIPE: tuple[Ripe, ...] = (
    Ripe(kind=VersionRecord, at="renewal_due", equals={"serving": True, "status": CertificateStatus.ISSUED}),
    Ripe(kind=VersionRecord, at="issued_at", equals={"serving": True, "status": CertificateStatus.REVOKED}),
    Ripe(
        kind=VersionRecord, at="requested_at", equals={"has_certificate": False}
    ),  # of requests that are not at their end
    Ripe(kind=AuthorityVersionRecord, at="renewal_due"),
    Ripe(kind=AssociationRecord, at="behind_since"),
)


def ripe_question(kind: type[Any], field: str) -> Ripe:
    """Raises LookupError for a question that no index serves."""
    for question in RIPE:
        if question.kind is kind and question.at == field:
            return question
    raise LookupError(f"{kind.__name__}.{field} is no declared question: give it a line in records.RIPE")
