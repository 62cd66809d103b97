"""The steps by which a directory's `current` comes to lead to another version, and which versions stay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from certwright.deploy.mark import Mark
from certwright.deploy.pair import Pair, version_stem
from certwright.deploy.place import Access, Holding, Place
from certwright.engine import failpoints


def bring(place: Place, held: Holding | None, pair: Pair, mark: Mark, access: Access) -> bool:
    if held is not None and held.mark is not None and _is_same(place, held.name, pair, access):
        same = replace(
            held.mark, owner=mark.owner, version=mark.version, serial=mark.serial, fingerprint=mark.fingerprint
        )
        if same != held.mark:
            place.write_mark(held.name, same, access)
        return False
    stem = version_stem(mark.version, pair.fingerprint)
    old = place.marked()
    name = next((n for n in sorted(old) if n.startswith(stem) and _is_same(place, n, pair, access)), "")
    if name:
        # It was told of once, so it is its own way back until that has happened again.
        back = name if mark.reload_pending else ""
        known = replace(old[name], owner=mark.owner, previous=back, reload_pending=mark.reload_pending)
        place.write_mark(name, known, access)
    else:
        name = place.stage(stem, pair.files, mark, access)
    failpoints.hit("deploy.before_switch")
    place.switch(name)
    failpoints.hit("deploy.after_switch")
    if held is None:  # the rest of an interrupted removal
        for left in old.keys() - {name}:
            with suppress(OSError):
                place.discard(left)
    return True


def gave_way(place: Place, held: Holding | None, owner: str, access: Callable[[], Access]) -> bool:
    """A pair that no server was told of, over one of somebody else: that one comes back, with its own mark."""
    if held is None or held.mark is None or not held.mark.reload_pending:
        return False
    before = place.mark(held.mark.previous) if held.mark.previous else None
    if before is None or before.owner == owner:
        return False
    place.write_mark(held.mark.previous, replace(before, reload_pending=True), access())
    place.switch(held.mark.previous)
    place.discard(held.name)
    place.tidy()
    return True


def made(place: Place, held: Holding | None) -> bool:
    """Whether we made the directory is known by us now, or by the marks of an earlier run."""
    marks = place.marked().values() if held is None or not held.mark else [held.mark]
    return place.made or any(mark.made_directory for mark in marks)


def proven(held: Holding | None) -> str:
    """The version that a server was told of last: the current one, unless its own reload never succeeded."""
    if held is None or held.mark is None:
        return ""
    return held.mark.previous if held.mark.reload_pending else held.name


def _is_same(place: Place, name: str, pair: Pair, access: Access) -> bool:
    return place.files(name) == pair.files and place.has_access(name, access)


def prune(place: Place, current: str, keep: int) -> None:
    """Keep the newest `keep` old versions, and none of those that no server was ever told of."""
    old = {name: mark for name, mark in place.marked().items() if name != current}
    stale = {name for name, mark in old.items() if mark.reload_pending}
    by_age = sorted(old.keys() - stale, key=lambda name: (old[name].installed_at, name), reverse=True)
    for name in (*stale, *by_age[keep:]):
        with suppress(OSError):  # an old version that stays is no reason to call the deployment failed
            place.discard(name)
