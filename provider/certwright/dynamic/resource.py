"""Base of the dynamic resources: arguments to properties, secrets marked, outputs under Python's names."""

from __future__ import annotations

from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource

from certwright.binding.naming import to_python
from certwright.binding.registry import Registry
from certwright.dynamic.arguments import properties
from certwright.dynamic.providers import Provider
from certwright.dynamic.view import view
from certwright.resources.base import secret_names, wire_names


class _Attribute:
    """One output under its Python name: `certificate.not_after`."""

    def __init__(self, wire: str) -> None:
        self._wire = wire

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        output = instance.__dict__.get(self._wire)
        return output.apply(view) if isinstance(output, pulumi.Output) else output

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self._wire] = value


class CertwrightResource(Resource):
    """Base of the generated classes (tools/gen_dynamic.py); not for programs."""

    _provider_class: ClassVar[type[Provider]]
    _registry: ClassVar[Registry] = Registry()

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **arguments: Any) -> None:
        handler = self._handler_class()
        _add_attributes(type(self), handler)
        given = properties(type(self).__name__, handler.inputs, arguments)
        outputs = wire_names(handler.outputs)
        secret = sorted(secret_names(handler.outputs) | secret_names(handler.inputs))
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=secret))
        nothing = dict.fromkeys((*wire_names(handler.inputs), *outputs))
        super().__init__(self._provider_class(), resource_name, {**nothing, **given}, opts)

    @classmethod
    def _handler_class(cls) -> Any:
        return cls._registry.resource(cls._provider_class.token)


def _add_attributes(cls: type[CertwrightResource], handler: Any) -> None:
    if "_described" in cls.__dict__:
        return
    for wire in (*wire_names(handler.inputs), *wire_names(handler.outputs)):
        setattr(cls, to_python(wire), _Attribute(wire))
    cls._described = True  # type: ignore[attr-defined]
