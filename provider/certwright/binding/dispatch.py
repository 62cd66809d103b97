"""Token → handler, with everything around one request: context, read-only refusal, log lines, clean errors, claims.

Both adapters translate their wire form to neutral trees, call a method here, and translate the answer back. Handlers,
their models and the services are imported and built at the first request that needs them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from certwright.binding.enginelog import EngineLog
from certwright.binding.errors import clean_errors
from certwright.binding.registry import Registry
from certwright.binding.run import RunTable
from certwright.binding.shape import DiffAnswer, answer, failure
from certwright.config import Config
from certwright.domain.errors import CertwrightError

if TYPE_CHECKING:
    from certwright.engine.ports import CancelSignal
    from certwright.resources.base import (
        CheckResult,
        Context,
        CreateResult,
        Log,
        ReadResult,
        Severity,
        Tree,
        UpdateResult,
    )


class ReadOnly(CertwrightError):
    """The provider is configured with readOnly."""

    code = "config.read_only"


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What an adapter knows of a request beside its trees.

    timeout_s: None or 0 means the resource's own default. alive: whether the caller still waits for the answer.
    log: None means the engine's log under `urn`.
    """

    token: str
    urn: str = ""
    preview: bool = False
    timeout_s: float | None = None
    ignore_changes: tuple[str, ...] = ()
    alive: Callable[[], bool] = _always
    log: Log | None = None

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1] or self.token


class _Once:
    """A resource's log that says each lasting line once in a run: Check, Diff and Update may all find the same."""

    __slots__ = ("_log", "_said", "_urn")

    def __init__(self, said: set[tuple[str, str]], urn: str, log: Log) -> None:
        self._said, self._urn, self._log = said, urn, log

    def __call__(self, severity: Severity, message: str, *, ephemeral: bool = False) -> None:
        if not ephemeral:
            if (self._urn, message) in self._said:
                return
            self._said.add((self._urn, message))
        self._log(severity, message, ephemeral=ephemeral)


