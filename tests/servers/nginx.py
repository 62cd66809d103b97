"""A real nginx on a free port of loopback, with everything that it writes in a directory of the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers.tls import free_port

_CONFIG = """
{user}
worker_processes 1;
pid {base}/nginx.pid;
error_log {base}/error.log info;
events {{ worker_connections 128; }}
http {{
  access_log off;
  client_body_temp_path {base}/body; proxy_temp_path {base}/proxy; fastcgi_temp_path {base}/fastcgi;
  uwsgi_temp_path {base}/uwsgi; scgi_temp_path {base}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {pair}/current/fullchain.pem;
    ssl_certificate_key {pair}/current/privkey.pem;
    keepalive_timeout 60;
    location / {{ return 200 "served by nginx\\n"; }}
    location = /slow {{ proxy_pass http://127.0.0.1:{backend}; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    address: str
    pid: int
    reload: list[str]


def find_program(name: str) -> str:
    """Its path. Skips the test where it is not installed, fails where CERTWRIGHT_REQUIRE_SERVERS asks for servers."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin:/usr/local/sbin")
    if found:
        return found
    if os.environ.get("CERTWRIGHT_REQUIRE_SERVERS"):
        pytest.fail(f"{name} is not installed, and CERTWRIGHT_REQUIRE_SERVERS is set")
    pytest.skip(f"{name} is not installed")


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"the server does not listen: {log.read_text()[-2000:] if log.exists() else 'no log'}")


@contextmanager
def running_nginx(base: Path, pair: Path, *, backend: int = 9) -> Iterator[Nginx]:
    """nginx serving PAIR/current, which must be there. /slow goes to `backend`, a plain port of loopback."""
    program = find_program("nginx")
    base.mkdir(parents=True, exist_ok=True)
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    config = base / "nginx.conf"
    config.write_text(_CONFIG.format(base=base, port=port, pair=pair, user=user, backend=backend))
    command = [program, "-p", str(base), "-c", str(config), "-e", str(base / "error.log")]
    process = subprocess.Popen([*command, "-g", "daemon off;"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process, base / "error.log")
        yield Nginx(address=f"127.0.0.1:{port}", pid=process.pid, reload=[*command, "-s", "reload"])
    finally:
        process.terminate()
        process.wait(timeout=20)
