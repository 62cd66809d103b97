"""`dnsWriter` as an object: judged property by property, and its key a secret from Check on (SEC-6)."""

from __future__ import annotations

from typing import Any

from certwright.domain.errors import CertwrightError, Finding
from certwright.domain.values import UNKNOWN, Secret, contains_unknown, reveal
from certwright.engine.services import Services
from certwright.engine.writers import place
from certwright.resources.base import Tree
from certwright.resources.decode import decode
from certwright.resources.handling import marked, plain, wire_names
from certwright.resources.validation_model import InlineDnsWriter, Rfc2136Update

PATH = "dnsWriter"
KINDS = {"rfc2136": Rfc2136Update}


def stated(tree: Tree) -> Any:
    """The property in clear: a name, an object with whole numbers, or None."""
    return plain({PATH: tree.get(PATH)})[PATH]


def without(tree: Tree) -> Tree:
    """The tree without an inline writer, which is judged here."""
    return {k: v for k, v in tree.items() if k != PATH or not isinstance(reveal(v), dict)}


def name_of(tree: Tree) -> str:
    """The inline writer's place; empty when the property is a name, or is not there."""
    value = stated(tree)
    return place(value) if isinstance(value, dict) and value else ""


def checked(services: Services, tree: Tree) -> tuple[Tree, list[Finding]]:
    """The tree with the writer's key marked secret, and every objection to the writer. No finding holds a value of it."""
    value = reveal(tree.get(PATH))
    if not isinstance(value, dict):
        return tree, []
    (kind, inner), *more = value.items() or [("", None)]
    if more or kind not in KINDS:
        known = ", ".join(wire_names(InlineDnsWriter))
        message = f"must have exactly one kind, of: {known}; it has {', '.join(value) or 'none'}"
        return {**tree, PATH: Secret(value)}, [Finding(code="dns.writer_unknown", path=PATH, message=message)]
    if inner is UNKNOWN:
        return tree, []
    if not isinstance(inner, dict):
        return {**tree, PATH: Secret(value)}, [
            Finding(code="input.invalid", path=f"{PATH}.{kind}", message="must be an object")
        ]
    _, problems = decode(KINDS[kind], inner)
    findings = [Finding(code=p.code, path=f"{PATH}.{kind}.{p.path}", message=p.message) for p in problems]
    if not findings and not contains_unknown(inner):
        try:
            services.make_writer(stated(tree), place(value))
        except CertwrightError as problem:
            findings.append(Finding(code=problem.code, path=f"{PATH}.{kind}", message=problem.message))
    # The program may have made all of it a secret; and one under a wrong name is nobody's to show.
    if findings or isinstance(tree[PATH], Secret):
        return {**tree, PATH: Secret(value)}, findings
    return {**tree, PATH: {kind: marked(KINDS[kind], inner)}}, findings
