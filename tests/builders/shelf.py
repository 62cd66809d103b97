"""A made-up remote target: numbered slots on a server of its own. Nothing but tests knows the kind `shelf`.

A slot that was put is served when the server is told to turn (all its slots at once), as a proxy does at a reload.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from certwright.deploy.pair import pair_of
from certwright.domain.errors import DeployFailed, Unreachable
from certwright.engine.deployer import Material, Part, Reach, Seen, Spot, Told
from certwright.engine.ports import CancelSignal
from pydantic import BaseModel, ConfigDict


class ShelfTarget(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str
    slot: int


@dataclass
class Shelf:
    """The server. answers, asked: what went over the wire, for a search for keys."""

    url: str = ""
    slots: dict[int, dict[str, Any]] = field(default_factory=dict)
    served: dict[int, str] = field(default_factory=dict)  # slot → fingerprint
    turns: int = 0
    refuses: bool = False  # a turn is answered with an error
    asked: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        if path == "/turn":
            if self.refuses:
                return 500, {"said": "slot 1: bad certificate"}
            self.turns += 1
            self.served = {slot: held["fingerprint"] for slot, held in self.slots.items()}
            return 200, {}
        slot = int(path.rpartition("/")[2].partition("?")[0])
        match method:
            case "GET":
                held = self.slots.get(slot)
                return (404, {}) if held is None else (200, {k: v for k, v in held.items() if k != "key"})
            case "PUT":
                self.slots[slot] = body or {}
            case "DELETE":
                self.slots.pop(slot, None)
                self.served.pop(slot, None)
        return 200, {}


@contextmanager
def shelf() -> Iterator[Shelf]:
    """A running one on a free port of the loopback."""
    state = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            state.asked.append(f"{self.command} {self.path}")
            code, said = state.answer(self.command, self.path, body)
            text = json.dumps(said)
            state.answers.append(text)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_DELETE = do_POST = _any

        def log_message(self, format: str, *args: Any) -> None:
            state.asked.append(format % args)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class ShelfDeployer:
    kind = "shelf"
    reach = Reach.REMOTE
    model: ClassVar[type[BaseModel]] = ShelfTarget

    def spots(self, target: dict[str, Any]) -> tuple[Spot, ...]:
        wanted = ShelfTarget.model_validate(target)
        return (Spot(place=f"{wanted.url}/slots/{wanted.slot}", endpoint=wanted.url),)

    def observe(self, target: dict[str, Any], spot: Spot) -> Seen | None:
        held = self.call("GET", spot.place)
        if held is None:
            return None
        return Seen(owner=held["owner"], digest=held["digest"], fingerprint=held["fingerprint"], told=held["told"])

    def put(
        self, target: dict[str, Any], spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()
    ) -> bool:
        pair = pair_of(material)
        held = self.call("GET", spot.place)
        if held is not None and held["owner"] not in ("", owner, *takes_over):
            raise DeployFailed(f"shelf {spot.place}: it belongs to {held['owner']}", code="deploy.place_taken")
        same = held is not None and (held["owner"], held["digest"]) == (owner, material.digest)
        if not same:
            self.call("PUT", spot.place, self.content(material, owner, pair.fingerprint))
        return held is None or held["digest"] != material.digest

    def content(self, material: Material, owner: str, fingerprint: str) -> dict[str, Any]:
        return {
            "owner": owner,
            "digest": material.digest,
            "fingerprint": fingerprint,
            "certificate": material.part(Part.CERTIFICATE).decode(),
            "chain": material.part(Part.CHAIN).decode(),
            "key": material.part(Part.PRIVATE_KEY).decode(),
            "told": False,
        }

    def tell(self, target: dict[str, Any], spots: tuple[Spot, ...], cancel: CancelSignal) -> Told:
        try:
            self.call("POST", f"{spots[0].endpoint}/turn", {})
        except DeployFailed as problem:
            return Told(problem=problem.message, todo="Look at its log")
        return Told()

    def settle(self, target: dict[str, Any], spot: Spot, *, digest: str) -> None:
        held = self.call("GET", spot.place)
        if held is not None and held["digest"] == digest and not held["told"]:
            self.mark_told(spot, held)

    def mark_told(self, spot: Spot, held: dict[str, Any]) -> None:
        self.call("PUT", spot.place, {**held, "told": True})

    def remove(self, target: dict[str, Any], spot: Spot, *, owner: str) -> bool:
        held = self.call("GET", spot.place)
        if held is None or held["owner"] != owner:
            return False
        self.call("DELETE", spot.place)
        return True

    def call(self, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method), timeout=10) as said:
                found: dict[str, Any] = json.loads(said.read())
                return found
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise DeployFailed(f"the shelf refused: {json.loads(error.read())['said']}") from None
        except OSError as error:
            raise Unreachable(f"shelf {url}: {error}") from None
