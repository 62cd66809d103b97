"""What a program states is read once: its names for each Check and for each issue, the rest at the engine's door."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from builders.desk import Desk
from builders.world import World
from certwright.domain import nameset
from certwright.engine import request
from certwright.engine.records import AuthorityRecord

ENGINE = Path(request.__file__).parent
DOORS = {"request.py", "authorityrequest.py"}
NAMES = ["www.example.org", "b.example.org"]
PUBLIC = {"domainName": NAMES[0], "subjectAlternativeNames": [NAMES[1]], "validationMethod": "DNS"}


@dataclass
class Counted:
    calls: int = 0


@contextmanager
def counting(function: Any) -> Iterator[Counted]:
    """Calls of a Python function in this thread, whoever makes them."""
    counted = Counted()
    code = function.__code__

    def seen(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is code:
            counted.calls += 1

    request._read_names.cache_clear()
    sys.setprofile(seen)
    try:
        yield counted
    finally:
        sys.setprofile(None)


def stated(here: World, issuing: AuthorityRecord, kind: str) -> dict[str, Any]:
    if kind == "public":
        return {**PUBLIC, "publicIssuer": issuing.arn}
    return {**PUBLIC, "validationMethod": None, "certificateAuthorityArn": issuing.arn}


@pytest.fixture
def desk(here: World) -> Desk:
    return Desk(here)


@pytest.mark.proves("NAM-5")
@pytest.mark.parametrize("kind", ["public", "private"])
def test_a_check_reads_the_names_once(desk: Desk, here: World, issuing: AuthorityRecord, kind: str) -> None:
    with counting(nameset.check_names) as read:
        desk.accepted("Certificate", stated(here, issuing, kind))
    assert read.calls == 1


@pytest.mark.parametrize("kind", ["public", "private"])
def test_an_issue_reads_the_names_once_more(desk: Desk, here: World, issuing: AuthorityRecord, kind: str) -> None:
    """From the request over each look at DNS to the certificate, and its outputs."""
    news = stated(here, issuing, kind)
    checked = desk.accepted("Certificate", news)
    with counting(nameset.check_names) as read:
        made = desk.handler("Certificate").create(desk.context("Certificate"), news=checked)
        if kind == "public":
            desk.create("CertificateValidation", {"certificateArn": made.id})
    assert here.version(made.id).has_certificate
    assert read.calls == 1


def test_the_preview_of_a_create_reads_them_for_its_check_and_for_the_records_that_it_shows(
    desk: Desk, here: World, issuing: AuthorityRecord
) -> None:
    with counting(nameset.check_names) as read:
        shown = desk.preview("Certificate", stated(here, issuing, "public"))
    assert len(shown["domainValidationOptions"]) == len(NAMES)
    assert read.calls == 2


def _wire_names(path: Path) -> list[str]:
    """`spec.get("…")`, `spec["…"]` and the like."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str()), *_]):
                found += [ast.unparse(node)] if ast.unparse(value).endswith("spec") else []
            case ast.Subscript(value=value, slice=ast.Constant(value=str())):
                found += [ast.unparse(node)] if ast.unparse(value).endswith("spec") else []
    return found


def test_behind_its_door_the_engine_knows_no_spelling_of_an_input() -> None:
    found = {path.name: names for path in sorted(ENGINE.glob("*.py")) if (names := _wire_names(path))}
    assert set(found) == DOORS, {name: names for name, names in found.items() if name not in DOORS}
