"""What is published for people who check certificates: the lists, and the addresses that certificates give for them.

An address stands in a certificate for as long as it lives, so it says whose key has signed, and not which certificate of the
CA: one that is signed again under the same key answers under the same address, one with a new key under another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from certwright.engine.ports import Reader
from certwright.engine.records import Json

S = TypeVar("S", contravariant=True)


class Pointer(StrEnum):
    """Where a certificate names the address. The values are fields of `domain.template.CertificateTemplate`."""

    CRL = "crl_urls"  # RFC 5280 4.2.1.13
    OCSP = "ocsp_urls"  # RFC 5280 4.2.2.1
    ISSUER = "issuer_urls"  # RFC 5280 4.2.2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningCa:
    """Whose lists a certificate is told of. key_identifier: of the key that signs it; `spec`: of the CA's newest version."""

    arn: str
    key_identifier: bytes
    spec: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The bytes, and when the next ones come; None: when something changes."""

    body: bytes
    next_update: datetime | None = None


class PublishedList(Protocol[S]):
    """One kind of what is published. pointer: None where no certificate names it."""

    name: str
    media_type: str
    pointer: Pointer | None

    def path(self, ca: SigningCa) -> str:
        """Below the public address, e.g. `/ca/NAME.crt`; "" where this CA publishes none. Pure: it is baked into certificates."""

    def publication(self, services: S, reader: Reader, path: str) -> Publication | None:
        """What lies at `path`; None when that is none of this list. A CA that signs no certificates any more publishes on."""


Lists = Callable[[], Sequence[PublishedList[S]]]


def nothing() -> Sequence[PublishedList[object]]:
    """Where nobody publishes."""
    return ()
