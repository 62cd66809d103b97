"""Python annotations → Pulumi schema type references. Nested models and enums are collected as named types."""

from __future__ import annotations

import types as pytypes
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from certwright.domain.values import Secret, UnknownType

Spec = dict[str, Any]
ObjectSpec = Callable[[type[BaseModel], "TypeCollector"], Spec]
ANY: Spec = {"$ref": "pulumi.json#/Any"}
_PRIMITIVES: dict[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number", datetime: "string"}
_LISTS = (list, tuple, set, frozenset, Sequence, Set)


def strip_optional(annotation: Any) -> tuple[Any, bool]:
    """The annotation without None, Secret, Unknown and Annotated; and whether None was in it."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if not _is_union(annotation):
        return annotation, False
    members = [m for m in get_args(annotation) if m not in (type(None), UnknownType)]
    optional = type(None) in get_args(annotation)
    if len(members) == 1:
        inner, more = strip_optional(members[0])
        return inner, optional or more
    return Union[tuple(members)], optional  # noqa: UP007  (the members are only known here)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, pytypes.UnionType)


class TypeCollector:
    """Answers type references, and remembers the object and enum types that they need."""

    def __init__(
        self, package: str, object_spec: ObjectSpec, *, words: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """object_spec: says a nested model; it asks the collector for the types of the model's properties. words: the values
        of each open enumeration, by its name."""
        self._package = package
        self._object_spec = object_spec
        self._words = words or {}
        self.types: dict[str, Spec] = {}
        self._owners: dict[str, Any] = {}

    def reference(self, annotation: Any) -> Spec:
        """A TypeSpec. Raises TypeError for an annotation that Pulumi's schema cannot say."""
        annotation, _ = strip_optional(annotation)
        origin, args = get_origin(annotation), get_args(annotation)
        if annotation in _PRIMITIVES:
            return {"type": _PRIMITIVES[annotation]}
        if annotation is Any or annotation is object:
            return dict(ANY)
        if origin is Secret:
            return self.reference(args[0])
        if origin is Literal:
            return {"type": _PRIMITIVES[type(args[0])]}
        if _is_union(annotation):
            return self._union(args)
        if (origin or annotation) in _LISTS:
            return {"type": "array", "items": self.reference(args[0]) if args else dict(ANY)}
        if origin in (dict, Mapping) or annotation is dict:
            return self._map(args)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self._named(annotation, lambda model: self._object_spec(model, self))
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return self._named(annotation, self._enum)
        raise TypeError(f"{annotation!r} has no form in a Pulumi schema")

    def open_enum(self, name: str) -> Spec:
        """A reference to a named enumeration of texts whose values no class here knows."""
        token = f"{self._package}:index:{name}"
        values = [{"name": _enum_name(value), "value": value} for value in self._words[name]]
        self.types.setdefault(token, {"type": "string", "description": "", "enum": values})
        return {"$ref": f"#/types/{token}"}

    def _map(self, args: tuple[Any, ...]) -> Spec:
        value = self.reference(args[1]) if args else ANY
        return dict(ANY) if value == ANY else {"type": "object", "additionalProperties": value}

    def _union(self, args: tuple[Any, ...]) -> Spec:
        members: list[Spec] = []
        for member in args:
            spec = self.reference(member)
            if spec == ANY:
                return spec
            if spec not in members:
                members.append(spec)
        if {m.get("type") for m in members} == {"integer", "number"}:
            return {"type": "number"}
        return members[0] if len(members) == 1 else {"oneOf": members}

    def _named(self, cls: Any, describe: Any) -> Spec:
        token = f"{self._package}:index:{cls.__name__}"
        if self._owners.setdefault(token, cls) is not cls:
            raise TypeError(f"two types are called {cls.__name__}: {self._owners[token]!r} and {cls!r}")
        if token not in self.types:
            self.types[token] = {}  # a placeholder ends the recursion of a type that holds itself
            self.types[token] = describe(cls)
        return {"$ref": f"#/types/{token}"}

    def _enum(self, enum: type[Enum]) -> Spec:
        kind = _PRIMITIVES[next(base for base in (str, int, float) if isinstance(next(iter(enum)).value, base))]
        values = [{"name": _enum_name(m.name), "value": m.value} for m in enum]
        return {"type": kind, "description": summary(enum), "enum": values}


def _enum_name(name: str) -> str:
    """`EC_PRIME256V1` → `EcPrime256v1`, a name that every SDK language takes."""
    return "".join(part.capitalize() for part in name.split("_"))


def summary(cls: Any) -> str:
    """The first paragraph of a docstring, on one line; empty when the class has none of its own."""
    text = cls.__dict__.get("__doc__") or ""
    return " ".join(text.strip().split("\n\n")[0].split())
