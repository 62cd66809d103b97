from __future__ import annotations

import base64
from functools import cache

import pytest
from builders import pki
from certwright.domain import certificate as module
from certwright.domain.certificate import (
    bundle_pem,
    facts_of,
    key_identifier,
    load_der,
    parse_bundle,
    parse_certificate,
    same_pem,
    split_pem,
    to_pem,
)
from certwright.domain.errors import Refused
from certwright.domain.keyspec import KEYS, SIGNINGS, KeyAlgorithm, SigningAlgorithm
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st


@cache
def der() -> bytes:
    return pki.leaf().public_bytes(Encoding.DER)


def refused(data: str | bytes, path: str = "certificateBody") -> Refused:
    with pytest.raises(Refused) as caught:
        parse_certificate(data, path=path)
    return caught.value


def test_facts_of_a_leaf() -> None:
    leaf = pki.leaf()
    facts = facts_of(leaf)
    assert facts.serial == leaf.serial_number
    assert facts.serial_number.replace(":", "") == f"{leaf.serial_number:040x}"
    assert len(facts.fingerprint) == 95
    assert facts.subject == "CN=www.shop.example.com"
    assert facts.issuer == "CN=Shop Issuing CA 1,O=Shop,C=DE"
    assert facts.not_after - facts.not_before + pki.SECOND == 30 * pki.DAY
    assert facts.not_before.tzinfo is not None
    assert facts.signature_algorithm == "SHA256WITHECDSA"
    assert facts.key_algorithm is KeyAlgorithm.EC_PRIME256V1
    assert facts.subject_key_id == key_identifier(leaf.public_key())
    assert facts.authority_key_id == key_identifier(pki.issuing().private_key.public_key())
    assert [name.value for name in facts.sans] == ["www.shop.example.com", "*.shop.example.com"]
    assert (facts.is_ca, facts.path_length, facts.self_issued) == (False, None, False)
    above = facts_of(pki.issuing().certificate)
    assert (above.is_ca, above.path_length, above.self_issued) == (True, 0, False)
    assert facts_of(pki.root().certificate).self_issued


@pytest.mark.proves("CRT-8")
@pytest.mark.parametrize("signing", list(SigningAlgorithm))
def test_the_name_of_every_signature_algorithm_is_read_back(signing: SigningAlgorithm) -> None:
    algorithm = next(a for a, row in KEYS.items() if row.family is SIGNINGS[signing].family)
    root = pki.authority(algorithm=algorithm, signing=signing, number=3)
    assert module.signing_algorithm_of(root.certificate) is signing
    assert facts_of(root.certificate).signature_algorithm == signing.value


def test_pem_and_der_read_the_same() -> None:
    leaf = pki.leaf()
    assert parse_certificate(to_pem(leaf)) == leaf
    assert parse_certificate(to_pem(leaf).encode()) == leaf
    assert parse_certificate(leaf.public_bytes(Encoding.DER)) == leaf
    assert to_pem(leaf.public_bytes(Encoding.DER)) == to_pem(leaf)


def test_bundles_keep_their_order_and_their_comments_are_passed_over() -> None:
    chain = pki.issuing().chain
    text = "issuing\n" + to_pem(chain[0]) + "\r\nroot\r\n" + to_pem(chain[1]).replace("\n", "\r\n") + "end"
    assert parse_bundle(text) == chain
    assert parse_bundle("") == ()
    assert same_pem(text, bundle_pem(chain))


def test_pem_is_compared_by_its_bytes() -> None:
    one = to_pem(pki.leaf())
    assert same_pem(one, "comment\n" + one.replace("\n", "\r\n"))
    assert same_pem(None, None)
    assert not same_pem(one, None)
    assert not same_pem(one, to_pem(pki.root().certificate))
    assert not same_pem("x", "y")
    assert same_pem("x", "x")
    assert not same_pem("-----BEGIN X-----", "-----BEGIN Y-----")


@pytest.mark.proves("IMP-1")
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: "", "certificate.malformed"),
        (lambda: "hello", "certificate.malformed"),
        (lambda: bundle_pem([pki.leaf(), pki.leaf()]), "certificate.malformed"),
        (lambda: to_pem(pki.leaf()).replace("CERTIFICATE", "PRIVATE KEY"), "certificate.malformed"),
        (lambda: to_pem(pki.leaf())[:-40], "pem.malformed"),
        (lambda: to_pem(pki.leaf()).replace("MII", "M!I"), "pem.malformed"),
        (lambda: "-----BEGIN CERTIFICATE", "pem.malformed"),
        (lambda: b"\xff\xfe", "pem.malformed"),
        (lambda: der()[:-5], "certificate.malformed"),
        (lambda: der() + b"\x00", "certificate.malformed"),
        (lambda: "x" * 32_769, "pem.too_large"),
        (lambda: b"\x30" + bytes(40_000), "certificate.too_large"),
    ],
)
def test_what_is_no_certificate_is_refused_by_name(make: object, code: str) -> None:
    refusal = refused(make())  # type: ignore[operator]
    assert refusal.code == code
    assert refusal.findings[0].path == "certificateBody"


def test_a_key_in_place_of_a_certificate_is_not_echoed() -> None:
    secret = base64.b64encode(b"key material").decode()
    refusal = refused(f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n")
    assert secret not in str(refusal)
    assert "PRIVATE KEY" in str(refusal)
    assert secret not in repr(split_pem(f"-----BEGIN X-----{secret}-----END X-----", path=""))


def test_the_number_of_blocks_is_bounded() -> None:
    with pytest.raises(Refused) as caught:
        parse_bundle("-----BEGIN X-----\n-----END X-----\n" * 101)
    assert caught.value.code == "pem.too_large"


@pytest.mark.filterwarnings("ignore:Parsed a")
def test_a_serial_number_that_is_not_positive_is_refused() -> None:
    leaf = pki.leaf()
    serial = leaf.serial_number.to_bytes(20, "big")
    negative = bytes([0x81]) + serial[1:]
    with pytest.raises(Refused) as caught:
        load_der(leaf.public_bytes(Encoding.DER).replace(serial, negative))
    assert "positive" in str(caught.value)


def test_a_pss_signature_of_a_hash_that_nobody_knows_has_no_name() -> None:
    root = pki.authority(algorithm=KeyAlgorithm.RSA_2048, signing=SigningAlgorithm.SHA256WITHRSA_PSS, number=3)
    sha256 = bytes.fromhex("608648016503040201")
    changed = root.certificate.public_bytes(Encoding.DER).replace(sha256, sha256[:-1] + b"\x7f")
    strange = x509.load_der_x509_certificate(changed)
    assert module.signing_algorithm_of(strange) is None
    assert facts_of(strange).signature_algorithm == "1.2.840.113549.1.1.10"


@pytest.mark.proves("SEC-4")
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_only_our_own_error_escapes_from_noise(data: bytes | str) -> None:
    with pytest.raises(Refused):
        parse_certificate(data)


@pytest.mark.proves("SEC-4")
@given(st.integers(0, 2000), st.integers(0, 255))
def test_only_our_own_error_escapes_from_a_damaged_certificate(at: int, octet: int) -> None:
    damaged = bytearray(der())
    damaged[at % len(damaged)] = octet
    try:
        certificate = load_der(bytes(damaged))
    except Refused:
        return
    facts_of(certificate)
    assert isinstance(certificate, x509.Certificate)
