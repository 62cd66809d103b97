"""One provider process between its start and its end: engine address, configuration, dispatcher, cancel signal."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from certwright.binding.dispatch import Dispatcher
from certwright.binding.enginelog import EngineLog
from certwright.binding.registry import Registry
from certwright.binding.run import RunFile, RunTable
from certwright.config import load
from certwright.domain.errors import CertwrightError
from certwright.plugin.scope import run_is_partial

HEALTH_CHECK_S = 0.18  # the engine calls a plugin dead that answers its health check after 500 ms
CANCEL_S = 2.0  # it waits five seconds for the answer to the Cancel of its close
_log = logging.getLogger("certwright.session")


class NotConfigured(CertwrightError):
    """A request that needs settings came before Configure, or while a setting is still unknown."""

    code = "config.missing"


class Session:
    """Thread-safe. `parent` is the CLI's process id; with the engine's address it names the run."""

    def __init__(
        self,
        *,
        engine: str = "",
        parent: int | None = None,
        registry: Registry | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.cancel = threading.Event()
        self.log = EngineLog(engine)
        self.waiting: tuple[str, ...] = ()
        self._parent = os.getppid() if parent is None else parent
        self._registry = registry or Registry()
        self._environ = environ
        self._lock = threading.Lock()
        self._dispatcher: Dispatcher | None = None
        self._ending: threading.Thread | None = None
        self._in_flight = 0
        self._interrupted = False

    def connect(self, engine: str) -> None:
        """The engine's address, from the command line, Handshake or Attach; one that is known already stays."""
        if engine:
            self.log.connect(engine)

    def configure(self, arguments: Mapping[str, Any]) -> None:
        """Raises Refused with every wrong setting. Opens nothing."""
        config = load(arguments, environ=self._environ)
        run = RunTable(RunFile(config.directories.runtime, engine=self.log.address, parent=self._parent))
        fresh = Dispatcher(config, cancel=self.cancel, run=run, log=self.log, registry=self._registry)
        with self._lock:
            self.waiting = ()
            earlier, self._dispatcher = self._dispatcher, fresh
        if earlier is not None:
            earlier.close()

    def wait_for(self, settings: tuple[str, ...]) -> None:
        """Settings that this preview does not know: previews pass through, anything real is refused."""
        self.waiting = settings

    def dispatcher(self) -> Dispatcher:
        with self._lock:
            if self._dispatcher is not None and not self.waiting:
                return self._dispatcher
        if self.waiting:
            raise NotConfigured(f"the provider settings {', '.join(self.waiting)} are not known yet")
        raise NotConfigured("the provider was asked for work before it was configured")

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around every request but Cancel. It ends before its answer leaves: the engine never has an answer that counts."""
        with self._lock:
            self._in_flight += 1
            self._interrupted = self._interrupted or self.cancel.is_set()
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def cancelled(self) -> None:
        """Cancel: waits stop. With no request in flight it is the engine's close, else Ctrl-C in mid-run (ADR 19)."""
        self.cancel.set()
        with self._lock:
            mid_run = self._in_flight > 0
            self._interrupted = self._interrupted or mid_run
        if not mid_run:
            self.end_of_run(wait_s=CANCEL_S)

    def end_of_run(self, *, wait_s: float = HEALTH_CHECK_S) -> None:
        """Before the engine's summary: last warnings, claims, the signed audit head, and the end of the announcements.

        It may come twice, in any order, by Cancel and by the health check of engines before 3.231; each thing is said
        once. Returns within `wait_s`; what is not done by then goes on in its thread. Failures are swallowed: this is a
        bonus on undocumented habits of the engine (mechanics.md 4).
        """
        with self._lock:
            if self._dispatcher is None:
                return
            if self._ending is None or not self._ending.is_alive():
                self._ending = threading.Thread(target=self._end, args=(self._dispatcher,), daemon=True)
                self._ending.start()
            ending = self._ending
        ending.join(wait_s)

    def _end(self, dispatcher: Dispatcher) -> None:
        # What `--target` leaves out, or a program that was broken off did not come to, is declared all the same.
        partial = self._interrupted or run_is_partial(self._parent)
        warn = () if partial else (dispatcher.warn_undeclared,)
        for step in (*warn, dispatcher.run.end, dispatcher.show_anchor):
            try:
                step()
            except Exception as problem:
                _log.debug("end of run: %s", type(problem).__name__)

    def close(self, *, killed: bool = False) -> None:
        """After SIGINT or SIGTERM; `killed`: the CLI is gone, so that what it was told last may not be in its state."""
        self.cancel.set()
        with self._lock:
            dispatcher, self._dispatcher = self._dispatcher, None
            ending = self._ending
        if ending is not None:
            ending.join(2.0)
        if dispatcher is not None:
            try:
                dispatcher.run.end(with_claims=not killed)
                dispatcher.close()
            except Exception as problem:
                _log.debug("close: %s", type(problem).__name__)
        self.log.close()
