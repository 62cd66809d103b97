"""Writes store/sqlite_sql.py: the SQL of the default store, as SQLAlchemy compiles it. `--check` only compares.

A form that is missing here costs no correctness: the store then has it compiled at run time, which imports SQLAlchemy.
"""

from __future__ import annotations

import pprint
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from certwright.engine import records as r
from certwright.store.compiler import Compiler
from certwright.store.layout import mapping_of, mappings
from certwright.store.statements import EQUAL, ONE_OF, Form
from certwright.store.tables import tables_of
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.schema import CreateIndex, CreateTable

TARGET = Path(__file__).resolve().parents[1] / "provider" / "certwright" / "store" / "sqlite_sql.py"

# What the engine, the handlers and the commands ask beside the whole key: `name` equals, `name*` is one of several.
ASKED: tuple[tuple[str, type, tuple[str, ...]], ...] = (
    *(
        ("select", kind, fields)
        for kind in (r.CertificateRecord, r.AuthorityRecord, r.AssociationRecord)
        for fields in (("urn",), ("urn", "claimed"), ("claimed",), ("arn*", "claimed"))
    ),
    ("select", r.AuthorityRecord, ("parent_arn",)),
    ("select", r.AssociationRecord, ("place",)),
    ("select", r.AssociationRecord, ("certificate_arn",)),
    ("select", r.AssociationRecord, ("certificate_arn*",)),
    ("select", r.CertificateRecord, ("arn*",)),
    ("select", r.VersionRecord, ("arn",)),
    ("select", r.VersionRecord, ("arn*",)),
    ("select", r.VersionRecord, ("serving",)),
    ("select", r.VersionRecord, ("issuer_arn", "serving")),
    ("count", r.VersionRecord, ("arn", "key_handle")),
    ("count", r.VersionRecord, ("issuer_arn", "has_certificate")),
    ("select", r.AuthorityVersionRecord, ("arn",)),
    ("select", r.AuthorityVersionRecord, ("arn*",)),
    ("select", r.AuthorityVersionRecord, ("arn", "issuer_arn")),
    ("select", r.AuthorityVersionRecord, ("has_certificate",)),
    ("select", r.MaterialRecord, ("arn",)),
    ("select", r.SerialRecord, ("arn",)),
    ("select", r.ValidationRecord, ("arn",)),
    ("select", r.ValidationRecord, ("arn", "version")),
    ("delete", r.ValidationRecord, ("arn", "version")),
    ("select", r.DriverRecord, ("arn",)),
    ("select", r.LocationRecord, ("arn",)),
    ("delete", r.LocationRecord, ("arn",)),
    ("select", r.LocationRecord, ("endpoint", "status")),
    ("select", r.OrderRecord, ("arn",)),
    ("select", r.DnsRecord, ("arn",)),
    ("select", r.DnsRecord, ("name", "type", "value")),
    *(
        ("delete", kind, ("arn",))
        for kind in (
            r.VersionRecord,
            r.AuthorityVersionRecord,
            r.MaterialRecord,
            r.ValidationRecord,
            r.DriverRecord,
            r.OrderRecord,
            r.DnsRecord,
        )
    ),
)

# Questions for what is ripe that ask for more than their index needs.
NARROWED: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (r.VersionRecord, "requested_at", ("status",)),
    (r.VersionRecord, "requested_at", ("status*",)),
    (r.AssociationRecord, "behind_since", ("host*",)),
)


def forms() -> Iterator[Form]:
    for mapping in mappings().values():
        key = _shape(mapping.key)
        yield Form("insert", mapping.table)
        yield Form("save", mapping.table)
        for shape in ((), key):
            for limited in (False, True):
                yield Form("select", mapping.table, shape, limited=limited)
        yield Form("select", mapping.table, after=True, limited=True)
        yield Form("delete", mapping.table, key)
    for verb, kind, fields in ASKED:
        yield Form(verb, mapping_of(kind).table, _shape(fields))
    for question in r.RIPE:
        yield Form("ripe", mapping_of(question.kind).table, column=question.at)
    for kind, at, fields in NARROWED:
        yield Form("ripe", mapping_of(kind).table, _shape(fields), column=at)
    rotated = _shape(("issuer_arn", "issuer_version", "serving"))
    yield Form("select", mapping_of(r.VersionRecord).table, rotated, limited=True)
    for verb in ("audit_page", "audit_head", "audit_regions"):
        yield Form(verb)


def _shape(fields: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((f.removesuffix("*"), ONE_OF if f.endswith("*") else EQUAL) for f in fields))


def text() -> str:
    compiler = Compiler(dialect(), tables_of(None))
    written = {}
    for form in forms():
        found = compiler(form)
        written[tuple(form)] = (" ".join(found.sql.split()), found.order, found.fixed)
    metadata = tables_of(None).metadata
    made = [str(CreateTable(table).compile(dialect=dialect())) for table in metadata.sorted_tables]
    made += [
        str(CreateIndex(index).compile(dialect=dialect()))
        for table in metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    ]
    source = "\n".join(
        [
            '"""The SQL of the default store, as SQLAlchemy compiles it.',
            "",
            "Written by tools/gen_sql.py (`make sql`); not edited.",
            '"""',
            "",
            "from typing import Any",
            "",
            "# (verb, table, shape, after, limited, column) → (text, order of the parameters, parameters with a value)",
            f"FORMS: dict[Any, tuple[str, tuple[str, ...], dict[str, Any]]] = {pprint.pformat(written, width=110)}",
            "",
            f"TABLES: tuple[str, ...] = {pprint.pformat(tuple(' '.join(each.split()) for each in made), width=110)}",
            "",
        ]
    )
    return _formatted(source)


def _formatted(source: str) -> str:
    ruff = [sys.executable, "-m", "ruff", "format", "-", "--stdin-filename", str(TARGET)]
    return subprocess.run(ruff, input=source, capture_output=True, text=True, check=True).stdout


def main() -> None:
    fresh = text()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(fresh, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != fresh:
        sys.exit(f"{TARGET.name} is not what tools/gen_sql.py writes; run `make sql`")


if __name__ == "__main__":
    main()
