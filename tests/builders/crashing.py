"""A program's `up` in processes that are killed: run as a script, it forks one for each case and says how the world ended.

`python -m builders.crashing HOME UP/NAME:COUNT ...` prints a JSON line for each case. Forked by a process that has no threads
and has imported everything, so that a case takes a tenth of a second.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

from certwright.engine import association, authority, certificates, failpoints, validation
from certwright.engine.decision import Action
from certwright.engine.records import (
    AssociationRecord,
    AuthorityRecord,
    AuthorityVersionRecord,
    CertificateRecord,
    KeyRecord,
    MaterialRecord,
    Mode,
    SerialRecord,
    VersionRecord,
)

from builders.world import ACCOUNT, NOW, PREFIX, FakeClock, World, world

SECOND_UP = NOW + timedelta(days=25)
PLACE = "/srv/tls"


class Program:
    """What Pulumi would do with a stack of five resources: it knows an id once a create was answered."""

    def __init__(self, here: World) -> None:
        self.here = here
        self.state = here.home / "state.json"

    def known(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.state.read_text()) if self.state.exists() else {}
        return found

    def answered(self, name: str, arn: str) -> str:
        self.state.write_text(json.dumps({**self.known(), name: arn}))
        return arn

    def up(self) -> None:
        root = self.authority("root", {"type": "ROOT", "validity": {"type": "YEARS", "value": "10"}})
        issuing = self.authority("issuing", {"type": "SUBORDINATE", "parentArn": root, "pathLength": 0})
        validity = {"type": "DAYS", "value": "30"}
        wiki = self.certificate(
            "wiki",
            Mode.PRIVATE,
            {"domainName": "wiki.internal", "certificateAuthorityArn": issuing, "validity": validity},
        )
        www = self.certificate(
            "www",
            Mode.PUBLIC,
            {"domainName": "www.example.org", "validationMethod": "DNS", "publicIssuer": issuing, "validity": validity},
        )
        self.drive(www)
        self.association("files", wiki)

    def authority(self, name: str, spec: dict[str, Any]) -> str:
        arn = self.known().get(name)
        if arn is not None:
            authority.complete(self.here.services, arn)
            return arn
        spec = {**spec, "certificateAuthorityConfiguration": {"subject": {"commonName": name}}}
        record, _ = authority.create(
            self.here.services, urn=f"{PREFIX}CA::{name}", region="local", account=ACCOUNT, spec=spec, tags={}
        )
        return self.answered(name, record.arn)

    def certificate(self, name: str, mode: Mode, spec: dict[str, Any]) -> str:
        arn = self.known().get(name)
        if arn is None:
            record, _ = self.here.create(mode, spec, urn=name)
            return self.answered(name, record.arn)
        decision, record = self.here.decision(arn), self.here.record(arn)
        if decision.action is Action.REISSUE:
            certificates.reissue(
                self.here.services,
                arn,
                expected_newest=record.newest_version,
                spec=spec,
                reason_code=decision.reasons[0].code,
            )
        elif decision.action is Action.RESUME:
            certificates.retry(self.here.services, arn)
        return arn

    def drive(self, arn: str) -> None:
        outcome = validation.drive(
            self.here.services, arn, timeout_s=30, cancel=self.here.cancel(), progress=lambda line: None
        )
        assert outcome.issued, outcome.why

    def association(self, name: str, certificate_arn: str) -> None:
        arn = self.known().get(name)
        wanted = self.here.wanted(certificate_arn, name, place=PLACE)
        if arn is None:
            record, _ = association.create(self.here.services, wanted, cancel=self.here.cancel())
            self.answered(name, record.arn)
        else:
            association.deploy(self.here.services, arn, cancel=self.here.cancel())


def run(home: Path, moment: Any, seed: int) -> None:
    with world(home, seed=seed, clock=FakeClock(moment=moment)) as here:
        Program(here).up()


def in_a_child(home: Path, moment: Any, seed: int, failpoint: str) -> int:
    """Its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if failpoint:
                failpoints.arm(failpoint)
            run(home, moment, seed)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def ending(home: Path, moment: Any) -> dict[str, Any]:
    """Everything that a test wants to know of the world as it is now."""
    with world(home, seed=99, clock=FakeClock(moment=moment)) as here:
        records = here.all(CertificateRecord)
        versions = here.all(VersionRecord)
        keys = {v.key_handle for v in [*versions, *here.all(AuthorityVersionRecord)]}
        return {
            "certificates": sorted(r.urn.rsplit("::", 1)[1] for r in records),
            "authorities": sorted(r.urn.rsplit("::", 1)[1] for r in here.all(AuthorityRecord)),
            "associations": [a.deployed_version for a in here.all(AssociationRecord)],
            "versions": sorted(
                (here.record(v.arn).urn.rsplit("::", 1)[1], v.version, v.status.value) for v in versions
            ),
            "serving": sorted((r.urn.rsplit("::", 1)[1], r.serving_version) for r in records),
            "serials": len(here.all(SerialRecord)),
            "signed": len({m.der for m in here.all(MaterialRecord) if m.der}),
            "decisions": sorted({here.decision(r.arn).action.name for r in records}),
            "state_is_right": sorted(Program(here).known().values())
            == sorted(
                r.arn for kind in (CertificateRecord, AuthorityRecord, AssociationRecord) for r in here.all(kind)
            ),
            "lost_keys": sorted({k.handle for k in here.all(KeyRecord)} ^ {k for k in keys if k}),
        }


def case(home: Path, where: str) -> dict[str, Any]:
    """First up and, 25 days later, the renewing one. `where`: `1/NAME:COUNT` kills the first, `2/…` the second, "" none;
    each is repeated until it ends well."""
    exits: list[int] = []
    seed = 0
    killed = False
    number, _, failpoint = where.partition("/")
    for up, moment in (("1", NOW), ("2", SECOND_UP)):
        for _ in range(3):
            seed += 1
            armed = not killed and up == number
            exits.append(in_a_child(home, moment, seed, failpoint if armed else ""))
            killed = killed or exits[-1] == -signal.SIGKILL
            if exits[-1] == 0:
                break
    return {"where": where, "exits": exits, "killed": killed, **ending(home, SECOND_UP)}


def main() -> None:
    assert threading.active_count() == 1, "forking needs a process without threads"
    home = Path(sys.argv[1])
    for number, where in enumerate(sys.argv[2:]):
        name = where.partition("/")[2].partition(":")[0]
        assert name in failpoints.FAILPOINTS or where == "", where
        child_home = home / str(number)
        child_home.mkdir()
        # The world is looked at in a child as well: the store's lease thread must not live here.
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, json.dumps(case(child_home, where)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as answers:
            print(answers.read().decode(), flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
