"""docs/reference/cli.md, from the typer application."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import typer.main
from certwright.cli.exits import MEANING
from certwright.cli.main import application
from certwright.cli.registry import COMMANDS, GROUPS, Entry

_MARKUP = re.compile(r"\[/?[a-z]+\]")
_COMMON = ("--json", "--plain", "--ascii", "--help")


def page() -> str:
    """Every command: what it does, its arguments and options, examples, exit codes."""
    app: Any = typer.main.get_command(application())
    lines = [
        "# Commands",
        "",
        "`certwright` reads the store and the settings of the environment. Data goes to stdout, everything else to stderr.",
        "Every command takes `--json` (one document on stdout), `--plain` (no colour, tables by tabs) and `--ascii`.",
        "",
        "## Exit codes",
        "",
        "| Code | Meaning |",
        "|---|---|",
        *(f"| {int(code)} | {meaning} |" for code, meaning in MEANING.items()),
        "",
        "`certwright doctor` has a ladder of its own, see there.",
    ]
    for entry in COMMANDS:
        lines += ["", *_command(app, entry)]
    return "\n".join(lines)


def _command(app: Any, entry: Entry) -> Iterator[str]:
    command: Any = app.commands[entry.group].commands[entry.name] if entry.group else app.commands[entry.name]
    words = f"{entry.group} {entry.name}".strip()
    yield f"## certwright {words}"
    yield ""
    if entry.group and entry is next(e for e in COMMANDS if e.group == entry.group):
        yield f"*{GROUPS[entry.group][0]}*"
        yield ""
    yield _MARKUP.sub("", inspect.cleandoc(entry.run.__doc__ or command.help or ""))
    parameters = [p for p in command.params if not set(p.opts) & set(_COMMON)]
    if parameters:
        yield from ("", "| Argument or option | What it is |", "|---|---|")
        for parameter in parameters:
            yield f"| {_spelling(parameter)} | {_said(parameter)} |"
    help_: Any = entry.run.help  # type: ignore[attr-defined]
    yield from ("", "```console", *(f"$ {example}" for example in help_.examples), "```", "")
    yield "Exit codes: " + "; ".join(f"{code} {text}" for code, text in help_.exits.items()) + "."


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).strip("[]{}").upper()
        return f"`{name}`" if parameter.required else f"`[{name}]`"
    names = ", ".join(f"`{o}`" for o in [*parameter.opts, *parameter.secondary_opts])
    return names if parameter.is_flag else f"{names} {(parameter.metavar or parameter.name).upper()}"


def _said(parameter: Any) -> str:
    text = " ".join(_MARKUP.sub("", getattr(parameter, "help", None) or "").replace("|", "\\|").split())
    default = getattr(parameter.default, "value", parameter.default)
    if isinstance(default, str | int | float) and not isinstance(default, bool) and default not in ("", "-"):
        text += f" Default: `{default}`."
    return text
