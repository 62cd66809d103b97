"""Wire values ↔ neutral trees."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from certwright.binding import codec
from certwright.binding.codec import RESOURCE, SECRET, SIGNATURE, UNKNOWN_TEXT, WireError, decode, encode
from certwright.domain.errors import CertwrightError
from certwright.domain.values import UNKNOWN, Secret
from google.protobuf import json_format, struct_pb2
from hypothesis import example, given
from hypothesis import strategies as st

keys = st.text(st.characters(codec="utf-8"), max_size=8).filter(lambda k: k != SIGNATURE)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.just(UNKNOWN),
)


def branches(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    plain = inner.filter(lambda v: not isinstance(v, Secret))
    return st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4), plain.map(Secret))


trees = st.dictionaries(keys, st.recursive(leaves, branches, max_leaves=12), max_size=5)


def struct(value: Any) -> struct_pb2.Struct:
    return json_format.ParseDict({"p": value}, struct_pb2.Struct())


@pytest.mark.proves("IAC-4")
@given(trees)
def test_a_tree_survives_the_wire(tree: dict[str, Any]) -> None:
    assert decode(encode(tree)) == tree


@given(trees)
def test_a_tree_survives_serialisation(tree: dict[str, Any]) -> None:
    there = struct_pb2.Struct()
    there.ParseFromString(encode(tree).SerializeToString())
    assert decode(there) == tree


def test_numbers_arrive_as_doubles_and_integral_ones_become_int() -> None:
    found = decode(struct([24.0, 0.5, -3.0, 1e300]))["p"]
    assert [type(n) for n in found] == [int, float, int, float]
    assert found[0] == 24


# as pulumi's sdk/go/common/resource/plugin/rpc.go has them: bool, number, string, array, asset, archive, object
RPC_GO = (
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)


@pytest.mark.proves("IAC-4")
@pytest.mark.parametrize("sentinel", RPC_GO)
def test_every_unknown_sentinel_is_unknown(sentinel: str) -> None:
    assert decode(struct([sentinel])) == {"p": [UNKNOWN]}


def test_only_the_string_sentinel_is_sent() -> None:
    assert encode({"p": UNKNOWN}).fields["p"].string_value == UNKNOWN_TEXT


@pytest.mark.parametrize(
    ("wire", "neutral"),
    [
        ({SIGNATURE: SECRET, "value": "k"}, Secret("k")),
        ({SIGNATURE: SECRET, "value": UNKNOWN_TEXT}, Secret(UNKNOWN)),
        ({SIGNATURE: SECRET, "value": {SIGNATURE: SECRET, "value": "k"}}, Secret("k")),
        ({SIGNATURE: codec.OUTPUT}, UNKNOWN),
        ({SIGNATURE: codec.OUTPUT, "value": "v"}, "v"),
        ({SIGNATURE: codec.OUTPUT, "value": "v", "secret": True, "dependencies": ["urn"]}, Secret("v")),
        ({SIGNATURE: codec.OUTPUT, "secret": True}, Secret(UNKNOWN)),
        ({SIGNATURE: RESOURCE, "urn": "urn:x", "id": "arn:1"}, "arn:1"),
        ({SIGNATURE: RESOURCE, "urn": "urn:x", "id": ""}, UNKNOWN),
        ({SIGNATURE: RESOURCE, "urn": "urn:x", "id": UNKNOWN_TEXT}, UNKNOWN),
        ({SIGNATURE: RESOURCE, "urn": "urn:x"}, "urn:x"),
    ],
)
def test_special_objects(wire: Any, neutral: Any) -> None:
    assert decode(struct({"deep": [wire]}))["p"] == {"deep": [neutral]}


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        ({SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "s3cret"}, "an asset is not taken here"),
        ({SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "assets": {}}, "an archive is not taken here"),
        ({SIGNATURE: "from the future"}, "update certwright"),
        ({SIGNATURE: SECRET}, "without a value"),
        ({SIGNATURE: RESOURCE}, "without id and URN"),
    ],
)
def test_what_is_not_taken_is_refused_with_a_sentence(wire: Any, says: str) -> None:
    with pytest.raises(WireError, match=says) as caught:
        decode(struct(wire))
    assert "s3cret" not in caught.value.render()


def test_nesting_has_an_end() -> None:
    deep: Any = "x"
    for _ in range(120):
        deep = [deep]
    with pytest.raises(WireError, match="levels deep"):
        encode({"p": deep})
    hostile = struct_pb2.Struct()
    build(hostile.fields["p"], deep)
    with pytest.raises(WireError, match="levels deep"):
        decode(hostile)


@pytest.mark.parametrize("value", [object(), b"bytes", {1: "x"}, 10**400, "\ud800", {"\ud800": 1}])
def test_what_a_tree_must_not_hold_is_our_error(value: Any) -> None:
    with pytest.raises(WireError) as caught:
        encode({"p": [value]})
    assert caught.value.code == "wire.unencodable"


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.text(st.characters(codec="utf-8"), max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([SIGNATURE, "value", "secret", "id", "urn", "k"]),
            st.one_of(inner, st.sampled_from([SECRET, codec.OUTPUT, RESOURCE, UNKNOWN_TEXT])),
            max_size=4,
        ),
    ),
    max_leaves=10,
)


def build(target: struct_pb2.Value, value: Any) -> None:
    if isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, item in value.items():
            build(target.struct_value.fields[key], item)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            build(target.list_value.values.add(), item)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value


@given(json_values)
@example(float("inf"))
@example(float("nan"))
def test_hostile_property_values_give_our_errors_only(value: Any) -> None:
    hostile = struct_pb2.Struct()
    build(hostile.fields["p"], value)
    with suppress(CertwrightError):
        decode(hostile)


def test_secrets_do_not_show_in_a_decoded_tree() -> None:
    tree = decode(struct({SIGNATURE: SECRET, "value": "hunter2"}))
    assert "hunter2" not in repr(tree)
    assert math.isfinite(len(json.dumps(str(tree))))