class Dispatcher:
    """One configured provider. Thread-safe: handlers are built once and shared by all requests."""

    def __init__(
        self,
        config: Config,
        *,
        cancel: CancelSignal,
        run: RunTable,
        log: EngineLog,
        registry: Registry | None = None,
    ) -> None:
        self.config = config
        self.run = run
        self._cancel = cancel
        self._log = log
        self._said: set[tuple[str, str]] = set()
        self._registry = registry or Registry()
        self._lock = threading.RLock()
        self._services: Any = None
        self._handlers: dict[str, Any] = {}
        self._functions: dict[str, Any] = {}
        self._deleting: set[str] = set()
        self._warned: set[tuple[str, str]] = set()

    # what is built on demand ---------------------------------------------------------------------------------------

    def services(self) -> Any:
        with self._lock:
            if self._services is None:
                self._services = self._registry.services(self.config)
                self.run.use(self._persist)
                self._show_clock()
            return self._services

    def _show_clock(self) -> None:
        """A moved clock is never silent (SEC-9)."""
        if self.config.clock_offset:
            from certwright.resources.base import Severity

            sentence = f"the clock is moved by {self.config.clock_offset}: this store was made for testing"
            self._log.for_urn("")(Severity.WARNING, sentence)

    def handler(self, token: str) -> Any:
        with self._lock:
            if token not in self._handlers:
                self._handlers[token] = self._registry.resource(token)(self.services())
            return self._handlers[token]

    def function(self, token: str) -> Any:
        with self._lock:
            if token not in self._functions:
                self._functions[token] = self._registry.function(token)(self.services())
            return self._functions[token]

    def _persist(self, claims: Any) -> None:
        self._registry.claims(self.services(), claims)

    def show_anchor(self) -> None:
        """The signed head of the audit log, on the stack's own row, after a run that wrote (AUD-1). Providers with one store
        end with one head, which one of them tells, once."""
        if self.run.wrote and self._services is not None:
            from certwright.resources.base import Severity

            anchor = self._registry.anchor(self._services)
            if self.run.first_to_say(anchor):
                self._log.for_urn("")(Severity.INFO, anchor)

    def close(self) -> None:
        with self._lock:
            services, self._services = self._services, None
            self._handlers.clear()
            self._functions.clear()
        if services is not None and hasattr(services, "close"):
            services.close()

    # requests ------------------------------------------------------------------------------------------------------

    def check(self, call: Call, *, olds: Tree, news: Tree) -> CheckResult:
        with clean_errors(f"check of {call.name}"):
            handler = self.handler(call.token)
            self.run.note_checked(call.urn)
            result: CheckResult = handler.check(self.context(call), olds=olds, news=news)
            return result

    def failures(self, call: Call, result: CheckResult) -> list[tuple[str, str]]:
        """The findings of a check as (property, reason), with no secret property named."""
        if not result.findings:
            return []
        from certwright.binding.schema import secret_holders

        secret = secret_holders(self.handler(call.token).inputs)
        return [failure(f, secret=secret) for f in result.findings]

    def diff(self, call: Call, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> DiffAnswer:
        """Compare, and put each reason under the resource; the Diff of a refresh is quiet."""
        with clean_errors(f"diff of {call.name}"):
            context = self.context(call)
            self.run.note_compared(call.urn, id)
            result = self.handler(call.token).diff(context, id=id, old_inputs=old_inputs, olds=olds, news=news)
            shaped = answer(result, ignore_changes=call.ignore_changes)
            if shaped.changes and not self.run.is_refresh_diff(call.urn):
                from certwright.resources.base import Severity

                for reason in result.reasons:
                    context.log(Severity.INFO, reason.sentence)
            return shaped

    def create(self, call: Call, *, news: Tree) -> CreateResult:
        from certwright.resources.base import Incomplete

        made = ""
        with clean_errors(f"create of {call.name}"):
            self._may_write(call, "create")
            try:
                result: CreateResult = self.handler(call.token).create(self.context(call), news=news)
                made = result.id
            except Incomplete as incomplete:
                made = incomplete.id
                raise
            finally:
                if made and not call.preview:
                    self.run.note_write()
                    self.run.answered(made, alive=call.alive())
            if not made and not call.preview:
                raise AssertionError("a create gave no id")
            return result

    def read(self, call: Call, *, id: str, inputs: Tree, olds: Tree) -> ReadResult:
        with clean_errors(f"read of {call.name}"):
            self.run.note_read(call.urn)
            result: ReadResult = self.handler(call.token).read(self.context(call), id=id, inputs=inputs, olds=olds)
            return result

    def update(self, call: Call, *, id: str, old_inputs: Tree, olds: Tree, news: Tree) -> UpdateResult:
        with clean_errors(f"update of {call.name}"):
            self._may_write(call, "update")
            handler = self.handler(call.token)
            result: UpdateResult = handler.update(
                self.context(call), id=id, old_inputs=old_inputs, olds=olds, news=news
            )
            if not call.preview:
                self.run.note_write()
            return result

    def delete(self, call: Call, *, id: str, olds: Tree) -> None:
        with clean_errors(f"delete of {call.name}"):
            self._may_write(call, "delete")
            self._deleting.add(call.urn)  # whatever comes of it is said by its own answer
            self.handler(call.token).delete(self.context(call), id=id, olds=olds)
            self.run.note_write()

    def invoke(self, token: str, args: Tree, *, preview: bool = False) -> Tree:
        """Call a function. A preview does not call one whose class says `in_preview = False`: all outputs unknown."""
        with clean_errors(f"call of {token}"):
            function = self.function(token)
            if preview and not getattr(function, "in_preview", True):
                from certwright.domain.values import UNKNOWN
                from certwright.resources.base import wire_names

                return dict.fromkeys(wire_names(function.outputs), UNKNOWN)
            answered: Tree = function.call(args)
            return answered

    def context(self, call: Call) -> Context:
        from certwright.resources.base import Context

        return Context(
            urn=call.urn,
            log=_Once(self._said, call.urn, call.log or self._log.for_urn(call.urn)),
            run=self.run,
            cancel=self._cancel,
            preview=call.preview,
            timeout_s=call.timeout_s or None,
            ignore_changes=call.ignore_changes,
        )

    def _may_write(self, call: Call, verb: str) -> None:
        if self.config.read_only and not call.preview:
            raise ReadOnly(f"{call.name}: {verb} refused, since the provider is configured with readOnly")

    # the end of a run ----------------------------------------------------------------------------------------------

    def warn_undeclared(self) -> None:
        """Warn, on their delete rows, of resources that this run did not declare and whose deletion will be refused."""
        prefix = self.run.urn_prefix()
        if self._services is None or not prefix:  # no Check: `pulumi refresh` or `destroy`, nothing to compare with
            return
        for urn, sentence in self._registry.usage(self._services, prefix, self.run.declared()):
            if urn not in self._deleting and (urn, sentence) not in self._warned:
                self._warned.add((urn, sentence))
                self._log.send(urn, "warning", sentence)
