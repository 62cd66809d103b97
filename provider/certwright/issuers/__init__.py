"""Issuers of certificates: one file and one line here for each kind.

Third parties add kinds by the entry-point group `certwright.issuers`; the entry point's name is the kind, its value a class or
function that is called with the `Services` and gives an `Issuer`. It is loaded when a certificate of that kind is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from certwright.domain.errors import CertwrightError
from certwright.engine.issuing import AUTHORITY, BUNDLED
from certwright.engine.kinds import Kinds, Maker, of_module

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "certwright.issuers"

ISSUERS: tuple[tuple[str, Maker], ...] = (
    (AUTHORITY, of_module("certwright.issuers.authority", "AuthorityIssuer")),
    (BUNDLED, of_module("certwright.issuers.bundled", "BundledIssuer")),
)


class Issuers(Kinds):
    """All kinds."""

    def __init__(self, *, found: Callable[[], Iterable[EntryPoint]] | None = None) -> None:
        super().__init__(ISSUERS, group=ENTRY_POINT_GROUP, broken=_broken, found=found)


def _broken(point: EntryPoint, seen: str) -> CertwrightError:
    message = f"the issuer {point.name!r} comes from {point.value}, which does not load: {seen}"
    return CertwrightError(message, code="issuer.plugin_failed")
