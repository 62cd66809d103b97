"""Whether a run looks at a part of the stack only: the engine tells a provider nothing of `--target` and the like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# Options of the CLI by which resources that the program declares are passed over, with their value or without.
PARTIAL = ("--target", "-t", "--target-replace", "--exclude", "--exclude-dependents")


def is_partial(command: Sequence[str]) -> bool:
    """Whether this command line of the CLI passes resources over."""
    for word in command:
        if word == "--":
            return False
        name = word.partition("=")[0]
        if name in PARTIAL or (word.startswith("-t") and not word.startswith("--")):
            return True
    return False


def run_is_partial(parent: int, *, proc: Path = Path("/proc")) -> bool:
    """Of the CLI that is this plugin's parent. False where its command line cannot be read (only Linux shows it)."""
    try:
        words = (proc / str(parent) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return is_partial([word.decode(errors="replace") for word in words[1:] if word])
