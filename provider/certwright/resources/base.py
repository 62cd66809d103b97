"""What a Pulumi resource is to certwright: one pydantic pair of models and one handler, blind to the adapter in front.

Requests and results carry neutral trees: dicts, lists, str, float/int, bool, None, with `UNKNOWN` for what a preview
does not know and `Secret` around what must not be shown; both may stand anywhere inside. The gRPC plugin and the
dynamic provider translate their wire forms to these and back, and do nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from certwright.domain.errors import CertwrightError, Finding, Reason
from certwright.engine.ports import CancelSignal

Tree = dict[str, Any]


class Change(StrEnum):
    """What a change of an input does (the change codes of the docs: R, V, U)."""

    REPLACE = "R"
    REISSUE = "V"
    UPDATE = "U"
    NOTHING = "-"


class Equality(StrEnum):
    """How two values of a property are judged equal."""

    VALUE = "value"
    NAME = "name"  # host name: case-insensitive, as A-label
    NAMES = "names"  # set of names
    SET = "set"  # list whose order does not matter
    PEM = "pem"  # by its bytes after decoding
    TEXT = "text"  # numbers and their text are equal
    DURATION = "duration"
    PASSTHROUGH = "passthrough"  # ApiPassthrough: an object equals its JSON text


class Model(BaseModel):
    """Base of all wire models: camelCase outside, snake_case inside, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", arbitrary_types_allowed=True
    )


def prop(
    description: str,
    *,
    change: Change = Change.UPDATE,
    default: Any = None,
    required: bool = False,
    secret: bool = False,
    equality: Equality = Equality.VALUE,
    managed: bool = False,
    words: str = "",
    source: str = "",
) -> Any:
    """Declare one input property: everything that schema, decode, diff, docs and SDKs need to know of it.

    default: Python default when the program leaves it out; ignored when `required`.
    managed: filled in by Check, never by a program (mechanics.md: `version`, `deployedVersion`, `validatedVersion`).
    words: of a text: the name of an open enumeration, whose values the schema takes from a registry.
    source: the RFC and section, or the service, that the property comes from.
    """
    extra: Any = {
        "change": change.value,
        "secret": secret,
        "equality": equality.value,
        "managed": managed,
        "source": source,
        "words": words,
    }
    if required:
        return Field(description=description, json_schema_extra={"certwright": extra})
    return Field(default=default, description=description, json_schema_extra={"certwright": extra})


def out(description: str, *, secret: bool = False, default: Any = None) -> Any:
    """Declare one output property."""
    extra: Any = {"secret": secret}
    return Field(default=default, description=description, json_schema_extra={"certwright": extra})


def meta(field: FieldInfo) -> dict[str, Any]:
    """The declaration behind a field: `change`, `secret`, `equality`, `managed`, `source`."""
    extra = field.json_schema_extra
    found = extra.get("certwright") if isinstance(extra, dict) else None
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=64)
def wire_names(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


@lru_cache(maxsize=64)
def managed_names(model: type[BaseModel]) -> tuple[str, ...]:
    """Wire names of the inputs that only Check fills in."""
    return tuple(f.alias or n for n, f in model.model_fields.items() if meta(f).get("managed"))


@lru_cache(maxsize=64)
def secret_names(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(f.alias or n for n, f in model.model_fields.items() if meta(f).get("secret"))


class Severity(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Log(Protocol):
    """Puts a line under the resource. `ephemeral` lines only move the resource's own row."""

    def __call__(self, severity: Severity, message: str, *, ephemeral: bool = False) -> None: ...


class RunMemory(Protocol):
    """What one Pulumi run remembers across requests and, through a runtime file, across its provider processes."""

    def announce(self, arn: str, *, from_version: int, to_version: int, reason: Reason) -> None:
        """A preview or an update will re-issue (or re-sign, for a CA) `arn` in this run."""

    def announced(self, arn: str) -> Announcement | None: ...

    def note_read(self, urn: str) -> None:
        """A Read came for `urn`: until its Check, a Diff is the refresh Diff and answers quietly."""

    def note_checked(self, urn: str) -> None: ...

    def is_refresh_diff(self, urn: str) -> bool: ...

    def note_known(self, kind: str, arn: str) -> None:
        """Pulumi showed that it knows this record (a claim); kept in memory until `claims_due`."""

    def note_created(self, kind: str, arn: str, *, adopted: bool) -> None:
        """A real Create was answered with this id."""

    def note_write(self) -> None:
        """A real Create, Update or Delete happened: claims may be persisted from here on."""

    def adopted_in_this_run(self, arn: str) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    arn: str
    from_version: int
    to_version: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What surrounds one request. `timeout_s` None means the resource's own default."""

    urn: str
    log: Log
    run: RunMemory
    cancel: CancelSignal
    preview: bool = False
    timeout_s: float | None = None
    ignore_changes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The resource's name: the last part of its URN."""
        return self.urn.rsplit("::", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The inputs to keep (the program's own shape, secrets marked, managed inputs added) and every objection."""

    inputs: Tree
    findings: tuple[Finding, ...] = ()


class DiffKind(StrEnum):
    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDiff:
    """One changed property path, e.g. `subjectAlternativeNames`. `input_diff` False: the old side is an output."""

    path: str
    kind: DiffKind = DiffKind.UPDATE
    replace: bool = False
    input_diff: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffResult:
    """`changes` is true exactly when there is a path or a reason."""

    changes: bool
    paths: tuple[PathDiff, ...] = ()
    reasons: tuple[Reason, ...] = ()
    delete_before_replace: bool = False
    stables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateResult:
    id: str
    outputs: Tree
    refresh_before_update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """`id` empty: the resource is gone (the store is readable and says so)."""

    id: str
    inputs: Tree = field(default_factory=dict)
    outputs: Tree = field(default_factory=dict)
    refresh_before_update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateResult:
    outputs: Tree
    refresh_before_update: bool = False


class Incomplete(CertwrightError):
    """The resource exists but is not ready (validation timed out or was cancelled): Pulumi keeps id and outputs, and
    the next `up` sends an Update that resumes. gRPC: ErrorResourceInitFailed."""

    code = "resource.incomplete"

    def __init__(self, message: str, *, id: str, outputs: Tree, inputs: Tree, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.id = id
        self.outputs = outputs
        self.inputs = inputs


class Handler(Protocol):
    """One resource type. `olds` are outputs, `old_inputs` the inputs of the last deployment, `news` checked inputs."""

    token: ClassVar[str]
    inputs: ClassVar[type[Model]]
    outputs: ClassVar[type[Model]]
    default_timeout_s: ClassVar[float]

    def check(self, ctx: Context, *, olds: Tree, news: Tree) -> CheckResult: ...

    def diff(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> DiffResult: ...

    def create(self, ctx: Context, *, news: Tree) -> CreateResult:
        """With `ctx.preview` nothing is made: the known outputs, `UNKNOWN` for the rest; the id is ignored."""

    def read(self, ctx: Context, *, id: str, inputs: Tree, olds: Tree) -> ReadResult:
        """Refresh (inputs and olds given) or import (both empty)."""

    def update(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> UpdateResult: ...

    def delete(self, ctx: Context, *, id: str, olds: Tree) -> None:
        """Not found is success."""


class Function(Protocol):
    """One invoke."""

    token: ClassVar[str]
    inputs: ClassVar[type[Model]]
    outputs: ClassVar[type[Model]]

    def call(self, args: Tree) -> Tree: ...


HandlerFactory = Callable[[Any], Handler]
