"""Opens a place: to look at it, or to change it under an exclusive lock on the directory itself."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from certwright.deploy.place import DIRECTORY_FLAGS, Access, Place
from certwright.domain.errors import DeployFailed

_LOCK_PAUSE_S = 0.05


@contextmanager
def reading(path: str) -> Iterator[Place | None]:
    """An existing place to look at; None when there is none. Writes nothing, waits for nobody."""
    try:
        fd = os.open(path, DIRECTORY_FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        yield Place(path=path, fd=fd)
    finally:
        os.close(fd)


@contextmanager
def changing(
    path: str, *, access: Access | None, wait_s: float, sleep: Callable[[float], None]
) -> Iterator[Place | None]:
    """The place for one change, locked. With `access` it is made when it is missing, without it is then None.

    Raises DeployFailed (deploy.place_busy) when another run holds it for longer than `wait_s`.
    """
    while True:
        made = access is not None and not os.path.lexists(path) and _make(path)
        try:
            fd = os.open(path, DIRECTORY_FLAGS)
        except FileNotFoundError:
            if access is not None:
                continue  # removed by another run between our two calls
            yield None
            return
        try:
            _lock(fd, path, wait_s, sleep)
            if not _is_still(fd, path):  # its last owner took the directory away while we waited
                continue
            yield Place(path=path, fd=fd, made=made)
            return
        finally:
            os.close(fd)


def check_directory(place: Place, access: Access) -> None:
    """Refuse a directory in which a stranger could swap the files. Raises DeployFailed (deploy.path_refused)."""
    state = os.fstat(place.fd)
    if state.st_mode & stat.S_IWOTH:
        raise DeployFailed(
            f"directory {place.path}: everyone may write to it (mode {stat.S_IMODE(state.st_mode):04o}), so a private "
            f"key is not safe there; take the right away or name a directory of its own",
            code="deploy.path_refused",
        )
    parent = os.stat(os.path.dirname(place.path))
    if parent.st_mode & stat.S_IWOTH and state.st_uid not in (0, os.geteuid(), access.uid):
        raise DeployFailed(
            f"directory {place.path}: it belongs to user {state.st_uid} and lies in a directory to which everyone may "
            f"write; set `owner` to that user or name another path",
            code="deploy.path_refused",
        )


def _make(path: str) -> bool:
    parent = os.path.dirname(path)
    os.makedirs(parent, 0o755, exist_ok=True)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return False
    fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    return True


def _lock(fd: int, path: str, wait_s: float, sleep: Callable[[float], None]) -> None:
    for _ in range(max(1, int(wait_s / _LOCK_PAUSE_S))):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(_LOCK_PAUSE_S)
        else:
            return
    raise DeployFailed(
        f"directory {path}: another run has been changing it for more than {wait_s:g} seconds; wait for it and "
        f"try again",
        code="deploy.place_busy",
    )


def _is_still(fd: int, path: str) -> bool:
    try:
        seen = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    held = os.fstat(fd)
    return (seen.st_dev, seen.st_ino) == (held.st_dev, held.st_ino)
