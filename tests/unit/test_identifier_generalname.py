"""Identifiers to and from the names in an X.509 extension."""

from __future__ import annotations

import ipaddress

import pytest
from certwright.domain.generalname import from_general_name, to_general_name
from certwright.domain.identifier import UPN_OID, IdentifierKind, parse_identifier
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

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
    assert from_general_name(through_der(to_general_name(identifier))) == (identifier, [])


def test_a_user_principal_name_is_a_utf8_string_under_microsofts_oid() -> None:
    identifier, _ = parse_identifier("upn:jörg@corp")
    assert identifier is not None
    name = to_general_name(identifier)
    assert isinstance(name, x509.OtherName)
    assert name.type_id == UPN_OID
    assert name.value == b"\x0c\x0a" + "jörg@corp".encode()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        (x509.DNSName("a_b.example"), "underscore"),
        (x509.DNSName("A..b"), "each label needs a character"),
        (x509.DNSName("email:a@b"), 'character ":" is not allowed'),
        (x509.RFC822Name("a@b_c"), "underscore"),
        (x509.UniformResourceIdentifier("x"), "a URI is written"),
        (x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")), "a network is no address"),
        (x509.RegisteredID(x509.ObjectIdentifier("1.2.3")), "a registered ID cannot be a name here"),
        (x509.DirectoryName(x509.Name([])), 'nothing follows "dn:"'),
        (x509.OtherName(UPN_OID, b"\x02\x01\x05"), "is not a UTF8String"),
        (x509.OtherName(UPN_OID, b"\x0c\x03a\x00b"), "invisible character U+0000"),
    ],
)
def test_a_name_that_we_would_not_issue_is_refused(name: x509.GeneralName, part: str) -> None:
    identifier, findings = from_general_name(name, path="certificateSigningRequest")
    assert identifier is None
    assert part in findings[0].message
    assert findings[0].path == "certificateSigningRequest"


@given(
    st.one_of(
        st.text(alphabet=st.characters(max_codepoint=127), max_size=40).map(x509.DNSName),
        st.text(alphabet=st.characters(max_codepoint=127), max_size=40).map(x509.UniformResourceIdentifier),
        st.ip_addresses().map(x509.IPAddress),
        st.binary(max_size=20).map(lambda der: x509.OtherName(x509.ObjectIdentifier("1.2.3"), der)),
        st.binary(max_size=20).map(lambda der: x509.OtherName(UPN_OID, b"\x0c" + bytes([len(der)]) + der)),
    )
)
def test_hostile_names_of_a_csr_give_an_identifier_or_findings(name: x509.GeneralName) -> None:
    identifier, findings = from_general_name(name)
    assert (identifier is None) is bool(findings)
    if identifier is not None:
        x509.SubjectAlternativeName([to_general_name(identifier)]).public_bytes()
        assert from_general_name(to_general_name(identifier))[0] == identifier
