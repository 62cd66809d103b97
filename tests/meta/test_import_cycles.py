"""Handlers import in their methods, in up to 32 threads: without a cycle, Python's lock for each module is enough (ADR 13)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

HANDLERS_USE = {"binding", "deploy", "domain", "engine", "functions", "issuers", "resources", "store", "validation"}
PROVIDER = Path(__file__).parents[2] / "provider"


def _modules() -> dict[str, Path]:
    paths = sorted((PROVIDER / "certwright").rglob("*.py"))
    names = {path: ".".join(path.relative_to(PROVIDER).with_suffix("").parts) for path in paths}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def _at_import(body: list[ast.stmt]) -> Iterator[str]:
    """What a module imports while it is imported itself: not in functions, and not for the type checker."""
    for node in body:
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                yield node.module or ""
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            case ast.If() if "TYPE_CHECKING" in ast.unparse(node.test):
                yield from _at_import(node.orelse)
            case ast.If() | ast.Try() | ast.With() | ast.ClassDef():
                for inner in ("body", "orelse", "finalbody"):
                    yield from _at_import(getattr(node, inner, []))


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = _modules()
    graph = {
        name: {found for found in _at_import(ast.parse(path.read_text("utf-8")).body) if found in modules} - {name}
        for name, path in modules.items()
        if HANDLERS_USE & set(name.split(".")[1:2])
    }
    assert "certwright.engine.issuance" in graph["certwright.engine.certificates"]  # it does see them
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(" <- ".join(cycle.args[1]))
