"""No two modules of the package need each other, not even by an import inside a function or for the type checker.

A circle is one module in two files. And handlers import in their methods, in up to 32 threads: without a circle, Python's lock
for each module is enough (ADR 13).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from meta.house import PACKAGE, python_files, tree_of

Graph = Mapping[str, set[str]]


def _modules() -> dict[str, Path]:
    names = {path: ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in python_files(PACKAGE)}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def _named(tree: ast.Module) -> Iterator[str]:
    """Every module that a file names: in an import, wherever it stands, or as a text, as `import_module` is given it."""
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                yield node.module or ""
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            case ast.Constant(value=str(text)):
                yield text


def _imports(name: str, tree: ast.Module, modules: Mapping[str, Path]) -> set[str]:
    found = {each for each in _named(tree) if each in modules} - {name, "certwright"}
    # `from package import module` needs the module; that the package is loaded too is no tie of its own.
    return {each for each in found if not any(other.startswith(f"{each}.") for other in found)}


def _circle(graph: Graph) -> str:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        return " <- ".join(cycle.args[1])
    return ""


@pytest.fixture(scope="module")
def graph() -> Graph:
    modules = _modules()
    return {name: _imports(name, tree_of(path), modules) for name, path in modules.items()}


def test_no_modules_need_each_other_in_a_circle(graph: Graph) -> None:
    assert _circle(graph) == ""


def test_imports_inside_functions_and_by_name_are_seen(graph: Graph) -> None:
    assert "certwright.engine.certificates" in graph["certwright.resources.certificate"]
    assert "certwright.wiring" in graph["certwright.binding.registry"]


@pytest.mark.parametrize(
    "hidden",
    [
        "def f():\n    from certwright import b",
        "if TYPE_CHECKING:\n    from certwright.b import g",
        "load = 'certwright.b'",
    ],
)
def test_a_hidden_circle_is_found(hidden: str) -> None:
    modules = {"certwright.a": Path(), "certwright.b": Path()}
    texts = {"certwright.a": hidden, "certwright.b": "import certwright.a"}
    assert _circle({name: _imports(name, ast.parse(text), modules) for name, text in texts.items()})
