"""`/grpc.health.v1.Health/Check`: the engine asks every plugin once more when a run ends; here hang the last words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

PATH = "/grpc.health.v1.Health/Check"
_SERVING = b"\x08\x01"  # HealthCheckResponse{status: SERVING}; two bytes do not need grpcio-health-checking


class HealthHandler(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    """Calls `ask` and answers SERVING; `ask` must return within 200 ms."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        if handler_call_details.method != PATH:
            return None
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self._ask()
        return _SERVING
