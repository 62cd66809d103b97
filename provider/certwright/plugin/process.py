"""The plugin's process: print the port, serve until the engine ends us."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from certwright.plugin.health import HealthHandler
from certwright.plugin.servicer import Servicer
from certwright.plugin.session import Session
from certwright.plugin.watchdog import watch

THREADS = 32
MESSAGE_LIMIT = 400 << 20  # as Pulumi's SDKs
_OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ("grpc.so_reuseport", 0),
]
_STOP_GRACE_S = 1.0
_HARD_STOP_S = 5.0
_WAKE_S = 0.2


def serve(session: Session) -> tuple[grpc.Server, int]:
    """Start a server for `session` on a free loopback port. The caller stops it."""
    server = grpc.server(futures.ThreadPoolExecutor(THREADS, thread_name_prefix="rpc"), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(session), server)
    server.add_generic_rpc_handlers((HealthHandler(session.end_of_run),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main() -> None:
    """stdout carries the port and nothing else: whatever follows it would be shown to the user."""
    engine = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else ""
    parent = os.getppid()
    session = Session(engine=engine, parent=parent)
    stop, killed = threading.Event(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server, port = serve(session)
    _print_port(port)
    threading.Thread(target=preload, daemon=True).start()

    def gone() -> None:
        killed.set()
        stop.set()

    if engine:
        threading.Thread(
            target=watch,
            args=(lambda: session.log.address,),
            kwargs={"parent": parent, "stop": stop, "gone": gone},
            daemon=True,
        ).start()
    # The kernel may give a signal to any thread, and Python runs its handler in this one only: so it has to wake up.
    while not stop.wait(_WAKE_S):
        pass
    _finish(session, server, killed=killed.is_set())


def preload() -> None:
    """Import what the first Check needs while the engine is busy with its own start. The collector is off until then."""
    from certwright.binding.registry import preload_shipped
    from certwright.system import collect_rarely

    try:
        preload_shipped()
    finally:
        collect_rarely()


def _print_port(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # A print of some library must not reach the user as a line of the stack.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _finish(session: Session, server: grpc.Server, *, killed: bool) -> None:
    """Waits see the cancel signal within a second; a request that does not end is cut off after five."""
    session.cancel.set()
    watch_over = threading.Timer(_HARD_STOP_S, os._exit, args=(1,))
    watch_over.daemon = True
    watch_over.start()
    server.stop(_STOP_GRACE_S).wait(_STOP_GRACE_S + 1.0)
    session.close(killed=killed)
    watch_over.cancel()
    sys.stderr.flush()
    os._exit(0)  # worker threads may still hang in a socket; nothing is left to do for them
