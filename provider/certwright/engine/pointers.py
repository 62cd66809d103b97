"""The one place where addresses come into certificates: leaves and CAs alike name what their signer publishes."""

from __future__ import annotations

from typing import TypedDict, cast

from certwright.engine.issuer import Signer
from certwright.engine.ports import Reader
from certwright.engine.publishing import Publication, PublishedList, SigningCa
from certwright.engine.services import Services


class Addresses(TypedDict, total=False):
    """Fields of `CertificateTemplate`; the members of `Pointer` say which."""

    crl_urls: tuple[str, ...]
    ocsp_urls: tuple[str, ...]
    issuer_urls: tuple[str, ...]


def pointers(services: Services, signer: Signer | None) -> Addresses:
    """For the template of a certificate that `signer` signs: addresses by field. Empty without a `publicUrl`, and for a root,
    which is trusted for itself (None)."""
    base = services.config.public_url
    if not base or signer is None:
        return {}
    ca = SigningCa(arn=signer.record.arn, key_identifier=signer.key_identifier, spec=signer.record.spec)
    found: dict[str, tuple[str, ...]] = {}
    for each in services.published():
        if each.pointer is not None and (path := each.path(ca)):
            field = each.pointer.value
            found[field] = (*found.get(field, ()), base + path)
    return cast(Addresses, found)


def answer(services: Services, reader: Reader, path: str) -> tuple[PublishedList[Services], Publication] | None:
    """What is published at a path below the public address, and by which list; None: nothing is there."""
    for each in services.published():
        publication = each.publication(services, reader, path)
        if publication is not None:
            return each, publication
    return None
