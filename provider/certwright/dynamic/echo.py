"""Outputs that Check already knows, returned as inputs, so that a preview of the dynamic form knows them too.

The dynamic host says supportsPreview=false: without this every output is unknown in each preview of a change, and
dependents seem to change (mechanics.md 7). Only outputs that hold for the life of the resource are echoed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from certwright.binding.dispatch import Call, Dispatcher
from certwright.domain.errors import CertwrightError
from certwright.domain.values import contains_unknown
from certwright.resources.base import wire_names

LASTING = ("arn", "domainValidationOptions")
_RECORD_KINDS = {
    "Certificate": "CertificateRecord",
    "PrivateCertificateAuthority": "AuthorityRecord",
    "CertificateAssociation": "AssociationRecord",
}


def echoed_names(handler: Any) -> frozenset[str]:
    """Outputs that are no inputs: what an earlier echo may have added, and what handlers must not see."""
    return frozenset(wire_names(handler.outputs)) - frozenset(wire_names(handler.inputs))


def strip(handler: Any, tree: dict[str, Any]) -> dict[str, Any]:
    echoed = echoed_names(handler)
    return {k: v for k, v in tree.items() if k not in echoed}


def echo(dispatcher: Dispatcher, call: Call, *, inputs: dict[str, Any], old_echo: dict[str, Any]) -> dict[str, Any]:
    """The lasting outputs that are known now. `old_echo`: the old inputs as stored, empty before the first create.

    Does not fail: a preview without an echo is only less sharp.
    """
    handler = dispatcher.handler(call.token)
    names = echoed_names(handler)
    try:
        previewed = handler.create(dispatcher.context(replace(call, preview=True, log=_quiet)), news=inputs).outputs
    except CertwrightError:
        previewed = {}
    known = {k: v for k, v in previewed.items() if k in LASTING and k in names and not contains_unknown(v)}
    known.pop("arn", None)
    if old_echo and "arn" in names:
        arn = old_echo.get("arn") or locate(dispatcher, call)
        if arn:
            known["arn"] = arn
    return known


def locate(dispatcher: Dispatcher, call: Call) -> str:
    """The ARN that this URN has in the store; empty when that cannot be told."""
    handler = dispatcher.handler(call.token)
    if hasattr(handler, "locate"):
        return str(handler.locate(call.urn))
    kind_name = _RECORD_KINDS.get(call.token.rsplit(":", 1)[-1])
    if kind_name is None or not call.urn:
        return ""
    from certwright.engine import claims, records

    try:
        with dispatcher.services().store.read() as reader:
            found = claims.find_by_urn(reader, getattr(records, kind_name), call.urn)
    except CertwrightError:
        return ""
    return "" if found is None else str(found.arn)


def _quiet(severity: Any, message: str, *, ephemeral: bool = False) -> None:
    return None
