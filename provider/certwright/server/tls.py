"""A small TLS server that reads its pair from a directory target: for demonstrations and tests, not for the internet.

It answers every HTTP request with one line. A new pair in PATH/current is used by the next connection; open connections
go on with the one that they began with.

    python -m certwright.server.tls --dir PATH [--port N] [--vhost NAME=PATH]…

prints its port, then serves until it is told to stop (SIGINT, SIGTERM). SIGHUP reads the pairs anew.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

LINE = b"served by certwright\n"
HANDSHAKE_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 300.0
LARGEST_REQUEST = 16384
_READ_ATTEMPTS = 3
WAKE_S = 0.2


class _Pair:
    """The pair that a directory holds, read again when its `current` link leads elsewhere."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._read_from = ""
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext | None:
        """None while there has never been a usable pair. A damaged new pair leaves the old one in use."""
        with self._lock:
            for _ in range(_READ_ATTEMPTS):
                link = self._link()
                if not link or link == self._read_from:
                    break
                # Both files from one resolved version: `current` may switch between the two reads.
                version = self._directory / link
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                try:
                    context.load_cert_chain(version / "fullchain.pem", version / "privkey.pem")
                except (OSError, ssl.SSLError):
                    continue  # removed under our hands: look where the link leads now
                self._context, self._read_from = context, link
            return self._context

    def _link(self) -> str:
        try:
            return os.readlink(self._directory / "current")
        except OSError:
            return ""

    def forget(self) -> None:
        """Read again at the next connection, even if the link is the same."""
        with self._lock:
            self._read_from = ""


class TlsEndpoint:
    """Serves PATH/current/{fullchain,privkey}.pem. Use it in a `with` block; `port` and `address` are known inside.

    vhosts: further directories by SNI; other names get `directory`.
    Without a usable pair a connection is closed at once, so it may be started before the first deployment.
    """

    def __init__(
        self,
        directory: Path | str,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        vhosts: Mapping[str, Path | str] | None = None,
        line: bytes = LINE,
    ) -> None:
        self._pair = _Pair(Path(directory))
        self._vhosts = {name.lower(): _Pair(Path(path)) for name, path in (vhosts or {}).items()}
        self._line = line
        self._host, self._wanted_port = host, port
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._guard = threading.Lock()
        self._closing = False

    @property
    def port(self) -> int:
        assert self._listener is not None, "the endpoint is not started"
        return int(self._listener.getsockname()[1])

    @property
    def address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self.port}"

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._listener = socket.create_server((self._host, self._wanted_port), family=family)
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._closing = True
            to_close = list(self._open)
        assert self._listener is not None
        for connection in (self._listener, *to_close):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
        while self._threads:
            for thread in list(self._threads):
                thread.join()
        self._listener.close()

    def reload(self) -> None:
        """Read all pairs anew for the next connections, as SIGHUP does."""
        for pair in (self._pair, *self._vhosts.values()):
            pair.forget()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        def run() -> None:
            try:
                work(*arguments)
            finally:
                with self._guard:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, daemon=True, name="tls-endpoint")
        with self._guard:
            self._threads.add(thread)
            thread.start()  # under the guard: nobody may join a thread that is not started

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._closing:
                    return
                continue
            with self._guard:
                if self._closing:
                    connection.close()
                    return
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            context = self._context()
            if context is None:
                return
            connection.settimeout(HANDSHAKE_TIMEOUT_S)
            wrapped = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            with contextlib.suppress(OSError), wrapped as tls:
                with self._guard:  # the descriptor has moved to a new object
                    self._open.add(tls)
                    if self._closing:
                        return
                try:
                    tls.do_handshake()
                    tls.settimeout(IDLE_TIMEOUT_S)
                    self._answer(tls)
                finally:
                    with self._guard:
                        self._open.discard(tls)
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    def _context(self) -> ssl.SSLContext | None:
        default = self._pair.context()
        usable = {name: context for name, pair in self._vhosts.items() if (context := pair.context()) is not None}
        first = default or next(iter(usable.values()), None)
        if first is None or not usable:
            return first
        chosen = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def choose(handshake: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            handshake.context = usable.get((name or "").lower(), first)

        chosen.sni_callback = choose
        return chosen

    def _answer(self, tls: ssl.SSLSocket) -> None:
        """HTTP/1.1 with keep-alive, as much as curl and a browser need."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(self._line)
        pending = b""
        while True:
            while b"\r\n\r\n" not in pending:
                if len(pending) > LARGEST_REQUEST:
                    return
                received = tls.recv(4096)
                if not received:
                    return
                pending += received
            request, _, pending = pending.partition(b"\r\n\r\n")
            tls.sendall(head + self._line)
            if b"connection: close" in request.lower():
                return


def _vhost(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, path


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="certwright.server.tls", description="Serve PATH/current over TLS.")
    parser.add_argument("--dir", required=True, metavar="PATH", help="a directory target")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--vhost", type=_vhost, action="append", default=[], metavar="NAME=PATH", help="another by SNI")
    options = parser.parse_args(arguments)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with TlsEndpoint(options.dir, options.host, options.port, vhosts=dict(options.vhost)) as endpoint:
        signal.signal(signal.SIGHUP, lambda number, frame: endpoint.reload())
        sys.stdout.write(f"{endpoint.port}\n")
        sys.stdout.flush()
        # The kernel may give a signal to any thread, and Python runs its handler in this one only: so it has to wake up.
        while not stopped.wait(WAKE_S):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
