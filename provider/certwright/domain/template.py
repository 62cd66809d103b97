"""Templates: everything that a certificate will say, and the builder that says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from certwright.domain.certificate import key_identifier
from certwright.domain.errors import Finding, Refused
from certwright.domain.extension import CustomExtension, KeyUsage, key_usage_extension, to_unrecognized
from certwright.domain.keyspec import PublicKey, key_family, require_algorithm
from certwright.domain.lints.specimen import Circumstances
from certwright.domain.profile import PROFILES, Profile, ProfileName
from certwright.domain.validity import ValidityProfile

Extended = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTemplate:
    """Everything that a certificate will say, and what its lints must know about the issuer.

    issuer_key_identifier: the issuer's SKI (`certificate.subject_key_id_of`); its own for a self-signed one.
    key_usages, extended_key_usages: None means those of the profile; empty leaves the extension out.
    further: extensions as they are, of a pass-through or a CSR; not those that the engine writes itself.
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
    further: tuple[Extended, ...] = ()
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
        for value, critical in extensions_of(template):
            builder = builder.add_extension(value, critical)
    except (ValueError, TypeError) as error:
        raise unbuildable("built", error) from None
    return builder


def unbuildable(step: str, error: Exception) -> Refused:
    message = f"the certificate cannot be {step}: {' '.join(str(error).split())[:200]}"
    return Refused([Finding(code="certificate.unbuildable", message=message)])


def extensions_of(template: CertificateTemplate) -> list[Extended]:
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
    passed = {value.oid for value, _ in template.further}
    if policies and x509.CertificatePolicies.oid not in passed:
        qualifiers: list[str | x509.UserNotice] | None = [template.cps_url] if template.cps_url else None
        information = [x509.PolicyInformation(oid, qualifiers) for oid in policies]
        extensions.append((x509.CertificatePolicies(information), False))
    extensions.extend(_pointers(template))
    if profile.ocsp_no_check:
        extensions.append((x509.OCSPNoCheck(), False))
    extensions.extend((to_unrecognized(custom), custom.critical) for custom in template.custom_extensions)
    extensions.extend(template.further)
    return extensions


def _usage(template: CertificateTemplate, profile: Profile) -> list[Extended]:
    usages = template.key_usages
    if usages is None:
        usages = profile.usages_for(key_family(require_algorithm(template.public_key)))
    purposes = template.extended_key_usages
    if purposes is None:
        purposes = profile.extended_key_usages
    path_length = template.path_length if profile.ca else None
    return list(_usage_of(template.profile, path_length, frozenset(usages), tuple(purposes)))


@lru_cache(maxsize=128)
def _usage_of(
    name: ProfileName,
    path_length: int | None,
    usages: frozenset[KeyUsage],
    purposes: tuple[x509.ObjectIdentifier, ...],
) -> tuple[Extended, ...]:
    """What nearly all certificates of a profile have in common."""
    profile = PROFILES[name]
    basic = x509.BasicConstraints(ca=profile.ca, path_length=path_length)
    extensions: list[Extended] = [(basic, profile.basic_constraints_critical)]
    if usages:
        extensions.append((key_usage_extension(usages), profile.key_usage_critical))
    if purposes:
        extensions.append((x509.ExtendedKeyUsage(purposes), profile.extended_key_usage_critical))
    return tuple(extensions)


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
