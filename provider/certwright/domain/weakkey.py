"""Weak keys by name (SEC-3): exponents, sizes, small factors, close primes, ROCA, known compromised keys, curves.

Sources: CA/B BR 6.1.1.3, 6.1.5 and 6.1.6; FIPS 186-4 B.3.3; CVE-2017-15361 (ROCA); CVE-2008-0166 (Debian).
Does not hold the whole Debian list (it is tens of megabytes): `known_weak` takes one, in openssl-blacklist's form.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certwright.domain.errors import Finding
from certwright.domain.keyspec import algorithm_of

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
MIN_EXPONENT = 65537
MAX_EXPONENT_BITS = 256
SMALL_FACTOR_BELOW = 752
FERMAT_ROUNDS = 110
_MIN_PRIVATE_EC_BITS = 128

# Lower half of SHA-1 of "Modulus=<upper-case hex>\n": published keys of CVE-2008-0166, enough to keep the check alive.
KNOWN_WEAK_RSA: frozenset[str] = frozenset({"8df20e6961a16398b85a", "b7ead9492dfd921fc4f9"})

# Encodings of the points of small order on edwards25519: such a key accepts forged signatures.
_ED25519_SMALL_ORDER: frozenset[str] = frozenset(
    {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    }
)

Problem = tuple[str, str]


@cache
def _small_primes(below: int) -> tuple[int, ...]:
    sieve = bytearray([1]) * below
    for n in range(2, math.isqrt(below) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, below, n)))
    return tuple(n for n in range(2, below) if sieve[n])


@cache
def _small_product() -> int:
    return math.prod(_small_primes(SMALL_FACTOR_BELOW))


@cache
def _roca_residues() -> tuple[tuple[int, frozenset[int]], ...]:
    """For each prime from 3 to 167 the powers of 65537: a ROCA modulus is one of them for every prime."""
    rows = []
    for prime in _small_primes(168)[1:]:
        powers, value = set(), 1
        while value not in powers:
            powers.add(value)
            value = value * 65537 % prime
        rows.append((prime, frozenset(powers)))
    return tuple(rows)


def is_roca(modulus: int) -> bool:
    """The fingerprint of Infineon's faulty key generation; a sound key matches with a chance below 2^-27."""
    return all(modulus % prime in powers for prime, powers in _roca_residues())


def has_close_primes(modulus: int, rounds: int = FERMAT_ROUNDS) -> bool:
    """Whether Fermat's method factors `modulus` in `rounds` steps."""
    a = math.isqrt(modulus - 1) + 1
    for _ in range(rounds):
        rest = a * a - modulus
        root = math.isqrt(rest)
        if root * root == rest:
            return True
        a += 1
    return False


def openssl_blacklist_suffix(modulus: int) -> str:
    """How openssl-blacklist lists keys: the last 20 hex digits of SHA-1 of the printed modulus."""
    printed = f"Modulus={modulus:X}\n".encode("ascii")
    return hashlib.sha1(printed, usedforsecurity=False).hexdigest()[20:]


def _rsa_size(key: rsa.RSAPublicKey) -> Problem | None:
    bits = key.key_size
    if MIN_RSA_BITS <= bits <= MAX_RSA_BITS and bits % 8 == 0:
        return None
    message = f"has {bits} bits; an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits in whole octets"
    return "key.weak_size", message


def _rsa_exponent(key: rsa.RSAPublicKey) -> Problem | None:
    exponent = key.public_numbers().e
    if exponent >= MIN_EXPONENT and exponent % 2 == 1 and exponent.bit_length() <= MAX_EXPONENT_BITS:
        return None
    shown = str(exponent) if exponent.bit_length() <= 64 else f"of {exponent.bit_length()} bits"
    message = (
        f"has the public exponent {shown}; it must be odd, at least {MIN_EXPONENT} and below 2^{MAX_EXPONENT_BITS}"
    )
    return "key.weak_exponent", message


def _rsa_small_factor(key: rsa.RSAPublicKey) -> Problem | None:
    modulus = key.public_numbers().n
    if modulus > 0 and math.gcd(modulus, _small_product()) == 1:
        return None
    return "key.small_factor", f"has a modulus that a prime below {SMALL_FACTOR_BELOW} divides; make a new key"


def _rsa_close_primes(key: rsa.RSAPublicKey) -> Problem | None:
    if not has_close_primes(key.public_numbers().n):
        return None
    return "key.close_primes", "has primes so close that Fermat's method finds them; make a new key"


