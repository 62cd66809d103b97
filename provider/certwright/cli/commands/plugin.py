"""`certwright plugin`: put the Pulumi plugin where Pulumi finds it without a warning."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from certwright import __version__
from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen

INSTALL_TIMEOUT_S = 120


@command(
    examples=("certwright plugin install", "PULUMI_HOME=/opt/pulumi certwright plugin install --json"),
)
def install(
    screen: Screen,
    direct: Annotated[
        bool, typer.Option("--direct", help="Write into Pulumi's directory, without asking the pulumi command.")
    ] = False,
) -> Exit:
    """Install the Pulumi plugin: a small program that starts this Python with certwright.

    It goes into PULUMI_HOME/plugins (~/.pulumi/plugins), by `pulumi plugin install` where the command is at hand.
    Installing again is safe and renews it.
    """
    from certwright.cli import plugin_files as files
    from certwright.domain.errors import CertwrightError

    if os.name != "posix":
        raise CertwrightError(
            "the plugin's program is a shell script, which Windows cannot start; use certwright.dynamic there",
            code="plugin.platform",
        )
    target = files.directory(os.environ)
    pulumi = None if direct else shutil.which("pulumi")
    if pulumi:
        _by_pulumi(pulumi)
    else:
        _directly(target)
    executable = target / files.NAME
    if not executable.is_file() or not files.starts(executable):
        raise CertwrightError(
            f"{executable} does not start; run it by hand to see why (it should print a port number)",
            code="plugin.broken",
        )
    ambient = files.on_path(os.environ)
    shadowed = ambient is not None and not files.ambient_ignored(os.environ)
    if screen.as_json:
        screen.document(
            "plugin",
            {
                "version": __version__,
                "path": str(executable),
                "by": "pulumi" if pulumi else "certwright",
                "shadowedBy": str(ambient) if shadowed else None,
            },
        )
        return Exit.OK
    screen.show(f"{screen.glyphs.ok} plugin certwright {__version__}", f"  {executable}")
    if shadowed:
        _warn(screen, str(ambient))
    return Exit.OK


def _warn(screen: Screen, ambient: str) -> None:
    from certwright.cli.plugin_files import IGNORE_AMBIENT

    screen.note(
        f"But {ambient} is on PATH: Pulumi prefers it, and says so at every run. Set {IGNORE_AMBIENT}=true, or take it "
        "off PATH.",
        style="yellow",
    )


def _by_pulumi(pulumi: str) -> None:
    from certwright.cli import plugin_files as files
    from certwright.domain.errors import CertwrightError

    with tempfile.TemporaryDirectory(prefix="certwright-plugin-") as scratch:
        program = _write(Path(scratch))
        archive = Path(scratch) / "plugin.tar.gz"
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(program, arcname=files.NAME)
        words = [
            pulumi,
            "plugin",
            "install",
            "resource",
            "certwright",
            __version__,
            "--file",
            str(archive),
            "--reinstall",
        ]
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise CertwrightError(
                f"`pulumi plugin install` did not run: {problem}; try --direct", code="plugin.install_failed"
            ) from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CertwrightError(
            "`pulumi plugin install` failed; try --direct", code="plugin.install_failed", details=tuple(said[-5:])
        )


def _write(where: Path) -> Path:
    from certwright.cli import plugin_files as files

    program = where / files.NAME
    program.write_text(files.script(), encoding="utf-8")
    program.chmod(0o755)
    return program


def _directly(target: Path) -> None:
    """Into a directory beside it, then by one rename: Pulumi never sees half a plugin."""
    from certwright.domain.errors import CertwrightError

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".certwright-", dir=target.parent) as scratch:
            fresh = Path(scratch) / "new"
            fresh.mkdir(mode=0o755)
            _write(fresh)
            if target.exists():
                target.rename(Path(scratch) / "old")
            fresh.rename(target)
    except OSError as error:
        raise CertwrightError(
            f"the plugin cannot be written to {target}: {error.strerror}", code="plugin.install_failed"
        ) from None


@command(examples=("certwright plugin path",))
def path(screen: Screen) -> Exit:
    """Print where the installed plugin of this version is; end with 6 when it is not installed."""
    from certwright.cli import plugin_files as files
    from certwright.domain.errors import NotFound

    found = files.installed(os.environ)
    if screen.as_json and found:
        ambient = files.on_path(os.environ)
        screen.document(
            "pluginPath",
            {
                "version": __version__,
                "installed": {version: str(where / files.NAME) for version, where in found.items()},
                "onPath": str(ambient) if ambient else None,
            },
        )
        return Exit.OK if __version__ in found else Exit.NOT_FOUND
    if __version__ not in found:
        others = f" (installed: {', '.join(found)})" if found else ""
        raise NotFound(
            f"the plugin {__version__} is not installed{others}; run `certwright plugin install`",
            code="plugin.not_found",
        )
    screen.show(str(found[__version__] / files.NAME))
    return Exit.OK


@command(examples=("certwright plugin uninstall", "certwright plugin uninstall --all"))
def uninstall(
    screen: Screen,
    every: Annotated[bool, typer.Option("--all", help="Every version of it, not only this one.")] = False,
) -> Exit:
    """Remove the installed plugin. The store and its certificates stay."""
    from certwright.cli import plugin_files as files
    from certwright.domain.errors import NotFound

    found = files.installed(os.environ)
    wanted = found if every else {v: where for v, where in found.items() if v == __version__}
    if not wanted:
        raise NotFound(f"the plugin{'' if every else ' ' + __version__} is not installed", code="plugin.not_found")
    for where in wanted.values():
        shutil.rmtree(where)
        where.with_name(where.name + ".lock").unlink(missing_ok=True)
    if screen.as_json:
        screen.document("pluginUninstall", {"removed": {v: str(p) for v, p in wanted.items()}})
    else:
        screen.show(*(f"{screen.glyphs.ok} removed {where}" for where in wanted.values()))
    return Exit.OK
