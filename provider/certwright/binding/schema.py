"""Handler classes and settings → Pulumi package schema: the one source is the pydantic models.

Source: pulumi's package schema (pkg/codegen/schema, "metaschema").
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from certwright.binding.naming import to_python
from certwright.binding.types import ANY, Spec, TypeCollector, strip_optional, summary
from certwright.config import SETTINGS, Setting, environment_name
from certwright.resources.base import managed_names, meta, secret_names

PACKAGE = "certwright"
_CHANGE_TEXT = {
    "R": "A change replaces the resource.",
    "V": "A change makes a new version under the same ARN (re-issue).",
    "U": "A change takes effect in place.",
    "-": "A change does nothing by itself.",
}
_SETTING_TYPES: dict[str, Spec] = {
    "text": {"type": "string"},
    "bool": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
    "json": ANY,
    "map": ANY,
}
_TEXT_MAPS = frozenset({"defaultTags"})
_HEAD: Spec = {
    "name": PACKAGE,
    "displayName": "certwright",
    "description": "AWS Certificate Manager plus ACM Private CA for any infrastructure: certificates, private CAs, "
    "validation, renewal and deployment.",
    "keywords": ["pulumi", PACKAGE, "category/infrastructure", "kind/native", "certificates", "tls", "pki"],
    "license": "Apache-2.0",
    "publisher": "certwright",
    "attribution": "certwright is an independent project, not affiliated with Amazon Web Services or Pulumi.",
    "language": {
        "python": {
            "pyproject": {"enabled": True},
            "respectSchemaVersion": True,
            "packageName": "pulumi_certwright",
            "inputTypes": "classes-and-dicts",
        },
        "nodejs": {"packageName": "@certwright/pulumi-certwright", "respectSchemaVersion": True},
        "go": {
            "importBasePath": "github.com/certwright/pulumi-certwright/sdk/go/certwright",
            "generateResourceContainerTypes": True,
            "respectSchemaVersion": True,
        },
        "csharp": {
            "rootNamespace": "Certwright",
            "packageReferences": {"Pulumi": "3.*"},
            "respectSchemaVersion": True,
        },
        "java": {"basePackage": "io.certwright", "buildFiles": "gradle"},
    },
}


def package_schema(resources: Iterable[type[Any]], functions: Iterable[type[Any]] = ()) -> dict[str, Any]:
    """The schema without `version` (the plugin adds its own), keys in a stable order."""
    from certwright.wiring import validation_methods

    collector = TypeCollector(PACKAGE, object_spec, words={"ValidationMethod": validation_methods()})
    described = {cls.token: resource_spec(cls, collector) for cls in resources}
    called = {cls.token: function_spec(cls, collector) for cls in functions}
    settings = {s.name: setting_spec(s) for s in SETTINGS}
    return {
        **_HEAD,
        "config": {"variables": {name: _without(spec, "willReplaceOnChanges") for name, spec in settings.items()}},
        "provider": {
            "description": "Settings of certwright; each is looked for as an argument, in the stack configuration, in "
            "the environment, then has a default.",
            "inputProperties": settings,
            "properties": {s.name: settings[s.name] for s in SETTINGS if s.shape == "text"},
        },
        "types": dict(sorted(collector.types.items())),
        "resources": dict(sorted(described.items())),
        "functions": dict(sorted(called.items())),
    }


def resource_spec(cls: type[Any], collector: TypeCollector) -> Spec:
    """One resource: inputs without the managed ones; outputs are the inputs and the outputs together."""
    inputs = wire_properties(cls.inputs, collector)
    managed = managed_names(cls.inputs)
    outputs = {
        **inputs,
        **wire_properties(cls.outputs, collector, output=True),
    }
    shown = {name: spec for name, spec in inputs.items() if name not in managed}
    required_inputs = [n for n in required_names(cls.inputs) if n not in managed]
    required = sorted({*required_inputs, *output_names(cls.outputs)})
    return {
        "description": description(cls),
        "properties": outputs,
        "required": [n for n in outputs if n in required],
        "inputProperties": shown,
        "requiredInputs": required_inputs,
    }


def function_spec(cls: type[Any], collector: TypeCollector) -> Spec:
    return {
        "description": description(cls),
        "inputs": {
            "properties": wire_properties(cls.inputs, collector, nested=True),
            "required": required_names(cls.inputs),
        },
        "outputs": {
            "properties": wire_properties(cls.outputs, collector, output=True),
            "required": output_names(cls.outputs),
        },
    }


def object_spec(model: type[BaseModel], collector: TypeCollector) -> Spec:
    """A model inside a property."""
    spec: Spec = {"type": "object", "properties": wire_properties(model, collector, nested=True)}
    if summary(model):
        spec["description"] = summary(model)
    required = output_names(model)
    return {**spec, "required": required} if required else spec


def setting_spec(setting: Setting) -> Spec:
    shape = _SETTING_TYPES[setting.shape]
    if setting.name in _TEXT_MAPS:
        shape = {"type": "object", "additionalProperties": {"type": "string"}}
    spec: Spec = {**shape, "description": setting.description}
    if setting.default and setting.shape == "text":
        spec["description"] += f" Default: `{setting.default}`."
    if setting.shape in ("text", "bool"):
        # defaultInfo on other shapes would make SDKs hand over the variable's text as if it were the value
        spec["defaultInfo"] = {"environment": [environment_name(setting.name)]}
    else:
        spec["description"] += f" Environment: `{environment_name(setting.name)}` (JSON)."
    if setting.secret:
        spec["secret"] = True
    if setting.replaces:
        spec["willReplaceOnChanges"] = True
    return spec


def wire_properties(
    model: type[BaseModel], collector: TypeCollector, *, nested: bool = False, output: bool = False
) -> dict[str, Spec]:
    """Property specs by wire name. nested, output: no change codes.

    A default is said in the description only: one in the schema would be filled in by the SDKs, so that a program would
    seem to set what it left out, and another default in a later version would be a change.
    """
    found = {}
    for name, field in model.model_fields.items():
        spec = {
            **_reference(field, collector),
            "description": _description(field, codes=not (nested or output)),
        }
        extra = meta(field)
        if extra.get("secret"):
            spec["secret"] = True
        if not (nested or output) and extra.get("change") == "R":
            spec["willReplaceOnChanges"] = True
        found[field.alias or name] = spec
    return found


def _reference(field: FieldInfo, collector: TypeCollector) -> Spec:
    """A text with an open enumeration takes any text: hosts that check programs refuse none of a third party's."""
    reference, words = collector.reference(field.annotation), meta(field).get("words")
    return {"oneOf": [reference, collector.open_enum(words)]} if words else reference


