"""The resources, one line each."""

from __future__ import annotations

from certwright.resources.certificate import Certificate
from certwright.resources.certificate_association import CertificateAssociation
from certwright.resources.certificate_validation import CertificateValidation
from certwright.resources.private_certificate_authority import PrivateCertificateAuthority

RESOURCES = (Certificate, CertificateValidation, PrivateCertificateAuthority, CertificateAssociation)
