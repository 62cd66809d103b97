"""The table of what was switched off: whole, fitting the code as it is, and each row tried."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache

from meta.house import ROOT, tree_of
from meta.test_proofs import CLAIMED

from switched_off import page  # isort: skip  (path: meta.house)
from switched_off.table import Switch, outcomes, switches  # isort: skip


def _marks(nodes: list[ast.expr]) -> set[str]:
    calls = [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func).endswith("mark.proves")]
    return {str(a.value) for call in calls for a in call.args if isinstance(a, ast.Constant)}


@cache
def _tests(file: str) -> dict[str, set[str]]:
    """Test function of a file → the ids that its own mark and the module's name."""
    module = tree_of(ROOT / file)
    shared: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            shared |= _marks(node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else [node.value])
    return {n.name: shared | _marks(n.decorator_list) for n in ast.walk(module) if isinstance(n, ast.FunctionDef)}


def _misfit(row: Switch) -> str:
    """What is wrong with a row, or ""."""
    try:
        row.broken(ROOT)
    except (ValueError, SyntaxError, OSError) as problem:
        return str(problem)
    if not (ROOT / row.test_file).exists() or row.function not in (tests := _tests(row.test_file)):
        return f"{row.test} is not there"
    return "" if set(row.ids) <= tests[row.function] else f"{row.test} carries no mark that it proves {row.name}"


def test_every_claimed_id_has_a_row() -> None:
    tried = {each for row in switches() for each in row.ids}
    assert [each for each in CLAIMED if each not in tried] == []


def test_every_row_fits_the_code_and_names_a_test_that_proves_its_ids() -> None:
    assert [f"{row.name}: {misfit}" for row in switches() if (misfit := _misfit(row))] == []


def test_every_row_is_about_something_and_no_row_is_there_twice() -> None:
    assert [row.off for row in switches() if not row.name or not row.off.strip()] == []
    assert [digest for digest, count in Counter(row.digest for row in switches()).items() if count > 1] == []


def test_every_row_was_tried_and_its_test_failed() -> None:
    """A row that was changed since needs a new trial: `make switched-off ARGS=--stale`."""
    known = outcomes()
    open_rows = [row for row in switches() if known.get(row.digest, {}).get("outcome") != "failed"]
    assert [f"{row.name}: {row.off} ({row.digest})" for row in open_rows] == []
    assert sorted(set(known) - {row.digest for row in switches()}) == []


def test_the_page_is_fresh() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run `make switched-off ARGS=--page`"
