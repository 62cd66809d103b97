"""The quickstart as a new user runs it: init, plugin, project, `pulumi up`, and the commands over what it made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from live.adapter_stack import ROOT, cli_directory

pytestmark = [pytest.mark.needs_pulumi, pytest.mark.proves("OPS-4")]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs words in the project's directory; no plugin of ours is on PATH."""
    cli = cli_directory()
    if cli is None:
        pytest.skip("no Pulumi CLI here, and none could be built (tools/pulumi/ensure.sh says why)")
    (tmp_path / "state").mkdir()
    environment = {
        "PATH": f"{cli}{os.pathsep}/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT / "provider"),  # this checkout's commands, whatever is installed
        "CERTWRIGHT_HOME": str(tmp_path / "home"),
        "PULUMI_HOME": str(tmp_path / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "words",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }

    def go(
        *words: str, cwd: Path = tmp_path, code: int | None = 0, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        if words[0] == "certwright":
            words = (sys.executable, "-m", "certwright.cli.main", *words[1:])
        done = subprocess.run(
            words, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, timeout=180, check=False
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    return go


@pytest.mark.parametrize("language", ["yaml", "dynamic"])
def test_a_new_user_has_a_served_certificate_after_one_up(tmp_path: Path, run: Run, language: str) -> None:
    run("certwright", "init")
    if language == "yaml":
        run("certwright", "plugin", "install")
    run("certwright", "quickstart", "mypki", "--language", language)
    project = tmp_path / "mypki"
    run("pulumi", "stack", "init", "dev", cwd=project)
    up = run("pulumi", "up", "--yes", "--non-interactive", cwd=project)
    assert "from $PATH" not in up.stdout + up.stderr
    run("pulumi", "preview", "--expect-no-changes", "--non-interactive", cwd=project)

    served = json.loads(run("certwright", "inspect", "tls/current/fullchain.pem", "--json", cwd=project).stdout)
    assert served["names"] == ["dns:wiki.internal", "ip:127.0.0.1"] and "Mypki Issuing CA 1" in served["trust"]
    tree = json.loads(run("certwright", "ca", "tree", "--json").stdout)
    assert tree["authorities"][0]["below"][0]["liveCertificates"] == 1
    run("certwright", "why", "wiki")

    # A renewal by the command is no change in the next preview (REN-4).
    run("certwright", "renew", "wiki", "--force", "--yes")
    run("pulumi", "preview", "--expect-no-changes", "--non-interactive", cwd=project)
    renewed = json.loads(run("certwright", "inspect", "tls/current/fullchain.pem", "--json", cwd=project).stdout)
    assert renewed["serialNumber"] != served["serialNumber"]

    # Everything is protected by default; a preview of deletions fails the gate where it must (ASC-8).
    preview = run("pulumi", "preview", "--json", cwd=project).stdout
    run("certwright", "check", stdin=preview)


@pytest.mark.proves("ASC-8")
def test_check_and_up_agree_in_the_same_words(tmp_path: Path, run: Run) -> None:
    run("certwright", "plugin", "install")
    run("certwright", "quickstart", "mypki")
    project = tmp_path / "mypki"
    run("pulumi", "stack", "init", "dev", cwd=project)
    run("pulumi", "up", "--yes", "--non-interactive", cwd=project)
    arn = run("pulumi", "stack", "output", "arn", cwd=project).stdout.strip()
    program = (project / "Pulumi.yaml").read_text()

    replaced = program.replace("domainName: wiki.internal", "domainName: wiki2.internal")
    (project / "Pulumi.yaml").write_text(replaced)
    preview = run("pulumi", "preview", "--json", cwd=project).stdout
    assert run("certwright", "check", stdin=preview).stdout.startswith("OK")

    before, _, rest = program.partition("  # Renewed by")
    after = rest.partition("  # tls/current")[2].partition("outputs:")[0]
    (project / "Pulumi.yaml").write_text(f"{before}  # tls/current{after}".replace("${wiki.arn}", arn))
    preview = run("pulumi", "preview", "--json", cwd=project).stdout
    gate = run("certwright", "check", stdin=preview, code=1).stdout
    up = run("pulumi", "up", "--yes", "--non-interactive", cwd=project, code=None)
    assert up.returncode != 0
    sentence = gate.splitlines()[1].strip()
    assert "wikiFiles (directory " in sentence and sentence in up.stdout + up.stderr


def test_an_installed_plugin_is_used_without_a_warning_and_can_be_removed(tmp_path: Path, run: Run) -> None:
    for way in ([], ["--direct"]):
        run("certwright", "plugin", "install", *way)
        where = Path(run("certwright", "plugin", "path").stdout.strip())
        assert where.is_relative_to(tmp_path / "pulumi" / "plugins") and os.access(where, os.X_OK)
        schema = run("pulumi", "package", "get-schema", "certwright")
        assert json.loads(schema.stdout)["name"] == "certwright" and "PATH" not in schema.stderr
    doctor = json.loads(run("certwright", "doctor", "--offline", "--json", code=2).stdout)
    assert {c["name"]: c["severity"] for c in doctor["checks"]}["plugin"] == "OK"
    run("certwright", "plugin", "uninstall")
    run("certwright", "plugin", "path", code=6)
