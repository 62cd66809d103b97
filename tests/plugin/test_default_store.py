"""The default store works from statements that are written already: no run of the plugin imports SQLAlchemy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LIFE = """
import sys, threading
sys.modules["sqlalchemy"] = None  # an import of it fails
from certwright.binding.dispatch import Call, Dispatcher
from certwright.binding.enginelog import EngineLog
from certwright.binding.run import RunFile, RunTable
from certwright.config import load

run = RunTable(RunFile(None, engine="", parent=1))
provider = Dispatcher(load({}), cancel=threading.Event(), run=run, log=EngineLog(""))

def call(kind, name):
    return Call(token=f"certwright:index:{kind}", urn=f"urn:pulumi:dev::p::certwright:index:{kind}::{name}")

def made(kind, name, inputs):
    checked = provider.check(call(kind, name), olds={}, news=inputs)
    assert not checked.findings, checked.findings
    return checked.inputs, provider.create(call(kind, name), news=checked.inputs)

def changed(kind, name, inputs, olds, result):
    news = provider.check(call(kind, name), olds=olds, news=inputs).inputs
    difference = provider.diff(call(kind, name), id=result.id, old_inputs=olds, olds=result.outputs, news=news)
    if difference.changes:
        provider.update(call(kind, name), id=result.id, old_inputs=olds, olds=result.outputs, news=news)
    return difference.changes

named = {"certificateAuthorityConfiguration": {"subject": {"commonName": "Root"}}}
_, root = made("PrivateCertificateAuthority", "root", {"type": "ROOT", **named})
authority, sub = made("PrivateCertificateAuthority", "sub", {"type": "SUBORDINATE", "parentArn": root.id, **named})
wanted = {"domainName": "wiki.internal", "certificateAuthorityArn": sub.id}
inputs, leaf = made("Certificate", "wiki", wanted)
assert not changed("Certificate", "wiki", wanted, inputs, leaf)
assert changed("Certificate", "wiki", {**wanted, "subjectAlternativeNames": ["w.internal"]}, inputs, leaf)
assert provider.read(call("Certificate", "wiki"), id=leaf.id, inputs=inputs, olds=leaf.outputs).outputs["version"] == 2
served = {"certificateArn": leaf.id, "target": {"directory": {"path": sys.argv[1]}}}
_, association = made("CertificateAssociation", "served", served)
run.persist_claims()
assert not run._known, "a claim that fails is kept for later, and says so nowhere"
provider.warn_undeclared()
provider.delete(call("CertificateAssociation", "served"), id=association.id, olds=association.outputs)
provider.delete(call("Certificate", "wiki"), id=leaf.id, olds=leaf.outputs)
provider.delete(call("PrivateCertificateAuthority", "sub"), id=sub.id, olds=sub.outputs)
provider.show_anchor()
run.end()
provider.close()
"""


def test_a_whole_life_in_the_default_store_needs_no_sqlalchemy(tmp_path: Path) -> None:
    provider = Path(__file__).parents[2] / "provider"
    environment = {**os.environ, "PYTHONPATH": str(provider), "CERTWRIGHT_HOME": str(tmp_path / "home")}
    script = [sys.executable, "-c", LIFE, str(tmp_path / "tls")]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
