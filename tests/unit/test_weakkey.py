"""Weak keys: real ones of published faults, and ones made to have exactly one fault."""

from __future__ import annotations

import math
import random
from functools import cache
from pathlib import Path

import pytest
from builders import pki
from certwright.domain.keyspec import KeyAlgorithm
from certwright.domain.weakkey import (
    KNOWN_WEAK_RSA,
    has_close_primes,
    is_roca,
    openssl_blacklist_suffix,
    private_key_findings,
    public_key_findings,
)
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

VECTORS = Path(__file__).parents[1] / "vectors" / "keys"
_RANDOM = random.Random(7)
pytestmark = pytest.mark.proves("SEC-3")


def codes(key: object, known_weak: frozenset[str] = KNOWN_WEAK_RSA) -> list[str]:
    found = public_key_findings(key, "certificateSigningRequest", known_weak=known_weak)
    assert all(f.path == "certificateSigningRequest" for f in found)
    return [f.code for f in found]


def is_prime(n: int) -> bool:
    if any(n % p == 0 for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)):
        return False
    rest, twos = n - 1, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    for _ in range(12):
        x = pow(_RANDOM.randrange(2, n - 1), rest, n)
        if x not in (1, n - 1) and all((x := x * x % n) != n - 1 for _ in range(twos - 1)):
            return False
    return True


def next_prime(n: int) -> int:
    n |= 1
    while not is_prime(n):
        n += 2
    return n


@cache
def prime(bits: int, number: int = 3) -> int:
    """A prime of a good RSA key: searching for one here would be slow."""
    if bits == 512:
        return rsa.generate_private_key(65537, 1024).private_numbers().p
    algorithm = {1024: KeyAlgorithm.RSA_2048, 1536: KeyAlgorithm.RSA_3072}[bits]
    private_key = pki.key(algorithm, number)
    assert isinstance(private_key, rsa.RSAPrivateKey)
    return private_key.private_numbers().p


def odd(bits: int) -> int:
    return _RANDOM.getrandbits(bits) | 1 << (bits - 1) | 1


def public(n: int, e: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(e, n).public_key()


def private(p: int, q: int, e: int = 65537) -> rsa.RSAPrivateKey:
    d = pow(e, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q))
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
def test_fresh_keys_are_good(algorithm: KeyAlgorithm) -> None:
    assert codes(pki.key(algorithm, 3).public_key()) == []
    assert private_key_findings(pki.key(algorithm, 3), "privateKey") == []


def test_a_real_key_of_a_roca_chip() -> None:
    assert codes(load_pem_public_key((VECTORS / "roca.pem").read_bytes())) == ["key.roca"]


def test_a_real_key_of_debians_openssl() -> None:
    key = load_pem_public_key((VECTORS / "debian.pem").read_bytes())
    assert codes(key) == ["key.known_weak"]
    assert codes(key, frozenset()) == []


def test_the_list_is_that_of_openssl_blacklist_and_can_be_given() -> None:
    modulus = pki.key(KeyAlgorithm.RSA_2048, 3).public_key().public_numbers().n
    suffix = openssl_blacklist_suffix(modulus)
    assert len(suffix) == 20
    assert codes(public(modulus), frozenset({suffix})) == ["key.known_weak"]


def test_roca_structure_is_found_and_sound_moduli_are_not() -> None:
    assert not any(is_roca(_RANDOM.getrandbits(2048) | 1) for _ in range(200))
    product = math.prod(p for p in range(3, 168) if is_prime(p) or p in (3, 5, 7, 11, 13, 17, 19, 23, 29))
    made = pow(65537, 12345, product) + product * _RANDOM.getrandbits(1000)
    assert is_roca(made)


@pytest.mark.parametrize("bits", [1024, 1032, 2041])
def test_sizes(bits: int) -> None:
    assert "key.weak_size" in codes(rsa.generate_private_key(65537, bits).public_key())


def test_a_huge_modulus_is_refused_before_anything_computes_with_it() -> None:
    assert codes(public((1 << 16_383) | 1)) == ["key.weak_size"]


@pytest.mark.parametrize("exponent", [3, 17, 65536 * 2 + 1 - 65536 - 2, 2**257 + 1])
def test_exponents(exponent: int) -> None:
    modulus = pki.key(KeyAlgorithm.RSA_2048, 3).public_key().public_numbers().n
    assert codes(public(modulus, exponent)) == ["key.weak_exponent"]


def test_even_moduli_and_small_factors() -> None:
    assert "key.small_factor" in codes(public(2 * odd(2047)))
    assert "key.small_factor" in codes(public(751 * odd(2039)))


def test_close_primes_are_found_and_distant_ones_are_not() -> None:
    p = prime(1024)
    q = next_prime(p + 2**200)
    assert has_close_primes(p * q)
    assert codes(public(p * q)) == ["key.close_primes"]
    assert [f.code for f in private_key_findings(private(p, q), "privateKey")] == ["key.close_primes"]


def test_primes_too_close_for_the_standard_but_not_for_fermat_show_in_the_private_key() -> None:
    p = prime(1024)
    q = next_prime(p + 2**800)
    assert codes(public(p * q)) == []
    assert [f.code for f in private_key_findings(private(p, q), "privateKey")] == ["key.close_primes"]


def test_unbalanced_primes_and_a_small_private_exponent() -> None:
    p, q = prime(1536), prime(512)
    assert "key.unbalanced_primes" in [f.code for f in private_key_findings(private(p, q), "k")]
    p, q = prime(1024), prime(1024, 9)
    d = (1 << 500) + 1
    order = math.lcm(p - 1, q - 1)
    while math.gcd(d, order) != 1:
        d += 2
    e = pow(d, -1, order)
    # The exponent that belongs to a small private one is huge, and is refused as such.
    assert codes(public(p * q, e)) == ["key.weak_exponent"]


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.SECP224R1(), ec.BrainpoolP256R1()])
def test_other_curves(curve: ec.EllipticCurve) -> None:
    assert codes(ec.generate_private_key(curve).public_key()) == ["key.unsupported"]


def test_other_kinds() -> None:
    assert codes(dsa.generate_private_key(1024).public_key()) == ["key.unsupported"]
    assert [f.code for f in private_key_findings(dsa.generate_private_key(1024), "k")] == ["key.unsupported"]


def test_a_tiny_private_value_on_a_curve() -> None:
    key = ec.derive_private_key(1, ec.SECP256R1())
    assert [f.code for f in private_key_findings(key, "privateKey")] == ["key.small_private"]


@pytest.mark.parametrize("octets", ["01" + "00" * 31, "00" * 32, "ec" + "ff" * 30 + "7f"])
def test_points_of_small_order(octets: str) -> None:
    key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(octets))
    assert codes(key) == ["key.invalid_point"]
