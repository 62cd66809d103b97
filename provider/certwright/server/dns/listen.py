"""The sockets of the shipped DNS server: UDP and TCP on one port, on a thread of their own.

Source: RFC 1035 4.2, RFC 7766 (TCP).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

TCP_IDLE_S = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back, and how long it is held back on purpose."""

    wire: bytes
    delay_s: float = 0.0


Answerer = Callable[..., Reply | None]


class Listener:
    """Hands each request to `answer(wire, source, tcp=…)` and sends what it returns; None sends nothing.

    port: 0 takes a free one, which `port` then says.
    """

    def __init__(self, answer: Answerer, *, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._answer = answer
        self._connections: set[asyncio.Transport] = set()
        self._accepting: list[asyncio.Task[object]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> None:
        """Returns when both sockets listen. Raises OSError when the port is taken."""
        ready = threading.Event()
        failure: list[BaseException] = []
        self._thread = threading.Thread(
            target=self._run, args=(ready, failure), name=f"certwright-dns-{self.port}", daemon=True
        )
        self._thread.start()
        ready.wait()
        if failure:
            self._thread.join()
            raise failure[0]

    def stop(self) -> None:
        """Closes the sockets and waits for the thread; a second call does nothing."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = self._loop = self._stop = None

    def _run(self, ready: threading.Event, failure: list[BaseException]) -> None:
        try:
            # The selector loop on every system: the proactor of Windows cannot watch a listening socket.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(self._serve(ready))
        except BaseException as error:
            failure.append(error)
        finally:
            ready.set()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        transport, tcp = await self._listen(self._loop)
        ready.set()
        try:
            await self._stop.wait()
        finally:
            transport.close()
            self._loop.remove_reader(tcp)
            tcp.close()
            await _hang_up(self._connections)

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> tuple[asyncio.DatagramTransport, socket.socket]:
        """Bind UDP and TCP to one port; with port 0 another is tried when TCP has it taken."""
        for attempt in range(32):
            udp, _ = await loop.create_datagram_endpoint(
                lambda: _UdpProtocol(self._answer), local_addr=(self.host, self.port)
            )
            port = int(udp.get_extra_info("sockname")[1])
            try:
                tcp = self._listen_tcp(loop, port)
            except OSError:
                udp.close()
                if self.port or attempt == 31:
                    raise
                continue
            self.port = port
            return udp, tcp
        raise OSError("no free port")

    def _listen_tcp(self, loop: asyncio.AbstractEventLoop, port: int) -> socket.socket:
        """Accept by hand: asyncio's own server loses a connection that it accepts while it is being closed."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, port), family=family)
        listener.setblocking(False)

        def accept() -> None:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                connection, _ = listener.accept()
                connection.setblocking(False)
                self._accepting.append(loop.create_task(loop.connect_accepted_socket(self._tcp_protocol, connection)))

        loop.add_reader(listener, accept)
        return listener

    def _tcp_protocol(self) -> _TcpProtocol:
        self._accepting = [task for task in self._accepting if not task.done()]
        return _TcpProtocol(self._answer, self._connections)


class _UdpProtocol(asyncio.DatagramProtocol):
    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._answer(data, addr[0], tcp=False)
        transport = self._transport
        if reply is None or transport is None:
            return
        if reply.delay_s:
            asyncio.get_running_loop().call_later(reply.delay_s, transport.sendto, reply.wire, addr)
        else:
            transport.sendto(reply.wire, addr)

    def error_received(self, exc: Exception) -> None:
        """A client that has gone (ICMP port unreachable) is not the server's trouble."""


class _TcpProtocol(asyncio.Protocol):
    """One connection: requests with their length before them (RFC 7766), hung up when it idles."""

    def __init__(self, answer: Answerer, connections: set[asyncio.Transport]) -> None:
        self._answer = answer
        self._connections = connections
        self._got = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self._transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._wait()
        self._got += data
        while len(self._got) >= 2:
            (size,) = struct.unpack("!H", self._got[:2])
            if len(self._got) < 2 + size:
                return
            wire, self._got = self._got[2 : 2 + size], self._got[2 + size :]
            reply = self._answer(wire, str(self._transport.get_extra_info("peername")[0]), tcp=True)
            if reply is None:
                self._transport.close()
                return
            asyncio.get_running_loop().call_later(reply.delay_s, self._send, reply.wire)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self._transport)
        if self._timer is not None:
            self._timer.cancel()

    def _send(self, wire: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(struct.pack("!H", len(wire)) + wire)

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(TCP_IDLE_S, self._transport.close)


async def _hang_up(connections: set[asyncio.Transport]) -> None:
    """Close every connection, also one that is just being accepted, and let the loop give their sockets back."""
    for _ in range(100):
        for transport in tuple(connections):
            transport.abort()
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if not connections and not others:
            return
