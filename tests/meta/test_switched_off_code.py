"""A row that names a definition: what it finds, what it refuses, and what it does not mind."""

from __future__ import annotations

from pathlib import Path

import pytest
from meta.house import ROOT

from switched_off.code import PACKAGE, CodeChange  # isort: skip  (path: meta.house)
from switched_off.table import Switch, TextChange, switches  # isort: skip

# What a row takes away there is the definition itself.
OF_THE_MODULE = {"dynamic/providers.py"}
AS_IT_WAS = '''
LIMITS = ("soft", "hard")


class Gate:
    """Keeps."""

    @property
    def opens(self) -> bool:
        """Two lines,
        one text.
        """
        # why
        if self.held and not self.late(now=1):
            return False
        return f"{self.name}!" != "x"


def opens(gate: Gate) -> bool:
    return gate.opens
'''
MOVED = """
if True:
    class Gate:
        @property
        def opens(self) -> bool:
            if (
                self.held
                and not self.late(
                    now=1,  # again
                )
            ):
                return False
            return f'{self.name}!' != 'x'
"""


def _tree(directory: Path, **files: str) -> Path:
    package = directory / PACKAGE
    package.mkdir(parents=True)
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    return directory


def _broken(tree: Path, *changes: CodeChange | TextChange) -> dict[str, str]:
    return {path.name: text for path, text in _switch(*changes).broken(tree).items()}


def _switch(*changes: CodeChange | TextChange, test: str = "tests/unit/test_a.py::test_b") -> Switch:
    first, *further = changes
    return Switch(topic="", ids=("X-1",), trap="", off="off", change=first, also=tuple(further), test=test)


def _value(source: str, expression: str) -> object:
    space: dict[str, object] = {}
    exec(source, space)
    return eval(expression, space)


GATE = "type('G', (Gate,), {'held': True, 'name': 'n', 'late': lambda self, now: False})().opens"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("self.held and not self.late(now=1)", "False", id="an expression"),
        pytest.param("return False", "pass", id="a statement"),
        pytest.param("if self.held and not self.late(now=1):\n    return False", "", id="statements that go"),
        pytest.param(
            "if self.held and not self.late(now=1):\n    ...", "if False:\n    ...", id="a head, its block kept"
        ),
        pytest.param("if self.held and not self.late(now=1):\n    ...", "", id="a head, its block gone"),
    ],
)
@pytest.mark.parametrize("source", [AS_IT_WAS, MOVED], ids=["as it was", "wrapped, indented, other quotes"])
def test_old_is_found_as_code_inside_the_definition(source: str, old: str, new: str, tmp_path: Path) -> None:
    assert _value(source, GATE) is False
    broken = _broken(_tree(tmp_path, anywhere=source), CodeChange(function="Gate.opens", old=old, new=new))
    assert _value(broken["anywhere.py"], GATE) is True


def test_a_body_is_replaced_as_a_whole(tmp_path: Path) -> None:
    broken = _broken(_tree(tmp_path, a=AS_IT_WAS), CodeChange(function="opens", instead="return 5"))
    assert _value(broken["a.py"], "opens(None)") == 5


def test_a_constant_is_a_definition_too(tmp_path: Path) -> None:
    broken = _broken(_tree(tmp_path, a=AS_IT_WAS), CodeChange(function="LIMITS", old='"hard"', new='"none"'))
    assert _value(broken["a.py"], "LIMITS") == ("soft", "none")


def test_the_rest_of_the_file_stays_to_the_letter(tmp_path: Path) -> None:
    broken = _broken(_tree(tmp_path, a=AS_IT_WAS), CodeChange(function="opens", old="gate.opens", new="True"))
    assert broken["a.py"].replace("return True", "return gate.opens") == AS_IT_WAS


def test_two_changes_of_one_file_are_made_after_one_another(tmp_path: Path) -> None:
    changes = [
        CodeChange(function="opens", old="gate.opens", new="not gate.opens"),
        CodeChange(function="opens", old="not gate.opens", new="7"),
    ]
    assert _value(_broken(_tree(tmp_path, a=AS_IT_WAS), *changes)["a.py"], "opens(None)") == 7


@pytest.mark.parametrize(
    ("function", "old"),
    [
        pytest.param("Gate.closes", "self.held", id="no such definition"),
        pytest.param("opens", "self.held", id="in another definition only"),
        pytest.param("Gate.opens", "self", id="several times"),
        pytest.param("Gate.opens", "'!'", id="the text of an f-string"),
        pytest.param("Gate.opens", "self.held and", id="no code"),
    ],
)
def test_a_change_that_does_not_fit_exactly_once_is_refused(function: str, old: str, tmp_path: Path) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        _broken(_tree(tmp_path, a=AS_IT_WAS), CodeChange(function=function, old=old, new="None"))


def test_a_change_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 of 1 files"):
        _broken(_tree(tmp_path, a=AS_IT_WAS), CodeChange(function="opens", old="gate.opens", new="(gate.opens)"))


def test_of_definitions_with_one_name_the_code_or_the_file_tells_which(tmp_path: Path) -> None:
    tree = _tree(tmp_path, a="def f():\n    return 1 + 1\n", b="def f():\n    return 2\n", c="def f():\n    return 2\n")
    assert set(_broken(tree, CodeChange(function="f", old="1 + 1", new="0"))) == {"a.py"}
    with pytest.raises(ValueError, match="2 of 3 files"):
        _broken(tree, CodeChange(function="f", old="2", new="0"))
    assert set(_broken(tree, CodeChange(function="f", old="2", new="0", file="c.py"))) == {"c.py"}


@pytest.mark.parametrize("words", [{}, {"old": "1", "instead": "return 2"}], ids=["neither", "both"])
def test_a_row_has_either_old_or_instead(words: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either"):
        CodeChange(function="f", **words)


def test_a_trial_holds_where_the_definition_or_the_test_moves_to_another_file() -> None:
    here = _switch(CodeChange(function="f", old="1", new="2", file="a.py"))
    there = _switch(
        CodeChange(function="f", old="\n    1\n", new="2", file="b.py"), test="tests/unit/x/test_y.py::test_b"
    )
    other = _switch(CodeChange(function="f", old="1", new="3", file="a.py"))
    assert here.digest == there.digest != other.digest


def test_a_row_of_text_is_tried_anew_where_its_file_changes() -> None:
    rows = [_switch(TextChange(file=file, old="1", new="2")) for file in ("a.py", "b.py")]
    assert rows[0].digest != rows[1].digest


def test_text_is_for_what_is_no_definition() -> None:
    """A row of text breaks at every refactoring: where a definition can be named, it is."""
    texts = [each for row in switches() for each in row.changes if isinstance(each, TextChange)]
    python = [each.place for each in texts if each.file.endswith(".py")]
    assert [place for place in python if place not in OF_THE_MODULE] == []
    assert all((ROOT / PACKAGE / each.file).exists() for each in texts)
