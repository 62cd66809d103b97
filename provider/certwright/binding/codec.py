"""protobuf Struct ↔ neutral trees (`UNKNOWN`, `Secret`), as Pulumi's engine marks them.

Source: pulumi's sdk/go/common/resource/plugin/rpc.go (signatures and sentinels).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from certwright.domain.errors import CertwrightError
from certwright.domain.values import UNKNOWN, Secret

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SENTINELS = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_SENTINEL_LENGTH = len(UNKNOWN_TEXT)  # of all of them: a PEM need not be hashed to tell
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_REFUSED = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
}
_EXACT = 2**53  # below this a double holds every integer
_DEPTH = 100


class WireError(CertwrightError):
    """A property value that certwright cannot take, or (a defect) cannot send."""

    code = "wire.invalid"


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A request's properties as a neutral tree. Keys with a null value are kept as None.

    Raises WireError for assets, archives, unknown signatures and over-deep nesting; never shows a value.
    """
    return {key: decode_value(value, key) for key, value in struct.fields.items()}


def decode_value(value: struct_pb2.Value, path: str = "", depth: int = 0) -> Any:
    if depth > _DEPTH:
        raise WireError(f"{_top(path)}: nested more than {_DEPTH} levels deep")
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if len(text) == _SENTINEL_LENGTH and text in _SENTINELS else text
        case "number_value":
            return _number(value.number_value)
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [decode_value(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value.list_value.values)]
        case "struct_value":
            fields = value.struct_value.fields
            if SIGNATURE in fields:
                return _special(fields, path, depth)
            return {k: decode_value(v, f"{path}.{k}", depth + 1) for k, v in fields.items()}
    return None


def _number(number: float) -> int | float:
    """All numbers are doubles on the wire; integral ones become int again."""
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _special(fields: Mapping[str, struct_pb2.Value], path: str, depth: int) -> Any:
    kind = fields[SIGNATURE].string_value
    match kind:
        case _ if kind == SECRET:
            if "value" not in fields:
                raise WireError(f"{path}: a secret without a value came from Pulumi's engine")
            return _secret(decode_value(fields["value"], path, depth + 1))
        case _ if kind == OUTPUT:
            known = decode_value(fields["value"], path, depth + 1) if "value" in fields else UNKNOWN
            return _secret(known) if "secret" in fields and fields["secret"].bool_value else known
        case _ if kind == RESOURCE:
            return _reference(fields, path)
    if kind in _REFUSED:
        raise WireError(f"{path}: {_REFUSED[kind]} is not taken here; give the text itself (e.g. the PEM)")
    raise WireError(f"{path}: a kind of value that this version of certwright does not know; update certwright")


def _reference(fields: Mapping[str, struct_pb2.Value], path: str) -> Any:
    """A resource passed as a value stands for its id (unknown while it is not made), a component for its URN."""
    if "id" in fields:
        id_value = decode_value(fields["id"], path)
        return UNKNOWN if id_value in ("", None) else id_value
    if "urn" not in fields:
        raise WireError(f"{path}: a resource reference without id and URN came from Pulumi's engine")
    return decode_value(fields["urn"], path)


def _secret(value: Any) -> Secret[Any]:
    return value if isinstance(value, Secret) else Secret(value)


def _top(path: str) -> str:
    return path.split(".")[0].split("[")[0]


def encode(tree: Mapping[str, Any]) -> struct_pb2.Struct:
    """A neutral tree as properties for the engine. Raises WireError (a defect) for what a tree must not hold."""
    struct = struct_pb2.Struct()
    for key, value in tree.items():
        _encode_into(struct.fields[_key(key, "")], value, str(key), 0)
    return struct


def _encode_into(target: struct_pb2.Value, value: Any, path: str, depth: int) -> None:
    if depth > _DEPTH:
        raise WireError(f"{_top(path)}: nested more than {_DEPTH} levels deep")
    if value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = _double(value, path)
    elif isinstance(value, str):
        target.string_value = _text(value, path)
    elif isinstance(value, Secret):
        inner = value.reveal()
        if isinstance(inner, Secret):
            _encode_into(target, inner, path, depth)
            return
        target.struct_value.fields[SIGNATURE].string_value = SECRET
        _encode_into(target.struct_value.fields["value"], inner, path, depth + 1)
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _encode_into(target.struct_value.fields[_key(key, path)], item, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        target.list_value.SetInParent()
        for index, item in enumerate(value):
            _encode_into(target.list_value.values.add(), item, f"{path}[{index}]", depth + 1)
    else:
        raise WireError(f"{path}: a {type(value).__name__} cannot be sent to Pulumi", code="wire.unencodable")


def _double(value: int | float, path: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise WireError(f"{path}: the number is too large for Pulumi", code="wire.unencodable") from None


def _text(value: str, path: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise WireError(f"{path}: the text is not valid Unicode", code="wire.unencodable") from None
    return str(value)


def _key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise WireError(f"{path}: a map key is not a text", code="wire.unencodable")
    return _text(key, path)
