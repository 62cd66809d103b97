"""A test authority, a client that trusts only it, and the shipped TLS endpoint as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import certwright
from certwright.engine.deployer import Material
from certwright.engine.material import pair
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

BEGIN = datetime.now(UTC) - timedelta(hours=1)
TESTS = str(Path(__file__).resolve().parent.parent)
PROVIDER = str(Path(certwright.__file__).resolve().parent.parent)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


class Authority:
    """A root, an intermediate, and pairs under them."""

    def __init__(self) -> None:
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._sign("test root", self.root_key, "test root", self.root_key, ca=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.intermediate = self._sign("test issuer", self.key, "test root", self.root_key, ca=True)

    def _sign(
        self,
        subject: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        issuer_key: ec.EllipticCurvePrivateKey,
        *,
        ca: bool,
        names: Sequence[str] = (),
    ) -> x509.Certificate:
        aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        usage = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(BEGIN + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(aki, critical=False)
        )
        if names:
            san = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(san, critical=False)
        return builder.sign(issuer_key, hashes.SHA256())

    def material(self, version: int, *names: str, chain: bool = True, algorithm: str = "EC") -> Material:
        """A pair of its own key and serial for `names` (default www.example.test)."""
        names = names or ("www.example.test",)
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = ec.generate_private_key(ec.SECP256R1())
        if algorithm == "RSA":
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        leaf = self._sign(names[0], key, "test issuer", self.key, ca=False, names=names)
        return pair(
            certificate_pem=leaf.public_bytes(Encoding.PEM),
            chain_pem=self.intermediate.public_bytes(Encoding.PEM) if chain else b"",
            private_key_pem=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
            version=version,
        )

    @cached_property
    def trust_pem(self) -> str:
        return self.root.public_bytes(Encoding.PEM).decode()


@dataclass(slots=True)
class Client:
    """An open connection of a client that trusts only `authority` and checks the name."""

    tls: ssl.SSLSocket
    fingerprint: str

    def get(self) -> bytes:
        """One HTTP exchange on this connection; b"" when it was dropped."""
        self.tls.sendall(b"GET / HTTP/1.1\r\nHost: www.example.test\r\n\r\n")
        return self.tls.recv(4096)


@contextmanager
def connected(address: str, authority: Authority, server_name: str = "www.example.test") -> Iterator[Client]:
    context = ssl.create_default_context(cadata=authority.trust_pem)
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host.strip("[]"), int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=server_name) as tls,
    ):
        der = tls.getpeercert(binary_form=True)
        assert der is not None
        yield Client(tls=tls, fingerprint=x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex())


def served_fingerprint(address: str, authority: Authority, server_name: str = "www.example.test") -> str:
    with connected(address, authority, server_name) as client:
        return client.fingerprint


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def python_environment(**more: str) -> dict[str, str]:
    """For a Python process of a test that imports certwright."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join((PROVIDER, TESTS)), **more}


@dataclass(frozen=True, slots=True)
class EndpointProcess:
    address: str
    pid: int


@contextmanager
def endpoint_process(directory: Path) -> Iterator[EndpointProcess]:
    """`python -m certwright.server.tls`, stopped at the end."""
    command = [sys.executable, "-m", "certwright.server.tls", "--dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=python_environment()) as process:
        try:
            assert process.stdout is not None
            yield EndpointProcess(address=f"127.0.0.1:{int(process.stdout.readline())}", pid=process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
