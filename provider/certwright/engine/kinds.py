"""The kinds of one port: ours from a registry, then those that third parties bring by an entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from certwright.domain.errors import CertwrightError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# What makes one of its kind; each port says what it is called with.
Maker = Callable[..., Any]


def of_module(module: str, name: str) -> Maker:
    """A maker that imports its module when it is called: a plugin that starts has no time for what a run may not need."""

    def make(*given: Any) -> Any:
        return getattr(import_module(module), name)(*given)

    return make


class Kinds(Mapping[str, Maker]):
    """Kind → maker. Ours come first, win over another of the same name, and are found without a look for others.

    broken: the port's sentence for foreign code that does not load or cannot be made, of the entry point and what was raised.
    found: the entry points of the port's group. Foreign code is loaded when its kind is asked for, and once.
    Does not raise for a kind that nobody has but as a mapping does: KeyError.
    """

    def __init__(
        self,
        own: Iterable[tuple[str, Maker]],
        *,
        group: str,
        broken: Callable[[EntryPoint, str], CertwrightError],
        found: Callable[[], Iterable[EntryPoint]] | None = None,
    ) -> None:
        self._own = dict(own)
        self._group = group
        self._broken = broken
        self._found = found or self._installed
        self._loaded: dict[str, Maker] = {}

    def _installed(self) -> Iterable[EntryPoint]:
        from importlib.metadata import entry_points

        return entry_points(group=self._group)

    def __getitem__(self, kind: str) -> Maker:
        if kind in self._own:
            return self._own[kind]
        if kind not in self._loaded:
            self._loaded[kind] = self._foreign(kind)
        return self._loaded[kind]

    def __contains__(self, kind: object) -> bool:
        """Loads nothing."""
        return kind in self._own or any(point.name == kind for point in self._found())

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from sorted({point.name for point in self._found()} - set(self._own))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _foreign(self, kind: str) -> Maker:
        """The maker of a third party: whatever foreign code raises, the user must learn whose it is."""
        point = next((each for each in self._found() if each.name == kind), None)
        if point is None:
            raise KeyError(kind)
        maker: Maker = self._tried(point, point.load)
        return lambda *given: self._tried(point, lambda: maker(*given))

    def _tried(self, point: EntryPoint, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except CertwrightError:
            raise
        except Exception as error:
            raise self._broken(point, f"{type(error).__name__}: {error}") from error


def with_others(
    own: Sequence[Any],
    *,
    group: str,
    broken: Callable[[EntryPoint, str], CertwrightError],
    found: Callable[[], Iterable[EntryPoint]] | None = None,
) -> tuple[Any, ...]:
    """For a port of which all kinds are wanted: ours, which have names, and one of each third party's, made now.

    A third party's of one of our names is left out.
    """
    kinds = Kinds({each.name: lambda: None for each in own}.items(), group=group, broken=broken, found=found)
    return (*own, *(kinds[name]() for name in list(kinds)[len(own) :]))
