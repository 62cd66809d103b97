"""Whether a run looks at a part of the stack only."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from certwright.plugin.scope import is_partial, run_is_partial


@pytest.mark.parametrize(
    ("command", "partial"),
    [
        ("up --yes", False),
        ("preview --target urn:x", True),
        ("preview --target=urn:x --diff", True),
        ("up -t urn:x", True),
        ("up -turn:x", True),
        ("up --target-replace urn:x", True),
        ("up --exclude urn:x", True),
        ("up --replace urn:x --stack t", False),
        ("up --target-dependents", False),
        ("up --message -- --target", False),
    ],
)
def test_options_that_pass_resources_over(command: str, partial: bool) -> None:
    assert is_partial(shlex.split(command)) is partial


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows another process's command line")
@pytest.mark.parametrize(("words", "partial"), [(["--target", "urn:x"], True), ([], False)])
def test_the_parents_command_line_is_read(words: list[str], partial: bool) -> None:
    program = [sys.executable, "-c", "print(flush=True); input()", "up", *words]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout is not None
            parent.stdout.readline()  # a process that has only just begun shows an empty command line
            assert run_is_partial(parent.pid) is partial
        finally:
            parent.communicate(b"\n")


def test_a_parent_that_is_gone_or_hidden_hides_nothing() -> None:
    assert not run_is_partial(2**22 + os.getpid())
