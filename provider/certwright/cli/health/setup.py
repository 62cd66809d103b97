"""The installation's side: settings, store, keys, clock, validation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from certwright.cli.health.finding import Finding, Severity, Situation
from certwright.domain.errors import CertwrightError


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
    yield from _layout(services.store)
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


def _layout(store: Any) -> Iterator[Finding]:
    from certwright.store.migrations import LAYOUT

    if store.layout < LAYOUT:
        yield Finding(
            name="store",
            severity=Severity.INFO,
            seen=f"layout {store.layout}; this certwright writes layout {LAYOUT}",
            todo="`certwright store upgrade`; otherwise the next command that writes does the same",
        )


def _store_todo(error: CertwrightError) -> str:
    return {
        "store.permissions": "run the chmod that is named",
        "store.damaged": "restore the store from a backup",
        "store.too_new": "update certwright here",
        "store.too_old": "`certwright store upgrade`",
    }.get(error.code, "see that the store can be reached; CERTWRIGHT_STORE says where it is")


def wrapping_key(situation: Situation) -> Iterator[Finding]:
    """Unwraps every region key: the only proof that it is the right one."""
    services = situation.with_store
    if services is None:
        return
    vault: Any = services.vault
    try:
        with services.store.read() as reader:
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
    services = situation.with_store
    if services is None:
        return
    from certwright.wiring import audit_signer

    try:
        audit_signer(services.config, make=False)
    except CertwrightError as error:
        severity = Severity.INFO if error.code == "key.missing" else Severity.WARN
        yield Finding(
            name="audit key", severity=severity, seen=error.message, todo="restore it: without it no head can be signed"
        )
        return
    yield Finding(name="audit key", severity=Severity.OK, seen="signs the heads of the audit log")


def clock(situation: Situation) -> Iterator[Finding]:
    """SEC-9: a clock behind the newest signing refuses to sign."""
    services = situation.with_store
    if services is None:
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
