"""DNS servers for tests: the shipped one and a real BIND 9 on a free loopback port, with the same zones and keys."""

from __future__ import annotations

import base64
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
from certwright.server.dns import DnsServer, TsigKey

SECRET = base64.b64encode(b"a secret of thirty-two octets ..").decode()
OTHER_SECRET = base64.b64encode(b"another secret of 32 octets ....").decode()
ALGORITHM = {"writer": "hmac-sha256", "writer512": "hmac-sha512", "stranger": "hmac-sha256"}

HEAD = """@ 60 IN SOA ns hostmaster 1 300 60 86400 5
@ 60 IN NS ns
ns 60 IN A 127.0.0.1
"""
ZONES: Mapping[str, str] = {
    "example.com": HEAD
    + """www 60 IN A 192.0.2.1
alias 60 IN CNAME www
far 60 IN CNAME target.shop.example.com.
gone 60 IN CNAME nowhere.example.com.
loop 60 IN CNAME pool
pool 60 IN CNAME loop
foreign 60 IN CNAME somebody.else.example.
*.wild 60 IN CNAME www
deep.empty.label 60 IN TXT "deep"
host 60 IN A 192.0.2.2
@ 60 IN CAA 0 issue "ca.example"
@ 60 IN CAA 0 iodef "mailto:security@example.com"
shop 60 IN NS ns.shop
ns.shop 60 IN A 127.0.0.1
"""
    + "".join(f'big 60 IN TXT "{number:03d} {"x" * 60}"\n' for number in range(40)),
    "shop.example.com": HEAD + 'target 60 IN TXT "from the shop"\n',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A running server, of either make."""

    kind: str
    host: str
    port: int

    @property
    def endpoint(self) -> str:
        return f"{self.host}:{self.port}"

    def records(self, name: str, rdtype: str) -> list[str]:
        """What it says now, by plain dnspython."""
        query = dns.message.make_query(name, rdtype)
        answer = dns.query.tcp(query, self.host, port=self.port, timeout=5)
        kind = dns.rdatatype.from_text(rdtype)
        return sorted(rdata.to_text() for rrset in answer.answer if rrset.rdtype == kind for rdata in rrset)


def free_port() -> int:
    """A port that neither UDP nor TCP has in use now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", udp.getsockname()[1]))
                return int(udp.getsockname()[1])


def named_program() -> str | None:
    return shutil.which("named") or shutil.which("named", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


@contextlib.contextmanager
def shipped_peer() -> Iterator[Peer]:
    every = tuple(ZONES)
    keys = {
        "writer": TsigKey(secret=SECRET, zones=every, algorithm="hmac-sha256"),
        "writer512": TsigKey(secret=SECRET, zones=every, algorithm="hmac-sha512"),
        "stranger": TsigKey(secret=SECRET, zones=("elsewhere.example",)),
    }
    with DnsServer(ZONES, keys) as server:
        yield Peer(kind="shipped", host=server.host, port=server.port)


@contextlib.contextmanager
def bind_peer(directory: Path) -> Iterator[Peer]:
    """BIND 9 in the foreground, with its own directory and no control channel; ends with the block."""
    program = named_program()
    assert program is not None
    port = free_port()
    _write_configuration(directory, port)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-g", "-n", "1", "-c", str(directory / "named.conf")], stdout=log, stderr=log, cwd=directory
        )
        try:
            _wait_until_it_answers(process, port, directory / "log")
            yield Peer(kind="bind", host="127.0.0.1", port=port)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _write_configuration(directory: Path, port: int) -> None:
    for name, text in ZONES.items():
        (directory / f"{name}.zone").write_text(f"$ORIGIN {name}.\n{text}")
    keys = "".join(
        f'key "{name}" {{ algorithm {algorithm}; secret "{SECRET}"; }};\n' for name, algorithm in ALGORITHM.items()
    )
    grants = "grant writer zonesub ANY; grant writer512 zonesub ANY; grant stranger name elsewhere.example. ANY;"
    zones = "".join(
        f'zone "{name}" {{ type primary; file "{directory}/{name}.zone"; update-policy {{ {grants} }}; }};\n'
        for name in ZONES
    )
    (directory / "named.conf").write_text(
        f"""options {{
  directory "{directory}"; pid-file "{directory}/named.pid"; session-keyfile "{directory}/session.key";
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; dnssec-validation no; notify no; managed-keys-directory "{directory}";
}};
controls {{ }};
{keys}{zones}"""
    )


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(Exception):
            answer = dns.query.udp(
                dns.message.make_query("shop.example.com", "SOA"), "127.0.0.1", port=port, timeout=0.3
            )
            if answer.answer:
                return
        time.sleep(0.05)
    raise RuntimeError(f"BIND did not start:\n{log.read_text()[-2000:]}")
