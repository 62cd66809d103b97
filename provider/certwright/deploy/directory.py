"""The target `directory`: a pair of files behind one symbolic link that switches at once, and a reload command."""

from __future__ import annotations

import errno
import grp
import json
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
from certwright.deploy.pair import pair_of, read_pair
from certwright.deploy.place import CURRENT, Access, Holding, Place
from certwright.deploy.reload import RELOAD_TIMEOUT_S, VARIABLES, clean_environment, run_reload
from certwright.deploy.switching import bring, gave_way, made, proven, prune
from certwright.domain.errors import DeployFailed
from certwright.domain.targets import DirectoryTarget, OnDelete
from certwright.engine import failpoints
from certwright.engine.deployer import Material, Reach, Seen, Spot, Told
from certwright.engine.ports import CancelSignal

LOCK_WAIT_S = 120.0


class DirectoryDeployer:
    """Installs pairs into directories of this machine.

    environment: what the reload command's PATH, HOME and LANG come from; None is this process's own.
    """

    kind = "directory"
    reach = Reach.LOCAL
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

    def spots(self, target: dict[str, Any]) -> tuple[Spot, ...]:
        """One: the normalised path. It says nothing of the host, which the engine adds for a LOCAL target."""
        wanted = self._decode(target)
        return (Spot(place=wanted.path, endpoint=_endpoint(wanted)),)

    def put(
        self, target: dict[str, Any], spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()
    ) -> bool:
        """1 judge the pair; 2 look whose the place is; 3 leave equal bytes alone; 4 stage, or find it among the old
        versions; 5 switch.

        Raises DeployFailed: deploy.target_invalid, deploy.pair_mismatch, deploy.owner_unknown, deploy.path_refused,
        deploy.place_taken, deploy.place_occupied, deploy.place_busy, deploy.io_failed; what lay there stays.
        """
        wanted = self._decode(target)
        pair = pair_of(material)
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
                mark = Mark(
                    owner=owner,
                    version=material.version,
                    serial=pair.serial,
                    fingerprint=pair.fingerprint,
                    installed_at="",
                    previous=proven(held),
                    reload_pending=bool(wanted.reload),
                    made_directory=made(place, held),
                )
                return bring(replace(place, made=mark.made_directory), held, pair, mark, access)
            except BaseException:
                with suppress(OSError):
                    place.tidy()
                raise

    def tell(self, target: dict[str, Any], spots: tuple[Spot, ...], cancel: CancelSignal) -> Told:
        """Run the reload command once; the environment names the files of all places, a line for each."""
        wanted = self._decode(target)
        if not wanted.reload:
            return Told()
        failpoints.hit("deploy.before_reload")
        outer = os.environ if self._environment is None else self._environment
        directories = tuple(f"{spot.place}/{CURRENT}" for spot in spots)
        owners = tuple(seen.owner for spot in spots if (seen := self._look(spot.place)) is not None)
        environment = clean_environment(outer, directories=directories, arns=owners)
        outcome = run_reload(wanted.reload, environment=environment, timeout_s=self._reload_timeout_s)
        todo = "Run the command by hand, correct what it complains of, and run up again" if outcome.problem else ""
        return Told(problem=outcome.problem, details=outcome.output, todo=todo)

    def settle(self, target: dict[str, Any], spot: Spot, *, digest: str) -> None:
        wanted = self._decode(target)
        with (
            _wrapped(wanted.path),
            changing(wanted.path, access=None, wait_s=self._lock_wait_s, sleep=self._sleep) as place,
        ):
            held = None if place is None else place.holding()
            if place is None or held is None or held.mark is None or _seen(place, held).digest != digest:
                return
            if held.mark.reload_pending:
                back = "" if held.mark.previous == held.name else held.mark.previous
                place.write_mark(held.name, replace(held.mark, reload_pending=False, previous=back), _access(wanted))
            prune(place, held.name, wanted.keep)
            place.tidy()

    def observe(self, target: dict[str, Any], spot: Spot) -> Seen | None:
        """What the files say, not what the mark says, so that a change by hand shows.

        Raises DeployFailed (deploy.io_failed) when it cannot be told.
        """
        return self._look(self._decode(target).path)

    def _look(self, path: str) -> Seen | None:
        with _wrapped(path), reading(path) as place:
            if place is None:
                return None
            for _ in range(3):  # a version may be pruned between our look at the link and the files
                held = place.holding()
                with suppress(FileNotFoundError):
                    return None if held is None else _seen(place, held)
            return None

    def remove(self, target: dict[str, Any], spot: Spot, *, owner: str) -> bool:
        """The link first, then the versions; or with `onDelete: KEEP` only the ownership. The server is not told: it
        could only fail to find its files."""
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
            if gave_way(place, held, owner, lambda: _access(wanted)):
                return True
            if wanted.on_delete is OnDelete.KEEP and held is not None and held.mark is not None and proven(held):
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


def _endpoint(wanted: DirectoryTarget) -> str:
    """Equal commands are one endpoint, told once for all its places; one that names a place's files is that place's own."""
    if not wanted.reload:
        return ""
    own = wanted.path if any(VARIABLES in argument for argument in wanted.reload) else ""
    return json.dumps([own, *wanted.reload] if own else wanted.reload, ensure_ascii=False)


def _seen(place: Place, held: Holding) -> Seen:
    owner = held.mark.owner if held.mark else ""
    told = held.mark is None or not held.mark.reload_pending
    found = read_pair(place.files(held.name)) if held.name else None
    if found is None:
        return Seen(owner=owner, digest="", fingerprint="", told=told)
    return Seen(owner=owner, digest=found.digest, fingerprint=found.fingerprint, told=told)
