"""One table of requests through both adapters: equal answers, except for the closed list below.

DIFFERENCES between the dynamic form and the plugin (docs/explanation/dynamic-vs-plugin.md):
 1. no preview of create and update, so no row previews; Check echoes lasting outputs as inputs instead
 2. a Diff carries no `detailedDiff`, `diffs` and `stables`; rows compare changes, replaces and deleteBeforeReplace
 3. properties that are null are left out
 4. no Cancel: a wait ends only with its timeout (test_plugin.py has the plugin's Cancel)
 5. functions are plain Python (test_dynamic.py); an invoke's failures are one raised `Refused`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certwright.domain.values import UNKNOWN, Secret
from plugin.adapters import Adapter, Answer
from plugin.dynamic_host import running_host
from plugin.engine import running_plugin
from plugin.toy import Toybox, registry
from plugin.toy_dynamic import WidgetProvider

BASE = {"name": "wiki", "names": ["a.example"], "size": 24, "tags": {"k": "v"}, "place": {"path": "/x", "mode": 600}}
Row = Callable[[Adapter], list[Answer]]


def made(adapter: Adapter, **more: Any) -> tuple[str, Any, Any]:
    """id, checked inputs and outputs of a widget made by the adapter itself."""
    inputs = adapter.check({**BASE, **more})["inputs"]
    answer = adapter.create(inputs)
    return answer["id"], inputs, answer["outputs"]


def create(a: Adapter) -> list[Answer]:
    checked = a.check(BASE)
    return [checked, a.create(checked["inputs"])]


def create_with_secret(a: Adapter) -> list[Answer]:
    checked = a.check({**BASE, "password": Secret("hunter2") if not a.dynamic else "hunter2"})
    return [checked, a.create(checked["inputs"])]


def secret_nested_in_a_list(a: Adapter) -> list[Answer]:
    return [a.check({**BASE, "names": ["a.example", UNKNOWN]})]


def unknowns_nested(a: Adapter) -> list[Answer]:
    return [
        a.check({**BASE, "names": UNKNOWN, "place": {"path": UNKNOWN, "mode": 1}, "tags": {"k": UNKNOWN}}),
        a.check({"name": UNKNOWN}),
    ]


def bad_input(a: Adapter) -> list[Answer]:
    return [a.check({**BASE, "names": ["ok.example", "*.x"], "colour": "RED", "password": "short"})]


def no_change(a: Adapter) -> list[Answer]:
    id, inputs, outputs = made(a)
    again = a.check(BASE, inputs)
    return [again, a.diff(id, inputs, outputs, again["inputs"])]


def no_change_of_a_secret(a: Adapter) -> list[Answer]:
    """Shipped outputs do not repeat it: what it was is known from the old inputs only."""
    secret = {"password": Secret("hunter2") if not a.dynamic else "hunter2"}
    id, inputs, outputs = made(a, **secret)
    again = a.check({**BASE, **secret}, inputs)
    told = {name: value for name, value in outputs.items() if name != "password"}
    return [again, a.diff(id, inputs, told, again["inputs"])]


def update(a: Adapter) -> list[Answer]:
    id, inputs, outputs = made(a)
    again = a.check({**BASE, "names": ["a.example", "b.example"]}, inputs)
    return [
        again,
        a.diff(id, inputs, outputs, again["inputs"]),
        a.update(id, inputs, outputs, again["inputs"]),
        a.read(id, again["inputs"], outputs),
    ]


def update_to_unknown(a: Adapter) -> list[Answer]:
    id, inputs, outputs = made(a)
    again = a.check({**BASE, "names": [UNKNOWN]}, inputs)
    return [again, a.diff(id, inputs, outputs, again["inputs"])]


def replace(a: Adapter) -> list[Answer]:
    id, inputs, outputs = made(a)
    again = a.check({**BASE, "name": "other"}, inputs)
    differs = a.diff(id, inputs, outputs, again["inputs"])
    anew = a.check({**BASE, "name": "other"})
    return [again, differs, anew, a.create(anew["inputs"]), a.delete(id, outputs), a.read(id, inputs, outputs)]


def removed_input(a: Adapter) -> list[Answer]:
    id, inputs, outputs = made(a)
    fewer = {k: v for k, v in BASE.items() if k != "tags"}
    again = a.check(fewer, inputs)
    return [again, a.diff(id, inputs, outputs, again["inputs"])]


def read_of_a_gone_one(a: Adapter) -> list[Answer]:
    _, inputs, outputs = made(a)
    return [a.read("arn:toy:999", inputs, outputs)]


def read_makes_the_next_diff_quiet(a: Adapter) -> list[Answer]:
    id, inputs, outputs = made(a)
    return [a.read(id, inputs, outputs), a.diff(id, inputs, outputs, inputs)]


def delete_twice(a: Adapter) -> list[Answer]:
    id, _, outputs = made(a)
    return [a.delete(id, outputs), a.delete(id, outputs)]


def delete_refused(a: Adapter) -> list[Answer]:
    id, _, outputs = made(a, behaviour="inUse")
    return [a.delete(id, outputs)]


def timeout_keeps_the_resource(a: Adapter) -> list[Answer]:
    checked = a.check({**BASE, "behaviour": "wait"})
    return [a.create(checked["inputs"], timeout=0.05)]


def errors(a: Adapter) -> list[Answer]:
    return [
        a.create(a.check({**BASE, "behaviour": what, "password": "hunter2"})["inputs"])
        for what in ("fail", "refuse", "break")
    ]


ROWS: tuple[Row, ...] = (
    create,
    create_with_secret,
    secret_nested_in_a_list,
    unknowns_nested,
    bad_input,
    no_change,
    no_change_of_a_secret,
    update,
    update_to_unknown,
    replace,
    removed_input,
    read_of_a_gone_one,
    read_makes_the_next_diff_quiet,
    delete_twice,
    delete_refused,
    timeout_keeps_the_resource,
    errors,
)


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Adapter]:
    with running_plugin(registry(Toybox()), home=tmp_path / "plugin") as wire:
        wire.configure(region="eu-1")
        yield Adapter(wire, dynamic=False)


@pytest.fixture
def dynamic(tmp_path: Path) -> Iterator[Adapter]:
    with running_host(WidgetProvider(), registry(Toybox()), home=tmp_path / "dynamic") as wire:
        wire.configure(region="eu-1")
        yield Adapter(wire, dynamic=True)


@pytest.mark.proves("IAC-1")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_both_adapters_answer_alike(row: Row, plugin: Adapter, dynamic: Adapter) -> None:
    of_plugin, of_dynamic = row(plugin), row(dynamic)
    assert _without_incidents(of_dynamic) == _without_incidents(of_plugin)


def _without_incidents(answers: list[Answer]) -> list[Answer]:
    """Incident ids are random."""
    return [
        {**a, "error": re.sub(r"incident [0-9a-f]{8}", "incident N", a["error"])} if "error" in a else a
        for a in answers
    ]


def test_rows_are_not_empty_of_meaning(plugin: Adapter) -> None:
    """What the rows compare is what the protocol asks for, seen once through the plugin."""
    assert bad_input(plugin)[0]["failures"] == [
        ("names", 'names[1]: "*.x" has a star [names.invalid]'),
        ("", "password: is too short [password.short]"),  # named, the engine would print its value
    ]
    refused = errors(plugin)
    assert refused[0] == {"error": "the target said no [deploy.failed]\n    line two", "kept": None}
    assert refused[1]["error"] == "2 problems [a.b]\n    names[0]: no\n    never"
    assert "hunter2" not in str(refused)
    assert "ValueError" in refused[2]["error"]
    kept = timeout_keeps_the_resource(plugin)[0]
    assert kept["kept"]["id"].startswith("arn:toy:")
    assert kept["error"] == "not ready in time [resource.incomplete]"
    assert replace(plugin)[1] == {"changes": "DIFF_SOME", "replaces": ["name"], "deleteBeforeReplace": True}
    assert no_change(plugin)[1]["changes"] == "DIFF_NONE"
