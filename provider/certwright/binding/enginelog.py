"""Lines under a resource's row: Engine.Log over gRPC, with the resource's URN."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from certwright.resources.base import Severity

_TIMEOUT_S = 5.0
_MESSAGE_LIMIT = 3 << 20  # the engine's receive limit is 4 MiB
_log = logging.getLogger("certwright.enginelog")


class EngineLog:
    """The engine's log at `address`; without an address, silence. A line that cannot be delivered is dropped."""

    def __init__(self, address: str = "") -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: Any = None
        self._channel: Any = None
        self._last: dict[str, str] = {}

    def connect(self, address: str) -> None:
        with self._lock:
            if address == self._address:
                return
            self._address, self._stub = address, None

    @property
    def address(self) -> str:
        return self._address

    def send(self, urn: str, severity: Severity | str, message: str, *, ephemeral: bool = False) -> None:
        """One line. An ephemeral line equal to the last one of the same resource is not sent again."""
        if ephemeral:
            with self._lock:
                if self._last.get(urn) == message:
                    return
                self._last[urn] = message
        stub = self._connected()
        if stub is None:
            return
        level = getattr(engine_pb2, str(getattr(severity, "value", severity)).upper())
        try:
            stub.Log(
                engine_pb2.LogRequest(severity=level, message=message[:_MESSAGE_LIMIT], urn=urn, ephemeral=ephemeral),
                timeout=_TIMEOUT_S,
            )
        except (grpc.RpcError, ValueError) as problem:  # ValueError: the channel was closed meanwhile
            _log.debug("a log line was not delivered: %s", type(problem).__name__)

    def for_urn(self, urn: str) -> ResourceLog:
        return ResourceLog(self, urn)

    def close(self) -> None:
        with self._lock:
            channel, self._channel, self._stub, self._address = self._channel, None, None, ""
        if channel is not None:
            channel.close()

    def _connected(self) -> Any:
        with self._lock:
            if self._stub is None and self._address:
                if self._channel is not None:
                    self._channel.close()
                self._channel = grpc.insecure_channel(self._address)
                self._stub = engine_pb2_grpc.EngineStub(self._channel)
            return self._stub


class ResourceLog:
    """resources.base.Log for one URN."""

    __slots__ = ("_engine", "_urn")

    def __init__(self, engine: EngineLog, urn: str) -> None:
        self._engine = engine
        self._urn = urn

    def __call__(self, severity: Severity, message: str, *, ephemeral: bool = False) -> None:
        self._engine.send(self._urn, severity, message, ephemeral=ephemeral)
