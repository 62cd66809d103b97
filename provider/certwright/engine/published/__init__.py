"""What is published: one file and one line here for each kind.

Third parties add kinds by the entry-point group `certwright.published`; the entry point's name is the list's, its value a class
or function that is called without arguments and gives a `PublishedList`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from certwright.domain.errors import CertwrightError
from certwright.engine.kinds import with_others
from certwright.engine.published.certificates import CaCertificates
from certwright.engine.publishing import PublishedList
from certwright.engine.services import Services

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "certwright.published"

PUBLISHED: tuple[PublishedList[Services], ...] = (CaCertificates(),)


def all_lists(*, found: Callable[[], Iterable[EntryPoint]] | None = None) -> tuple[PublishedList[Services], ...]:
    """Ours first; a third party's of one of our names is left out. Raises CertwrightError (`published.plugin_failed`)."""
    return with_others(PUBLISHED, group=ENTRY_POINT_GROUP, broken=_broken, found=found)


def _broken(point: EntryPoint, seen: str) -> CertwrightError:
    message = f"the published list {point.name!r} comes from {point.value}, which does not load: {seen}"
    return CertwrightError(message, code="published.plugin_failed")
