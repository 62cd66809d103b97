"""DNS names as certificates carry them: parsed once, kept as lower-case A-labels, shown both ways.

Source: RFC 1035 2.3.4 (lengths), RFC 1123 2.1 (host names), RFC 5890 to 5893 (IDNA 2008), UTS 46 (mapping of input),
RFC 6125 6.4.3 (wildcards). The standard library's IDNA 2003 codec is never used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import idna

from certwright.domain.errors import Finding, Refused

NAMES_INVALID = "names.invalid"
MAX_NAME_LENGTH = 253
MAX_LABEL_LENGTH = 63
MAX_INPUT_LENGTH = 1024
WILDCARD = "*"

_SHOWN_LENGTH = 80
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # UTS 46 2.3: what separates labels on input
_STORED_LABEL = re.compile(r"\*|[a-z0-9_-]{1,63}")
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_JOINERS = "\u200c\u200d"  # IDNA 2008 allows them in some contexts (RFC 5892 A.1, A.2)
_IDNA_REASONS = {
    "label_too_long": f"its A-label is longer than {MAX_LABEL_LENGTH} characters",
    "empty_label": "nothing is left of it after mapping",
    "hyphen_3_4": "hyphens in positions 3 and 4 are reserved",
    "hyphen_start_end": "it begins or ends with a hyphen",
    "leading_combiner": "it begins with a combining mark",
    "invalid_alabel": "its Punycode does not decode",
    "non_canonical_alabel": "its Punycode is not the canonical one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsName:
    """One DNS name, as made by `parse_dns_name` or `parse_record_name`.

    labels: lower-case A-labels, leftmost first; the first may be ``*``.
    """

    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.labels or not all(_STORED_LABEL.fullmatch(label) for label in self.labels):
            raise ValueError("a DnsName is made by parse_dns_name from checked labels")

    @property
    def text(self) -> str:
        """A-labels joined by dots, without a trailing dot."""
        return ".".join(self.labels)

    @property
    def unicode(self) -> str:
        """U-labels joined by dots, for people."""
        return ".".join(idna.ulabel(label) if label.startswith("xn--") else label for label in self.labels)

    @property
    def is_wildcard(self) -> bool:
        return self.labels[0] == WILDCARD

    def without_wildcard(self) -> DnsName:
        return DnsName(labels=self.labels[1:]) if self.is_wildcard else self

    def parents(self) -> tuple[DnsName, ...]:
        """The name itself, then each parent up to the top-level domain; the root is not among them."""
        return tuple(DnsName(labels=self.labels[start:]) for start in range(len(self.labels)))

    def covers(self, host: DnsName) -> bool:
        """Whether a certificate for this name is good for `host`; the wildcard stands for exactly one label."""
        if self == host:
            return True
        return self.is_wildcard and not host.is_wildcard and host.labels[1:] == self.labels[1:]

    def __str__(self) -> str:
        return self.text


def parse_dns_name(text: object, *, allow_wildcard: bool, path: str = "") -> tuple[DnsName | None, list[Finding]]:
    """Read a host name, in Unicode or A-labels, in any case.

    text: from outside, of any type and content. path: the property that it came from.
    Returns the name, or None and every objection to it at once (code ``names.invalid``).
    Does not ask for a second label: ``localhost`` and ``fire-sensor-123`` are names; see `publicname` for public ones.
    """
    return _parse(text, _Rules(what="host name", underscore=False, wildcard=allow_wildcard, final_dot=False), path)


def parse_record_name(text: object, *, path: str = "") -> tuple[DnsName | None, list[Finding]]:
    """Read the owner name of a DNS record: as a host name, but underscores and one final dot are allowed, ``*`` not."""
    return _parse(text, _Rules(what="record name", underscore=True, wildcard=False, final_dot=True), path)


def dns_name(text: str, *, allow_wildcard: bool = True) -> DnsName:
    """The name for a text that was checked before; raises `Refused` (``names.invalid``) otherwise."""
    name, findings = parse_dns_name(text, allow_wildcard=allow_wildcard)
    if name is None:
        raise Refused(findings)
    return name


def quoted(text: str) -> str:
    """The text between double quotes, safe for a terminal: what is invisible is escaped, what is long is cut."""
    cut = text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
    return '"' + "".join(_escaped(c) if c in '\\"' or is_invisible(c) else c for c in cut) + '"'


def is_invisible(char: str) -> bool:
    """Controls, bidi and other format characters, surrogates, unassigned ones, and every space but U+0020."""
    return char != " " and unicodedata.category(char)[0] in "CZ"


def _escaped(char: str) -> str:
    return f"\\{char}" if char in '\\"' else f"\\u{{{ord(char):04x}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    what: str
    underscore: bool
    wildcard: bool
    final_dot: bool


def _parse(text: object, rules: _Rules, path: str) -> tuple[DnsName | None, list[Finding]]:
    if not isinstance(text, str):
        return None, [_finding(f"a {rules.what} is text, not {type(text).__name__}", path)]
    if not text:
        return None, [_finding(f"a {rules.what} cannot be empty", path)]
    if len(text) > MAX_INPUT_LENGTH:
        return None, [_finding(f"{quoted(text)}: {_too_long(rules.what, len(text))}", path)]
    name, objections = _judged(text, rules)
    return name, [_finding(f"{quoted(text)}: {o}", path) for o in objections]


@lru_cache(maxsize=4096)
def _judged(text: str, rules: _Rules) -> tuple[DnsName | None, tuple[str, ...]]:
    """The name, or every objection once. One request looks at the same name several times: check, diff, lint, issue."""
    objections: list[str] = []
    labels = _labels_of(text, rules, objections)
    stored: list[str] = []
    for index, label in enumerate(labels):
        stored.append(_stored_label(label, index, rules, objections))
    if not objections:
        objections.extend(_objections_to_whole(stored, rules))
    if objections:
        return None, tuple(dict.fromkeys(objections))  # one sentence for each kind of fault, in the order met
    return DnsName(labels=tuple(stored)), ()


def _finding(message: str, path: str) -> Finding:
    return Finding(code=NAMES_INVALID, message=message, path=path)


def _too_long(what: str, length: int) -> str:
    return f"{length} characters are too many; a {what} has at most {MAX_NAME_LENGTH}"


def _labels_of(text: str, rules: _Rules, objections: list[str]) -> list[str]:
    labels = _DOTS.split(text)
    if len(labels) > 1 and not labels[-1]:
        labels.pop()
        if not rules.final_dot:
            objections.append("a name ends without a dot here; leave out the last one")
    if not all(labels):
        objections.append("two dots stand side by side or a dot comes first; each label needs a character")
    return labels


def _stored_label(label: str, index: int, rules: _Rules, objections: list[str]) -> str:
    """The lower-case A-label, or anything when an objection was added."""
    if not label:
        return label
    if label == WILDCARD and index == 0:
        if not rules.wildcard:
            objections.append("a wildcard is not allowed here")
        return label
    invisible = [c for c in label if is_invisible(c) and c not in _JOINERS]
    if invisible:
        # UTS 46 would drop some of these silently; the name that is issued must be the name that was reviewed.
        objections.append(f"invisible character U+{ord(invisible[0]):04X} is not allowed")
        return label
    try:
        mapped = idna.uts46_remap(label, std3_rules=False)
    except ValueError as error:
        objections.append(_idna_objection(label, error))
        return label
    if not mapped.isascii():
        return _a_label(label, mapped, objections)
    objections.extend(_objections_to_ascii(label, mapped, rules))
    return mapped


def _a_label(label: str, mapped: str, objections: list[str]) -> str:
    try:
        return idna.alabel(mapped).decode("ascii")
    except ValueError as error:
        objections.append(_idna_objection(label, error))
        return label


def _idna_objection(label: str, error: ValueError) -> str:
    code, point = getattr(error, "code", None), getattr(error, "codepoint", None)
    reason = _IDNA_REASONS.get(code or "")
    if reason is None and isinstance(code, str) and code.startswith("bidi"):
        reason = "it breaks the rule for right-to-left text (RFC 5893)"
    elif reason is None and isinstance(point, int):
        reason = f"U+{point:04X} is not allowed there"
    kind = "A-label" if label.lower().startswith("xn--") else "internationalised label (IDNA 2008)"
    return f"label {quoted(label)} is not a valid {kind}" + (f": {reason}" if reason else "")


def _objections_to_ascii(label: str, mapped: str, rules: _Rules) -> Iterator[str]:
    if not mapped:
        yield f"label {quoted(label)} is empty after mapping"
        return
    if len(mapped) > MAX_LABEL_LENGTH:
        yield f"label {quoted(label)} has {len(mapped)} characters; at most {MAX_LABEL_LENGTH} are allowed"
    strange = [c for c in dict.fromkeys(mapped) if c not in _HOST_CHARACTERS]
    for char in strange:
        if char == WILDCARD:
            yield "a wildcard stands for one leftmost label only"
        elif char == "_":
            if not rules.underscore:
                yield f"underscore is not allowed in a {rules.what}"
        else:
            yield f"character {quoted(char)} is not allowed in a {rules.what}"
    if mapped[0] == "-" or mapped[-1] == "-":
        yield f"label {quoted(label)} begins or ends with a hyphen"
    if mapped[2:4] == "--":
        yield from _objections_to_reserved(label, mapped)


def _objections_to_reserved(label: str, mapped: str) -> Iterator[str]:
    """Hyphens in positions 3 and 4 (RFC 5890 2.3.1): only a valid, canonical A-label may have them."""
    if not mapped.startswith("xn--"):
        yield f"label {quoted(label)} has hyphens in positions 3 and 4, which only an A-label (xn--) may have"
        return
    try:
        if idna.alabel(idna.ulabel(mapped)).decode("ascii") != mapped:
            yield f"label {quoted(label)} is not a valid A-label: its Punycode is not the canonical one"
    except ValueError as error:
        yield _idna_objection(label, error)


def _objections_to_whole(stored: list[str], rules: _Rules) -> Iterator[str]:
    length = sum(len(label) + 1 for label in stored) - 1
    if length > MAX_NAME_LENGTH:
        yield _too_long(rules.what, length)
    if stored == [WILDCARD]:
        yield "a wildcard needs a name after it"
    if len(stored) > 1 and _NUMBER.fullmatch(stored[-1]):
        # A browser takes such a name for an IPv4 address (WHATWG URL 3.5), and no such top-level domain can exist.
        yield "the last label is a number: neither a host name nor a valid IP address"
    yield from _bidi_objections(stored)


def _bidi_objections(stored: list[str]) -> Iterator[str]:
    """RFC 5893 2: once one label is right-to-left, the rule holds for every label of the name."""
    shown = [idna.ulabel(label) if label.startswith("xn--") else label for label in stored]
    if not any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for label in shown for char in label):
        return
    for label in shown:
        if label == WILDCARD or "_" in label:
            continue
        try:
            idna.check_bidi(label, check_ltr=True)
        except ValueError as error:
            yield _idna_objection(label, error)
