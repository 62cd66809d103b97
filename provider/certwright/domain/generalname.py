"""Identifiers to and from X.509 GeneralNames (RFC 5280 4.2.1.6)."""

from __future__ import annotations

import ipaddress
from typing import assert_never

from cryptography import x509
from cryptography.hazmat import asn1

from certwright.domain.identifier import (
    UPN_OID,
    Identifier,
    IdentifierKind,
    other_der,
    parse_directory_name,
)


def to_general_name(identifier: Identifier) -> x509.GeneralName:
    """The GeneralName to encode; the identifier is one that a parser made."""
    value = identifier.value
    match identifier.kind:
        case IdentifierKind.DNS:
            return x509.DNSName(value)
        case IdentifierKind.IP:
            return x509.IPAddress(ipaddress.ip_address(value))
        case IdentifierKind.EMAIL:
            return x509.RFC822Name(value)
        case IdentifierKind.URI:
            return x509.UniformResourceIdentifier(value)
        case IdentifierKind.UPN:
            return x509.OtherName(UPN_OID, asn1.encode_der(value))
        case IdentifierKind.DN:
            name = parse_directory_name(value)
            if name is None:
                raise ValueError("a DN identifier is made by parse_identifier")
            return x509.DirectoryName(name)
        case IdentifierKind.OTHER:
            oid, _, text = value.partition("=")
            return x509.OtherName(x509.ObjectIdentifier(oid), other_der(text))
        case _:
            assert_never(identifier.kind)
