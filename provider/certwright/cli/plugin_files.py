"""Where Pulumi keeps plugins, and the small program that is ours: it starts this interpreter with the plugin's module."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from certwright import __version__

NAME = "pulumi-resource-certwright"
MODULE = "certwright.plugin.main"
IGNORE_AMBIENT = "PULUMI_IGNORE_AMBIENT_PLUGINS"


def plugins_directory(environ: Mapping[str, str]) -> Path:
    home = environ.get("PULUMI_HOME")
    return (Path(home).expanduser() if home else _user_home() / ".pulumi") / "plugins"


def _user_home() -> Path:
    """The user database's, as Go and so Pulumi has it; $HOME (which sudo and CI containers set otherwise) comes second."""
    try:
        import pwd

        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):  # Windows; a uid without an entry
        return Path.home()


def directory(environ: Mapping[str, str], version: str = __version__) -> Path:
    return plugins_directory(environ) / f"resource-certwright-v{version}"


def installed(environ: Mapping[str, str]) -> dict[str, Path]:
    """Version → directory, for each complete one."""
    prefix = "resource-certwright-v"
    found = plugins_directory(environ).glob(f"{prefix}*/{NAME}")
    return {path.parent.name.removeprefix(prefix): path.parent for path in sorted(found)}


def on_path(environ: Mapping[str, str]) -> Path | None:
    """A plugin on PATH wins over an installed one, and Pulumi says so at every run."""
    import shutil

    found = shutil.which(NAME, path=environ.get("PATH", ""))
    return Path(found) if found else None


def ambient_ignored(environ: Mapping[str, str]) -> bool:
    return environ.get(IGNORE_AMBIENT, "").strip().lower() in {"1", "true"}


def script(interpreter: str = sys.executable) -> str:
    """The executable. exec, so that Pulumi's signals reach the interpreter and nothing is left behind."""
    lines = ["#!/bin/sh", "# Written by `certwright plugin install`."]
    if not _importable(interpreter):
        # A checkout that is reached by PYTHONPATH only: Pulumi may start us without it.
        lines.append(f"PYTHONPATH={shlex.quote(_package_parent())}${{PYTHONPATH:+:$PYTHONPATH}}")
        lines.append("export PYTHONPATH")
    lines.append(f'exec {shlex.quote(interpreter)} -u -m {MODULE} "$@"')
    return "\n".join(lines) + "\n"


def _importable(interpreter: str) -> bool:
    """Whether the interpreter finds certwright by itself. -I leaves PYTHONPATH and the current directory out."""
    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('certwright') is None)"
    return subprocess.run([interpreter, "-I", "-c", probe], capture_output=True, check=False).returncode == 0


def _package_parent() -> str:
    spec = importlib.util.find_spec("certwright")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).resolve().parent.parent)


def starts(path: Path, *, timeout_s: float = 30.0) -> bool:
    """Whether the executable starts as Pulumi expects it: a port number is the first line of stdout."""
    with subprocess.Popen(
        [str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env={**os.environ}
    ) as process:
        import threading

        guard = threading.Timer(timeout_s, process.kill)
        guard.start()
        try:
            assert process.stdout is not None
            first = process.stdout.readline().strip()
        finally:
            guard.cancel()
            process.terminate()
    return first.isdigit()
