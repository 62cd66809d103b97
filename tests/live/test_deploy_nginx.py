"""The directory target with a real nginx behind it."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders.targets import bring, seen_at
from certwright.deploy.directory import DirectoryDeployer
from certwright.deploy.handshake import probe
from certwright.domain.errors import DeployFailed
from certwright.engine.placing import WayBack
from servers.nginx import Nginx, find_program, running_nginx
from servers.tls import Authority, connected, served_fingerprint

AUTHORITY = Authority()
OWNER = "arn:certwright:deploy:local:0:association/a"
NAME = "www.example.test"


def wait_until_served(nginx: Nginx, serial: str, seconds: float = 20.0) -> None:
    """Until a client that trusts only the test authority sees `serial`, and the probe says the same.

    nginx reloads behind the command's back: `-s reload` ends before the new worker serves, and for a moment old and new
    workers both accept connections.
    """
    deadline = time.monotonic() + seconds
    while True:
        served = probe(nginx.address, server_name=NAME, timeout_s=5)
        if served.fingerprint == serial == served_fingerprint(nginx.address, AUTHORITY):
            return
        assert time.monotonic() < deadline, served
        time.sleep(0.02)


@contextmanager
def slow_backend() -> Iterator[tuple[int, threading.Event, threading.Event]]:
    """A plain HTTP server that answers one request when it is told to: port, request is here, go on."""
    here, go_on = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                here.set()
                go_on.wait(60)
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nslow")

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], here, go_on
        go_on.set()
        thread.join(timeout=20)
        assert not thread.is_alive()


@pytest.mark.proves("ASC-1", "ASC-6")
def test_nginx_serves_the_new_pair_after_the_reload_and_a_running_request_ends_well(tmp_path: Path) -> None:
    target = {"path": str(tmp_path / "pair")}
    one, two = AUTHORITY.material(1), AUTHORITY.material(2)
    bring(DirectoryDeployer(), target, one, owner=OWNER)
    with (
        slow_backend() as (backend, here, go_on),
        running_nginx(tmp_path / "nginx", tmp_path / "pair", backend=backend) as nginx,
    ):
        assert served_fingerprint(nginx.address, AUTHORITY) == one.fingerprint
        with connected(nginx.address, AUTHORITY) as client:
            assert client.fingerprint == one.fingerprint
            client.tls.settimeout(30)
            client.tls.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert here.wait(20)
            bring(DirectoryDeployer(), {**target, "reload": nginx.reload}, two, owner=OWNER)
            wait_until_served(nginx, two.fingerprint)
            go_on.set()
            answer = b""
            while part := client.tls.recv(4096):
                answer += part
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert answer.endswith(b"slow")


@pytest.mark.proves("ASC-1", "ASC-6")
def test_openssl_agrees_on_what_is_served(tmp_path: Path) -> None:
    openssl = find_program("openssl")
    bundle = AUTHORITY.material(1)
    bring(DirectoryDeployer(), {"path": str(tmp_path / "pair")}, bundle, owner=OWNER)
    trust = tmp_path / "root.pem"
    trust.write_text(AUTHORITY.trust_pem)
    with running_nginx(tmp_path / "nginx", tmp_path / "pair") as nginx:
        command = [openssl, "s_client", "-connect", nginx.address, "-servername", NAME, "-CAfile", str(trust)]
        command += ["-verify_hostname", NAME, "-verify_return_error"]
        shown = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=True).stdout
    read = [openssl, "x509", "-noout", "-fingerprint", "-sha256"]
    fingerprint = subprocess.run(read, input=shown, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "Verify return code: 0 (ok)" in shown
    assert fingerprint.strip().rpartition("=")[2].replace(":", "").lower() == bundle.fingerprint


@pytest.mark.proves("ASC-1", "ASC-6")
def test_a_configuration_that_nginx_refuses_leaves_the_old_pair_served_and_quotes_nginx(tmp_path: Path) -> None:
    target = {"path": str(tmp_path / "pair")}
    one, two = AUTHORITY.material(1), AUTHORITY.material(2)
    bring(DirectoryDeployer(), target, one, owner=OWNER)
    with running_nginx(tmp_path / "nginx", tmp_path / "pair") as nginx:
        config = tmp_path / "nginx" / "nginx.conf"
        good = config.read_text()
        config.write_text(good + "\nno_such_directive on;\n")
        way = WayBack(owner=OWNER, material=one)
        with pytest.raises(DeployFailed) as caught:
            bring(DirectoryDeployer(), {**target, "reload": nginx.reload}, two, owner=OWNER, way=way)
        assert caught.value.code == "deploy.reload_failed"
        assert "exit code 1" in caught.value.message
        assert any("no_such_directive" in line for line in caught.value.details)
        seen = seen_at(DirectoryDeployer(), target)
        assert seen is not None
        assert seen.fingerprint == one.fingerprint
        assert served_fingerprint(nginx.address, AUTHORITY) == one.fingerprint
        config.write_text(good)
        bring(DirectoryDeployer(), {**target, "reload": nginx.reload}, two, owner=OWNER)
        wait_until_served(nginx, two.fingerprint)


@pytest.mark.proves("ASC-6")
def test_a_hangup_to_the_master_is_a_reload_command_too(tmp_path: Path) -> None:
    target = {"path": str(tmp_path / "pair")}
    one, two = AUTHORITY.material(1), AUTHORITY.material(2)
    bring(DirectoryDeployer(), target, one, owner=OWNER)
    with running_nginx(tmp_path / "nginx", tmp_path / "pair") as nginx:
        bring(DirectoryDeployer(), {**target, "reload": ["kill", "-HUP", str(nginx.pid)]}, two, owner=OWNER)
        wait_until_served(nginx, two.fingerprint)
