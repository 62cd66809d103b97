"""From a function to a command: common options, examples and exit codes in its help, and errors as sentences."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from certwright.cli.exits import MEANING, Exit, exit_for
from certwright.cli.screen import Screen
from certwright.domain.errors import CertwrightError

PANEL = "Output"
_COMMON: tuple[tuple[str, Any], ...] = (
    (
        "as_json",
        Annotated[bool, typer.Option("--json", help="One JSON document on stdout.", rich_help_panel=PANEL)],
    ),
    (
        "plain",
        Annotated[bool, typer.Option("--plain", help="No colour; tables separated by tabs.", rich_help_panel=PANEL)],
    ),
    (
        "ascii_only",
        Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.", rich_help_panel=PANEL)],
    ),
)


class Help:
    """What a command's help shows beside its docstring and options."""

    def __init__(self, examples: tuple[str, ...], exits: dict[int, str]) -> None:
        self.examples = examples
        self.exits = exits

    def text(self) -> str:
        width = max(len(str(code)) for code in self.exits)
        lines = [" Examples", *(f"   $ {example}" for example in self.examples), ""]
        lines += [" Exit codes", *(f"   {code:<{width}}  {text}" for code, text in self.exits.items()), ""]
        return "\n".join(lines)


def helped_class(help_: Help) -> type[TyperCommand]:
    """A command whose help ends with its examples and exit codes, one a line (an epilog would be reflowed)."""

    class Helped(TyperCommand):
        def format_help(self, ctx: Any, formatter: Any) -> None:
            super().format_help(ctx, formatter)
            typer.echo(help_.text())

    return Helped


def command(
    *, examples: tuple[str, ...], exits: tuple[Exit, ...] = (), ladder: dict[int, str] | None = None
) -> Callable[[Callable[..., Exit | int | None]], Callable[..., None]]:
    """Decorate `def name(screen, …) -> Exit | None`. The docstring is the help; its first line is the summary.

    exits: beside 0, 1, 2 and 6. ladder: replaces the table altogether.
    """
    codes = ladder or {
        int(code): MEANING[code] for code in sorted({Exit.OK, Exit.ERROR, Exit.USAGE, Exit.NOT_FOUND, *exits})
    }

    def decorate(function: Callable[..., Exit | int | None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        own = [p for p in signature.parameters.values() if p.name != "screen"]
        common = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)
            for name, annotation in _COMMON
        ]
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + common

        @functools.wraps(function)
        def run(**values: Any) -> None:
            screen = Screen(**{name: values.pop(name) for name, _ in _COMMON})
            raise typer.Exit(int(guarded(function, screen, values)))

        del run.__wrapped__  # typer would look through it and miss the common options
        run.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.help = Help(examples, codes)  # type: ignore[attr-defined]
        return run

    return decorate


def guarded(function: Callable[..., Exit | int | None], screen: Screen, values: dict[str, Any]) -> int:
    """Run it; whatever goes wrong becomes a sentence and an exit code. A traceback only with CERTWRIGHT_DEBUG=1."""
    try:
        return int(function(screen, **values) or Exit.OK)
    except CertwrightError as problem:
        return fail(screen, problem)
    except KeyboardInterrupt:
        return fail(screen, CertwrightError("cancelled", code="run.cancelled"), Exit.CANCELLED)
    except BrokenPipeError:
        # The reader went away (`| head`): no complaint, also none from the interpreter's last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
    except Exception as problem:
        if os.environ.get("CERTWRIGHT_DEBUG"):
            raise
        message = (
            f"an error in certwright itself ({type(problem).__name__}); run again with CERTWRIGHT_DEBUG=1 and report "
            "what it shows"
        )
        return fail(screen, CertwrightError(message), Exit.INTERNAL)


def fail(screen: Screen, problem: CertwrightError, code: Exit | None = None) -> int:
    """The sentence on stderr; with --json an error document on stdout as well, so that a parser never gets nothing."""
    from rich.text import Text

    head, *rest = problem.render().split("\n")
    screen.note(Text.assemble(("error: ", "bold red"), head))
    for line in rest:
        screen.note(line)
    if screen.as_json and not screen.documented:
        error = {"code": problem.code, "message": problem.message, "details": list(problem.details)}
        screen.document("error", {"error": error})
    return int(code if code is not None else exit_for(problem))
