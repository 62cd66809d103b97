"""Identifiers: every kind of name a certificate can carry, read from what a program writes."""

from __future__ import annotations

import unicodedata

import pytest
from certwright.domain.dnsname import dns_name
from certwright.domain.identifier import Identifier, IdentifierKind, canonical_name, parse_as, parse_identifier
from hypothesis import given
from hypothesis import strategies as st

DNS, IP, EMAIL, URI, UPN, DN, OTHER = IdentifierKind
ALPHABET = 'ab1.-_@:/[]%=,+#\\";*?\x00\u202eéשＡ \ud800'
BODY = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=ALPHABET, max_size=40),
    st.ip_addresses().map(str),
    st.emails(),
    st.from_regex(r"[a-z]{1,5}://[a-z0-9.:@\[\]/%-]{0,30}", fullmatch=True),
    st.from_regex(r"(CN|O|C|1\.2\.3|E)=[^\n]{0,12}([,+](OU|DC|UID)=[^\n]{0,6})?", fullmatch=True),
    st.from_regex(r"[0-3](\.[0-9]{1,4}){0,4}=#?[0-9a-f]{0,12}", fullmatch=True),
)
HOSTILE = st.tuples(st.sampled_from(["", "dns:", "ip:", "email:", "uri:", "upn:", "dn:", "other:"]), BODY).map("".join)


def read(text: object) -> Identifier:
    identifier, findings = parse_identifier(text)
    assert findings == []
    assert identifier is not None
    return identifier


@pytest.mark.proves("NAM-4")
@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("wiki.internal", DNS, "wiki.internal"),
        ("fire-sensor-123", DNS, "fire-sensor-123"),
        ("user123", DNS, "user123"),
        ("Bücher.Example", DNS, "xn--bcher-kva.example"),
        ("dns:WWW.example.com", DNS, "www.example.com"),
        ("192.168.1.1", IP, "192.168.1.1"),
        ("2001:DB8:0:0::1", IP, "2001:db8::1"),
        ("::ffff:192.0.2.1", IP, "::ffff:c000:201"),
        ("ip:10.0.0.1", IP, "10.0.0.1"),
        ("Ops@Shop.Example", EMAIL, "Ops@shop.example"),
        ("email:root@localhost", EMAIL, "root@localhost"),
        ("ops@bücher.example", EMAIL, "ops@xn--bcher-kva.example"),
        ("https://Shop.Example:0443/A?b=%2F#c", URI, "https://shop.example:443/A?b=%2F#c"),
        ("spiffe://trust_domain/ns/a", URI, "spiffe://trust_domain/ns/a"),
        ("https://[2001:DB8::1]/", URI, "https://[2001:db8::1]/"),
        ("uri:URN:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", URI, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        ("upn:Bob@CORP.internal", UPN, "Bob@corp.internal"),
        ("upn:jörg@corp.internal", UPN, "jörg@corp.internal"),
        ("dn:CN=printer,O=Shop,C=DE", DN, "CN=printer,O=Shop,C=DE"),
        ("dn:O=Shop+CN=a", DN, "O=Shop+CN=a"),
        ("dn:CN=a+O=Shop", DN, "O=Shop+CN=a"),
        ("dn:emailAddress=a@b", DN, "1.2.840.113549.1.9.1=a@b"),
        ("other:1.2.3.4=badge 17", OTHER, "1.2.3.4=badge 17"),
        ("other:1.2.3.4=#0c024869", OTHER, "1.2.3.4=Hi"),
        ("other:1.2.3.4=#0101FF", OTHER, "1.2.3.4=#0101ff"),
    ],
)
def test_a_name_is_recognised_and_canonical(written: str, kind: IdentifierKind, value: str) -> None:
    identifier = read(written)
    assert (identifier.kind, identifier.value) == (kind, value)
    assert read(identifier.text) == identifier


