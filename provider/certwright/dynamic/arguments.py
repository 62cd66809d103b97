"""Keyword arguments of a program (Python names, Outputs anywhere) → properties in wire names, by the pydantic models."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, get_args, get_origin

import pulumi
from pydantic import BaseModel

from certwright.binding.naming import to_wire
from certwright.binding.schema import fields_of
from certwright.binding.types import strip_optional
from certwright.resources.base import secret_names


def properties(cls_name: str, model: type[BaseModel], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Raises TypeError for an argument that the resource does not have; what it holds is for Check to judge."""
    fields = fields_of(model)
    secrets = secret_names(model)
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        if name not in fields:
            raise TypeError(f"{cls_name}() has no argument {name!r}; it has {', '.join(sorted(fields))}")
        wire, annotation = fields[name]
        if value is None:
            continue
        shaped = shape(value, annotation)
        found[wire] = pulumi.Output.secret(shaped) if wire in secrets else shaped
    return found


def shape(value: Any, annotation: Any) -> Any:
    """Rename the keys of nested objects to wire names. Free maps (`tags`) keep theirs."""
    annotation = strip_optional(annotation)[0]
    if isinstance(value, pulumi.Output | Awaitable):
        if not _has_model(annotation):
            return value
        return pulumi.Output.from_input(value).apply(lambda known: shape(known, annotation))
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_none=True, mode="json")
    if isinstance(value, Mapping):
        model = _model_in(annotation)
        if model is None:
            inner = get_args(annotation)[1] if get_origin(annotation) is dict else Any
            return {k: shape(v, inner) for k, v in value.items()}
        return _shaped(model, value)
    if isinstance(value, list | tuple | set | frozenset):
        inner = (get_args(annotation) or (Any,))[0]
        return [shape(v, inner) for v in value]
    return value


def _shaped(model: type[BaseModel], value: Mapping[str, Any]) -> dict[str, Any]:
    fields, secrets = dict(fields_of(model).values()), secret_names(model)
    found = {}
    for key, inner in value.items():
        if inner is None:
            continue
        wire = _wire_key(key, fields)
        shaped = shape(inner, fields.get(wire, Any))
        found[wire] = pulumi.Output.secret(shaped) if wire in secrets else shaped
    return found


def _wire_key(key: str, fields: Mapping[str, Any]) -> str:
    return key if key in fields else to_wire(key) if to_wire(key) in fields else key


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an object of this annotation is: itself, or the one model among a union's members."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _has_model(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_has_model(strip_optional(a)[0]) for a in get_args(annotation) if a is not Ellipsis)
