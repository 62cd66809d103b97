"""The checks of `certwright doctor`: one function each, listed in `CHECKS`. They look, and change nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certwright import __version__
from certwright.domain.errors import CertwrightError

if TYPE_CHECKING:
    from certwright.engine.services import Services


class Severity(IntEnum):
    OK = 0
    INFO = 1
    WARN = 2
    CRITICAL = 3


SEVERITY_EXIT = {Severity.OK: 0, Severity.INFO: 2, Severity.WARN: 3, Severity.CRITICAL: 4}
OLDEST_PULUMI = (3, 150, 0)
OLDEST_PYTHON = (3, 11)
LANGUAGES = ("yaml", "python", "nodejs", "go", "dotnet", "java")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check saw. `todo` for everything that is not OK."""

    name: str
    severity: Severity
    seen: str
    todo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the checks look at. `services` is None when the settings themselves are wrong."""

    services: Services | None
    problem: CertwrightError | None
    offline: bool


def examine(*, offline: bool) -> list[Finding]:
    """Every check; one that breaks down is itself a finding."""
    from certwright.config import load
    from certwright.wiring import build

    services, problem = None, None
    try:
        services = build(load())
    except CertwrightError as error:
        problem = error
    found: list[Finding] = []
    try:
        situation = Situation(services=services, problem=problem, offline=offline)
        for check in CHECKS:
            found.extend(_guarded(check, situation))
    finally:
        if services is not None:
            services.close()
    return found


def _guarded(check: Callable[[Situation], Iterator[Finding]], situation: Situation) -> Iterator[Finding]:
    name = check.__name__.replace("_", " ")
    try:
        yield from check(situation)
    except CertwrightError as error:
        yield Finding(name=name, severity=Severity.CRITICAL, seen=error.render().replace("\n", " "), todo="see above")


def python(_: Situation) -> Iterator[Finding]:
    shown = ".".join(str(part) for part in sys.version_info[:3])
    fine = sys.version_info[:2] >= OLDEST_PYTHON
    yield Finding(
        name="python",
        severity=Severity.OK if fine else Severity.CRITICAL,
        seen=f"{shown} at {sys.executable}, certwright {__version__}",
        todo="" if fine else "install Python 3.11 or newer",
    )


def settings(situation: Situation) -> Iterator[Finding]:
    if situation.problem is not None:
        yield Finding(
            name="settings",
            severity=Severity.CRITICAL,
            seen=situation.problem.render().replace("\n", " "),
            todo="correct the CERTWRIGHT_ variable that is named; `certwright config show --origins` lists them",
        )
        return
    assert situation.services is not None
    config = situation.services.config
    named = sorted(name for name, origin in config.origins.items() if origin != "default")
    shown = f"from the environment: {', '.join(named)}" if named else "all by default"
    yield Finding(
        name="settings", severity=Severity.OK, seen=f"region {config.region}, account {config.account}; {shown}"
    )


def store(situation: Situation) -> Iterator[Finding]:
    services = situation.services
    if services is None:
        return
    local = services.config.store_url.startswith("sqlite:///")
    shown = services.config.store_url.removeprefix("sqlite:///") if local else "PostgreSQL"
    try:
        if not services.store.exists():
            yield Finding(
                name="store",
                severity=Severity.INFO,
                seen=f"there is none yet at {shown}",
                todo="`certwright init` makes one; so does the first `pulumi up`",
            )
            return
        store_id, testing = services.store.store_id, services.store.is_testing()
    except CertwrightError as error:
        yield Finding(name="store", severity=Severity.CRITICAL, seen=error.message, todo=_store_todo(error))
        return
    mark = ", made for testing: never for real keys" if testing else ""
    yield Finding(
        name="store",
        severity=Severity.INFO if testing else Severity.OK,
        seen=f"{shown} (id {store_id}){mark}",
        todo="make a store without --testing for real use" if testing else "",
    )
    if local and not os.access(shown, os.W_OK):
        yield Finding(
            name="store",
            severity=Severity.WARN,
            seen=f"{shown} cannot be written by this user",
            todo="use its owner's account",
        )


def _store_todo(error: CertwrightError) -> str:
    return {
        "store.permissions": "run the chmod that is named",
        "store.damaged": "restore the store from a backup",
        "store.too_new": "update certwright here",
    }.get(error.code, "see that the store can be reached; CERTWRIGHT_STORE says where it is")


def _has_store(situation: Situation) -> bool:
    if situation.services is None:
        return False
    try:
        return situation.services.store.exists() and bool(situation.services.store.store_id)
    except CertwrightError:
        return False


def wrapping_key(situation: Situation) -> Iterator[Finding]:
    """Unwraps every region key: the only proof that it is the right one."""
    if not _has_store(situation):
        return
    assert situation.services is not None
    vault: Any = situation.services.vault
    try:
        with situation.services.store.read() as reader:
            wrapper = vault.prove(reader)
    except CertwrightError as error:
        yield Finding(
            name="wrapping key",
            severity=Severity.CRITICAL,
            seen=error.message,
            todo="restore the wrapping key of this store, or name it with CERTWRIGHT_KEY_WRAPPER",
        )
        return
    seen = f"opens every region's key ({wrapper})" if wrapper else "nothing is wrapped yet"
    yield Finding(name="wrapping key", severity=Severity.OK, seen=seen)


def audit_key(situation: Situation) -> Iterator[Finding]:
    if not _has_store(situation):
        return
    from certwright.wiring import audit_signer

    assert situation.services is not None
    try:
        audit_signer(situation.services.config, make=False)
    except CertwrightError as error:
        severity = Severity.INFO if error.code == "key.missing" else Severity.WARN
        yield Finding(
            name="audit key", severity=severity, seen=error.message, todo="restore it: without it no head can be signed"
        )
        return
    yield Finding(name="audit key", severity=Severity.OK, seen="signs the heads of the audit log")


def clock(situation: Situation) -> Iterator[Finding]:
    """SEC-9: a clock behind the newest signing refuses to sign."""
    services = situation.services
    if services is None or not _has_store(situation):
        return
    from certwright.cli.installation import clock_offset
    from certwright.engine.records import MetaRecord
    from certwright.engine.services import CLOCK_TOLERANCE

    now = services.clock.now()
    with services.store.read() as reader:
        last = reader.one(MetaRecord, key="last_signed_at")
    signed = datetime.fromisoformat(last.value) if last is not None else None
    if signed is not None and now < signed - CLOCK_TOLERANCE:
        yield Finding(
            name="clock",
            severity=Severity.CRITICAL,
            seen=f"it says {now:%Y-%m-%d %H:%M} UTC, but this store has signed at {signed:%Y-%m-%d %H:%M}: time went back",
            todo="correct this machine's clock; nothing is signed until then",
        )
        return
    shown = f"{now:%Y-%m-%d %H:%M} UTC" + (
        f", last signing {signed:%Y-%m-%d %H:%M}" if signed else ", nothing signed yet"
    )
    if offset := clock_offset(services):
        yield Finding(
            name="clock",
            severity=Severity.INFO,
            seen=f"{shown}; shifted by CERTWRIGHT_CLOCK_OFFSET={offset}",
            todo="unset CERTWRIGHT_CLOCK_OFFSET when the test is over",
        )
        return
    yield Finding(name="clock", severity=Severity.OK, seen=shown)


def pulumi(_: Situation) -> Iterator[Finding]:
    command = shutil.which("pulumi")
    if command is None:
        yield Finding(
            name="pulumi",
            severity=Severity.WARN,
            seen="the pulumi command is not on PATH",
            todo="install it from pulumi.com, or put it on PATH",
        )
        return
    version = _output([command, "version"])
    if not version:
        yield Finding(name="pulumi", severity=Severity.WARN, seen=f"{command} does not run", todo="install it again")
        return
    old = _parts(version) < OLDEST_PULUMI
    oldest = ".".join(str(n) for n in OLDEST_PULUMI)
    yield Finding(
        name="pulumi",
        severity=Severity.WARN if old else Severity.OK,
        seen=f"{version} at {command}",
        todo=f"update it: certwright is tested from {oldest} on" if old else "",
    )
    beside = Path(command).resolve().parent
    search = f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"
    hosts = [name for name in LANGUAGES if shutil.which(f"pulumi-language-{name}", path=search)]
    yield Finding(
        name="languages",
        severity=Severity.OK if hosts else Severity.WARN,
        seen=f"hosts for {', '.join(hosts)}" if hosts else "no language host is on PATH",
        todo="" if hosts else "put the pulumi-language-NAME programs beside the pulumi command",
    )


def _output(words: list[str]) -> str:
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def _parts(version: str) -> tuple[int, ...]:
    core = version.lstrip("v").split("-")[0].split("+")[0]
    return tuple(int(part) if part.isdecimal() else 0 for part in core.split("."))


def plugin(_: Situation) -> Iterator[Finding]:
    from certwright.cli import plugin_files as files

    found, ambient = files.installed(os.environ), files.on_path(os.environ)
    shadows = ambient is not None and not files.ambient_ignored(os.environ)
    if __version__ not in found:
        if shadows:
            yield Finding(
                name="plugin",
                severity=Severity.WARN,
                seen=f"{ambient} is on PATH and not installed: Pulumi uses it and warns at every run",
                todo=f"certwright plugin install, and set {files.IGNORE_AMBIENT}=true",
            )
            return
        others = f"; other versions: {', '.join(found)}" if found else ""
        yield Finding(
            name="plugin",
            severity=Severity.WARN,
            seen=f"version {__version__} is not installed{others}",
            todo="certwright plugin install (certwright.dynamic works without)",
        )
        return
    where = found[__version__] / files.NAME
    if not os.access(where, os.X_OK) or not files.starts(where):
        yield Finding(
            name="plugin", severity=Severity.CRITICAL, seen=f"{where} does not start", todo="certwright plugin install"
        )
        return
    yield Finding(
        name="plugin",
        severity=Severity.WARN if shadows else Severity.OK,
        seen=f"{__version__} at {where}" + (f", but {ambient} on PATH wins and Pulumi warns of it" if shadows else ""),
        todo=f"set {files.IGNORE_AMBIENT}=true, or take it off PATH" if shadows else "",
    )


def validation(situation: Situation) -> Iterator[Finding]:
    """DNS validation is optional: without a domain it is not used, which is no fault."""
    services = situation.services
    if services is None:
        return
    config = services.config
    if not config.validation_domain:
        yield Finding(name="validation", severity=Severity.OK, seen="no validation domain: DNS validation is not used")
        return
    if not config.validation_writer:
        yield Finding(
            name="validation",
            severity=Severity.WARN,
            seen=f"{config.validation_domain} is set, but no writer: TXT records cannot be written",
            todo="set CERTWRIGHT_VALIDATION_WRITER to an entry of CERTWRIGHT_DNS_WRITERS",
        )
        return
    if situation.offline:
        yield Finding(
            name="validation", severity=Severity.OK, seen=f"{config.validation_domain}, writer not asked (--offline)"
        )
        return
    try:
        services.writer(config.validation_writer).check(f"_doctor.{config.validation_domain}")
    except CertwrightError as error:
        yield Finding(
            name="validation",
            severity=Severity.WARN,
            seen=error.message,
            todo=f"mend the writer {config.validation_writer}; renewals of public names need it",
        )
        return
    yield Finding(
        name="validation",
        severity=Severity.OK,
        seen=f"{config.validation_domain}, writer {config.validation_writer} answers",
    )


def authorities(situation: Situation) -> Iterator[Finding]:
    if not _has_store(situation):
        return
    from certwright.cli.wording import authority_name, in_words
    from certwright.engine.records import AuthorityRecord, AuthorityVersionRecord

    assert situation.services is not None
    now = situation.services.clock.now()
    with situation.services.store.read() as reader:
        records = [a for a in reader.all(AuthorityRecord) if a.status.value != "DELETED"]
        versions = {(v.arn, v.version): v for v in reader.all(AuthorityVersionRecord)}
    calm = 0
    for record in records:
        version = versions.get((record.arn, record.serving_version))
        name = authority_name(record)
        if version is None or version.not_after is None:
            yield Finding(
                name="authorities",
                severity=Severity.WARN,
                seen=f"{name} is {record.status.value}",
                todo="run `pulumi up` again: it finishes the creation",
            )
        elif now > version.not_after:
            yield Finding(
                name="authorities",
                severity=Severity.CRITICAL,
                seen=f"{name} {in_words(version.not_after - now)}: it signs nothing",
                todo="renew it with `pulumi up`",
            )
        elif version.renewal_due is not None and now >= version.renewal_due:
            yield Finding(
                name="authorities",
                severity=Severity.WARN,
                seen=f"{name} has {in_words(version.not_after - now)}",
                todo="renew it with `pulumi up`; what it signed is re-issued by the same diff",
            )
        else:
            calm += 1
    if calm == len(records):
        yield Finding(name="authorities", severity=Severity.OK, seen=f"{calm} in good time" if calm else "none yet")


def certificates(situation: Situation) -> Iterator[Finding]:
    if not _has_store(situation):
        return
    from certwright.cli.wording import plural
    from certwright.functions.catalogue import Filter, scan

    assert situation.services is not None
    now = situation.services.clock.now()
    with situation.services.store.read() as reader:
        entries = list(scan(reader, Filter(), now=now))
    ended = [e for e in entries if e.status(now) == "EXPIRED"]
    due = [
        e for e in entries if e.serving and e.serving.renewal_due and now >= e.serving.renewal_due and e not in ended
    ]
    if ended:
        used = any(e.associations for e in ended)
        shown = ", ".join(e.name for e in ended[:5])
        yield Finding(
            name="certificates",
            severity=Severity.CRITICAL if used else Severity.WARN,
            seen=f"{plural(len(ended), 'certificate')} expired{', still served' if used else ''}: {shown}",
            todo="`certwright expiring`, then `pulumi up`",
        )
    if due:
        yield Finding(
            name="certificates",
            severity=Severity.INFO,
            seen=f"{plural(len(due), 'renewal')} due",
            todo="`pulumi up`, or `certwright renew --all-due`",
        )
    if not ended and not due:
        yield Finding(
            name="certificates", severity=Severity.OK, seen=f"{plural(len(entries), 'certificate')}, none due"
        )


def deployments(situation: Situation) -> Iterator[Finding]:
    if not _has_store(situation):
        return
    from certwright.cli.wording import plural, program_name
    from certwright.engine.records import AssociationRecord

    assert situation.services is not None
    with situation.services.store.read() as reader:
        records = reader.all(AssociationRecord)
    bad = [a for a in records if a.status.value in ("FAILED", "DRIFTED", "PENDING")]
    for a in bad[:10]:
        yield Finding(
            name="deployments",
            severity=Severity.WARN,
            seen=f"{program_name(a.urn)} is {a.status.value}: {a.failure_message or a.place}",
            todo=f"certwright status {a.arn}",
        )
    if not bad:
        yield Finding(
            name="deployments",
            severity=Severity.OK,
            seen=plural(len(records), "association") if records else "none yet",
        )


CHECKS: tuple[Callable[[Situation], Iterator[Finding]], ...] = (
    python,
    settings,
    store,
    wrapping_key,
    audit_key,
    clock,
    pulumi,
    plugin,
    validation,
    authorities,
    certificates,
    deployments,
)
