"""Targets that a certificate is brought to: one file and one line here for each kind.

Third parties add kinds by the entry-point group `certwright.deployers`; the entry point's name is the kind, its value a
class or function that is called without arguments and gives a `Deployer`. It is loaded when that kind is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from certwright.domain.errors import DeployFailed
from certwright.engine.deployer import Deployer
from certwright.engine.kinds import Kinds, Maker, of_module

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "certwright.deployers"
Found = Callable[[], "Iterable[EntryPoint]"]

DEPLOYERS: tuple[tuple[str, Maker], ...] = (
    ("directory", of_module("certwright.deploy.directory", "DirectoryDeployer")),
)


def _known(found: Found | None) -> Kinds:
    return Kinds(DEPLOYERS, group=ENTRY_POINT_GROUP, broken=_broken, found=found)


def _broken(point: EntryPoint, seen: str) -> DeployFailed:
    message = f"the deployment target {point.name!r} comes from {point.value}, which does not load: {seen}"
    return DeployFailed(message, code="deploy.plugin_failed")


def kinds(*, found: Found | None = None) -> tuple[str, ...]:
    """All kinds, ours first; nothing of a third party is loaded."""
    return tuple(_known(found))


def deployer(kind: str, *, found: Found | None = None) -> Deployer:
    """The deployer for `kind`. Ours wins over a third party's of the same name.

    Raises DeployFailed: deploy.kind_unknown, deploy.plugin_failed.
    """
    known = _known(found)
    try:
        make = known[kind]
    except KeyError:
        raise DeployFailed(
            f"there is no deployment target of kind {kind!r}; known are {', '.join(known)}",
            code="deploy.kind_unknown",
        ) from None
    made: Deployer = make()
    return made
