"""The names of one certificate, judged together: `domainName` first, then `subjectAlternativeNames`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from certwright.domain.dnsname import NAMES_INVALID, quoted
from certwright.domain.errors import Finding
from certwright.domain.identifier import Identifier, IdentifierKind, parse_identifier
from certwright.domain.publicname import NEEDS_PUBLIC_NAME, public_name_findings
from certwright.domain.values import UNKNOWN

DEFAULT_NAME_LIMIT = 10
NAME_LIMIT_CEILING = 100
MAX_COMMON_NAME_LENGTH = 64  # RFC 5280 A.1: ub-common-name

FIRST_NAME = "domainName"
OTHER_NAMES = "subjectAlternativeNames"

# A directory name has its own place in the subject, and another name's bytes mean nothing there.
_KINDS_WITHOUT_COMMON_NAME = frozenset({IdentifierKind.DN, IdentifierKind.OTHER})


def check_names(
    domain_name: object, sans: object, *, public: bool, limit: int = DEFAULT_NAME_LIMIT
) -> tuple[tuple[Identifier, ...], list[Finding]]:
    """Read and judge every name that a request states.

    domain_name: text, `UNKNOWN` (known only after an earlier step), or None where a request has none.
    sans: sequence of text and `UNKNOWN`; or `UNKNOWN`, or None. public: public-kind certificate: public DNS names only.
    limit: how many different names, 1 to NAME_LIMIT_CEILING.
    Returns the identifiers that could be read, `domain_name` first, each once, and all findings at once; unknown values
    are passed over. The order of `sans` carries no meaning.
    """
    names: dict[Identifier, None] = {}
    findings: list[Finding] = []
    for path, text in _stated(domain_name, sans, findings):
        identifier, objections = parse_identifier(text, path=path)
        if identifier is None:
            findings.extend(objections)
            continue
        if public:
            findings.extend(_public_findings(identifier, text, path))
        names.setdefault(identifier)
    findings.extend(_limit_findings(len(names), min(limit, NAME_LIMIT_CEILING)))
    return tuple(names), findings


def common_name_of(identifiers: Iterable[Identifier], *, public: bool) -> str | None:
    """The subject's common name: the first name, where it fits.

    None when there is no name, or when it does not fit: a private certificate then has no common name and a critical
    SAN extension (RFC 5280 4.2.1.6); for a public one `check_names` has refused it before.
    """
    first = next(iter(identifiers), None)
    if first is None or first.kind in _KINDS_WITHOUT_COMMON_NAME or len(first.value) > MAX_COMMON_NAME_LENGTH:
        return None
    return None if public and first.kind is not IdentifierKind.DNS else first.value


def _stated(domain_name: object, sans: object, findings: list[Finding]) -> Iterator[tuple[str, object]]:
    """Each known name with its property path."""
    if domain_name is not None and domain_name is not UNKNOWN:
        yield FIRST_NAME, domain_name
    if sans is None or sans is UNKNOWN:
        return
    if not isinstance(sans, list | tuple):
        message = f"this is a list of names, not {type(sans).__name__}"
        findings.append(Finding(code=NAMES_INVALID, message=message, path=OTHER_NAMES))
        return
    for index, text in enumerate(sans):
        if text is not UNKNOWN:
            yield f"{OTHER_NAMES}[{index}]", text


def _public_findings(identifier: Identifier, text: object, path: str) -> Iterator[Finding]:
    name = identifier.dns
    if name is None:
        yield Finding(code=NAMES_INVALID, message=f"{quoted(str(text))}: {NEEDS_PUBLIC_NAME}", path=path)
        return
    yield from public_name_findings(name, path=path)
    if path == FIRST_NAME and len(name.text) > MAX_COMMON_NAME_LENGTH:
        message = (
            f"{quoted(name.text)}: the first name of a public certificate is also its common name, which holds "
            f"{MAX_COMMON_NAME_LENGTH} characters, and this one has {len(name.text)}; put a shorter name first"
        )
        yield Finding(code=NAMES_INVALID, message=message, path=path)


def _limit_findings(count: int, limit: int) -> Iterator[Finding]:
    if count <= limit:
        return
    hint = "use several certificates"
    if limit < NAME_LIMIT_CEILING:
        hint = f"raise it in the provider's limits (up to {NAME_LIMIT_CEILING}), or {hint}"
    message = f"{count} different names, domainName included, and the limit is {limit}; {hint}"
    yield Finding(code=NAMES_INVALID, message=message, path=OTHER_NAMES)
