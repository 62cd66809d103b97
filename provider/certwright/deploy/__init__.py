"""Targets that a certificate is brought to: one file and one line here for each kind.

Third parties add kinds by the entry-point group `certwright.deployers`; the entry point's name is the kind, its value a
class or function that is called without arguments and gives a `Deployer`. It is loaded when that kind is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from certwright.domain.errors import DeployFailed
from certwright.engine.deployer import Deployer

ENTRY_POINT_GROUP = "certwright.deployers"


def _of(module: str, name: str) -> Callable[[], Deployer]:
    """Makes it from its module, which is imported then: a plugin that starts has no time for targets."""

    def make() -> Deployer:
        made: Deployer = getattr(import_module(f"certwright.deploy.{module}"), name)()
        return made

    return make


DEPLOYERS: tuple[tuple[str, Callable[[], Deployer]], ...] = (("directory", _of("directory", "DirectoryDeployer")),)


def _found() -> Iterable[EntryPoint]:
    return entry_points(group=ENTRY_POINT_GROUP)


def kinds(*, found: Callable[[], Iterable[EntryPoint]] = _found) -> tuple[str, ...]:
    """All kinds, ours first; nothing of a third party is loaded."""
    own = tuple(kind for kind, _ in DEPLOYERS)
    return own + tuple(sorted({point.name for point in found()} - set(own)))


def deployer(kind: str, *, found: Callable[[], Iterable[EntryPoint]] = _found) -> Deployer:
    """The deployer for `kind`. Ours wins over a third party's of the same name.

    Raises DeployFailed: deploy.kind_unknown, deploy.plugin_failed.
    """
    for own, make in DEPLOYERS:
        if own == kind:
            return make()
    for point in found():
        if point.name == kind:
            return _loaded(point)
    raise DeployFailed(
        f"there is no deployment target of kind {kind!r}; known are {', '.join(kinds(found=found))}",
        code="deploy.kind_unknown",
    )


def _loaded(point: EntryPoint) -> Deployer:
    try:
        made: Deployer = point.load()()
    except Exception as error:  # foreign code: whatever it raises, the user must learn whose it is
        raise DeployFailed(
            f"the deployment target {point.name!r} comes from {point.value}, which does not load: "
            f"{type(error).__name__}: {error}",
            code="deploy.plugin_failed",
        ) from error
    return made
