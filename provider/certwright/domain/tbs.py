"""To-be-signed certificates: from a template to a linted preissuance certificate, and from that to the real signature.

House rule "lint before sign is a type": `prepare` signs the template with a throw-away key and lints the outcome;
`sign_prepared` accepts only that, once, and refuses when the to-be-signed bytes differ. They are equal because the
authority key identifier is explicit and the signature algorithm identifier depends on the algorithm, not on the key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from certwright.domain.certificate import key_identifier, load_der, signing_algorithm_of
from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.extension import CustomExtension, KeyUsage, key_usage_extension, to_unrecognized
from certwright.domain.keyspec import (
    KeyAlgorithm,
    KeyFamily,
    PrivateKey,
    PublicKey,
    SigningAlgorithm,
    generate_private_key,
    key_family,
    pair_problem,
    require_algorithm,
    signing_family,
    signing_parameters,
)
from certwright.domain.lints.registry import errors, run
from certwright.domain.lints.specimen import Circumstances, LintResult
from certwright.domain.profile import PROFILES, Profile, ProfileName
from certwright.domain.validity import ValidityProfile

Extended = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTemplate:
    """Everything that a certificate will say, and what its lints must know about the issuer.

    issuer_key_identifier: the issuer's SKI (`certificate.subject_key_id_of`); its own for a self-signed one.
    key_usages, extended_key_usages: None means those of the profile; empty leaves the extension out.
    path_length: None means no limit; 0 is encoded. crl_urls, ocsp_urls, issuer_urls: absolute http URLs.
    issued_at, issuer_not_before, issuer_not_after, issuer_path_length, validity_profile: for the lints only.
    """

    subject: x509.Name
    issuer: x509.Name
    issuer_key_identifier: bytes
    public_key: PublicKey
    serial: int
    not_before: datetime
    not_after: datetime
    profile: ProfileName
    sans: tuple[x509.GeneralName, ...] = ()
    path_length: int | None = None
    key_usages: frozenset[KeyUsage] | None = None
    extended_key_usages: tuple[x509.ObjectIdentifier, ...] | None = None
    custom_extensions: tuple[CustomExtension, ...] = ()
    policies: tuple[x509.ObjectIdentifier, ...] = ()
    cps_url: str | None = None
    name_constraints: x509.NameConstraints | None = None
    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    issued_at: datetime | None = None
    issuer_not_before: datetime | None = None
    issuer_not_after: datetime | None = None
    issuer_path_length: int | None = None
    validity_profile: ValidityProfile = ValidityProfile.BR

    def circumstances(self) -> Circumstances:
        return Circumstances(
            profile=self.profile,
            issued_at=self.issued_at,
            issuer_not_before=self.issuer_not_before,
            issuer_not_after=self.issuer_not_after,
            issuer_path_length=self.issuer_path_length,
            validity_profile=self.validity_profile,
        )


class Prepared:
    """A linted certificate that waits for its real signature; redeemable once.

    preissuance_der: the certificate under the throw-away signature: what the journal holds before signing.
    warnings: lint results below error severity.
    """

    __slots__ = ("_pending", "_tbs", "preissuance_der", "signing_algorithm", "warnings")

    def __init__(
        self,
        builder: x509.CertificateBuilder,
        preissuance: x509.Certificate,
        signing_algorithm: SigningAlgorithm,
        warnings: tuple[LintResult, ...] = (),
    ) -> None:
        self._pending = [builder]
        self._tbs = preissuance.tbs_certificate_bytes
        self.preissuance_der = preissuance.public_bytes(Encoding.DER)
        self.signing_algorithm = signing_algorithm
        self.warnings = warnings

    @property
    def tbs(self) -> bytes:
        return self._tbs

    def redeem(self) -> x509.CertificateBuilder:
        """The builder, once. Raises issuance.redeemed: a second signature would be a second certificate."""
        try:
            return self._pending.pop()
        except IndexError:
            raise CertwrightError(
                "this prepared certificate was signed already; prepare a new one", code="issuance.redeemed"
            ) from None


def build_certificate(template: CertificateTemplate) -> x509.CertificateBuilder:
    """The builder of a template, every extension in place. Raises certificate.unbuildable, extension.*."""
    try:
        builder = (
            x509.CertificateBuilder()
            .subject_name(template.subject)
            .issuer_name(template.issuer)
            .public_key(template.public_key)
            .serial_number(template.serial)
            .not_valid_before(template.not_before)
            .not_valid_after(template.not_after)
        )
        for value, critical in _extensions(template):
            builder = builder.add_extension(value, critical)
    except (ValueError, TypeError) as error:
        raise _unbuildable("built", error) from None
    return builder


def _unbuildable(step: str, error: Exception) -> Refused:
    message = f"the certificate cannot be {step}: {' '.join(str(error).split())[:200]}"
    return Refused([Finding(code="certificate.unbuildable", message=message)])


def _extensions(template: CertificateTemplate) -> list[Extended]:
    """The extensions of a template in a fixed order: usage, identifiers, names, policy, pointers, custom."""
    profile = PROFILES[template.profile]
    extensions = _usage(template, profile)
    extensions.append((x509.SubjectKeyIdentifier(key_identifier(template.public_key)), False))
    extensions.append((x509.AuthorityKeyIdentifier(template.issuer_key_identifier, None, None), False))
    if template.sans:
        # RFC 5280 4.2.1.6: critical exactly when the subject is empty.
        extensions.append((x509.SubjectAlternativeName(template.sans), not list(template.subject)))
    if template.name_constraints is not None:
        extensions.append((template.name_constraints, True))
    policies = template.policies or profile.policies
    if policies:
        qualifiers: list[str | x509.UserNotice] | None = [template.cps_url] if template.cps_url else None
        information = [x509.PolicyInformation(oid, qualifiers) for oid in policies]
        extensions.append((x509.CertificatePolicies(information), False))
    extensions.extend(_pointers(template))
    if profile.ocsp_no_check:
        extensions.append((x509.OCSPNoCheck(), False))
    extensions.extend((to_unrecognized(custom), custom.critical) for custom in template.custom_extensions)
    return extensions


def _usage(template: CertificateTemplate, profile: Profile) -> list[Extended]:
    basic = x509.BasicConstraints(ca=profile.ca, path_length=template.path_length if profile.ca else None)
    extensions: list[Extended] = [(basic, profile.basic_constraints_critical)]
    usages = template.key_usages
    if usages is None:
        usages = profile.usages_for(key_family(require_algorithm(template.public_key)))
    if usages:
        extensions.append((key_usage_extension(usages), profile.key_usage_critical))
    purposes = template.extended_key_usages
    if purposes is None:
        purposes = profile.extended_key_usages
    if purposes:
        extensions.append((x509.ExtendedKeyUsage(purposes), profile.extended_key_usage_critical))
    return extensions


def _pointers(template: CertificateTemplate) -> list[Extended]:
    extensions: list[Extended] = []
    access = [_access(AuthorityInformationAccessOID.OCSP, url) for url in template.ocsp_urls]
    access += [_access(AuthorityInformationAccessOID.CA_ISSUERS, url) for url in template.issuer_urls]
    if access:
        extensions.append((x509.AuthorityInformationAccess(access), False))
    if template.crl_urls:
        points = [_distribution_point(url) for url in template.crl_urls]
        extensions.append((x509.CRLDistributionPoints(points), False))
    return extensions


def _access(method: x509.ObjectIdentifier, url: str) -> x509.AccessDescription:
    return x509.AccessDescription(method, x509.UniformResourceIdentifier(url))


def _distribution_point(url: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)


# The signature algorithm identifier says nothing about the size or curve of the key, so one small key for each family
# stands in for every issuer: RSA-2048 signs six times faster than RSA-4096.
_THROWAWAY: dict[KeyFamily, KeyAlgorithm] = {
    KeyFamily.RSA: KeyAlgorithm.RSA_2048,
    KeyFamily.EC: KeyAlgorithm.EC_PRIME256V1,
    KeyFamily.ED25519: KeyAlgorithm.ED25519,
}


@cache
def _throwaway_key(family: KeyFamily) -> PrivateKey:
    return generate_private_key(_THROWAWAY[family])


def sign_builder(
    builder: x509.CertificateBuilder, private_key: PrivateKey, signing_algorithm: SigningAlgorithm
) -> x509.Certificate:
    """Signs without any check; only for this module, tests and CA tooling that lints by itself."""
    parameters = signing_parameters(signing_algorithm)
    try:
        return builder.sign(private_key, parameters.hash, rsa_padding=parameters.padding)
    except (ValueError, TypeError) as error:
        raise _unbuildable("signed", error) from None


def prepare(template: CertificateTemplate, signing_algorithm: SigningAlgorithm) -> Prepared:
    """Builds, signs with a throw-away key and lints.

    signing_algorithm: the issuer's; it is part of the to-be-signed bytes.
    Raises lint.NAME (Refused) when a lint of error severity objects, certificate.unbuildable.
    """
    builder = build_certificate(template)
    return _linted(builder, signing_algorithm, template.circumstances())


def _linted(
    builder: x509.CertificateBuilder, signing_algorithm: SigningAlgorithm, circumstances: Circumstances
) -> Prepared:
    preissuance = sign_builder(builder, _throwaway_key(signing_family(signing_algorithm)), signing_algorithm)
    results = run(preissuance, circumstances)
    if fatal := errors(results):
        raise Refused([Finding(code=r.code, message=f"{r.message} ({r.source})") for r in fatal])
    return Prepared(builder, preissuance, signing_algorithm, results)


def builder_from_certificate(certificate: x509.Certificate) -> x509.CertificateBuilder:
    """A builder that says what `certificate` says, to sign exactly its TBS again after a crash.

    Raises certificate.unbuildable.
    """
    try:
        builder = (
            x509.CertificateBuilder()
            .subject_name(certificate.subject)
            .issuer_name(certificate.issuer)
            .public_key(certificate.public_key())
            .serial_number(certificate.serial_number)
            .not_valid_before(certificate.not_valid_before_utc)
            .not_valid_after(certificate.not_valid_after_utc)
        )
        for extension in certificate.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
    except (ValueError, TypeError) as error:
        raise _unbuildable("built again", error) from None
    return builder


def resume(preissuance_der: bytes, circumstances: Circumstances | None = None) -> Prepared:
    """The prepared certificate of a journal entry, linted again.

    Raises certificate.*, lint.*, issuance.tbs_mismatch.
    """
    certificate = load_der(preissuance_der, path="journal")
    signing_algorithm = signing_algorithm_of(certificate)
    if signing_algorithm is None:
        raise CertwrightError("the journaled certificate has an unknown signature algorithm", code="issuance.journal")
    prepared = _linted(builder_from_certificate(certificate), signing_algorithm, circumstances or Circumstances())
    if prepared.tbs != certificate.tbs_certificate_bytes:
        raise _mismatch()
    return prepared


def sign_prepared(
    prepared: Prepared | bytes, issuer_private_key: PrivateKey, signing_algorithm: SigningAlgorithm
) -> bytes:
    """The certificate in DER, under the issuer's signature.

    prepared: the result of `prepare`, or the preissuance DER of the journal (`resume`).
    Raises issuance.redeemed, issuance.algorithm, issuance.tbs_mismatch.
    """
    ready = resume(prepared) if isinstance(prepared, bytes) else prepared
    problem = pair_problem(require_algorithm(issuer_private_key.public_key()), signing_algorithm)
    if problem is None and signing_algorithm is not ready.signing_algorithm:
        problem = f"the certificate was prepared for {ready.signing_algorithm.value}, not {signing_algorithm.value}"
    if problem is not None:
        raise CertwrightError(problem, code="issuance.algorithm")
    certificate = sign_builder(ready.redeem(), issuer_private_key, signing_algorithm)
    if certificate.tbs_certificate_bytes != ready.tbs:
        raise _mismatch()
    return certificate.public_bytes(Encoding.DER)


def _mismatch() -> CertwrightError:
    return CertwrightError(
        "the bytes to be signed differ from those that were linted; nothing was issued", code="issuance.tbs_mismatch"
    )


def build_csr(
    subject: x509.Name,
    *,
    sans: Iterable[x509.GeneralName] = (),
    profile: ProfileName | None = None,
    path_length: int | None = None,
) -> x509.CertificateSigningRequestBuilder:
    """A certificate signing request; with a CA profile it asks for the CA's constraints and usages."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    names = tuple(sans)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), not list(subject))
    if profile is not None and PROFILES[profile].ca:
        row = PROFILES[profile]
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), True)
        builder = builder.add_extension(key_usage_extension(row.key_usages), True)
    return builder


def sign_csr(
    builder: x509.CertificateSigningRequestBuilder, private_key: PrivateKey, signing_algorithm: SigningAlgorithm
) -> bytes:
    """The request in DER."""
    parameters = signing_parameters(signing_algorithm)
    problem = pair_problem(require_algorithm(private_key.public_key()), signing_algorithm)
    if problem is not None:
        raise CertwrightError(problem, code="issuance.algorithm")
    return builder.sign(private_key, parameters.hash, rsa_padding=parameters.padding).public_bytes(Encoding.DER)
