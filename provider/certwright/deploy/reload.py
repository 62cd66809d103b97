"""Runs the command that tells a server to read its new files: no shell, a clean environment, a time limit."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

RELOAD_TIMEOUT_S = 60.0
LAST_LINES = 5
LONGEST_LINE = 300
_TAIL_BYTES = 8192
_PASSED_ON = ("PATH", "HOME", "LANG")
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
VARIABLES = "CERTWRIGHT_"  # what the names of ours begin with
_FILES = (
    ("CERTWRIGHT_CERT_PATH", "cert.pem"),
    ("CERTWRIGHT_KEY_PATH", "privkey.pem"),
    ("CERTWRIGHT_CHAIN_PATH", "chain.pem"),
    ("CERTWRIGHT_FULLCHAIN_PATH", "fullchain.pem"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """`problem` is "" when the command ended with 0; otherwise what it did, without the name of the place."""

    problem: str = ""
    output: tuple[str, ...] = ()


def clean_environment(outer: Mapping[str, str], *, directories: Sequence[str], arns: Sequence[str]) -> dict[str, str]:
    """Only what a reload command needs: never a passphrase or token of the run that starts it.

    With several directories each variable holds a line for each.
    """
    kept = {name: outer[name] for name in _PASSED_ON if name in outer}
    files = {name: "\n".join(f"{directory}/{file}" for directory in directories) for name, file in _FILES}
    return {"PATH": _DEFAULT_PATH, **kept, **files, "CERTWRIGHT_ARN": "\n".join(arns)}


def run_reload(command: Sequence[str], *, environment: Mapping[str, str], timeout_s: float) -> Reloaded:
    """Run `command` to its end. Its children die with it when the time is up.

    Standard error goes to a file, not a pipe: a server that the command leaves running would hold a pipe open for ever.
    """
    shown = command[0]
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                list(command),
                env=dict(environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            return Reloaded(problem=f"the reload command {shown!r} could not be started: {reason}")
        try:
            code = process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _kill(process)
            problem = f"the reload command {shown!r} did not end within {timeout_s:g} seconds"
            return Reloaded(problem=problem, output=_last_lines(errors.fileno()))
        except BaseException:  # Ctrl-C: nothing that we started may outlive us
            _kill(process)
            raise
        if code == 0:
            return Reloaded()
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return Reloaded(problem=f"the reload command {shown!r} {ended}", output=_last_lines(errors.fileno()))


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_lines(fd: int) -> tuple[str, ...]:
    size = os.fstat(fd).st_size
    text = os.pread(fd, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", "replace")
    if "PRIVATE KEY" in text:
        return ("(its output is withheld: it holds a private key)",)
    lines = ["".join(c for c in line if c.isprintable())[:LONGEST_LINE] for line in text.splitlines()]
    return tuple(line for line in lines if line.strip())[-LAST_LINES:]
