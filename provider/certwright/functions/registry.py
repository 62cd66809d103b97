"""The functions (invokes) that certwright ships: one line each."""

from __future__ import annotations

from typing import Any

from certwright.functions.get_certificate import GetCertificate
from certwright.functions.get_certificate_authority import GetCertificateAuthority
from certwright.functions.get_expiring import GetExpiring
from certwright.functions.list_certificates import ListCertificates

FUNCTIONS: tuple[type[Any], ...] = (
    GetCertificate,
    ListCertificates,
    GetCertificateAuthority,
    GetExpiring,
)
