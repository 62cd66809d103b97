"""`file:` – the wrapping key in a file for its owner only, apart from the store."""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path

from certwright.domain.errors import KeyUnavailable
from certwright.store.envelope import KEY_SIZE, associated, new_key, seal, unseal
from certwright.store.private import read_private, write_private
from certwright.store.wrappers.port import WrapperContext

DEFAULT_NAME = "wrapping.key"
HEADER = "certwright-wrapping-key-1"
MAGIC = b"CWF1"


class FileWrapper:
    """32 random bytes, written as one line of text so that a secrets manager or an editor does not harm them."""

    def __init__(self, path: Path, context: WrapperContext) -> None:
        self._path = path
        self._context = context
        self._key: bytes | None = None

    def __repr__(self) -> str:
        return f"FileWrapper({str(self._path)!r})"

    @property
    def id(self) -> str:
        return _id_of(self._load())

    def make(self) -> None:
        if not self._path.exists():
            text = f"{HEADER} {base64.b64encode(new_key(self._context.entropy)).decode('ascii')}\n"
            write_private(self._path, text.encode("ascii"), what="wrapping key")

    def wrap(self, key: bytes) -> bytes:
        mine = self._load()
        return MAGIC + seal(mine, key, belongs_to=associated(HEADER, _id_of(mine)), entropy=self._context.entropy)

    def unwrap(self, wrapped: bytes) -> bytes:
        mine = self._load()
        if not wrapped.startswith(MAGIC):
            raise KeyUnavailable("the region key in the store was not wrapped by a key file", code="key.wrapper")
        belongs_to = associated(HEADER, _id_of(mine))
        return unseal(mine, wrapped[len(MAGIC) :], belongs_to=belongs_to, what="the region key")

    def _load(self) -> bytes:
        if self._key is None:
            text = read_private(self._path, what="wrapping key").decode("ascii", errors="replace")
            self._key = _parse(text, self._path)
        return self._key


def _parse(text: str, path: Path) -> bytes:
    header, _, encoded = text.strip().partition(" ")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if header != HEADER or len(key) != KEY_SIZE:
        raise KeyUnavailable(
            f"the file {path} is not a wrapping key of certwright; restore it from a backup", code="key.wrapper"
        )
    return key


def _id_of(key: bytes) -> str:
    return "file:" + hashlib.sha256(b"certwright wrapper id\0" + key).hexdigest()[:16]


def open_file(rest: str, context: WrapperContext) -> FileWrapper:
    """rest: a path, `//` before it or not; empty for the default. Raises KeyUnavailable when it lies with the store."""
    given = rest[2:] if rest.startswith("//") else rest
    path = Path(given).expanduser() if given else context.config_directory / DEFAULT_NAME
    resolved = path.absolute().resolve()
    if context.store_directory is not None:
        beside = context.store_directory.absolute().resolve()
        if beside in resolved.parents:
            raise KeyUnavailable(
                f"the wrapping key {path} would lie with the store in {context.store_directory}: whoever copies the "
                "directory would have the private keys. Name a file elsewhere with CERTWRIGHT_KEY_WRAPPER=file:PATH",
                code="key.wrapper",
            )
    return FileWrapper(path.absolute(), context)
