"""The machine's side: Python, the Pulumi CLI and its plugin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from certwright import __version__
from certwright.cli.health.finding import Finding, Severity, Situation

OLDEST_PULUMI = (3, 150, 0)
OLDEST_PYTHON = (3, 11)
LANGUAGES = ("yaml", "python", "nodejs", "go", "dotnet", "java")


def python(_: Situation) -> Iterator[Finding]:
    shown = ".".join(str(part) for part in sys.version_info[:3])
    fine = sys.version_info[:2] >= OLDEST_PYTHON
    yield Finding(
        name="python",
        severity=Severity.OK if fine else Severity.CRITICAL,
        seen=f"{shown} at {sys.executable}, certwright {__version__}",
        todo="" if fine else "install Python 3.11 or newer",
    )


def pulumi(_: Situation) -> Iterator[Finding]:
    command = shutil.which("pulumi")
    if command is None:
        yield Finding(
            name="pulumi",
            severity=Severity.WARN,
            seen="the pulumi command is not on PATH",
            todo="install it from pulumi.com, or put it on PATH",
        )
        return
    version = _output([command, "version"])
    if not version:
        yield Finding(name="pulumi", severity=Severity.WARN, seen=f"{command} does not run", todo="install it again")
        return
    old = _parts(version) < OLDEST_PULUMI
    oldest = ".".join(str(n) for n in OLDEST_PULUMI)
    yield Finding(
        name="pulumi",
        severity=Severity.WARN if old else Severity.OK,
        seen=f"{version} at {command}",
        todo=f"update it: certwright is tested from {oldest} on" if old else "",
    )
    beside = Path(command).resolve().parent
    search = f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"
    hosts = [name for name in LANGUAGES if shutil.which(f"pulumi-language-{name}", path=search)]
    yield Finding(
        name="languages",
        severity=Severity.OK if hosts else Severity.WARN,
        seen=f"hosts for {', '.join(hosts)}" if hosts else "no language host is on PATH",
        todo="" if hosts else "put the pulumi-language-NAME programs beside the pulumi command",
    )


def _output(words: list[str]) -> str:
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def _parts(version: str) -> tuple[int, ...]:
    core = version.lstrip("v").split("-")[0].split("+")[0]
    return tuple(int(part) if part.isdecimal() else 0 for part in core.split("."))


def plugin(_: Situation) -> Iterator[Finding]:
    from certwright.cli import plugin_files as files

    found, ambient = files.installed(os.environ), files.on_path(os.environ)
    shadows = ambient is not None and not files.ambient_ignored(os.environ)
    if __version__ not in found:
        if shadows:
            yield Finding(
                name="plugin",
                severity=Severity.WARN,
                seen=f"{ambient} is on PATH and not installed: Pulumi uses it and warns at every run",
                todo=f"certwright plugin install, and set {files.IGNORE_AMBIENT}=true",
            )
            return
        others = f"; other versions: {', '.join(found)}" if found else ""
        yield Finding(
            name="plugin",
            severity=Severity.WARN,
            seen=f"version {__version__} is not installed{others}",
            todo="certwright plugin install (certwright.dynamic works without)",
        )
        return
    where = found[__version__] / files.NAME
    if not os.access(where, os.X_OK) or not files.starts(where):
        yield Finding(
            name="plugin", severity=Severity.CRITICAL, seen=f"{where} does not start", todo="certwright plugin install"
        )
        return
    yield Finding(
        name="plugin",
        severity=Severity.WARN if shadows else Severity.OK,
        seen=f"{__version__} at {where}" + (f", but {ambient} on PATH wins and Pulumi warns of it" if shadows else ""),
        todo=f"set {files.IGNORE_AMBIENT}=true, or take it off PATH" if shadows else "",
    )
