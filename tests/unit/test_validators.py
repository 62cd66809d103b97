"""Validation methods by their names: ours, and a third party's by an entry point that is loaded when it is asked for."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from certwright.domain.errors import CertwrightError
from certwright.validation.registry import ENTRY_POINT_GROUP, Validators


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP)


OURS = ("DNS",)


def test_a_third_partys_method_is_known_and_loaded_when_it_is_asked_for() -> None:
    points = [point("OWL", "builtins:id"), point("BROKEN", "no_such_module_here:Validator")]
    known = Validators(found=lambda: points)
    assert tuple(known) == (*OURS, "BROKEN", "OWL")
    assert len(known) == 3
    owl = known["OWL"]
    assert owl(points) == id(points)
    points.remove(points[0])
    assert known["OWL"] is owl  # loaded once
    with pytest.raises(CertwrightError, match="no_such_module_here") as broken:
        known["BROKEN"]
    assert broken.value.code == "validation.plugin_failed"
    with pytest.raises(KeyError):
        known["FAX"]


def test_a_third_party_cannot_stand_in_for_a_method_of_ours_and_ours_need_no_look_for_others() -> None:
    def found() -> list[EntryPoint]:
        raise AssertionError("nobody had to be looked for")

    ours = Validators(found=found)["DNS"]
    assert Validators(found=lambda: [point("DNS", "builtins:id")])["DNS"] is ours
