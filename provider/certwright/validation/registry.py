"""Ways to prove control of names, by their `validationMethod`: one file and one line here for each.

Third parties add methods by the entry-point group `certwright.validators`; the entry point's name is the method, its value a
class or function that is called with the `Services` and gives a `Validator`. It is loaded when that method is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from certwright.domain.errors import CertwrightError
from certwright.engine.kinds import Kinds, Maker, of_module

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "certwright.validators"

VALIDATORS: tuple[tuple[str, Maker], ...] = (("DNS", of_module("certwright.validation.cname", "CnameValidator")),)
PLANNED = ("EMAIL", "HTTP")  # words of the schema that nothing stands behind yet


def words() -> tuple[str, ...]:
    """What the schema names. Programs may say more: a third party's methods are not known where it is made."""
    return tuple(method for method, _ in VALIDATORS) + PLANNED


class Validators(Kinds):
    """All methods."""

    def __init__(self, *, found: Callable[[], Iterable[EntryPoint]] | None = None) -> None:
        super().__init__(VALIDATORS, group=ENTRY_POINT_GROUP, broken=_broken, found=found)


def _broken(point: EntryPoint, seen: str) -> CertwrightError:
    message = f"the validation method {point.name!r} comes from {point.value}, which does not load: {seen}"
    return CertwrightError(message, code="validation.plugin_failed")
