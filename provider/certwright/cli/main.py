"""`certwright`: the command. Builds the typer application from the registry, and runs it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from certwright import __version__
from certwright.cli.command import helped_class
from certwright.cli.registry import COMMANDS, GROUPS, Entry


def _version(shown: bool) -> None:
    if shown:
        sys.stdout.write(f"certwright {__version__}\n")
        raise typer.Exit


def application() -> typer.Typer:
    """Every command of the registry, in its order."""
    app = typer.Typer(
        name="certwright",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        help="Certificates, private CAs, validation, renewal and deployment, declared with Pulumi.\n\n"
        "Data goes to stdout, everything else to stderr; every command knows --json.",
    )
    groups: dict[str, typer.Typer] = {}
    for name, (summary, panel) in GROUPS.items():
        groups[name] = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help=summary)
        app.add_typer(groups[name], name=name, rich_help_panel=panel)
    for entry in COMMANDS:
        _add(groups[entry.group] if entry.group else app, entry)

    @app.callback()
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
        ] = False,
    ) -> None:
        pass

    return app


def _add(app: typer.Typer, entry: Entry) -> None:
    app.command(
        name=entry.name,
        cls=helped_class(entry.run.help),  # type: ignore[attr-defined]
        rich_help_panel=entry.panel or None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )(entry.run)


def main() -> None:
    """Entry point. Errors of use end with 2, as click has it and Pulumi's table too."""
    application()()


if __name__ == "__main__":
    main()
