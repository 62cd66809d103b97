"""What `pulumi.dynamic` hands over and takes ↔ neutral trees (`UNKNOWN`, `Secret`).

pulumi.dynamic gives plain Python values with `pulumi.output.Unknown` objects, and never secrets (it answers
acceptSecrets=false). What it takes goes through pulumi's own serialisation, which passes the wire's marks as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.output import Unknown

from certwright.binding.codec import SECRET, SIGNATURE, UNKNOWN_TEXT, WireError
from certwright.domain.values import UNKNOWN, Secret

PROVIDER_KEY = "__provider"
_EXACT = 2**53


def to_neutral(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties without Pulumi's own keys (`__provider`, `__defaults`); absent and None are the same."""
    return {k: _neutral(v, k) for k, v in properties.items() if not k.startswith("__") and v is not None}


def _neutral(value: Any, path: str) -> Any:
    if isinstance(value, Unknown) or (isinstance(value, str) and value == UNKNOWN_TEXT):
        return UNKNOWN
    if isinstance(value, bool | str | int) or value is None:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            inner = _neutral(value.get("value"), path)
            return inner if isinstance(inner, Secret) else Secret(inner)
        return {k: _neutral(v, f"{path}.{k}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_neutral(v, f"{path}[{i}]") for i, v in enumerate(value)]
    raise WireError(f"{path}: a {type(value).__name__} is not taken here; give the text itself (e.g. the PEM)")


def from_neutral(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A new dict that pulumi.dynamic can serialise; secrets keep their mark on the wire."""
    return {k: _wire(v) for k, v in tree.items()}


def _wire(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, Secret):
        inner = value.reveal()
        return _wire(inner) if isinstance(inner, Secret) else {SIGNATURE: SECRET, "value": _wire(inner)}
    if isinstance(value, Mapping):
        return {k: _wire(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_wire(v) for v in value]
    return value
