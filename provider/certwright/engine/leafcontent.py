"""Who a leaf certificate is for and what it may do: inputs, API pass-through, CSR and template, put in order (CRT-10).

What a program states by itself comes first; then ACM Private CA's order: template, API pass-through, CSR. A template
without `_CSRPassthrough` takes subject and names from the CSR and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509

from certwright.domain.certificate import sans_of
from certwright.domain.errors import Finding, Refused
from certwright.domain.extension import (
    MANAGED_EXTENSIONS,
    CustomExtension,
    KeyUsage,
    extended_key_usage_oid,
    key_usages_of,
)
from certwright.domain.generalname import to_general_name
from certwright.domain.nameset import common_name_of
from certwright.domain.passthrough import ApiPassthrough, alternative_names, key_usages, policies, purposes
from certwright.domain.subject import common_name_only, to_name
from certwright.domain.template import Extended
from certwright.domain.templatename import DEFAULT_TEMPLATE, Template, find_template, unknown_template, with_api
from certwright.engine.records import Mode
from certwright.engine.request import Request

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
    stated: Request
    public: bool
    template: Template
    api: ApiPassthrough


def template_for(request: Request) -> Template:
    """The template that a private or signed request is issued under. Raises Refused (`template.unknown`)."""
    template = find_template(request.template)
    if template is None:
        message = unknown_template(request.template)
        raise Refused([Finding(code="template.unknown", path="templateArn", message=message)])
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


def content_of(request: Request) -> Content:
    """Put the sources in order. Raises Refused for names, templates and pass-throughs that Check would have refused."""
    sources = _sources(request)
    return Content(
        subject=_subject(sources),
        sans=_sans(sources),
        key_usages=_key_usages(sources),
        extended_key_usages=_extended_key_usages(sources),
        custom_extensions=_custom_extensions(sources),
        further=_further(sources),
    )


def _sources(request: Request) -> _Sources:
    public = request.mode is Mode.PUBLIC
    findings = list(request.names.problems)
    template = DEFAULT_TEMPLATE if public else template_for(request)
    stated, signed = request.passthrough is not None, request.mode is Mode.SIGNED
    if not public and (problem := passthrough_problem(template, stated=stated, signed=signed)):
        findings.append(problem)
    if findings:
        raise Refused(findings)
    return _Sources(stated=request, public=public, template=template, api=request.passthrough or _NONE)


def _subject(sources: _Sources) -> x509.Name:
    if sources.stated.subject is not None:
        return to_name(sources.stated.subject)
    if sources.api.subject is not None:
        return to_name(sources.api.subject)
    if sources.stated.csr is not None and not sources.stated.names.identifiers:
        return sources.stated.csr.subject
    return common_name_only(common_name_of(sources.stated.names.identifiers, public=sources.public))


def _sans(sources: _Sources) -> tuple[x509.GeneralName, ...]:
    """What is stated, here or in the pass-through; else what the CSR asks for."""
    names = sources.stated.names.identifiers
    stated = (*(to_general_name(name) for name in names), *alternative_names(sources.api))
    if stated or sources.stated.csr is None:
        return tuple(dict.fromkeys(stated))
    return sans_of(sources.stated.csr)


def _key_usages(sources: _Sources) -> frozenset[KeyUsage] | None:
    if sources.stated.key_usages:
        return sources.stated.key_usages
    if not sources.template.blank:
        return None
    if passed := key_usages(sources.api):
        return passed
    asked = _asked(sources, x509.KeyUsage)
    return key_usages_of(asked) if asked is not None else None


def _extended_key_usages(sources: _Sources) -> tuple[x509.ObjectIdentifier, ...] | None:
    if stated := sources.stated.extended_key_usages:
        return tuple(extended_key_usage_oid(purpose) for purpose in stated)
    if not sources.template.blank:
        return None
    if passed := purposes(sources.api):
        return passed
    asked = _asked(sources, x509.ExtendedKeyUsage)
    return tuple(asked) if asked is not None else None


def _asked(sources: _Sources, kind: type[V]) -> V | None:
    """What the CSR says, where the template lets it through."""
    if sources.stated.csr is None or not sources.template.csr:
        return None
    try:
        return sources.stated.csr.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _custom_extensions(sources: _Sources) -> tuple[CustomExtension, ...]:
    passed = sources.api.extensions.custom_extensions if sources.api.extensions else None
    return sources.stated.custom_extensions or tuple(passed or ())


def _further(sources: _Sources) -> tuple[Extended, ...]:
    """Policies of the pass-through, then what the CSR adds: never what the engine writes itself, nothing twice."""
    found: list[Extended] = []
    passed = policies(sources.api)
    if passed is not None:
        found.append((passed, False))
    if sources.stated.csr is None or not sources.template.csr:
        return tuple(found)
    taken = {custom.object_identifier for custom in _custom_extensions(sources)}
    taken |= {value.oid.dotted_string for value, _ in found}
    for extension in sources.stated.csr.extensions:
        dotted = extension.oid.dotted_string
        if dotted not in taken and dotted not in MANAGED_EXTENSIONS:
            found.append((extension.value, extension.critical))
    return tuple(found)
