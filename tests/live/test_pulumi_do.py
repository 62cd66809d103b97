"""`pulumi do`: resources and functions without a program and without a state, so that only the provider can refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live.engines import DO_SINCE, cli_version
from live.harness import TYPES, Stack, directory_association

pytestmark = pytest.mark.needs_pulumi


@pytest.mark.proves("ASC-8")
def test_what_is_in_use_is_refused_to_a_command_that_knows_no_state(stack: Stack, tmp_path: Path) -> None:
    if cli_version() < DO_SINCE:
        assert "unknown command" in stack.run("do", "certwright:index:getExpiring").failed().text
        return
    stack.resources["onNginx"] = directory_association(tmp_path / "nginx")
    stack.up().ok()

    told = json.loads(stack.run("do", "certwright:index:getExpiring").ok().stdout)
    assert [each["name"] for each in told["certificates"]] == ["wiki.internal"]

    run = stack.run("do", TYPES["certificate"], "delete", stack.id("wiki"), "--stateless", "--yes").failed()
    assert "in use, cannot be deleted [certificate.in_use]" in run.text
    assert "onNginx (directory " in run.text
    stack.unchanged()
