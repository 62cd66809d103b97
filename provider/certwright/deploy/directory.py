"""The target `directory`: a pair of files behind one symbolic link that switches at once, and a reload command."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import ValidationError

from certwright.deploy.mark import Mark
from certwright.deploy.opening import changing, check_directory, reading
from certwright.deploy.pair import pair_files, read_pair, version_stem
from certwright.deploy.place import CURRENT, Access, Holding, Place
from certwright.deploy.reload import RELOAD_TIMEOUT_S, Reloaded, clean_environment, run_reload
from certwright.domain.errors import DeployFailed
from certwright.domain.targets import DirectoryTarget, OnDelete
from certwright.engine import failpoints
from certwright.engine.ports import Bundle, Installed

LOCK_WAIT_S = 120.0


class DirectoryDeployer:
    """Installs pairs into directories of this machine.

    environment: what the reload command's PATH, HOME and LANG come from; None is this process's own.
    """

    kind = "directory"
    model: ClassVar[type[DirectoryTarget]] = DirectoryTarget

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        reload_timeout_s: float = RELOAD_TIMEOUT_S,
        lock_wait_s: float = LOCK_WAIT_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._environment = environment
        self._reload_timeout_s = reload_timeout_s
        self._lock_wait_s = lock_wait_s
        self._sleep = sleep

    def place(self, target: dict[str, Any]) -> str:
        """The normalised path. It says nothing of the host: who compares places of several hosts adds that."""
        return self._decode(target).path

    def install(self, target: dict[str, Any], bundle: Bundle, *, owner: str, takes_over: tuple[str, ...] = ()) -> None:
        """1 look whose the place is; 2 finish or skip what is there already; 3 stage; 4 switch; 5 reload, or go back;
        6 prune.

        Raises DeployFailed: deploy.target_invalid, deploy.pair_mismatch, deploy.owner_unknown, deploy.path_refused,
        deploy.place_taken, deploy.place_occupied, deploy.place_busy, deploy.reload_failed, deploy.io_failed; the old
        pair stays. Only deploy.rollback_failed means that it could not be put back.
        """
        wanted = self._decode(target)
        files = pair_files(bundle)
        access = _access(wanted)
        with (
            _wrapped(wanted.path),
            changing(wanted.path, access=access, wait_s=self._lock_wait_s, sleep=self._sleep) as place,
        ):
            assert place is not None  # it is made when missing
            try:
                check_directory(place, access)
                held = place.holding()
                _check_free(held, wanted.path, owner, takes_over)
                self._bring(_remembered(place, held), held, wanted, files, access, bundle, owner)
            except BaseException:
                with suppress(OSError):
                    place.tidy()
                raise

    def _bring(
        self,
        place: Place,
        held: Holding | None,
        wanted: DirectoryTarget,
        files: dict[str, bytes],
        access: Access,
        bundle: Bundle,
        owner: str,
    ) -> None:
        mark = Mark(
            owner=owner,
            version=bundle.version,
            serial=bundle.serial,
            fingerprint=bundle.fingerprint,
            installed_at="",
            previous=_proven(held),
            reload_pending=bool(wanted.reload),
            made_directory=place.made,
        )
        if held is not None and held.mark is not None and _is_same(place, held, files, access):
            name, before = held.name, held.mark
            mark = replace(
                before, owner=owner, version=bundle.version, serial=bundle.serial, fingerprint=bundle.fingerprint
            )
            if mark != before:
                place.write_mark(name, mark, access)
            if not mark.reload_pending:
                return
        else:
            name = place.stage(version_stem(bundle), files, mark, access)
            failpoints.hit("deploy.before_switch")
            place.switch(name)
            failpoints.hit("deploy.after_switch")
        self._tell(place, name, wanted, owner)
        settled = place.mark(name)
        if settled is not None and settled.reload_pending:
            place.write_mark(name, replace(settled, reload_pending=False), access)
        _prune(place, name, wanted.keep, fresh=held is None)

    def _tell(self, place: Place, name: str, wanted: DirectoryTarget, owner: str) -> None:
        """Reload; when that fails put the proven version back, reload again as well as it goes, and say so."""
        if not wanted.reload:
            return
        failpoints.hit("deploy.before_reload")
        outcome = self._reload(wanted, owner)
        if not outcome.problem:
            return
        mark = place.mark(name)
        back = mark.previous if mark and mark.previous in place.marked() else ""
        try:
            place.switch(back)
            place.discard(name)
            place.tidy()
        except OSError as error:
            raise DeployFailed(
                f"directory {wanted.path}: {outcome.problem}, and the old pair could not be put back: "
                f"{error.strerror}; {CURRENT} may still lead to version {name}",
                code="deploy.rollback_failed",
                details=outcome.output,
            ) from error
        state = "the place is empty again, as it was"
        if back:
            again = self._reload(wanted, owner).problem
            state = "the old pair is back in place, " + (f"but after that {again}" if again else "the server was told")
        raise DeployFailed(
            f"directory {wanted.path}: {outcome.problem}; {state}. Run the command by hand, correct what it complains "
            f"of, and run up again",
            code="deploy.reload_failed",
            details=outcome.output,
        )

    def _reload(self, wanted: DirectoryTarget, owner: str) -> Reloaded:
        outer = os.environ if self._environment is None else self._environment
        environment = clean_environment(outer, directory=f"{wanted.path}/{CURRENT}", arn=owner)
        return run_reload(wanted.reload, environment=environment, timeout_s=self._reload_timeout_s)

    def observe(self, target: dict[str, Any]) -> Installed | None:
        """What the files say, not what the mark says, so that a change by hand shows. None when the place is empty.

        `owner` is "" for what carries no mark or was given up. `fingerprint` is "" when the files are no matching pair,
        and when a switch was not finished: the server may still serve the old pair, and another install completes it.
        Raises DeployFailed (deploy.io_failed) when it cannot be told.
        """
        wanted = self._decode(target)
        with _wrapped(wanted.path), reading(wanted.path) as place:
            if place is None:
                return None
            for _ in range(3):  # a version may be pruned between our look at the link and the files
                held = place.holding()
                with suppress(FileNotFoundError):
                    return None if held is None else _seen(place, held)
            return None

    def remove(self, target: dict[str, Any], *, owner: str) -> bool:
        """The link first, then the versions; or with `onDelete: KEEP` only the ownership. The server is not told: it
        could only fail to find its files. False when `owner` owns nothing here."""
        wanted = self._decode(target)
        with (
            _wrapped(wanted.path),
            changing(wanted.path, access=None, wait_s=self._lock_wait_s, sleep=self._sleep) as place,
        ):
            if place is None:
                return False
            held = place.holding()
            if held is not None and (held.mark is None or held.mark.owner != owner):
                return False
            mine = place.marked()  # also old versions of those that this owner took the place over from
            if not any(mark.owner == owner for mark in mine.values()):
                return False
            if wanted.on_delete is OnDelete.KEEP and held is not None and held.mark is not None:
                place.write_mark(held.name, replace(held.mark, owner=""), _access(wanted))
                return True
            place = replace(place, made=any(mark.made_directory for mark in mine.values()))
            place.switch("")
            for name in mine:
                place.discard(name)
            place.tidy()
            return True

    def _decode(self, target: dict[str, Any]) -> DirectoryTarget:
        try:
            return self.model.model_validate(target)
        except ValidationError as error:
            lines = tuple(
                f"{'.'.join(str(part) for part in problem['loc']) or 'target'}: "
                f"{problem['msg'].removeprefix('Value error, ')}"
                for problem in error.errors(include_input=False, include_url=False)
            )
            raise DeployFailed(
                f"the target {self.kind} is not usable: {lines[0]}", code="deploy.target_invalid", details=lines[1:]
            ) from None


@contextmanager
def _wrapped(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        reason = f"{error.strerror or error}{where}"
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            reason = f"not a directory, or a symbolic link, which is not followed{where}"
        raise DeployFailed(
            f"directory {path}: {reason}; correct the path, its owner or its rights", code="deploy.io_failed"
        ) from error


def _access(wanted: DirectoryTarget) -> Access:
    user, _, group = wanted.owner.partition(":")
    try:
        uid = -1 if not user else int(user) if user.isdecimal() else pwd.getpwnam(user).pw_uid
        gid = -1 if not group else int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise DeployFailed(
            f"directory {wanted.path}: this machine knows no owner {wanted.owner!r}; make the user or group, or "
            f"correct `owner`",
            code="deploy.owner_unknown",
        ) from None
    return Access(file_mode=wanted.file_mode, directory_mode=wanted.directory_mode, uid=uid, gid=gid)


def _check_free(held: Holding | None, path: str, owner: str, takes_over: tuple[str, ...]) -> None:
    if held is None:
        return
    if held.mark is None:
        raise DeployFailed(
            f"directory {path}: {CURRENT} was not made by certwright, or its mark is gone; move it away or name "
            f"another path",
            code="deploy.place_occupied",
        )
    if held.mark.owner in ("", owner, *takes_over):
        return
    raise DeployFailed(
        f"directory {path}: it belongs to {held.mark.owner}; delete that association first or name another path",
        code="deploy.place_taken",
    )


def _remembered(place: Place, held: Holding | None) -> Place:
    """Whether we made the directory is known by us now, or by the marks of an earlier run."""
    marks = place.marked().values() if held is None or not held.mark else [held.mark]
    return replace(place, made=place.made or any(mark.made_directory for mark in marks))


def _proven(held: Holding | None) -> str:
    """The version to go back to: the current one, unless its own reload never succeeded."""
    if held is None or held.mark is None:
        return ""
    return held.mark.previous if held.mark.reload_pending else held.name


def _is_same(place: Place, held: Holding, files: dict[str, bytes], access: Access) -> bool:
    return place.files(held.name) == files and place.has_access(held.name, access)


def _prune(place: Place, current: str, keep: int, *, fresh: bool) -> None:
    """Keep the newest `keep` old versions. In a place that was empty, and of switches that never came about, none."""
    old = {name: mark for name, mark in place.marked().items() if name != current}
    stale = {name for name, mark in old.items() if fresh or mark.reload_pending}
    by_age = sorted(old.keys() - stale, key=lambda name: (old[name].installed_at, name), reverse=True)
    for name in (*stale, *by_age[keep:]):
        with suppress(OSError):  # an old version that stays is no reason to call the deployment failed
            place.discard(name)


def _seen(place: Place, held: Holding) -> Installed:
    owner = held.mark.owner if held.mark else ""
    unfinished = not held.name or (held.mark is not None and held.mark.reload_pending)
    found = None if unfinished else read_pair(place.files(held.name))
    if found is None:
        return Installed(owner=owner, fingerprint="", serial="", version=0)
    fingerprint, serial = found
    return Installed(owner=owner, fingerprint=fingerprint, serial=serial, version=held.mark.version if held.mark else 0)
