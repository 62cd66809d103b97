"""Builders of store records with correct defaults, so that only what a test is about shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    CertificateRecord,
    CertificateStatus,
    Mode,
    SerialRecord,
    VersionRecord,
)

NOW = datetime(2026, 8, 19, 12, 0, 0, 123456, tzinfo=UTC)
LONG_AGO, LATER = NOW - timedelta(days=90), NOW + timedelta(days=90)


def arn(number: int = 1) -> str:
    return f"arn:certwright:acm:local:000000000000:certificate/{number:08d}"


def certificate(number: int = 1, **changes: Any) -> CertificateRecord:
    values: dict[str, Any] = {
        "arn": arn(number),
        "region": "local",
        "account": "000000000000",
        "urn": f"urn:pulumi:dev::p::certwright:acm:Certificate::c{number}",
        "mode": Mode.PUBLIC,
        "domain_name": "www.example.com",
        "spec": {"domainName": "www.example.com", "names": ["a", "b"], "deep": {"x": None, "y": [1, 2.5, True]}},
        "created_at": NOW,
        "tags": {"Name": "käse \x00 \ud800"},
    }
    return CertificateRecord(**{**values, **changes})


def version(number: int = 1, **changes: Any) -> VersionRecord:
    values: dict[str, Any] = {
        "arn": arn(number),
        "version": 1,
        "status": CertificateStatus.ISSUED,
        "spec": {},
        "requested_at": NOW,
        "renewal_due": LATER,
        "serving": True,
    }
    return VersionRecord(**{**values, **changes})


def serial(number: int = 1, **changes: Any) -> SerialRecord:
    values: dict[str, Any] = {
        "issuer_arn": "arn:ca",
        "serial": f"{number:x}",
        "arn": arn(number),
        "version": 1,
        "reserved_at": NOW,
    }
    return SerialRecord(**{**values, **changes})


def association(number: int = 1, **changes: Any) -> AssociationRecord:
    values: dict[str, Any] = {
        "arn": f"arn:association/{number}",
        "region": "local",
        "account": "000000000000",
        "urn": f"urn:association:{number}",
        "certificate_arn": arn(number),
        "target_kind": "directory",
        "place": f"/etc/ssl/{number}",
        "target": {"path": "/etc/ssl"},
        "verify": {},
        "status": AssociationStatus.DEPLOYED,
        "endpoints": ({"address": "a:443"}, {"address": "b:443"}),
        "aliases": ("x", "y"),
        "created_at": NOW,
    }
    return AssociationRecord(**{**values, **changes})
