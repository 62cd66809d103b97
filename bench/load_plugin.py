"""Load on a certwright plugin: `load_plugin.py PORT CA_ARN CREATE|CHECK_CREATE CALLERS SECONDS`; prints one JSON object.

What Pulumi's engine sends for a new resource: Create, or Check and then Create with what Check answered.
"""

from __future__ import annotations

import itertools
import json
import sys
import uuid
from typing import Any

import grpc
from google.protobuf.struct_pb2 import Struct
from load import drive
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

TYPE = "certwright:index:Certificate"


def main() -> None:
    port, authority, calls = sys.argv[1:4]
    run, numbers = uuid.uuid4().hex, itertools.count()

    def caller() -> Any:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)

        def one() -> None:
            number = next(numbers)
            urn = f"urn:pulumi:bench::bench::{TYPE}::{run}-{number}"
            news = Struct()
            news.update({"domainName": f"h{number}.internal", "certificateAuthorityArn": authority})
            if calls == "CHECK_CREATE":
                checked = stub.Check(pb.CheckRequest(urn=urn, news=news, olds=Struct()))
                if checked.failures:
                    raise RuntimeError(f"Check refused: {checked.failures[0].reason}")
                news = checked.inputs
            if not stub.Create(pb.CreateRequest(urn=urn, properties=news)).id:
                raise RuntimeError("Create answered without an id")

        return one

    print(json.dumps(drive(caller, callers=int(sys.argv[4]), seconds=float(sys.argv[5]))))


if __name__ == "__main__":
    main()
