"""NAM-6: a private name leaves the installation by no path. The process's sockets are watched, and the DNS server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live.harness import Stack, authorities, directory_association, wiki
from live.publicworld import public, settings, validation, world

pytestmark = pytest.mark.needs_pulumi

# Python runs this at its start; every connection, datagram and look-up of the plugin becomes a line.
WATCH = """
import os, sys
def _watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        shown = arguments[1:] if event.startswith(("socket.connect", "socket.send")) else arguments
        handle = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, (repr((event, shown)) + "\\n").encode())
        os.close(handle)
sys.addaudithook(_watch)
"""


@pytest.fixture
def watched(empty: Stack, tmp_path: Path) -> tuple[Stack, Path]:
    """The stack's plugin writes down what it connects to."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(WATCH)
    [executable] = (empty.directory / "pulumi" / "plugins").glob("*/pulumi-resource-certwright")
    executable.write_text(executable.read_text().replace("PYTHONPATH='", f"PYTHONPATH='{hook}:"))
    log = tmp_path / "connections"
    empty.more["WATCHED"] = str(log)
    return empty, log


def elsewhere(log: Path) -> list[str]:
    """Whatever is not the watchdog's connection to the engine's port on the loopback."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if "('127.0.0.1', " not in line]


@pytest.mark.proves("NAM-6")
def test_a_private_name_causes_no_query_and_no_connection(watched: tuple[Stack, Path], tmp_path: Path) -> None:
    stack, log = watched
    with world() as dns:
        # Every resolver that the provider has is this server; a query anywhere would be seen.
        stack.config = settings(dns) | {"resolvers": json.dumps([dns.endpoint])}
        stack.resources.update(
            authorities(),
            wiki=wiki(subjectAlternativeNames=["secret-project.internal", "intranet.example.com"]),
            # All its names could be public ones, and are not asked for either.
            intranet=wiki(domainName="intranet.example.com", subjectAlternativeNames=["www.example.com"]),
            onDisk=directory_association(tmp_path / "tls"),
        )
        stack.preview().ok()
        stack.up().ok()
        stack.refresh().ok()
        stack.resources["wiki"]["properties"]["subjectAlternativeNames"] = ["other-project.internal"]
        stack.up().ok()
        stack.destroy().ok()
        assert dns.queries == []
        assert elsewhere(log) == []
        assert str(dns.port) not in (log.read_text() if log.exists() else "")

        # the watch sees: a public name is asked for
        stack.resources["www"] = public()
        stack.resources["proved"] = validation(dnsWriter="corp")
        stack.up().ok()
        assert dns.queries
        assert str(dns.port) in log.read_text()
