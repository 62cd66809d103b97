"""Whether a stored certificate is still the one that was issued (REN-8)."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certwright.domain.certificate import load_der
from certwright.domain.errors import CertwrightError
from certwright.engine.ports import Reader
from certwright.engine.records import CertificateRecord, MaterialRecord, VersionRecord
from certwright.engine.services import Services

_SHA256 = hashes.SHA256()


def damage(services: Services, reader: Reader, record: CertificateRecord, version: VersionRecord) -> str:
    """What is wrong with the stored certificate (REN-8): other bytes than were recorded, or a key that does not fit."""
    material = reader.one(MaterialRecord, arn=record.arn, version=version.version)
    if material is None or not material.der:
        return "the stored certificate is missing"
    digest = hashes.Hash(_SHA256)
    digest.update(material.der)
    if digest.finalize().hex() != version.fingerprint:
        return "the stored certificate is not the one that was issued"
    if version.key_handle:
        try:
            public_key: Any = services.vault.public_key(reader, version.key_handle)
        except CertwrightError as problem:
            return f"its private key is gone: {problem.message}"
        if (
            x509.SubjectKeyIdentifier.from_public_key(public_key).digest
            != x509.SubjectKeyIdentifier.from_public_key(load_der(material.der).public_key()).digest
        ):
            return "its private key does not fit the certificate"
    return ""
