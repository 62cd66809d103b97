"""A stack in a temporary directory, driven by the real Pulumi CLI against a store of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 180


@cache
def cli_directory() -> Path | None:
    """Where the Pulumi CLI and its language hosts are; None when they cannot be had."""
    done = subprocess.run([str(ROOT / "tools/pulumi/ensure.sh")], check=False, capture_output=True, text=True)
    return Path(done.stdout.strip().splitlines()[-1]) if done.returncode == 0 else None


@dataclass
class Stack:
    directory: Path
    environment: dict[str, str]

    def pulumi(self, *arguments: str, check: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["pulumi", *arguments],
            cwd=self.directory,
            env={**self.environment, **more},
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        assert not check or done.returncode == 0, (
            f"pulumi {arguments} gave {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done

    def up(self, *, check: bool = True, **more: str) -> str:
        done = self.pulumi("up", "--yes", "--skip-preview", "--non-interactive", check=check, **more)
        return done.stdout + done.stderr

    def preview(self, *arguments: str, check: bool = True, **more: str) -> str:
        done = self.pulumi("preview", "--non-interactive", *arguments, check=check, **more)
        return done.stdout + done.stderr

    def settled(self, **more: str) -> None:
        """Nothing to do."""
        self.preview("--expect-no-changes", **more)

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json").stdout)
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "export").stdout)
        return found

    def resource(self, name: str) -> dict[str, Any]:
        (found,) = [r for r in self.state()["deployment"]["resources"] if r["urn"].endswith(f"::{name}")]
        return dict(found)


def new_stack(directory: Path, files: dict[str, str], **environment: str) -> Stack:
    """`files` by name; the plugin is found through `plugins` in Pulumi.yaml, at `./bin`."""
    cli = cli_directory()
    if cli is None:
        pytest.skip("no Pulumi CLI here, and none could be built (tools/pulumi/ensure.sh says why)")
    for name in ("state", "home", "bin"):
        (directory / name).mkdir(parents=True)
    for name, text in files.items():
        (directory / name).write_text(text)
    launcher = directory / "bin" / "pulumi-resource-certwright"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m certwright.plugin.main "$@"\n')
    launcher.chmod(0o755)
    stack = Stack(
        directory,
        {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CERTWRIGHT_"))},
            "PATH": f"{cli}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "provider"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_HOME": str(directory / "home"),
            "PULUMI_BACKEND_URL": f"file://{directory / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "CERTWRIGHT_HOME": str(directory / "certwright"),
            "CERTWRIGHT_ALLOW_NEW_STORE": "1",
            **environment,
        },
    )
    stack.pulumi("stack", "init", "dev")
    return stack
