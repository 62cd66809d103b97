"""Who a leaf certificate is for and what it may do: inputs, API pass-through, CSR and template, put in order (CRT-10).

What a program states by itself comes first; then ACM Private CA's order: template, API pass-through, CSR. A template
without `_CSRPassthrough` takes subject and names from the CSR and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509

from certwright.domain.certificate import sans_of
from certwright.domain.csr import parse_csr
from certwright.domain.errors import Finding, Refused
from certwright.domain.extension import (
    MANAGED_EXTENSIONS,
    CustomExtension,
    KeyUsage,
    extended_key_usage_oid,
    key_usages_of,
)
from certwright.domain.generalname import to_general_name
from certwright.domain.identifier import Identifier
from certwright.domain.nameset import check_names, common_name_of
from certwright.domain.passthrough import ApiPassthrough, alternative_names, key_usages, policies, purposes
from certwright.domain.subject import Subject, common_name_only, to_name
from certwright.domain.template import Extended
from certwright.domain.templatename import DEFAULT_TEMPLATE, Template, find_template, unknown_template, with_api
from certwright.engine.records import Json, Mode

V = TypeVar("V", bound=x509.ExtensionType)
_NONE = ApiPassthrough()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the certificate says beside key, issuer and times. None: as the profile has it."""

    subject: x509.Name
    sans: tuple[x509.GeneralName, ...]
    key_usages: frozenset[KeyUsage] | None
    extended_key_usages: tuple[x509.ObjectIdentifier, ...] | None
    custom_extensions: tuple[CustomExtension, ...]
    further: tuple[Extended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    spec: Json
    public: bool
    template: Template
    api: ApiPassthrough
    request: x509.CertificateSigningRequest | None
    names: tuple[Identifier, ...]


def template_for(spec: Json) -> Template:
    """The template that a private or signed request is issued under. Raises Refused (`template.unknown`)."""
    stated = str(spec.get("templateArn") or "")
    template = find_template(stated)
    if template is None:
        raise Refused([Finding(code="template.unknown", path="templateArn", message=unknown_template(stated))])
    return template


def passthrough_problem(template: Template, *, stated: bool, signed: bool) -> Finding | None:
    """Why a template and what is to pass through it do not go together, or None."""
    if stated and not template.api:
        return Finding(
            code="template.no_passthrough",
            path="apiPassthrough",
            message=f"the template {template.name} lets nothing through from here; set templateArn to "
            f"arn:aws:acm-pca:::template/{with_api(template)}/V1",
        )
    if template.csr and not signed:
        other = with_api(Template(base=template.base, profile=template.profile))
        return Finding(
            code="template.no_csr",
            path="templateArn",
            message=f"{template.name} passes values of a CSR through, and there is no certificateSigningRequest here; use "
            f"{other}",
        )
    return None


def content_of(mode: Mode, spec: Json) -> Content:
    """Put the sources in order. Raises Refused for names, templates and pass-throughs that Check would have refused."""
    sources = _sources(mode, spec)
    return Content(
        subject=_subject(sources),
        sans=_sans(sources),
        key_usages=_key_usages(sources),
        extended_key_usages=_extended_key_usages(sources),
        custom_extensions=_custom_extensions(sources),
        further=_further(sources),
    )


def _sources(mode: Mode, spec: Json) -> _Sources:
    public = mode is Mode.PUBLIC
    names, findings = check_names(spec.get("domainName"), spec.get("subjectAlternativeNames"), public=public, limit=100)
    template = DEFAULT_TEMPLATE if public else template_for(spec)
    stated = spec.get("apiPassthrough") is not None
    if not public and (problem := passthrough_problem(template, stated=stated, signed=mode is Mode.SIGNED)):
        findings = [*findings, problem]
    if findings:
        raise Refused(findings)
    return _Sources(
        spec=spec,
        public=public,
        template=template,
        api=ApiPassthrough.model_validate(spec["apiPassthrough"]) if stated else _NONE,
        request=parse_csr(spec["certificateSigningRequest"]) if mode is Mode.SIGNED else None,
        names=names,
    )


def _subject(sources: _Sources) -> x509.Name:
    if sources.spec.get("subject"):
        return to_name(Subject.model_validate(sources.spec["subject"]))
    if sources.api.subject is not None:
        return to_name(sources.api.subject)
    if sources.request is not None and not sources.names:
        return sources.request.subject
    return common_name_only(common_name_of(sources.names, public=sources.public))


def _sans(sources: _Sources) -> tuple[x509.GeneralName, ...]:
    """What is stated, here or in the pass-through; else what the CSR asks for."""
    stated = (*(to_general_name(name) for name in sources.names), *alternative_names(sources.api))
    if stated or sources.request is None:
        return tuple(dict.fromkeys(stated))
    return sans_of(sources.request)


def _key_usages(sources: _Sources) -> frozenset[KeyUsage] | None:
    if stated := sources.spec.get("keyUsages"):
        return frozenset(KeyUsage(usage) for usage in stated)
    if not sources.template.blank:
        return None
    if passed := key_usages(sources.api):
        return passed
    asked = _asked(sources, x509.KeyUsage)
    return key_usages_of(asked) if asked is not None else None


def _extended_key_usages(sources: _Sources) -> tuple[x509.ObjectIdentifier, ...] | None:
    if stated := sources.spec.get("extendedKeyUsages"):
        return tuple(extended_key_usage_oid(purpose) for purpose in stated)
    if not sources.template.blank:
        return None
    if passed := purposes(sources.api):
        return passed
    asked = _asked(sources, x509.ExtendedKeyUsage)
    return tuple(asked) if asked is not None else None


def _asked(sources: _Sources, kind: type[V]) -> V | None:
    """What the CSR says, where the template lets it through."""
    if sources.request is None or not sources.template.csr:
        return None
    try:
        return sources.request.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _custom_extensions(sources: _Sources) -> tuple[CustomExtension, ...]:
    stated = tuple(CustomExtension.model_validate(e) for e in sources.spec.get("customExtensions") or ())
    passed = sources.api.extensions.custom_extensions if sources.api.extensions else None
    return stated or tuple(passed or ())


def _further(sources: _Sources) -> tuple[Extended, ...]:
    """Policies of the pass-through, then what the CSR adds: never what the engine writes itself, nothing twice."""
    found: list[Extended] = []
    passed = policies(sources.api)
    if passed is not None:
        found.append((passed, False))
    if sources.request is None or not sources.template.csr:
        return tuple(found)
    taken = {custom.object_identifier for custom in _custom_extensions(sources)}
    taken |= {value.oid.dotted_string for value, _ in found}
    for extension in sources.request.extensions:
        dotted = extension.oid.dotted_string
        if dotted not in taken and dotted not in MANAGED_EXTENSIONS:
            found.append((extension.value, extension.critical))
    return tuple(found)
