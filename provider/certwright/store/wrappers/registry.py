"""The kinds of key wrappers by the scheme of their address."""

from __future__ import annotations

from importlib.metadata import entry_points

from certwright.domain.errors import KeyUnavailable
from certwright.store.wrappers.keyfile import open_file
from certwright.store.wrappers.passphrase import open_passphrase
from certwright.store.wrappers.port import KeyWrapper, Opener, WrapperContext

KINDS: tuple[tuple[str, Opener], ...] = (
    ("file", open_file),
    ("passphrase", open_passphrase),
)
PLANNED = ("awskms", "hashivault", "pkcs11")
ENTRY_POINTS = "certwright.key_wrappers"  # third parties: name = scheme, value = an Opener


def open_wrapper(address: str, context: WrapperContext) -> KeyWrapper:
    """The wrapper for an address; empty means `file:`. Reads nothing yet.

    Raises KeyUnavailable for an unknown scheme; the address itself may be a secret and is not told.
    """
    scheme, colon, rest = (address or "file:").partition(":")
    opener = dict(KINDS).get(scheme) if colon else None
    if opener is None and colon:
        opener = next((point.load() for point in entry_points(group=ENTRY_POINTS, name=scheme)), None)
    if opener is not None:
        return opener(rest, context)
    known = ", ".join(f"{name}:" for name, _ in KINDS)
    if scheme in PLANNED:
        message = f"the key wrapper {scheme}: is planned and not there yet; use one of {known}"
    else:
        planned = ", ".join(f"{name}:" for name in PLANNED)
        message = f"the key wrapper's address begins with no known scheme; known are {known}; planned are {planned}"
    raise KeyUnavailable(message, code="key.wrapper_unknown")
