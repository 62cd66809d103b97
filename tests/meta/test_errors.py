"""Dotted codes: well-formed, one meaning each, all documented."""

from __future__ import annotations

import re

from meta.house import DOCS, PACKAGE

from docgen import errors  # isort: skip  (its directory is put on the path by meta.house)

# Said as a reason in a preview and as a refusal: the same fact, seen from two sides.
BOTH_REASON_AND_ERROR = frozenset({"issuer.too_short", "issuer.not_found"})


def test_every_dotted_constant_is_understood() -> None:
    """A constant that looks like a code is one that the collector finds, or is known to be something else."""
    assert errors.unclassified(PACKAGE) == []


def test_every_code_is_documented() -> None:
    page = (DOCS / "reference" / "errors.md").read_text()
    assert [u.code for u in errors.uses(PACKAGE) if u.kind != "lint" and f"| `{u.code}` |" not in page] == []


def test_codes_are_dotted_and_differ_by_more_than_spelling() -> None:
    codes = {use.code for use in errors.uses(PACKAGE)}
    assert [code for code in codes if not errors.CODE.fullmatch(code)] == []
    plain: dict[str, set[str]] = {}
    for code in codes:
        room, _, name = code.partition(".")
        plain.setdefault(f"{room}.{re.sub(r'[^a-z]', '', name).rstrip('s')}", set()).add(code)
    assert [same for same in plain.values() if len(same) > 1] == []
    # `a.b` beside `a.b.c` would make one the other's group.
    assert [code for code in codes if any(other.startswith(f"{code}.") for other in codes)] == []


def test_a_code_is_an_error_or_a_reason() -> None:
    found = errors.uses(PACKAGE)
    by_kind = {kind: {use.code for use in found if use.kind == kind} for kind in ("error", "reason", "lint")}
    assert by_kind["error"] & by_kind["reason"] <= BOTH_REASON_AND_ERROR
    assert by_kind["error"] & by_kind["lint"] == set()


def test_an_error_says_something() -> None:
    """Every code has a sentence somewhere, except what only passes on another one's."""
    found = errors.uses(PACKAGE)
    said = {use.code for use in found if use.message}
    silent = {use.code for use in found if use.kind == "error"} - said
    assert silent <= PASSED_ON, silent - PASSED_ON


PASSED_ON = frozenset(
    {
        "dns.writer_not_authoritative",  # SENTENCE_OF_RCODE has the words of the writer's refusals
        "dns.writer_refused",
        "dns.writer_zone",
        "dns.txt_missing",  # "is right, but its value is not there yet", and why
        "extension.invalid",
        "input.invalid",  # pydantic's words, made ours in resources/decode.py
        "input.unknown",
        "issuance.algorithm",
        "key.pair",
        "subject.invalid",
        "validation.incomplete",  # how far the validation got
    }
)
