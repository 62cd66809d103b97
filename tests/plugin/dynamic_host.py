"""pulumi's own `python -m pulumi.dynamic` servicer in this process: its module runs `main()` at import, so that line is
left out; everything else is pulumi's code as installed."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
from certwright.binding.codec import encode
from certwright.binding.registry import Registry
from certwright.dynamic import host
from plugin.engine import URN, FakeEngine, fake_engine
from pulumi.dynamic.dynamic import ResourceProvider, serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc


@cache
def host_module() -> ModuleType:
    spec = importlib.util.find_spec("pulumi.dynamic.__main__")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text())
    assert ast.unparse(tree.body[-1]) == "main()"
    tree.body.pop()
    module = ModuleType("pulumi_dynamic_host")
    exec(compile(tree, spec.origin, "exec"), module.__dict__)
    return module


@dataclass
class Dynamic:
    """The host behind a real channel; each request carries the pickled provider."""

    stub: Any
    pickled: str
    engine: FakeEngine

    def _props(self, tree: Any) -> Any:
        return encode({**tree, "__provider": self.pickled})

    def configure(self, **arguments: Any) -> Any:
        args = {f"certwright:{k}": v for k, v in arguments.items()}
        return self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(args)))

    def check(self, news: Any, olds: Any = None, urn: str = URN) -> Any:
        old = self._props(olds) if olds else encode({})
        return self.stub.Check(provider_pb2.CheckRequest(urn=urn, olds=old, news=self._props(news)))

    def diff(self, id: str, old_inputs: Any, olds: Any, news: Any, urn: str = URN, ignore: tuple[str, ...] = ()) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(
                id=id,
                urn=urn,
                old_inputs=self._props(old_inputs),
                olds=self._props(olds),
                news=self._props(news),
                ignoreChanges=ignore,
            )
        )

    def create(self, news: Any, *, timeout: float = 0, urn: str = URN) -> Any:
        return self.stub.Create(provider_pb2.CreateRequest(urn=urn, properties=self._props(news), timeout=timeout))

    def read(self, id: str, inputs: Any = None, olds: Any = None, urn: str = URN) -> Any:
        return self.stub.Read(
            provider_pb2.ReadRequest(
                id=id, urn=urn, inputs=self._props(inputs or {}), properties=self._props(olds or {})
            )
        )

    def update(self, id: str, old_inputs: Any, olds: Any, news: Any, urn: str = URN) -> Any:
        return self.stub.Update(
            provider_pb2.UpdateRequest(
                id=id, urn=urn, old_inputs=self._props(old_inputs), olds=self._props(olds), news=self._props(news)
            )
        )

    def delete(self, id: str, olds: Any, urn: str = URN) -> Any:
        return self.stub.Delete(provider_pb2.DeleteRequest(id=id, urn=urn, properties=self._props(olds)))


@contextmanager
def running_host(provider: ResourceProvider, registry: Registry | None, *, home: Any) -> Iterator[Dynamic]:
    module = host_module()
    module._PROVIDER_CACHE.clear()
    with fake_engine() as (engine, address):
        ours = host.Host(registry=registry, environ={"CERTWRIGHT_HOME": str(home)}, engine=address)
        host.use(ours)
        server = grpc.server(futures.ThreadPoolExecutor(4))
        servicer = module.DynamicResourceProviderServicer()
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        try:
            yield Dynamic(
                stub=provider_pb2_grpc.ResourceProviderStub(channel),
                pickled=serialize_provider(provider),
                engine=engine,
            )
        finally:
            channel.close()
            server.stop(0).wait()
            ours.close()
            host.use(None)
