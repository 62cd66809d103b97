"""What a certificate can name: DNS names, IP addresses, mailboxes, URIs and rarer kinds, each in one canonical text.

An `Identifier` is a value: two spellings of one name make equal identifiers.
Source: RFC 5280 4.2.1.6 (subjectAltName), RFC 3986 (URI), RFC 5321 4.1.2 (mailbox), RFC 4514 (distinguished names).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import NameOID

from certwright.domain.dnsname import NAMES_INVALID, DnsName, dns_name, is_invisible, parse_dns_name, quoted
from certwright.domain.dnsname import parse_record_name as parse_realm
from certwright.domain.errors import Finding

MAX_IDENTIFIER_LENGTH = 2048
MAX_MAILBOX_LENGTH = 254  # RFC 5321 4.5.3.1.3 less the angle brackets
MAX_LOCAL_PART_LENGTH = 64  # RFC 5321 4.5.3.1.1
MAX_UPN_LENGTH = 256
MAX_DIRECTORY_NAME_LENGTH = 1024


class IdentifierKind(StrEnum):
    """The kinds of name; each value is also the prefix that forces the kind in a program (``upn:``)."""

    DNS = "dns"
    IP = "ip"
    EMAIL = "email"
    URI = "uri"
    UPN = "upn"
    DN = "dn"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One name of a certificate, as made by `parse_identifier`.

    value: canonical text. DNS: A-labels. IP: as RFC 5952. EMAIL: host in lower-case A-labels. URI: scheme and host in
    lower case. UPN: realm in lower case. DN: RFC 4514. OTHER: ``OID=text``, or ``OID=#hex`` where the DER is no
    UTF8String.
    """

    kind: IdentifierKind
    value: str

    @property
    def dns(self) -> DnsName | None:
        """The name as a `DnsName`; None for the other kinds."""
        return dns_name(self.value) if self.kind is IdentifierKind.DNS else None

    @property
    def text(self) -> str:
        """What a program would write: with a prefix only where the kind would not be recognised without it."""
        found, _ = parse_identifier(self.value)
        return self.value if found == self else f"{self.kind.value}:{self.value}"

    def __str__(self) -> str:
        return self.text


Parsed = tuple[Identifier | None, list[Finding]]


def parse_identifier(text: object, *, path: str = "") -> Parsed:
    """Read a name as a program writes it.

    A prefix (``dns: ip: email: uri: upn: dn: other:``) forces the kind; else an IP literal, ``scheme://…`` and
    ``mailbox@host`` are recognised, and everything else is a DNS name.
    text: from outside, of any type and content.
    Returns the identifier, or None and every objection at once (code ``names.invalid``).
    """
    if not isinstance(text, str):
        return None, [_finding(f"a name is text, not {type(text).__name__}", path)]
    prefix, colon, rest = text.partition(":")
    forced = _PREFIXES.get(prefix.lower()) if colon else None
    if forced is not None:
        return parse_as(forced, rest, path=path)
    return parse_as(_recognised(text), text, path=path)


def parse_as(kind: IdentifierKind, text: str, *, path: str = "") -> Parsed:
    """Read a name of a known kind, without prefix; otherwise as `parse_identifier`."""
    if kind is IdentifierKind.DNS:
        name, findings = parse_dns_name(text, allow_wildcard=True, path=path)
        return (None, findings) if name is None else (Identifier(kind=kind, value=name.text), [])
    if not text:
        return None, [_finding(f'nothing follows "{kind.value}:"', path)]
    objections: list[str] = []
    value = None
    if len(text) > MAX_IDENTIFIER_LENGTH:
        objections.append(f"{len(text)} characters are too many; a name has at most {MAX_IDENTIFIER_LENGTH}")
    elif invisible := [c for c in text if is_invisible(c)]:
        objections.append(f"invisible character U+{ord(invisible[0]):04X} is not allowed")
    else:
        value = _PARSERS[kind](text, objections)
    if value is None or objections:
        # A URI's user part may be a password, typed by mistake; it must not get into a log.
        shown = quoted(re.sub(r"//[^/]*@", "//…@", text) if kind is IdentifierKind.URI else text)
        return None, [_finding(f"{shown}: {o}", path) for o in dict.fromkeys(objections)]
    return Identifier(kind=kind, value=value), []


def canonical_name(text: object) -> str:
    """One text for all spellings of a name, for comparing and sorting wire values; what cannot be read stays itself."""
    identifier, _ = parse_identifier(text)
    return str(text) if identifier is None else f"{identifier.kind.value}:{identifier.value}"


def _finding(message: str, path: str) -> Finding:
    return Finding(code=NAMES_INVALID, message=message, path=path)


