"""What one Pulumi run remembers: announcements (shared by its processes), refresh Diffs, claims (mechanics.md 1-8).

A run is known by its engine's address and the CLI's process id. Announcements lie in one file of the runtime directory,
so that a certificate under an explicit provider and its association under the default one agree; the store is never
written by a preview. Everything else lives in this process.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certwright.domain.errors import Reason

if TYPE_CHECKING:  # resources.base brings pydantic; a starting plugin cannot wait for it
    from certwright.resources.base import Announcement

Claims = Iterable[tuple[str, str]]
Persist = Callable[[Claims], None]

_STALE_S = 24 * 3600
_PERSIST_EVERY_S = 1.0
_log = logging.getLogger("certwright.run")


class RunFile:
    """The announcements of one run as JSON lines, each appended in one write. Without a directory nothing is shared."""

    def __init__(self, directory: Path | None, *, engine: str, parent: int) -> None:
        key = sha256(f"{engine}\n{parent}".encode()).hexdigest()[:24]
        self._directory = directory
        self.path = None if directory is None else directory / f"run-{parent}-{key}.jsonl"
        self._offset = 0
        self._usable: bool | None = None

    def append(self, line: dict[str, Any]) -> None:
        """Share one line. A directory that cannot be used safely is no error: then this process alone knows the run."""
        if self.path is None or not self._prepare():
            return
        data = (json.dumps(line, separators=(",", ":")) + "\n").encode()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                os.write(handle, data)
            finally:
                os.close(handle)
        except OSError as problem:
            _log.debug("run file %s: %s", self.path, problem.strerror)

    def new_lines(self) -> list[dict[str, Any]]:
        """What was appended since the last call, by any process; a half-written last line waits for the next call."""
        if self.path is None:
            return []
        try:
            with open(self.path, "rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        found = []
        for line in data[:end].splitlines():
            try:
                item = json.loads(line)
            except ValueError:
                continue
            if isinstance(item, dict):
                found.append(item)
        return found

    def first(self, what: str) -> bool:
        """Whether no process of this run has come with `what` before. Without a directory every process is the first.

        The processes of a run end side by side, or each before the next is told to: none knows that it is the last, so
        that the mark of a run stays until the next run sweeps.
        """
        if self.path is None or not self._prepare():
            return True
        mark = self.path.with_name(
            f"said{self.path.stem.removeprefix('run')}-{sha256(what.encode()).hexdigest()[:12]}.jsonl"
        )
        try:
            os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600))
        except FileExistsError:
            return False
        except OSError as problem:
            _log.debug("run file %s: %s", mark, problem.strerror)
        return True

    def drop(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self._offset = 0

    def _prepare(self) -> bool:
        if self._usable is None:
            self._usable = self._directory is not None and _private(self._directory)
            if self._usable and self._directory is not None:
                sweep(self._directory)
        return self._usable


def _private(directory: Path) -> bool:
    """Make the directory (0700) or accept an existing one that only we can write to."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.stat()
    except OSError:
        return False
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        return False
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return False
    if found.st_mode & 0o077:
        directory.chmod(0o700)
    return True


