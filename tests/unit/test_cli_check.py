"""`certwright check`: a gate over `pulumi preview --json` (ASC-8)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from builders.installation import PREFIX, Installation
from certwright.cli.preview import read_preview
from certwright.domain.errors import CertwrightError
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.proves("ASC-8", "OPS-4")
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(home=tmp_path)


def step(op: str, record: Any, **more: Any) -> dict[str, Any]:
    old = {"id": record.arn, "outputs": more.pop("outputs", {}), **more.pop("old", {})}
    return {"op": op, "urn": record.urn, "oldState": old, **more}


def preview(*steps: dict[str, Any]) -> str:
    return json.dumps({"steps": list(steps), "changeSummary": {}})


def events(*steps: dict[str, Any]) -> str:
    shaped = [
        {
            "resourcePreEvent": {
                "metadata": {"op": s["op"], "urn": s["urn"], "old": s.get("oldState"), "new": s.get("newState")}
            }
        }
        for s in steps
    ]
    return "\n".join(json.dumps(event) for event in [{"preludeEvent": {}}, *shaped, {"summaryEvent": {}}])


@pytest.fixture
def world(installation: Installation) -> dict[str, Any]:
    root = installation.root()
    issuing = installation.issuing(root)
    wiki = installation.certificate(issuing)
    first = installation.association(wiki)
    second = installation.association(wiki, "edge", "edge")
    return {"root": root, "issuing": issuing, "wiki": wiki, "first": first, "second": second}


def moved(record: Any, to: str = UNKNOWN) -> dict[str, Any]:
    return step("update", record, newState={"inputs": {"certificateArn": to}})


@pytest.mark.parametrize("shape", [preview, events])
def test_a_served_certificate_fails_with_the_sentence_of_up(
    installation: Installation, world: dict[str, Any], shape: Any
) -> None:
    answer = installation.run("check", stdin=shape(step("delete", world["wiki"])), columns=400)
    assert answer.code == 1
    head, detail = answer.out.splitlines()
    assert head == "error: certwright:Certificate wiki: in use, cannot be deleted [certificate.in_use]"
    assert (
        "2 associations serve it: " in detail
        and "wikiFiles (directory " in detail
        and "Move or delete them first." in detail
    )


@pytest.mark.parametrize("shape", [preview, events])
@pytest.mark.parametrize(
    ("ops", "code"),
    [
        (lambda w: [step("delete", w["wiki"]), step("delete", w["first"])], 1),
        (lambda w: [step("delete", w["wiki"]), step("delete", w["first"]), step("delete", w["second"])], 0),
        (lambda w: [step("delete-replaced", w["wiki"])], 1),
        (lambda w: [moved(w["first"]), moved(w["second"]), step("delete-replaced", w["wiki"])], 0),
        (lambda w: [step("delete-replaced", w["wiki"]), moved(w["first"]), moved(w["second"])], 1),
        (lambda w: [step("replace", w["wiki"]), moved(w["first"]), moved(w["second"])], 0),
        (lambda w: [step("replace", w["wiki"]), moved(w["first"])], 1),
        (lambda w: [moved(w["first"], w["wiki"].arn), moved(w["second"]), step("delete", w["wiki"])], 1),
        (lambda w: [step("delete", w["first"])], 0),
        (lambda w: [step("update", w["wiki"])], 0),
        (lambda w: [step("delete", w["wiki"], old={"retainOnDelete": True})], 0),
        (
            lambda w: [
                step("delete", w["wiki"]),
                *(step("delete", w[a], old={"retainOnDelete": True}) for a in ("first", "second")),
            ],
            1,
        ),
        (lambda w: [], 0),
    ],
)
def test_who_leaves_or_moves_before_the_deletion_does_not_count(
    installation: Installation, world: dict[str, Any], ops: Any, code: int, shape: Any
) -> None:
    answer = installation.run("check", "--json", stdin=shape(*ops(world)))
    assert (answer.code, answer.document["ok"]) == (code, code == 0)


def test_an_untold_order_is_a_warning_and_no_failure(installation: Installation, world: dict[str, Any]) -> None:
    steps = (step("replace", world["wiki"]), moved(world["first"]), moved(world["second"]))
    answer = installation.run("check", stdin=preview(*steps))
    assert answer.code == 0 and "deleteBeforeReplace" in answer.err


@pytest.mark.parametrize(
    ("ops", "code"),
    [
        (lambda w: [step("delete", w["issuing"])], 1),
        (lambda w: [step("delete", w["root"])], 1),
        (lambda w: [step("delete", w[n]) for n in ("first", "second", "wiki", "issuing", "root")], 0),
    ],
)
def test_authorities_with_dependents_fail_too(
    installation: Installation, world: dict[str, Any], ops: Any, code: int
) -> None:
    answer = installation.run("check", stdin=preview(*ops(world)))
    assert answer.code == code and ("authority.in_use" in answer.out) is (code == 1)


@pytest.mark.proves("SEC-8")
@pytest.mark.parametrize("store_id", ["0" * 32])
def test_another_store_is_refused_and_never_read_as_not_in_use(
    installation: Installation, world: dict[str, Any], store_id: str
) -> None:
    answer = installation.run("check", stdin=preview(step("delete", world["wiki"], outputs={"storeId": store_id})))
    assert answer.code == 1 and "store.mismatch" in answer.err


@pytest.mark.proves("SEC-8")
def test_an_absent_store_is_refused_when_the_preview_deletes_from_one(tmp_path: Path) -> None:
    made = Installation(home=tmp_path / "made").root()
    empty = Installation(home=tmp_path / "empty")
    answer = empty.run("check", stdin=preview(step("delete", made, outputs={"storeId": "0" * 32})))
    assert answer.code == 1 and "store.mismatch" in answer.err


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", "{}", '{"steps": 1, "changeSummary": {}}', '{"steps": [1]}', "1\n2", "\xff", "[" * 100_000],
)
def test_malformed_input_ends_with_2_and_a_sentence(installation: Installation, text: str) -> None:
    answer = installation.run("check", stdin=text.encode("latin-1"))
    assert answer.code == 2 and answer.err.startswith("error: the input") and "Traceback" not in answer.err


def test_a_missing_file_ends_with_2(installation: Installation) -> None:
    assert installation.run("check", "nowhere.json").code == 2


def test_a_failed_preview_is_no_ok(installation: Installation) -> None:
    text = json.dumps({"steps": [], "diagnostics": [{"severity": "error", "message": "error: boom\nmore"}]})
    answer = installation.run("check", stdin=text)
    assert answer.code == 1 and "boom" in answer.err and "preview.failed" in answer.err


def test_resources_of_others_do_not_matter(installation: Installation) -> None:
    foreign = {"op": "delete", "urn": PREFIX + "x::y", "oldState": {"id": "i-1", "outputs": None}}
    assert installation.run("check", stdin=preview(foreign, {"op": "same", "urn": "x"})).code == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "steps",
                    "op",
                    "urn",
                    "oldState",
                    "newState",
                    "id",
                    "outputs",
                    "inputs",
                    "diagnostics",
                    "resourcePreEvent",
                    "metadata",
                    "severity",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    st.one_of(
        st.text(max_size=200), JSON.map(json.dumps), JSON.map(lambda v: json.dumps({"steps": v, "changeSummary": v}))
    )
)
def test_any_input_is_read_or_refused_by_us(text: str) -> None:
    try:
        read_preview(text)
    except CertwrightError as problem:
        assert problem.code in ("preview.unreadable", "preview.failed")  # noqa: PT017
