"""The generic comparison of old and new inputs, driven by what each property declares."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from certwright.domain.values import contains_unknown, reveal
from certwright.resources.base import Change, DiffKind, Equality, Model, PathDiff, Tree, meta


def _names(value: Any) -> Any:
    from certwright.domain.identifier import canonical_name

    return sorted({canonical_name(v) for v in value}) if isinstance(value, list) else value


def _name(value: Any) -> Any:
    from certwright.domain.identifier import canonical_name

    return canonical_name(value) if isinstance(value, str) else value


def _pem(value: Any) -> Any:
    from certwright.domain.certificate import pem_fingerprints

    return pem_fingerprints(value) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _text(v) for k, v in value.items() if v is not None}
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _set(value: Any) -> Any:
    return sorted(json.dumps(v, sort_keys=True) for v in value) if isinstance(value, list) else value


def _value(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {k: _value(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_value(v) for v in value]
    return value


def _passthrough(value: Any) -> Any:
    from certwright.domain.passthrough import canonical

    return canonical(value)


_CANONICAL: dict[str, Callable[[Any], Any]] = {
    Equality.VALUE: _value,
    Equality.NAME: _name,
    Equality.NAMES: _names,
    Equality.SET: _set,
    Equality.PEM: _pem,
    Equality.TEXT: _text,
    Equality.DURATION: _value,
    Equality.PASSTHROUGH: _passthrough,
}


def same(equality: str, old: Any, new: Any) -> bool:
    """Whether two wire values say the same thing. An unknown new value is a change."""
    old, new = reveal(old), reveal(new)
    if contains_unknown(new) or contains_unknown(old):
        return False
    canonical = _CANONICAL[equality]
    return bool(canonical(old) == canonical(new))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """One property as the comparison needs it. default: what a program that leaves it out gets, as a wire value."""

    wire: str
    equality: str
    change: Change
    default: Any


@lru_cache(maxsize=64)
def _compared(model: type[Model]) -> tuple[_Compared, ...]:
    """What every Check and Diff of this model compares; read from the declarations once."""
    found = []
    for name, field in model.model_fields.items():
        declared = meta(field)
        if declared.get("managed"):
            continue
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        found.append(
            _Compared(
                wire=field.alias or name,
                equality=declared.get("equality", Equality.VALUE),
                change=Change(declared.get("change", Change.UPDATE)),
                default=_plain_default(default),
            )
        )
    return tuple(found)


_SCALARS = (str, int, float, bool, type(None))


def changed(model: type[Model], old: Tree, new: Tree, *, ignore: tuple[str, ...] = ()) -> list[tuple[str, Change]]:
    """Wire name and change code of every property that differs; managed and ignored ones are passed over.

    A property that the program leaves out equals its default, so adding a default to a program is no change.
    """
    found: list[tuple[str, Change]] = []
    for each in _compared(model):
        before, after = old.get(each.wire), new.get(each.wire)
        # Nearly everything in nearly every comparison: left out on both sides, or the same text.
        if type(before) is type(after) and isinstance(before, _SCALARS) and before == after:
            continue
        before = each.default if before is None else _plain_default(before)
        after = each.default if after is None else _plain_default(after)
        if not same(each.equality, before, after) and not _ignored(each.wire, ignore):
            found.append((each.wire, each.change))
    return found


def _plain_default(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _ignored(wire: str, ignore: tuple[str, ...]) -> bool:
    return any(path == wire or path == "*" or path.startswith((wire + ".", wire + "[")) for path in ignore)


def paths(changes: list[tuple[str, Change]], old: Tree, new: Tree) -> tuple[PathDiff, ...]:
    """The detailed diff of changed inputs."""
    result = []
    for wire, change in changes:
        if wire not in old or reveal(old[wire]) is None:
            kind = DiffKind.ADD
        elif wire not in new or reveal(new[wire]) is None:
            kind = DiffKind.DELETE
        else:
            kind = DiffKind.UPDATE
        result.append(PathDiff(path=wire, kind=kind, replace=change is Change.REPLACE))
    return tuple(result)
