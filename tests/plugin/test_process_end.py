"""The executable at the end of a run, with the shipped resources and a store: the engine's last call, then SIGINT."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from certwright.binding.codec import decode
from certwright.config import load
from certwright.engine.records import AssociationRecord, AuthorityRecord, CertificateRecord
from certwright.wiring import build
from google.protobuf import empty_pb2
from plugin.engine import FakeEngine, Plugin, fake_engine
from pulumi.runtime.proto import provider_pb2_grpc


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::shop::certwright:index:{kind}::{name}"


ROOT, ISSUING = (urn("PrivateCertificateAuthority", name) for name in ("root", "issuing"))
WIKI = urn("Certificate", "wiki")
ON_NGINX = urn("CertificateAssociation", "onNginx")

# What the engine does between the last answer and SIGINT, by its version.
ENDS: dict[str, tuple[Callable[[Plugin], object], ...]] = {
    "3.200: health check": (Plugin.health,),
    "3.274: Cancel": (Plugin.cancel,),
}


@contextmanager
def process(home: Path) -> Iterator[tuple[Plugin, FakeEngine]]:
    """A configured provider process of its own; the block ends with SIGINT, as the engine ends it."""
    path = os.pathsep.join(p for p in sys.path if p.endswith("provider"))
    with fake_engine() as (engine, address):
        started = subprocess.Popen(
            [sys.executable, "-m", "certwright.plugin.main", address],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CERTWRIGHT_HOME": str(home), "PYTHONPATH": path},
        )
        try:
            assert started.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{int(started.stdout.readline())}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                stub.GetPluginInfo(empty_pb2.Empty(), wait_for_ready=True)
                plugin = Plugin(stub=stub, session=None, engine=engine, channel=channel)  # type: ignore[arg-type]
                plugin.configure()
                yield plugin, engine
            started.send_signal(signal.SIGINT)
            assert started.wait(timeout=20) == 0
        finally:
            started.kill()
            started.communicate()


def authority(kind: str, name: str, **more: str) -> dict[str, Any]:
    return {"type": kind, "certificateAuthorityConfiguration": {"subject": {"commonName": name}}, **more}


def made(plugin: Plugin, urn: str, wanted: dict[str, Any]) -> str:
    checked = plugin.check(wanted, urn=urn)
    assert not checked.failures
    return str(plugin.create(decode(checked.inputs), urn=urn).id)


def said(engine: FakeEngine, start: str) -> list[str]:
    return [urn for _, message, urn, _ in engine.lines if start in message]


def claimed(home: Path) -> dict[str, bool]:
    environ = {"CERTWRIGHT_HOME": str(home)}
    services = build(load({}, environ=environ), environment=environ)
    try:
        with services.store.read() as reader:
            kinds = (AuthorityRecord, CertificateRecord, AssociationRecord)
            return {record.urn: record.claimed for kind in kinds for record in reader.all(kind)}
    finally:
        services.store.close()


@pytest.mark.proves("ASC-8", "AUD-1", "IAC-3")
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_last_words_of_two_runs(tmp_path: Path, end: Sequence[Callable[[Plugin], object]]) -> None:
    """One that makes everything: a signed head, all is claimed. One that no longer declares what is served: a warning."""
    home = tmp_path / "home"
    with process(home) as (plugin, engine):
        root = made(plugin, ROOT, authority("ROOT", "Root"))
        issuing = made(plugin, ISSUING, authority("SUBORDINATE", "Issuing", parentArn=root))
        wiki = made(plugin, WIKI, {"domainName": "wiki.internal", "certificateAuthorityArn": issuing})
        served = {"certificateArn": wiki, "target": {"directory": {"path": str(tmp_path / "tls")}}}
        made(plugin, ON_NGINX, served)
        for each in end:
            each(plugin)
    assert said(engine, "audit log signed: ") == [""]
    assert said(engine, "no longer declared") == []
    assert claimed(home) == dict.fromkeys((ROOT, ISSUING, WIKI, ON_NGINX), True)

    with process(home) as (plugin, engine):
        plugin.check(served, olds=served, urn=ON_NGINX)
        for each in end:
            each(plugin)
    assert said(engine, "no longer declared") == [WIKI]
    assert said(engine, "audit log signed: ") == [], "it only looked"
