"""certwright's resources for a Python program without the plugin: `from certwright.dynamic import Certificate`.

Same classes and arguments as the generated SDK (`pulumi_certwright`). Arguments and output attributes come from the
resource's pydantic models; they are looked up when the first resource of a class is made.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource

from certwright.binding.registry import Registry
from certwright.binding.schema import secret_names, wire_names
from certwright.dynamic.arguments import properties, signature
from certwright.dynamic.providers import (
    CertificateAssociationProvider,
    CertificateProvider,
    CertificateValidationProvider,
    PrivateCertificateAuthorityProvider,
    Provider,
)
from certwright.dynamic.view import to_python, view

_LEADING = [
    inspect.Parameter("resource_name", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str),
    inspect.Parameter("opts", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=pulumi.ResourceOptions),
]


class _Signature:
    """`inspect.signature(Certificate)`, computed when asked: editors and `help` see the real arguments."""

    def __get__(self, instance: Any, owner: type[CertwrightResource]) -> inspect.Signature:
        return signature(owner._handler_class().inputs, _LEADING)


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
    """Base of the resources; not for programs."""

    _provider_class: ClassVar[type[Provider]]
    _registry: ClassVar[Registry] = Registry()
    __signature__ = _Signature()

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


class Certificate(CertwrightResource, module="certwright", name="Certificate"):
    """A certificate with one lasting ARN: public-kind, private, imported or signed from a CSR."""

    _provider_class = CertificateProvider


class CertificateValidation(CertwrightResource, module="certwright", name="CertificateValidation"):
    """Waits until a certificate's names are proved and it is issued."""

    _provider_class = CertificateValidationProvider


class PrivateCertificateAuthority(CertwrightResource, module="certwright", name="PrivateCertificateAuthority"):
    """A private certificate authority, root or subordinate."""

    _provider_class = PrivateCertificateAuthorityProvider


class CertificateAssociation(CertwrightResource, module="certwright", name="CertificateAssociation"):
    """Keeps a certificate deployed at a target."""

    _provider_class = CertificateAssociationProvider
