"""The owner mark: which association a version on disk belongs to. It lies in the version and switches with it."""

from __future__ import annotations

import json
from dataclasses import dataclass

MARK_FILE = "certwright.json"
LARGEST_MARK = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`owner`: the association's ARN; "" after a delete that kept the files.

    previous: name of the version that was current before, "" when none; the way back when a reload fails.
    reload_pending: switched to, but the server was not yet told; an unfinished install.
    made_directory: we made the place itself and take it away with the last version.
    installed_at: RFC 3339 by the clock of the file system.
    """

    owner: str
    version: int
    serial: str
    fingerprint: str
    installed_at: str
    previous: str = ""
    reload_pending: bool = False
    made_directory: bool = False

    def to_json(self) -> bytes:
        fields = {wire: getattr(self, name) for name, wire, _ in _FIELDS}
        return (json.dumps(fields, indent=2, sort_keys=True) + "\n").encode()


_FIELDS: tuple[tuple[str, str, type], ...] = (
    ("owner", "owner", str),
    ("version", "version", int),
    ("serial", "serial", str),
    ("fingerprint", "fingerprint", str),
    ("installed_at", "installedAt", str),
    ("previous", "previous", str),
    ("reload_pending", "reloadPending", bool),
    ("made_directory", "madeDirectory", bool),
)


def parse_mark(raw: bytes) -> Mark | None:
    """None for anything that we did not write: then the place counts as somebody else's."""
    if len(raw) > LARGEST_MARK:
        return None
    try:
        wire = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(wire, dict) or any(type(wire.get(key)) is not kind for _, key, kind in _FIELDS):
        return None
    return Mark(**{name: wire[key] for name, key, _ in _FIELDS})
