"""A directory that holds versions of a pair and one link to the current one.

    PATH/current -> versions/000003-0f3a…          the only thing that switches
    PATH/versions/000003-0f3a…/{cert,chain,fullchain,privkey}.pem, certwright.json

Everything is done relative to open directories and never through a symbolic link, so a path that is swapped underneath
leads nowhere. `opening` gives a place, locked for who changes it.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from certwright.deploy.mark import LARGEST_MARK, MARK_FILE, Mark, parse_mark
from certwright.deploy.pair import PAIR_FILES

CURRENT = "current"
VERSIONS = "versions"
_STAGING = ".certwright-staging"
_NEW_LINK = ".certwright-current"
_NEW_MARK = ".certwright-mark"
_VERSION_NAME = re.compile(r"[0-9]{6,20}-[0-9a-f]{12}(?:\.[0-9]{1,6})?")
_LARGEST_FILE = 1 << 20
DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Modes and owner of what is written; -1 leaves user or group as they come."""

    file_mode: int
    directory_mode: int
    uid: int = -1
    gid: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What `current` is. Without a mark it is somebody else's. `name` is "" when it is not a link of ours at all."""

    name: str
    mark: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An open place. `made`: the directory is one that we made and may take away again."""

    path: str
    fd: int
    made: bool = False

    def holding(self) -> Holding | None:
        """None when the place is empty, also when `current` is a link of ours that leads nowhere."""
        try:
            link = os.readlink(CURRENT, dir_fd=self.fd)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return Holding(name="", mark=None)
        name = link.removeprefix(VERSIONS + "/")
        if link != f"{VERSIONS}/{name}" or not _VERSION_NAME.fullmatch(name):
            return Holding(name="", mark=None)
        try:
            with self.version(name):
                pass
        except FileNotFoundError:
            return None
        return Holding(name=name, mark=self.mark(name))

    @contextmanager
    def versions(self) -> Iterator[int]:
        with _directory(VERSIONS, self.fd) as fd:
            yield fd

    @contextmanager
    def version(self, name: str) -> Iterator[int]:
        with self.versions() as versions, _directory(name, versions) as fd:
            yield fd

    def mark(self, name: str) -> Mark | None:
        try:
            with self.version(name) as fd:
                return parse_mark(_read(MARK_FILE, fd, LARGEST_MARK + 1))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            return None

    def files(self, name: str) -> dict[str, bytes]:
        """The files of a version that are there; what is missing or no plain file is left out."""
        found: dict[str, bytes] = {}
        with self.version(name) as fd:
            for file in PAIR_FILES:
                try:
                    found[file] = _read(file, fd, _LARGEST_FILE)
                except OSError as error:
                    if error.errno not in (errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENXIO):
                        raise
        return found

    def has_access(self, name: str, access: Access) -> bool:
        """Whether modes and owner of a version are as wanted."""
        with self.version(name) as fd:
            states = [(os.fstat(fd), access.directory_mode)]
            states += [(os.stat(file, dir_fd=fd, follow_symlinks=False), access.file_mode) for file in PAIR_FILES]
        return all(
            stat.S_IMODE(state.st_mode) == mode
            and access.uid in (-1, state.st_uid)
            and access.gid in (-1, state.st_gid)
            for state, mode in states
        )

    def marked(self) -> dict[str, Mark]:
        """All versions that carry a mark, current or not."""
        try:
            with self.versions() as fd:
                names = [name for name in os.listdir(fd) if _VERSION_NAME.fullmatch(name)]
        except (FileNotFoundError, NotADirectoryError):
            return {}
        marks = {name: self.mark(name) for name in names}
        return {name: mark for name, mark in marks.items() if mark is not None}

    def stage(self, stem: str, files: Mapping[str, bytes], mark: Mark, access: Access) -> str:
        """Write a new version beside the current one and make it durable; returns its name. Nothing serves it yet."""
        self._make_versions(access)
        with self.versions() as versions:
            _remove_version(_STAGING, versions)
            os.mkdir(_STAGING, 0o700, dir_fd=versions)
            try:
                self._fill(versions, files, mark, access)
                name = _free_name(stem, versions)
                os.rename(_STAGING, name, src_dir_fd=versions, dst_dir_fd=versions)
            except BaseException:
                with suppress(OSError):
                    _remove_version(_STAGING, versions)
                raise
            os.fsync(versions)
        return name

    def _make_versions(self, access: Access) -> None:
        with suppress(FileExistsError):
            os.mkdir(VERSIONS, 0o700, dir_fd=self.fd)
            os.fsync(self.fd)
        with self.versions() as fd:
            _give(fd, access.directory_mode, access)
        if self.made:
            _give(self.fd, access.directory_mode, access)

    def _fill(self, versions: int, files: Mapping[str, bytes], mark: Mark, access: Access) -> None:
        with _directory(_STAGING, versions) as fd:
            for file in PAIR_FILES:
                written = _write_new(file, files[file], fd, access)
            at = datetime.fromtimestamp(written.st_mtime_ns / 1e9, UTC).isoformat().replace("+00:00", "Z")
            _write_new(MARK_FILE, replace(mark, installed_at=at).to_json(), fd, access)
            _give(fd, access.directory_mode, access)
            os.fsync(fd)

    def write_mark(self, name: str, mark: Mark, access: Access) -> None:
        """Replace a version's mark at once."""
        with self.version(name) as fd:
            with suppress(FileNotFoundError):
                os.unlink(_NEW_MARK, dir_fd=fd)
            _write_new(_NEW_MARK, mark.to_json(), fd, access)
            os.rename(_NEW_MARK, MARK_FILE, src_dir_fd=fd, dst_dir_fd=fd)
            os.fsync(fd)

    def switch(self, name: str) -> None:
        """Make a version the current one; "" makes none current."""
        if name:
            with suppress(FileNotFoundError):
                os.unlink(_NEW_LINK, dir_fd=self.fd)
            os.symlink(f"{VERSIONS}/{name}", _NEW_LINK, dir_fd=self.fd)
            os.rename(_NEW_LINK, CURRENT, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        else:
            with suppress(FileNotFoundError):
                os.unlink(CURRENT, dir_fd=self.fd)
        os.fsync(self.fd)

    def discard(self, name: str) -> None:
        """Remove a version; files in it that we did not write stay, and their directory with them."""
        with self.versions() as fd:
            _remove_version(name, fd)

    def tidy(self) -> None:
        """Remove what an interrupted run left, then the empty directories that are ours."""
        with suppress(FileNotFoundError):
            os.unlink(_NEW_LINK, dir_fd=self.fd)
        with suppress(FileNotFoundError, NotADirectoryError), self.versions() as fd:
            _remove_version(_STAGING, fd)
        if CURRENT in os.listdir(self.fd):
            return
        with suppress(OSError):
            os.rmdir(VERSIONS, dir_fd=self.fd)
            if self.made:
                os.rmdir(self.path)


@contextmanager
def _directory(name: str, parent: int) -> Iterator[int]:
    fd = os.open(name, DIRECTORY_FLAGS, dir_fd=parent)
    try:
        yield fd
    finally:
        os.close(fd)


def _read(name: str, parent: int, limit: int) -> bytes:
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    with os.fdopen(fd, "rb") as file:
        return file.read(limit)


def _write_new(name: str, content: bytes, parent: int, access: Access) -> os.stat_result:
    """Create with 0600 whatever the umask, owner next, the wanted mode last: never readable by more than asked for."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=parent), "wb") as file:
        file.write(content)
        file.flush()
        _give(file.fileno(), access.file_mode, access)
        os.fsync(file.fileno())
        return os.fstat(file.fileno())


def _give(fd: int, mode: int, access: Access) -> None:
    state = os.fstat(fd)
    if access.uid not in (-1, state.st_uid) or access.gid not in (-1, state.st_gid):
        os.fchown(fd, access.uid, access.gid)
    if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
        os.fchmod(fd, mode)


def _free_name(stem: str, versions: int) -> str:
    taken = set(os.listdir(versions))
    names = (stem if count == 1 else f"{stem}.{count}" for count in range(1, 10**6))
    return next(name for name in names if name not in taken)


def _remove_version(name: str, versions: int) -> None:
    try:
        with _directory(name, versions) as fd:
            for file in (_NEW_MARK, *PAIR_FILES, MARK_FILE):  # the mark last: what is left still says whose it is
                with suppress(FileNotFoundError, IsADirectoryError):
                    os.unlink(file, dir_fd=fd)
    except FileNotFoundError:
        return
    try:
        os.rmdir(name, dir_fd=versions)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
