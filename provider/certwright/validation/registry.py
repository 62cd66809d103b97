"""Ways to prove control of names, by their `validationMethod`: one file and one line here for each.

Third parties add methods by the entry-point group `certwright.validators`; the entry point's name is the method, its value a
class or function that is called with the `Services` and gives a `Validator`. It is loaded when that method is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from certwright.domain.errors import CertwrightError
from certwright.engine.ports import Validator
from certwright.engine.services import Services

ENTRY_POINT_GROUP = "certwright.validators"

Maker = Callable[[Services], Validator]


def _of(module: str, name: str) -> Maker:
    """Makes it from its module, which is imported then: most runs prove nothing."""

    def make(services: Services) -> Validator:
        made: Validator = getattr(import_module(f"certwright.validation.{module}"), name)(services)
        return made

    return make


VALIDATORS: tuple[tuple[str, Maker], ...] = (("DNS", _of("cname", "CnameValidator")),)
PLANNED = ("EMAIL", "HTTP")  # words of the schema that nothing stands behind yet


def words() -> tuple[str, ...]:
    """What the schema names. Programs may say more: a third party's methods are not known where it is made."""
    return tuple(method for method, _ in VALIDATORS) + PLANNED


def _found() -> Iterable[EntryPoint]:
    return entry_points(group=ENTRY_POINT_GROUP)


class Validators(Mapping[str, Maker]):
    """All methods, ours first and before a third party's of the same name. Others are looked for when ours do not do,
    and loaded once."""

    def __init__(self, *, found: Callable[[], Iterable[EntryPoint]] = _found) -> None:
        self._own = dict(VALIDATORS)
        self._loaded: dict[str, Maker] = {}
        self._found = found

    def __getitem__(self, method: str) -> Maker:
        if method in self._own:
            return self._own[method]
        if method not in self._loaded:
            self._loaded[method] = _loaded(next((p for p in self._found() if p.name == method), None), method)
        return self._loaded[method]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._own, *sorted({point.name for point in self._found()} - set(self._own))])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _loaded(point: EntryPoint | None, method: str) -> Maker:
    if point is None:
        raise KeyError(method)
    try:
        maker: Maker = point.load()
    except Exception as error:  # foreign code: whatever it raises, the user must learn whose it is
        raise CertwrightError(
            f"the validation method {point.name!r} comes from {point.value}, which does not load: "
            f"{type(error).__name__}: {error}",
            code="validation.plugin_failed",
        ) from error
    return maker
