"""The TLS probe and the shipped TLS endpoint, against each other and against servers that misbehave."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from builders.targets import bring, certificate, chain, private_key
from certwright.deploy.directory import DirectoryDeployer
from certwright.deploy.handshake import probe, split_address
from certwright.engine.ports import HandshakeProbe
from certwright.server.tls import LINE, TlsEndpoint
from hypothesis import given
from hypothesis import strategies as st
from servers.tls import Authority, connected, endpoint_process, free_port, served_fingerprint

AUTHORITY = Authority()
OWNER = "arn:certwright:deploy:local:0:association/a"
NAME = "www.example.test"


def install(path: Path, version: int, *names: str) -> str:
    bundle = AUTHORITY.material(version, *names)
    bring(DirectoryDeployer(), {"path": str(path)}, bundle, owner=OWNER)
    return bundle.fingerprint


@contextmanager
def answering(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """A plain server for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(timeout=20)
        assert not thread.is_alive()


@pytest.mark.proves("ASC-1", "ASC-9")
def test_the_probe_says_what_is_served(tmp_path: Path) -> None:
    ask: HandshakeProbe = probe
    bundle = AUTHORITY.material(1)
    bring(DirectoryDeployer(), {"path": str(tmp_path / "a")}, bundle, owner=OWNER)
    with TlsEndpoint(tmp_path / "a") as endpoint:
        served = ask(endpoint.address, server_name=NAME, timeout_s=10)
        assert (served.problem, served.fingerprint) == ("", bundle.fingerprint)
        assert ask(endpoint.address, server_name="", timeout_s=10).fingerprint == bundle.fingerprint
        assert ask(endpoint.address, server_name="another.test", timeout_s=10).fingerprint == bundle.fingerprint, (
            "only compared"
        )


@pytest.mark.proves("ASC-1")
def test_the_probe_reaches_ipv6(tmp_path: Path) -> None:
    serial = install(tmp_path / "a", 1)
    try:
        with TlsEndpoint(tmp_path / "a", host="::1") as endpoint:
            assert endpoint.address.startswith("[::1]:")
            assert probe(endpoint.address, server_name=NAME, timeout_s=10).fingerprint == serial
    except OSError as error:
        pytest.skip(f"no IPv6 on loopback: {error}")


@pytest.mark.proves("ASC-1")
def test_the_probe_asks_for_the_name(tmp_path: Path) -> None:
    first, second = install(tmp_path / "a", 1), install(tmp_path / "b", 1, "b.example.test")
    with TlsEndpoint(tmp_path / "a", vhosts={"b.example.test": tmp_path / "b"}) as endpoint:
        assert probe(endpoint.address, server_name="B.example.test", timeout_s=10).fingerprint == second
        assert probe(endpoint.address, server_name=NAME, timeout_s=10).fingerprint == first
        assert probe(endpoint.address, server_name="", timeout_s=10).fingerprint == first


@pytest.mark.proves("ASC-1")
def test_nothing_listening_is_unreachable_and_not_an_error() -> None:
    served = probe(f"127.0.0.1:{free_port()}", server_name=NAME, timeout_s=5)
    assert (served.serial, served.fingerprint) == ("", "")
    assert "connection refused" in served.problem


@pytest.mark.proves("ASC-1")
@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda c: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n") or c.recv(9999), "does not speak TLS"),
        (lambda c: c.recv(9999), "closed the connection"),
        (lambda c: c.sendall(b"\x15\x03\x03\x00\x02\x02\x28") or c.recv(9999), "handshake failed"),
        (lambda c: c.recv(9999) and c.recv(9999), "said nothing within 0.5 seconds"),
    ],
    ids=["http", "closes", "alert", "silent"],
)
def test_what_is_no_tls_server_gives_a_sentence(answer: Callable[[socket.socket], object], word: str) -> None:
    with answering(answer) as address:
        served = probe(address, server_name=NAME, timeout_s=0.5 if "nothing" in word else 10)
    assert served.fingerprint == ""
    assert word in served.problem
    assert address in served.problem


@pytest.mark.parametrize("address", ["", "host", ":443", "host:0", "host:70000", "host:x", "::1:443", "a b:1", "[]:1"])
def test_an_address_that_is_none_gives_a_sentence(address: str) -> None:
    served = probe(address, server_name=NAME, timeout_s=1)
    assert served.problem
    assert served.fingerprint == ""


