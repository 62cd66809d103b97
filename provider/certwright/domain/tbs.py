"""To-be-signed certificates: from a template to a linted preissuance certificate, and from that to the real signature.

House rule "lint before sign is a type": `prepare` signs the template with a throw-away key and lints the outcome;
`sign_prepared` accepts only that, once, and refuses when the to-be-signed bytes differ. They are equal because the
authority key identifier is explicit and the signature algorithm identifier depends on the algorithm, not on the key.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certwright.domain.certificate import load_der, signing_algorithm_of
from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.extension import key_usage_extension
from certwright.domain.keyspec import (
    KeyAlgorithm,
    KeyFamily,
    PrivateKey,
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
from certwright.domain.profile import PROFILES, ProfileName
from certwright.domain.template import CertificateTemplate, build_certificate, unbuildable

__all__ = [
    "CertificateTemplate",
    "Prepared",
    "build_certificate",
    "build_csr",
    "builder_from_certificate",
    "prepare",
    "ready_to_prepare",
    "resume",
    "sign_builder",
    "sign_csr",
    "sign_prepared",
]


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


def ready_to_prepare(algorithm: KeyAlgorithm) -> None:
    """Make the throw-away key for an issuer with a key of this kind, unless it is there: `prepare` may be inside a write
    transaction, where nobody may wait for RSA-2048."""
    _throwaway_key(key_family(algorithm))


def sign_builder(
    builder: x509.CertificateBuilder, private_key: PrivateKey, signing_algorithm: SigningAlgorithm
) -> x509.Certificate:
    """Signs without any check; only for this module, tests and CA tooling that lints by itself."""
    parameters = signing_parameters(signing_algorithm)
    try:
        return builder.sign(private_key, parameters.hash, rsa_padding=parameters.padding)
    except (ValueError, TypeError) as error:
        raise unbuildable("signed", error) from None


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
        raise unbuildable("built again", error) from None
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
