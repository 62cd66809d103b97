"""The resources, one line each."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Class → its module here. A module is imported when a program has such a resource: each costs a starting plugin time.
MODULES: dict[str, str] = {
    "Certificate": "certificate",
    "CertificateValidation": "certificate_validation",
    "PrivateCertificateAuthority": "private_certificate_authority",
    "CertificateAssociation": "certificate_association",
}


def resource(name: str) -> type[Any] | None:
    """The handler class, e.g. of `Certificate`; None for a name that is none of ours."""
    module = MODULES.get(name)
    if module is None:
        return None
    found: type[Any] = getattr(import_module(f"certwright.resources.{module}"), name)
    return found


def resources() -> tuple[type[Any], ...]:
    """All of them, in the order of this list."""
    return tuple(found for name in MODULES if (found := resource(name)) is not None)
