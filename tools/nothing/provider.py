"""The Pulumi provider `nothing`: it echoes inputs and does nothing, which shows what Pulumi itself costs.

One resource, nothing:index:Thing, with the inputs `value` and `payload` (free strings, both optional), which are its
outputs as well. A program finds it through `plugins: {providers: [{name: nothing, path: .../tools/nothing}]}` in its
Pulumi.yaml, or with this directory on PATH (then Pulumi prints a warning on every run).

It has the same shape as certwright's own plugin: a thin synchronous servicer on pulumi.runtime.proto with 32 threads,
the port alone on stdout, and an end of its own when the engine that started it is gone.
"""

import json
import os
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

VERSION = "0.1.0"
THREADS = 32
MAX_MESSAGE_BYTES = 400 << 20  # what Pulumi's own SDKs allow
PARENT_POLL_S = 2.0

_PROPERTIES = {
    "value": {"type": "string", "description": "Any text; a change of it is an update."},
    "payload": {"type": "string", "description": "Any text; gives a resource the size that is wanted."},
}
SCHEMA = {
    "name": "nothing",
    "version": VERSION,
    "description": "A provider that does nothing.",
    "provider": {},
    "resources": {
        "nothing:index:Thing": {
            "description": "A thing that is nowhere.",
            "inputProperties": _PROPERTIES,
            "properties": _PROPERTIES,
        }
    },
}


class Nothing(provider_pb2_grpc.ResourceProviderServicer):
    """Every call of the protocol that an engine makes for a custom resource, answered from the request alone."""

    def Handshake(self, request: Any, context: Any) -> Any:
        return pb.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True, supports_autonaming_configuration=True
        )

    def Attach(self, request: Any, context: Any) -> Any:
        return Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return pb.GetSchemaResponse(schema=json.dumps(SCHEMA))

    def GetMapping(self, request: Any, context: Any) -> Any:
        return pb.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> Any:
        return pb.GetMappingsResponse()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return pb.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return pb.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=True,
            acceptOutputs=True,
            supports_autonaming_configuration=True,
        )

    def Check(self, request: Any, context: Any) -> Any:
        return pb.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        changed = request.old_inputs != request.news
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE)

    def Create(self, request: Any, context: Any) -> Any:
        return pb.CreateResponse(id="" if request.preview else uuid.uuid4().hex, properties=request.properties)

    def Read(self, request: Any, context: Any) -> Any:
        return pb.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Update(self, request: Any, context: Any) -> Any:
        return pb.UpdateResponse(properties=request.news)

    def Delete(self, request: Any, context: Any) -> Any:
        return Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()


def main() -> None:
    limits = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Nothing(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # A killed engine leaves its plugins running: end when the parent changes.
    parent, wake = os.getppid(), threading.Event()
    while os.getppid() == parent:
        wake.wait(PARENT_POLL_S)
    server.stop(grace=None)


if __name__ == "__main__":
    main()
