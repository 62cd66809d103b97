"""The gRPC request behind a call of `pulumi.dynamic`, found in the caller's frame.

`pulumi.dynamic` passes its providers neither the URN nor the timeout, and answers an exception with a whole traceback.
Its servicer method, a few frames up, holds `request` and `context` in local variables. This is no published interface:
whatever is not found there is left at a default, and nothing else breaks (mechanics.md 7).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FrameType
from typing import Any

_FRAMES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`request`: the protobuf request, or None. `context`: the grpc.ServicerContext, or None."""

    request: Any = None
    context: Any = None

    @property
    def urn(self) -> str:
        return str(getattr(self.request, "urn", ""))

    @property
    def timeout_s(self) -> float | None:
        return float(getattr(self.request, "timeout", 0.0) or 0.0) or None

    @property
    def ignore_changes(self) -> tuple[str, ...]:
        return tuple(getattr(self.request, "ignoreChanges", ()))

    def alive(self) -> bool:
        """Whether the engine still waits; without a context, taken for granted."""
        return self.context is None or bool(self.context.is_active())


def surroundings() -> Surroundings:
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_FRAMES):
        if frame is None:
            break
        request, context = frame.f_locals.get("request"), frame.f_locals.get("context")
        if hasattr(request, "DESCRIPTOR") and hasattr(request, "urn") and callable(getattr(context, "abort", None)):
            return Surroundings(request=request, context=context)
        frame = frame.f_back
    return Surroundings()


def answer_with(context: Any, text: str, metadata: Any = None) -> None:
    """Make the host's coming `context.abort(UNKNOWN, traceback)` say `text` instead, once, for this request only."""
    original = context.abort

    def abort(code: Any, details: str) -> None:
        if metadata:
            context.set_trailing_metadata(metadata)
        original(code, text)

    context.abort = abort
