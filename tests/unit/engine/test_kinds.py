"""The kinds of a port: ours, and those that third parties bring by an entry point."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from certwright.domain.errors import CertwrightError, KeyUnavailable
from certwright.engine.kinds import Kinds, of_module

LOADED: list[str] = []


def odd(*given: Any) -> Any:
    LOADED.append("odd")
    return given


def refusing() -> None:
    raise KeyUnavailable("the owl sleeps", code="owl.asleep")


def breaking() -> None:
    raise ZeroDivisionError("by an owl")


def _broken(point: EntryPoint, seen: str) -> CertwrightError:
    return CertwrightError(f"the owl {point.name!r} comes from {point.value}: {seen}", code="owl.plugin_failed")


def _point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group="certwright.owls")


POINTS = [
    _point("odd", f"{__name__}:odd"),
    _point("ours", "nowhere:It"),
    _point("lost", "nowhere:It"),
    _point("refusing", f"{__name__}:refusing"),
    _point("breaking", f"{__name__}:breaking"),
]


@pytest.fixture
def kinds() -> Kinds:
    own = [("ours", of_module("decimal", "Decimal"))]
    return Kinds(own, group="certwright.owls", broken=_broken, found=lambda: POINTS)


def test_ours_come_first_and_win_and_nothing_foreign_is_loaded_to_list_them(kinds: Kinds) -> None:
    del LOADED[:]
    assert list(kinds) == ["ours", "breaking", "lost", "odd", "refusing"]
    assert len(kinds) == 5 and "odd" in kinds and "none" not in kinds
    assert str(kinds["ours"]("3")) == "3"
    assert LOADED == []


def test_a_foreign_one_is_loaded_when_asked_for_and_called_with_what_the_port_gives(kinds: Kinds) -> None:
    assert kinds["odd"](1, "a") == (1, "a")
    assert kinds["odd"] is kinds["odd"]


def test_a_kind_that_nobody_has_is_none(kinds: Kinds) -> None:
    assert kinds.get("none") is None


def test_foreign_code_that_breaks_is_named(kinds: Kinds) -> None:
    for kind, said in (("lost", "nowhere:It: ModuleNotFoundError"), ("breaking", "by an owl")):
        with pytest.raises(CertwrightError) as caught:
            kinds[kind]()
        assert caught.value.code == "owl.plugin_failed"
        assert caught.value.message.startswith(f"the owl {kind!r} comes from ") and said in caught.value.message


def test_what_a_foreign_one_says_in_our_words_is_left_as_it_is(kinds: Kinds) -> None:
    with pytest.raises(KeyUnavailable) as caught:
        kinds["refusing"]()
    assert caught.value.code == "owl.asleep"


def test_without_entry_points_of_a_test_the_installed_ones_are_asked() -> None:
    installed = Kinds((), group="console_scripts", broken=_broken)
    assert "certwright" in installed
