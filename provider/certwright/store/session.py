"""One read or one write transaction over a database connection: `ports.Reader` and `ports.Transaction`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from certwright.domain.errors import Conflict, StoreUnavailable
from certwright.engine.records import AuditAction, AuditEntry, AuditResult, ripe_question
from certwright.store.actor import Actor
from certwright.store.backend import Connection, Known
from certwright.store.chain import next_entry
from certwright.store.failures import translate
from certwright.store.layout import Mapping, encode_time, mapping_of
from certwright.store.statements import ABSENT, EQUAL, ONE_OF, Parameters, Prepared, Shape, Statements

R = TypeVar("R")

AUDIT_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionContext:
    """What a session knows of its store. `shown` is the address without credentials."""

    statements: Statements
    shown: str
    store_id: str
    actor: Actor


class SqlReader:
    """One consistent read. Not for use by two threads at once."""

    doing = "reading"

    def __init__(self, connection: Connection, context: SessionContext) -> None:
        self._connection = connection
        self._context = context
        self._statements = context.statements
        self._driver = connection.driver
        self._failure = connection.failure
        # What was read or saved by its whole primary key: a session sees one state, so the same question has one answer.
        self._known = connection.known

    def one(self, kind: type[R], /, **equals: Any) -> R | None:
        mapping = mapping_of(kind)
        key = _key_in(mapping, equals)
        if key is None:
            several = self.all(kind, limit=1, **equals)
            return several[0] if several else None
        known = self._known_of(kind, key)
        if key not in known:
            values = {f"f_{name}": value for name, value in equals.items()}
            values["limit"] = 1
            found = self._records(mapping, self._statements.by_key(mapping), values)
            known[key] = found[0] if found else None
        answer: R | None = known[key]
        return answer

    def _known_of(self, kind: type[Any], key: tuple[Any, ...]) -> dict[tuple[Any, ...], Any]:
        """Where `one` looks for a record, and puts what it has read."""
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = {}
        return known

    def all(self, kind: type[R], /, *, limit: int | None = None, after: str | None = None, **equals: Any) -> list[R]:
        return self._select(kind, limit=limit, after=after, equals=equals)

    def _select(self, kind: type[R], *, limit: int | None, after: str | None, equals: dict[str, Any]) -> list[R]:
        mapping = mapping_of(kind)
        shape, values = self._filter(mapping, equals)
        if shape is None:
            return []
        prepared = self._statements.select(mapping, shape, after=after is not None, limited=limit is not None)
        return self._records(mapping, prepared, {**values, "after": after, "limit": limit})

    def count(self, kind: type[Any], /, **equals: Any) -> int:
        mapping = mapping_of(kind)
        shape, values = self._filter(mapping, equals)
        if shape is None:
            return 0
        return int(self._rows(self._statements.count(mapping, shape), values)[0][0])

    def ripe(self, kind: type[R], field: str, /, *, by: datetime, limit: int, **equals: Any) -> list[R]:
        mapping, question = mapping_of(kind), ripe_question(kind, field)
        if any(equals.get(name) != value for name, value in question.equals.items()):
            raise LookupError(f"{kind.__name__}.{field} has an index for {question.equals} only; ask with these")
        rest = {name: value for name, value in equals.items() if name not in question.equals}
        shape, values = self._filter(mapping, rest)
        if shape is None:
            return []
        prepared = self._statements.ripe(mapping, field, shape)
        return self._records(mapping, prepared, {**values, "by": encode_time(by), "limit": limit})

    def audit(self, region: str, *, after_seq: int = 0, limit: int | None = None) -> Iterator[AuditEntry]:
        """Lines in order, fetched in pages: a long log needs no memory."""
        mapping = mapping_of(AuditEntry)
        prepared, seq, left = self._statements.audit_page(), after_seq, limit
        while left is None or left > 0:
            size = AUDIT_PAGE if left is None else min(AUDIT_PAGE, left)
            page = self._records(mapping, prepared, {"region": region, "after": seq, "limit": size})
            yield from page
            if len(page) < size:
                return
            seq = page[-1].seq
            left = None if left is None else left - len(page)

    def audit_head(self, region: str) -> tuple[int, str] | None:
        """Sequence number and hash of the last line; None when the region has none."""
        for seq, digest in self._rows(self._statements.audit_head(), {"region": region}):
            return int(seq), str(digest)
        return None

    def audit_regions(self) -> list[str]:
        return [row[0] for row in self._rows(self._statements.audit_regions(), {})]

    def _filter(self, mapping: Mapping, equals: dict[str, Any]) -> tuple[Shape | None, dict[str, Any]]:
        """The filter's shape and its parameters; no shape when nothing can match."""
        shape: list[tuple[str, str]] = []
        values: dict[str, Any] = {}
        for name in sorted(equals):  # one form for every order of the arguments
            value = equals[name]
            if value is None:
                shape.append((name, ABSENT))
            elif isinstance(value, tuple | list | set | frozenset):
                chosen = [mapping.encode_value(name, item) for item in value]
                if not chosen:
                    return None, {}
                if None in chosen:
                    raise ValueError(f"None in a list of values for {name}: ask for NULL on its own")
                shape.append((name, ONE_OF))
                values[f"f_{name}"] = json.dumps(chosen) if self._statements.is_sqlite else chosen
            else:
                shape.append((name, EQUAL))
                values[f"f_{name}"] = mapping.encode_value(name, value)
        return tuple(shape), values

    def _records(self, mapping: Mapping, prepared: Prepared, values: dict[str, Any]) -> list[Any]:
        rows = self._rows(prepared, values)
        try:
            return [mapping.decode(row) for row in rows]
        except (ValueError, TypeError) as error:
            raise StoreUnavailable(
                f"the store {self._context.shown} holds a row in {mapping.table} that cannot be read "
                f"({type(error).__name__}); it was written by another version, or damaged",
                code="store.damaged",
            ) from None

    def _rows(self, prepared: Prepared, values: dict[str, Any]) -> list[Any]:
        try:
            cursor: Any = self._driver.cursor()
            cursor.execute(prepared.sql, prepared.bind(values))
            rows: list[Any] = cursor.fetchall()
        except self._failure as error:
            self._refuse(error)
        return rows

    def _refuse(self, error: BaseException) -> NoReturn:
        self._connection.failed(error)
        raise translate(error, doing=self.doing, shown=self._context.shown) from None


