"""Every dotted code of the source, read from its syntax trees: where it is raised, and with which sentence.

A code is a constant such as ``names.invalid``. It is found as `code=` of a call, as the argument or tuple element that
stands before its sentence, as the `code` of an error class, and as a named constant. Nothing is imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)+")
# Dotted constants that are no codes: arguments of these calls, these keywords, and files and modules by their ends.
_OTHER_CALLS = frozenset({"hit", "_attribute", "getLogger", "joinpath", "files", "import_module", "_hit"})
_OTHER_KEYWORDS = frozenset({"action", "prog"})
_OTHER_ENDS = re.compile(r"\.(pem|json|key|db|py|toml|yaml|yml|txt|md|log|lock|csv|gz|in|conf)$")
_OTHER_STARTS = ("certwright.", "grpc.", "io.certwright")
_OTHER_ENUMS = frozenset({"AuditAction"})
# What a DNS look-up may fail with (`LookupFailed.kind`); its code is `dns.` and the kind.
LOOKUP_KINDS: dict[str, str] = {
    "nxdomain": "the name does not exist",
    "nodata": "the name exists, but has no record of this type",
    "servfail": "the server failed",
    "timeout": "no answer in time",
    "refused": "the server refuses to answer",
    "malformed": "the answer, or the question, cannot be read",
}


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Use:
    """One place where a code is used. kind: error, reason, lint. message: its template, empty when not found."""

    code: str
    kind: str
    where: str
    line: int
    message: str


@cache
def uses(package: Path) -> tuple[Use, ...]:
    """Every use, in a stable order. package: the directory of the import package."""
    modules = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(package.rglob("*.py"))}
    names = {name: code for tree in modules.values() for name, code in _constants(tree)}
    functions = {
        node.name: node for tree in modules.values() for node in tree.body if isinstance(node, ast.FunctionDef)
    }
    found: list[Use] = []
    for path, tree in modules.items():
        where = path.relative_to(package).as_posix()
        found += _Module(tree, where, names, functions).uses()
    found += [
        Use(code=f"dns.{kind}", kind="error", where="domain/errors.py", line=0, message=sentence)
        for kind, sentence in LOOKUP_KINDS.items()
    ]
    return tuple(sorted(set(found)))


def unclassified(package: Path) -> list[str]:
    """Dotted constants that are neither a found code nor known to be something else: the collector has a gap."""
    known = {use.code for use in uses(package)}
    lacking: list[str] = []
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        others = _others(tree)
        lacking += [
            f"{path.relative_to(package)}:{node.lineno} {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and CODE.fullmatch(node.value)
            and node.value not in known
            and node.value not in others
            and not _is_other(node.value)
        ]
    return lacking


def _is_other(text: str) -> bool:
    return bool(_OTHER_ENDS.search(text)) or text.startswith(_OTHER_STARTS)


def _others(tree: ast.AST) -> set[str]:
    """Failpoints, audit actions, logger names: by the call or keyword that they stand in."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            values = [k.value for k in node.keywords if k.arg in _OTHER_KEYWORDS]
            if _last_name(node.func) in _OTHER_CALLS:
                values += node.args
            found |= {c for value in values for c in _strings(value)}
        if isinstance(node, ast.Assign | ast.AnnAssign) and "FAILPOINTS" in ast.dump(node)[:200]:
            found |= set(_strings(node))
        if isinstance(node, ast.ClassDef) and node.name in _OTHER_ENUMS:
            found |= set(_strings(node))
    return found


