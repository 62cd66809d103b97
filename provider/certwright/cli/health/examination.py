"""The checks of `certwright doctor`: one function each, listed in `CHECKS`. They look, and change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from certwright.cli.health import holdings, machine, setup
from certwright.cli.health.finding import Finding, Severity, Situation
from certwright.domain.errors import CertwrightError

CHECKS: tuple[Callable[[Situation], Iterator[Finding]], ...] = (
    machine.python,
    setup.settings,
    setup.store,
    setup.wrapping_key,
    setup.audit_key,
    setup.clock,
    machine.pulumi,
    machine.plugin,
    setup.validation,
    holdings.authorities,
    holdings.certificates,
    holdings.deployments,
    holdings.dns_records,
)


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
