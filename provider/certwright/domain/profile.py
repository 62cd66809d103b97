"""Certificate profiles: what a certificate of each kind says about its use, one row each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from certwright.domain.extension import KeyUsage
from certwright.domain.keyspec import KeyFamily

DOMAIN_VALIDATED = x509.ObjectIdentifier("2.23.140.1.2.1")


class ProfileName(StrEnum):
    END_ENTITY = "END_ENTITY"
    SERVER_AUTH = "SERVER_AUTH"
    CLIENT_AUTH = "CLIENT_AUTH"
    PUBLIC_TLS = "PUBLIC_TLS"
    CODE_SIGNING = "CODE_SIGNING"
    OCSP_SIGNING = "OCSP_SIGNING"
    BLANK = "BLANK"
    BLANK_CRITICAL = "BLANK_CRITICAL"
    ROOT_CA = "ROOT_CA"
    SUBORDINATE_CA = "SUBORDINATE_CA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A row: usages, their criticality, and whether the holder may sign certificates.

    rsa_key_usages are added for RSA keys only: RFC 5480 section 3 forbids keyEncipherment with EC keys.
    """

    ca: bool = False
    public: bool = False
    self_signed: bool = False
    key_usages: frozenset[KeyUsage] = frozenset({KeyUsage.DIGITAL_SIGNATURE})
    rsa_key_usages: frozenset[KeyUsage] = frozenset()
    key_usage_critical: bool = True
    extended_key_usages: tuple[x509.ObjectIdentifier, ...] = ()
    extended_key_usage_critical: bool = False
    basic_constraints_critical: bool = False
    policies: tuple[x509.ObjectIdentifier, ...] = ()
    ocsp_no_check: bool = False

    def usages_for(self, family: KeyFamily) -> frozenset[KeyUsage]:
        return self.key_usages | self.rsa_key_usages if family is KeyFamily.RSA else self.key_usages


_ENCIPHER = frozenset({KeyUsage.KEY_ENCIPHERMENT})
_CA_USAGES = frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN})

# Sources: ACM PCA's templates; RFC 5280 4.2.1; CA/B BR 7.1.2.7 for PUBLIC_TLS; RFC 6960 4.2.2.2 for OCSP_SIGNING.
PROFILES: dict[ProfileName, Profile] = {
    ProfileName.END_ENTITY: Profile(rsa_key_usages=_ENCIPHER, extended_key_usages=(Eku.SERVER_AUTH, Eku.CLIENT_AUTH)),
    ProfileName.SERVER_AUTH: Profile(rsa_key_usages=_ENCIPHER, extended_key_usages=(Eku.SERVER_AUTH,)),
    ProfileName.CLIENT_AUTH: Profile(rsa_key_usages=_ENCIPHER, extended_key_usages=(Eku.CLIENT_AUTH,)),
    ProfileName.PUBLIC_TLS: Profile(
        public=True,
        # keyEncipherment beside digitalSignature is NOT RECOMMENDED (BR 7.1.2.7.11): no TLS 1.3 and no ECDHE needs it.
        extended_key_usages=(Eku.SERVER_AUTH,),
        basic_constraints_critical=True,
        policies=(DOMAIN_VALIDATED,),
    ),
    ProfileName.CODE_SIGNING: Profile(extended_key_usages=(Eku.CODE_SIGNING,), extended_key_usage_critical=True),
    ProfileName.OCSP_SIGNING: Profile(
        extended_key_usages=(Eku.OCSP_SIGNING,), extended_key_usage_critical=True, ocsp_no_check=True
    ),
    # ACM PCA's BlankEndEntityCertificate: usages come from the request, or the certificate has none.
    ProfileName.BLANK: Profile(key_usages=frozenset()),
    ProfileName.BLANK_CRITICAL: Profile(key_usages=frozenset(), basic_constraints_critical=True),
    ProfileName.ROOT_CA: Profile(ca=True, self_signed=True, key_usages=_CA_USAGES, basic_constraints_critical=True),
    ProfileName.SUBORDINATE_CA: Profile(ca=True, key_usages=_CA_USAGES, basic_constraints_critical=True),
}
