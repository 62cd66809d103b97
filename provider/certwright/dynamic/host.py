"""What the provider objects of one `python -m pulumi.dynamic` process share: dispatcher, run memory, engine log."""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from certwright.binding.dispatch import Call, Dispatcher
from certwright.binding.enginelog import EngineLog
from certwright.binding.errors import clean_errors
from certwright.binding.registry import Registry
from certwright.binding.run import RunFile, RunTable
from certwright.config import SETTINGS, load
from certwright.domain.errors import CertwrightError
from certwright.dynamic.codec import PROVIDER_KEY
from certwright.dynamic.frame import Surroundings, answer_with, surroundings

_log = logging.getLogger("certwright.dynamic")


class Host:
    """Thread-safe. One per process; tests make their own and put it into `current`."""

    def __init__(
        self, *, registry: Registry | None = None, environ: Mapping[str, str] | None = None, engine: str = ""
    ) -> None:
        self.cancel = threading.Event()
        self._registry = registry
        self._environ = environ
        self._lock = threading.Lock()
        self._log = EngineLog(engine)
        self._dispatchers: dict[str, Dispatcher] = {}

    def dispatcher(self, arguments: Mapping[str, Any]) -> Dispatcher:
        """The one for these settings. Raises Refused with every wrong one."""
        key = json.dumps(arguments, sort_keys=True, default=str)
        with self._lock:
            if key not in self._dispatchers:
                config = load(arguments, environ=self._environ)
                self._dispatchers[key] = Dispatcher(
                    config,
                    cancel=self.cancel,
                    run=RunTable(RunFile(None, engine="", parent=os.getppid())),
                    log=self._log,
                    registry=self._registry,
                )
            return self._dispatchers[key]

    def close(self) -> None:
        """Persist claims; the host process has no better last moment than its exit."""
        with self._lock:
            dispatchers = list(self._dispatchers.values())
            self._dispatchers.clear()
        for dispatcher in dispatchers:
            try:
                dispatcher.run.end()
                dispatcher.close()
            except Exception as problem:
                _log.debug("close: %s", type(problem).__name__)
        self._log.close()


_current: Host | None = None
_making = threading.Lock()


def current() -> Host:
    """This process's host, made at the first call."""
    global _current
    with _making:
        if _current is None:
            _current = Host(engine=_engine_address())
            atexit.register(_current.close)
        return _current


def use(host: Host | None) -> None:
    """Put another host in place (tests)."""
    global _current
    with _making:
        _current = host


def _engine_address() -> str:
    """`python -m pulumi.dynamic ENGINE_ADDRESS`; empty in a program, whose first argument is something else."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    host, _, port = first.rpartition(":")
    return first if host and port.isdigit() else ""


def settings_of(get: Any) -> dict[str, Any]:
    """The `certwright:` settings by wire name, through a `get("certwright:region")`."""
    found = {s.name: get(f"certwright:{s.name}") for s in SETTINGS}
    return {name: value for name, value in found.items() if value is not None}


@contextmanager
def answering(doing: str, token: str, properties: Mapping[str, Any]) -> Iterator[tuple[Call, Surroundings]]:
    """Surround one request: find its URN, and let an error reach the user as one clean text.

    Raises CertwrightError; where the request's context was found, the host's traceback is replaced by the text.
    """
    around = surroundings()
    call = Call(
        token=token,
        urn=around.urn,
        timeout_s=around.timeout_s,
        ignore_changes=around.ignore_changes,
        alive=around.alive,
    )
    try:
        with clean_errors(f"{doing} of {call.name}"):
            yield call, around
    except CertwrightError as error:
        if around.context is not None:
            answer_with(around.context, *_text_and_metadata(error, properties))
        raise


def _text_and_metadata(error: CertwrightError, properties: Mapping[str, Any]) -> tuple[str, Any]:
    if not hasattr(error, "outputs"):  # resources.base.Incomplete
        return error.render(), None
    from certwright.binding.initfailed import status

    packed = status(error, extra={PROVIDER_KEY: properties.get(PROVIDER_KEY)})  # type: ignore[arg-type]
    return error.render(), packed.trailing_metadata
