"""Issuers of certificates: one file and one line here for each kind.

Third parties add kinds by the entry-point group `certwright.issuers`; the entry point's name is the kind, its value a class or
function that is called without arguments and gives an `Issuer`. It is loaded when a certificate of that kind is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from certwright.domain.errors import CertwrightError
from certwright.engine.issuing import AUTHORITY, BUNDLED, Issuer
from certwright.engine.services import Services

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "certwright.issuers"


def _of(module: str, name: str) -> Callable[[], Issuer[Services]]:
    """Makes it from its module, which is imported then."""

    def make() -> Issuer[Services]:
        made: Issuer[Services] = getattr(import_module(f"certwright.issuers.{module}"), name)()
        return made

    return make


ISSUERS: tuple[tuple[str, Callable[[], Issuer[Services]]], ...] = (
    (AUTHORITY, _of("authority", "AuthorityIssuer")),
    (BUNDLED, _of("bundled", "BundledIssuer")),
)


def _found() -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points

    return entry_points(group=ENTRY_POINT_GROUP)


class Kinds(Mapping[str, Issuer[Services]]):
    """Ours, and those of third parties; ours wins over another of the same name. Each is made once, when it is asked for.

    Raises CertwrightError (issuer.plugin_failed) for a third party's that does not load.
    """

    def __init__(self, found: Callable[[], Iterable[EntryPoint]] = _found) -> None:
        self._own = dict(ISSUERS)
        self._find = found
        self._made: dict[str, Issuer[Services]] = {}

    def __getitem__(self, kind: str) -> Issuer[Services]:
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = self._own[kind]() if kind in self._own else self._foreign(kind)
        return made

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from sorted({point.name for point in self._find()} - set(self._own))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _foreign(self, kind: str) -> Issuer[Services]:
        for point in self._find():
            if point.name == kind:
                return _loaded(point)
        raise KeyError(kind)


def _loaded(point: EntryPoint) -> Issuer[Services]:
    try:
        made: Issuer[Services] = point.load()()
    except Exception as error:  # foreign code: whatever it raises, the user must learn whose it is
        raise CertwrightError(
            f"the issuer {point.name!r} comes from {point.value}, which does not load: {type(error).__name__}: {error}",
            code="issuer.plugin_failed",
        ) from error
    return made
