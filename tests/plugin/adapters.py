"""Both adapters behind one face: neutral requests in, neutral answers out, errors as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from certwright.binding.codec import decode
from certwright.binding.initfailed import DETAILS_KEY
from certwright.dynamic.echo import LASTING
from pulumi.runtime.proto import provider_pb2, status_pb2

Answer = dict[str, Any]


class Adapter:
    """`wire` is a Plugin or a Dynamic. `dynamic` says which; see DIFFERENCES in test_request_table."""

    def __init__(self, wire: Any, *, dynamic: bool) -> None:
        self.wire = wire
        self.dynamic = dynamic

    def check(self, news: Any, olds: Any = None) -> Answer:
        def shape(answer: Any) -> Answer:
            return {
                "inputs": self.tree(answer.inputs, inputs=True),
                "failures": [(f.property, f.reason) for f in answer.failures],
            }

        return self._ask(lambda: self.wire.check(news, olds), shape)

    def diff(self, id: str, old_inputs: Any, olds: Any, news: Any, ignore: tuple[str, ...] = ()) -> Answer:
        def shape(answer: Any) -> Answer:
            return {
                "changes": provider_pb2.DiffResponse.DiffChanges.Name(answer.changes),
                "replaces": list(answer.replaces),
                "deleteBeforeReplace": answer.deleteBeforeReplace,
            }

        return self._ask(lambda: self.wire.diff(id, old_inputs, olds, news, ignore=ignore), shape)

    def create(self, news: Any, *, timeout: float = 0) -> Answer:
        return self._ask(
            lambda: self.wire.create(news, timeout=timeout),
            lambda answer: {"id": answer.id, "outputs": self.tree(answer.properties)},
        )

    def read(self, id: str, inputs: Any = None, olds: Any = None) -> Answer:
        def shape(answer: Any) -> Answer:
            if not answer.id:
                return {"id": ""}
            return {
                "id": answer.id,
                "outputs": self.tree(answer.properties),
                "inputs": self.tree(answer.inputs, inputs=True),
            }

        return self._ask(lambda: self.wire.read(id, inputs, olds), shape)

    def update(self, id: str, old_inputs: Any, olds: Any, news: Any) -> Answer:
        return self._ask(
            lambda: self.wire.update(id, old_inputs, olds, news),
            lambda answer: {"outputs": self.tree(answer.properties)},
        )

    def delete(self, id: str, olds: Any) -> Answer:
        return self._ask(lambda: self.wire.delete(id, olds), lambda _: {})

    def tree(self, struct: Any, *, inputs: bool = False) -> Any:
        """A decoded answer without what only the dynamic form adds, and without nulls, which it drops."""
        dropped = {"__provider", *(LASTING if inputs and self.dynamic else ())}
        return {k: v for k, v in decode(struct).items() if k not in dropped and v is not None}

    def _ask(self, ask: Callable[[], Any], shape: Callable[[Any], Answer]) -> Answer:
        try:
            return shape(ask())
        except grpc.RpcError as error:
            return {"error": error.details(), "kept": self._kept(error)}  # type: ignore[attr-defined]

    def _kept(self, error: Any) -> Any:
        """id, outputs and reasons of an ErrorResourceInitFailed; None for a plain error."""
        packed = dict(error.trailing_metadata() or ()).get(DETAILS_KEY)
        if packed is None:
            return None
        status = status_pb2.Status.FromString(packed)
        detail = provider_pb2.ErrorResourceInitFailed()
        assert status.details[0].Unpack(detail)
        return {
            "id": detail.id,
            "outputs": self.tree(detail.properties),
            "inputs": self.tree(detail.inputs),
            "reasons": list(detail.reasons),
        }
