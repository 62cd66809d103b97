"""The kinds of key wrappers by the scheme of their address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certwright.domain.errors import KeyUnavailable
from certwright.engine.kinds import Kinds
from certwright.store.wrappers.keyfile import open_file
from certwright.store.wrappers.passphrase import open_passphrase
from certwright.store.wrappers.port import KeyWrapper, Opener, WrapperContext

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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
    known_kinds = Kinds(KINDS, group=ENTRY_POINTS, broken=_broken)
    if colon and (opener := known_kinds.get(scheme)) is not None:
        made: KeyWrapper = opener(rest, context)
        return made
    known = ", ".join(f"{name}:" for name, _ in KINDS)
    if scheme in PLANNED:
        message = f"the key wrapper {scheme}: is planned and not there yet; use one of {known}"
    else:
        planned = ", ".join(f"{name}:" for name in PLANNED)
        message = f"the key wrapper's address begins with no known scheme; known are {known}; planned are {planned}"
    raise KeyUnavailable(message, code="key.wrapper_unknown")


def _broken(point: EntryPoint, seen: str) -> KeyUnavailable:
    message = f"the key wrapper {point.name!r} comes from {point.value}, which does not load: {seen}"
    return KeyUnavailable(message, code="key.plugin_failed")
