"""The stacks of released versions under today's certwright, with the real CLI: no change, no write, then renewals."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certwright.server.dns import DnsServer
from certwright.store.migrations import LAYOUT
from cryptography import x509
from live.harness import Stack
from live.publicworld import TSIG_SECRET
from upgrade.replay import Restored

pytestmark = pytest.mark.needs_pulumi

LATER = dt.timedelta(
    days=25
)  # `wiki` (30 days, from ten days before its end) and `below` (12 days) are due, and `short`, who signs the latter


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    zones: dict[str, Any] = {"com": (), "example": (), "example.com": (), "validate.example": ()}
    with DnsServer(zones, {"writer": TSIG_SECRET}) as server:
        yield server


@pytest.fixture
def stack_of(left: Restored, blank: Path, dns: DnsServer) -> Iterator[Callable[[str], Stack]]:
    """A recorded stack by its name; the DNS that its configuration names is the test's."""
    made: list[Stack] = []

    def stack(name: str) -> Stack:
        one = left.stack(blank, name)
        one.config = json.loads(json.dumps(one.config).replace(str(left.recording.facts["dnsPort"]), str(dns.port)))
        made.append(one)
        return one

    yield stack
    for one in made:
        one.end_processes()


def served(path: Path) -> str:
    leaf = x509.load_pem_x509_certificate((path / "current" / "cert.pem").read_bytes())
    return format(leaf.serial_number, "x")


@pytest.mark.proves("IAC-6", "OPS-8")
def test_the_recorded_stack_previews_without_a_change_and_nothing_is_written(
    left: Restored, stack_of: Callable[[str], Stack]
) -> None:
    stack = stack_of("everything")
    before, beside = left.content(), left.files() if left.server is None else []
    stack.unchanged(env=left.recording.at())
    preview = stack.preview_json(env=left.recording.at()).ok()
    assert preview.ops == {}
    assert "Pulumi's state alone" not in preview.text, "the store was read"
    assert left.content() == before
    if left.server is None:
        assert left.files() == beside


@pytest.mark.proves("IAC-6", "OPS-8")
def test_what_was_unfinished_is_seen_as_its_own_version_saw_it(
    left: Restored, stack_of: Callable[[str], Stack]
) -> None:
    stack = stack_of("unfinished")
    before = left.content()
    preview = stack.preview_json(env=left.recording.at())
    assert preview.ops == json.loads((left.recording.directory / "unfinished.ops.json").read_text())
    assert left.content() == before


@pytest.mark.proves("OPS-8", "IAC-6")
def test_weeks_later_the_recorded_stack_renews_and_its_store_is_migrated(
    left: Restored, stack_of: Callable[[str], Stack]
) -> None:
    stack = stack_of("everything")
    env = left.recording.at(LATER)
    old = {name: stack.outputs(name)["serialNumber"] for name in ("wiki", "below-short", "www", "theirs")}
    before = left.content()
    preview = stack.preview_json(env=env).ok()
    assert preview.ops == dict.fromkeys(("short", "wiki", "below-short", "onDisk"), "update")
    assert left.content() == before

    stack.up(env=env).ok()
    assert left.execute("SELECT value FROM {s}meta WHERE key = 'schema_version'") == [(str(LAYOUT),)]
    if left.server is None:
        assert left.files() == ["store.db", "store.db.layout-1"]
    new = {name: stack.outputs(name)["serialNumber"] for name in old}
    assert {name for name in old if new[name] != old[name]} == {"wiki", "below-short"}
    assert stack.outputs("wiki")["version"] == 3
    assert served(left.here / "tls" / "wiki") == new["wiki"]
    stack.unchanged(env=env)
    stack.refresh(env=env).ok()
    stack.unchanged(env=env)


@pytest.mark.proves("OPS-8")
def test_what_was_unfinished_goes_on_and_the_recorded_stack_can_be_destroyed(
    left: Restored, stack_of: Callable[[str], Stack]
) -> None:
    env = left.recording.at()
    rest = stack_of("unfinished")
    for name in ("failing", "waiting", "waits"):
        del rest.resources[name]
    rest.resources["pending-proved"] = {
        "type": "certwright:index:CertificateValidation",
        "properties": {"certificateArn": "${pending.arn}", "dnsWriter": "corp"},
    }
    rest.up(env=env).ok()
    assert rest.outputs("cut-short")["status"] == rest.outputs("pending-proved")["status"] == "SUCCESS"
    rest.refresh(env=env).ok()
    rest.unchanged(env=env)
    rest.destroy(env=env).ok()


@pytest.mark.proves("OPS-8")
def test_doctor_and_status_say_the_layout_and_what_to_run(left: Restored, capfd: pytest.CaptureFixture[str]) -> None:
    import subprocess
    import sys

    from live.harness import ROOT

    def said(*words: str) -> str:
        env = {**left.environment, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "provider")}
        done = subprocess.run(
            [sys.executable, "-m", "certwright.cli.main", *words],
            env=env | left.recording.at(),
            capture_output=True,
            text=True,
            check=False,
        )
        return " ".join((done.stdout + done.stderr).split())

    before = left.content()
    assert f"layout 1; this certwright writes layout {LAYOUT}" in said("doctor", "--plain")
    assert "certwright store upgrade" in said("status", "--plain")
    assert left.content() == before
    done = said("store", "upgrade")
    assert f"from layout 1 to {LAYOUT}" in done
    assert ("store.db.layout-1" in done) is (left.server is None)
    assert "already" in said("store", "upgrade")
    assert "this certwright writes layout" not in said("doctor", "--plain")
    assert "store upgrade" not in said("status", "--plain")
    shutil.rmtree(left.here / "home", ignore_errors=True)
