"""What the engine does with a target, without a store: for tests of a target alone."""

from __future__ import annotations

import threading
from typing import Any

from certwright.engine.deployer import Deployer, Material, Part, Seen
from certwright.engine.placing import Placing, WayBack, go_back, not_told, put, settle, tell


def placing(
    work: Deployer, target: dict[str, Any], material: Material, *, owner: str, takes_over: tuple[str, ...] = ()
) -> Placing:
    (spot,) = work.spots(target)
    return Placing(
        owner=owner, kind=work.kind, deployer=work, target=target, spot=spot, material=material, takes_over=takes_over
    )


def bring(
    work: Deployer,
    target: dict[str, Any],
    material: Material,
    *,
    owner: str,
    takes_over: tuple[str, ...] = (),
    way: WayBack | None = None,
) -> None:
    """Put, tell what was not told, settle. A tell that fails goes the way back, and raises."""
    wanted = placing(work, target, material, owner=owner, takes_over=takes_over)
    if not put(wanted):
        return
    told = tell([wanted], cancel=threading.Event())
    if told.problem:
        back = go_back(wanted, way or WayBack(owner=owner), problem=told.problem, cancel=threading.Event())
        raise not_told(wanted, told, back)
    settle(wanted)


def seen_at(work: Deployer, target: dict[str, Any]) -> Seen | None:
    return work.observe(target, work.spots(target)[0])


def remove(work: Deployer, target: dict[str, Any], *, owner: str) -> bool:
    return work.remove(target, work.spots(target)[0], owner=owner)


def certificate(material: Material) -> bytes:
    return material.part(Part.CERTIFICATE)


def private_key(material: Material) -> bytes:
    return material.part(Part.PRIVATE_KEY)


def chain(material: Material) -> bytes:
    return material.part(Part.CHAIN)


def material_from(wire: dict[str, Any]) -> Material:
    """What another process was given as JSON."""
    parts = {Part(part): pem.encode() for part, pem in wire["parts"].items()}
    return Material(parts=parts, digest=wire["digest"], fingerprint=wire["fingerprint"], version=wire["version"])
