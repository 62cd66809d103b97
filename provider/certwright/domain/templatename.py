"""ACM Private CA's template names: what each fixes, and what may pass through from the API and from the CSR.

Source: ACM Private CA user guide, "Understanding certificate templates": a template without a suffix takes subject and
names from the CSR and nothing else; `_APIPassthrough` and `_CSRPassthrough` let further values in; the priority is
template, then API, then CSR.
"""

from __future__ import annotations

from dataclasses import dataclass

from certwright.domain.profile import ProfileName

MAX_SHOWN = 100

_BASES: dict[str, ProfileName] = {
    "EndEntityCertificate": ProfileName.END_ENTITY,
    "EndEntityServerAuthCertificate": ProfileName.SERVER_AUTH,
    "EndEntityClientAuthCertificate": ProfileName.CLIENT_AUTH,
    "CodeSigningCertificate": ProfileName.CODE_SIGNING,
    "OCSPSigningCertificate": ProfileName.OCSP_SIGNING,
}
_BLANKS: dict[str, ProfileName] = {
    "BlankEndEntityCertificate": ProfileName.BLANK,
    "BlankEndEntityCertificate_CriticalBasicConstraints": ProfileName.BLANK_CRITICAL,
}
# Suffix → from the API, from the CSR.
_SUFFIXES: dict[str, tuple[bool, bool]] = {
    "_APICSRPassthrough": (True, True),
    "_APIPassthrough": (True, False),
    "_CSRPassthrough": (False, True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template. `base` is its name without a suffix; `blank` fixes no usages of its own."""

    base: str
    profile: ProfileName
    api: bool = False
    csr: bool = False

    @property
    def blank(self) -> bool:
        return self.base in _BLANKS

    @property
    def name(self) -> str:
        suffix = next((s for s, passes in _SUFFIXES.items() if passes == (self.api, self.csr)), "")
        return self.base + suffix


def _every_template() -> dict[str, Template]:
    found = {base: Template(base=base, profile=profile) for base, profile in _BASES.items()}
    for base, profile in {**_BASES, **_BLANKS}.items():
        for suffix, (api, csr) in _SUFFIXES.items():
            found[base + suffix] = Template(base=base, profile=profile, api=api, csr=csr)
    return found


# Blank templates exist only with a suffix.
TEMPLATES: dict[str, Template] = _every_template()
DEFAULT_TEMPLATE = TEMPLATES["EndEntityCertificate"]


def find_template(stated: str | None) -> Template | None:
    """The template of an ARN (`arn:aws:acm-pca:::template/NAME/V1`) or of its name alone; None for an unknown one.

    Nothing stated means `EndEntityCertificate`.
    """
    if not stated:
        return DEFAULT_TEMPLATE
    name, _, version = stated.rsplit("template/", 1)[-1].partition("/")
    return TEMPLATES.get(name) if version in ("", "V1") else None


def unknown_template(stated: str) -> str:
    """The sentence that refuses a name which `find_template` does not know."""
    bases = ", ".join(_BASES)
    return (
        f'"{stated[:MAX_SHOWN]}" is not a template that certificates can use; known: {bases}, each also with '
        f"{', '.join(_SUFFIXES)}; and {', '.join(_BLANKS)}, only with one of these suffixes"
    )


def with_api(template: Template) -> str:
    """The name of the same template with API pass-through: what a refusal proposes."""
    wanted = (True, template.csr)
    return template.base + next(suffix for suffix, passes in _SUFFIXES.items() if passes == wanted)


def blank_with(template: Template) -> str:
    """The blank template that lets the same sources through and fixes no usages."""
    wanted = (template.api, template.csr)
    return "BlankEndEntityCertificate" + next(suffix for suffix, passes in _SUFFIXES.items() if passes == wanted)
