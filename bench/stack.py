"""`pulumi up` and a preview without changes, against a plugin that does nothing; the plugin's peak memory."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from certwright import __version__
from figures import Row, Section, Spread, ratio, row
from processes import ROOT, environment, peak_kib

SIZES, SIZES_QUICK = (1, 50, 200), (1, 50)
TARGET_PREVIEW, TARGET_UP = 1.25, 1.5
COMMAND_TIMEOUT_S = 300
PROJECT, STACK = "bench", "dev"
AUTHORITY, CERTIFICATE = "certwright:index:PrivateCertificateAuthority", "certwright:index:Certificate"
THING = "nothing:index:Thing"
NOTHING_VERSION = "0.1.0"
_POLL_S = 0.02


def certificates(count: int) -> dict[str, Any]:
    """One authority and `count` private certificates."""
    first = {
        "type": AUTHORITY,
        "properties": {"type": "ROOT", "certificateAuthorityConfiguration": {"subject": {"commonName": "Bench Root"}}},
    }
    rest = {
        f"r{n}": {
            "type": CERTIFICATE,
            "properties": {"domainName": f"h{n}.internal", "certificateAuthorityArn": "${first.arn}"},
        }
        for n in range(count)
    }
    return {"name": PROJECT, "runtime": "yaml", "resources": {"first": first, **rest}}


def things(count: int, payload: str) -> dict[str, Any]:
    """The same shape of things that are nowhere; each carries `payload`, the text of a certificate's outputs."""
    first = {"type": THING, "properties": {"value": "first", "payload": "${payload}"}}
    rest = {
        f"r{n}": {"type": THING, "properties": {"value": "${first.value}", "payload": "${payload}"}}
        for n in range(count)
    }
    return {
        "name": PROJECT,
        "runtime": "yaml",
        "variables": {"payload": payload},
        "resources": {"first": first, **rest},
    }


@dataclass(frozen=True, slots=True)
class Stack:
    """A project, its state and its CERTWRIGHT_HOME below `directory`; the Pulumi home is shared, as a user's is."""

    directory: Path
    pulumi_home: Path

    @property
    def home(self) -> Path:
        return self.directory / "home"

    def environment(self) -> dict[str, str]:
        pulumi = {
            "PULUMI_HOME": str(self.pulumi_home),
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "the passphrase of the benchmark",
            "PULUMI_STACK": STACK,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        clean = [
            p for p in os.environ["PATH"].split(os.pathsep) if not (Path(p) / "pulumi-resource-certwright").exists()
        ]
        return environment(self.home, {**pulumi, "PATH": os.pathsep.join(clean)})

    def write(self, program: dict[str, Any]) -> None:
        (self.directory / "project" / "Pulumi.yaml").write_text(yaml.safe_dump(program, sort_keys=False, width=10**6))

    def timed(self, *arguments: str) -> float:
        """Seconds of one command."""
        began = time.monotonic()
        finished = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.directory / "project",
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        seconds = time.monotonic() - began
        if finished.returncode:
            raise RuntimeError(f"pulumi {arguments[0]}: {(finished.stdout + finished.stderr)[-2000:]}")
        return seconds

    def up(self) -> float:
        return self.timed("up", "--yes", "--skip-preview")

    def preview(self) -> float:
        return self.timed("preview", "--expect-no-changes")

    def payload(self) -> str:
        """As many characters as a certificate's outputs have in the state, of no meaning."""
        checkpoint = json.loads((self.directory / "state/.pulumi/stacks" / PROJECT / f"{STACK}.json").read_text())
        found = [
            len(json.dumps(r["outputs"])) - len(json.dumps(r["inputs"]))
            for r in checkpoint["checkpoint"]["latest"]["resources"]
            if r["type"] == CERTIFICATE
        ]
        return "x" * max(found)


def pulumi_home(directory: Path) -> Path:
    """Both plugins installed in the same way: a shell script that starts this Python."""
    for name, version, command in (
        ("certwright", __version__, "-m certwright.plugin.main"),
        ("nothing", NOTHING_VERSION, f"'{ROOT / 'tools' / 'nothing' / 'provider.py'}'"),
    ):
        executable = directory / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
        executable.parent.mkdir(parents=True)
        executable.write_text(f"#!/bin/sh\nexec '{sys.executable}' {command} \"$@\"\n")
        executable.chmod(executable.stat().st_mode | stat.S_IXUSR)
    return directory


class Bench:
    """Makes stacks below one scratch directory from an initialised template."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._home = pulumi_home(scratch / "pulumi")
        self._made = 0
        self._blank = scratch / "blank"
        for part in ("project", "state"):
            (self._blank / part).mkdir(parents=True)
        blank = Stack(self._blank, self._home)
        blank.write({"name": PROJECT, "runtime": "yaml"})
        blank.timed("stack", "init", STACK, "--no-select")

    def stack(self, program: dict[str, Any]) -> Stack:
        self._made += 1
        directory = self._scratch / f"stack{self._made}"
        shutil.copytree(self._blank, directory)
        fresh = Stack(directory, self._home)
        fresh.write(program)
        return fresh


def compare(bench: Bench, count: int, payload: str, runs: int) -> dict[str, list[float]]:
    """Seconds, in turns: a fresh `up` of each, then a preview of each on what was just made."""
    times: dict[str, list[float]] = {
        f"{what}_{who}": [] for what in ("up", "preview") for who in ("certwright", "nothing")
    }
    for number in range(runs):
        pair = [("certwright", bench.stack(certificates(count))), ("nothing", bench.stack(things(count, payload)))]
        if number % 2:
            pair.reverse()
        for who, stack in pair:
            times[f"up_{who}"].append(stack.up())
        for who, stack in pair:
            times[f"preview_{who}"].append(stack.preview())
        for _, stack in pair:
            shutil.rmtree(stack.directory)
    return times


def peak_memory(bench: Bench, count: int) -> dict[str, float]:
    """VmHWM in MiB of certwright's plugin, in an `up` and a preview that are not timed."""
    stack, found = bench.stack(certificates(count)), {}
    for what, run in (("up", stack.up), ("preview", stack.preview)):
        seen: list[int] = [0]
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(stack.home, seen, done))
        watcher.start()
        run()
        done.set()
        watcher.join()
        found[what] = max(seen) / 1024
    shutil.rmtree(stack.directory)
    return found


