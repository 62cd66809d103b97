"""Lints of the subject's public key."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from certwright.domain.keyspec import KEYS, algorithm_of
from certwright.domain.lints.specimen import Specimen, rule

MIN_RSA_BITS = 2048


@rule("CA/B BR 6.1.5; ACM's list")
def key_kind(specimen: Specimen) -> str | None:
    if specimen.rsa is not None or algorithm_of(specimen.public_key) is not None:
        return None
    curve = getattr(getattr(specimen.public_key, "curve", None), "name", type(specimen.public_key).__name__)
    return f"a key of kind {curve} is not supported"


@rule("CA/B BR 6.1.5")
def rsa_size(specimen: Specimen) -> str | None:
    key = specimen.rsa
    if key is None or (key.key_size >= MIN_RSA_BITS and key.key_size % 8 == 0):
        return None
    return f"an RSA key of {key.key_size} bits is too small or not of whole octets; at least {MIN_RSA_BITS} are needed"


@rule("CA/B BR 6.1.6")
def rsa_exponent(specimen: Specimen) -> str | None:
    key = specimen.rsa
    if key is None:
        return None
    exponent = key.public_numbers().e
    if 65537 <= exponent < 2**256 and exponent % 2 == 1:
        return None
    return "the RSA exponent is not an odd number from 65537 to 2^256 - 1"


@rule("CA/B BR 6.1.6")
def rsa_modulus_odd(specimen: Specimen) -> str | None:
    key = specimen.rsa
    if key is not None and key.public_numbers().n % 2 == 0:
        return "the RSA modulus is even"
    return None


@rule("CA/B BR 6.1.5")
def public_key_kind(specimen: Specimen) -> str | None:
    """Certificates of the public kind have RSA keys or keys on P-256, P-384 and P-521."""
    if not specimen.public or specimen.rsa is not None or isinstance(specimen.public_key, ec.EllipticCurvePublicKey):
        return None
    algorithm = algorithm_of(specimen.public_key)
    if algorithm is not None and KEYS[algorithm].public:
        return None
    return "a public certificate needs an RSA or an EC key"