@pytest.mark.proves("NAM-4")
@pytest.mark.parametrize(
    ("written", "part"),
    [
        (5, "a name is text, not int"),
        (None, "a name is text, not NoneType"),
        ("", "cannot be empty"),
        ("email:", 'nothing follows "email:"'),
        ("ip:10.0.0.0/8", "a network is no address; name one host"),
        ("ip:10.0.0.256", "this is not an IPv4 or IPv6 address"),
        ("10.0.0.256", "the last label is a number"),
        ("fe80::1%eth0", "an address in a certificate has no zone"),
        ("a@b@shop.example", 'the part before "@" needs'),
        ("jörg@shop.example", 'the part before "@" needs'),
        (f"{'a' * 65}@shop.example", "has 65 characters; at most 64 are allowed"),
        ("ops@sh_op.example", 'after "@": "sh_op.example": underscore is not allowed in a host name'),
        ("ops@*.example", "a wildcard is not allowed here"),
        (f"{'a' * 60}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example", "a mailbox has at most 254"),
        ("email:shop.example", "a mailbox is written mailbox@host"),
        ("https:///path", "in the host: a record name cannot be empty"),
        ("https://shop.example:99999/", "port 99999 is over 65535"),
        ("https://shop.example/ä", "write others as %XX"),
        ("https://shop.example/%zz", "write others as %XX"),
        ("https://2001:db8::1/", "is not host, host:port or user@host:port"),
        ("https://[1.2.3.4]/", "write IPv4 plain and IPv6 in brackets"),
        ("uri:no scheme", "a URI is written scheme://host/path or scheme:path"),
        ("uri:urn:", "a URI is written scheme://host/path or scheme:path"),
        (f"https://shop.example/{'a' * 3000}", "characters are too many"),
        ("upn:bob", "a user principal name is written user@realm"),
        ("upn:b o b@corp", "a user principal name is written user@realm"),
        (f"upn:{'u' * 300}@corp", "a user principal name has at most 256"),
        ("dn:printer", "this is not a distinguished name as in RFC 4514"),
        ("dn:CN=#0c0161", "this is not a distinguished name as in RFC 4514"),
        ("dn:CN=a\\00b", "this is not a distinguished name as in RFC 4514"),
        ("dn:" + "CN=" + "x" * 65, "this is not a distinguished name as in RFC 4514"),
        ("other:x=1", "another name is written other:OID=text"),
        ("other:1.2.3=#01", "the OID or the DER is not valid"),
        ("other:1.99.3=a", "the OID or the DER is not valid"),
        ("other:1.3.6.1.4.1.311.20.2.3=a@b", "write upn:user@realm"),
        ("ops\x00@shop.example", "invisible character U+0000 is not allowed"),
        ("https://shop.example/\u202e", "invisible character U+202E is not allowed"),
        ("upn:bob\u2066@corp", "invisible character U+2066 is not allowed"),
    ],
)
def test_a_malformed_name_is_refused_with_a_sentence(written: object, part: str) -> None:
    identifier, findings = parse_identifier(written, path="subjectAlternativeNames[0]")
    assert identifier is None
    assert {(f.code, f.path) for f in findings} == {("names.invalid", "subjectAlternativeNames[0]")}
    assert any(part in f.message for f in findings)


@pytest.mark.parametrize(
    "uri", ["https://bob:hunter2@shop.example/", "https://bob:hunter2@@x:y:z/", "x://hunter2:@:@/"]
)
def test_a_password_in_a_uri_is_refused_and_not_repeated(uri: str) -> None:
    identifier, findings = parse_identifier(uri)
    assert identifier is None
    assert findings
    assert "hunter2" not in "".join(f.message for f in findings)


def test_a_prefix_forces_the_kind() -> None:
    assert parse_identifier("dns:192.168.1.1")[0] is None
    assert read("EMAIL:ops@shop.example").kind is EMAIL
    assert read("upn:ops@shop.example") != read("ops@shop.example")
    assert read("upn:ops@shop.example").text == "upn:ops@shop.example"
    assert read("ops@shop.example").text == "ops@shop.example"


def test_only_a_dns_identifier_has_a_dns_name() -> None:
    assert read("*.example.com").dns == dns_name("*.example.com")
    assert read("192.168.1.1").dns is None


def test_equal_spellings_have_one_canonical_name() -> None:
    assert (
        canonical_name("BÜCHER.example") == canonical_name("dns:xn--bcher-kva.example") == "dns:xn--bcher-kva.example"
    )
    assert canonical_name("a..b") == "a..b"
    assert canonical_name(5) == "5"


@given(HOSTILE)
def test_hostile_text_gives_a_canonical_identifier_or_findings(text: str) -> None:
    identifier, findings = parse_identifier(text)
    if identifier is None:
        assert findings
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for f in findings for c in f.message)
        return
    assert findings == []
    assert read(identifier.text) == identifier
    assert parse_as(identifier.kind, identifier.value)[0] == identifier
