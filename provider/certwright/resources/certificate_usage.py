"""What Check says about subject, usages, extensions, template and pass-through of a private or signed certificate."""

from __future__ import annotations

from typing import Any

from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.extension import MAX_EXTENDED_KEY_USAGES, custom_extension_findings, extended_key_usage_oid
from certwright.domain.passthrough import ApiPassthrough
from certwright.domain.passthrough import findings as passthrough_findings
from certwright.domain.subject import Subject
from certwright.domain.subject import findings as subject_findings
from certwright.domain.templatename import Template, blank_with, find_template, unknown_template
from certwright.domain.values import contains_unknown
from certwright.engine.leafcontent import passthrough_problem
from certwright.engine.records import Mode
from certwright.resources.certificate_model import CertificateInputs

# Stated twice, neither would be surely meant: property → where the pass-through has it.
_TWICE = {
    "subject": ("subject",),
    "key_usages": ("extensions", "key_usage"),
    "extended_key_usages": ("extensions", "extended_key_usage"),
    "custom_extensions": ("extensions", "custom_extensions"),
}


def usage_findings(mode: Mode, typed: CertificateInputs) -> list[Finding]:
    """Every objection; unknown values are passed over."""
    findings: list[Finding] = []
    if isinstance(typed.subject, Subject):
        findings += subject_findings(typed.subject, "subject")
    if isinstance(typed.custom_extensions, list) and not contains_unknown(typed.custom_extensions):
        findings += custom_extension_findings(typed.custom_extensions, "customExtensions")
    if isinstance(typed.extended_key_usages, list):
        findings += _purposes(typed.extended_key_usages)
    if isinstance(typed.api_passthrough, ApiPassthrough):
        findings += passthrough_findings(typed.api_passthrough)
        findings += _stated_twice(typed, typed.api_passthrough)
    return findings + _template(mode, typed)


def _purposes(stated: list[Any]) -> list[Finding]:
    path = "extendedKeyUsages"
    if len(stated) > MAX_EXTENDED_KEY_USAGES:
        message = f"has {len(stated)} entries; at most {MAX_EXTENDED_KEY_USAGES} are allowed"
        return [Finding(code="extension.invalid", path=path, message=message)]
    found: list[Finding] = []
    for index, purpose in enumerate(stated):
        if isinstance(purpose, str):
            found += refusal(extended_key_usage_oid, purpose, path=f"{path}[{index}]")
    return found


def _stated_twice(typed: CertificateInputs, passthrough: ApiPassthrough) -> list[Finding]:
    found: list[Finding] = []
    for name, steps in _TWICE.items():
        inner: Any = passthrough
        for step in steps:
            inner = getattr(inner, step, None)
        if inner is None or getattr(typed, name) is None:
            continue
        wire = CertificateInputs.model_fields[name].alias or name
        path = ".".join(["apiPassthrough", *(_wire(step) for step in steps)])
        message = f"says what {path} says too; leave one of them out"
        found.append(Finding(code="passthrough.twice", path=wire, message=message))
    return found


def _wire(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _template(mode: Mode, typed: CertificateInputs) -> list[Finding]:
    stated: object = typed.template_arn
    if mode not in (Mode.PRIVATE, Mode.SIGNED) or not (stated is None or isinstance(stated, str)):
        return []
    template = find_template(stated)
    if template is None:
        return [Finding(code="template.unknown", path="templateArn", message=unknown_template(str(stated)))]
    passes = typed.api_passthrough is not None
    problem = passthrough_problem(template, stated=passes, signed=mode is Mode.SIGNED)
    return [problem] if problem else []


def overruled(typed: CertificateInputs) -> list[str]:
    """Sentences on pass-through values that the template overrules: ACM's order is template, API, CSR."""
    passthrough, stated = typed.api_passthrough, typed.template_arn
    template = find_template(stated if isinstance(stated, str) else None)
    if not isinstance(passthrough, ApiPassthrough) or passthrough.extensions is None or not _fixes_usages(template):
        return []
    assert template is not None
    return [
        f"apiPassthrough.extensions.{_wire(name)} is not used: the template {template.name} fixes it; "
        f"{blank_with(template)} does not"
        for name in ("key_usage", "extended_key_usage")
        if getattr(passthrough.extensions, name) is not None
    ]


def _fixes_usages(template: Template | None) -> bool:
    return template is not None and template.api and not template.blank


def refusal(call: Any, *arguments: Any, **named: Any) -> list[Finding]:
    """What a parser that raises has to say, as findings."""
    try:
        call(*arguments, **named)
    except Refused as refused:
        return list(refused.findings)
    except CertwrightError as problem:
        return [Finding(code=problem.code, message=problem.message, path=str(named.get("path", "")))]
    return []
