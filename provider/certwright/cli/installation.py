"""The installation that a command works on: settings from flags, environment and defaults, and its services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from certwright.cli.screen import Screen

if TYPE_CHECKING:
    from certwright.engine.services import Services


@contextmanager
def opened(screen: Screen, **arguments: Any) -> Iterator[Services]:
    """The services; a clock that does not tell the real time is said first (SEC-9).

    arguments: settings that were given as flags, by wire name; empty ones ask nothing.
    """
    from certwright.config import load
    from certwright.wiring import build

    services = build(load({name: value for name, value in arguments.items() if value}))
    try:
        tell_clock(screen, services)
        yield services
    finally:
        services.close()


def tell_clock(screen: Screen, services: Services) -> None:
    """An override is shown by every command, since every date that follows depends on it."""
    offset = clock_offset(services)
    if offset:
        now = services.clock.now()
        screen.note(
            f"clock: {now:%Y-%m-%d %H:%M} UTC, shifted by CERTWRIGHT_CLOCK_OFFSET={offset} (this store was made for "
            "testing)",
            style="yellow",
        )


def clock_offset(services: Services) -> str:
    shift = getattr(services.clock, "offset", None)
    return (services.config.clock_offset or str(shift)) if shift else ""


def absent_note(screen: Screen) -> None:
    screen.note("There is no store yet. `certwright init` makes one, and so does the first `pulumi up`.")
