"""A change that names a definition and no lines: it holds while the code is wrapped, indented or moved to another file."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

PACKAGE = "provider/certwright"
INDENT = 4
BLOCKS = ("body", "orelse", "finalbody")  # fields of a statement that hold statements
Place = tuple[ast.AST, str, int | None]  # node, field, index in a list


def definitions(body: Sequence[ast.stmt], within: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Functions, classes and what is assigned to one name, each with its name as in `Class.method`."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield within + name, node
                nested = definitions(node.body, f"{within}{name}.")
                yield from nested if isinstance(node, ast.ClassDef) else _without_values(nested)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield within + name, node
            case _:
                for each in BLOCKS:
                    yield from definitions(getattr(node, each, []), within)


def _without_values(found: Iterator[tuple[str, ast.stmt]]) -> Iterator[tuple[str, ast.stmt]]:
    return (each for each in found if not isinstance(each[1], ast.Assign | ast.AnnAssign))


@cache
def tree_of(source: str) -> ast.Module:
    """Shared: whoever changes it, copies it first."""
    return ast.parse(source)


@cache
def files_by_name(tree: Path) -> dict[str, list[str]]:
    """Name of a definition → files below the package that have it. Once a tree: nothing is moved while rows are tried."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((tree / PACKAGE).rglob("*.py")):
        names = {name for name, _ in definitions(tree_of(path.read_text(encoding="utf-8")).body)}
        for name in names:
            found[name].append(path.relative_to(tree / PACKAGE).as_posix())
    return found


def parsed(text: str) -> ast.expr | list[ast.stmt]:
    """One expression, or statements (none where the text is empty). SyntaxError where it is neither."""
    text = dedent(text).strip()
    try:
        return ast.parse(f"(\n{text}\n)", mode="eval").body if text else []
    except SyntaxError:
        # A `return` or `yield` out of its function still parses; only compiling minds.
        return ast.parse(text).body


def _statements(code: ast.expr | list[ast.stmt]) -> list[ast.stmt]:
    return code if isinstance(code, list) else [ast.Expr(code)]


def _same(left: ast.AST, right: ast.AST) -> bool:
    return type(left) is type(right) and ast.dump(left) == ast.dump(right)


def _expressions(node: ast.AST) -> Iterator[Place]:
    """Every place that holds an expression. The text between an f-string's braces is none."""
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST):
                continue
            part_of_text = isinstance(node, ast.JoinedStr) or (
                isinstance(node, ast.FormattedValue) and field != "value"
            )
            if isinstance(child, ast.expr) and not part_of_text:
                yield node, field, index if isinstance(value, list) else None
            yield from _expressions(child)


def _replaced_expression(inside: ast.AST, old: ast.expr, new: ast.expr) -> int:
    places = []
    for node, field, index in _expressions(inside):
        value = getattr(node, field)
        if _same(value if index is None else value[index], old):
            places.append((node, field, index))
    for node, field, index in places:
        if index is None:
            setattr(node, field, deepcopy(new))
        else:
            getattr(node, field)[index] = deepcopy(new)
    return len(places)


def _hollow(node: ast.stmt, like: ast.stmt) -> ast.stmt:
    """The statement with `...` for each block that is `...` in the other one: there, any block is meant."""
    open_blocks = [each for each in BLOCKS if _is_open(getattr(like, each, []))]
    if type(node) is not type(like) or not all(getattr(node, each) for each in open_blocks):
        return node
    hollow = copy(node)
    for each in open_blocks:
        setattr(hollow, each, getattr(like, each))
    return hollow


def _is_open(block: object) -> bool:
    match block:
        case [ast.Expr(value=ast.Constant(value=value))]:
            return value is ...
    return False


def _filled(new: list[ast.stmt], found: ast.stmt) -> list[ast.stmt]:
    """The new statements, each open block filled with what stood there."""
    filled = deepcopy(new)
    for node in filled:
        for each in BLOCKS:
            if _is_open(getattr(node, each, [])) and hasattr(found, each):
                setattr(node, each, getattr(found, each))
    return filled


