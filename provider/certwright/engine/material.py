"""What a target gets, from the store and the vault: the pair of one version, with its digest (ASC-1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from certwright.domain.errors import Finding, Refused
from certwright.engine.claims import find
from certwright.engine.deployer import SECRET_PARTS, Material, Part
from certwright.engine.ports import KeyVault, Reader
from certwright.engine.records import CertificateRecord, MaterialRecord, VersionRecord


def digest_of(parts: Mapping[Part, bytes]) -> str:
    """SHA-256 over the parts that are no secret, each with its name and length.

    The private key is not among them: it must match the certificate, which says as much, and so the digest is no secret
    and can be made from what a target gives back (most give no key back).
    """
    digest = hashlib.sha256()
    for part in sorted(parts.keys() - SECRET_PARTS):
        if parts[part]:
            digest.update(f"{part} {len(parts[part])}\n".encode() + parts[part])
    return digest.hexdigest()


def pair(
    *, certificate_pem: bytes, chain_pem: bytes, private_key_pem: bytes, fingerprint: str, version: int
) -> Material:
    """A pair and its chain, spelled in one way."""
    stated = {Part.CERTIFICATE: certificate_pem, Part.CHAIN: chain_pem, Part.PRIVATE_KEY: private_key_pem}
    parts = {part: pem.strip() + b"\n" for part, pem in stated.items() if pem.strip()}
    return Material(parts=parts, digest=digest_of(parts), fingerprint=fingerprint, version=version)


def servable(reader: Reader, certificate_arn: str) -> VersionRecord:
    """The serving version, when a target can serve it: it was issued, and its key is here.

    Raises Refused: certificate.not_found, certificate.not_issued, certificate.no_key.
    """
    record = find(reader, CertificateRecord, certificate_arn)
    if record is None:
        raise _refused("not_found", f"there is no certificate {certificate_arn} in this store")
    version = reader.one(VersionRecord, arn=record.arn, version=record.serving_version)
    if version is None or not record.serving_version:
        raise _refused(
            "not_issued",
            f"certificate {certificate_arn} has no issued version yet. Take the ARN from its "
            "CertificateValidation (certificateArn), so that the association waits for it",
        )
    if not version.key_handle:
        raise _refused(
            "no_key",
            f"the private key of {certificate_arn} is not here (it was requested by CSR, or imported without its "
            "key), so a target cannot serve it",
        )
    return version


def _refused(what: str, message: str) -> Refused:
    return Refused([Finding(code=f"certificate.{what}", path="certificateArn", message=message)])


def material_of(vault: KeyVault, reader: Reader, version: VersionRecord) -> Material | None:
    """A version's pair with its key in clear, for a target only; None when its certificate or key is no longer here."""
    material = reader.one(MaterialRecord, arn=version.arn, version=version.version)
    if material is None or not material.der or not version.key_handle:
        return None
    from certwright.domain.certificate import to_pem

    return pair(
        certificate_pem=to_pem(material.der).encode(),
        chain_pem=_without_root(material.chain_pem).encode(),
        private_key_pem=vault.private_pem(reader, version.key_handle),
        fingerprint=version.fingerprint,
        version=version.version,
    )


def _without_root(chain_pem: str) -> str:
    """A server sends its intermediates; the root is the client's own (RFC 8446 4.4.2). A lone root stays out too."""
    from certwright.domain.certificate import bundle_pem, parse_bundle

    if not chain_pem:
        return ""
    return bundle_pem(c for c in parse_bundle(chain_pem) if c.subject != c.issuer)
