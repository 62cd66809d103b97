"""Where things lie when nobody says: the plugin where Pulumi looks, the run memory in a directory of the user's own."""

from __future__ import annotations

import os
import pwd
import warnings
from pathlib import Path

import pytest
from certwright.cli.plugin_files import plugins_directory
from certwright.config import Directories


def test_the_plugin_goes_where_pulumi_looks_although_home_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi asks the user database, as Go does; a CI container with another HOME got a plugin that was never found."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert plugins_directory({}) == Path(pwd.getpwuid(os.getuid()).pw_dir) / ".pulumi" / "plugins"
    assert plugins_directory({"PULUMI_HOME": "/opt/pulumi"}) == Path("/opt/pulumi/plugins")


def test_without_a_session_the_run_memory_is_not_below_tmp_and_nothing_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_RUNTIME_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Directories.resolve({}).runtime == tmp_path / ".cache" / "certwright" / "run"
    assert Directories.resolve({"XDG_RUNTIME_DIR": "/run/user/7"}).runtime == Path("/run/user/7/certwright")
