"""Key and signature algorithms in ACM Private CA's spelling, one row each, and what may be paired with what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certwright.domain.errors import CertwrightError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
SigningHash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

RSA_PUBLIC_EXPONENT = 65537


class KeyFamily(StrEnum):
    RSA = "RSA"
    EC = "EC"
    ED25519 = "ED25519"


class KeyAlgorithm(StrEnum):
    RSA_2048 = "RSA_2048"
    RSA_3072 = "RSA_3072"
    RSA_4096 = "RSA_4096"
    EC_PRIME256V1 = "EC_prime256v1"
    EC_SECP384R1 = "EC_secp384r1"
    EC_SECP521R1 = "EC_secp521r1"
    ED25519 = "ED25519"


class SigningAlgorithm(StrEnum):
    SHA256WITHRSA = "SHA256WITHRSA"
    SHA384WITHRSA = "SHA384WITHRSA"
    SHA512WITHRSA = "SHA512WITHRSA"
    SHA256WITHRSA_PSS = "SHA256WITHRSA_PSS"
    SHA384WITHRSA_PSS = "SHA384WITHRSA_PSS"
    SHA512WITHRSA_PSS = "SHA512WITHRSA_PSS"
    SHA256WITHECDSA = "SHA256WITHECDSA"
    SHA384WITHECDSA = "SHA384WITHECDSA"
    SHA512WITHECDSA = "SHA512WITHECDSA"
    ED25519 = "ED25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key algorithm. `public` says whether a publicly trusted kind of certificate may use it (CA/B BR 6.1.5)."""

    family: KeyFamily
    bits: int
    curve: str = ""
    default_signing: SigningAlgorithm
    public: bool = True
    generate: Callable[[], PrivateKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRow:
    """One signature algorithm: the family of key that makes it, its hash and, for RSA, whether it is PSS."""

    family: KeyFamily
    hash: type[SigningHash] | None
    pss: bool = False


def _rsa(bits: int) -> KeyRow:
    return KeyRow(
        family=KeyFamily.RSA,
        bits=bits,
        default_signing=SigningAlgorithm.SHA256WITHRSA,
        generate=lambda: rsa.generate_private_key(RSA_PUBLIC_EXPONENT, bits),
    )


def _ec(curve: ec.EllipticCurve, signing: SigningAlgorithm) -> KeyRow:
    return KeyRow(
        family=KeyFamily.EC,
        bits=curve.key_size,
        curve=curve.name,
        default_signing=signing,
        generate=lambda: ec.generate_private_key(curve),
    )


KEYS: dict[KeyAlgorithm, KeyRow] = {
    KeyAlgorithm.RSA_2048: _rsa(2048),
    KeyAlgorithm.RSA_3072: _rsa(3072),
    KeyAlgorithm.RSA_4096: _rsa(4096),
    KeyAlgorithm.EC_PRIME256V1: _ec(ec.SECP256R1(), SigningAlgorithm.SHA256WITHECDSA),
    KeyAlgorithm.EC_SECP384R1: _ec(ec.SECP384R1(), SigningAlgorithm.SHA384WITHECDSA),
    KeyAlgorithm.EC_SECP521R1: _ec(ec.SECP521R1(), SigningAlgorithm.SHA512WITHECDSA),
    KeyAlgorithm.ED25519: KeyRow(
        family=KeyFamily.ED25519,
        bits=256,
        default_signing=SigningAlgorithm.ED25519,
        public=False,
        generate=ed25519.Ed25519PrivateKey.generate,
    ),
}

_RSA_SIZES = {row.bits: name for name, row in KEYS.items() if row.family is KeyFamily.RSA}
_CURVES = {row.curve: name for name, row in KEYS.items() if row.family is KeyFamily.EC}

SIGNINGS: dict[SigningAlgorithm, SigningRow] = {
    SigningAlgorithm.SHA256WITHRSA: SigningRow(family=KeyFamily.RSA, hash=hashes.SHA256),
    SigningAlgorithm.SHA384WITHRSA: SigningRow(family=KeyFamily.RSA, hash=hashes.SHA384),
    SigningAlgorithm.SHA512WITHRSA: SigningRow(family=KeyFamily.RSA, hash=hashes.SHA512),
    SigningAlgorithm.SHA256WITHRSA_PSS: SigningRow(family=KeyFamily.RSA, hash=hashes.SHA256, pss=True),
    SigningAlgorithm.SHA384WITHRSA_PSS: SigningRow(family=KeyFamily.RSA, hash=hashes.SHA384, pss=True),
    SigningAlgorithm.SHA512WITHRSA_PSS: SigningRow(family=KeyFamily.RSA, hash=hashes.SHA512, pss=True),
    SigningAlgorithm.SHA256WITHECDSA: SigningRow(family=KeyFamily.EC, hash=hashes.SHA256),
    SigningAlgorithm.SHA384WITHECDSA: SigningRow(family=KeyFamily.EC, hash=hashes.SHA384),
    SigningAlgorithm.SHA512WITHECDSA: SigningRow(family=KeyFamily.EC, hash=hashes.SHA512),
    SigningAlgorithm.ED25519: SigningRow(family=KeyFamily.ED25519, hash=None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningParameters:
    """What `cryptography`'s builders take: `builder.sign(key, p.hash, rsa_padding=p.padding)`."""

    hash: SigningHash | None
    padding: padding.PSS | padding.PKCS1v15 | None


def signing_parameters(algorithm: SigningAlgorithm) -> SigningParameters:
    """Hash and padding of a signature algorithm; the PSS salt is as long as the hash (RFC 4055, section 3.1)."""
    row = SIGNINGS[algorithm]
    if row.hash is None:
        return SigningParameters(hash=None, padding=None)
    digest = row.hash()
    if row.pss:
        pss = padding.PSS(mgf=padding.MGF1(row.hash()), salt_length=digest.digest_size)
        return SigningParameters(hash=digest, padding=pss)
    return SigningParameters(hash=digest, padding=padding.PKCS1v15() if row.family is KeyFamily.RSA else None)


def key_family(algorithm: KeyAlgorithm) -> KeyFamily:
    return KEYS[algorithm].family


def signing_family(algorithm: SigningAlgorithm) -> KeyFamily:
    return SIGNINGS[algorithm].family


def default_signing_algorithm(algorithm: KeyAlgorithm) -> SigningAlgorithm:
    """The signature algorithm that fits the strength of a CA's key."""
    return KEYS[algorithm].default_signing


def default_leaf_algorithm(ca_algorithm: KeyAlgorithm) -> KeyAlgorithm:
    """The key of a leaf that states none: RSA_2048 under an RSA CA, else EC_prime256v1 (ACM's rule)."""
    return KeyAlgorithm.RSA_2048 if key_family(ca_algorithm) is KeyFamily.RSA else KeyAlgorithm.EC_PRIME256V1


def pair_problem(key_algorithm: KeyAlgorithm, signing_algorithm: SigningAlgorithm) -> str | None:
    """A sentence when a key of `key_algorithm` cannot make signatures of `signing_algorithm`, else None (CRT-8)."""
    family = key_family(key_algorithm)
    if family is signing_family(signing_algorithm):
        return None
    fitting = ", ".join(name.value for name, row in SIGNINGS.items() if row.family is family)
    return f"{signing_algorithm.value} cannot be made with a {key_algorithm.value} key; use one of {fitting}"


def generate_private_key(algorithm: KeyAlgorithm) -> PrivateKey:
    """A new key. Randomness is OpenSSL's own: `cryptography` takes none from outside."""
    return KEYS[algorithm].generate()


def takes_long_to_make(algorithm: KeyAlgorithm) -> bool:
    """RSA: OpenSSL looks for primes, from a tenth of a second to some, without the interpreter's lock. Others are drawn."""
    return KEYS[algorithm].family is KeyFamily.RSA


_BY_CURVE = {row.curve: algorithm for algorithm, row in KEYS.items() if row.curve}
_BY_RSA_BITS = {row.bits: algorithm for algorithm, row in KEYS.items() if row.family is KeyFamily.RSA}


def algorithm_of(public_key: object) -> KeyAlgorithm | None:
    """Which of our algorithms a public key is of; None for any other (RSA_1024, secp256k1, DSA, X25519 …)."""
    match public_key:  # the most frequent kind first: these are abstract classes, which are slow to ask
        case ec.EllipticCurvePublicKey():
            return _BY_CURVE.get(public_key.curve.name)
        case rsa.RSAPublicKey():
            return _BY_RSA_BITS.get(public_key.key_size)
        case ed25519.Ed25519PublicKey():
            return KeyAlgorithm.ED25519
    return None


def require_algorithm(public_key: object) -> KeyAlgorithm:
    """As `algorithm_of`, for keys that we made ourselves. Raises key.unsupported."""
    algorithm = algorithm_of(public_key)
    if algorithm is None:
        raise CertwrightError(
            f"a key of type {type(public_key).__name__} is not supported; use one of "
            + ", ".join(a.value for a in KeyAlgorithm),
            code="key.unsupported",
        )
    return algorithm
