"""A stand-in for the Pulumi engine, for kills in great number: one process, one phase, a state file after each answer.

`python driver.py PHASE STATE_FILE` reads the program from `PROGRAM` and drives the provider's own dispatcher, as the plugin
does. It dies where CERTWRIGHT_FAILPOINT says. Run again, it does what `pulumi up` would: what the state knows is checked
and diffed, the rest is created.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from certwright.binding.dispatch import Call, Dispatcher
from certwright.binding.enginelog import EngineLog
from certwright.binding.run import RunFile, RunTable
from certwright.config import load
from certwright.domain.values import reveal

PREFIX = "urn:pulumi:dev::chaos::"
TYPES = {
    "authority": "certwright:index:PrivateCertificateAuthority",
    "certificate": "certwright:index:Certificate",
    "validation": "certwright:index:CertificateValidation",
    "association": "certwright:index:CertificateAssociation",
}
Tree = dict[str, Any]


class Engine:
    def __init__(self, state_file: Path) -> None:
        config = load({}, environ=os.environ)
        self.state_file = state_file
        self.state: Tree = json.loads(state_file.read_text()) if state_file.exists() else {}
        self.run = RunTable(RunFile(None, engine="", parent=0))
        self.dispatcher = Dispatcher(config, cancel=threading.Event(), run=self.run, log=EngineLog(""))

    def save(self) -> None:
        fresh = self.state_file.with_suffix(".new")
        fresh.write_text(json.dumps(self.state))
        os.replace(fresh, self.state_file)

    def resolve(self, value: Any) -> Any:
        """`${name.output}` → what the state knows."""
        if isinstance(value, str) and value.startswith("${"):
            name, output = value[2:-1].split(".")
            return self.state[name]["outputs"][output]
        if isinstance(value, dict):
            return {k: self.resolve(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolve(v) for v in value]
        return value

    def call(self, name: str, kind: str) -> Call:
        return Call(token=TYPES[kind], urn=f"{PREFIX}{TYPES[kind]}::{name}", timeout_s=20.0)

    def settle(self, name: str, kind: str, properties: Tree) -> None:
        call, known = self.call(name, kind), self.state.get(name)
        olds = known["inputs"] if known else {}
        checked = self.dispatcher.check(call, olds=olds, news=self.resolve(properties))
        if checked.findings:
            raise SystemExit("\n".join(f.sentence() for f in checked.findings))
        news = checked.inputs
        if known is None:
            made = self.dispatcher.create(call, news=news)
            self.keep(name, kind, made.id, news, made.outputs)
            return
        diff = self.dispatcher.diff(call, id=known["id"], old_inputs=olds, olds=known["outputs"], news=news)
        if diff.changes:
            done = self.dispatcher.update(call, id=known["id"], old_inputs=olds, olds=known["outputs"], news=news)
            self.keep(name, kind, known["id"], news, done.outputs)

    def keep(self, name: str, kind: str, id: str, inputs: Tree, outputs: Tree) -> None:
        self.state[name] = {"id": id, "kind": kind, "inputs": reveal(inputs), "outputs": reveal(outputs)}
        self.save()

    def destroy(self) -> None:
        for name, known in reversed(list(self.state.items())):
            self.dispatcher.delete(self.call(name, known["kind"]), id=known["id"], olds=known["outputs"])
            del self.state[name]
            self.save()


def main() -> None:
    phase, state_file = sys.argv[1], Path(sys.argv[2])
    engine = Engine(state_file)
    if phase == "up":
        for name, resource in json.loads(os.environ["PROGRAM"]).items():
            engine.settle(name, resource["kind"], resource["properties"])
    else:
        engine.destroy()
    engine.run.end()
    engine.dispatcher.close()


if __name__ == "__main__":
    main()