def _watch(home: Path, seen: list[int], done: threading.Event) -> None:
    """The plugin is the Python process that has this stack's CERTWRIGHT_HOME."""
    mark = f"CERTWRIGHT_HOME={home}".encode()
    pid = 0
    while not done.wait(_POLL_S):
        pid = pid or _find(mark)
        if pid:
            seen.append(peak_kib(pid))


def _find(mark: bytes) -> int:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if b"certwright.plugin.main" in (entry / "cmdline").read_bytes() and mark in (
                entry / "environ"
            ).read_bytes().split(b"\0"):
                return int(entry.name)
        except OSError:
            continue
    return 0


def measure(scratch: Path, *, quick: bool) -> Section:
    bench, runs = Bench(scratch), 3 if quick else 5
    probe = bench.stack(certificates(1))
    probe.up()
    payload = probe.payload()
    rows: list[Row] = []
    raw: dict[str, Any] = {"payload_characters": len(payload), "seconds": {}}
    for count in SIZES_QUICK if quick else SIZES:
        times = compare(bench, count, payload, runs)
        raw["seconds"][str(count)] = times
        for what, target in (("preview", TARGET_PREVIEW), ("up", TARGET_UP)):
            mine, theirs = times[f"{what}_certwright"], times[f"{what}_nothing"]
            note = f"{Spread.of(mine).median:.2f} s against {Spread.of(theirs).median:.2f} s"
            rows.append(
                row(
                    f"{what}, {count} + 1 resources",
                    ratio(mine, theirs),
                    "x",
                    bound="at most",
                    target=target,
                    note=note,
                )
            )
    memory = peak_memory(bench, max(SIZES))
    raw["peak_mib"] = memory
    rows += [Row(what=f"peak memory, {what} of 200 + 1", figure=mib, unit="MiB") for what, mib in memory.items()]
    return Section(
        name="stack",
        title="pulumi against a do-nothing plugin",
        rows=tuple(rows),
        raw=raw,
        remarks=("`N + 1`: N private certificates and their authority, against N + 1 things with as large outputs",),
    )
