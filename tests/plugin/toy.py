"""A resource and a function that follow the handler contract in a few lines, for the adapters' own tests."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from certwright.binding.registry import Registry
from certwright.domain.errors import CertwrightError, Finding, NotFound, Reason, Refused
from certwright.domain.values import UNKNOWN, Secret, contains_unknown, reveal
from certwright.resources.base import (
    Change,
    CheckResult,
    Context,
    CreateResult,
    DiffResult,
    Incomplete,
    Model,
    PathDiff,
    ReadResult,
    Severity,
    Tree,
    UpdateResult,
    out,
    prop,
)


class Colour(StrEnum):
    """The colour of a widget."""

    RED = "RED"
    DARK_BLUE = "DARK_BLUE"


class Place(Model):
    """Where a widget stands."""

    path: str = prop("Absolute path.", required=True)
    mode: int = prop("Permission bits.", default=600)


class WidgetInputs(Model):
    name: str = prop("Name.", change=Change.REPLACE, required=True)
    names: list[str] | None = prop("More names.", change=Change.REISSUE)
    size: int | None = prop("Size.", default=1)
    colour: Colour = prop("Colour.", default=Colour.RED)
    tags: dict[str, str] | None = prop("Tags.")
    password: str | None = prop("Password.", secret=True)
    place: Place | None = prop("Place.")
    behaviour: str | None = prop("What the toy does: break, wait, refuse, fail.")
    version: int | None = prop("Version.", managed=True)


class Record(Model):
    name: str = out("Name of the record.")
    value: str = out("Value of the record.")


class WidgetOutputs(Model):
    arn: str = out("ARN.")
    version: int = out("Version.")
    not_after: str = out("End.")
    domain_validation_options: list[Record] = out("Records.")
    sealed: str | None = out("Something secret.", secret=True)


@dataclass
class Toybox:
    """The services of the toys: what exists, and what was logged or persisted."""

    config: Any = None
    things: dict[str, Tree] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    started: threading.Event = field(default_factory=threading.Event)
    due: set[str] = field(default_factory=set)
    claimed: list[tuple[str, str]] = field(default_factory=list)
    in_use: dict[str, str] = field(default_factory=dict)  # URN → sentence
    signed: int = 0
    closed: int = 0

    def sign(self) -> str:
        self.signed += 1
        return f"audit log signed: {len(self.things)} things"

    def close(self) -> None:
        self.closed += 1


class Widget:
    """A thing with a name."""

    token: ClassVar[str] = "certwright:index:Widget"
    inputs: ClassVar[type[Model]] = WidgetInputs
    outputs: ClassVar[type[Model]] = WidgetOutputs
    default_timeout_s: ClassVar[float] = 60.0

    def __init__(self, services: Toybox) -> None:
        self.box = services

    def check(self, ctx: Context, *, olds: Tree, news: Tree) -> CheckResult:
        findings = []
        known = {f.alias or n for n, f in WidgetInputs.model_fields.items()}
        for key in news:
            if key not in known:
                findings.append(Finding(code="input.unknown", path=key, message="is not a property"))
        for index, name in enumerate(news.get("names") or []) if isinstance(news.get("names"), list) else ():
            if name is not UNKNOWN and "*" in str(reveal(name)):
                findings.append(Finding(code="names.invalid", path=f"names[{index}]", message=f'"{name}" has a star'))
        if reveal(news.get("password")) == "short":
            findings.append(Finding(code="password.short", path="password", message="is too short"))
        inputs = {
            **news,
            "version": int(olds.get("version") or 0) + 1 if self._changed(olds, news) else olds["version"],
        }
        if inputs.get("password") is not None and not isinstance(inputs["password"], Secret):
            inputs["password"] = Secret(inputs["password"])
        return CheckResult(inputs=inputs, findings=tuple(findings))

    def _changed(self, olds: Tree, news: Tree) -> bool:
        return {k: reveal(v) for k, v in olds.items() if k != "version"} != {k: reveal(v) for k, v in news.items()}

    def diff(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> DiffResult:
        ctx.run.note_known("certificate", id)
        paths = []
        for key in sorted({*old_inputs, *news} - {"version"}):
            old, new = reveal(old_inputs.get(key)), reveal(news.get(key))
            if old != new or contains_unknown(new):
                paths.append(PathDiff(path=key, replace=key == "name"))
        reasons: list[Reason] = []
        if id in self.box.due and not ctx.run.is_refresh_diff(ctx.urn):
            paths.append(PathDiff(path="version", input_diff=False))
            reasons.append(Reason(code="renewal.window_open", sentence="renewal due"))
            ctx.run.announce(id, from_version=1, to_version=2, reason=reasons[0])
        return DiffResult(
            changes=bool(paths),
            paths=tuple(paths),
            reasons=tuple(reasons),
            delete_before_replace=True,
            stables=("arn",),
        )

    def _outputs(self, news: Tree, arn: Any, version: Any) -> Tree:
        unknown = arn is UNKNOWN
        return {
            **news,
            "arn": arn,
            "version": version,
            "notAfter": UNKNOWN if unknown else "2027-01-01T00:00:00Z",
            "domainValidationOptions": [{"name": "_1.example", "value": "x"}],
            "sealed": Secret(UNKNOWN if unknown else f"sealed-{arn}"),
        }

    def create(self, ctx: Context, *, news: Tree) -> CreateResult:
        if ctx.preview:
            return CreateResult(id="", outputs=self._outputs(news, UNKNOWN, UNKNOWN))
        arn = f"arn:toy:{next(self.box.numbers)}"
        outputs = self._outputs(news, arn, news.get("version", 1))
        ctx.log(Severity.INFO, "working", ephemeral=True)
        ctx.log(Severity.INFO, "working", ephemeral=True)
        match news.get("behaviour"):
            case "break":
                raise ValueError(f"boom {reveal(news.get('password'))}")
            case "refuse":
                raise Refused(
                    [Finding(code="a.b", message="no", path="names[0]"), Finding(code="c.d", message="never")]
                )
            case "fail":
                raise CertwrightError("the target said no", code="deploy.failed", details=("line two",))
            case "wait":
                self.box.things[arn] = outputs
                self.box.started.set()
                ended = ctx.cancel.wait(ctx.timeout_s or self.default_timeout_s)
                ctx.run.note_created("certificate", arn, adopted=False)
                raise Incomplete(
                    "cancelled; run `pulumi up` again" if ended else "not ready in time",
                    id=arn,
                    outputs=outputs,
                    inputs=news,
                )
        self.box.things[arn] = outputs
        ctx.run.note_created("certificate", arn, adopted=False)
        return CreateResult(id=arn, outputs=outputs)

    def read(self, ctx: Context, *, id: str, inputs: Tree, olds: Tree) -> ReadResult:
        found = self.box.things.get(id)
        if found is None:
            if not olds:
                raise NotFound(f"there is no widget {id}")
            return ReadResult(id="")
        names = {f.alias or n for n, f in WidgetInputs.model_fields.items()}
        return ReadResult(id=id, inputs={k: v for k, v in found.items() if k in names}, outputs=found)

    def update(self, ctx: Context, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> UpdateResult:
        outputs = self._outputs(news, id, news.get("version", 1))
        if not ctx.preview:
            self.box.things[id] = outputs
        return UpdateResult(outputs=outputs)

    def delete(self, ctx: Context, *, id: str, olds: Tree) -> None:
        if reveal(olds.get("behaviour")) == "inUse":
            raise CertwrightError("in use, cannot be deleted", code="certificate.in_use", details=("2 serve it",))
        self.box.things.pop(id, None)


class GetWidgetInputs(Model):
    arn: str = prop("ARN.", required=True)


class GetWidgetOutputs(Model):
    arn: str = out("ARN.")
    sealed: str = out("Secret.", secret=True)


class GetWidget:
    """Look a widget up."""

    token: ClassVar[str] = "certwright:index:getWidget"
    inputs: ClassVar[type[Model]] = GetWidgetInputs
    outputs: ClassVar[type[Model]] = GetWidgetOutputs

    def __init__(self, services: Toybox) -> None:
        self.box = services

    def call(self, args: Tree) -> Tree:
        if "arn" not in args:
            raise Refused([Finding(code="input.missing", path="arn", message="is required")])
        found = self.box.things.get(args["arn"])
        if found is None:
            raise NotFound(f"there is no widget {args['arn']}")
        return {"arn": found["arn"], "sealed": found["sealed"]}


def registry(box: Toybox | None = None) -> Registry:
    """The toys around one box; every Dispatcher built with it shares the box."""
    the_box = box or Toybox()

    def services(config: Any) -> Toybox:
        the_box.config = config
        return the_box

    return Registry(
        resources=lambda: (Widget,),
        functions=lambda: (GetWidget,),
        services=services,
        claims=lambda box, claims: box.claimed.extend(claims),
        anchor=Toybox.sign,
        usage=lambda box, prefix, checked: [
            (urn, text) for urn, text in box.in_use.items() if urn.startswith(prefix) and urn not in checked
        ],
    )
