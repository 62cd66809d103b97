"""From a wire tree to a typed model in which any field may still be UNKNOWN, with every objection at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from certwright.domain.errors import Finding
from certwright.domain.values import UNKNOWN, contains_secret, contains_unknown, reveal
from certwright.resources.base import Model, Tree, meta

M = TypeVar("M", bound=Model)

_CONSTANT = (str, int, float, bool, Enum, type(None))

# Inputs that programs ported from pulumi-aws bring along, and what replaces each here.
AWS_ONLY: dict[str, str] = {
    "name": "has no meaning here; the resource's own name is used",
    "certificateTransparencyLoggingPreference": "has no meaning here; leave it out",
    "keyStorageSecurityStandard": "is AWS's; the provider setting keyWrapper says how keys are kept",
    "idempotencyToken": "is not needed: a create that is repeated after a crash finds its first attempt",
    "s3BucketName": "is AWS's; revocation lists are not part of this version",
    "certificateAuthorityConfigurations": "is called certificateAuthorityConfiguration",
}


def decode(model: type[M], tree: Tree, *, secret: bool = False) -> tuple[M, list[Finding]]:
    """Validate each property by itself. secret: none of its values is to be shown.

    Returns an instance made without further validation: a property that holds an unknown is UNKNOWN, or, when it is a
    list, a list with UNKNOWN elements; a property that failed has its default and a finding. Secrets are revealed
    inside the instance; their values never appear in a finding.
    """
    findings: list[Finding] = []
    fields = _fields(model)
    for wire in tree:
        if wire not in fields:
            findings.append(_unknown_property(wire, fields))
    values: dict[str, Any] = {}
    stated: list[tuple[_Field, Any]] = []
    for field in fields.values():
        raw = reveal(tree.get(field.wire))
        values[field.name] = None
        if raw is None:
            if field.required:
                findings.append(Finding(code="input.missing", path=field.wire, message="is required"))
            else:
                values[field.name] = field.default()
        elif contains_unknown(raw):
            values[field.name] = _partly_unknown(raw)
        else:
            stated.append((field, raw))
    typed = model.model_construct(**values)
    for field, raw in stated:
        try:
            model.__pydantic_validator__.validate_assignment(typed, field.name, raw)
        except ValidationError as problem:
            for error in problem.errors(include_url=False, include_context=False):
                hidden = secret or field.secret or contains_secret(tree[field.wire])
                findings.append(_finding(field.wire, error, secret=hidden))
    return typed, findings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One property as decoding needs it. default: makes a value of its own for each instance."""

    name: str
    wire: str
    required: bool
    secret: bool
    default: Callable[[], Any]


@lru_cache(maxsize=64)
def _fields(model: type[Model]) -> dict[str, _Field]:
    """Wire name → property; read from the declarations once."""
    return {
        wire: _Field(
            name=name,
            wire=wire,
            required=field.is_required(),
            secret=bool(meta(field).get("secret")),
            default=_default_of(field),
        )
        for name, field in model.model_fields.items()
        for wire in (field.alias or name,)
    }


def _default_of(field: FieldInfo) -> Callable[[], Any]:
    if field.default_factory is None and isinstance(field.default, _CONSTANT):
        constant = field.default
        return lambda: constant
    return lambda: field.get_default(call_default_factory=True)


def _unknown_property(wire: str, wires: Mapping[str, object]) -> Finding:
    hint = AWS_ONLY.get(wire)
    if hint is None:
        near = [known for known in wires if known.lower() == wire.lower().replace("_", "")]
        hint = (
            f"is not a property; did you mean {near[0]}?"
            if near
            else (f"is not a property; the properties are {', '.join(sorted(wires))}")
        )
    return Finding(code="input.unknown", path=wire, message=hint)


def _partly_unknown(raw: Any) -> Any:
    if isinstance(raw, list) and all(item is UNKNOWN or isinstance(item, str) for item in raw):
        return raw
    return UNKNOWN


def _finding(wire: str, error: Any, *, secret: bool) -> Finding:
    path = wire
    for part in error["loc"][1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    message = str(error["msg"])
    message = message.removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    seen = error.get("input")
    if not secret and isinstance(seen, str | int | float | bool):
        shown = str(seen)
        message += f'; got "{shown[:80]}{"…" if len(shown) > 80 else ""}"'
    return Finding(code="input.invalid", path=path, message=message)
