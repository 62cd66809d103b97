from __future__ import annotations

import pytest
from builders import pki
from certwright.domain.certificate import bundle_pem, to_pem
from certwright.domain.errors import Refused
from certwright.domain.imported import Import, check_import, load_private_key
from certwright.domain.keyspec import KeyAlgorithm, PrivateKey
from certwright.domain.values import Secret
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

LEAF_KEY = 9


def key_pem(
    private_key: PrivateKey,
    how: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> Secret[str]:
    return Secret(private_key.private_bytes(Encoding.PEM, how, encryption or NoEncryption()).decode())


def imported(
    leaf: x509.Certificate | None = None,
    *,
    key: Secret[str] | str | None = "own",
    chain: str | None = "own",
    now: object = pki.NOW,
) -> Import:
    body = to_pem(leaf or pki.leaf())
    private = key_pem(pki.key(number=LEAF_KEY)) if key == "own" else key
    above = bundle_pem(pki.issuing().chain) if chain == "own" else chain
    return check_import(body, private, above, now)  # type: ignore[arg-type]


def found(result: Import) -> list[tuple[str, str]]:
    return [(f.code, f.path) for f in result.findings]


@pytest.mark.proves("IMP-1")
def test_a_good_import_is_put_in_order_and_its_key_is_kept_secret() -> None:
    result = imported(chain=bundle_pem(reversed(pki.issuing().chain)))
    assert found(result) == []
    assert result.flags == ()
    assert result.certificate == pki.leaf() or result.certificate is not None
    assert result.chain == pki.issuing().chain
    assert result.private_key_der is not None
    assert load_der_private_key(result.private_key_der.reveal(), None).public_key() == pki.key(number=9).public_key()
    assert "PRIVATE" not in repr(result)


@pytest.mark.proves("IMP-1")
@pytest.mark.parametrize("how", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("algorithm", [a for a in KeyAlgorithm if a is not KeyAlgorithm.ED25519])
def test_each_key_form_and_algorithm(how: PrivateFormat, algorithm: KeyAlgorithm) -> None:
    private = pki.key(algorithm, 3)
    assert found(imported(pki.leaf(private_key=private), key=key_pem(private, how))) == []


@pytest.mark.proves("IMP-1")
def test_a_self_signed_certificate_is_accepted_and_flagged() -> None:
    root = pki.root()
    result = imported(root.certificate, key=key_pem(root.private_key), chain=None)
    assert found(result) == []
    assert [flag.code for flag in result.flags] == ["certificate.self_signed"]


def test_a_missing_chain_is_flagged_and_a_missing_key_is_the_stored_one() -> None:
    result = imported(key=None, chain=None)
    assert found(result) == []
    assert [flag.code for flag in result.flags] == ["chain.missing"]
    assert result.private_key_der is None


@pytest.mark.proves("IMP-1")
def test_a_mismatched_key_is_refused() -> None:
    assert found(imported(key=key_pem(pki.key(number=8)))) == [("key.mismatch", "privateKey")]


@pytest.mark.proves("IMP-1")
@pytest.mark.parametrize("how", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_key_is_refused(how: PrivateFormat) -> None:
    private = key_pem(pki.key(number=LEAF_KEY), how, BestAvailableEncryption(b"passphrase"))
    assert found(imported(key=private)) == [("key.encrypted", "privateKey")]


@pytest.mark.proves("IMP-1")
def test_a_broken_chain_is_refused() -> None:
    stranger = pki.authority("Other CA", number=6)
    assert found(imported(chain=to_pem(stranger.certificate))) == [("chain.broken", "certificateChain")]
    assert found(imported(chain="nothing")) == [("pem.malformed", "certificateChain")]


@pytest.mark.proves("IMP-1")
def test_dates() -> None:
    leaf = pki.leaf()
    assert found(imported(leaf, now=leaf.not_valid_after_utc)) == []
    late = imported(leaf, now=leaf.not_valid_after_utc + pki.SECOND)
    assert found(late) == [("certificate.expired", "certificateBody")]
    early = imported(leaf, now=leaf.not_valid_before_utc - pki.SECOND)
    assert found(early) == [("certificate.not_yet_valid", "certificateBody")]


@pytest.mark.proves("IMP-1")
def test_sizes() -> None:
    assert found(imported(key=Secret("x" * 5_121))) == [("key.too_large", "privateKey")]
    assert found(imported(chain="x" * 2_097_153)) == [("pem.too_large", "certificateChain")]
    body = check_import("x" * 32_769, None, None, pki.NOW)
    assert found(body) == [("pem.too_large", "certificateBody")]


@pytest.mark.proves("SEC-3", "IMP-1")
def test_a_weak_key_is_refused_under_the_property_that_shows_it() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    leaf = pki.unlinted(public_key=weak.public_key(), key_usages=frozenset())
    assert found(imported(leaf, key=key_pem(weak))) == [("key.weak_size", "privateKey")]
    assert found(imported(leaf, key=None)) == [("key.weak_size", "certificateBody")]


def test_all_objections_come_at_once() -> None:
    result = check_import("x", Secret("y"), "z", pki.NOW)
    assert [path for _, path in found(result)] == ["certificateBody", "privateKey", "certificateChain"]
    assert result.certificate is None


def test_a_line_of_the_key_would_be_noticed() -> None:
    line = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49"
    with pytest.raises(Refused) as caught:
        load_private_key(Secret(line))
    assert line not in str(caught.value)


@pytest.mark.proves("SEC-2", "SEC-4")
@given(st.text(alphabet=st.characters(min_codepoint=0x80), max_size=300))
def test_a_damaged_key_is_refused_without_a_word_of_it(noise: str) -> None:
    for text in (noise, f"-----BEGIN PRIVATE KEY-----\n{noise}\n-----END PRIVATE KEY-----"):
        with pytest.raises(Refused) as caught:
            load_private_key(Secret(text))
        assert caught.value.code.startswith("key.")
        # Letters beyond ASCII: our own sentences have none, so that any of them in the error would be an echo.
        assert not noise.strip() or noise not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.proves("SEC-2")
@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_no_line_of_a_damaged_key_is_echoed(at: int, character: str) -> None:
    text = key_pem(pki.key(number=LEAF_KEY)).reveal()
    damaged = text[: at % len(text)] + character + text[at % len(text) + 1 :]
    try:
        load_private_key(Secret(damaged))
    except Refused as refusal:
        shown = str(refusal)
        leaked = [line for line in text.splitlines()[1:-1] if line in shown]
        if leaked:
            pytest.fail("a line of the key is in the error")