def _strings(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, str) and CODE.fullmatch(value) and not _is_other(value):
                yield from ((t.id, value) for t in node.targets if isinstance(t, ast.Name))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class _Module:
    """The uses of one module."""

    def __init__(
        self, tree: ast.Module, where: str, names: dict[str, str], functions: dict[str, ast.FunctionDef]
    ) -> None:
        self._tree, self._where, self._names, self._functions = tree, where, names, functions

    def uses(self) -> list[Use]:
        found: list[Use] = []
        self._visit(self._tree, None, found)
        return found

    def _visit(self, node: ast.AST, scope: ast.AST | None, found: list[Use]) -> None:
        if isinstance(node, ast.FunctionDef):
            scope = node
        if isinstance(node, ast.ClassDef):
            found += self._class(node)
        if isinstance(node, ast.Call):
            found += self._call(node, scope)
        if isinstance(node, ast.Tuple):
            found += self._sequence(list(node.elts), "error", scope)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            found += self._unpacked(node, node.value)
            return
        if isinstance(node, ast.Dict):
            found += [self._use(code, "error", v, "") for v in node.values for code in self._codes(v, named=False)]
        if isinstance(node, ast.Assign) and any(_last_name(t) in ("code", "reason_code") for t in node.targets):
            found += [self._use(code, "error", node, "") for code in self._codes(node.value) if scope is not None]
        for child in ast.iter_child_nodes(node):
            self._visit(child, scope, found)

    def _use(self, code: str, kind: str, node: ast.AST, message: str) -> Use:
        return Use(code=code, kind=kind, where=self._where, line=getattr(node, "lineno", 0), message=message)

    def _codes(self, node: ast.expr | None, *, named: bool = True) -> list[str]:
        """The codes that an expression may stand for."""
        match node:
            case ast.Constant(value=str(text)) if CODE.fullmatch(text) and not _is_other(text):
                return [text]
            case ast.Name(id=name) if named and name in self._names:
                return [self._names[name]]
            case ast.IfExp(body=body, orelse=orelse):
                return self._codes(body) + self._codes(orelse)
            case ast.BoolOp(values=values):
                return [code for value in values for code in self._codes(value)]
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]):
                return self._codes(default)
        return []

    def _unpacked(self, node: ast.Assign, value: ast.Tuple) -> list[Use]:
        """`action, code, following = …`: a reason under way, its sentence follows elsewhere."""
        targets = [_last_name(t) for t in getattr(node.targets[0], "elts", [])]
        if "code" not in targets or len(targets) != len(value.elts):
            return []
        codes = self._codes(value.elts[targets.index("code")])
        said = self._template(value.elts[targets.index("reason")], None) if "reason" in targets else ""
        return [self._use(code, "reason", node, said) for code in codes]

    def _class(self, node: ast.ClassDef) -> list[Use]:
        sentence = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
        return [
            self._use(code, "error", line, sentence)
            for line in node.body
            if isinstance(line, ast.Assign) and any(_last_name(t) == "code" for t in line.targets)
            for code in self._codes(line.value)
        ]

    def _call(self, node: ast.Call, scope: ast.AST | None) -> list[Use]:
        name = _last_name(node.func)
        if name in _OTHER_CALLS:
            return []
        kind = "reason" if name == "Reason" else "lint" if name in ("LintResult", "rule") else "error"
        named = {k.arg: k.value for k in node.keywords}
        found: list[Use] = []
        codes = self._codes(named.get("code"))
        if codes:
            spoken = named.get("message") or named.get("sentence") or (node.args[0] if node.args else None)
            found += [self._use(code, kind, node, self._template(spoken, scope)) for code in codes]
        return found + self._sequence(node.args, kind, scope)

    def _sequence(self, elements: list[ast.expr], kind: str, scope: ast.AST | None) -> list[Use]:
        """A code and, behind it, its sentence."""
        found: list[Use] = []
        for index, element in enumerate(elements[:-1]):
            sentence = self._template(elements[index + 1], scope)
            if " " in sentence:
                found += [self._use(code, kind, element, sentence) for code in self._codes(element)]
        return found

    def _assigned(self, name: str, scope: ast.AST | None, line: int) -> ast.expr | None:
        """What a name holds: the nearest assignment above `line`."""
        found = self._values(name, scope, line)
        return max(found, key=lambda node: node.lineno).value if found else None

    def _values(self, name: str, scope: ast.AST | None, line: int) -> list[ast.Assign]:
        return [
            node
            for node in ast.walk(scope or ast.Module(body=[], type_ignores=[]))
            if isinstance(node, ast.Assign) and node.lineno <= line and any(_last_name(t) == name for t in node.targets)
        ]

    def _sentence(self, name: str, scope: ast.AST | None, line: int) -> ast.JoinedStr | None:
        """The text that a name holds, where it is always the same one and more than a word with a value in it."""
        found = self._values(name, scope, line)
        if len(found) != 1 or not isinstance(found[0].value, ast.JoinedStr):
            return None
        text = found[0].value
        return text if sum(part.count(" ") for part in _strings(text)) > 2 else None

    def _template(self, node: ast.expr | None, scope: ast.AST | None, depth: int = 0) -> str:
        """The text of a message with `{name}` where a value goes in."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=values):
                return "".join(self._template(v, scope, depth) for v in values)
            case ast.FormattedValue(value=ast.Name(id=name)) if depth < 3 and (
                part := self._sentence(name, scope, node.lineno)
            ):
                return self._template(part, scope, depth + 1)
            case ast.FormattedValue(value=value):
                return "{" + (_spoken(value) or "…") + "}"
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._template(left, scope, depth) + self._template(right, scope, depth)
            case ast.IfExp(body=body):
                return self._template(body, scope, depth)
            case ast.Call(func=ast.Name(id=name)) if name in self._functions and depth < 3:
                made = self._functions[name]
                answers = (n.value for n in ast.walk(made) if isinstance(n, ast.Return) and n.value is not None)
                return next((t for a in answers if " " in (t := self._template(a, made, depth + 1))), "")
            case ast.Name(id=name) if depth < 3:
                before = self._assigned(name, scope, node.lineno) or self._assigned(name, self._tree, node.lineno)
                return self._template(before, scope, depth + 1) if before is not None else ""
        return ""


def _spoken(node: ast.expr) -> str:
    """A short name for what a placeholder shows."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            return inner.attr
        if isinstance(inner, ast.Name) and inner.id not in ("len", "str", "repr", "sorted"):
            return inner.id
    return ""