def sweep(directory: Path) -> None:
    """Remove the files of runs whose CLI is gone, or that are a day old (a process id may have a new owner)."""
    now = time.time()
    for path in [*directory.glob("run-*.jsonl"), *directory.glob("said-*.jsonl")]:
        try:
            parent = int(path.name.split("-")[1])
            if not _alive(parent) or now - path.stat().st_mtime > _STALE_S:
                path.unlink(missing_ok=True)
        except (ValueError, IndexError, OSError):
            continue


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class RunTable:
    """The RunMemory of one provider process. Thread-safe.

    file: where announcements are shared; RunFile(None, …) for the dynamic form, which is one process.
    persist: writes claims to the store; given once the services exist.
    """

    def __init__(self, file: RunFile, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._announced: dict[str, dict[str, Any]] = {}
        self._refreshing: set[str] = set()
        self.checked: set[str] = set()
        self._compared: set[str] = set()
        self._known: dict[tuple[str, str], None] = {}  # ordered, each once
        self._claimed: set[tuple[str, str]] = set()
        self._unanswered: dict[str, str] = {}
        self._adopted: set[str] = set()
        self._wrote = False
        self._persisted_at = float("-inf")
        self._persist: Persist | None = None
        self._said: set[str] = set()

    # announcements -------------------------------------------------------------------------------------------------

    def announce(self, arn: str, *, from_version: int, to_version: int, reason: Reason) -> None:
        line = {
            "arn": arn,
            "from": from_version,
            "to": to_version,
            "code": reason.code,
            "sentence": reason.sentence,
        }
        with self._lock:
            if self._announced.get(arn) == line:
                return
            self._announced[arn] = line
            self._file.append(line)

    def announced(self, arn: str) -> Announcement | None:
        with self._lock:
            for line in self._file.new_lines():
                if isinstance(line.get("arn"), str):
                    self._announced.setdefault(line["arn"], line)
            found = self._announced.get(arn)
        return None if found is None else _announcement(found)

    # refresh Diffs -------------------------------------------------------------------------------------------------

    def note_read(self, urn: str) -> None:
        with self._lock:
            self._refreshing.add(urn)

    def note_checked(self, urn: str) -> None:
        with self._lock:
            self._refreshing.discard(urn)
            self.checked.add(urn)

    def note_compared(self, urn: str, arn: str) -> None:
        """A Diff came for `arn` under `urn`. Only what the program declares is compared, a refresh Diff apart."""
        with self._lock:
            if urn not in self._refreshing:
                self._compared.add(arn)

    def declared(self) -> set[str]:
        """URNs and, of what is in the state already, ARNs of the resources that this run's program has."""
        with self._lock:
            return self.checked | self._compared

    def is_refresh_diff(self, urn: str) -> bool:
        with self._lock:
            return urn in self._refreshing

    # claims --------------------------------------------------------------------------------------------------------

    def note_known(self, kind: str, arn: str) -> None:
        with self._lock:
            if (kind, arn) not in self._claimed:
                self._known[(kind, arn)] = None

    def note_created(self, kind: str, arn: str, *, adopted: bool) -> None:
        with self._lock:
            self._unanswered[arn] = kind
            if adopted:
                self._adopted.add(arn)

    def answered(self, arn: str, *, alive: bool) -> None:
        """The Create of `arn` is being answered. With a dead RPC Pulumi does not know the record: no claim."""
        with self._lock:
            kind = self._unanswered.pop(arn, None)
            if kind is not None and alive:
                self._known[(kind, arn)] = None

    def adopted_in_this_run(self, arn: str) -> bool:
        with self._lock:
            return arn in self._adopted

    def use(self, persist: Persist) -> None:
        """The way to the store; given by the dispatcher once services exist."""
        self._persist = persist

    def note_write(self) -> None:
        """A real write: from here on this run may persist claims; at most once a second, the rest at the end."""
        with self._lock:
            self._wrote = True
            due = self._monotonic() - self._persisted_at >= _PERSIST_EVERY_S
        if due:
            self.persist_claims()

    def persist_claims(self) -> None:
        """Write down what Pulumi is known to know. Only runs that wrote do so; a failure loses only the claim."""
        with self._lock:
            if not self._wrote or self._persist is None or not self._known:
                return
            claims, self._known = list(self._known), {}
            self._persisted_at = self._monotonic()
        try:
            self._persist(claims)
        except Exception as problem:  # what was made is made: a claim is never a reason to fail a request
            _log.debug("claims were not persisted: %s", type(problem).__name__)
            with self._lock:
                self._known = {**dict.fromkeys(claims), **self._known}
            return
        with self._lock:
            self._claimed.update(claims)

    @property
    def wrote(self) -> bool:
        """Whether a real Create, Update or Delete happened in this run."""
        with self._lock:
            return self._wrote

    # the end -------------------------------------------------------------------------------------------------------

    def urn_prefix(self) -> str:
        """`urn:pulumi:STACK::PROJECT::` of this run, from the first checked resource; empty before any Check."""
        with self._lock:
            first = next(iter(self.checked), "")
        parts = first.split("::")
        return "::".join(parts[:2]) + "::" if len(parts) >= 4 else ""

    def first_to_say(self, sentence: str) -> bool:
        """False when this or another provider process of this run has said the same already."""
        with self._lock:
            if sentence in self._said:
                return False
            self._said.add(sentence)
        return self._file.first(sentence)

    def end(self, *, with_claims: bool = True) -> None:
        """The run is over: persist claims (not when the CLI was killed), forget what was announced."""
        if with_claims:
            self.persist_claims()
        with self._lock:
            self._file.drop()


def _announcement(line: dict[str, Any]) -> Announcement:
    from certwright.resources.base import Announcement

    return Announcement(
        arn=str(line["arn"]),
        from_version=int(line.get("from", 0)),
        to_version=int(line.get("to", 0)),
        code=str(line.get("code", "")),
        sentence=str(line.get("sentence", "")),
    )
