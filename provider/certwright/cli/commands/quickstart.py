"""`certwright quickstart`: a first Pulumi project that runs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen


class Language(StrEnum):
    """The forms of the project. dynamic: Python without the plugin."""

    YAML = "yaml"
    PYTHON = "python"
    DYNAMIC = "dynamic"


@command(
    examples=(
        "certwright quickstart mypki",
        "certwright quickstart mypki --language dynamic   # Python, needs no plugin",
    )
)
def quickstart(
    screen: Screen,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write it; made if it is not there.")],
    language: Annotated[
        Language, typer.Option(help="yaml, python (with the plugin's SDK) or dynamic.")
    ] = Language.YAML,
    name: Annotated[str, typer.Option(help="Name of the project; default: the directory's.")] = "",
) -> Exit:
    """Write a Pulumi project: root, issuing CA, one private certificate, and the directory that serves it.

    Needs no network and no account. Files that are there already are never overwritten.
    """
    from certwright.domain.errors import CertwrightError

    where = directory.expanduser().absolute()
    project = name or re.sub(r"[^a-z0-9-]+", "-", where.name.lower()).strip("-") or "pki"
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", project):
        raise CertwrightError(f'"{project}" is no project name; use letters, digits, - _ .', code="input.invalid")
    files = dict(_rendered(language, project))
    taken = [path for path in files if (where / path).exists()]
    if taken:
        raise CertwrightError(
            f"{where} has {', '.join(taken)} already; nothing was written. Name another directory",
            code="quickstart.exists",
        )
    try:
        where.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            (where / path).write_text(content, encoding="utf-8")
    except OSError as error:
        raise CertwrightError(f"{where} cannot be written: {error.strerror}", code="quickstart.unwritable") from None
    steps = _steps(directory, language)
    if screen.as_json:
        screen.document(
            "quickstart",
            {
                "directory": str(where),
                "project": project,
                "language": language.value,
                "files": sorted(files),
                "next": steps,
            },
        )
        return Exit.OK
    screen.show(f"{screen.glyphs.ok} wrote project {project} ({language.value}) to {where}")
    screen.show(*(f"  {path}" for path in sorted(files)))
    screen.steps("NEXT STEPS", steps)
    return Exit.OK


def _rendered(language: Language, project: str) -> Iterator[tuple[str, str]]:
    """File name → content, from the templates in this package."""
    values = {
        "@PROJECT@": project,
        "@TITLE@": " ".join(word.capitalize() for word in re.split(r"[-_.]+", project)),
        "@VIRTUALENV@": _virtualenv(),
    }
    templates = resources.files("certwright.cli") / "templates" / "quickstart"
    for source in (templates / language.value).iterdir():
        if source.is_file():
            content = source.read_text(encoding="utf-8")
            for mark, value in values.items():
                content = content.replace(mark, value)
            yield source.name.removesuffix(".in"), content
    yield ".gitignore", (templates / "gitignore").read_text(encoding="utf-8")


def _virtualenv() -> str:
    """This interpreter's own environment, where certwright is already; else a fresh one that `pulumi install` makes."""
    return sys.prefix if sys.prefix != sys.base_prefix else ".venv"


def _steps(directory: Path, language: Language) -> list[str]:
    steps = [f"cd {directory}"]
    if language is not Language.DYNAMIC:
        steps.append("certwright plugin install          # once: so that Pulumi finds certwright")
    steps.append("pulumi login --local               # or the backend that you have")
    if language is Language.PYTHON:
        steps.append("pulumi package add certwright      # generates the Python SDK")
    elif _virtualenv() == ".venv" and language is Language.DYNAMIC:
        steps.append("pulumi install                     # makes .venv")
    return [
        *steps,
        "pulumi stack init dev",
        "pulumi up",
        "certwright ca tree",
        "certwright inspect tls/current/fullchain.pem",
    ]
