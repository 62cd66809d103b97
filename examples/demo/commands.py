"""Runs other programs (pulumi, certwright, openssl), keeps their whole output, shows the lines that matter."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from terminal import Terminal

INTERRUPT_GRACE_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One finished command. output: stdout and stderr in the order in which they came."""

    command: str
    code: int
    output: str
    log: Path

    def lines(self, pattern: str) -> list[str]:
        return [line for line in self.output.splitlines() if re.search(pattern, line)]


@dataclass(slots=True, kw_only=True)
class Runner:
    """Runs commands one after another with the environment of the demonstration.

    logs: directory for one file per command. pids: file that names the child which runs now, for a later run to end it
    if this one is killed.
    """

    terminal: Terminal
    environment: Mapping[str, str]
    logs: Path
    pids: Path
    last: Result | None = None
    _count: int = field(default=0)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        keep: str = "",
        note: str = "",
        show: str | None = None,
        extra: Mapping[str, str] | None = None,
        stdin: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        apart: bool = False,
        most: int = 1000,
        trim: tuple[str, str] = ("$", ""),
    ) -> Result:
        """keep: pattern of the lines to show, `most` of them; trim: (pattern, replacement) for what is shown. show: the command as it is shown; "" hides it. apart: leave stderr out."""
        shown = show if show is not None else " ".join(shlex.quote(part) for part in command)
        if shown:
            self.terminal.command(shown, note)
        collected: list[str] = []
        said: set[str] = set()

        def take(line: str) -> None:
            collected.append(line)
            text = line.rstrip()
            if keep and len(said) < most and re.search(keep, text):
                text = re.sub(*trim, text)
                if text.strip() not in said:
                    said.add(text.strip())
                    self.terminal.quote(text)
            if on_line is not None:
                on_line(line)

        with contextlib.ExitStack() as stack:
            source = stack.enter_context(stdin.open()) if stdin else subprocess.DEVNULL
            code = self._drive(command, cwd, extra or {}, source, take, apart)
        return self._keep(shown or command[0], code, "".join(collected))

    def _drive(self, command, cwd, extra, source, take, apart) -> int:  # type: ignore[no-untyped-def]
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**self.environment, **extra},
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if apart else subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # a Ctrl-C reaches us only, and we pass it on once
        )
        self.pids.write_text(f"{process.pid} {started(process.pid)}\n")
        lines: queue.Queue[str | None] = queue.Queue()
        reader = threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True)
        reader.start()
        try:
            while (line := lines.get()) is not None:
                take(line)
            return process.wait()
        except BaseException:
            end(process)
            raise
        finally:
            self.pids.write_text("")

    def _keep(self, shown: str, code: int, output: str) -> Result:
        self._count += 1
        words = re.sub(r"[^a-z0-9]+", "-", shown.lower()).strip("-")[:48]
        log = self.logs / f"{self._count:02d}-{words}.txt"
        log.write_text(f"$ {shown}\n{output}\n(exit code {code})\n")
        self.last = Result(command=shown, code=code, output=output, log=log)
        return self.last


def _pump(source: Iterable[str], lines: queue.Queue[str | None]) -> None:
    for line in source:
        lines.put(line)
    lines.put(None)


def started(pid: int) -> str:
    """When a process began, so that a reused process id is not taken for ours; empty when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def end(process: subprocess.Popen[str]) -> None:
    """Ctrl-C as the CLI knows it: it ends its plugins; what is left of its session after that is killed."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(INTERRUPT_GRACE_S)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_left_over(pids: Path) -> None:
    """End the child of an earlier run that was killed: only the very process that it wrote down."""
    if not pids.exists():
        return
    for line in pids.read_text().splitlines():
        number, _, since = line.partition(" ")
        if not number.isdigit() or not since or started(int(number)) != since:
            continue
        for signal_number in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), signal_number)
            until = time.monotonic() + INTERRUPT_GRACE_S
            while started(int(number)) == since and time.monotonic() < until:
                time.sleep(0.1)
