"""What the tests of the house share: the checkout, its files, and running its own tools."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "provider" / "certwright"
TESTS = ROOT / "tests"
DOCS = ROOT / "docs"

if str(ROOT / "tools") not in sys.path:  # tools are no package of ours; the collector of codes lies there
    sys.path.append(str(ROOT / "tools"))


def run(*command: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in the checkout, on the checkout's own package."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "provider")}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=timeout_s
    )


def python_files(below: Path) -> list[Path]:
    return sorted(path for path in below.rglob("*.py") if "__pycache__" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def committed() -> tuple[Path, ...]:
    """Files that git knows or would add. A checkout without git: what lies there, without what tools leave behind."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed.returncode == 0:
        names = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        hidden = {".venv", ".cache", ".git", ".demo", "dist", "__pycache__"}
        names = [p for p in ROOT.rglob("*") if not hidden & set(p.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in names if path.is_file()))


def texts(*, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Name and content of every committed text file; binary ones are passed over."""
    found = []
    for path in committed():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(without):
            continue
        try:
            found.append((name, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found