def _rsa_roca(key: rsa.RSAPublicKey) -> Problem | None:
    if not is_roca(key.public_numbers().n):
        return None
    return "key.roca", "was made by a faulty chip (ROCA, CVE-2017-15361); make a new key elsewhere"


_RSA_CHECKS: tuple[Callable[[rsa.RSAPublicKey], Problem | None], ...] = (
    _rsa_size,
    _rsa_exponent,
    _rsa_small_factor,
    _rsa_close_primes,
    _rsa_roca,
)


def _rsa_problems(key: rsa.RSAPublicKey, known_weak: frozenset[str]) -> list[Problem]:
    # A huge modulus is refused before anything computes with it.
    size = _rsa_size(key)
    if size is not None and key.key_size > MAX_RSA_BITS:
        return [size]
    problems = [problem for check in _RSA_CHECKS if (problem := check(key)) is not None]
    if openssl_blacklist_suffix(key.public_numbers().n) in known_weak:
        message = "is on the list of compromised keys (such as Debian's, CVE-2008-0166); make a new key"
        problems.append(("key.known_weak", message))
    return problems


def _ec_problems(key: ec.EllipticCurvePublicKey) -> list[Problem]:
    if algorithm_of(key) is None:
        return [("key.unsupported", f"is on the curve {key.curve.name}; use P-256, P-384 or P-521")]
    numbers = key.public_numbers()
    try:
        ec.EllipticCurvePublicNumbers(numbers.x, numbers.y, key.curve).public_key()
    except ValueError:
        return [("key.invalid_point", "has a public point that is not on its curve; make a new key")]
    return []


def _ed25519_problems(key: ed25519.Ed25519PublicKey) -> list[Problem]:
    if key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex() in _ED25519_SMALL_ORDER:
        return [("key.invalid_point", "is a point of small order, under which anyone can sign; make a new key")]
    return []


def _findings(problems: list[Problem], path: str) -> list[Finding]:
    return [Finding(code=code, message=f"the key {message}", path=path) for code, message in problems]


def public_key_findings(key: object, path: str, *, known_weak: frozenset[str] = KNOWN_WEAK_RSA) -> list[Finding]:
    """Everything that makes a public key unfit for a certificate. Codes: key.weak_size, key.weak_exponent,
    key.small_factor, key.close_primes, key.roca, key.known_weak, key.invalid_point, key.unsupported."""
    match key:
        case rsa.RSAPublicKey():
            return _findings(_rsa_problems(key, known_weak), path)
        case ec.EllipticCurvePublicKey():
            return _findings(_ec_problems(key), path)
        case ed25519.Ed25519PublicKey():
            return _findings(_ed25519_problems(key), path)
    return _findings([("key.unsupported", f"is of the kind {type(key).__name__}; use RSA, EC or Ed25519")], path)


def private_key_findings(key: object, path: str, *, known_weak: frozenset[str] = KNOWN_WEAK_RSA) -> list[Finding]:
    """As `public_key_findings`, and what only the private half shows: distance of the primes, a small private value.

    Does not check that the parts belong together: the loader did.
    """
    match key:
        case rsa.RSAPrivateKey():
            found = public_key_findings(key.public_key(), path, known_weak=known_weak)
            return found or _findings(_rsa_private_problems(key), path)
        case ec.EllipticCurvePrivateKey():
            found = public_key_findings(key.public_key(), path)
            small = (
                key.curve.key_size >= 256 and key.private_numbers().private_value.bit_length() < _MIN_PRIVATE_EC_BITS
            )
            return found or _findings([("key.small_private", "has a tiny private value; make a new key")] * small, path)
        case ed25519.Ed25519PrivateKey():
            return public_key_findings(key.public_key(), path)
    return _findings([("key.unsupported", f"is of the kind {type(key).__name__}; use RSA, EC or Ed25519")], path)


def _rsa_private_problems(key: rsa.RSAPrivateKey) -> list[Problem]:
    numbers = key.private_numbers()
    half = key.key_size // 2
    problems: list[Problem] = []
    if abs(numbers.p - numbers.q).bit_length() <= half - 100:
        problems.append(("key.close_primes", "has primes that are too close to each other; make a new key"))
    if min(numbers.p, numbers.q).bit_length() < half - 1:
        problems.append(("key.unbalanced_primes", "has primes of very different size; make a new key"))
    if numbers.d.bit_length() <= half:
        problems.append(("key.small_private", "has a private exponent of less than half its size; make a new key"))
    return problems
