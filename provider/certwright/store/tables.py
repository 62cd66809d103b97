"""SQLAlchemy Core tables derived from the record dataclasses: one table per record type, one column per field."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from certwright.engine import records as r

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How one kind of value is kept. None as converter means "as it is"."""

    column: Callable[[], Any]
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
_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def _load_tuple(value: str) -> tuple[Any, ...]:
    return tuple(json.loads(value))


CODECS: dict[Any, Codec] = {
    str: Codec(column=sa.Text),
    int: Codec(column=sa.BigInteger),
    bool: Codec(column=sa.Boolean, encode=bool, decode=bool),
    bytes: Codec(column=sa.LargeBinary, decode=bytes),
    datetime: Codec(column=sa.BigInteger, encode=encode_time, decode=decode_time),
    dict[str, Any]: Codec(column=sa.Text, encode=_dump, decode=json.loads),
    tuple[str, ...]: Codec(column=sa.Text, encode=_dump, decode=_load_tuple),
    tuple[dict[str, Any], ...]: Codec(column=sa.Text, encode=_dump, decode=_load_tuple),
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
    (r.ValidationRecord, "validations", ("arn", "version", "domain_name")),
    (r.DnsRecord, "dns_records", ("writer", "name", "type", "value", "arn")),
    (r.AssociationRecord, "associations", ("arn",)),
    (r.AuditEntry, "audit", ("region", "seq")),
    (r.MetaRecord, "meta", ("key",)),
)

INDEXES: tuple[tuple[str, str], ...] = (
    ("certificates", "urn"),
    ("authorities", "urn"),
    ("associations", "certificate_arn"),
    ("associations", "urn"),
    ("associations", "place"),
    ("versions", "serial"),
    ("versions", "issuer_arn"),
    ("authority_versions", "issuer_arn"),
    ("dns_records", "arn"),
    ("audit", "arn"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One record type and its table. `names` has the key first and is the order of the
    table's columns, of `encode` and of `decode`."""

    kind: type[Any]
    table: sa.Table
    names: tuple[str, ...]
    key: tuple[str, ...]
    codecs: dict[str, Codec]
    optional: frozenset[str]
    encode: Callable[[Any], tuple[Any, ...]]
    decode: Callable[[Any], Any]

    def key_of(self, record: Any) -> tuple[Any, ...]:
        """The primary key of a record."""
        return tuple(getattr(record, name) for name in self.key)

    def encode_value(self, name: str, value: Any) -> Any:
        """One value as it is compared with in a filter; raises KeyError for a field that the record has not."""
        codec = self.codecs[name]
        return codec.encode(value) if codec.encode is not None and value is not None else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All tables of one schema (None on SQLite)."""

    metadata: sa.MetaData
    by_kind: dict[type[Any], Mapping]
    leases: sa.Table
    due: tuple[Any, ...]  # the conditions of the partial index, which a query must repeat

    def of(self, kind: type[Any]) -> Mapping:
        return self.by_kind[kind]


def _codec_of(annotation: Any) -> tuple[Codec, bool]:
    """The codec and whether NULL is allowed."""
    if isinstance(annotation, types.UnionType):
        inner = [a for a in typing.get_args(annotation) if a is not types.NoneType]
        return _codec_of(inner[0])[0], True
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Codec(column=sa.Text, encode=lambda value: annotation(value).value, decode=annotation), False
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

    def decode(row: Any) -> Any:
        values = list(row)
        for i, convert in steps:
            if values[i] is not None:
                values[i] = convert(values[i])
        return kind(**dict(zip(names, values, strict=True)))

    return decode


def _mapping(metadata: sa.MetaData, kind: type[Any], table_name: str, key: tuple[str, ...]) -> Mapping:
    hints = typing.get_type_hints(kind)
    fields = [f.name for f in dataclasses.fields(kind)]
    names = (*key, *(name for name in fields if name not in key))
    chosen = {name: _codec_of(hints[name]) for name in names}
    codecs = {name: codec for name, (codec, _) in chosen.items()}
    columns = [
        sa.Column(name, codecs[name].column(), primary_key=name in key, nullable=chosen[name][1], autoincrement=False)
        for name in names
    ]
    return Mapping(
        kind=kind,
        table=sa.Table(table_name, metadata, *columns),
        names=names,
        key=key,
        codecs=codecs,
        optional=frozenset(name for name, (_, nullable) in chosen.items() if nullable),
        encode=_encoder(names, codecs),
        decode=_decoder(kind, names, codecs),
    )


@lru_cache(maxsize=16)
def tables_of(schema: str | None) -> Tables:
    """The tables, qualified by `schema`; built once per schema."""
    metadata = sa.MetaData(schema=schema)
    by_kind = {kind: _mapping(metadata, kind, name, key) for kind, name, key in LAYOUT}
    by_name = {m.table.name: m.table for m in by_kind.values()}
    for table_name, column in INDEXES:
        sa.Index(f"ix_{table_name}_{column}", by_name[table_name].c[column])
    versions = by_name["versions"]
    due = (
        versions.c.serving.is_(sa.true()),
        versions.c.status == sa.literal_column("'ISSUED'"),
        versions.c.renewal_due.is_not(None),
    )
    condition = sa.and_(*due)
    # Holds only what will be renewed one day, so that a scan costs what is due and not what there is.
    # SQLite has no schemas, and only PostgreSQL's own argument makes SQLAlchemy import that dialect.
    where: dict[str, Any] = {"sqlite_where" if schema is None else "postgresql_where": condition}
    sa.Index("ix_versions_due", versions.c.renewal_due, **where)
    leases = sa.Table(
        "leases",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("since", sa.Double, nullable=False),  # seconds since 1970 by the database's clock
        sa.Column("until", sa.Double, nullable=False),
    )
    return Tables(metadata=metadata, by_kind=by_kind, leases=leases, due=due)
