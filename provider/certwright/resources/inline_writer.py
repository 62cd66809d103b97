"""`dnsWriter` as an object: judged property by property, and its key a secret from Check on (SEC-6)."""

from __future__ import annotations

import re
from functools import lru_cache
from types import NoneType
from typing import Any, get_args

from certwright.domain.errors import CertwrightError, Finding
from certwright.domain.values import UNKNOWN, Secret, contains_secret, contains_unknown, reveal
from certwright.engine.services import Services
from certwright.engine.writers import place
from certwright.resources.base import Model, Tree, secret_names, wire_names
from certwright.resources.decode import decode
from certwright.resources.handling import marked, plain
from certwright.resources.validation_model import InlineDnsWriter

PATH = "dnsWriter"
# A property's or a writer's name may be shown; whoever has put the key into its place has not written one of these.
_PROPERTY = re.compile(r"[A-Za-z_]{1,32}")
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Model]]:
    """What `InlineDnsWriter` knows: wire name → the model of its settings."""
    return {
        field.alias or name: next(part for part in get_args(field.annotation) if part is not NoneType)
        for name, field in InlineDnsWriter.model_fields.items()
    }


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


def _named(services: Services, tree: Tree) -> tuple[Tree, list[Finding]]:
    """The objection to a name that nothing is configured by. What may be a key is not repeated."""
    original, name = tree.get(PATH), reveal(tree.get(PATH))
    if not isinstance(name, str) or name in services.writers:
        return tree, []
    known = ", ".join(sorted(services.writers)) or "none is configured"
    if isinstance(original, Secret) or not _NAME.fullmatch(name):
        message = (
            f"is neither the name of a configured DNS writer (known: {known}) nor an object; write the object itself, not "
            "JSON text"
        )
        tree = {**tree, PATH: Secret(name)}
    else:
        message = f'"{name}" is not a configured DNS writer; known: {known}. Add it to certwright:dnsWriters'
    return tree, [Finding(code="dns.writer_unknown", path=PATH, message=message)]


def checked(services: Services, tree: Tree) -> tuple[Tree, list[Finding]]:
    """The tree with the writer's key marked secret, and every objection to the writer. No finding holds a value of it.

    What the program made a secret stays one: judged is a copy in clear, given back is the program's own tree.
    """
    original, value = tree.get(PATH), reveal(tree.get(PATH))
    if not isinstance(value, dict):
        return _named(services, tree)
    (kind, inner), *more = value.items() or [("", None)]
    if more or kind not in kinds():
        seen = f"{len(value)} properties" if more else "another one" if kind else "none"
        message = f"must have exactly one kind, of: {', '.join(kinds())}; it has {seen}"
        return {**tree, PATH: Secret(value)}, [Finding(code="dns.writer_unknown", path=PATH, message=message)]
    if inner is UNKNOWN:
        return tree, []
    findings = _objections(services, kind, original)
    # One under a wrong name is nobody's to show.
    if findings or isinstance(original, Secret):
        return {**tree, PATH: Secret(value)}, findings
    settings = tree[PATH][kind]
    kept = Secret(inner) if isinstance(settings, Secret) else marked(kinds()[kind], settings)
    return {**tree, PATH: {kind: kept}}, findings


def _objections(services: Services, kind: str, original: Any) -> list[Finding]:
    """original: the property as the program gives it, marks and all."""
    at, inner = f"{PATH}.{kind}", reveal(original)[kind]
    if not isinstance(inner, dict):
        return [Finding(code="input.invalid", path=at, message="must be an object")]
    _, problems = decode(kinds()[kind], inner, secret=True)
    findings = [
        Finding(code=p.code, path=f"{at}.{p.path}", message=p.message)
        if p.code != "input.unknown" or _PROPERTY.fullmatch(p.path)
        else Finding(code=p.code, path=at, message=f"has a property that there is not; {_known(kind)}")
        for p in problems
    ]
    if not findings and not contains_unknown(inner):
        try:
            services.make_writer(stated({PATH: original}), PATH)
        except CertwrightError as problem:
            hidden = [wire for wire in _secrets(kind, original) if str(inner[wire]) in problem.message]
            message = f"{hidden[0]} cannot be used as such" if hidden else problem.message
            findings.append(Finding(code=problem.code, path=at, message=message))
    return findings


def _secrets(kind: str, original: Any) -> list[str]:
    """The settings that are not to be shown: the key, and what the program made a secret."""
    settings = original.get(kind) if isinstance(original, dict) else None
    if not isinstance(settings, dict):
        return list(reveal(original)[kind])
    return [wire for wire, value in settings.items() if wire in secret_names(kinds()[kind]) or contains_secret(value)]


def _known(kind: str) -> str:
    return f"the properties are {', '.join(sorted(wire_names(kinds()[kind])))}"