def fields_of(model: type[BaseModel]) -> dict[str, tuple[str, Any]]:
    """Python name → (wire name, annotation), without the inputs that only Check fills in."""
    managed = managed_names(model)
    pairs = ((f.alias or n, f.annotation) for n, f in model.model_fields.items())
    return {to_python(wire): (wire, annotation) for wire, annotation in pairs if wire not in managed}


@lru_cache(maxsize=64)
def secret_holders(model: type[BaseModel]) -> frozenset[str]:
    """Wire names of the properties that are secret or hold a secret inside: Pulumi prints the whole value of a property
    that a finding names."""
    inside = {f.alias or n for n, f in model.model_fields.items() if _holds_secret(f.annotation)}
    return secret_names(model) | inside


def _holds_secret(annotation: Any) -> bool:
    annotation = strip_optional(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(secret_holders(annotation))
    return any(_holds_secret(member) for member in get_args(annotation))


def required_names(model: type[BaseModel]) -> list[str]:
    return [f.alias or n for n, f in model.model_fields.items() if f.is_required()]


def output_names(model: type[BaseModel]) -> list[str]:
    """Outputs that always have a value: required fields, and `out` fields whose annotation does not allow None."""
    return [f.alias or n for n, f in model.model_fields.items() if f.is_required() or _always(f)]


def description(cls: type[Any]) -> str:
    """A class's own docstring as Markdown."""
    return inspect.cleandoc(cls.__dict__.get("__doc__") or "")


def _always(field: FieldInfo) -> bool:
    declared_by_out = bool(meta(field)) and "change" not in meta(field)
    return declared_by_out and field.annotation is not Any and not strip_optional(field.annotation)[1]


def _description(field: FieldInfo, *, codes: bool) -> str:
    extra = meta(field)
    parts = [field.description or ""]
    if codes and not extra.get("managed") and extra.get("change"):
        parts.append(_CHANGE_TEXT[str(extra["change"])])
    default = _default_text(field)
    if default:
        parts.append(f"Default: `{default}`.")
    if extra.get("source"):
        parts.append(f"Source: {extra['source']}.")
    return " ".join(p for p in parts if p)


def _default_text(field: FieldInfo) -> str:
    """The default as a program would write it; empty for none, and for the empty text, list and map."""
    if field.is_required() or field.default is PydanticUndefined:
        return ""
    value = getattr(field.default, "value", field.default)
    if not isinstance(value, str | int | float) or value == "":
        return ""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _without(spec: Spec, *keys: str) -> Spec:
    return {k: v for k, v in spec.items() if k not in keys}
