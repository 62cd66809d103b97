"""The subject of a certificate: ACM Private CA's attributes with their limits, and the X.509 name they make."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from certwright.domain.errors import Finding, Refused

MAX_CUSTOM_ATTRIBUTES = 150
MAX_CUSTOM_VALUE = 256
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,17})){1,30}")
_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attribute:
    wire: str
    oid: x509.ObjectIdentifier
    limit: int
    printable: bool = False


# In the order of CA/B BR 7.1.4.1; what that table does not name follows. Limits: RFC 5280 appendix A and ACM PCA.
_ATTRIBUTES: dict[str, _Attribute] = {
    "country": _Attribute(wire="country", oid=NameOID.COUNTRY_NAME, limit=2, printable=True),
    "state": _Attribute(wire="state", oid=NameOID.STATE_OR_PROVINCE_NAME, limit=128),
    "locality": _Attribute(wire="locality", oid=NameOID.LOCALITY_NAME, limit=128),
    "organization": _Attribute(wire="organization", oid=NameOID.ORGANIZATION_NAME, limit=64),
    "surname": _Attribute(wire="surname", oid=NameOID.SURNAME, limit=40),
    "given_name": _Attribute(wire="givenName", oid=NameOID.GIVEN_NAME, limit=16),
    "organizational_unit": _Attribute(wire="organizationalUnit", oid=NameOID.ORGANIZATIONAL_UNIT_NAME, limit=64),
    "common_name": _Attribute(wire="commonName", oid=NameOID.COMMON_NAME, limit=64),
    "serial_number": _Attribute(wire="serialNumber", oid=NameOID.SERIAL_NUMBER, limit=64, printable=True),
    "distinguished_name_qualifier": _Attribute(
        wire="distinguishedNameQualifier", oid=NameOID.DN_QUALIFIER, limit=64, printable=True
    ),
    "title": _Attribute(wire="title", oid=NameOID.TITLE, limit=64),
    "initials": _Attribute(wire="initials", oid=NameOID.INITIALS, limit=5),
    "pseudonym": _Attribute(wire="pseudonym", oid=NameOID.PSEUDONYM, limit=128),
    "generation_qualifier": _Attribute(wire="generationQualifier", oid=NameOID.GENERATION_QUALIFIER, limit=3),
}
COMMON_NAME_LIMIT = _ATTRIBUTES["common_name"].limit
_PRINTABLE_OIDS = frozenset(a.oid for a in _ATTRIBUTES.values() if a.printable)


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class CustomAttribute(_Model):
    """One attribute of a subject that has no name of its own here."""

    object_identifier: str = Field(
        description="Object identifier of the attribute in dotted form, e.g. 1.3.6.1.4.1.37244.1.1."
    )
    value: str = Field(description=f"Value of the attribute, 1 to {MAX_CUSTOM_VALUE} characters, encoded as UTF-8.")


def _text(what: str, field: str) -> str | None:
    value: str | None = Field(default=None, description=f"{what}, at most {_ATTRIBUTES[field].limit} characters.")
    return value


class Subject(_Model):
    """Who a certificate is for (X.500 distinguished name)."""

    common_name: str | None = _text("Common name: a server's host name, or the name of an authority", "common_name")
    country: str | None = Field(default=None, description="Country as two letters (ISO 3166-1 alpha-2).")
    organization: str | None = _text("Legal name of the organisation", "organization")
    organizational_unit: str | None = _text("Part of the organisation", "organizational_unit")
    state: str | None = _text("State or province", "state")
    locality: str | None = _text("City or town", "locality")
    serial_number: str | None = _text("Serial number of the subject (not of the certificate)", "serial_number")
    title: str | None = _text("Title, such as Mr", "title")
    surname: str | None = _text("Family name", "surname")
    given_name: str | None = _text("First name", "given_name")
    initials: str | None = _text("Initials", "initials")
    pseudonym: str | None = _text("Shortened or assumed name", "pseudonym")
    generation_qualifier: str | None = _text("Qualifier such as Jr. or III", "generation_qualifier")
    distinguished_name_qualifier: str | None = _text(
        "Value that tells entries of the same name apart", "distinguished_name_qualifier"
    )
    custom_attributes: tuple[CustomAttribute, ...] | None = Field(
        default=None, description="Further attributes by object identifier, appended in the order given."
    )


def findings(subject: Subject, path: str) -> list[Finding]:
    """Every limit that `subject` breaks, each with its property path below `path`."""
    found: list[Finding] = []
    for name, row in _ATTRIBUTES.items():
        value = getattr(subject, name)
        if value is None:
            continue
        problem = _country_problem(value) if name == "country" else _text_problem(value, row.limit, row.printable)
        if problem:
            found.append(Finding(code="subject.invalid", message=problem, path=f"{path}.{row.wire}"))
    found.extend(_custom_findings(subject.custom_attributes or (), path))
    return found


def _country_problem(value: str) -> str | None:
    if _COUNTRY.fullmatch(value):
        return None
    return f"{value[:64]!r} is not a country; give two letters (ISO 3166-1), e.g. DE"


def _text_problem(value: str, limit: int, printable: bool) -> str | None:
    if not value.strip():
        return "is empty; leave it out or give a value"
    if len(value) > limit:
        return f"has {len(value)} characters; at most {limit} are allowed"
    if any(unicodedata.category(c) in ("Cc", "Cs", "Cn") for c in value):
        return "contains a control character or a code point that is not assigned; remove it"
    if printable and not _PRINTABLE.fullmatch(value):
        return "may only contain letters, digits, space and ' ( ) + , - . / : = ? (PrintableString)"
    return None


def _custom_findings(custom: Sequence[CustomAttribute], path: str) -> list[Finding]:
    found: list[Finding] = []
    if len(custom) > MAX_CUSTOM_ATTRIBUTES:
        message = f"has {len(custom)} entries; at most {MAX_CUSTOM_ATTRIBUTES} are allowed"
        found.append(Finding(code="subject.invalid", message=message, path=f"{path}.customAttributes"))
    for index, item in enumerate(custom[:MAX_CUSTOM_ATTRIBUTES]):
        at = f"{path}.customAttributes[{index}]"
        if not oid_is_valid(item.object_identifier):
            message = f"{item.object_identifier[:64]!r} is not an object identifier such as 1.3.6.1.4.1.37244.1.1"
            found.append(Finding(code="subject.invalid", message=message, path=f"{at}.objectIdentifier"))
            continue
        printable = item.object_identifier in {o.dotted_string for o in _PRINTABLE_OIDS}
        is_country = item.object_identifier == NameOID.COUNTRY_NAME.dotted_string
        limit = _limit_of(item.object_identifier)
        problem = _country_problem(item.value) if is_country else _text_problem(item.value, limit, printable)
        if problem:
            found.append(Finding(code="subject.invalid", message=problem, path=f"{at}.value"))
    return found


def _limit_of(dotted: str) -> int:
    return next((a.limit for a in _ATTRIBUTES.values() if a.oid.dotted_string == dotted), MAX_CUSTOM_VALUE)


def oid_is_valid(text: str) -> bool:
    """True for a dotted object identifier that DER can carry (first arc 0 to 2, second below 40 under 0 and 1)."""
    if not _OID.fullmatch(text):
        return False
    first, second = text.split(".")[:2]
    return first == "2" or int(second) < 40


def to_name(subject: Subject) -> x509.Name:
    """The name of `subject`: one attribute per RDN, in the order of the table, custom ones last.

    Raises subject.invalid when `findings` has not been asked first and a limit is broken.
    Source: RFC 5280 4.1.2.4 (UTF8String, PrintableString for country, serialNumber and dnQualifier).
    """
    problems = findings(subject, "subject")
    if problems:
        raise Refused(problems)
    attributes = [
        _name_attribute(row.oid, value.upper() if name == "country" else value)
        for name, row in _ATTRIBUTES.items()
        if (value := getattr(subject, name)) is not None
    ]
    for item in subject.custom_attributes or ():
        attributes.append(_name_attribute(x509.ObjectIdentifier(item.object_identifier), item.value))
    return x509.Name(attributes)


def _name_attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    kind = _ASN1Type.PrintableString if oid in _PRINTABLE_OIDS else _ASN1Type.UTF8String
    return x509.NameAttribute(oid, value, _type=kind)


def common_name_only(common_name: str | None) -> x509.Name:
    """The subject of a public certificate: the common name if it fits, else empty (CRT-7, NAM-5)."""
    if common_name is None or len(common_name) > COMMON_NAME_LIMIT:
        return x509.Name([])
    return x509.Name([_name_attribute(NameOID.COMMON_NAME, common_name)])
