"""The files of a pair: made from a material, and judged when they are read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certwright.domain.errors import DeployFailed
from certwright.engine.deployer import Material, Part
from certwright.engine.material import digest_of

PAIR_FILES = ("privkey.pem", "cert.pem", "chain.pem", "fullchain.pem")  # the key first: no certificate without its key


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The files by name, and what they say of themselves."""

    files: Mapping[str, bytes]
    serial: str
    fingerprint: str
    digest: str


def pair_of(material: Material) -> Pair:
    """The files of a material. Raises DeployFailed (deploy.pair_mismatch) before anything is written."""
    certificate_pem, chain_pem = material.part(Part.CERTIFICATE), material.part(Part.CHAIN)
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = load_pem_private_key(material.part(Part.PRIVATE_KEY), None)
        matches = certificate.public_key() == key.public_key()
    except Exception:  # what the library says could quote the key
        raise DeployFailed(
            f"certificate {material.fingerprint}: certificate or private key cannot be read; nothing was deployed",
            code="deploy.pair_mismatch",
        ) from None
    serial = format(certificate.serial_number, "x")
    if not matches:
        raise DeployFailed(
            f"certificate {serial}: the private key is not its own; nothing was deployed",
            code="deploy.pair_mismatch",
        )
    contents = (material.part(Part.PRIVATE_KEY), certificate_pem, chain_pem, certificate_pem + chain_pem)
    return Pair(
        files=dict(zip(PAIR_FILES, contents, strict=True)),
        serial=serial,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        digest=material.digest,
    )


def version_stem(version: int, fingerprint: str) -> str:
    """Sorts by version and says which certificate it is."""
    return f"{version:06d}-{fingerprint[:12]}"


def read_pair(files: Mapping[str, bytes]) -> Pair | None:
    """None when the files are no matching pair."""
    try:
        certificate = x509.load_pem_x509_certificate(files["cert.pem"])
        leaf_of_chain = x509.load_pem_x509_certificate(files["fullchain.pem"])
        key = load_pem_private_key(files["privkey.pem"], None)
        matches = leaf_of_chain == certificate and key.public_key() == certificate.public_key()
    except Exception:  # somebody wrote here: damaged PEM, an encrypted key, a missing file
        return None
    if not matches:
        return None
    return Pair(
        files=files,
        serial=format(certificate.serial_number, "x"),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        digest=digest_of({Part.CERTIFICATE: files["cert.pem"], Part.CHAIN: files.get("chain.pem", b"")}),
    )
