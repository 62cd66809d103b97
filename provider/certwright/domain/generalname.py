"""Identifiers to and from X.509 GeneralNames (RFC 5280 4.2.1.6)."""

from __future__ import annotations

import ipaddress
from typing import assert_never

from cryptography import x509
from cryptography.hazmat import asn1

from certwright.domain.dnsname import NAMES_INVALID
from certwright.domain.errors import Finding
from certwright.domain.identifier import (
    UPN_OID,
    Identifier,
    IdentifierKind,
    Parsed,
    other_der,
    other_text,
    parse_as,
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


def from_general_name(general_name: x509.GeneralName, *, path: str = "") -> Parsed:
    """The identifier for a name in a CSR or certificate, under the same rules as what a program writes.

    Returns None and the objections (``names.invalid``) for a name that we would not issue.
    Does not keep the ASN.1 string types inside a directory name.
    """
    match general_name:
        case x509.DNSName(value=value):
            return parse_as(IdentifierKind.DNS, value, path=path)
        case x509.IPAddress(value=address):
            # Name constraints hold networks; those get the IP parser's sentence.
            return parse_as(IdentifierKind.IP, str(address), path=path)
        case x509.RFC822Name(value=value):
            return parse_as(IdentifierKind.EMAIL, value, path=path)
        case x509.UniformResourceIdentifier(value=value):
            return parse_as(IdentifierKind.URI, value, path=path)
        case x509.DirectoryName(value=name):
            return parse_as(IdentifierKind.DN, name.rfc4514_string(), path=path)
        case x509.OtherName():
            return _from_other_name(general_name, path)
    return None, [
        Finding(code=NAMES_INVALID, message="a registered ID cannot be a name here; use other:OID=text", path=path)
    ]


def _from_other_name(other: x509.OtherName, path: str) -> Parsed:
    if other.type_id == UPN_OID:
        try:
            return parse_as(IdentifierKind.UPN, asn1.decode_der(str, other.value), path=path)
        except ValueError:
            message = "a user principal name in the certificate request is not a UTF8String"
            return None, [Finding(code=NAMES_INVALID, message=message, path=path)]
    return parse_as(IdentifierKind.OTHER, f"{other.type_id.dotted_string}={other_text(other.value)}", path=path)
