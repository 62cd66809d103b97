"""A Pulumi stack of its own for a test: the real CLI, a file backend, the provider installed as a plugin.

Nothing of a person's Pulumi or certwright is used: `PULUMI_HOME`, the backend, `CERTWRIGHT_HOME` and the passphrase
belong to the test. A deployed stack can be forked (its directories are copied), so that a test starts where another
one's set-up ended.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from certwright import __version__
from certwright.config import load
from certwright.engine.services import Services
from certwright.store.dump import logical_dump
from certwright.wiring import build
from live.engines import ROOT, Failure, cli_version, exit_code, pulumi_directory

PASSPHRASE = "the passphrase of the test stack"
PROJECT = "shop"
STACK = "dev"
COMMAND_TIMEOUT_S = 120.0
TYPES = {
    "authority": "certwright:index:PrivateCertificateAuthority",
    "certificate": "certwright:index:Certificate",
    "validation": "certwright:index:CertificateValidation",
    "association": "certwright:index:CertificateAssociation",
}

Tree = dict[str, Any]


def _path(directory: Path) -> str:
    """PATH without a provider on it: the CLI would prefer it to the installed one, with a warning."""
    others = [p for p in os.environ.get("PATH", "").split(os.pathsep) if p]
    clean = [p for p in others if not (Path(p) / "pulumi-resource-certwright").exists()]
    return os.pathsep.join([str(directory), *clean])


@dataclass(frozen=True)
class Result:
    """What one command said."""

    rc: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    def ok(self) -> Result:
        assert self.rc == 0, self.text
        return self

    def failed(self, why: Failure = Failure.ERROR) -> Result:
        """With exactly the code that this CLI has for it: a crash of the CLI is no refusal."""
        assert self.rc == exit_code(why, cli_version()), self.text
        return self

    @cached_property
    def json(self) -> Tree:
        decoder = json.JSONDecoder()
        return dict(decoder.raw_decode(self.stdout[self.stdout.index("{") :])[0])

    @property
    def steps(self) -> dict[str, Tree]:
        """Resource name → step of `preview --json`; the stack itself and providers are left out."""
        return {
            _name(step["urn"]): step
            for step in self.json.get("steps", [])
            if "::certwright:index:" in step["urn"] and step["op"] not in ("refresh",)
        }

    @property
    def ops(self) -> dict[str, str]:
        """Resource name → operation, without what stays the same."""
        return {name: step["op"] for name, step in self.steps.items() if step["op"] != "same"}

    def diff(self, name: str) -> dict[str, str]:
        """Path → kind of the detailed diff."""
        return {path: change["kind"] for path, change in (self.steps[name].get("detailedDiff") or {}).items()}

    @property
    def diagnostics(self) -> list[Tree]:
        return list(self.json.get("diagnostics", []))

    def said(self, name: str) -> list[str]:
        """What `preview --json` says under a resource."""
        return [d["message"].strip() for d in self.diagnostics if _name(d.get("urn", "")) == name]


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


@dataclass
class Stack:
    """`program` is the YAML program as a tree; it is written before each command. `config` is stack configuration."""

    directory: Path
    program: Tree = field(default_factory=lambda: {"name": PROJECT, "runtime": "yaml", "resources": {}})
    config: dict[str, Any] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)  # environment

    @classmethod
    def make(cls, directory: Path, blank: Path, **more: Any) -> Stack:
        """From the blank template: project, stack and plugin, nothing deployed."""
        shutil.copytree(blank, directory, symlinks=True)
        return cls(directory=directory, **more)

    def fork(self, directory: Path) -> Stack:
        """A copy that shares nothing with this one; targets of associations keep their old path."""
        shutil.copytree(self.directory, directory, symlinks=True)
        return Stack(
            directory=directory,
            program=copy.deepcopy(self.program),
            config=copy.deepcopy(self.config),
            more=dict(self.more),
        )

    @property
    def resources(self) -> Tree:
        return dict.__getitem__(self.program, "resources")

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def store_file(self) -> Path:
        return self.home / "data" / "store.db"

    @property
    def state_file(self) -> Path:
        return self.directory / "state" / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CERTWRIGHT_")) and k != "CI"}
        return {
            **kept,
            "PATH": _path(pulumi_directory()),
            "PULUMI_HOME": str(self.directory / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_STACK": STACK,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "CERTWRIGHT_HOME": str(self.home),
            "CERTWRIGHT_TESTING_STORE": "1",
            **self.more,
            **(env or {}),
        }

    def write(self) -> None:
        import yaml

        project = self.directory / "project"
        (project / "Pulumi.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(self.program)), sort_keys=False))
        settings = project / f"Pulumi.{STACK}.yaml"
        tree = yaml.safe_load(settings.read_text())
        tree["config"] = {f"certwright:{k}" if ":" not in k else k: v for k, v in self.config.items()}
        settings.write_text(yaml.safe_dump(tree))

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Run a command in the background, in a process group of its own."""
        self.write()
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.directory / "project",
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        process = self.start(*arguments, env=env)
        try:
            stdout, stderr = process.communicate(timeout=COMMAND_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.end_processes()
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"pulumi {' '.join(arguments)} did not end:\n{stdout}{stderr}") from None
        return Result(process.returncode, stdout, stderr)

    # commands ------------------------------------------------------------------------------------------------------

    def preview(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return self.run("preview", *arguments, env=env)

    def preview_json(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return self.run("preview", "--json", *arguments, env=env)

    def up(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        preview = () if "--plan" in arguments else ("--skip-preview",)
        return self.run("up", "--yes", *preview, *arguments, env=env)

    def refresh(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return self.run("refresh", "--yes", "--skip-preview", *arguments, env=env)

    def destroy(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return self.run("destroy", "--yes", "--skip-preview", *arguments, env=env)

    def import_(self, kind: str, name: str, id: str, *arguments: str) -> Result:
        return self.run("import", "--yes", "--skip-preview", "--generate-code=false", TYPES[kind], name, id, *arguments)

    def export(self, *arguments: str) -> Tree:
        return dict(json.loads(self.run("stack", "export", *arguments).ok().stdout))

    def unchanged(self, *, env: Mapping[str, str] | None = None) -> None:
        """The next preview is empty (IAC-5)."""
        self.preview("--expect-no-changes", env=env).ok()

    # what is there -------------------------------------------------------------------------------------------------

    def urn(self, kind: str, name: str) -> str:
        return f"urn:pulumi:{STACK}::{PROJECT}::{TYPES[kind]}::{name}"

    def state(self) -> dict[str, Tree]:
        """Resource name → its entry in the state (a resource that waits for deletion is left out)."""
        checkpoint = json.loads(self.state_file.read_text())["checkpoint"]
        # `state delete` of this CLI writes "Latest" where everything else writes "latest".
        deployment = checkpoint.get("latest") or checkpoint.get("Latest") or {}
        return {
            _name(r["urn"]): r
            for r in deployment.get("resources", [])
            if "::certwright:index:" in r["urn"] and not r.get("delete")
        }

    def id(self, name: str) -> str:
        return str(self.state()[name]["id"])

    def outputs(self, name: str) -> Tree:
        return dict(self.state()[name]["outputs"])

    def inputs(self, name: str) -> Tree:
        return dict(self.state()[name]["inputs"])

    @contextlib.contextmanager
    def services(self, *, env: Mapping[str, str] | None = None) -> Iterator[Services]:
        """The engine on this stack's store, in the test's own process: "somebody else" who renews or looks."""
        environ = self.environment(env)
        services = build(load(self.config, environ=environ), environment=environ)
        try:
            yield services
        finally:
            services.store.close()

    def dump(self, *, env: Mapping[str, str] | None = None) -> str:
        """The store's logical content; equal dumps mean that nothing was written between them."""
        with self.services(env=env) as services:
            return logical_dump(services.store)  # type: ignore[arg-type]

    def files(self) -> dict[str, tuple[int, int]]:
        """Every file of the data and configuration directory: size and time of change."""
        found = {}
        for part in ("data", "config"):
            for path in sorted((self.home / part).rglob("*")):
                if path.is_file() and not path.name.endswith(("-shm",)):
                    status = path.stat()
                    found[str(path.relative_to(self.home))] = (status.st_size, status.st_mtime_ns)
        return found

    # processes -----------------------------------------------------------------------------------------------------

    def plugins(self) -> list[int]:
        """Process ids of the providers of this stack (a provider is known by its environment)."""
        mark = f"CERTWRIGHT_HOME={self.home}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes()
                if b"certwright.plugin" in command and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return sorted(found)

    def end_processes(self) -> None:
        for pid in self.plugins():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def wait_for(what: Callable[[], Any], *, seconds: float = 30.0, said: str = "what was waited for") -> Any:
    """Poll for an event of another process; its value once it is true."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{said} did not come within {seconds:g} s")
        time.sleep(0.02)


# templates ---------------------------------------------------------------------------------------------------------


def make_blank(directory: Path) -> Path:
    """An initialised project without a deployment, and the plugin installed."""
    pulumi_directory()
    plugin = directory / "pulumi" / "plugins" / f"resource-certwright-v{__version__}"
    for path in (directory / "project", directory / "state", plugin):
        path.mkdir(parents=True)
    executable = plugin / "pulumi-resource-certwright"
    executable.write_text(
        f"#!/bin/sh\nPYTHONPATH='{ROOT / 'provider'}' exec '{sys.executable}' -m certwright.plugin.main \"$@\"\n"
    )
    executable.chmod(0o755)
    (directory / "project" / f"Pulumi.{STACK}.yaml").write_text("{}\n")
    stack = Stack(directory=directory)
    stack.run("stack", "init", STACK, "--no-select").ok()
    return directory


def authorities() -> Tree:
    """A root and an issuing authority."""
    return {
        "root": {
            "type": TYPES["authority"],
            "properties": {
                "type": "ROOT",
                "certificateAuthorityConfiguration": {
                    "keyAlgorithm": "EC_secp384r1",
                    "signingAlgorithm": "SHA384WITHECDSA",
                    "subject": {"commonName": "Shop Root CA", "organization": "Shop", "country": "DE"},
                },
                "validity": {"type": "YEARS", "value": 10},
            },
        },
        "issuing": {
            "type": TYPES["authority"],
            "properties": {
                "type": "SUBORDINATE",
                "parentArn": "${root.arn}",
                "pathLength": 0,
                "certificateAuthorityConfiguration": {
                    "subject": {"commonName": "Shop Issuing CA 1", "organization": "Shop"}
                },
                "validity": {"type": "YEARS", "value": 5},
            },
        },
    }


def wiki(**vary: Any) -> Tree:
    """A private certificate of 30 days whose renewal window opens ten days before its end."""
    properties = {
        "domainName": "wiki.internal",
        "subjectAlternativeNames": ["192.168.1.1", "fire-sensor-123"],
        "certificateAuthorityArn": "${issuing.arn}",
        "validity": {"type": "DAYS", "value": 30},
        "earlyRenewalDuration": "P10D",
        **vary,
    }
    return {"type": TYPES["certificate"], "properties": {k: v for k, v in properties.items() if v is not None}}


def directory_association(path: Path, certificate: str = "wiki", **vary: Any) -> Tree:
    return {
        "type": TYPES["association"],
        "properties": {
            "certificateArn": f"${{{certificate}}}" if "." in certificate else f"${{{certificate}.arn}}",
            "target": {"directory": {"path": str(path)}},
            **vary,
        },
    }
