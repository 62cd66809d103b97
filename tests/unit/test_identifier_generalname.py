"""Identifiers to and from the names in an X.509 extension."""

from __future__ import annotations

import pytest
from certwright.domain.generalname import to_general_name
from certwright.domain.identifier import UPN_OID, IdentifierKind, parse_identifier
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

NAMES = {
    "wiki.internal": IdentifierKind.DNS,
    "*.example.com": IdentifierKind.DNS,
    "192.168.1.1": IdentifierKind.IP,
    "2001:db8::1": IdentifierKind.IP,
    "::ffff:192.0.2.1": IdentifierKind.IP,
    "ops@shop.example": IdentifierKind.EMAIL,
    "https://shop.example/a": IdentifierKind.URI,
    "uri:urn:device:1": IdentifierKind.URI,
    "upn:Bob@corp.internal": IdentifierKind.UPN,
    "dn:CN=printer,O=Shop,C=DE": IdentifierKind.DN,
    "other:1.2.3.4=badge 17": IdentifierKind.OTHER,
    "other:1.2.3.4=#0101ff": IdentifierKind.OTHER,
}


def through_der(name: x509.GeneralName) -> x509.GeneralName:
    """The name as a parser finds it in a signed request."""
    san = x509.SubjectAlternativeName([name])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(san, critical=True)
    request = builder.sign(Ed25519PrivateKey.from_private_bytes(bytes(32)), None)
    read = x509.load_der_x509_csr(request.public_bytes(Encoding.DER))
    return next(iter(read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value))


@pytest.mark.proves("NAM-4")
@pytest.mark.parametrize("written", NAMES)
def test_each_kind_survives_a_signed_request(written: str) -> None:
    identifier, _ = parse_identifier(written)
    assert identifier is not None
    assert identifier.kind is NAMES[written]
    assert through_der(to_general_name(identifier)) == to_general_name(identifier)


def test_a_user_principal_name_is_a_utf8_string_under_microsofts_oid() -> None:
    identifier, _ = parse_identifier("upn:jörg@corp")
    assert identifier is not None
    name = to_general_name(identifier)
    assert isinstance(name, x509.OtherName)
    assert name.type_id == UPN_OID
    assert name.value == b"\x0c\x0a" + "jörg@corp".encode()