def _replaced_statements(inside: ast.AST, old: list[ast.stmt], new: list[ast.stmt]) -> int:
    count = 0
    for node in list(ast.walk(inside)):
        for block in (getattr(node, each, None) for each in BLOCKS):
            if not isinstance(block, list):
                continue
            for start in range(len(block) - len(old), -1, -1):
                found = block[start : start + len(old)]
                if all(_same(_hollow(a, b), b) for a, b in zip(found, old, strict=True)):
                    block[start : start + len(old)] = _filled(new, found[0])
                    block[:] = block or [ast.Pass()]
                    count += 1
    return count


def _spelled(node: ast.stmt, depth: int) -> list[str]:
    """The definition's lines as they stand `depth` blocks deep; the blocks are made, so that no text within is moved."""
    for _ in range(depth):
        node = ast.If(test=ast.Constant(True), body=[node], orelse=[])
    return ast.unparse(ast.fix_missing_locations(node)).splitlines()[depth:]


def _rewritten(source: str, node: ast.stmt, changed: ast.stmt) -> str:
    lines = source.splitlines()
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    lines[first - 1 : node.end_lineno] = _spelled(changed, node.col_offset // INDENT)
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, kw_only=True)
class CodeChange:
    """One replacement inside the definition that `function` names, wherever that is in the package.

    file: needed only where several definitions of that name fit.
    old, new: one expression, or statements; they are compared as code, so wrapping, quotes and comments do not matter.
        A block `...` of a statement in `old` is any block, and in `new` the block that was found.
    instead: the whole new body, in place of old and new.
    """

    function: str  # `name`, `Class.method`, `Class`, or a constant's name
    old: str = ""
    new: str = ""
    instead: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        if bool(self.old.strip()) == bool(self.instead.strip()):
            raise ValueError(f"a row of {self.function} has either `old` and `new` or `instead`")

    @property
    def place(self) -> str:
        return self.function

    @property
    def tried(self) -> tuple[str, ...]:
        """What the digest is made of: no file, so that a definition may move."""
        return tuple(dedent(each).strip() for each in (self.function, self.old, self.new, self.instead))

    def apply(self, tree: Path, texts: dict[Path, str]) -> None:
        """Put the changed file into `texts`. ValueError where the change does not fit exactly one definition."""
        files = [self.file] if self.file else files_by_name(tree).get(self.function, [])
        fitting: list[tuple[Path, str]] = []
        for path in (tree / PACKAGE / file for file in files):
            source = texts[path] if path in texts else path.read_text(encoding="utf-8")
            fitting += [(path, changed) for changed in self._variants(source)]
        if len(fitting) != 1:
            raise ValueError(f"{len(fitting)} of {len(files)} files have a {self.function} with: {self._sought}")
        path, changed = fitting[0]
        compile(changed, path.name, "exec", dont_inherit=True)
        texts[path] = changed

    @property
    def _sought(self) -> str:
        return repr(self.old.strip()) if self.old else "any body"

    def _variants(self, source: str) -> Iterator[str]:
        """The source with each definition of that name changed that the change fits once."""
        for name, node in definitions(tree_of(source).body):
            if name != self.function:
                continue
            changed = deepcopy(node)
            if self._put_into(changed) == 1 and not _same(changed, node):
                yield _rewritten(source, node, changed)

    def _put_into(self, node: ast.stmt) -> int:
        """Change the definition; returns how often it fitted."""
        if self.instead:
            if not hasattr(node, "body"):
                raise ValueError(f"{self.function} has no body that could be replaced")
            node.body = _statements(parsed(self.instead))
            return 1
        old, new = parsed(self.old), parsed(self.new)
        if isinstance(old, ast.expr) and isinstance(new, ast.expr):
            return _replaced_expression(node, old, new)
        return _replaced_statements(node, _statements(old), _statements(new))
