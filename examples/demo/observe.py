"""What the demonstration looks at to prove its claims: the endpoints by an OpenSSL client, the store, the preview."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from certwright.config import load
from certwright.store.dump import logical_dump
from certwright.wiring import build
from cryptography import x509

if TYPE_CHECKING:
    from certwright.engine.services import Services

_RECORD = re.compile(
    r'resourceRecordName\s*:\s*"(?P<name>[^"]+)"\s+resourceRecordType\s*:\s*"(?P<type>[^"]+)"\s+'
    r'resourceRecordValue\s*:\s*"(?P<value>[^"]+)"'
)
_TO_CREATE = re.compile(r"Create: (\S+)\. (CNAME) (\S+?)\.(?=[.;\s])")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
CLIENT_TIMEOUT_S = 15
EXIT_CODES_SINCE = (3, 226)  # the CLI tells failures apart from here on; each was 255 before


def refusal_code(version: str) -> int:
    """The exit code of a run that fails, of the CLI of this version; as of a new one where it says none."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return 255 if found and (int(found[1]), int(found[2])) < EXIT_CODES_SINCE else 1


def records(output: str) -> list[tuple[str, str, str]]:
    """(name, type, value) of the validation records that a preview shows among the stack's outputs."""
    return [(m["name"], m["type"], m["value"]) for m in _RECORD.finditer(output)]


def wanted_records(output: str) -> list[tuple[str, str, str]]:
    """(name, type, value) of the records that a refusal asks for."""
    return sorted(set(_TO_CREATE.findall(output)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One TLS connection by a client that trusts only one root. serial: lower-case hex; empty when it failed."""

    verified: bool
    serial: str = ""
    said: str = ""


def client() -> str:
    """The client that connects: the openssl command where there is one, else Python's binding to the library."""
    return "openssl s_client" if shutil.which("openssl") else "an OpenSSL client (Python's ssl module)"


def connect(address: str, name: str, root: Path) -> Connection:
    """Verifies chain and name (host name or IP address) against `root` alone."""
    if shutil.which("openssl"):
        return _by_command(address, name, root)
    return _by_library(address, name, root)


def _by_command(address: str, name: str, root: Path) -> Connection:
    is_ip = bool(re.fullmatch(r"[0-9.]+", name))
    wanted = ["-verify_ip", name] if is_ip else ["-verify_hostname", name, "-servername", name]
    # -no-CApath and -no-CAstore: the system's own anchors must not help.
    trusted = ["-CAfile", str(root), "-no-CApath", "-no-CAstore", "-verify_return_error"]
    command = ["openssl", "s_client", "-connect", address, *trusted, *wanted]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=CLIENT_TIMEOUT_S, check=False
    )
    found = _PEM.search(done.stdout)
    verified = done.returncode == 0 and "Verify return code: 0 (ok)" in done.stdout
    said = next((line for line in done.stderr.splitlines() if "error" in line), "") or done.stderr[-300:].strip()
    return Connection(verified=verified, serial=_serial(found[0]) if found else "", said=said)


def _by_library(address: str, name: str, root: Path) -> Connection:
    host, _, port = address.rpartition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(root)
    try:
        with (
            socket.create_connection((host, int(port)), timeout=CLIENT_TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=name) as tls,
        ):
            der = tls.getpeercert(binary_form=True) or b""
    except OSError as problem:
        return Connection(verified=False, said=str(problem))
    return Connection(verified=True, serial=f"{x509.load_der_x509_certificate(der).serial_number:x}")


def _serial(pem: str) -> str:
    return f"{x509.load_pem_x509_certificate(pem.encode()).serial_number:x}"


@contextmanager
def opened(environment: Mapping[str, str]) -> Iterator[Services]:
    """The store as the engine sees it, for reading."""
    services = build(load({}, environ=environment), environment=environment)
    try:
        yield services
    finally:
        services.close()


def dump(environment: Mapping[str, str]) -> str:
    """Every row of the store as text."""
    with opened(environment) as services:
        return logical_dump(services.store)
