"""Every id of product.md that this version claims is named by a test."""

from __future__ import annotations

import ast

from meta.house import TESTS, python_files, tree_of


def _ids(prefix: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"{prefix}-{number}" for number in numbers)


CLAIMED: tuple[str, ...] = (
    *_ids("CRT", 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12),
    *_ids("NAM", 1, 2, 3, 4, 5, 6),
    *_ids("DNS", 1, 2, 3, 4, 5, 7),
    *_ids("CAA", 1, 3),
    *_ids("VAL", 1, 2, 3, 6),
    *_ids("REN", 1, 2, 3, 6, 7, 8),
    *_ids("IMP", 1, 2),
    *_ids("PCA", 1, 3, 4),
    *_ids("ASC", 1, 6, 7, 8, 9),
    *_ids("REG", 1, 2),
    *_ids("IAC", 1, 2, 3, 4, 5, 6),
    *_ids("FUN", 1),
    *_ids("OPS", 1, 4, 8),
    *_ids("AUD", 1),
    *_ids("SEC", 1, 2, 3, 4, 5, 6, 8, 9),
)
# Ids of product.md that tests may name beyond the claimed ones.
ROOMS = {"CRT": 14, "NAM": 6, "DNS": 10, "EML": 4, "HTV": 1, "CAA": 3, "VAL": 6, "REN": 11, "IMP": 4, "EXP": 3}
ROOMS |= {"PCA": 12, "REV": 3, "AUD": 2, "ASC": 13, "REG": 3, "IAC": 6, "FUN": 2, "ACME": 4, "OPS": 10, "SEC": 13}


def _marked() -> dict[str, list[str]]:
    """Id → the test files that carry it in a `proves` mark."""
    found: dict[str, list[str]] = {}
    for path in python_files(TESTS):
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("mark.proves"):
                continue
            for argument in node.args:
                assert isinstance(argument, ast.Constant), f"{path.name}: proves takes the ids themselves"
                found.setdefault(str(argument.value), []).append(path.name)
    return found


def test_every_claimed_id_is_proved() -> None:
    marked = _marked()
    assert [each for each in CLAIMED if each not in marked] == []


def test_every_marked_id_exists() -> None:
    odd = [
        each
        for each in _marked()
        if (parts := each.split("-")) and not (len(parts) == 2 and 1 <= int(parts[1]) <= ROOMS.get(parts[0], 0))
    ]
    assert odd == []
