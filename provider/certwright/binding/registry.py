"""Token → handler, found only when first needed: a plugin must answer Configure before SQLAlchemy is imported."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from certwright.config import Config
from certwright.domain.errors import CertwrightError


class UnknownToken(CertwrightError):
    """The program names a resource or function that this version does not have."""

    code = "request.unknown_token"


# One at a time: two threads that enter the same libraries from different ends may see half-made modules. What a handler imports
# later, in its methods, has no cycles (a test says so), so that Python's own lock for each module is enough.
_importing = threading.RLock()


def _attribute(module: str, name: str) -> Any:
    with _importing:
        return getattr(importlib.import_module(module), name)


def shipped_resources() -> tuple[type[Any], ...]:
    return tuple(_attribute("certwright.resources.registry", "resources")())


def _shipped_resource(token: str) -> type[Any] | None:
    """The class of a token, without importing the others."""
    with _importing:
        name = long_form(token).rpartition(":")[2]
        found: type[Any] | None = _attribute("certwright.resources.registry", "resource")(name)
    return found if found is not None and found.token == long_form(token) else None


def shipped_functions() -> tuple[type[Any], ...]:
    return tuple(_attribute("certwright.functions.registry", "FUNCTIONS"))


def shipped_services(config: Config) -> Any:
    return _attribute("certwright.wiring", "build")(config)


def shipped_claims(services: Any, claims: Iterable[tuple[str, str]]) -> None:
    _attribute("certwright.engine.claims", "persist_claims")(services, claims)


def shipped_usage(services: Any, urn_prefix: str, checked: set[str]) -> Iterable[tuple[str, str]]:
    found: Iterable[tuple[str, str]] = _attribute("certwright.engine.usage", "undeclared_in_use")(
        services, urn_prefix, checked
    )
    return found


def shipped_anchor(services: Any) -> str:
    return str(_attribute("certwright.wiring", "sign_audit_head")(services))


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where handler classes, function classes and services come from; tests give their own.

    resources, functions: classes that are built with the services as their only argument.
    services: Config → Services; may raise StoreUnavailable and the like.
    claims: persists that Pulumi knows records, as (kind, ARN).
    anchor: signs the audit log's head and gives the line that is shown at the end of a run that wrote (AUD-1).
    usage: (URN, sentence) of this stack's resources that were not checked and whose deletion will be refused.
    """

    resources: Callable[[], Iterable[type[Any]]] = shipped_resources
    functions: Callable[[], Iterable[type[Any]]] = shipped_functions
    services: Callable[[Config], Any] = shipped_services
    claims: Callable[[Any, Iterable[tuple[str, str]]], None] = shipped_claims
    usage: Callable[[Any, str, set[str]], Iterable[tuple[str, str]]] = shipped_usage
    anchor: Callable[[Any], str] = shipped_anchor

    def resource(self, token: str) -> type[Any]:
        if self.resources is shipped_resources and (found := _shipped_resource(token)) is not None:
            return found
        return _find(self.resources(), token, "resource")

    def function(self, token: str) -> type[Any]:
        return _find(self.functions(), token, "function")


def _find(classes: Iterable[type[Any]], token: str, what: str) -> type[Any]:
    known = {c.token: c for c in classes}
    found = known.get(token) or known.get(long_form(token))
    if found is None:
        raise UnknownToken(f'certwright has no {what} "{token}"; it has {", ".join(sorted(known))}')
    return found


def long_form(token: str) -> str:
    """`certwright:Certificate` → `certwright:index:Certificate`."""
    parts = token.split(":")
    return f"{parts[0]}:index:{parts[1]}" if len(parts) == 2 else token


def token_of_urn(urn: str) -> str:
    """The resource type inside a URN: the last part of its type chain; empty when the text is no URN."""
    parts = urn.split("::")
    return parts[2].rsplit("$", 1)[-1] if len(parts) >= 4 else ""


def preload_shipped() -> None:
    """Import handlers and their libraries ahead of the first request (for a background thread). Opens nothing."""
    try:
        with _importing:
            # Nearly every stack has certificates; what else it has is imported when it comes.
            _shipped_resource("certwright:index:Certificate")
            _attribute("certwright.wiring", "build")
            _attribute("certwright.store.sqlite", "SqliteBackend")
            _attribute("certwright.store.session", "SqlReader")
            _attribute("certwright.store.layout", "mappings")()
    except Exception:  # the request that needs them will say what is wrong
        return
