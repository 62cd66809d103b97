"""The contract of deployment targets over every target, and over planted bugs, which it must find."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import target_suite as suite
from builders.shelf import Shelf, ShelfDeployer, shelf
from builders.targets import certificate, private_key
from certwright.deploy import DEPLOYERS
from certwright.deploy.directory import DirectoryDeployer
from certwright.domain.errors import DeployFailed, Unreachable
from certwright.engine.deployer import Material, Part, Spot, Told
from certwright.engine.material import pair
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from servers.tls import Authority


def _materials() -> Any:
    authority, other = Authority(), Authority()
    one, two, rsa = authority.material(1), authority.material(2), authority.material(3, algorithm="RSA")
    longer = one.part(Part.CHAIN) + certificate(other.material(9))
    return suite.Materials(
        one=one,
        two=two,
        rsa=rsa,
        long=_pair(one, chain=longer),
        mixed=_pair(one, key=private_key(two)),
    )


def _pair(of: Material, *, chain: bytes | None = None, key: bytes | None = None) -> Material:
    return pair(
        certificate_pem=certificate(of),
        chain_pem=of.part(Part.CHAIN) if chain is None else chain,
        private_key_pem=private_key(of) if key is None else key,
        fingerprint=of.fingerprint,
        version=of.version,
    )


MATERIALS = _materials()


@contextmanager
def on_a_shelf(tmp_path: Path, make: Callable[[], ShelfDeployer] = ShelfDeployer) -> Iterator[Any]:
    with shelf() as there:
        yield _on(there, make())


def _on(there: Shelf, work: ShelfDeployer) -> Any:
    def slot(spot: Spot) -> int:
        return int(spot.place.rpartition("/")[2])

    def fail(refuses: bool) -> None:
        there.refuses = refuses

    def down() -> None:
        there.answer = _hangs  # type: ignore[method-assign]

    def _hangs(*_: object) -> tuple[int, Any]:
        raise ConnectionAbortedError

    return suite.Stand(
        work=work,
        target={"url": there.url, "slot": 1},
        second={"url": there.url, "slot": 2},
        served=lambda spot: there.served.get(slot(spot), ""),
        tells=lambda: there.turns,
        fail_tell=fail,
        leaks=lambda: "\n".join([*there.asked, *there.answers]),
        down=down,
    )


@contextmanager
def in_a_directory(tmp_path: Path) -> Iterator[Any]:
    """The server is a command that takes note of what it is told, or fails."""
    log, broken = tmp_path / "log", tmp_path / "broken"
    served = tmp_path / "served"
    # A server reads all its files when it is told; what it serves from then on is what lay there.
    script = (
        f'echo "$*" >> {log}; env >> {tmp_path / "environment"}; [ ! -e {broken} ] || exit 1; '
        f"for d in {tmp_path}/one {tmp_path}/two; do [ ! -e $d/current/cert.pem ] || "
        f"cp $d/current/cert.pem {served}-$(basename $d); done"
    )
    reload = ["sh", "-c", script, "told"]

    def seen(spot: Spot) -> str:
        file = Path(f"{served}-{Path(spot.place).name}")
        if not file.exists():
            return ""
        return x509.load_pem_x509_certificate(file.read_bytes()).fingerprint(hashes.SHA256()).hex()

    def fail(fails: bool) -> None:
        broken.touch() if fails else broken.unlink()

    def leaks() -> str:
        readable = [p for p in tmp_path.rglob("*") if p.is_file() and os.stat(p).st_mode & 0o044]
        return "\n".join(p.read_text() for p in readable)

    yield suite.Stand(
        work=DirectoryDeployer(),
        target={"path": str(tmp_path / "one"), "reload": reload},
        second={"path": str(tmp_path / "two"), "reload": reload},
        served=seen,
        tells=lambda: len(log.read_text().splitlines()) if log.exists() else 0,
        fail_tell=fail,
        leaks=leaks,
    )


STANDS: dict[str, Callable[[Path], Any]] = {"directory": in_a_directory, "shelf": on_a_shelf}


def test_every_registered_target_has_a_stand() -> None:
    assert {kind for kind, _ in DEPLOYERS} <= set(STANDS)


@pytest.mark.proves("ASC-1", "ASC-6", "SEC-5")
@pytest.mark.parametrize("check", suite.CHECKS)
@pytest.mark.parametrize("kind", STANDS)
def test_a_target_keeps_its_contract(kind: str, check: str, tmp_path: Path) -> None:
    with STANDS[kind](tmp_path) as stand:
        suite.CHECKS[check](stand, MATERIALS)


# --- planted bugs: the suite itself is tried ------------------------------------------------------------------------


class TakesAnybodys(ShelfDeployer):
    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        held = self.call("GET", spot.place)
        mine = (held["owner"],) if held else ()
        return super().put(target, spot, material, owner=owner, takes_over=(*takes_over, *mine))


class WritesAlways(ShelfDeployer):
    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        super().put(target, spot, material, owner=owner, takes_over=takes_over)
        self.call("PUT", spot.place, self.content(material, owner, material.fingerprint))
        return True


class JudgesNothing(ShelfDeployer):
    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        mixed = material.part(Part.PRIVATE_KEY) == MATERIALS.mixed.part(Part.PRIVATE_KEY)
        if mixed and material.fingerprint == MATERIALS.mixed.fingerprint:
            self.call("PUT", spot.place, {**self.content(material, owner, material.fingerprint), "digest": "mixed"})
            return True
        return super().put(target, spot, material, owner=owner, takes_over=takes_over)


class EqualIsEnough(ShelfDeployer):
    """What certctl does: equal bytes end the deployment, although nobody was told."""

    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        changed = super().put(target, spot, material, owner=owner, takes_over=takes_over)
        held = self.call("GET", spot.place)
        if not changed and held is not None:
            self.mark_told(spot, held)
        return changed


class ToldAtOnce(ShelfDeployer):
    def content(self, material: Material, owner: str, fingerprint: str) -> dict[str, Any]:
        return {**super().content(material, owner, fingerprint), "told": True}


class ForgetsTheChain(ShelfDeployer):
    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        held = self.call("GET", spot.place)
        if held is not None and held["fingerprint"] == material.fingerprint:
            return False
        return super().put(target, spot, material, owner=owner, takes_over=takes_over)


class TellsEach(ShelfDeployer):
    def tell(self, target: Any, spots: tuple[Spot, ...], cancel: Any) -> Told:
        return [super(TellsEach, self).tell(target, (spot,), cancel) for spot in spots][-1]


class SwallowsFailure(ShelfDeployer):
    def tell(self, target: Any, spots: tuple[Spot, ...], cancel: Any) -> Told:
        super().tell(target, spots, cancel)
        return Told()


class SettlesBlindly(ShelfDeployer):
    def settle(self, target: Any, spot: Spot, *, digest: str) -> None:
        held = self.call("GET", spot.place)
        if held is not None:
            self.mark_told(spot, held)


class RemovesAnybodys(ShelfDeployer):
    def remove(self, target: Any, spot: Spot, *, owner: str) -> bool:
        self.call("DELETE", spot.place)
        return True


class RemovesNothing(ShelfDeployer):
    def remove(self, target: Any, spot: Spot, *, owner: str) -> bool:
        held = self.call("GET", spot.place)
        return held is not None and held["owner"] == owner


class KeyInTheAddress(ShelfDeployer):
    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        shown = material.part(Part.PRIVATE_KEY).decode().replace("\n", "").replace(" ", "%20")
        self.call("GET", f"{spot.place}?key={shown}")
        return super().put(target, spot, material, owner=owner, takes_over=takes_over)


class CallsDownWrong(ShelfDeployer):
    def call(self, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        try:
            return super().call(method, url, body)
        except Unreachable as problem:
            raise DeployFailed(problem.message) from None


class KeepsTheOldOwner(ShelfDeployer):
    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        held = self.call("GET", spot.place)
        changed = super().put(target, spot, material, owner=owner, takes_over=takes_over)
        if changed and held is not None and (now := self.call("GET", spot.place)) is not None:
            self.call("PUT", spot.place, {**now, "owner": held["owner"]})
        return changed


class OnePlaceForAll(ShelfDeployer):
    def spots(self, target: dict[str, Any]) -> tuple[Spot, ...]:
        (spot,) = super().spots({**target, "slot": 1})
        return (spot,)


class NeverReplaces(ShelfDeployer):
    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        if self.call("GET", spot.place) is not None:
            return False
        return super().put(target, spot, material, owner=owner, takes_over=takes_over)


PLANTED: dict[type[ShelfDeployer], str] = {
    OnePlaceForAll: "nothing_is_there_at_first",
    ToldAtOnce: "what_is_put_is_seen_with_its_owner",
    WritesAlways: "the_same_again_writes_nothing",
    EqualIsEnough: "what_was_put_and_not_told_stays_so",
    NeverReplaces: "another_key_replaces_it",
    ForgetsTheChain: "another_chain_replaces_it",
    JudgesNothing: "a_mismatched_pair_never_gets_there",
    TakesAnybodys: "anothers_place_is_refused_by_name",
    KeepsTheOldOwner: "a_successor_takes_it_over",
    TellsEach: "one_tell_is_for_all_places",
    SwallowsFailure: "a_tell_that_fails_says_so_and_the_engine_goes_back",
    RemovesNothing: "a_first_one_that_fails_leaves_nothing",
    SettlesBlindly: "what_came_meanwhile_is_not_settled",
    RemovesAnybodys: "its_owner_removes_it_once",
    KeyInTheAddress: "no_key_is_where_a_neighbour_can_read_it",
    CallsDownWrong: "what_does_not_answer_is_not_wrong",
}


def test_each_check_finds_a_bug_of_its_own() -> None:
    assert sorted(PLANTED.values()) == sorted(suite.CHECKS)


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_the_suite_finds_a_planted_bug(bug: type[ShelfDeployer], tmp_path: Path) -> None:
    with on_a_shelf(tmp_path, bug) as stand, pytest.raises((AssertionError, DeployFailed, pytest.fail.Exception)):
        suite.CHECKS[PLANTED[bug]](stand, MATERIALS)


def test_materials_differ_where_the_suite_needs_it() -> None:
    digests = {each.digest for each in (MATERIALS.one, MATERIALS.two, MATERIALS.rsa, MATERIALS.long)}
    assert len(digests) == 4 and MATERIALS.mixed.digest == MATERIALS.one.digest
    assert replace(MATERIALS.one) == MATERIALS.one
