"""A step-ca of its own on loopback: root, intermediate, one JWK provisioner, badger database; for the benchmark only."""

from __future__ import annotations

import base64
import datetime as dt
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

START_TIMEOUT_S = 30.0
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCa:
    """A running one. `settings` is what a client needs: a JSON file with port, root and the provisioner's key."""

    pid: int
    settings: Path


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _authority(common: str, key: Any, issuer: str, issuer_key: Any, path_length: int) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
        .sign(issuer_key, hashes.SHA256())
    )


def _public_jwk(key: Any) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (base64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    thumbprint = hashes.Hash(hashes.SHA256())
    thumbprint.update(json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":")).encode())
    kid = base64url(thumbprint.finalize())
    return {"use": "sig", "kty": "EC", "kid": kid, "crv": "P-256", "alg": "ES256", "x": x, "y": y}


def _private_pem(key: Any) -> bytes:
    pem: bytes = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.TraditionalOpenSSL, s.NoEncryption())
    return pem


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _write(directory: Path) -> tuple[int, Path]:
    """Keys, certificates and ca.json below `directory`; the port and the client's settings."""
    root_key, issuing_key, provisioner_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root = _authority("Bench Root", root_key, "Bench Root", root_key, 1)
    issuing = _authority("Bench Issuing", issuing_key, "Bench Root", root_key, 0)
    port, jwk = _free_port(), _public_jwk(provisioner_key)
    (directory / "root.crt").write_bytes(root.public_bytes(s.Encoding.PEM))
    (directory / "issuing.crt").write_bytes(issuing.public_bytes(s.Encoding.PEM))
    (directory / "issuing.key").write_bytes(_private_pem(issuing_key))
    (directory / "ca.json").write_text(
        json.dumps(
            {
                "root": str(directory / "root.crt"),
                "crt": str(directory / "issuing.crt"),
                "key": str(directory / "issuing.key"),
                "address": f"{HOST}:{port}",
                "dnsNames": [HOST, "localhost"],
                "db": {"type": "badgerv2", "dataSource": str(directory / "db")},
                "authority": {"provisioners": [{"type": "JWK", "name": "bench", "key": jwk}]},
            }
        )
    )
    settings = directory / "client.json"
    settings.write_text(
        json.dumps(
            {
                "port": port,
                "root": str(directory / "root.crt"),
                "kid": jwk["kid"],
                "key": _private_pem(provisioner_key).decode("ascii"),
            }
        )
    )
    return port, settings


@contextmanager
def running(binary: Path, directory: Path) -> Iterator[StepCa]:
    """Started in `directory`, its log thrown away (writing it would be charged to it), ended with the block."""
    directory.mkdir(parents=True)
    port, settings = _write(directory)
    process = subprocess.Popen(
        [str(binary), str(directory / "ca.json")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"HOME": str(directory), "STEPPATH": str(directory)},
    )
    try:
        _wait(port, directory / "root.crt", process)
        yield StepCa(pid=process.pid, settings=settings)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, root: Path, process: subprocess.Popen[bytes]) -> None:
    context = ssl.create_default_context(cafile=str(root))
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection((HOST, port), 1.0) as plain, context.wrap_socket(plain, server_hostname=HOST):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("step-ca did not start")
