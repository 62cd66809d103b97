"""The properties of a CertificateAssociation: the one source of its schema, decode, diff, docs and SDKs."""

from __future__ import annotations

from typing import Any

from pydantic import create_model

from certwright.domain.targets import TARGET_MODELS
from certwright.resources.base import Change, Model, out, prop

_kinds: Any = {kind: (model | None, out(model.__doc__ or kind)) for kind, model in TARGET_MODELS}
Target: type[Model] = create_model("Target", __base__=Model, __doc__="Exactly one kind of target.", **_kinds)


class Verify(Model):
    """Where the association looks whether the new certificate is served."""

    endpoints: list[str] | None = out("`host:port` of each endpoint.")
    server_name: str | None = out("Name that is asked for (SNI).")
    timeout_seconds: float | None = out("How long one handshake may take; default 5 seconds.")
    deadline_seconds: float | None = out(
        "How long an endpoint may take until three handshakes in a row show the new certificate; default 10 seconds. "
        "After that the old certificate is put back."
    )


class Endpoint(Model):
    """What one endpoint served when it was last looked at."""

    address: str = out("`host:port`.")
    served_serial_number: str | None = out("Serial number that it served, lower-case hex.")
    problem: str | None = out("Why it could not be asked.")
    checked_at: str | None = out("When, RFC 3339 UTC.")


class AssociationInputs(Model):
    certificate_arn: str = prop(
        "ARN of the certificate; take it from its CertificateValidation, so that the association waits for it.",
        change=Change.UPDATE,
        required=True,
    )
    target: Target = prop(  # type: ignore[valid-type]
        "Where it is served: exactly one kind. Another kind or place replaces the association.",
        change=Change.UPDATE,
        required=True,
    )
    verify: Verify | None = prop("How to prove that it is served.", change=Change.UPDATE)
    region: str | None = prop("Region; default: the provider's.", change=Change.REPLACE)
    deployed_version: int | None = prop("Version of the certificate that is to be deployed.", managed=True)


class AssociationOutputs(Model):
    arn: str = out("ARN, the resource's id.")
    store_id: str = out("Id of the store that holds it.")
    status: str = out("`PENDING`, `DEPLOYED`, `DRIFTED`, `UNREACHABLE` or `FAILED`.")
    deployed_version: int = out("Version of the certificate that the target holds.")
    deployed_serial_number: str | None = out("Its serial number, lower-case hex.")
    deployed_at: str | None = out("When it was deployed, RFC 3339 UTC.")
    host: str | None = out("Host that installed it.")
    endpoints: list[Endpoint] = out("What each endpoint served when it was last looked at.")
