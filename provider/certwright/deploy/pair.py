"""The files of a pair: made from a bundle, and judged when they are read back."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certwright.domain.errors import DeployFailed
from certwright.engine.ports import Bundle

PAIR_FILES = ("privkey.pem", "cert.pem", "chain.pem", "fullchain.pem")  # the key first: no certificate without its key


def pair_files(bundle: Bundle) -> dict[str, bytes]:
    """The files by name. Raises DeployFailed (deploy.pair_mismatch) before anything is written."""
    try:
        certificate = x509.load_pem_x509_certificate(bundle.certificate_pem)
        key = load_pem_private_key(bundle.private_key_pem, None)
        matches = certificate.public_key() == key.public_key()
    except Exception:  # what the library says could quote the key
        raise DeployFailed(
            f"certificate {bundle.serial}: certificate or private key cannot be read; nothing was deployed",
            code="deploy.pair_mismatch",
        ) from None
    if not matches:
        raise DeployFailed(
            f"certificate {bundle.serial}: the private key is not its own; nothing was deployed",
            code="deploy.pair_mismatch",
        )
    certificate_pem = bundle.certificate_pem.rstrip() + b"\n"
    chain_pem = bundle.chain_pem.strip() + b"\n" if bundle.chain_pem.strip() else b""
    contents = (bundle.private_key_pem.rstrip() + b"\n", certificate_pem, chain_pem, certificate_pem + chain_pem)
    return dict(zip(PAIR_FILES, contents, strict=True))


def version_stem(bundle: Bundle) -> str:
    """Sorts by version and says which certificate it is."""
    certificate = x509.load_pem_x509_certificate(bundle.certificate_pem)
    return f"{bundle.version:06d}-{certificate.fingerprint(hashes.SHA256()).hex()[:12]}"


def read_pair(files: Mapping[str, bytes]) -> tuple[str, str] | None:
    """Fingerprint and serial; None when the files are no matching pair."""
    try:
        certificate = x509.load_pem_x509_certificate(files["cert.pem"])
        leaf_of_chain = x509.load_pem_x509_certificate(files["fullchain.pem"])
        key = load_pem_private_key(files["privkey.pem"], None)
        matches = leaf_of_chain == certificate and key.public_key() == certificate.public_key()
    except Exception:  # somebody wrote here: damaged PEM, an encrypted key, a missing file
        return None
    if not matches:
        return None
    return certificate.fingerprint(hashes.SHA256()).hex(), format(certificate.serial_number, "x")
