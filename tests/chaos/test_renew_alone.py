"""`certwright renew --all-due` in processes of its own: two at once, killed between steps, and with a job of somebody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders.installation import Installation
from certwright.engine.records import AssociationRecord, CertificateRecord, SerialRecord, VersionRecord

MANY = 6
COMMAND = (sys.executable, "-m", "certwright.cli.main", "renew", "--all-due", "--yes", "--json")


@pytest.fixture
def due(tmp_path: Path) -> Installation:
    """Certificates that are due, each on a target."""
    made = Installation(home=tmp_path / "home")
    issuing = made.issuing(made.root())
    for number in range(MANY):
        record = made.certificate(issuing, f"h{number}.internal", urn=f"h{number}")
        made.association(record, f"on{number}", f"tls{number}")
    made.shift = "+22d"
    return made


def start(installation: Installation, **more: str) -> subprocess.Popen[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CERTWRIGHT_") and k != "CI"}
    search = os.pathsep.join([*filter(None, [more.pop("search", "")]), *filter(None, sys.path)])
    environment = {**kept, **installation.environment, "PYTHONPATH": search, **more}
    return subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    document: dict[str, Any] = json.loads(out)
    return document


def assert_renewed_once(installation: Installation) -> None:
    with installation.services() as services, services.store.read() as reader:
        assert {(c.serving_version, c.newest_version) for c in reader.all(CertificateRecord)} == {(2, 2)}
        assert {a.deployed_version for a in reader.all(AssociationRecord)} == {2}
        assert not any(a.behind_since for a in reader.all(AssociationRecord))
        versions = reader.all(VersionRecord)
        assert len(versions) == len({v.serial for v in versions}) == 2 * MANY
        assert len(reader.all(SerialRecord)) == 2 * MANY + 2


@pytest.mark.proves("OPS-1", "REN-4")
def test_two_at_once_renew_each_certificate_once(due: Installation) -> None:
    for process in [start(due), start(due)]:
        ended(process)
    assert_renewed_once(due)


@pytest.mark.proves("REN-4", "SEC-5")
@pytest.mark.parametrize(
    "place", ["issue.after_journal", "issue.after_sign", "issue.after_store", "deploy.after_record"]
)
def test_the_next_one_finishes_what_a_killed_one_left(due: Installation, place: str) -> None:
    killed = start(due, CERTWRIGHT_FAILPOINT=f"{place}:3")
    killed.communicate(timeout=120)
    assert killed.returncode == -9
    ended(start(due))
    assert_renewed_once(due)
    assert ended(start(due))["plans"] == []


MADE_UP = """
import os
from datetime import UTC, datetime
from pathlib import Path
from certwright.engine.jobs.job import Task

DONE = Path(os.environ["MADE_UP_DONE"])

class Lamp:
    name = "lamp"

    def ripe(self, services, reader, now, limit):
        return [] if DONE.exists() else [Task(key="hall", at=datetime(2026, 11, 24, tzinfo=UTC))]

    def step(self, services, task, cancel):
        DONE.write_text(task.key)
"""


@pytest.fixture
def lamp(tmp_path: Path) -> Callable[[Installation], subprocess.Popen[str]]:
    """Starts the command where a distribution with a job of its own is installed."""
    place = tmp_path / "site"
    (place / "lamp-1.0.dist-info").mkdir(parents=True)
    (place / "lamp-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: lamp\nVersion: 1.0\n")
    (place / "lamp-1.0.dist-info" / "entry_points.txt").write_text("[certwright.jobs]\nlamp = lamp:Lamp\n")
    (place / "lamp.py").write_text(MADE_UP)
    return lambda installation: start(installation, search=str(place), MADE_UP_DONE=str(tmp_path / "done"))


@pytest.mark.proves("REN-4")
def test_a_job_of_somebody_elses_is_walked_too(
    tmp_path: Path, lamp: Callable[[Installation], subprocess.Popen[str]]
) -> None:
    installation = Installation(home=tmp_path / "home")
    installation.root()
    (task,) = ended(lamp(installation))["tasks"]
    assert (task["job"], task["key"], task["again"], task["problem"]) == ("lamp", "hall", None, None)
    assert (tmp_path / "done").read_text() == "hall"
    assert ended(lamp(installation))["tasks"] == []
