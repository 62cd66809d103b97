"""Every command: one line here and one file in `commands`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from certwright.cli.commands import (
    audit,
    ca,
    check,
    config,
    doctor,
    expiring,
    init,
    inspect,
    list,
    plugin,
    quickstart,
    renew,
    status,
    store,
    why,
)

START, SEE, ACT, RUN = "Start", "See", "Act", "Operate"


@dataclass(frozen=True, slots=True)
class Entry:
    """A command. `group` is the word before its name, as in `certwright ca tree`."""

    name: str
    run: Callable[..., None]
    panel: str = ""
    group: str = ""


GROUPS: dict[str, tuple[str, str]] = {
    "ca": ("Private certificate authorities.", SEE),
    "audit": ("The audit log: show it, check it, sign where it stands.", RUN),
    "plugin": ("The Pulumi plugin: install it, find it, remove it.", START),
    "config": ("The settings.", RUN),
    "store": ("The store of records and keys.", RUN),
}

COMMANDS: tuple[Entry, ...] = (
    Entry("init", init.init, START),
    Entry("quickstart", quickstart.quickstart, START),
    Entry("doctor", doctor.doctor, START),
    Entry("list", list.list_, SEE),
    Entry("status", status.status, SEE),
    Entry("inspect", inspect.inspect_, SEE),
    Entry("why", why.why, SEE),
    Entry("expiring", expiring.expiring, SEE),
    Entry("tree", ca.tree, group="ca"),
    Entry("check", check.check, ACT),
    Entry("renew", renew.renew, ACT),
    Entry("show", audit.show, group="audit"),
    Entry("verify", audit.verify, group="audit"),
    Entry("head", audit.head, group="audit"),
    Entry("install", plugin.install, group="plugin"),
    Entry("path", plugin.path, group="plugin"),
    Entry("uninstall", plugin.uninstall, group="plugin"),
    Entry("show", config.show, group="config"),
    Entry("upgrade", store.upgrade, group="store"),
)
