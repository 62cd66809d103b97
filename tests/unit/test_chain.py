from __future__ import annotations

import itertools
from datetime import datetime
from functools import cache

import pytest
from builders import pki
from certwright.domain import tbs
from certwright.domain.certificate import key_identifier
from certwright.domain.chain import build_chain, chain_findings, is_issued_by, is_self_signed
from cryptography import x509


@cache
def middle() -> pki.Authority:
    return pki.authority("Policy CA", number=4, parent=pki.root(), path_length=1)


@cache
def low() -> pki.Authority:
    return pki.authority("Low CA", number=5, parent=middle(), path_length=0)


@cache
def leaf() -> x509.Certificate:
    return pki.leaf(low())


def codes(pool: tuple[x509.Certificate, ...], now: datetime = pki.NOW, of: x509.Certificate | None = None) -> list[str]:
    found = chain_findings(of or leaf(), pool, now)
    assert all(f.path == "certificateChain" for f in found)
    return [f.code for f in found]


@pytest.mark.proves("IMP-1")
def test_any_order_is_put_right_and_the_root_may_be_missing() -> None:
    for order in itertools.permutations(low().chain):
        chain = build_chain(leaf(), order)
        assert chain.certificates == low().chain
        assert chain.complete
        assert codes(order) == []
    assert codes(low().chain[:2]) == []
    assert not build_chain(leaf(), low().chain[:2]).complete


def test_repetitions_and_the_leaf_itself_are_harmless() -> None:
    assert codes((leaf(), *low().chain, low().certificate)) == []
    assert codes(()) == []


@pytest.mark.proves("IMP-1")
def test_a_gap_a_stranger_and_a_wrong_key_are_named() -> None:
    assert codes((low().certificate, pki.root().certificate)) == ["chain.broken"]
    stranger = pki.authority("Other CA", number=6)
    assert codes((*low().chain, stranger.certificate)) == ["chain.broken"]
    namesake = pki.authority("Low CA", number=7, parent=middle(), path_length=0)
    assert codes((namesake.certificate, *middle().chain)) == ["chain.signature"]


@pytest.mark.proves("IMP-1")
def test_dates_are_looked_at_on_the_whole_chain() -> None:
    end = low().certificate.not_valid_after_utc
    assert codes(low().chain, end) == []
    assert codes(low().chain, end + pki.SECOND) == ["chain.expired", "chain.expired"]
    start = low().certificate.not_valid_before_utc
    assert codes(low().chain, start) == []
    assert codes(low().chain, start - pki.SECOND) == ["chain.not_yet_valid"] * 3


def unlinted_authority(name: str, number: int, parent: pki.Authority, **vary: object) -> pki.Authority:
    key = pki.key(number=number)
    builder = tbs.build_certificate(pki.ca_template(name, key, parent, **vary))
    certificate = tbs.sign_builder(builder, parent.private_key, parent.signing)
    return pki.Authority(certificate=certificate, private_key=key, signing=parent.signing, parent=parent)


@pytest.mark.proves("PCA-1")
def test_path_lengths_are_counted() -> None:
    below = unlinted_authority("Too low", 8, low())
    assert codes(below.chain, of=pki.leaf(below)) == ["chain.path_length", "chain.path_length"]


def test_a_leaf_is_no_issuer() -> None:
    key = pki.key(number=9)
    false_ca = pki.Authority(certificate=leaf(), private_key=key, signing=low().signing, parent=low())
    under = pki.unlinted(false_ca, pki.key(number=8), subject=pki.leaf_template().subject)
    renamed = pki.unlinted(
        false_ca,
        pki.key(number=8),
        subject=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "under")]),
        issuer_key_identifier=key_identifier(key.public_key()),
    )
    assert "chain.not_ca" in codes(false_ca.chain, of=renamed)
    assert under.issuer == leaf().subject


def test_a_cycle_of_cross_certificates_ends() -> None:
    one, two = pki.authority("One", number=6), pki.authority("Two", number=7)
    cross_one = pki.authority("One", number=6, parent=two)
    cross_two = pki.authority("Two", number=7, parent=one)
    under = pki.leaf(one)
    chain = build_chain(under, (cross_one.certificate, cross_two.certificate))
    assert chain.certificates == (cross_one.certificate, cross_two.certificate)
    assert not chain.complete
    with_root = build_chain(under, (cross_one.certificate, cross_two.certificate, one.certificate))
    assert with_root.certificates == (one.certificate,)
    assert with_root.complete


def test_too_many_certificates_are_not_looked_at() -> None:
    assert codes((leaf(),) * 101) == ["chain.too_long"]


def test_who_issued_whom() -> None:
    assert is_self_signed(pki.root().certificate)
    assert not is_self_signed(leaf())
    assert is_issued_by(leaf(), low().certificate)
    assert not is_issued_by(leaf(), middle().certificate)
