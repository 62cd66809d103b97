"""`passphrase://` – the wrapping key derived from a passphrase by scrypt (RFC 7914)."""

from __future__ import annotations

import hmac
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from certwright.domain.errors import KeyUnavailable
from certwright.domain.values import Secret
from certwright.store.envelope import KEY_SIZE, seal, unseal
from certwright.store.private import read_private
from certwright.store.wrappers.port import WrapperContext

VARIABLE = "CERTWRIGHT_PASSPHRASE"
FILE_VARIABLE = "CERTWRIGHT_PASSPHRASE_FILE"
SHORTEST = 12  # characters, for a new store
SALT_SIZE = 16
MAGIC = b"CWP1"
_HEADER = struct.Struct(f">4sBBB{SALT_SIZE}s")
KEPT_DERIVED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """scrypt's parameters: N as its binary logarithm, r and p."""

    log_n: int
    r: int
    p: int


COST = Cost(log_n=16, r=8, p=2)  # 64 MiB and some 0.3 s: OWASP's second choice, for small CI runners
LARGEST = Cost(log_n=20, r=16, p=8)  # a changed blob must not make us allocate without bound


class PassphraseWrapper:
    """Salt and parameters are in each wrapped key. Whether the passphrase is right shows when one is unwrapped."""

    id = "passphrase:scrypt"

    def __init__(self, passphrase: Secret[str] | None, context: WrapperContext, *, cost: Cost = COST) -> None:
        self._given = passphrase
        self._context = context
        self._cost = cost
        self._derived: OrderedDict[bytes, bytes] = OrderedDict()

    def __repr__(self) -> str:
        return "PassphraseWrapper(***)"

    def make(self) -> None:
        if len(self._passphrase()) < SHORTEST:
            raise KeyUnavailable(
                f"the passphrase of the key wrapper has fewer than {SHORTEST} characters; choose a longer one",
                code="key.passphrase_short",
            )

    def wrap(self, key: bytes) -> bytes:
        salt = self._context.entropy.token_bytes(SALT_SIZE)
        header = _HEADER.pack(MAGIC, self._cost.log_n, self._cost.r, self._cost.p, salt)
        return header + seal(self._derive(header), key, belongs_to=header, entropy=self._context.entropy)

    def unwrap(self, wrapped: bytes) -> bytes:
        header = wrapped[: _HEADER.size]
        try:
            return unseal(
                self._derive(header), wrapped[_HEADER.size :], belongs_to=header, what="the region key in the store"
            )
        except KeyUnavailable as error:
            if error.code != "key.tampered":
                raise
            raise KeyUnavailable(
                "the passphrase of the key wrapper is not the one that the store's keys were wrapped with (or the "
                "region key was changed in the store)",
                code="key.passphrase_wrong",
            ) from None

    def _derive(self, header: bytes) -> bytes:
        if header in self._derived:
            return self._derived[header]
        if len(header) != _HEADER.size or not hmac.compare_digest(header[:4], MAGIC):
            raise KeyUnavailable("the region key in the store was not wrapped by a passphrase", code="key.wrapper")
        _, log_n, r, p, salt = _HEADER.unpack(header)
        if not (10 <= log_n <= LARGEST.log_n and 1 <= r <= LARGEST.r and 1 <= p <= LARGEST.p):
            raise KeyUnavailable(
                "the region key in the store asks for impossible scrypt parameters", code="key.tampered"
            )
        derived = Scrypt(salt=salt, length=KEY_SIZE, n=1 << log_n, r=r, p=p).derive(self._passphrase().encode("utf-8"))
        self._derived[header] = derived
        while len(self._derived) > KEPT_DERIVED:
            self._derived.popitem(last=False)
        return derived

    def _passphrase(self) -> str:
        if self._given is not None:
            return self._given.reveal()
        environment = self._context.environment
        if path := environment.get(FILE_VARIABLE):
            return read_private(Path(path), what="passphrase file").decode("utf-8", errors="replace").rstrip("\r\n")
        if text := environment.get(VARIABLE):
            return text
        raise KeyUnavailable(
            f"the key wrapper passphrase:// has no passphrase; set {VARIABLE} or {FILE_VARIABLE}", code="key.missing"
        )


def open_passphrase(rest: str, context: WrapperContext) -> PassphraseWrapper:
    """rest: `//` and the percent-encoded passphrase, or `//` alone to take it from the environment."""
    text = unquote(rest.removeprefix("//"))
    return PassphraseWrapper(Secret(text) if text else None, context)
