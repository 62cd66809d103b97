"""The committed SDK is what Pulumi's generator writes from today's schema."""

from __future__ import annotations

import filecmp
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from meta.house import ROOT


def _differences(left: Path, right: Path) -> list[str]:
    compared = filecmp.dircmp(left, right, ignore=["__pycache__", "build"])
    found = [*compared.left_only, *compared.right_only, *compared.diff_files]
    for name in compared.common_dirs:
        found += _differences(left / name, right / name)
    return [name for name in found if not name.endswith(".egg-info")]


@pytest.mark.full
def test_the_python_sdk_is_fresh(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("the generator is a Go program, and there is no go here")
    subprocess.run(["make", "sdkgen"], cwd=ROOT, check=True, capture_output=True)
    told = subprocess.run(["make", "-n", "python_sdk"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    command = next(line for line in told.splitlines() if "-languages python" in line)
    subprocess.run(re.sub(r"-out sdk", f"-out {tmp_path}", command).split(), cwd=ROOT, check=True, capture_output=True)
    assert _differences(tmp_path / "python", ROOT / "sdk" / "python") == []
