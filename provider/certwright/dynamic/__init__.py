"""certwright without the plugin: `from certwright.dynamic import Certificate`."""

from certwright.dynamic.functions import (
    export_certificate,
    get_certificate,
    get_certificate_authority,
    get_expiring,
    get_trust_anchors,
    list_certificates,
)
from certwright.dynamic.resources import (
    Certificate,
    CertificateAssociation,
    CertificateValidation,
    PrivateCertificateAuthority,
)

__all__ = [
    "Certificate",
    "CertificateAssociation",
    "CertificateValidation",
    "PrivateCertificateAuthority",
    "export_certificate",
    "get_certificate",
    "get_certificate_authority",
    "get_expiring",
    "get_trust_anchors",
    "list_certificates",
]
