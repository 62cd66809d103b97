"""Whether a stored certificate is still the one that was issued (REN-8)."""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certwright.domain.certificate import load_der
from certwright.domain.errors import CertwrightError
from certwright.engine.ports import Reader
from certwright.engine.records import CertificateRecord, MaterialRecord, VersionRecord
from certwright.engine.services import Services


def damage(services: Services, reader: Reader, record: CertificateRecord, version: VersionRecord) -> str:
    """What is wrong with the stored certificate (REN-8): other bytes than were recorded, or a key that does not fit."""
    material = reader.one(MaterialRecord, arn=record.arn, version=version.version)
    if material is None or not material.der:
        return "the stored certificate is missing"
    if sha256(material.der).hexdigest() != version.fingerprint:
        return "the stored certificate is not the one that was issued"
    if version.key_handle:
        try:
            public_key = services.vault.public_key_der(reader, version.key_handle)
        except CertwrightError as problem:
            return f"its private key is gone: {problem.message}"
        if not _carries(material.der, public_key):
            return "its private key does not fit the certificate"
    return ""


def _carries(der: bytes, public_key: bytes) -> bool:
    """Whether the certificate has this key. These are the bytes that were issued, so that the key's bytes among them are
    proof; every preview asks this of every certificate. An imported one may spell its key in another way."""
    if public_key in der:
        return True
    return public_key == load_der(der).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
