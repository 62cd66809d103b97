from __future__ import annotations

import base64

import pytest
from builders import pki
from certwright.domain import tbs
from certwright.domain.certificate import sans_of, signing_algorithm_of
from certwright.domain.csr import csr_findings, parse_csr
from certwright.domain.errors import Refused
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm, default_signing_algorithm
from certwright.domain.subject import Subject, to_name
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st


def request(algorithm: KeyAlgorithm = KeyAlgorithm.EC_PRIME256V1, subject: x509.Name | None = None) -> bytes:
    name = to_name(Subject(common_name="www.shop.example.com")) if subject is None else subject
    sans = [x509.DNSName("www.shop.example.com")] if list(name) else []
    return tbs.sign_csr(tbs.build_csr(name, sans=sans), pki.key(algorithm, 3), default_signing_algorithm(algorithm))


def pem(der: bytes, label: str = "CERTIFICATE REQUEST") -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


def codes(der: bytes) -> list[str]:
    found = csr_findings(parse_csr(der))
    assert all(f.path == "certificateSigningRequest" for f in found)
    return [f.code for f in found]


@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
def test_a_good_request(algorithm: KeyAlgorithm) -> None:
    assert codes(request(algorithm)) == []
    read = parse_csr(pem(request(algorithm)))
    assert read.subject.rfc4514_string() == "CN=www.shop.example.com"
    assert [n.value for n in sans_of(read)] == ["www.shop.example.com"]
    assert signing_algorithm_of(read) is default_signing_algorithm(algorithm)
    assert read.public_key() == pki.key(algorithm, 3).public_key()


def test_the_old_label_is_read_too() -> None:
    assert parse_csr(pem(request(), "NEW CERTIFICATE REQUEST")).is_signature_valid


@pytest.mark.proves("SEC-3")
def test_a_signature_of_another_key_is_refused() -> None:
    der = bytearray(request())
    der[-3] ^= 1
    assert codes(bytes(der)) == ["csr.signature"]


@pytest.mark.proves("SEC-3")
def test_sha1_is_refused() -> None:
    # ecdsa-with-SHA256 (…04 03 02) made into ecdsa-with-SHA1 (…04 01), one octet shorter.
    der = request()
    old, new = bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300906072a8648ce3d0401")
    assert old in der
    content = der.replace(old, new)[4 if der[1] == 0x82 else 3 :]
    body = b"\x30\x82" + len(content).to_bytes(2, "big") + content
    assert codes(body) == ["csr.weak_signature"]


@pytest.mark.proves("SEC-3")
def test_weak_keys_are_refused() -> None:
    builder = tbs.build_csr(to_name(Subject(common_name="x")))
    small = builder.sign(rsa.generate_private_key(3, 1024), hashes.SHA256())
    assert [f.code for f in csr_findings(small)] == ["key.weak_size", "key.weak_exponent"]
    curve = builder.sign(ec.generate_private_key(ec.SECP256K1()), hashes.SHA256())
    assert [f.code for f in csr_findings(curve)] == ["key.unsupported"]
    odd = builder.sign(rsa.generate_private_key(65537, 2304), hashes.SHA256())
    assert [f.code for f in csr_findings(odd)] == ["key.unsupported"]


def test_a_request_that_names_nobody_is_refused() -> None:
    assert codes(request(subject=x509.Name([]))) == ["csr.nameless"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "csr.malformed"),
        (pem(b"x"), "csr.malformed"),
        (pem(b"x", "CERTIFICATE"), "csr.malformed"),
        ("x" * 33_000, "csr.too_large"),
        ("-----BEGIN CERTIFICATE REQUEST-----", "pem.malformed"),
        (b"\x30\x03\x02\x01", "csr.malformed"),
    ],
)
def test_what_is_no_request_is_refused(data: str | bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_csr(data)
    assert caught.value.code == code


@pytest.mark.proves("SEC-4")
@given(st.integers(0, 600), st.integers(0, 255))
def test_only_our_own_error_escapes_from_a_damaged_request(at: int, octet: int) -> None:
    der = bytearray(request())
    der[at % len(der)] = octet
    try:
        parsed = parse_csr(bytes(der))
    except Refused:
        return
    csr_findings(parsed)


def test_pss_requests_are_read() -> None:
    signing = SigningAlgorithm.SHA256WITHRSA_PSS
    der = tbs.sign_csr(tbs.build_csr(to_name(Subject(common_name="x"))), pki.key(KeyAlgorithm.RSA_2048, 3), signing)
    assert signing_algorithm_of(parse_csr(der)) is signing
    assert codes(der) == []
