"""Lints of the subject alternative names and of the common name."""

from __future__ import annotations

import ipaddress
import re

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certwright.domain.lints.specimen import Severity, Specimen, rule

MAX_DNS_NAME = 253
MAX_LABEL = 63
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")


@rule("RFC 5280 4.2.1.6; RFC 9525 2")
def san_present(specimen: Specimen) -> str | None:
    """A leaf for servers or clients is identified by its names; an empty subject needs one in any case."""
    if specimen.sans:
        return None
    if not list(specimen.certificate.subject):
        return "both the subject and the subject alternative names are empty"
    tls = (
        specimen.profile is not None
        and not specimen.is_ca
        and ExtendedKeyUsageOID.SERVER_AUTH in set(specimen.profile.extended_key_usages)
    )
    return "a server certificate has no subject alternative name" if tls else None


@rule("RFC 5280 4.2.1.6")
def san_critical_when_subject_empty(specimen: Specimen) -> str | None:
    extension = specimen.extensions.get(x509.SubjectAlternativeName.oid)
    if extension is None or list(specimen.certificate.subject) or extension.critical:
        return None
    return "the subject is empty but the subject alternative names are not critical"


@rule("RFC 5280 4.2.1.6", Severity.WARNING)
def san_not_critical_with_subject(specimen: Specimen) -> str | None:
    extension = specimen.extensions.get(x509.SubjectAlternativeName.oid)
    if extension is None or not list(specimen.certificate.subject) or not extension.critical:
        return None
    return "the subject alternative names are critical although there is a subject"


@rule("RFC 5280 4.2.1.6")
def san_not_empty(specimen: Specimen) -> str | None:
    extension = specimen.value(x509.SubjectAlternativeName)
    if extension is None:
        return None
    if not list(extension):
        return "the subject alternative name extension has no name"
    for name in extension:
        if isinstance(name.value, str) and not name.value:
            return f"an empty {type(name).__name__} stands in the subject alternative names"
    return None


@rule("RFC 5280 4.2.1.6", Severity.WARNING)
def san_unique(specimen: Specimen) -> str | None:
    sans = specimen.sans
    return "a subject alternative name is given twice" if len(set(sans)) != len(sans) else None


def dns_name_problem(name: str) -> str | None:
    """What makes `name` no dNSName: letters, digits, hyphens, underscores (private names have them), one wildcard."""
    if len(name) > MAX_DNS_NAME:
        return f"is longer than {MAX_DNS_NAME} characters"
    if name.endswith("."):
        return "ends with a dot"
    labels = name.split(".")
    rest = labels[1:] if labels[0] == "*" else labels
    if not rest:
        return "is a wildcard alone"
    for label in rest:
        if not label or len(label) > MAX_LABEL or not _LABEL.fullmatch(label):
            return f"has the label {label[:70]!r}, which is no host name label"
    return None


@rule("RFC 5280 4.2.1.6; RFC 1034 3.5")
def dns_name_syntax(specimen: Specimen) -> str | None:
    for name in specimen.sans:
        if type(name) is x509.DNSName and (problem := dns_name_problem(name.value)):
            return f"the name {name.value[:80]!r} {problem}"
    return None


@rule("RFC 5280 4.2.1.6")
def email_and_uri_syntax(specimen: Specimen) -> str | None:
    for name in specimen.sans:
        kind, value = type(name), name.value
        if kind is x509.RFC822Name and (value.count("@") != 1 or not value.isascii() or " " in value):
            return f"the mailbox {value[:80]!r} is not of the form local@host in ASCII"
        if kind is x509.UniformResourceIdentifier and (":" not in value or not value.isascii()):
            return f"the URI {value[:80]!r} has no scheme or is not ASCII"
    return None


@rule("CA/B BR 7.1.4.3; RFC 9525 2")
def common_name_in_san(specimen: Specimen) -> str | None:
    """A common name that looks like a host is one of the names; TLS clients never read it."""
    if specimen.is_ca or not specimen.sans:
        return None
    for attribute in specimen.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        common = str(attribute.value)
        if not (specimen.public or _looks_like_host(common)) or common.lower() in _as_texts(specimen):
            continue
        return f"the common name {common[:80]!r} is not among the subject alternative names"
    return None


def _looks_like_host(common: str) -> bool:
    return "." in common and dns_name_problem(common) is None


def _as_texts(specimen: Specimen) -> set[str]:
    """The names as a common name would write them."""
    texts: set[str] = set()
    for name in specimen.sans:
        value = name.value
        if isinstance(value, str | ipaddress.IPv4Address | ipaddress.IPv6Address):
            texts.add(str(value).lower())
    return texts
