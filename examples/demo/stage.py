"""Everything that the demonstration stands on, below .demo/: directories, environment, DNS server, TLS servers."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import dns.name
import dns.query
import dns.rcode
import dns.update
from certwright.server.dns import DnsServer, TsigKey
from certwright.server.tls import TlsEndpoint
from commands import end_left_over

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).resolve().parent
PASSPHRASE = "demo"
VALIDATION_ZONE = "validation.example.net"
# The zones up to `com`, so that a climb for CAA gets an answer at each name.
ZONES = ("com", "example.com", "shop.example.com", VALIDATION_ZONE)
IDENTITY = "ca.shop.example"
DNS_TEAM, ENGINE = "dns-team", "certwright"
FORMS = ("yaml", "python", "dynamic")


class Busy(Exception):
    """Another demonstration uses the directory."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """Use it in a `with` block: the servers run inside it, in this process, and end with it."""

    form: str
    base: Path = CHECKOUT / ".demo"
    environment: Mapping[str, str] = field(default_factory=dict)
    dns: DnsServer | None = None
    endpoints: dict[str, TlsEndpoint] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _lock: TextIO | None = None
    _dns_team_secret: str = ""

    # Paths, each named once.
    @property
    def shop(self) -> Path:
        return self.base / "shop"

    @property
    def edge(self) -> Path:
        return self.base / "edge"

    @property
    def home(self) -> Path:
        return self.base / "certwright"

    @property
    def store(self) -> Path:
        return self.home / "data" / "store.db"

    @property
    def tls(self) -> Path:
        return self.base / "tls"

    @property
    def logs(self) -> Path:
        return self.base / "logs"

    @property
    def pids(self) -> Path:
        return self.base / "running.pid"

    @property
    def shell(self) -> Path:
        return self.base / "env.sh"

    def __enter__(self) -> Stage:
        try:
            self._take()
            self._clean()
            self._servers()
            self._environment()
            self._projects()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _take(self) -> None:
        self.base.mkdir(mode=0o700, exist_ok=True)
        self._lock = self._stack.enter_context((self.base / "lock").open("w"))
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"another demonstration uses {self.base}; wait for its end") from None

    def _clean(self) -> None:
        """What an earlier run left goes; the installed SDK stays as long as it is the same."""
        end_left_over(self.pids)
        for entry in self.base.iterdir():
            if entry.name == "lock" or entry == self.sdk:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        for directory in (self.tls, self.logs, self.base / "bin", self.base / "state", self.base / "user"):
            directory.mkdir(mode=0o700)

    def _servers(self) -> None:
        """1. One DNS server with two keys: the DNS team's for the shop's zones, ours for the validation zone only.
        2. One TLS server for each directory; they have nothing to serve yet."""
        engine_secret, self._dns_team_secret = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
        keys = {
            DNS_TEAM: TsigKey(secret=self._dns_team_secret, zones=("example.com", "shop.example.com")),
            ENGINE: TsigKey(secret=engine_secret, zones=(VALIDATION_ZONE,)),
        }
        self.dns = self._stack.enter_context(DnsServer(ZONES, keys))
        for name in ("wiki", "www"):
            self.endpoints[name] = self._stack.enter_context(TlsEndpoint(self.tls / name))
        writer = {"server": self.dns.endpoint, "zone": VALIDATION_ZONE, "keyName": ENGINE, "keySecret": engine_secret}
        path = self.base / "dns-writers.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({ENGINE: {"rfc2136": writer}}))

    def _environment(self) -> None:
        """Nothing of the user's own Pulumi or certwright is read, and nothing is written outside of `base`."""
        bin_ = self.base / "bin"
        for name, call in {
            "python": "",
            "python3": "",
            "certwright": """-c 'import sys; sys.argv[0] = "certwright"; from certwright.cli.main import main; main()' """,
        }.items():
            _script(bin_ / name, f'exec "{sys.executable}" {call}"$@"')
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CERTWRIGHT_", "PYTHON"))}
        own = {
            "PATH": f"{bin_}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.base / "user"),
            "PULUMI_HOME": str(self.base / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.base / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "CERTWRIGHT_HOME": str(self.home),
            "CERTWRIGHT_TESTING_STORE": "1",
            "CERTWRIGHT_ALLOW_NEW_STORE": "1",
            "CERTWRIGHT_DNS_WRITERS_FILE": str(self.base / "dns-writers.json"),
        }
        paths = [str(self.sdk)] if self.form == "python" else []
        if own_path := os.environ.get("PYTHONPATH"):
            paths.append(own_path)
        if paths:
            own["PYTHONPATH"] = os.pathsep.join(paths)
        self.environment = {**kept, **own, "NO_COLOR": "1"}
        lines = (f"export {name}={shlex.quote(value)}" for name, value in own.items())
        self.shell.write_text("# The demonstration's environment:  . .demo/env.sh\n" + "\n".join(lines) + "\n")

    @property
    def sdk(self) -> Path:
        """Where the generated Python SDK is installed; the name follows its content."""
        source = CHECKOUT / "sdk" / "python"
        digest = hashlib.sha256(sys.version.encode())
        for path in sorted(source.rglob("*")):
            if path.suffix in (".py", ".toml", ".json"):
                digest.update(path.read_bytes())
        return self.base / f"sdk-{digest.hexdigest()[:12]}"

    def _projects(self) -> None:
        assert self.dns is not None
        if self.form == "python" and not self.sdk.exists():
            self._install_sdk()
        for project, directory in (("shop", self.shop), ("edge", self.edge)):
            shutil.copytree(PROGRAMS / self.form / project, directory)
            settings = {
                f"{project}:tls": str(self.tls),
                "certwright:validationDomain": VALIDATION_ZONE,
                "certwright:validationWriter": ENGINE,
                "certwright:authoritativeServers": {"com": [self.dns.endpoint], "example.net": [self.dns.endpoint]},
                "certwright:caaIdentities": [IDENTITY],
            }
            if project == "shop":
                settings |= {f"shop:{n}Endpoint": e.address for n, e in self.endpoints.items()}
            lines = (f"  {key}: {json.dumps(value)}" for key, value in settings.items())
            (directory / "Pulumi.dev.yaml").write_text("config:\n" + "\n".join(lines) + "\n")

    def _install_sdk(self) -> None:
        """The generated SDK and what it needs beyond this environment, by pip, into a directory that is kept."""
        unfinished, source = self.base / "sdk-unfinished", self.base / "sdk-source"
        shutil.copytree(CHECKOUT / "sdk" / "python", source)  # building a wheel leaves files beside the sources
        _pip_install(unfinished, "--no-deps", str(source))
        (installed,) = importlib.metadata.distributions(path=[str(unfinished)])
        missing = [text for text in installed.requires or () if ";" not in text and not _is_installed(text)]
        if missing:
            _pip_install(unfinished, *missing)
        shutil.rmtree(source)
        unfinished.rename(self.sdk)

    # -- the DNS team ------------------------------------------------------------------------------------------------

    def change_dns(
        self, zone: str, *, add: tuple[tuple[str, str, str], ...] = (), remove: tuple[str, str] = ("", "")
    ) -> None:
        """What the people who run the shop's DNS do by hand: one signed RFC 2136 update. add: (name, type, value)."""
        assert self.dns is not None
        keyring = {dns.name.from_text(DNS_TEAM): base64.b64decode(self._dns_team_secret)}
        update = dns.update.UpdateMessage(zone, keyring=keyring, keyalgorithm="hmac-sha256.")
        if remove[0]:
            update.delete(dns.name.from_text(remove[0]), remove[1])
        for name, rdtype, value in add:
            # A value that is a name is absolute, or the zone would be added to it.
            update.add(dns.name.from_text(name), 60, rdtype, f"{value}." if rdtype == "CNAME" else value)
        reply = dns.query.tcp(update, self.dns.host, port=self.dns.port, timeout=5)
        if reply.rcode() != dns.rcode.NOERROR:
            raise RuntimeError(f"the DNS server answered {dns.rcode.to_text(reply.rcode())} to an update of {zone}")


class CannotInstall(Exception):
    """pip failed; the message is what it said."""


def _pip_install(target: Path, *what: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "install",
        "--target",
        str(target),
    ]
    done = subprocess.run([*command, *what], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotInstall(f"pip could not install {' '.join(what)}:\n{done.stderr[-2000:]}")


def _is_installed(requirement: str) -> bool:
    try:
        importlib.metadata.distribution(re.split(r"[^A-Za-z0-9._-]", requirement)[0])
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
