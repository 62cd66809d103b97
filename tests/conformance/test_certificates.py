"""Certificates of every profile, algorithm pair and kind of name, judged by programs that we did not write."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from builders import pki
from certwright.domain.keyspec import KEYS, SIGNINGS, KeyAlgorithm, KeyFamily, SigningAlgorithm
from certwright.domain.profile import ProfileName
from certwright.domain.subject import CustomAttribute, Subject, to_name
from cryptography import x509
from verifiers import exceptions, programs

HOST = "www.shop.example.com"
URLS: dict[str, Any] = {
    "crl_urls": ("http://crl.shop.example.com/1.crl",),
    "ocsp_urls": ("http://ocsp.shop.example.com/",),
    "issuer_urls": ("http://ca.shop.example.com/1.cer",),
}
PAIRS = [
    (key, signing)
    for key, row in KEYS.items()
    for signing, how in SIGNINGS.items()
    if how.family is row.family and (row.family is not KeyFamily.RSA or row.bits == 2048 or not how.pss)
]


@cache
def now() -> datetime:
    """The real clock, once: certtool cannot be given another."""
    return datetime.now(UTC).replace(microsecond=0)


@cache
def root(
    algorithm: KeyAlgorithm = KeyAlgorithm.EC_PRIME256V1, signing: SigningAlgorithm | None = None
) -> pki.Authority:
    return pki.authority(algorithm=algorithm, signing=signing, number=1, at=now())


@cache
def issuing() -> pki.Authority:
    return pki.authority("Shop Issuing CA 1", number=2, parent=root(), path_length=0, at=now())


def verify(
    directory: Path, leaf: x509.Certificate, above: pki.Authority, *, host: str = HOST, purpose: str = "server"
) -> None:
    """All three verifiers accept the chain."""
    chain = tuple(certificate for certificate in above.chain if certificate != leaf)
    subject = programs.Subject(
        leaf=leaf,
        intermediates=chain[:-1],
        root=above.chain[-1],
        at=now(),
        host=host,
        purpose=purpose,
    )
    assert programs.openssl(subject, directory) == []
    assert programs.gnutls(subject, directory) == []
    assert exceptions.unexpected(programs.go(subject, directory), exceptions.private_exceptions(leaf)) == []


def lint_private(directory: Path, certificate: x509.Certificate) -> None:
    codes = programs.zlint(certificate, directory, sources=exceptions.PRIVATE_SOURCES)
    codes += programs.pkilint_pkix(certificate)
    assert exceptions.unexpected(codes, exceptions.private_exceptions(certificate)) == []


@dataclass(frozen=True, kw_only=True)
class Kind:
    profile: ProfileName
    host: str
    purpose: str


KINDS = (
    Kind(profile=ProfileName.END_ENTITY, host=HOST, purpose="server"),
    Kind(profile=ProfileName.END_ENTITY, host="a.shop.example.com", purpose="client"),
    Kind(profile=ProfileName.SERVER_AUTH, host=HOST, purpose="server"),
    Kind(profile=ProfileName.CLIENT_AUTH, host="", purpose="client"),
    Kind(profile=ProfileName.CODE_SIGNING, host="", purpose="code"),
    Kind(profile=ProfileName.OCSP_SIGNING, host="", purpose="any"),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.profile.value}-{k.purpose}")
@pytest.mark.proves("PCA-7")
def test_private_certificates_of_every_profile(kind: Kind, tmp_path: Path) -> None:
    leaf = pki.leaf(issuing(), profile=kind.profile, at=now())
    verify(tmp_path, leaf, issuing(), host=kind.host, purpose=kind.purpose)
    lint_private(tmp_path, leaf)


@pytest.mark.parametrize(("key", "signing"), PAIRS, ids=lambda v: v.value)
@pytest.mark.proves("CRT-8")
def test_every_authority_key_with_every_signature_algorithm(
    key: KeyAlgorithm, signing: SigningAlgorithm, tmp_path: Path
) -> None:
    leaf = pki.leaf(root(key, signing), at=now())
    verify(tmp_path, leaf, root(key, signing))
    lint_private(tmp_path, leaf)
    lint_private(tmp_path, root(key, signing).certificate)


@pytest.mark.parametrize("key", list(KeyAlgorithm))
@pytest.mark.proves("CRT-8")
def test_every_leaf_key(key: KeyAlgorithm, tmp_path: Path) -> None:
    leaf = pki.leaf(issuing(), pki.key(key, 3), at=now())
    verify(tmp_path, leaf, issuing())
    lint_private(tmp_path, leaf)


@pytest.mark.parametrize("key", [k for k, row in KEYS.items() if row.public and k is not KeyAlgorithm.RSA_4096])
@pytest.mark.parametrize("urls", [True, False], ids=["with-urls", "without-urls"])
@pytest.mark.proves("CRT-7")
def test_public_certificates_by_the_baseline_requirements(key: KeyAlgorithm, urls: bool, tmp_path: Path) -> None:
    leaf = pki.leaf(
        issuing(),
        pki.key(key, 3),
        profile=ProfileName.PUBLIC_TLS,
        at=now(),
        not_after=now() - pki.timedelta(hours=1) + 199 * pki.DAY - pki.SECOND,
        **(URLS if urls else {}),
    )
    verify(tmp_path, leaf, issuing())
    codes = programs.zlint(leaf, tmp_path) + programs.pkilint_br(leaf, "DV-FINAL-CERTIFICATE")
    allowed = exceptions.PUBLIC if urls else exceptions.PUBLIC_WITHOUT_URLS
    assert exceptions.unexpected(codes, allowed) == []


@pytest.mark.proves("PCA-1")
def test_authorities(tmp_path: Path) -> None:
    middle = pki.authority("Shop Policy CA", number=4, parent=root(), path_length=1, at=now())
    low = pki.authority(
        "Shop Issuing CA 2", number=5, parent=middle, path_length=0, at=now(), not_after=now() + pki.DAY
    )
    verify(tmp_path, low.certificate, middle, host="", purpose="any")
    for authority, kind in ((root(), "ROOT-CA"), (middle, "INTERNAL-UNCONSTRAINED-TLS-CA")):
        codes = programs.zlint(authority.certificate, tmp_path)
        codes += programs.pkilint_br(authority.certificate, kind)
        assert exceptions.unexpected(codes, exceptions.AUTHORITY) == []
        lint_private(tmp_path, authority.certificate)


NAMES: dict[str, tuple[tuple[x509.GeneralName, ...], str]] = {
    "internal host": ((x509.DNSName("wiki.internal"),), "wiki.internal"),
    "single label": ((x509.DNSName("fire-sensor-123"),), "fire-sensor-123"),
    "IPv4": ((x509.IPAddress(ipaddress.ip_address("192.168.1.1")),), ""),
    "IPv6": ((x509.IPAddress(ipaddress.ip_address("fd00::1")),), ""),
    "mailbox": ((x509.RFC822Name("ops@shop.example"),), ""),
    "URI": ((x509.UniformResourceIdentifier("spiffe://shop.example/wiki"),), ""),
    "directory name": ((x509.DirectoryName(to_name(Subject(common_name="wiki", organization="Shop"))),), ""),
    "user principal name": (
        (x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x0eops@shop.local"),),
        "",
    ),
    "wildcard and IDN": ((x509.DNSName("*.xn--mnchen-3ya.example"),), "www.xn--mnchen-3ya.example"),
}


@pytest.mark.parametrize("names", list(NAMES))
@pytest.mark.parametrize("subject", ["empty subject", "whole subject"])
@pytest.mark.proves("CRT-10", "NAM-4")
def test_private_names_of_every_kind(names: str, subject: str, tmp_path: Path) -> None:
    sans, host = NAMES[names]
    whole = Subject(
        common_name="ops 1",
        organization="Shop",
        country="DE",
        serial_number="4711",
        state="Bayern",
        locality="München",
        custom_attributes=(CustomAttribute(object_identifier="1.3.6.1.4.1.37244.1.1", value="node"),),
    )
    name = to_name(whole) if subject == "whole subject" else x509.Name([])
    leaf = pki.leaf(issuing(), sans=sans, subject=name, at=now())
    verify(tmp_path, leaf, issuing(), host=host)
    lint_private(tmp_path, leaf)


def test_the_verifiers_can_say_no(tmp_path: Path) -> None:
    """Were a program called wrongly, every test above would pass: here each must object."""
    stranger = pki.authority(number=7, at=now())
    leaf = pki.leaf(issuing(), at=now())
    subject = programs.Subject(
        leaf=leaf, intermediates=(issuing().certificate,), root=stranger.certificate, at=now(), host=HOST
    )
    assert programs.openssl(subject, tmp_path) != []
    assert programs.gnutls(subject, tmp_path) != []
    assert programs.go(subject, tmp_path) != []
    bad = pki.unlinted(issuing(), at=now(), serial=5, sans=(x509.DNSName("a..b"),))
    assert programs.zlint(bad, tmp_path) != []
    assert programs.pkilint_pkix(bad) != []
