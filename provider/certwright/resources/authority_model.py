"""The properties of a PrivateCertificateAuthority: the one source of its schema, decode, diff, docs and SDKs."""

from __future__ import annotations

from enum import StrEnum

from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm
from certwright.domain.subject import Subject
from certwright.domain.validity import Validity
from certwright.resources.base import Change, Equality, Model, out, prop


class AuthorityType(StrEnum):
    ROOT = "ROOT"
    SUBORDINATE = "SUBORDINATE"


class UsageMode(StrEnum):
    GENERAL_PURPOSE = "GENERAL_PURPOSE"
    SHORT_LIVED_CERTIFICATE = "SHORT_LIVED_CERTIFICATE"


class CertificateAuthorityConfiguration(Model):
    """Key, signature and subject of an authority."""

    key_algorithm: KeyAlgorithm | None = out("Key algorithm; default `EC_prime256v1`.")
    signing_algorithm: SigningAlgorithm | None = out("Signing algorithm; default: the one that fits the key.")
    subject: Subject = out("Distinguished name of the authority.", default=None)


class AuthorityInputs(Model):
    type: AuthorityType = prop(
        "`ROOT` (signs itself) or `SUBORDINATE` (signed by `parentArn`).",
        change=Change.REPLACE,
        required=True,
        source="ACM PCA CreateCertificateAuthority",
    )
    certificate_authority_configuration: CertificateAuthorityConfiguration = prop(
        "Key algorithm (a change makes a new key), signing algorithm, and subject (a change replaces).",
        change=Change.REISSUE,
        required=True,
        source="ACM PCA CreateCertificateAuthority",
    )
    parent_arn: str | None = prop("ARN of the authority that signs a SUBORDINATE.", change=Change.REISSUE)
    validity: Validity | None = prop(
        "How long its certificate is valid. Default: ROOT 10 years, SUBORDINATE 5 years, cut at the parent's end.",
        change=Change.REISSUE,
        equality=Equality.TEXT,
        source="ACM PCA Validity",
    )
    path_length: int | None = prop(
        "How many authorities may follow below it; default: no limit under an unlimited parent, else one less than the "
        "parent's.",
        change=Change.REISSUE,
        source="RFC 5280 4.2.1.9",
    )
    usage_mode: UsageMode | None = prop(
        "`GENERAL_PURPOSE` (default), or `SHORT_LIVED_CERTIFICATE`: what it signs lives 7 days at most.",
        change=Change.UPDATE,
        source="ACM PCA",
    )
    enabled: bool = prop("Whether it signs; `false` disables it.", change=Change.UPDATE, default=True, source="ACM PCA")
    permanent_deletion_time_in_days: int | None = prop(
        "Days in which a deleted authority can be restored: 7 to 30, default 30.",
        change=Change.UPDATE,
        source="ACM PCA",
    )
    early_renewal_duration: str | None = prop(
        "How long before expiry its renewal window opens: `P60D`, `1440h` or `33%`.",
        change=Change.UPDATE,
    )
    tags: dict[str, str] | None = prop("Tags.", change=Change.UPDATE)
    region: str | None = prop("Region; default: the provider's.", change=Change.REPLACE)
    version: int | None = prop("Version that this declaration stands for.", managed=True)


class AuthorityOutputs(Model):
    arn: str = out("ARN.")
    store_id: str = out("Id of the store that holds it.")
    status: str = out("`CREATING`, `ACTIVE`, `DISABLED`, `EXPIRED` or `DELETED`.")
    version: int = out("Number of its certificate: grows when it is signed again.")
    certificate: str | None = out("Its certificate in PEM.")
    certificate_chain: str | None = out("Its issuers in PEM, root last; empty for a root.")
    serial: str | None = out("Serial number, lower-case hex.")
    fingerprint: str | None = out("SHA-256 of the DER, lower-case hex.")
    not_before: str | None = out("Start of validity, RFC 3339 UTC.")
    not_after: str | None = out("End of validity, RFC 3339 UTC, inclusive.")
    renewal_due: str | None = out("The instant at which its renewal window opens, RFC 3339 UTC.")
    tags_all: dict[str, str] = out("Tags, with the provider's default tags.")
