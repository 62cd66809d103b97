"""`make test` fails where `make lint` would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from certwright import __version__
from meta.house import ROOT, committed, run

NO_GO = 3  # what tools/gobuild.sh ends with


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "--no-cache", "."), ("lint-imports", "--no-cache"), ("mypy", "--cache-dir")],
    ids=["ruff", "the layers of import-linter", "mypy"],
)
def test_the_code_passes(command: tuple[str, ...], tmp_path: Path) -> None:
    """Without the tools' caches: mypy's may be stale where several runs share it, and a cold run takes seconds."""
    done = run(*command, *([str(tmp_path)] if command[0] == "mypy" else []))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("tool", ["gen_schema", "gen_sql"])
def test_what_is_generated_is_fresh(tool: str) -> None:
    done = run("python", f"tools/{tool}.py", "--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.needs_pulumi
def test_the_python_sdk_is_fresh(tmp_path: Path) -> None:
    """Pulumi's own generator gives, file for file, what is committed."""
    built = run("tools/gobuild.sh", "tools/sdkgen", ".cache/sdkgen/bin", ".", timeout_s=1200)
    if built.returncode == NO_GO:
        pytest.skip(built.stderr.strip())
    assert built.returncode == 0, built.stderr
    generator = str(ROOT / ".cache" / "sdkgen" / "bin" / "sdkgen")
    done = run(
        generator, "-version", __version__, "-schema", "schema.json", "-out", str(tmp_path), "-languages", "python"
    )
    assert done.returncode == 0, done.stderr
    made, kept = tmp_path / "python", ROOT / "sdk" / "python"
    names = {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    listed = {path.relative_to(kept) for path in committed() if path.is_relative_to(kept)}
    assert names == listed
    assert [str(name) for name in names if (made / name).read_bytes() != (kept / name).read_bytes()] == []


@pytest.mark.full
def test_the_node_sdk_compiles(tmp_path: Path) -> None:
    """As its users get it: npm installs what it names, its own TypeScript compiles it."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    built = run("tools/gobuild.sh", "tools/sdkgen", ".cache/sdkgen/bin", ".", timeout_s=1200)
    if built.returncode == NO_GO:
        pytest.skip(built.stderr.strip())
    generator = str(ROOT / ".cache" / "sdkgen" / "bin" / "sdkgen")
    done = run(
        generator, "-version", __version__, "-schema", "schema.json", "-out", str(tmp_path), "-languages", "nodejs"
    )
    assert done.returncode == 0, done.stderr
    compiled = run("tools/sdkgen/compile_nodejs.sh", str(tmp_path / "nodejs"), timeout_s=600)
    assert compiled.returncode == 0, compiled.stderr


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
