"""Names of certwright's own resources in Amazon's form: ``arn:certwright:SERVICE:REGION:ACCOUNT:RESOURCE/UUID``."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from enum import Enum

from certwright.domain.dnsname import quoted
from certwright.domain.errors import CertwrightError

ARN_INVALID = "arn.invalid"
PARTITION = "certwright"
_REGION = re.compile(r"[a-z0-9-]{1,32}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAX_LENGTH = 256


class ArnKind(Enum):
    """What an ARN may name; each value is (service, resource type, how people call it)."""

    CERTIFICATE = ("acm", "certificate", "a certificate")
    CERTIFICATE_AUTHORITY = ("acm-pca", "certificate-authority", "a private certificate authority")
    ASSOCIATION = ("deploy", "association", "a certificate association")

    @property
    def service(self) -> str:
        return self.value[0]

    @property
    def resource(self) -> str:
        return self.value[1]

    @property
    def expected(self) -> str:
        """The form that a refusal shows."""
        return f"arn:{PARTITION}:{self.service}:REGION:ACCOUNT:{self.resource}/UUID"

    def __str__(self) -> str:
        return str(self.value[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """One resource's permanent name.

    region: [a-z0-9-]{1,32}. account: [A-Za-z0-9_-]{1,64}. uuid: lower-case, with hyphens.
    Raises CertwrightError (``arn.invalid``) for parts of another form.
    """

    kind: ArnKind
    region: str
    account: str
    uuid: str

    def __post_init__(self) -> None:
        check_region(self.region)
        check_account(self.account)
        if not _UUID.fullmatch(self.uuid):
            raise CertwrightError(f"{quoted(self.uuid)} is not a UUID in lower case", code=ARN_INVALID)

    def __str__(self) -> str:
        kind = self.kind
        return f"arn:{PARTITION}:{kind.service}:{self.region}:{self.account}:{kind.resource}/{self.uuid}"


def check_region(region: str) -> str:
    """The region as given; raises CertwrightError (``arn.invalid``) outside [a-z0-9-]{1,32}."""
    if not _REGION.fullmatch(region):
        raise CertwrightError(
            f"region {quoted(region)}: a region has 1 to 32 lower-case letters, digits and hyphens", code=ARN_INVALID
        )
    return region


def check_account(account: str) -> str:
    """The account as given; raises CertwrightError (``arn.invalid``) outside [A-Za-z0-9_-]{1,64}."""
    if not _ACCOUNT.fullmatch(account):
        raise CertwrightError(
            f"account {quoted(account)}: an account has 1 to 64 letters, digits, hyphens and underscores",
            code=ARN_INVALID,
        )
    return account


def parse_arn(text: object, kind: ArnKind | None = None) -> Arn:
    """Read an ARN of one kind, or of any when `kind` is None.

    text: from outside, of any type. Raises CertwrightError (``arn.invalid``) that says what was seen and expected.
    """
    if not isinstance(text, str):
        raise _invalid(f"an ARN is text, not {type(text).__name__}", kind)
    parts = text.split(":", 5) if len(text) <= _MAX_LENGTH else []
    if len(parts) != 6 or parts[:2] != ["arn", PARTITION]:
        raise _invalid(f"{quoted(text)} is not an ARN of certwright", kind)
    _, _, service, region, account, tail = parts
    resource, _, identity = tail.partition("/")
    found = next((k for k in ArnKind if (k.service, k.resource) == (service, resource)), None)
    if found is None or not _UUID.fullmatch(identity):
        raise _invalid(f"{quoted(text)} is not an ARN of certwright", kind)
    if kind is not None and found is not kind:
        raise _invalid(f"{quoted(text)} names {found}, where {kind} is expected", kind)
    return Arn(kind=found, region=region, account=account, uuid=identity)


def new_certificate_arn(region: str, account: str, random16: bytes) -> Arn:
    """The ARN of a new certificate; random16: 16 random bytes, which become a version 4 UUID."""
    return _new(ArnKind.CERTIFICATE, region, account, random16)


def new_certificate_authority_arn(region: str, account: str, random16: bytes) -> Arn:
    """The ARN of a new certificate authority; random16: 16 random bytes."""
    return _new(ArnKind.CERTIFICATE_AUTHORITY, region, account, random16)


def new_association_arn(region: str, account: str, random16: bytes) -> Arn:
    """The ARN of a new association; random16: 16 random bytes."""
    return _new(ArnKind.ASSOCIATION, region, account, random16)


def _new(kind: ArnKind, region: str, account: str, random16: bytes) -> Arn:
    return Arn(kind=kind, region=region, account=account, uuid=str(uuid.UUID(bytes=random16, version=4)))


def _invalid(message: str, kind: ArnKind | None) -> CertwrightError:
    kinds = [kind] if kind is not None else list(ArnKind)
    return CertwrightError(message, code=ARN_INVALID, details=tuple(f"Expected: {k.expected}" for k in kinds))
