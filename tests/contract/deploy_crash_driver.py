"""Kills a deployment at each of its operations on files in turn, and says what each crash left.

Run as a program of one thread: it forks a child for each crash. The child counts Python's audit events for operations
on files and kills itself with SIGKILL before the N-th. Input: a JSON file with two bundles and the place; output: a
JSON line for each crash.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from builders.targets import bring, material_from, remove, seen_at
from certwright.deploy.directory import DirectoryDeployer
from certwright.engine.deployer import Material

_COUNTED = ("open", "os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "subprocess.Popen")


def _crash_at(count: int, action: str, target: dict[str, Any], bundle: Material) -> bool:
    """Whether the child was killed; False when it came to its end before the `count`-th operation."""
    pid = os.fork()
    if pid == 0:
        left = count

        def hook(event: str, _: tuple[Any, ...]) -> None:
            nonlocal left
            if event in _COUNTED:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        _act(action, target, bundle)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise AssertionError("the child failed")
    return os.WIFSIGNALED(status)


def _act(action: str, target: dict[str, Any], bundle: Material) -> None:
    if action == "remove":
        remove(DirectoryDeployer(), target, owner="arn:a")
    else:
        bring(DirectoryDeployer(), target, bundle, owner="arn:a")


def _files(place: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in (place / "current").glob("*.pem")}


def _widest(place: Path) -> int:
    """All mode bits that any file has."""
    return reduce(or_, (path.stat().st_mode & 0o777 for path in place.rglob("*") if not path.is_symlink()), 0)


def main(job: dict[str, Any]) -> None:
    os.umask(0)  # the modes are the deployer's own doing
    place, log = Path(job["place"]), Path(job["log"])
    target = {"path": str(place), "reload": ["sh", "-c", f'sha256sum < "$CERTWRIGHT_CERT_PATH" >> {log}'], "keep": 1}
    old, new = material_from(job["old"]), material_from(job["new"])
    for count in range(1, 500):
        shutil.rmtree(place, ignore_errors=True)
        if job["start"] == "old":
            bring(DirectoryDeployer(), target, old, owner="arn:a")
        log.write_text("")
        killed = _crash_at(count, job["action"], target, new)
        after, widest = _files(place), _widest(place)
        _act(job["action"], target, new)
        seen = seen_at(DirectoryDeployer(), target)
        left = sorted(str(path.relative_to(place)) for path in place.rglob("*")) if place.exists() else []
        print(json.dumps({
            "count": count, "killed": killed, "after": after, "widest": widest, "finished": _files(place), "left": left,
            "fingerprint": seen.fingerprint if seen else "", "told": log.read_text().split()[-2:-1],
        }))  # fmt: skip
        if not killed:
            return


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
