"""Child processes of the benchmark, and what the kernel says about them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
_TICK = os.sysconf("SC_CLK_TCK")


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's, without anybody's Pulumi or certwright settings, and with a CERTWRIGHT_HOME of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CERTWRIGHT_")) and k != "CI"}
    return {**kept, "CERTWRIGHT_HOME": str(home), "PYTHONPATH": str(ROOT / "provider"), **(more or {})}


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def peak_kib(pid: int) -> int:
    """VmHWM: the most memory that the process ever had resident; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM")), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A configured plugin without an engine. start_s: from the start of the process to the answered Configure."""

    pid: int
    port: int
    stub: Any
    start_s: float

    def create(self, token: str, name: str, properties: dict[str, Any]) -> str:
        """Check and Create; the new resource's id."""
        urn, news = f"urn:pulumi:bench::bench::{token}::{name}", Struct()
        news.update(properties)
        checked = self.stub.Check(pb.CheckRequest(urn=urn, news=news, olds=Struct()))
        if checked.failures:
            raise RuntimeError(f"{name}: {checked.failures[0].reason}")
        return str(self.stub.Create(pb.CreateRequest(urn=urn, properties=checked.inputs)).id)


@contextmanager
def plugin(home: Path, *command: str) -> Iterator[Plugin]:
    """`command`: another provider's, for comparison; certwright's when it is empty."""
    line = command or (sys.executable, "-m", "certwright.plugin.main")
    began = time.monotonic()
    process = subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(home)
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(pb.ConfigureRequest(args=Struct(), acceptSecrets=True, acceptResources=True))
            yield Plugin(pid=process.pid, port=port, stub=stub, start_s=time.monotonic() - began)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def loaded(
    script: str, *arguments: object, home: Path, server: int | None = None, more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run a load script, with `more` in its environment; its answer. With `server`, the CPU seconds that this process used meanwhile as `server_cpu_s`."""
    process = subprocess.Popen(
        [sys.executable, str(BENCH / script), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(home, more),
    )
    assert process.stdin is not None and process.stdout is not None
    with process:
        line = process.stdout.readline()
        used = 0.0
        if line.strip() == "ready":
            used = cpu_seconds(server) if server else 0.0
            process.stdin.write("\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{script} failed; its message is above")
        answer: dict[str, Any] = json.loads(line)
        if server:
            answer["server_cpu_s"] = cpu_seconds(server) - used
        return answer