def _recognised(text: str) -> IdentifierKind:
    if len(text) > MAX_IDENTIFIER_LENGTH:
        return IdentifierKind.DNS
    if text[-1:].isdigit() or ":" in text:  # every IPv4 address ends with a digit, every IPv6 one has a colon
        try:
            ipaddress.ip_address(text)
        except ValueError:
            pass
        else:
            return IdentifierKind.IP
    if "://" in text:
        return IdentifierKind.URI
    return IdentifierKind.EMAIL if "@" in text else IdentifierKind.DNS


# Each parser takes a text that is not empty, not over-long and free of invisible characters; it returns the canonical
# text, or adds an objection.


def _ip(text: str, objections: list[str]) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        network = "/" in text
        objections.append(
            "a network is no address; name one host" if network else "this is not an IPv4 or IPv6 address"
        )
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.scope_id is not None:
        objections.append('an address in a certificate has no zone; leave out "%" and what follows')
        return None
    return ip_text(address)


def ip_text(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """One spelling on every Python: 3.13 began to write IPv4-mapped addresses with dots."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        low = int(address.ipv4_mapped)
        return f"::ffff:{low >> 16:x}:{low & 0xFFFF:x}"
    return str(address)


_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")


def _email(text: str, objections: list[str]) -> str | None:
    local, at, host = text.rpartition("@")
    if not at:
        objections.append("a mailbox is written mailbox@host")
        return None
    if not _LOCAL_PART.fullmatch(local):
        # rfc822Name is ASCII; other mailboxes need SmtpUTF8Mailbox (RFC 9598), which hardly any verifier reads.
        objections.append('the part before "@" needs letters, digits, dots between them and !#$%&\'*+/=?^_`{|}~- only')
    if len(local) > MAX_LOCAL_PART_LENGTH:
        objections.append(
            f'the part before "@" has {len(local)} characters; at most {MAX_LOCAL_PART_LENGTH} are allowed'
        )
    name, findings = parse_dns_name(host, allow_wildcard=False)
    objections.extend(f'after "@": {f.message}' for f in findings)
    if name is None:
        return None
    value = f"{local}@{name.text}"
    if len(value) > MAX_MAILBOX_LENGTH:
        objections.append(f"{len(value)} characters are too many; a mailbox has at most {MAX_MAILBOX_LENGTH}")
    return value


_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,63}):(?://([^/?#]*))?([^?#]*)((?:\?[^#]*)?(?:#.*)?)")
_URI_REST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})*")
_AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[^\]]*\]|[^:@\[\]]*)(?::([0-9]{1,5}))?")
_USER = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")


def _uri(text: str, objections: list[str]) -> str | None:
    match = _URI.fullmatch(text)
    if match is None or len(text) == len(match[1]) + 1:
        objections.append("a URI is written scheme://host/path or scheme:path")
        return None
    scheme, authority, path, tail = match[1].lower(), match[2], match[3], match[4]
    if not _URI_REST.fullmatch(path) or not _URI_REST.fullmatch(tail) or tail.count("#") > 1:
        objections.append("a URI holds ASCII letters, digits and -._~!$&'()*+,;=:@/?# only; write others as %XX")
    if authority is None:
        return f"{scheme}:{path}{tail}"
    host = _uri_authority(authority, objections)
    return None if host is None else f"{scheme}://{host}{path}{tail}"


def _uri_authority(authority: str, objections: list[str]) -> str | None:
    """``user@host:port`` in canonical form; RFC 5280 4.2.1.6 wants a DNS name or an IP address for the host."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        objections.append('what follows "//" is not host, host:port or user@host:port')
        return None
    user, host, port = match[1], match[2], match[3]
    if user is not None and not _USER.fullmatch(user):
        objections.append('what stands before "@" is not a user name; a URI in a certificate carries no password')
    if port is not None and int(port) > 65535:
        objections.append(f"port {port} is over 65535")
    canonical = _uri_host(host, objections)
    if canonical is None:
        return None
    return ("" if user is None else f"{user}@") + canonical + ("" if port is None else f":{int(port)}")


def _uri_host(host: str, objections: list[str]) -> str | None:
    bracketed = host.startswith("[")
    try:
        address = ipaddress.ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        if bracketed:
            objections.append(f"{quoted(host)} is not an IPv6 address")
            return None
        # Underscores occur here: a SPIFFE trust domain may have them.
        name, findings = parse_realm(host)
        objections.extend(f"in the host: {f.message}" for f in findings)
        return None if name is None else name.text
    six = isinstance(address, ipaddress.IPv6Address)
    if six is not bracketed or (isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None):
        objections.append(f"{quoted(host)} is not a host: write IPv4 plain and IPv6 in brackets, without a zone")
        return None
    return f"[{ip_text(address)}]" if six else ip_text(address)


def _upn(text: str, objections: list[str]) -> str | None:
    user, at, realm = text.rpartition("@")
    if not at or not user or any(c in '@"/\\[]:;|=,+*?<> ' for c in user):
        objections.append('a user principal name is written user@realm, without spaces and "/\\[]:;|=,+*?<>')
        return None
    name, findings = parse_realm(realm)
    objections.extend(f'after "@": {f.message}' for f in findings)
    value = None if name is None else f"{user}@{name.unicode}"
    if value is not None and len(value) > MAX_UPN_LENGTH:
        objections.append(f"{len(value)} characters are too many; a user principal name has at most {MAX_UPN_LENGTH}")
    return value


# Spellings that people use and RFC 4514 has no table for.
_DN_SPELLINGS = {
    "E": NameOID.EMAIL_ADDRESS,
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "title": NameOID.TITLE,
    "GN": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
}


def parse_directory_name(text: str) -> x509.Name | None:
    """The name for an RFC 4514 string; None when it is none, is empty, hides characters, or uses the ``#hex`` form."""
    # cryptography reads #hex as if the DER were text, so that form is refused.
    if len(text) > MAX_DIRECTORY_NAME_LENGTH or re.search(r"=\s*#", text):
        return None
    try:
        parsed = x509.Name.from_rfc4514_string(text, _DN_SPELLINGS)
        # A multi-valued RDN is a set: one order for all spellings.
        name = x509.Name(x509.RelativeDistinguishedName(sorted(rdn, key=_attribute_order)) for rdn in parsed.rdns)
        stable = x509.Name.from_rfc4514_string(name.rfc4514_string()) == name
    except (ValueError, TypeError, LookupError, OverflowError):
        return None
    # An escaped NUL (``\00``) is seen only after decoding.
    hidden = any(is_invisible(c) for attribute in name for c in str(attribute.value))
    return name if stable and not hidden and len(list(name)) > 0 else None


def _attribute_order(attribute: x509.NameAttribute[str | bytes]) -> tuple[str, str]:
    return attribute.oid.dotted_string, str(attribute.value)


def _dn(text: str, objections: list[str]) -> str | None:
    name = parse_directory_name(text)
    value = "" if name is None else name.rfc4514_string()
    if not value or len(value) > MAX_DIRECTORY_NAME_LENGTH:
        objections.append("this is not a distinguished name as in RFC 4514, such as CN=printer,O=Shop,C=DE")
        return None
    return value


UPN_OID = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")  # [MS-WCCE] 2.2.2.7.7.1
_OTHER = re.compile(r"([0-2](?:\.(?:0|[1-9][0-9]{0,18})){1,31})=(#(?:[0-9A-Fa-f]{2})+|[^#].*)")


def _other(text: str, objections: list[str]) -> str | None:
    match = _OTHER.fullmatch(text)
    if match is None:
        objections.append("another name is written other:OID=text, or other:OID=#hex for DER of another type")
        return None
    oid, value = match[1], match[2]
    try:
        other = x509.OtherName(x509.ObjectIdentifier(oid), other_der(value))
        x509.SubjectAlternativeName([other]).public_bytes()  # only the encoder looks at the DER
    except ValueError:
        objections.append("the OID or the DER is not valid")
        return None
    if other.type_id == UPN_OID:
        objections.append("this OID is a user principal name; write upn:user@realm")
    return f"{oid}={other_text(other.value)}"


def other_der(value: str) -> bytes:
    """The DER for what stands after ``OID=``: hex after ``#``, otherwise a UTF8String of the text."""
    return bytes.fromhex(value[1:]) if value.startswith("#") else asn1.encode_der(value)


def other_text(der: bytes) -> str:
    """What to write after ``OID=``: the reverse of `other_der`, hex wherever plain text would not be safe to show."""
    try:
        text = asn1.decode_der(str, der)
    except ValueError:
        text = ""
    plain = bool(text) and not text.startswith("#") and not any(is_invisible(c) for c in text)
    return text if plain else f"#{der.hex()}"


_PREFIXES = {kind.value: kind for kind in IdentifierKind}
_PARSERS: dict[IdentifierKind, Callable[[str, list[str]], str | None]] = {
    IdentifierKind.IP: _ip,
    IdentifierKind.EMAIL: _email,
    IdentifierKind.URI: _uri,
    IdentifierKind.UPN: _upn,
    IdentifierKind.DN: _dn,
    IdentifierKind.OTHER: _other,
}
