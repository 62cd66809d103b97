"""The command line of the shipped DNS server: ``python -m certwright.server.dns``.

Prints one line ``listening HOST:PORT`` when it answers, and stops on SIGINT or SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from types import FrameType

from certwright.server.dns import DnsServer
from certwright.server.dns.update import TsigKey


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    stop = Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    try:
        keys = dict(_key(text) for text in [*options.key, *_lines(options.key_file)])
        server = DnsServer(options.zone, keys, host=options.host, port=options.port, zone_dir=options.zone_dir)
        for text in options.record:
            name, rdtype, value = text.split(maxsplit=2)
            server.add(name, rdtype, value)
        server.start()
    except (ValueError, LookupError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(f"listening {server.endpoint}\n")
    sys.stdout.flush()
    # A signal wakes the main thread out of wait() only on some platforms; the bound makes it certain on all.
    while not stop.wait(0.5):
        pass
    server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m certwright.server.dns",
        description="An authoritative DNS server with dynamic updates, for loopback, tests and demonstrations.",
    )
    parser.add_argument("--zone", action="append", default=[], help="a zone to serve; repeat for more", required=True)
    parser.add_argument("--record", action="append", default=[], help='"NAME TYPE VALUE", e.g. a CAA; repeat for more')
    parser.add_argument("--key", action="append", default=[], help="NAME:BASE64[:ZONE,ZONE] that may update")
    parser.add_argument("--key-file", type=Path, help="a file with one key per line, in the form of --key")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--zone-dir", type=Path, help="keep the zones here between runs")
    return parser


def _key(text: str) -> tuple[str, TsigKey]:
    name, separator, rest = text.strip().partition(":")
    if not separator:
        raise ValueError("a key is written NAME:BASE64 or NAME:BASE64:ZONE,ZONE")
    secret, _, zones = rest.partition(":")
    return name, TsigKey(secret=secret, zones=tuple(zones.split(",")) if zones else None)


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]


if __name__ == "__main__":
    raise SystemExit(main())
