"""From a wire tree to a typed model in which any field may still be UNKNOWN, with every objection at once."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from certwright.domain.errors import Finding
from certwright.domain.values import UNKNOWN, contains_unknown, reveal
from certwright.resources.base import Model, Tree, meta

M = TypeVar("M", bound=Model)

# Inputs that programs ported from pulumi-aws bring along, and what replaces each here.
AWS_ONLY: dict[str, str] = {
    "name": "has no meaning here; the resource's own name is used",
    "certificateTransparencyLoggingPreference": "has no meaning here; leave it out",
    "keyStorageSecurityStandard": "is AWS's; the provider setting keyWrapper says how keys are kept",
    "idempotencyToken": "is not needed: a create that is repeated after a crash finds its first attempt",
    "s3BucketName": "is AWS's; revocation lists are not part of this version",
    "certificateAuthorityConfigurations": "is called certificateAuthorityConfiguration",
}


def decode(model: type[M], tree: Tree) -> tuple[M, list[Finding]]:
    """Validate each property by itself.

    Returns an instance made without further validation: a property that holds an unknown is UNKNOWN, or, when it is a
    list, a list with UNKNOWN elements; a property that failed has its default and a finding. Secrets are revealed
    inside the instance; their values never appear in a finding.
    """
    findings: list[Finding] = []
    values: dict[str, Any] = {}
    wires = {field.alias or name: name for name, field in model.model_fields.items()}
    for wire in tree:
        if wire not in wires:
            findings.append(_unknown_property(wire, wires))
    for wire, name in wires.items():
        field = model.model_fields[name]
        raw = reveal(tree.get(wire))
        if raw is None:
            if field.is_required():
                findings.append(Finding(code="input.missing", path=wire, message="is required"))
            values[name] = None if field.is_required() else field.get_default(call_default_factory=True)
        elif contains_unknown(raw):
            values[name] = _partly_unknown(raw)
        else:
            values[name] = _validated(model, name, wire, raw, findings)
    return model.model_construct(**values), findings


def _unknown_property(wire: str, wires: dict[str, str]) -> Finding:
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


def _validated(model: type[M], name: str, wire: str, raw: Any, findings: list[Finding]) -> Any:
    secret = bool(meta(model, name).get("secret"))
    blank = model.model_construct()
    try:
        model.__pydantic_validator__.validate_assignment(blank, name, raw)
    except ValidationError as problem:
        for error in problem.errors(include_url=False, include_context=False):
            findings.append(_finding(wire, error, secret=secret))
        return None
    return getattr(blank, name)


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
