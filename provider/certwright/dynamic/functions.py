"""certwright's functions as plain Python: no plugin, no invoke; they read the store from the program itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from certwright.binding.registry import Registry
from certwright.binding.schema import fields_of, required_names
from certwright.domain.errors import Finding, Refused
from certwright.domain.values import Secret, reveal
from certwright.dynamic.arguments import shape
from certwright.dynamic.codec import to_neutral
from certwright.dynamic.host import current, settings_of
from certwright.dynamic.view import view


class Function:
    """One function. Call it with plain values for a plain answer; `.output(…)` takes Outputs and gives an Output.

    Secret parts of a plain answer are `pulumi.Output.secret`s; an Output answer with a secret in it is secret.
    Raises CertwrightError, with the same texts as the plugin.
    """

    def __init__(self, token: str, doc: str, *, registry: Registry | None = None) -> None:
        self.token = f"certwright:index:{token}"
        self.__doc__ = doc
        self._registry = registry or Registry()

    def __call__(self, **arguments: Any) -> Any:
        return view(_with_secret_outputs(self._call(arguments)))

    def output(self, **arguments: Any) -> pulumi.Output[Any]:
        """The Output form."""
        return pulumi.Output.from_input(arguments).apply(lambda known: view(_with_secret_outputs(self._call(known))))

    def _call(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        model = self._registry.function(self.token).inputs
        fields = fields_of(model)
        unknown = [name for name in arguments if name not in fields]
        if unknown:
            raise TypeError(f"{self.token} has no argument {unknown[0]!r}; it has {', '.join(sorted(fields))}")
        args = {fields[n][0]: shape(v, fields[n][1]) for n, v in arguments.items() if v is not None}
        missing = [wire for wire in required_names(model) if wire not in args]
        if missing:
            raise Refused([Finding(code="input.missing", path=wire, message="is required") for wire in missing])
        dispatcher = current().dispatcher(settings_of(_stack_setting))
        return dispatcher.invoke(self.token, to_neutral(args), preview=pulumi.runtime.is_dry_run())


def _stack_setting(key: str) -> Any:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)


def _with_secret_outputs(value: Any) -> Any:
    if isinstance(value, Secret):
        return pulumi.Output.secret(reveal(value))
    if isinstance(value, dict):
        return {k: _with_secret_outputs(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_secret_outputs(v) for v in value]
    return value


get_certificate = Function("getCertificate", "Look one certificate up: `arn`, or `domain_name` and filters.")
list_certificates = Function("listCertificates", "List certificates by status, type, name, tag or expiry.")
get_certificate_authority = Function("getCertificateAuthority", "Look a private CA up by `arn`.")
get_expiring = Function("getExpiring", "List what expires within a time.")
get_trust_anchors = Function("getTrustAnchors", "The trust anchors of an issuer, as PEM.")
export_certificate = Function(
    "exportCertificate",
    "Certificate, chain and the private key encrypted under `passphrase`. A preview exports nothing.",
)
