"""ACM Private CA's ApiPassthrough: what a request adds to a template that lets it through (`_APIPassthrough`).

The models are the property's shape; `findings` says what is wrong with values; the rest turns them into X.509.
Source: ACM Private CA API reference, ApiPassthrough, Extensions, GeneralName, PolicyInformation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.extension import (
    MAX_EXTENDED_KEY_USAGES,
    CustomExtension,
    ExtendedKeyUsage,
    KeyUsage,
    custom_extension_findings,
    extended_key_usage_oid,
)
from certwright.domain.generalname import to_general_name
from certwright.domain.identifier import UPN_OID, Identifier, IdentifierKind, parse_as
from certwright.domain.subject import Subject, oid_is_valid, to_name
from certwright.domain.subject import findings as subject_findings

PATH = "apiPassthrough"
MAX_NAMES = 150
MAX_POLICIES = 20
MAX_CPS_URI = 256
MAX_JSON = 1_048_576
_POLICIES_OID = x509.CertificatePolicies.oid.dotted_string


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class PassthroughKeyUsage(_Model):
    """Key usages, each a switch."""

    digital_signature: bool = Field(default=False, description="Signatures other than on certificates and CRLs.")
    non_repudiation: bool = Field(default=False, description="Signatures that bind (contentCommitment).")
    key_encipherment: bool = Field(default=False, description="Enciphering keys; not with EC and Ed25519 keys.")
    data_encipherment: bool = Field(default=False, description="Enciphering data; not with EC and Ed25519 keys.")
    key_agreement: bool = Field(default=False, description="Key agreement.")
    key_cert_sign: bool = Field(default=False, description="Signing certificates: refused, authorities only.")
    crl_sign: bool = Field(default=False, description="Signing CRLs.")
    encipher_only: bool = Field(default=False, description="With keyAgreement: enciphering only.")
    decipher_only: bool = Field(default=False, description="With keyAgreement: deciphering only.")


class PassthroughExtendedKeyUsage(_Model):
    """One extended key usage: by its name or by its object identifier."""

    extended_key_usage_type: ExtendedKeyUsage | None = Field(default=None, description="The usage's name.")
    extended_key_usage_object_identifier: str | None = Field(
        default=None, description="Object identifier in dotted form, for usages without a name."
    )


class PolicyQualifier(_Model):
    """The address of the certification practice statement."""

    cps_uri: str = Field(description=f"URI of the statement, at most {MAX_CPS_URI} characters.")


class PolicyQualifierInfo(_Model):
    """One qualifier of a policy; only `CPS` exists."""

    policy_qualifier_id: str = Field(default="CPS", description="`CPS`.")
    qualifier: PolicyQualifier = Field(description="The qualifier itself.")


class PolicyInformation(_Model):
    """One certificate policy."""

    cert_policy_id: str = Field(description="Object identifier of the policy in dotted form.")
    policy_qualifiers: tuple[PolicyQualifierInfo, ...] | None = Field(default=None, description="Its qualifiers.")


class OtherName(_Model):
    """A name of a kind of its own."""

    type_id: str = Field(description="Object identifier of the kind, in dotted form.")
    value: str = Field(description="The name, encoded as UTF8String.")


class GeneralName(_Model):
    """One subject alternative name: exactly one of its kinds."""

    dns_name: str | None = Field(default=None, description="Host name.")
    ip_address: str | None = Field(default=None, description="IPv4 or IPv6 address.")
    rfc822_name: str | None = Field(default=None, alias="rfc822Name", description="Mailbox.")
    uniform_resource_identifier: str | None = Field(default=None, description="URI.")
    directory_name: Subject | None = Field(default=None, description="Distinguished name.")
    other_name: OtherName | None = Field(default=None, description="A name of a kind of its own.")
    registered_id: str | None = Field(default=None, description="Object identifier in dotted form.")


class PassthroughExtensions(_Model):
    """Extensions that the request asks for."""

    subject_alternative_names: tuple[GeneralName, ...] | None = Field(
        default=None, description=f"Further names, at most {MAX_NAMES}."
    )
    key_usage: PassthroughKeyUsage | None = Field(default=None, description="Key usages; blank templates only.")
    extended_key_usage: tuple[PassthroughExtendedKeyUsage, ...] | None = Field(
        default=None, description=f"Extended key usages, at most {MAX_EXTENDED_KEY_USAGES}; blank templates only."
    )
    certificate_policies: tuple[PolicyInformation, ...] | None = Field(
        default=None, description=f"Certificate policies, at most {MAX_POLICIES}."
    )
    custom_extensions: tuple[CustomExtension, ...] | None = Field(default=None, description="Further extensions.")


class ApiPassthrough(_Model):
    """What the request adds to a template whose name ends in `_APIPassthrough` or `_APICSRPassthrough`."""

    subject: Subject | None = Field(default=None, description="Subject of the certificate.")
    extensions: PassthroughExtensions | None = Field(default=None, description="Extensions of the certificate.")

    @model_validator(mode="before")
    @classmethod
    def _accept_text(cls, value: Any) -> Any:
        return from_text(value) if isinstance(value, str) else value


def from_text(text: str) -> Any:
    """The object behind JSON text, in wire spelling: AWS's own spelling (`DigitalSignature`) is accepted there.

    Raises ValueError, whose sentence pydantic keeps; it never quotes the text.
    """
    if len(text) > MAX_JSON:
        raise ValueError(f"has {len(text)} characters; at most {MAX_JSON} are allowed")
    try:
        found = _wire_spelling(json.loads(text))
    except (ValueError, RecursionError):
        raise ValueError("is text, but no JSON; give an object, or its JSON text") from None
    if not isinstance(found, dict):
        raise ValueError("is JSON text of something else than an object")
    return found


# Where lowering the first letter of AWS's spelling does not give ours.
_SPELLINGS = {"CRLSign": "crlSign", "cRLSign": "crlSign"}


def _wire_spelling(value: Any) -> Any:
    if isinstance(value, dict):
        return {_SPELLINGS.get(k, k[:1].lower() + k[1:]): _wire_spelling(v) for k, v in value.items()}
    return [_wire_spelling(v) for v in value] if isinstance(value, list) else value


def canonical(value: Any) -> Any:
    """A wire value for comparison: JSON text and the object it stands for are equal."""
    try:
        return ApiPassthrough.model_validate(value).model_dump(by_alias=True, exclude_none=True, mode="json")
    except ValueError:
        return value


def findings(passthrough: ApiPassthrough, path: str = PATH) -> list[Finding]:
    """Everything that is wrong with the values, each with its property path."""
    found = subject_findings(passthrough.subject, f"{path}.subject") if passthrough.subject else []
    extensions = passthrough.extensions
    if extensions is None:
        return found
    at = f"{path}.extensions"
    found += _names_findings(extensions.subject_alternative_names or (), f"{at}.subjectAlternativeNames")
    found += _purpose_findings(extensions.extended_key_usage or (), f"{at}.extendedKeyUsage")
    found += _policy_findings(extensions.certificate_policies or (), f"{at}.certificatePolicies")
    found += custom_extension_findings(extensions.custom_extensions or (), f"{at}.customExtensions")
    if extensions.certificate_policies:
        found += [
            Finding(
                code="extension.repeated",
                path=f"{at}.customExtensions[{index}]",
                message=f"{_POLICIES_OID} is what certificatePolicies writes; leave one of them out",
            )
            for index, custom in enumerate(extensions.custom_extensions or ())
            if custom.object_identifier == _POLICIES_OID
        ]
    if extensions.key_usage is not None and not key_usages(passthrough):
        found.append(_invalid(f"{at}.keyUsage", "switches no usage on; leave it out or switch one on"))
    return found


def _invalid(path: str, message: str) -> Finding:
    return Finding(code="extension.invalid", path=path, message=message)


def _too_many(count: int, limit: int, path: str) -> list[Finding]:
    return [_invalid(path, f"has {count} entries; at most {limit} are allowed")] if count > limit else []


def _names_findings(names: Sequence[GeneralName], path: str) -> list[Finding]:
    found = _too_many(len(names), MAX_NAMES, path)
    for index, name in enumerate(names[:MAX_NAMES]):
        found += _general_name(name, f"{path}[{index}]")[1]
    return found


_KINDS: dict[str, IdentifierKind] = {
    "dns_name": IdentifierKind.DNS,
    "ip_address": IdentifierKind.IP,
    "rfc822_name": IdentifierKind.EMAIL,
    "uniform_resource_identifier": IdentifierKind.URI,
}


def _general_name(name: GeneralName, path: str) -> tuple[x509.GeneralName | None, list[Finding]]:
    stated = sorted(field for field in GeneralName.model_fields if getattr(name, field) is not None)
    if len(stated) != 1:
        kinds = ", ".join(f.alias or n for n, f in GeneralName.model_fields.items())
        return None, [_invalid(path, f"has {len(stated)} kinds of name; give exactly one of {kinds}")]
    if stated[0] in _KINDS:
        return _named(*parse_as(_KINDS[stated[0]], getattr(name, stated[0]), path=path))
    if name.other_name is not None:
        other = name.other_name
        is_upn = other.type_id == UPN_OID.dotted_string
        kind = IdentifierKind.UPN if is_upn else IdentifierKind.OTHER
        return _named(*parse_as(kind, other.value if is_upn else f"{other.type_id}={other.value}", path=path))
    if name.directory_name is not None:
        problems = subject_findings(name.directory_name, f"{path}.directoryName")
        if not problems and not list(to_name(name.directory_name)):
            problems = [_invalid(f"{path}.directoryName", "is empty; give at least one attribute")]
        return (None, problems) if problems else (x509.DirectoryName(to_name(name.directory_name)), [])
    dotted = name.registered_id or ""
    if not oid_is_valid(dotted):
        return None, [_invalid(f"{path}.registeredId", f"{dotted[:64]!r} is not an object identifier")]
    return x509.RegisteredID(x509.ObjectIdentifier(dotted)), []


def _named(identifier: Identifier | None, objections: list[Finding]) -> tuple[x509.GeneralName | None, list[Finding]]:
    return (None if identifier is None else to_general_name(identifier)), objections


def _purpose_findings(purposes: Sequence[PassthroughExtendedKeyUsage], path: str) -> list[Finding]:
    found = _too_many(len(purposes), MAX_EXTENDED_KEY_USAGES, path)
    for index, purpose in enumerate(purposes[:MAX_EXTENDED_KEY_USAGES]):
        if (purpose.extended_key_usage_type is None) == (purpose.extended_key_usage_object_identifier is None):
            message = "needs exactly one of extendedKeyUsageType and extendedKeyUsageObjectIdentifier"
            found.append(_invalid(f"{path}[{index}]", message))
            continue
        try:
            _purpose(purpose, f"{path}[{index}]")
        except CertwrightError as refusal:
            found += refusal.findings if isinstance(refusal, Refused) else ()
    return found


def _purpose(purpose: PassthroughExtendedKeyUsage, path: str = PATH) -> x509.ObjectIdentifier:
    stated = purpose.extended_key_usage_type or purpose.extended_key_usage_object_identifier or ""
    return extended_key_usage_oid(str(stated), path=path)


def _policy_findings(policies: Sequence[PolicyInformation], path: str) -> list[Finding]:
    found = _too_many(len(policies), MAX_POLICIES, path)
    seen: set[str] = set()
    for index, policy in enumerate(policies[:MAX_POLICIES]):
        at, dotted = f"{path}[{index}]", policy.cert_policy_id
        if not oid_is_valid(dotted):
            found.append(_invalid(f"{at}.certPolicyId", f"{dotted[:64]!r} is not an object identifier"))
        elif dotted in seen:
            found.append(Finding(code="extension.repeated", path=at, message=f"{dotted} is given twice"))
        seen.add(dotted)
        for number, entry in enumerate(policy.policy_qualifiers or ()):
            found += _qualifier_findings(entry, f"{at}.policyQualifiers[{number}]")
    return found


def _qualifier_findings(entry: PolicyQualifierInfo, path: str) -> Iterator[Finding]:
    if entry.policy_qualifier_id != "CPS":
        yield _invalid(f"{path}.policyQualifierId", f"{entry.policy_qualifier_id[:40]!r} is not a qualifier; use CPS")
    uri = entry.qualifier.cps_uri
    if not uri.isascii() or not uri.isprintable() or ":" not in uri or " " in uri or len(uri) > MAX_CPS_URI:
        yield _invalid(f"{path}.qualifier.cpsUri", f"is not a URI of at most {MAX_CPS_URI} ASCII characters")


def alternative_names(passthrough: ApiPassthrough) -> tuple[x509.GeneralName, ...]:
    """The names of a pass-through that `findings` found nothing wrong with."""
    stated = passthrough.extensions.subject_alternative_names if passthrough.extensions else None
    made = [_general_name(name, PATH)[0] for name in stated or ()]
    return tuple(dict.fromkeys(name for name in made if name is not None))


def key_usages(passthrough: ApiPassthrough) -> frozenset[KeyUsage]:
    """The usages that are switched on; empty when nothing is stated."""
    usage = passthrough.extensions.key_usage if passthrough.extensions else None
    if usage is None:
        return frozenset()
    return frozenset(KeyUsage(field.upper()) for field in PassthroughKeyUsage.model_fields if getattr(usage, field))


def purposes(passthrough: ApiPassthrough) -> tuple[x509.ObjectIdentifier, ...]:
    """The extended key usages; empty when nothing is stated."""
    stated = passthrough.extensions.extended_key_usage if passthrough.extensions else None
    return tuple(_purpose(purpose) for purpose in stated or ())


def policies(passthrough: ApiPassthrough) -> x509.CertificatePolicies | None:
    """The certificatePolicies extension, or None."""
    stated = passthrough.extensions.certificate_policies if passthrough.extensions else None
    if not stated:
        return None
    return x509.CertificatePolicies(
        [
            x509.PolicyInformation(
                x509.ObjectIdentifier(policy.cert_policy_id),
                [entry.qualifier.cps_uri for entry in policy.policy_qualifiers or ()] or None,
            )
            for policy in stated
        ]
    )
