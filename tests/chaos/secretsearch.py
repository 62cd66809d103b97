"""Search a run's leavings for every secret that it made, in each form that a secret could have slipped out in."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from certwright.engine.records import KeyRecord
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from live.harness import PASSPHRASE, Stack


def secrets_of(stack: Stack, *more: str) -> dict[str, bytes]:
    """What was secret in a run → its plainest bytes: every key of the vault, the wrapping key, what the caller knows."""
    found: dict[str, bytes] = {"the passphrase": PASSPHRASE.encode()}
    with stack.services() as services, services.store.read() as reader:
        for record in reader.all(KeyRecord):
            found.update(forms_of_key(record.handle, services.vault.private_pem(reader, record.handle)))  # type: ignore[attr-defined]
    for number, text in enumerate(more):
        found[f"secret {number}"] = text.encode()
    return found


def forms_of_key(name: str, pem: bytes) -> dict[str, bytes]:
    """A private key's number, its PKCS#8 and traditional DER, and the body of each PEM."""
    key = load_pem_private_key(pem, None)
    found: dict[str, bytes] = {}
    layouts = {"PKCS#8": PrivateFormat.PKCS8}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.key_size + 7) // 8
        found[f"{name} number"] = key.private_numbers().private_value.to_bytes(size, "big")
        layouts["traditional"] = PrivateFormat.TraditionalOpenSSL
    elif isinstance(key, rsa.RSAPrivateKey):
        found[f"{name} prime"] = key.private_numbers().p.to_bytes(key.key_size // 16, "big")
        layouts["traditional"] = PrivateFormat.TraditionalOpenSSL
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        found[f"{name} seed"] = key.private_bytes_raw()
    for layout, form in layouts.items():
        found[f"{name} {layout} DER"] = key.private_bytes(Encoding.DER, form, NoEncryption())
        lines = key.private_bytes(Encoding.PEM, form, NoEncryption()).split(b"\n")[1:-2]
        # An RSA key begins with its public modulus, an EC key ends with its public point: the other end is secret.
        secret = lines[len(lines) // 2 :] if isinstance(key, rsa.RSAPrivateKey) else lines[:1]
        for number, line in enumerate(secret):
            found[f"{name} {layout} PEM line {number}"] = line
    return found


def spellings(secret: bytes) -> Iterable[tuple[str, bytes]]:
    yield "as it is", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    # base64 of a secret inside something longer depends on where it begins
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        core = text[4 if shift else 0 : len(text) // 4 * 4 - 4]
        yield f"base64 shifted by {shift}", core
        yield f"base64url shifted by {shift}", core.replace(b"+", b"-").replace(b"/", b"_")


def _leaks(secrets: Mapping[str, bytes], data: bytes) -> list[str]:
    return [
        f"{name} ({spelling})"
        for name, secret in secrets.items()
        if len(secret) >= 12
        for spelling, form in spellings(secret)
        if len(form) >= 12 and form in data
    ]


def assert_nowhere(secrets: Mapping[str, bytes], root: Path, *, except_below: Iterable[Path]) -> int:
    """No file below `root` holds a secret; returns how many files were read."""
    excepted = [str(path) for path in except_below]
    count = 0
    for directory, _, names in os.walk(root):
        for name in names:
            path = Path(directory) / name
            if any(str(path).startswith(e) for e in excepted) or not path.is_file():
                continue
            count += 1
            found = _leaks(secrets, path.read_bytes())
            assert not found, f"{path} holds {', '.join(found)}"
    return count


def assert_not_in(secrets: Mapping[str, bytes], text: str, *, where: str) -> None:
    found = _leaks(secrets, text.encode())
    assert not found, f"{where} holds {', '.join(found)}"
