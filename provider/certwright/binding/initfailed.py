"""`ErrorResourceInitFailed`: the resource exists but is not ready; Pulumi keeps id and outputs and resumes by Update.

Packed by hand into `grpc-status-details-bin`: importing google.rpc beside pulumi's vendored copy is a
"duplicate symbol 'google.rpc.Status'" (pulumi.md 6.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from certwright.binding.codec import encode

if TYPE_CHECKING:
    from certwright.resources.base import Incomplete

DETAILS_KEY = "grpc-status-details-bin"


class _Status(grpc.Status):
    def __init__(self, details: str, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.code = grpc.StatusCode.UNKNOWN
        self.details = details
        self.trailing_metadata = metadata


def status(error: Incomplete, *, extra: Mapping[str, Any] | None = None) -> grpc.Status:
    """The gRPC status for `context.abort_with_status`. `extra` is added to outputs and inputs (the dynamic form's
    `__provider`)."""
    reason = error.render()
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.id,
        properties=encode({**error.outputs, **(extra or {})}),
        reasons=[reason],
        inputs=encode({**error.inputs, **(extra or {})}),
    )
    packed = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
    packed.details.add().Pack(detail)
    return _Status(reason, ((DETAILS_KEY, packed.SerializeToString()),))
