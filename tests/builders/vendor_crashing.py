"""One certificate of a remote issuer in processes that are killed: its first `up`, and the renewal for which the issuer asks.

`python -m builders.vendor_crashing HOME UP/NAME:COUNT ...` prints a JSON line for each case, as `builders.crashing` does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from certwright.engine import certificates, failpoints, validation
from certwright.engine.decision import Action
from certwright.engine.records import CertificateRecord, KeyRecord, OrderRecord, VersionRecord

from builders.vendor import KIND, REFERENCE, Vendor, VendorIssuer
from builders.world import NOW, FakeClock, World, world

SECOND_UP = NOW + timedelta(days=20)  # the vendor's instant: by our own rule the renewal would wait eleven days more
REQUEST = {"domainName": "www.example.org", "validationMethod": "DNS", "publicIssuer": REFERENCE}


def opened(home: Path, moment: datetime, seed: int) -> Any:
    return world(home, seed=seed, clock=FakeClock(moment=moment), issuers={KIND: VendorIssuer})


def up(here: World) -> None:
    """What Pulumi would do with a certificate and its validation; an unanswered create is repeated and adopts."""
    state = here.home / "state"
    if not state.exists():
        state.write_text(here.public(publicIssuer=REFERENCE).arn)
    arn = state.read_text()
    decision, record = here.decision(arn), here.record(arn)
    if decision.action is Action.REISSUE:
        certificates.reissue(
            here.services,
            arn,
            expected_newest=record.newest_version,
            spec=REQUEST,
            reason_code=decision.reasons[0].code,
        )
    elif decision.action is Action.RESUME:
        certificates.retry(here.services, arn)
    outcome = validation.drive(here.services, arn, timeout_s=30, cancel=here.cancel(), progress=lambda line: None)
    assert outcome.issued, outcome.why


def in_a_child(work: Callable[[], None], failpoint: str) -> int:
    """Its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if failpoint:
                failpoints.arm(failpoint)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def case(home: Path, where: str) -> dict[str, Any]:
    number, _, failpoint = where.partition("/")
    exits: list[int] = []
    for this, moment in (("1", NOW), ("2", SECOND_UP)):
        for _ in range(3):
            armed = this == number and -signal.SIGKILL not in exits

            def work(seed: int = len(exits), moment: datetime = moment) -> None:
                with opened(home, moment, seed) as here:
                    up(here)

            exits.append(in_a_child(work, failpoint if armed else ""))
            if exits[-1] == 0:
                break
    return {"where": where, "killed": -signal.SIGKILL in exits, **ending(home)}


def ending(home: Path) -> dict[str, Any]:
    with opened(home, SECOND_UP, 99) as here:
        vendor = Vendor.at(home)
        versions = sorted(here.all(VersionRecord), key=lambda v: v.version)
        return {
            "certificates": len(here.all(CertificateRecord)),
            "versions": [(v.version, v.status.value) for v in versions],
            "decisions": [here.decision(r.arn).action.name for r in here.all(CertificateRecord)],
            "ordered": len(vendor.orders),
            "issued": len(vendor.issued),
            "ours": [v.serial for v in versions] == vendor.issued,
            "journals": len(here.all(OrderRecord)),
            "keys": len(here.all(KeyRecord)),
        }


def main() -> None:
    assert threading.active_count() == 1, "forking needs a process without threads"
    home, *places = sys.argv[1:]
    for index, where in enumerate(places):
        print(json.dumps(case(Path(home) / str(index), where)), flush=True)


if __name__ == "__main__":
    main()
