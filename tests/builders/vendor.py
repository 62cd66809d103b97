"""A remote issuer that only a test knows, as a third party would ship it: a distribution of its own whose entry point says
`vendor`. What it is and was asked is a directory, so that it outlives every process that asks it.

It takes an order under a reference of the caller's choice (twice the same is one order), looks at it for as long as the test
wants, issues or refuses, decides by itself how long a certificate lives, and names the instant at which it wants the next order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from certwright.domain.certificate import bundle_pem, sans_of
from certwright.domain.errors import CertwrightError
from certwright.domain.keyspec import KeyAlgorithm
from certwright.domain.profile import ProfileName
from certwright.engine.issuing import IssuerFacts, OrderRefused, Signed, Waiting
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import Json, OrderRecord
from certwright.engine.request import Request
from certwright.engine.services import Services
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from builders import pki

KIND = "vendor"
REFERENCE = f"{KIND}:gold"
LIFE = timedelta(days=47)
ASKS_AFTER = timedelta(days=20)
HOUR = timedelta(hours=1)


def ship(site: Path) -> None:
    """Put the distribution where Python looks for what is installed."""
    info = site / "vendor-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vendor\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[certwright.issuers]\n{KIND} = {__name__}:VendorIssuer\n")


@dataclass(frozen=True)
class Vendor:
    """The other side. `calls` is everything that it was ever asked."""

    place: Path

    @classmethod
    def at(cls, home: Path) -> Vendor:
        return cls(home / "vendor")

    def set(self, **settings: Any) -> None:
        """answer: `issue`, `refuse`, `look` (it takes its time), `away`, `other` (issues for another key).
        patience_s: when it wants to be asked again."""
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / "settings.json").write_text(json.dumps({**self.settings, **settings}))

    @property
    def settings(self) -> Json:
        stated = self.place / "settings.json"
        found: Json = json.loads(stated.read_text()) if stated.exists() else {}
        return {"answer": "issue", "patience_s": 3600.0, **found}

    @property
    def orders(self) -> dict[str, Json]:
        """By the caller's reference."""
        return {path.stem: json.loads(path.read_text()) for path in sorted((self.place / "orders").glob("*.json"))}

    @property
    def issued(self) -> list[str]:
        """Serial numbers, one for each certificate that was ever signed."""
        log = self.place / "issued.log"
        return log.read_text().split() if log.exists() else []

    @property
    def calls(self) -> list[str]:
        log = self.place / "calls.log"
        return log.read_text().split() if log.exists() else []

    # what it is asked -----------------------------------------------------------------------------------------------

    def order(self, reference: str, csr: bytes) -> str:
        self._asked("order")
        (self.place / "orders").mkdir(parents=True, exist_ok=True)
        path = self.place / "orders" / f"{reference}.json"
        if not path.exists():
            path.write_text(json.dumps({"csr": csr.hex(), "number": f"4711-{len(self.orders) + 1}"}))
        number: str = json.loads(path.read_text())["number"]
        return number

    def look(self, number: str) -> str:
        self._asked("look")
        return str(self.settings["answer"])

    def certificate(self, number: str, now: datetime) -> bytes:
        """Made once; whoever comes again gets the same."""
        self._asked("fetch")
        kept = self.place / f"{number}.der"
        if not kept.exists():
            (order,) = [order for order in self.orders.values() if order["number"] == number]
            certificate = self._signed(x509.load_der_x509_csr(bytes.fromhex(order["csr"])), now)
            kept.write_bytes(certificate.public_bytes(Encoding.DER))
            with (self.place / "issued.log").open("a") as log:
                log.write(f"{certificate.serial_number:x}\n")
        return kept.read_bytes()

    def _signed(self, csr: x509.CertificateSigningRequest, now: datetime) -> x509.Certificate:
        other = self.settings["answer"] == "other"
        return pki.unlinted(
            serial=x509.random_serial_number(),
            public_key=pki.key(number=3).public_key() if other else csr.public_key(),
            subject=csr.subject,
            sans=sans_of(csr),
            not_before=now - HOUR,
            not_after=now - HOUR + LIFE,
            profile=ProfileName.PUBLIC_TLS,
        )

    def _asked(self, what: str) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        with (self.place / "calls.log").open("a") as log:
            log.write(f"{what}\n")
        if self.settings["answer"] == "away":
            raise CertwrightError("the vendor does not answer", code="vendor.away")


class VendorIssuer:
    """A `RemoteIssuer`: order, look, fetch, each a step of its own."""

    local = False

    def __init__(self, services: Services) -> None:
        self._services = services
        self._vendor = Vendor.at(Path(services.config.directories.data).parent)

    def facts(self, reader: Reader, reference: str) -> IssuerFacts:
        return IssuerFacts(
            reference=reference,
            name="Vendor Gold",
            leaf_algorithms=(KeyAlgorithm.EC_PRIME256V1, KeyAlgorithm.EC_SECP384R1),
            browser_trusted=True,
            caa_identities=("vendor.example",),
            sets_validity=True,
        )

    def ensure(self, reference: str, *, region: str, account: str) -> str:
        return reference

    def intend(self, order: OrderRecord, request: Request) -> Json:
        return {"reference": self._services.entropy.token_bytes(8).hex()}

    def challenges(self, order: OrderRecord | None) -> Mapping[str, Json] | None:
        return None

    def sign(self, order: OrderRecord, cancel: CancelSignal | None) -> Signed | Waiting:
        state, now = order.state, self._services.clock.now()
        if "number" not in state:
            number = self._vendor.order(state["reference"], order.csr)
            return Waiting(state={**state, "number": number}, sentence=f"vendor took order {number}")
        if "ready" not in state:
            answer = self._vendor.look(state["number"])
            if answer == "refuse":
                raise OrderRefused(f"vendor refuses order {state['number']}: it does not like the name")
            if answer == "look":
                sentence = f"vendor looks at order {state['number']}"
                patience = timedelta(seconds=self._vendor.settings["patience_s"])
                return Waiting(state=state, sentence=sentence, when=now + patience)
            return Waiting(state={**state, "ready": True}, sentence=f"vendor is done with order {state['number']}")
        der = self._vendor.certificate(state["number"], now)
        chain = [above.public_bytes(Encoding.DER) for above in (pki.issuing().certificate, pki.root().certificate)]
        return Signed(der=der, chain_pem=bundle_pem(chain), renew_at=now + ASKS_AFTER)
