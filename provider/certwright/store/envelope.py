"""Authenticated encryption of one value under one key: AES-256-GCM with a random nonce (NIST SP 800-38D)."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certwright.domain.errors import KeyUnavailable
from certwright.engine.ports import Entropy
from certwright.store.chain import canonical

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16


def associated(*parts: str) -> bytes:
    """Associated data: what a sealed value belongs to. Unambiguous, whatever the parts contain."""
    return canonical(list(parts))


def new_key(entropy: Entropy) -> bytes:
    return entropy.token_bytes(KEY_SIZE)


def seal(key: bytes, plaintext: bytes, *, belongs_to: bytes, entropy: Entropy) -> bytes:
    """Nonce, ciphertext and tag in one piece."""
    nonce = entropy.token_bytes(NONCE_SIZE)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, belongs_to)


def unseal(key: bytes, sealed: bytes, *, belongs_to: bytes, what: str) -> bytes:
    """The plaintext. Raises KeyUnavailable when the value was changed, belongs elsewhere, or the key is another one.

    what: names the value in the error.
    """
    if len(sealed) < NONCE_SIZE + TAG_SIZE:
        raise KeyUnavailable(f"{what} is cut short in the store; restore the store from a backup", code="key.tampered")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], belongs_to)
    except InvalidTag:
        raise KeyUnavailable(
            f"{what} cannot be opened: it was changed in the store, or moved from another record, or the key that "
            "wraps it is another one; restore the store from a backup",
            code="key.tampered",
        ) from None
