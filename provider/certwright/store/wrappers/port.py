"""What wraps the region keys, and what an opener of one kind is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from certwright.engine.ports import Entropy


class KeyWrapper(Protocol):
    """Wraps 32-byte region keys. Opening one reads nothing; `make` is the one method that may write."""

    @property
    def id(self) -> str:
        """Names the wrapping key without telling it; kept in the store. Raises KeyUnavailable when there is none."""

    def make(self) -> None:
        """Make the wrapping key unless there is one; called when the first key of a store is about to be wrapped."""

    def wrap(self, key: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """Raises KeyUnavailable: another wrapping key, or changed bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapperContext:
    """store_directory: where a local-file store lies; None for PostgreSQL. environment may hold a passphrase."""

    config_directory: Path
    store_directory: Path | None
    environment: Mapping[str, str] = field(repr=False)
    entropy: Entropy


# Gets the address behind the scheme's colon, e.g. ``/etc/certwright/wrapping.key`` or ``//words``.
Opener = Callable[[str, WrapperContext], KeyWrapper]
