"""The places where a test may kill the process, listed once (SEC-5).

`CERTWRIGHT_FAILPOINT=name` or `name:3` (third hit) ends the process with SIGKILL at that place, as a power cut would.
The process has it from its start; outside tests it is unset, and `hit` returns at once.
"""

from __future__ import annotations

import os
import signal

FAILPOINTS: tuple[str, ...] = (
    "store.before_commit",
    "store.after_commit",
    "authority.after_journal",
    "authority.after_sign",
    "authority.after_store",
    "issue.after_journal",
    "issue.after_sign",
    "issue.after_store",
    "order.after_journal",
    "order.after_answer",
    "order.after_state",
    "request.after_record",
    "dns.before_write",
    "dns.after_write",
    "validation.after_present",
    "validation.after_proof",
    "deploy.before_put",
    "deploy.after_intent",
    "deploy.before_switch",
    "deploy.after_switch",
    "deploy.after_put",
    "deploy.after_put_record",
    "deploy.before_tell",
    "deploy.before_reload",
    "deploy.after_tell",
    "deploy.before_back",
    "deploy.after_back",
    "deploy.before_proof",
    "deploy.after_record",
    "delete.before_record",
    "delete.after_record",
)

# Passed only while a store of an older layout is migrated: tests/upgrade kills there.
MIGRATION_FAILPOINTS: tuple[str, ...] = (
    "migration.after_copy",
    "migration.in_the_middle",
    "migration.before_commit",
    "migration.after_commit",
)

_wanted = os.environ.get("CERTWRIGHT_FAILPOINT", "")
_hits: dict[str, int] = {}


def arm(wanted: str) -> None:
    """What the variable would say, for a process that was forked."""
    global _wanted
    _wanted = wanted


def hit(name: str) -> None:
    """Die here when the environment asks for it. An unlisted name is a programming error."""
    if not _wanted:
        return
    if name not in FAILPOINTS and name not in MIGRATION_FAILPOINTS:
        raise AssertionError(f"failpoint {name!r} is not listed")
    target, _, count = _wanted.partition(":")
    if target != name:
        return
    _hits[name] = _hits.get(name, 0) + 1
    if _hits[name] >= int(count or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
