"""Authorities and certificates for tests: every default is correct, `vary` changes one thing."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from certwright.domain import tbs
from certwright.domain.certificate import key_identifier, load_der
from certwright.domain.keyspec import (
    KeyAlgorithm,
    PrivateKey,
    SigningAlgorithm,
    default_signing_algorithm,
    generate_private_key,
    require_algorithm,
)
from certwright.domain.profile import ProfileName
from certwright.domain.serial import SERIAL_RANDOM_BYTES, serial_from
from certwright.domain.subject import Subject, common_name_only, to_name
from cryptography import x509

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
_RANDOM = random.Random(20261124)


@cache
def key(algorithm: KeyAlgorithm = KeyAlgorithm.EC_PRIME256V1, number: int = 0) -> PrivateKey:
    """One key for each algorithm and number in a test process: RSA keys are slow to make."""
    return generate_private_key(algorithm)


def serial() -> int:
    return serial_from(_RANDOM.randbytes(SERIAL_RANDOM_BYTES))


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A CA for tests: certificate, key and the algorithm it signs with."""

    certificate: x509.Certificate
    private_key: PrivateKey
    signing: SigningAlgorithm
    parent: Authority | None = None

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """From this authority to its root, both included."""
        return (self.certificate, *(self.parent.chain if self.parent else ()))


def ca_template(
    name: str, private_key: PrivateKey, parent: Authority | None, at: datetime = NOW, **vary: Any
) -> tbs.CertificateTemplate:
    public = private_key.public_key()
    subject = to_name(Subject(common_name=name, organization="Shop", country="DE"))
    template = tbs.CertificateTemplate(
        subject=subject,
        issuer=parent.certificate.subject if parent else subject,
        issuer_key_identifier=key_identifier(parent.private_key.public_key() if parent else public),
        public_key=public,
        serial=serial(),
        not_before=at - DAY,
        not_after=at + (3650 if parent is None else 1825) * DAY - SECOND,
        profile=ProfileName.ROOT_CA if parent is None else ProfileName.SUBORDINATE_CA,
    )
    return replace(template, **vary)


def authority(
    name: str = "Shop Root CA",
    *,
    algorithm: KeyAlgorithm = KeyAlgorithm.EC_PRIME256V1,
    number: int = 0,
    signing: SigningAlgorithm | None = None,
    parent: Authority | None = None,
    at: datetime = NOW,
    **vary: Any,
) -> Authority:
    """A root, or with `parent` a subordinate; `number` picks another key of the same algorithm."""
    private_key = key(algorithm, number)
    own = signing or default_signing_algorithm(algorithm)
    signer, with_algorithm = (parent.private_key, parent.signing) if parent else (private_key, own)
    prepared = tbs.prepare(ca_template(name, private_key, parent, at, **vary), with_algorithm)
    certificate = load_der(tbs.sign_prepared(prepared, signer, with_algorithm))
    return Authority(certificate=certificate, private_key=private_key, signing=own, parent=parent)


@cache
def root() -> Authority:
    return authority(number=1)


@cache
def issuing() -> Authority:
    return authority("Shop Issuing CA 1", number=2, parent=root(), path_length=0)


def leaf_template(
    issuer: Authority | None = None, private_key: PrivateKey | None = None, at: datetime = NOW, **vary: Any
) -> tbs.CertificateTemplate:
    """A 30-day certificate for www.shop.example.com under `issuer`."""
    above = issuer or issuing()
    template = tbs.CertificateTemplate(
        subject=common_name_only("www.shop.example.com"),
        issuer=above.certificate.subject,
        issuer_key_identifier=key_identifier(above.private_key.public_key()),
        public_key=(private_key or key(number=9)).public_key(),
        serial=serial(),
        not_before=at - timedelta(hours=1),
        not_after=at - timedelta(hours=1) + 30 * DAY - SECOND,
        profile=ProfileName.END_ENTITY,
        sans=(x509.DNSName("www.shop.example.com"), x509.DNSName("*.shop.example.com")),
        issued_at=at,
        issuer_not_before=above.certificate.not_valid_before_utc,
        issuer_not_after=above.certificate.not_valid_after_utc,
    )
    return replace(template, **vary)


def leaf(issuer: Authority | None = None, private_key: PrivateKey | None = None, **vary: Any) -> x509.Certificate:
    """The signed and linted certificate of `leaf_template`."""
    above = issuer or issuing()
    prepared = tbs.prepare(leaf_template(above, private_key, **vary), above.signing)
    return load_der(tbs.sign_prepared(prepared, above.private_key, above.signing))


def unlinted(issuer: Authority | None = None, private_key: PrivateKey | None = None, **vary: Any) -> x509.Certificate:
    """As `leaf`, without lints: for defects that our own lints would stop."""
    above = issuer or issuing()
    builder = tbs.build_certificate(leaf_template(above, private_key, **vary))
    return tbs.sign_builder(builder, above.private_key, above.signing)


def algorithm_of_key(private_key: PrivateKey) -> KeyAlgorithm:
    return require_algorithm(private_key.public_key())
