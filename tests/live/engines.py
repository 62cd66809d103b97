"""The CLI that drives the tests, and what differs from version to version."""

from __future__ import annotations

import re
import shutil
import subprocess
from enum import Enum
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Version = tuple[int, int, int]


class Failure(Enum):
    """Why a command of the CLI fails, with its exit code since 3.226. Before, each of them was 255."""

    ERROR = 1  # a refused input, a resource that failed, a run that was broken off by Ctrl-C
    CHANGES = 7  # with --expect-no-changes


EXIT_CODES_SINCE: Version = (3, 226, 0)
EXIT_BEFORE = 255
DO_SINCE: Version = (3, 257, 0)  # `pulumi do` with what this project's tests need of it


def exit_code(failure: Failure, version: Version) -> int:
    return failure.value if version >= EXIT_CODES_SINCE else EXIT_BEFORE


def pulumi_directory() -> Path:
    """Where the CLI and its language hosts lie: PATH, else what `make pulumi` built. Skips where there is none."""
    found = shutil.which("pulumi")
    built = ROOT / ".cache" / "pulumi" / "bin"
    if found:
        return Path(found).parent
    if (built / "pulumi").exists():
        return built
    pytest.skip("the pulumi CLI is not installed; `make pulumi` builds it")


@cache
def cli_version() -> Version:
    said = subprocess.run(
        [pulumi_directory() / "pulumi", "version"],
        env={"PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", said)
    assert found, f"pulumi version says {said!r}"
    return int(found[1]), int(found[2]), int(found[3])
