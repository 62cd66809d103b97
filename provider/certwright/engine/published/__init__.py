"""What is published: one file and one line here for each kind.

Third parties add kinds by the entry-point group `certwright.published`; the entry point's name is the list's, its value a class
or function that is called without arguments and gives a `PublishedList`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points

from certwright.domain.errors import CertwrightError
from certwright.engine.published.certificates import CaCertificates
from certwright.engine.publishing import PublishedList
from certwright.engine.services import Services

ENTRY_POINT_GROUP = "certwright.published"

PUBLISHED: tuple[PublishedList[Services], ...] = (CaCertificates(),)


def _found() -> Iterable[EntryPoint]:
    return entry_points(group=ENTRY_POINT_GROUP)


def all_lists(*, found: Callable[[], Iterable[EntryPoint]] = _found) -> tuple[PublishedList[Services], ...]:
    """Ours first; a third party's of one of our names is left out. Raises CertwrightError (`published.plugin_failed`)."""
    own = {each.name for each in PUBLISHED}
    others = sorted((point for point in found() if point.name not in own), key=lambda point: point.name)
    return (*PUBLISHED, *(_loaded(point) for point in others))


def _loaded(point: EntryPoint) -> PublishedList[Services]:
    try:
        made: PublishedList[Services] = point.load()()
    except Exception as error:  # foreign code: whatever it raises, the user must learn whose it is
        raise CertwrightError(
            f"the published list {point.name!r} comes from {point.value}, which does not load: "
            f"{type(error).__name__}: {error}",
            code="published.plugin_failed",
        ) from error
    return made