@pytest.mark.parametrize("name", [".", ".a", "a" * 300, "a..b", "ü" * 70, "a\0b", "a." * 200, "*.a.test", "a b"])
def test_a_name_that_cannot_be_asked_for_gives_a_sentence(name: str, tmp_path: Path) -> None:
    install(tmp_path / "a", 1)
    with TlsEndpoint(tmp_path / "a") as endpoint:
        served = probe(endpoint.address, server_name=name, timeout_s=5)
    assert bool(served.problem) != bool(served.fingerprint)


def test_a_dialer_of_the_caller_decides_what_is_reached() -> None:
    def refuse(host: str, port: int, timeout_s: float) -> socket.socket:
        raise OSError(1, f"{host} is not to be dialled")

    served = probe("169.254.169.254:80", server_name="", timeout_s=1, dial=refuse)
    assert "not to be dialled" in served.problem


@given(st.text())
def test_no_text_breaks_the_reader_of_addresses(text: str) -> None:
    try:
        host, port = split_address(text)
    except ValueError:
        return
    assert host
    assert 0 < port < 65536


@pytest.mark.proves("ASC-1", "ASC-6")
def test_a_new_pair_serves_new_connections_and_open_ones_go_on(tmp_path: Path) -> None:
    first = install(tmp_path / "a", 1)
    with TlsEndpoint(tmp_path / "a") as endpoint, connected(endpoint.address, AUTHORITY) as client:
        assert client.fingerprint == first
        second = install(tmp_path / "a", 2)
        assert served_fingerprint(endpoint.address, AUTHORITY) == second
        assert client.get().endswith(LINE)
        assert client.get().endswith(LINE)


@pytest.mark.proves("ASC-9")
def test_what_drifted_is_seen_by_the_probe_and_repaired_by_the_next_install(tmp_path: Path) -> None:
    bundle, other = AUTHORITY.material(1), AUTHORITY.material(1)
    target = {"path": str(tmp_path / "a")}
    bring(DirectoryDeployer(), target, bundle, owner=OWNER)
    with TlsEndpoint(tmp_path / "a") as endpoint:
        for name, content in (("fullchain.pem", certificate(other) + chain(other)),
                              ("privkey.pem", private_key(other))):  # fmt: skip
            (tmp_path / "a" / "current" / name).write_bytes(content)
        endpoint.reload()
        assert probe(endpoint.address, server_name=NAME, timeout_s=10).fingerprint == other.fingerprint
        bring(DirectoryDeployer(), target, bundle, owner=OWNER)
        assert probe(endpoint.address, server_name=NAME, timeout_s=10).fingerprint == bundle.fingerprint


def test_the_endpoint_starts_before_the_first_pair_and_ends_with_connections_open(tmp_path: Path) -> None:
    with ExitStack() as open_connections:
        with TlsEndpoint(tmp_path / "a") as endpoint:
            address = endpoint.address
            assert probe(address, server_name=NAME, timeout_s=10).problem
            serial = install(tmp_path / "a", 1)
            client = open_connections.enter_context(connected(address, AUTHORITY))
            open_connections.enter_context(socket.create_connection(("127.0.0.1", endpoint.port)))
            assert client.fingerprint == serial
        assert client.tls.recv(1) == b"", "the server ended it"
        assert "refused" in probe(address, server_name=NAME, timeout_s=5).problem


@pytest.mark.proves("ASC-6")
def test_the_endpoint_is_a_program_that_prints_its_port_and_reads_again_on_sighup(tmp_path: Path) -> None:
    first = install(tmp_path / "a", 1)
    with endpoint_process(tmp_path / "a") as endpoint:
        assert served_fingerprint(endpoint.address, AUTHORITY) == first
        bundle = AUTHORITY.material(2)
        bring(DirectoryDeployer(), {"path": str(tmp_path / "a")}, bundle, owner=OWNER)
        assert served_fingerprint(endpoint.address, AUTHORITY) == bundle.fingerprint
        other = AUTHORITY.material(2)
        current = tmp_path / "a" / "current"
        (current / "fullchain.pem").write_bytes(certificate(other) + chain(other))
        (current / "privkey.pem").write_bytes(private_key(other))
        assert served_fingerprint(endpoint.address, AUTHORITY) == bundle.fingerprint
        os.kill(endpoint.pid, signal.SIGHUP)
        deadline = time.monotonic() + 20
        while served_fingerprint(endpoint.address, AUTHORITY) != other.fingerprint:
            assert time.monotonic() < deadline
