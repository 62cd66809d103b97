"""SQL text of every form of statement, prepared once: running one then costs only the driver's call.

SQLAlchemy writes the text (compiler.py). For SQLite it has done so already: `sqlite_sql` holds the forms that certwright
uses, so that the default store needs no SQLAlchemy at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from certwright.store import layout

if TYPE_CHECKING:
    from certwright.store.migrations.migration import Shapes

# How a filter compares one field.
EQUAL, ABSENT, ONE_OF = "=", "null", "in"
AUDIT = "audit"  # the table of the forms that name none
Shape = tuple[tuple[str, str], ...]
Parameters = tuple[Any, ...]


class Form(NamedTuple):
    """What tells two statements apart.

    verb: select, count, save, insert, delete, ripe (by `column`), audit_page, audit_head, audit_regions.
    """

    verb: str
    table: str = ""
    shape: Shape = ()
    after: bool = False
    limited: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """SQL text with positional parameters; `order` names them, `fixed` are those with a value of their own."""

    sql: str
    order: tuple[str, ...]
    fixed: dict[str, Any] = field(default_factory=dict)

    def bind(self, values: dict[str, Any]) -> Parameters:
        if not self.fixed:
            return tuple([values[name] for name in self.order])
        return tuple([values[name] if name in values else self.fixed[name] for name in self.order])


Written = tuple[str, tuple[str, ...], dict[str, Any]]


@dataclass(slots=True)
class Statements:
    """Prepared statements of one kind of database.

    written: forms whose text is known already. compile: writes the text of any other form; two threads may write the
    same one, the result is the same. shapes: set for an older layout, which is only read.
    """

    is_sqlite: bool
    compile: Callable[[Form], Prepared]
    written: Mapping[Any, Written] = field(default_factory=dict)
    shapes: Shapes | None = None
    _cache: dict[Form, Prepared] = field(default_factory=dict)
    _by_key: dict[str, Prepared] = field(default_factory=dict)

    def of(self, form: Form) -> Prepared:
        found = self._cache.get(form)
        if found is None:
            if form in self.written:
                sql, order, fixed = self.written[form]
                found = Prepared(sql=sql, order=order, fixed=fixed)
            else:
                found = self.compile(form)
            if self.shapes is not None and (form.table or AUDIT) in self.shapes.tables:
                found = replace(found, sql=self.shapes.expressions + found.sql)
            self._cache[form] = found
        return found

    def save(self, mapping: layout.Mapping) -> Prepared:
        return self.of(Form("save", mapping.table))

    def insert(self, mapping: layout.Mapping) -> Prepared:
        return self.of(Form("insert", mapping.table))

    def select(self, mapping: layout.Mapping, shape: Shape, *, after: bool, limited: bool) -> Prepared:
        return self.of(Form("select", mapping.table, shape, after, limited))

    def by_key(self, mapping: layout.Mapping) -> Prepared:
        """Select by the whole primary key."""
        found = self._by_key.get(mapping.table)
        if found is None:
            shape = tuple(sorted((name, EQUAL) for name in mapping.key))
            found = self._by_key[mapping.table] = self.select(mapping, shape, after=False, limited=True)
        return found

    def count(self, mapping: layout.Mapping, shape: Shape) -> Prepared:
        return self.of(Form("count", mapping.table, shape))

    def delete(self, mapping: layout.Mapping, shape: Shape) -> Prepared:
        return self.of(Form("delete", mapping.table, shape))

    def ripe(self, mapping: layout.Mapping, field: str, shape: Shape) -> Prepared:
        return self.of(Form("ripe", mapping.table, shape, column=field))

    def audit_page(self) -> Prepared:
        return self.of(Form("audit_page"))

    def audit_head(self) -> Prepared:
        return self.of(Form("audit_head"))

    def audit_regions(self) -> Prepared:
        return self.of(Form("audit_regions"))
