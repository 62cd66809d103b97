"""`make test` fails where `make lint` would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from meta.house import ROOT, run


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "--no-cache", "."), ("lint-imports", "--no-cache"), ("mypy", "--cache-dir")],
    ids=["ruff", "the layers of import-linter", "mypy"],
)
def test_the_code_passes(command: tuple[str, ...], tmp_path: Path) -> None:
    """Without the tools' caches: mypy's may be stale where several runs share it, and a cold run takes seconds."""
    done = run(*command, *([str(tmp_path)] if command[0] == "mypy" else []))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_is_fresh() -> None:
    done = run("python", "tools/gen_schema.py", "--check")
    assert done.returncode == 0, done.stderr


def test_the_reference_pages_are_fresh() -> None:
    done = run("python", "tools/gen_docs.py", "--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.needs_pulumi
def test_pulumi_accepts_the_schema() -> None:
    built = ROOT / ".cache" / "pulumi" / "bin" / "pulumi"
    pulumi = shutil.which("pulumi") or (str(built) if built.exists() else "")
    if not pulumi:
        pytest.skip("the pulumi CLI is not installed; `make pulumi` builds it")
    done = run(pulumi, "schema", "check", "schema.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower(), done.stdout + done.stderr
