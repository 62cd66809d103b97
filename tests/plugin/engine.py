"""A stand-in for Pulumi's engine: its log service, and the requests that it sends to a provider."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from certwright.binding.codec import encode
from certwright.binding.registry import Registry
from certwright.plugin.process import serve
from certwright.plugin.session import Session
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

URN = "urn:pulumi:dev::shop::certwright:index:Widget::wiki"


@dataclass
class FakeEngine(engine_pb2_grpc.EngineServicer):
    """Keeps (severity name, message, urn, ephemeral) of each line."""

    lines: list[tuple[str, str, str, bool]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:
        name = engine_pb2.LogSeverity.Name(request.severity)
        self.lines.append((name, request.message, request.urn, request.ephemeral))
        self.arrived.set()
        return empty_pb2.Empty()


@contextmanager
def fake_engine() -> Iterator[tuple[FakeEngine, str]]:
    engine = FakeEngine()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield engine, f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


@dataclass
class Plugin:
    """An in-process plugin behind a real channel."""

    stub: Any
    session: Session
    engine: FakeEngine
    channel: grpc.Channel

    def configure(self, **arguments: Any) -> Any:
        return self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(arguments)))

    def check(self, news: Any, olds: Any = None, urn: str = URN) -> Any:
        return self.stub.Check(provider_pb2.CheckRequest(urn=urn, olds=encode(olds or {}), news=encode(news)))

    def diff(self, id: str, old_inputs: Any, olds: Any, news: Any, urn: str = URN, ignore: tuple[str, ...] = ()) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(
                id=id,
                urn=urn,
                old_inputs=encode(old_inputs),
                olds=encode(olds),
                news=encode(news),
                ignoreChanges=ignore,
            )
        )

    def create(self, news: Any, *, preview: bool = False, timeout: float = 0, urn: str = URN) -> Any:
        return self.stub.Create(
            provider_pb2.CreateRequest(urn=urn, properties=encode(news), preview=preview, timeout=timeout)
        )

    def read(self, id: str, inputs: Any = None, olds: Any = None, urn: str = URN) -> Any:
        return self.stub.Read(
            provider_pb2.ReadRequest(id=id, urn=urn, inputs=encode(inputs or {}), properties=encode(olds or {}))
        )

    def update(self, id: str, old_inputs: Any, olds: Any, news: Any, *, preview: bool = False, urn: str = URN) -> Any:
        return self.stub.Update(
            provider_pb2.UpdateRequest(
                id=id, urn=urn, old_inputs=encode(old_inputs), olds=encode(olds), news=encode(news), preview=preview
            )
        )

    def delete(self, id: str, olds: Any, urn: str = URN) -> Any:
        return self.stub.Delete(provider_pb2.DeleteRequest(id=id, urn=urn, properties=encode(olds)))

    def invoke(self, token: str, args: Any, *, preview: bool = False) -> Any:
        return self.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode(args), preview=preview))

    def cancel(self) -> None:
        self.stub.Cancel(empty_pb2.Empty(), timeout=5.0)

    def health(self) -> bytes:
        call = self.channel.unary_unary("/grpc.health.v1.Health/Check")
        answer: bytes = call(b"", timeout=2.0)
        return answer


@contextmanager
def running_plugin(registry: Registry, *, home: Any, parent: int = 1) -> Iterator[Plugin]:
    """A configured-to-be plugin with its own engine; CERTWRIGHT_HOME is `home`."""
    with fake_engine() as (engine, address):
        session = Session(engine=address, parent=parent, registry=registry, environ={"CERTWRIGHT_HOME": str(home)})
        server, port = serve(session)
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.max_receive_message_length", -1)])
        try:
            yield Plugin(
                stub=provider_pb2_grpc.ResourceProviderStub(channel), session=session, engine=engine, channel=channel
            )
        finally:
            channel.close()
            server.stop(0).wait()
            session.close()
