"""What the handlers share: settling the region, reading the store without ever making it, managed inputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import isfinite
from typing import Any

from certwright.domain.errors import CertwrightError, Finding, NotFound, StoreAbsent, StoreMismatch, StoreUnavailable
from certwright.domain.values import UNKNOWN, Secret, contains_unknown, reveal
from certwright.engine.decision import Decision
from certwright.engine.ports import Reader
from certwright.engine.services import Services, confirm_store
from certwright.resources.base import Context, Model, Severity, Tree, managed_names, secret_names, wire_names


class Handling:
    """Base of the handlers. Knows nothing of a particular resource."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def region(self, tree: Tree) -> str:
        value = reveal(tree.get("region"))
        return value if isinstance(value, str) else self.services.config.region

    def settled(self, tree: Tree) -> Tree:
        """The tree to compare by: naming the region that a resource is in already is no change (REG-2)."""
        return tree if contains_unknown(tree.get("region")) else {**tree, "region": self.region(tree)}

    @property
    def account(self) -> str:
        return self.services.config.account

    @contextmanager
    def facts(self, ctx: Context, olds: Tree) -> Iterator[Reader | None]:
        """One read of the store; None when there is none yet, or when it cannot be reached.

        A preview without access decides from Pulumi's state alone and says so in one line. Another or an empty store
        than the one the resource lives in raises StoreMismatch (SEC-8).
        """
        try:
            confirm_store(self.services.store, _text(olds.get("storeId")))
            with self.services.store.read() as reader:
                yield reader
        except StoreMismatch:
            raise
        except StoreAbsent:
            yield None
        except StoreUnavailable as problem:
            ctx.log(Severity.WARNING, f"decided from Pulumi's state alone: {problem.message}")
            yield None

    def confirm(self, olds: Tree) -> None:
        confirm_store(self.services.store, _text(olds.get("storeId")))

    def tags(self, tree: Tree) -> dict[str, Any]:
        own = reveal(tree.get("tags")) or {}
        return {**self.services.config.default_tags, **own} if isinstance(own, dict) else {}


def instant(moment: datetime | None) -> str | None:
    """As outputs spell a moment, e.g. 2026-11-24T12:00:00Z (RFC 3339)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _text(value: Any) -> str:
    plain = reveal(value)
    return plain if isinstance(plain, str) else ""


def text(tree: Tree, name: str) -> str:
    """A known text property, else ""."""
    return _text(tree.get(name))


def number(tree: Tree, name: str) -> int:
    plain = reveal(tree.get(name))
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not isfinite(plain):
        return 0
    return int(plain)


def plain(tree: Tree) -> Tree:
    """The tree as the store keeps it: no secrets, no managed wrapper."""
    return {name: _whole(value) for name, value in reveal(tree).items()}


def _whole(value: Any) -> Any:
    """Pulumi's numbers are doubles: 24.0 is stored as 24."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return value


def without_managed(model: type[Model], olds: Tree, news: Tree) -> tuple[Tree, list[Finding]]:
    """The program's own inputs. A managed one is accepted only when it is what an earlier Check put there (import)."""
    findings: list[Finding] = []
    managed = managed_names(model)
    for name in managed:
        value = reveal(news.get(name))
        if value is not None and value is not UNKNOWN and value != reveal(olds.get(name)):
            findings.append(
                Finding(code="input.managed", path=name, message="is filled in by certwright; leave it out")
            )
    return {k: v for k, v in news.items() if k not in managed}, findings


def marked(model: type[Model], tree: Tree) -> Tree:
    """Secret inputs marked by Check itself, because YAML programs do not wrap them (SEC-6)."""
    secret = secret_names(model)
    return {k: Secret(v) if k in secret and v is not None and not isinstance(v, Secret) else v for k, v in tree.items()}


def echo(model: type[Model], tree: Tree) -> Tree:
    """The inputs as outputs: without secret ones and without what certwright manages."""
    left_out = {*secret_names(model), *managed_names(model)}
    return {k: v for k, v in tree.items() if k not in left_out and k in wire_names(model)}


def spec_of(model: type[Model], tree: Tree) -> Tree:
    """What the store keeps of the inputs: known values, no secret, nothing managed, absent ones left out."""
    return {k: v for k, v in plain(echo(model, tree)).items() if v is not None and not contains_unknown(v)}


def say(ctx: Context, decision: Decision) -> None:
    """Warnings change nothing, but they are said at every preview."""
    for warning in decision.warnings:
        ctx.log(Severity.WARNING, warning.sentence)


def gone(id: str) -> CertwrightError:
    return NotFound(
        f'there is no resource with the id "{id}" in this store; if it was deleted outside this stack, run `pulumi refresh`',
        code="record.not_found",
    )
