from __future__ import annotations

import pytest
from builders import pki
from certwright.domain import keyspec
from certwright.domain.errors import CertwrightError
from certwright.domain.keyspec import KEYS, SIGNINGS, KeyAlgorithm, KeyFamily, SigningAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, x25519


@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
def test_a_generated_key_is_of_its_algorithm(algorithm: KeyAlgorithm) -> None:
    assert keyspec.algorithm_of(pki.key(algorithm, 3).public_key()) is algorithm
    assert keyspec.require_algorithm(pki.key(algorithm, 3).public_key()) is algorithm


@pytest.mark.proves("CRT-8")
def test_the_spelling_is_that_of_acm() -> None:
    assert [a.value for a in KeyAlgorithm] == [
        *("RSA_2048", "RSA_3072", "RSA_4096"),
        *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
        "ED25519",
    ]
    assert set(KEYS) == set(KeyAlgorithm)
    assert set(SIGNINGS) == set(SigningAlgorithm)


@pytest.mark.proves("CRT-8")
@pytest.mark.parametrize("key", list(KeyAlgorithm))
@pytest.mark.parametrize("signing", list(SigningAlgorithm))
def test_a_pair_fits_exactly_when_the_families_do(key: KeyAlgorithm, signing: SigningAlgorithm) -> None:
    problem = keyspec.pair_problem(key, signing)
    if keyspec.key_family(key) is keyspec.signing_family(signing):
        assert problem is None
    else:
        assert problem is not None
        assert signing.value in problem
        assert KEYS[key].default_signing.value in problem


@pytest.mark.parametrize("key", list(KeyAlgorithm))
def test_the_default_signing_algorithm_fits(key: KeyAlgorithm) -> None:
    assert keyspec.pair_problem(key, keyspec.default_signing_algorithm(key)) is None


@pytest.mark.parametrize("ca", list(KeyAlgorithm))
def test_the_default_leaf_is_rsa_under_rsa_and_p256_elsewhere(ca: KeyAlgorithm) -> None:
    expected = KeyAlgorithm.RSA_2048 if ca.value.startswith("RSA") else KeyAlgorithm.EC_PRIME256V1
    assert keyspec.default_leaf_algorithm(ca) is expected


@pytest.mark.parametrize("signing", list(SigningAlgorithm))
def test_signing_parameters(signing: SigningAlgorithm) -> None:
    parameters = keyspec.signing_parameters(signing)
    if signing is SigningAlgorithm.ED25519:
        assert parameters.hash is None
        assert parameters.padding is None
        return
    assert parameters.hash is not None
    assert parameters.hash.name.upper() == signing.value[:6]
    if keyspec.signing_family(signing) is KeyFamily.EC:
        assert parameters.padding is None
    else:
        assert isinstance(parameters.padding, padding.PSS) == signing.value.endswith("_PSS")


def test_keys_outside_the_table_are_nobodys() -> None:
    strangers = (
        rsa.generate_private_key(65537, 1024).public_key(),
        ec.generate_private_key(ec.SECP256K1()).public_key(),
        dsa.generate_private_key(1024).public_key(),
        x25519.X25519PrivateKey.generate().public_key(),
        None,
    )
    assert [keyspec.algorithm_of(key) for key in strangers] == [None] * 5
    with pytest.raises(CertwrightError) as caught:
        keyspec.require_algorithm(strangers[1])
    assert caught.value.code == "key.unsupported"
