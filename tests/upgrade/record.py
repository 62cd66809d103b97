"""Records a released version: its stores on SQLite and PostgreSQL and its Pulumi states, made by its own code.

    PYTHONPATH=provider:tests .venv/bin/python -m upgrade.record fa89bd6 0.1.0

Steps, numbered in the code: 1. the version's code with an environment of its own; 2. its plugin, under a stated host name;
3. at a stated instant a stack that uses everything; 4. days later a run that renews some of it and deletes some of it;
5. a second stack over the same store, whose requests wait, time out, fail, or are killed; 6. the store, the states, the
programs and what was deployed are kept. Once for each database.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from certwright.server.dns import DnsServer
from live.harness import ROOT, Stack, make_blank
from live.publicworld import TSIG_SECRET
from servers.postgres import PostgresServer
from upgrade import program
from upgrade.replay import dump

RECORDED = Path(__file__).resolve().parent / "recorded"
WRAPPING_KEY = "wrapping.key"
PLUGIN = """\
import socket
socket.gethostname = lambda: {host!r}
from pathlib import Path
from certwright.engine import claims
claims._BOOT_ID = Path("/nonexistent")
from certwright.plugin.main import run
run()
"""


def main() -> None:
    commit, version = sys.argv[1:3]
    shutil.rmtree(program.BASE, ignore_errors=True)
    target = RECORDED / version
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    python = _environment(commit, program.BASE / "code")
    for database in ("sqlite", "postgresql"):
        _record(database, python, version, target / database)
    facts = {
        "version": version,
        "commit": commit,
        "recordedAt": program.LAST.isoformat(),
        "host": program.HOST,
        "base": str(program.BASE),
        "dnsPort": program.DNS_PORT,
    }
    (target / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")
    shutil.rmtree(program.BASE)


def _environment(commit: str, code: Path) -> Path:
    """1. The interpreter that runs that commit's code."""
    code.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", code], input=archive, check=True)
    subprocess.run([sys.executable, "-m", "venv", code / ".venv"], check=True)
    python = code / ".venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{code}[postgres]"], check=True)
    return python


def _blank(python: Path, version: str, directory: Path) -> Path:
    """2. A project whose plugin is that version's."""
    blank = make_blank(directory)
    plugins = directory / "pulumi" / "plugins"
    shutil.rmtree(plugins)
    plugin = plugins / f"resource-certwright-v{version}"
    plugin.mkdir(parents=True)
    (plugin / "start.py").write_text(PLUGIN.format(host=program.HOST))
    executable = plugin / "pulumi-resource-certwright"
    executable.write_text(f"#!/bin/sh\nexec '{python}' '{plugin / 'start.py'}' \"$@\"\n")
    executable.chmod(0o755)
    return blank


def _record(database: str, python: Path, version: str, target: Path) -> None:
    base = program.BASE
    for name in ("blank", "everything", "unfinished", "tls", "keys"):
        shutil.rmtree(base / name, ignore_errors=True)
    blank = _blank(python, version, base / "blank")
    with ExitStack() as stack_:
        server = stack_.enter_context(PostgresServer()) if database == "postgresql" else None
        zones: dict[str, Any] = {"com": (), "example": (), "example.com": (), "validate.example": ()}
        stack_.enter_context(DnsServer(zones, {"writer": TSIG_SECRET}, port=program.DNS_PORT))
        more = {"CERTWRIGHT_ACTOR": "recorder", "CERTWRIGHT_KEY_WRAPPER": f"file:{base / 'keys' / WRAPPING_KEY}"}
        if server is not None:
            more["CERTWRIGHT_STORE"] = server.url()
        whole = Stack.make(base / "everything", blank, config=program.settings(), more=more)
        _everything(whole)
        rest = Stack.make(base / "unfinished", blank, config=program.settings())
        rest.more = {**more, "CERTWRIGHT_HOME": str(whole.home)}
        _unfinished(rest, whole.id("issuing"))
        whole.unchanged(env=_at(program.LAST))
        _keep(whole, rest, server, target)


def _at(when: dt.datetime) -> dict[str, str]:
    return {"CERTWRIGHT_CLOCK_OFFSET": f"{round((when - dt.datetime.now(dt.UTC)).total_seconds() / 60)}m"}


def _everything(stack: Stack) -> None:
    """3. and 4. The program's keys are made once: the second run has what is left of the first."""
    stack.resources.update(program.everything(first=True))
    stack.up(env=_at(program.FIRST)).ok()
    stack.unchanged(env=_at(program.FIRST))
    del stack.resources["retired"], stack.resources["former"]
    stack.up(env=_at(program.LAST)).ok()
    stack.refresh(env=_at(program.LAST)).ok()
    stack.up(env=_at(program.LAST)).ok()
    stack.unchanged(env=_at(program.LAST))


def _unfinished(stack: Stack, authority: str) -> None:
    """5. What waits since FIRST has timed out by LAST; a Create that is killed leaves a declaration that was coming."""
    stack.resources.update(program.unfinished(authority))
    failing = stack.resources.pop("failing")
    stack.up(env=_at(program.FIRST)).failed()
    stack.resources["failing"] = failing
    stack.up(env=_at(program.LAST)).failed()
    stack.resources["killed"] = program.public(domain="killed.example.com", issuer=authority)
    stack.resources["cut-short"] = program.validation("killed", dnsWriter="corp")
    killed = {**_at(program.LAST), "CERTWRIGHT_FAILPOINT": "validation.after_txt"}
    stack.up(
        "--target", stack.urn("certificate", "killed"), "--target", stack.urn("validation", "cut-short"), env=killed
    )


def _keep(whole: Stack, rest: Stack, server: PostgresServer | None, target: Path) -> None:
    """6."""
    target.mkdir()
    for name, stack in (("everything", whole), ("unfinished", rest)):
        (target / f"{name}.state.json").write_text(json.dumps(stack.export("--show-secrets"), indent=1) + "\n")
        (target / f"{name}.program.json").write_text(json.dumps(stack.program, indent=1) + "\n")
    preview = rest.preview_json(env=_at(program.LAST))
    (target / "unfinished.ops.json").write_text(json.dumps(preview.ops, indent=1) + "\n")
    (target / "config.json").write_text(json.dumps(whole.config, indent=1) + "\n")
    shutil.copytree(program.BASE / "tls", target / "tls", symlinks=True)
    shutil.copy(program.BASE / "keys" / WRAPPING_KEY, target / f"THROW-AWAY-{WRAPPING_KEY}")
    shutil.copytree(whole.home / "config", target / "config", ignore=shutil.ignore_patterns("*.lock"))
    if server is None:
        _keep_sqlite(whole.store_file, target / "store.db")
    else:
        (target / "store.sql").write_text(dump(server, "postgres"))


def _keep_sqlite(store: Path, target: Path) -> None:
    """Page by page: VACUUM INTO would make a file that is not in WAL mode."""
    source, copy = sqlite3.connect(store), sqlite3.connect(target)
    source.backup(copy)
    source.close()
    copy.close()


if __name__ == "__main__":
    main()