class SqlTransaction(SqlReader):
    """One write transaction; the store flushes and commits it, or rolls it back.

    Writes are held back and sent together, a statement for each kind, when a question needs them or at the end: saving
    a record twice costs one row, and a bulk issue one statement for each kind.
    """

    doing = "writing to"

    def __init__(self, connection: Connection, context: SessionContext) -> None:
        super().__init__(connection, context)
        # What this transaction wrote, and what it read of kinds that a statement changed: nobody else may know before the
        # commit, and after a rollback nobody ever. What it only read stays known to its connection.
        self._own: Known = {}
        self._changed_kinds: set[type[Any]] = set()
        self._saves: dict[type[Any], dict[tuple[Any, ...], Any]] = {}
        self._inserts: dict[type[Any], dict[tuple[Any, ...], Any]] = {}
        self._lines: list[AuditEntry] = []
        self._heads: dict[str, tuple[int, str] | None] = {}

    def all(self, kind: type[R], /, *, limit: int | None = None, after: str | None = None, **equals: Any) -> list[R]:
        self.flush(kind)
        return super().all(kind, limit=limit, after=after, **equals)

    def count(self, kind: type[Any], /, **equals: Any) -> int:
        self.flush(kind)
        return super().count(kind, **equals)

    def ripe(self, kind: type[R], field: str, /, *, by: datetime, limit: int, **equals: Any) -> list[R]:
        self.flush(kind)
        return super().ripe(kind, field, by=by, limit=limit, **equals)

    def audit(self, region: str, *, after_seq: int = 0, limit: int | None = None) -> Iterator[AuditEntry]:
        self.flush(AuditEntry)
        return super().audit(region, after_seq=after_seq, limit=limit)

    def save(self, *records: Any) -> None:
        for record in records:
            mapping = self._writable(type(record))
            key = mapping.key_of(record)
            held = self._inserts.get(mapping.kind, {})
            (held if key in held else self._saves.setdefault(mapping.kind, {}))[key] = record
            self._note(mapping.kind, key, record)

    def insert(self, *records: Any) -> None:
        for record in records:
            mapping = self._writable(type(record))
            key = mapping.key_of(record)
            if self._known_of(mapping.kind, key).get(key) is not None:
                raise _taken(mapping, [record])
            self._inserts.setdefault(mapping.kind, {})[key] = record
            self._note(mapping.kind, key, record)

    def _note(self, kind: type[Any], key: tuple[Any, ...], record: Any) -> None:
        self._own.setdefault(kind, {})[key] = record
        if (known := self._known.get(kind)) is not None:
            known.pop(key, None)

    def _known_of(self, kind: type[Any], key: tuple[Any, ...]) -> dict[tuple[Any, ...], Any]:
        own = self._own.get(kind)
        if own is not None and (key in own or kind in self._changed_kinds):
            return own
        return super()._known_of(kind, key)

    def flush(self, kind: type[Any] | None = None) -> None:
        """Send what is held back of `kind`, or everything. Raises Conflict when an inserted key is taken."""
        for one in [kind] if kind is not None else [*self._inserts, *self._saves, AuditEntry]:
            mapping = mapping_of(one)
            batch = list(self._inserts.pop(one, {}).values())
            if batch and self._write(self._statements.insert(mapping), mapping, batch) != len(batch):
                raise _taken(mapping, batch)
            if batch := list(self._saves.pop(one, {}).values()):
                self._write(self._statements.save(mapping), mapping, batch)
            if one is AuditEntry and self._lines:
                lines, self._lines = self._lines, []
                if self._write(self._statements.insert(mapping), mapping, lines) != len(lines):
                    raise Conflict(f"another process wrote line {lines[0].seq} of the audit log at the same time")

    def remove(self, kind: type[Any], /, **equals: Any) -> int:
        mapping = self._writable(kind)
        self._forget(kind)
        shape, values = self._filter(mapping, equals)
        if shape is None:
            return 0
        prepared = self._statements.delete(mapping, shape)
        return self._changed(prepared.sql, [prepared.bind(values)])

    def record_audit(
        self,
        *,
        region: str,
        at: datetime,
        action: AuditAction,
        arn: str,
        result: AuditResult,
        details: dict[str, Any] | None = None,
    ) -> None:
        actor = self._context.actor
        if region not in self._heads:
            self._heads[region] = super().audit_head(region)
        entry = next_entry(
            previous=self._heads[region],
            store_id=self._context.store_id,
            region=region,
            at=at,
            who=actor.who,
            who_source=actor.source,
            action=str(action),
            arn=arn,
            result=str(result),
            details=details or {},
        )
        self._heads[region] = (entry.seq, entry.hash)
        self._lines.append(entry)
        self._note(AuditEntry, (entry.region, entry.seq), entry)

    def audit_head(self, region: str) -> tuple[int, str] | None:
        self.flush(AuditEntry)
        return super().audit_head(region)

    def _forget(self, kind: type[Any]) -> None:
        """Before a statement changes rows of `kind` behind our back."""
        self.flush(kind)
        self._known.pop(kind, None)
        self._own[kind] = {}
        self._changed_kinds.add(kind)

    def _writable(self, kind: type[Any]) -> Mapping:
        if kind is AuditEntry:
            raise TypeError("the audit log only grows: use record_audit")
        return mapping_of(kind)

    def _write(self, prepared: Prepared, mapping: Mapping, batch: list[Any]) -> int:
        """How many rows were written. An insert's parameters are in the order of `mapping.names`."""
        return self._changed(prepared.sql, [mapping.encode(record) for record in batch])

    def _changed(self, sql: str, rows: list[Parameters]) -> int:
        """Run a statement for each row of parameters; how many rows of the table it wrote or removed."""
        try:
            cursor: Any = self._driver.cursor()
            if len(rows) == 1:
                cursor.execute(sql, rows[0])
            else:
                cursor.executemany(sql, rows)
            return int(cursor.rowcount)
        except self._failure as error:
            self._refuse(error)


def _key_in(mapping: Mapping, equals: dict[str, Any]) -> tuple[Any, ...] | None:
    """The whole primary key, when that is what the filter gives; a list of values or None is a question of another kind."""
    if len(equals) != len(mapping.key):
        return None
    key = tuple([equals.get(name) for name in mapping.key])
    for part in key:
        if not isinstance(part, str | int):
            return None
    return key


def _taken(mapping: Mapping, batch: list[Any]) -> Conflict:
    names = ", ".join("/".join(str(part) for part in mapping.key_of(record)) for record in batch[:3])
    return Conflict(f"{mapping.table} has a record with this key already: {names}", code="store.taken")