def page(package: Path) -> str:
    """docs/reference/errors.md."""
    found = uses(package)
    lines = [
        "# Error codes",
        "",
        "Every refusal and every breakdown ends with a dotted code in square brackets, such as `[caa.denied]`. A code keeps",
        "its meaning for ever; the sentence before it may change. ‹name› stands for a value. Reasons are what a preview",
        "says beside a change. Lints stop a signature (`lint.NAME`).",
        "",
        "How to get out of the common ones: [troubleshooting](../howto/troubleshooting.md).",
    ]
    for kind, title in (("error", "Errors and findings"), ("reason", "Reasons")):
        lines += ["", f"## {title}"]
        room = ""
        for code in sorted({use.code for use in found if use.kind == kind}):
            if code.split(".")[0] != room:
                room = code.split(".")[0]
                lines += [
                    "",
                    f"### {kind}: {room}" if kind != "error" else f"### {room}",
                    "",
                    "| Code | Says | Where |",
                    "|---|---|---|",
                ]
            of_code = [use for use in found if use.code == code and use.kind == kind]
            lines.append(f"| `{code}` | {_sentences(of_code)} | {_places(of_code)} |")
    return "\n".join(lines)


def _sentences(found: list[Use]) -> str:
    said = list(dict.fromkeys(_cell(use.message) for use in found if use.message))
    shown = "<br>".join(said[:4])
    return (shown + ("<br>…" if len(said) > 4 else "")) or "(from the cause)"


def _places(found: list[Use]) -> str:
    return ", ".join(f"`{where}`" for where in dict.fromkeys(use.where for use in found))


def _cell(text: str) -> str:
    """A message as table text: its own backticks would end the cell's code spans."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").replace("{", "‹").replace("}", "›").split())
