"""Small secret files outside the store: made whole, for their owner only, and refused when others could read them."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from certwright.domain.errors import KeyUnavailable

LARGEST_BYTES = 64 * 1024


def read_private(path: Path, *, what: str) -> bytes:
    """The content. Raises KeyUnavailable when the file is missing, too open or unreadable; never tells the content."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise KeyUnavailable(
            f"the {what} {path} is missing; restore it from a backup, or point to where it is", code="key.missing"
        ) from None
    except OSError as error:
        raise KeyUnavailable(f"the {what} {path} cannot be read: {error.strerror or error}") from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        mode = stat.S_IMODE(status.st_mode)
        if not stat.S_ISREG(status.st_mode):
            raise KeyUnavailable(f"the {what} {path} is not a file", code="key.permissions")
        if os.name == "posix" and mode & 0o077:
            raise KeyUnavailable(
                f"the {what} {path} may be used by others (mode {mode:04o}); run `chmod 600 {path}`, and think about "
                "who may have read it",
                code="key.permissions",
            )
        return file.read(LARGEST_BYTES)


def write_private(path: Path, content: bytes, *, what: str) -> None:
    """Write a new file of mode 0600 in a directory of mode 0700; keeps the file of a process that was first."""
    directory = path.parent
    try:
        make_private_directory(directory)
        fresh = directory / f".{path.name}.{secrets.token_hex(8)}.new"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            place(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        sync_directory(directory)
    except FileExistsError:
        return
    except OSError as error:
        raise KeyUnavailable(f"the {what} {path} cannot be made: {error.strerror or error}") from None


def make_private_directory(directory: Path) -> None:
    """Make a directory of mode 0700; one that is there, also since a moment ago, keeps the mode it has."""
    try:
        directory.mkdir(parents=True, mode=0o700)
        directory.chmod(0o700)
    except FileExistsError:
        return


def place(fresh: Path, final: Path) -> None:
    """Give a complete file its name unless the name is taken (FileExistsError)."""
    try:
        os.link(fresh, final)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if final.exists():
            raise FileExistsError(final) from None
        os.rename(fresh, final)


def sync_directory(directory: Path) -> None:
    """Make a new name durable. Windows has no such thing."""
    if os.name == "posix":
        sync(directory)


def sync(path: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
