"""Requests to the handlers as an adapter makes them, with Pulumi's part played: checked inputs, outputs, a run's memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from certwright.binding.run import RunFile, RunTable
from certwright.resources.base import CheckResult, Context, DiffResult, Handler, Severity, Tree, managed_names
from certwright.resources.registry import resources

from builders.world import PREFIX, World

HANDLERS: dict[str, Any] = {cls.token.rsplit(":", 1)[1]: cls for cls in resources()}


@dataclass
class Desk:
    """One run. `lines` is what the log got: severity, text."""

    world: World
    run: RunTable = field(default_factory=lambda: RunTable(RunFile(None, engine="", parent=0)))
    lines: list[tuple[Severity, str]] = field(default_factory=list)

    def handler(self, kind: str) -> Handler:
        found: Handler = HANDLERS[kind](self.world.services)
        return found

    def context(self, kind: str, name: str = "it", *, preview: bool = False, ignore: tuple[str, ...] = ()) -> Context:
        def log(severity: Severity, message: str, *, ephemeral: bool = False) -> None:
            self.lines.append((severity, message))

        return Context(
            urn=f"{PREFIX}{kind}::{name}",
            log=log,
            run=self.run,
            cancel=self.world.cancel(),
            preview=preview,
            ignore_changes=ignore,
        )

    def check(self, kind: str, news: Tree, olds: Tree | None = None, **more: Any) -> CheckResult:
        return self.handler(kind).check(self.context(kind, **more), olds=olds or {}, news=news)

    def codes(self, kind: str, news: Tree, olds: Tree | None = None, **more: Any) -> list[tuple[str, str]]:
        """Code and path of every finding of a Check."""
        return [(f.code, f.path) for f in self.check(kind, news, olds, **more).findings]

    def preview(self, kind: str, news: Tree, **more: Any) -> Tree:
        checked = self.accepted(kind, news, **more)
        return self.handler(kind).create(self.context(kind, preview=True, **more), news=checked).outputs

    def accepted(self, kind: str, news: Tree, olds: Tree | None = None, **more: Any) -> Tree:
        found = self.check(kind, news, olds, **more)
        assert not found.findings, [f.sentence() for f in found.findings]
        return found.inputs

    def create(self, kind: str, news: Tree, **more: Any) -> Deployed:
        checked = self.accepted(kind, news, **more)
        made = self.handler(kind).create(self.context(kind, **more), news=checked)
        return Deployed(id=made.id, inputs=checked, outputs=made.outputs)

    def diff(self, kind: str, old: Deployed, news: Tree, **more: Any) -> tuple[Tree, DiffResult]:
        """Check and Diff, as for an existing resource. Returns the checked inputs too."""
        checked = self.accepted(kind, news, old.inputs, **{k: v for k, v in more.items() if k != "ignore"})
        found = self.handler(kind).diff(
            self.context(kind, **more), id=old.id, old_inputs=old.inputs, olds=old.outputs, news=checked
        )
        return checked, found

    def update(self, kind: str, old: Deployed, news: Tree, *, preview: bool = False, **more: Any) -> Deployed:
        checked, _ = self.diff(kind, old, news, **more)
        done = self.handler(kind).update(
            self.context(kind, preview=preview, **more),
            id=old.id,
            old_inputs=old.inputs,
            olds=old.outputs,
            news=checked,
        )
        return Deployed(id=old.id, inputs=checked, outputs=done.outputs)


@dataclass(frozen=True)
class Deployed:
    """What Pulumi's state holds of a resource."""

    id: str
    inputs: Tree
    outputs: Tree

    def inputs_of_program(self) -> Tree:
        """Without what Check filled in."""
        managed = {name for cls in HANDLERS.values() for name in managed_names(cls.inputs)}
        return {name: value for name, value in self.inputs.items() if name not in managed}
