"""How records lie in the database: one table per record type, one column per field. No database library is needed here."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from certwright.engine import records as r

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Convert = Callable[[Any], Any]


class Column(StrEnum):
    """The kinds of columns that records need."""

    TEXT = "text"
    INTEGER = "integer"  # 64 bits
    BOOLEAN = "boolean"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How one kind of value is kept. None as converter means "as it is"."""

    column: Column
    encode: Convert | None = None
    decode: Convert | None = None


def encode_time(value: datetime) -> int:
    """Microseconds since 1970 UTC: exact, ordered and the same in both databases. Raises ValueError when naive."""
    if value.tzinfo is None:
        raise ValueError("the store keeps aware times only")
    return (value - EPOCH) // MICROSECOND


def decode_time(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


# ASCII only: PostgreSQL's text refuses NUL and lone surrogates, which JSON escapes. Made once: json.dumps would make an
# encoder for each value.
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def _dump(value: dict[str, Any]) -> str:
    return _encode(value) if value else "{}"


def _dump_tuple(value: tuple[Any, ...]) -> str:
    return _encode(value) if value else "[]"


def _load_tuple(value: str) -> tuple[Any, ...]:
    return tuple(json.loads(value))


CODECS: dict[Any, Codec] = {
    str: Codec(column=Column.TEXT),
    int: Codec(column=Column.INTEGER),
    bool: Codec(column=Column.BOOLEAN, encode=bool, decode=bool),
    bytes: Codec(column=Column.BYTES, decode=bytes),
    datetime: Codec(column=Column.INTEGER, encode=encode_time, decode=decode_time),
    dict[str, Any]: Codec(column=Column.TEXT, encode=_dump, decode=json.loads),
    tuple[str, ...]: Codec(column=Column.TEXT, encode=_dump_tuple, decode=_load_tuple),
    tuple[dict[str, Any], ...]: Codec(column=Column.TEXT, encode=_dump_tuple, decode=_load_tuple),
}

# (record, table, primary key)
LAYOUT: tuple[tuple[type[Any], str, tuple[str, ...]], ...] = (
    (r.CertificateRecord, "certificates", ("arn",)),
    (r.VersionRecord, "versions", ("arn", "version")),
    (r.MaterialRecord, "materials", ("arn", "version")),
    (r.KeyRecord, "keys", ("handle",)),
    (r.RegionKeyRecord, "region_keys", ("region", "account")),
    (r.AuthorityRecord, "authorities", ("arn",)),
    (r.AuthorityVersionRecord, "authority_versions", ("arn", "version")),
    (r.SerialRecord, "serials", ("issuer_arn", "serial")),
    (r.ValidationRecord, "validations", ("arn", "version", "authorization")),
    (r.DriverRecord, "drivers", ("arn", "name")),
    (r.OrderRecord, "orders", ("arn", "version")),
    (r.DnsRecord, "dns_records", ("writer", "name", "type", "value", "arn")),
    (r.AssociationRecord, "associations", ("arn",)),
    (r.LocationRecord, "locations", ("arn", "place")),
    (r.AuditEntry, "audit", ("region", "seq")),
    (r.MetaRecord, "meta", ("key",)),
)

# (table, columns …); the first column names the index.
INDEXES: tuple[tuple[str, ...], ...] = (
    ("certificates", "urn"),
    ("authorities", "urn"),
    ("associations", "certificate_arn"),
    ("associations", "urn"),
    ("associations", "place"),
    ("versions", "serial"),
    # What an earlier certificate of a CA has signed and still serves, in the order of the answer (`jobs/renew`).
    ("versions", "issuer_arn", "serving", "issuer_version", "arn", "version"),
    ("authority_versions", "issuer_arn"),
    ("dns_records", "arn"),
    ("dns_records", "name"),
    ("locations", "endpoint"),
    ("audit", "arn"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One record type and its table. `names` has the key first and is the order of the table's columns, of `encode` and of
    `decode`."""

    kind: type[Any]
    table: str
    names: tuple[str, ...]
    key: tuple[str, ...]
    codecs: dict[str, Codec]
    optional: frozenset[str]
    encode: Callable[[Any], tuple[Any, ...]]
    decode: Callable[[Any], Any]
    key_of: Callable[[Any], tuple[Any, ...]]  # the primary key of a record

    def encode_value(self, name: str, value: Any) -> Any:
        """One value as it is compared with in a filter; raises KeyError for a field that the record has not."""
        codec = self.codecs[name]
        return codec.encode(value) if codec.encode is not None and value is not None else value


def _codec_of(annotation: Any) -> tuple[Codec, bool]:
    """The codec and whether NULL is allowed."""
    if isinstance(annotation, types.UnionType):
        inner = [a for a in typing.get_args(annotation) if a is not types.NoneType]
        return _codec_of(inner[0])[0], True
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Codec(column=Column.TEXT, encode=lambda value: annotation(value).value, decode=annotation), False
    return CODECS[annotation], False


def _encoder(names: tuple[str, ...], codecs: dict[str, Codec]) -> Callable[[Any], tuple[Any, ...]]:
    pick = attrgetter(*names)
    steps = tuple((i, e) for i, name in enumerate(names) if (e := codecs[name].encode) is not None)

    def encode(record: Any) -> tuple[Any, ...]:
        values = list(pick(record))
        for i, convert in steps:
            if values[i] is not None:
                values[i] = convert(values[i])
        return tuple(values)

    return encode


def _decoder(kind: type[Any], names: tuple[str, ...], codecs: dict[str, Codec]) -> Callable[[Any], Any]:
    steps = tuple((i, d) for i, name in enumerate(names) if (d := codecs[name].decode) is not None)

    # The authority of a thousand certificates is read a thousand times, and each certificate by Check and by Diff. The same
    # row is the same record, which nobody changes.
    @lru_cache(maxsize=512)
    def decode(row: tuple[Any, ...]) -> Any:
        values = list(row)
        for i, convert in steps:
            if values[i] is not None:
                values[i] = convert(values[i])
        return kind(**dict(zip(names, values, strict=True)))

    return decode


def _key_reader(key: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(key) == 1:  # attrgetter gives the bare value then
        name = key[0]
        return lambda record: (getattr(record, name),)
    return attrgetter(*key)


def _mapping(kind: type[Any], table: str, key: tuple[str, ...]) -> Mapping:
    hints = typing.get_type_hints(kind)
    fields = [f.name for f in dataclasses.fields(kind)]
    names = (*key, *(name for name in fields if name not in key))
    chosen = {name: _codec_of(hints[name]) for name in names}
    codecs = {name: codec for name, (codec, _) in chosen.items()}
    return Mapping(
        kind=kind,
        table=table,
        names=names,
        key=key,
        codecs=codecs,
        optional=frozenset(name for name, (_, nullable) in chosen.items() if nullable),
        encode=_encoder(names, codecs),
        decode=_decoder(kind, names, codecs),
        key_of=_key_reader(key),
    )


@cache
def mappings() -> dict[type[Any], Mapping]:
    """Record type → its mapping, for all of LAYOUT."""
    return {kind: _mapping(kind, table, key) for kind, table, key in LAYOUT}


def mapping_of(kind: type[Any]) -> Mapping:
    """Raises KeyError for what is no record."""
    return mappings()[kind]
