"""`certwright config show`: every setting, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen, safe

if TYPE_CHECKING:
    from certwright.config import Config, Setting

MASKED = "(secret, set)"


@command(
    examples=("certwright config show", "certwright config show --origins", "certwright config show --json"),
)
def show(
    screen: Screen,
    origins: Annotated[bool, typer.Option("--origins", help="Say where each value came from.")] = False,
) -> Exit:
    """Show the settings that commands use. Secret ones are masked.

    A Pulumi program has its own: what `pulumi config` says comes before the environment there.
    """
    from certwright.config import SETTINGS, environment_name, load

    config = load()
    rows: list[dict[str, Any]] = [
        {
            "name": setting.name,
            "value": _value(config, setting),
            "origin": config.origins.get(setting.name, "default"),
            "environment": environment_name(setting.name),
        }
        for setting in SETTINGS
    ]
    directories = {name: str(getattr(config.directories, name)) for name in ("data", "config", "runtime")}
    if screen.as_json:
        screen.document("config", {"settings": rows, "directories": directories, "clockOffset": config.clock_offset})
        return Exit.OK
    header = ["Setting", "Value", *(["From", "Environment"] if origins else [])]
    screen.table(
        header,
        [
            [row["name"], safe(row["value"]) or "-", *([row["origin"], row["environment"]] if origins else [])]
            for row in rows
        ],
        cut=("Value",),
    )
    screen.note("")
    screen.fields([(f"{name} directory", path) for name, path in directories.items()])
    if config.clock_offset:
        screen.note(f"clock: shifted by CERTWRIGHT_CLOCK_OFFSET={config.clock_offset}", style="yellow")
    return Exit.OK


def _value(config: Config, setting: Setting) -> str:
    import json
    import re

    value = getattr(config, re.sub(r"(?<!^)(?=[A-Z])", "_", setting.name).lower())
    if not value and setting.name == "store":
        return config.store_url
    if not value and setting.name == "keyWrapper":
        return "file: (in the configuration directory)"
    if setting.secret and value:
        return _masked_store(str(value)) if setting.name == "store" else MASKED
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return json.dumps(value if not isinstance(value, tuple) else list(value)) if value else ""


def _masked_store(address: str) -> str:
    """A path is no secret; everything in a database's address but its scheme may be."""
    return address if address.startswith("sqlite:///") else f"{address.split('://', 1)[0]}://{MASKED}"
