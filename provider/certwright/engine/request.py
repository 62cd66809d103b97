"""A certificate as it is wished for: the checked inputs, decoded once at the engine's door.

Here, and in `authorityrequest`, the engine knows how inputs are spelled; what lies behind it takes these types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from certwright.domain.extension import CustomExtension, KeyUsage
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm
from certwright.domain.nameset import NAME_LIMIT_CEILING, check_names
from certwright.domain.passthrough import ApiPassthrough
from certwright.domain.subject import Subject
from certwright.domain.validity import Validity
from certwright.engine.records import CertificateRecord, Json, Mode, VersionRecord

if TYPE_CHECKING:
    from cryptography import x509

    from certwright.domain.errors import Finding
    from certwright.domain.identifier import Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a request names, the first one first. `problems`: why some of it is no name, or not one of this kind."""

    identifiers: tuple[Identifier, ...] = ()
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One certificate. "" and None: not stated. `spec` is what the store keeps, in wire spelling."""

    mode: Mode
    spec: Json = field(repr=False)
    names: Names
    validation_method: str = ""
    public_issuer: str = ""
    authority: str = ""
    key_algorithm: KeyAlgorithm | None = None
    signing_algorithm: SigningAlgorithm | None = None
    subject: Subject | None = None
    key_usages: frozenset[KeyUsage] = frozenset()
    extended_key_usages: tuple[str, ...] = ()  # by ACM PCA's name or object identifier
    custom_extensions: tuple[CustomExtension, ...] = ()
    template: str = ""
    passthrough: ApiPassthrough | None = None
    csr: x509.CertificateSigningRequest | None = None
    validity: Validity | None = None
    early_renewal: str | None = None
    reuse_key: bool = False

    @property
    def domain_name(self) -> str:
        """As it was stated."""
        return str(self.spec.get("domainName") or "")


def read_request(mode: Mode, spec: Json) -> Request:
    """spec: as Check left it, without secrets. Raises Refused for a CSR that is none; names are judged when they are used."""
    return Request(
        mode=mode,
        spec=spec,
        names=read_names(mode, spec),
        validation_method=str(spec.get("validationMethod") or ""),
        public_issuer=str(spec.get("publicIssuer") or ""),
        authority=str(spec.get("certificateAuthorityArn") or ""),
        key_algorithm=KeyAlgorithm(spec["keyAlgorithm"]) if spec.get("keyAlgorithm") else None,
        signing_algorithm=SigningAlgorithm(spec["signingAlgorithm"]) if spec.get("signingAlgorithm") else None,
        subject=Subject.model_validate(spec["subject"]) if spec.get("subject") else None,
        key_usages=frozenset(KeyUsage(usage) for usage in spec.get("keyUsages") or ()),
        extended_key_usages=tuple(spec.get("extendedKeyUsages") or ()),
        custom_extensions=tuple(CustomExtension.model_validate(e) for e in spec.get("customExtensions") or ()),
        template=str(spec.get("templateArn") or ""),
        passthrough=ApiPassthrough.model_validate(spec["apiPassthrough"])
        if spec.get("apiPassthrough") is not None
        else None,
        csr=_csr(spec) if mode is Mode.SIGNED else None,
        validity=Validity.model_validate(spec["validity"]) if spec.get("validity") else None,
        early_renewal=spec.get("earlyRenewalDuration"),
        reuse_key=reuses_key(spec),
    )


def request_of(record: CertificateRecord, version: VersionRecord | None = None) -> Request:
    """What is declared of a certificate; or what a version of it was made from."""
    return read_request(record.mode, record.spec if version is None else version.spec)


def read_names(mode: Mode, spec: Json) -> Names:
    """The names alone, for whoever needs no more."""
    others = spec.get("subjectAlternativeNames")
    # A list is what Check lets through; anything else has its sentence from `check_names`.
    stated = tuple(others) if isinstance(others, list) else others
    return _read_names(spec.get("domainName"), stated, mode is Mode.PUBLIC)


@lru_cache(maxsize=1024)
def _read_names(first: str | None, others: tuple[str, ...] | None, public: bool) -> Names:
    """By its text, so that an entry never goes stale: a request that waits is read anew at each look."""
    identifiers, problems = check_names(first, others, public=public, limit=NAME_LIMIT_CEILING)
    return Names(identifiers=identifiers, problems=tuple(problems))


def validated_by(spec: Json) -> str:
    """The validation method that is stated, without decoding the rest."""
    return str(spec.get("validationMethod") or "")


def reuses_key(spec: Json) -> bool:
    """Whether a renewal keeps the key, without decoding the rest."""
    return spec.get("renewalKeyPolicy") == "REUSE"


def _csr(spec: Json) -> x509.CertificateSigningRequest:
    from certwright.domain.csr import parse_csr

    return parse_csr(spec["certificateSigningRequest"])
