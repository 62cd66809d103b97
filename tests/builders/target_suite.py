"""What every deployment target promises, without a path in it: a target brings a `Stand`, the suite brings the checks.

Each check takes a stand that is empty and fails by an assertion. `CHECKS` names them; `test_targets` runs them over every
target, and over targets with a planted bug, of which each must fail the check that is named with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from certwright.domain.errors import DeployFailed, Unreachable
from certwright.engine.deployer import Deployer, Material, Reach, Spot, Told
from certwright.engine.placing import WayBack

from builders.targets import bring, private_key

A, B = "arn:certwright:deploy:local:0:association/a", "arn:certwright:deploy:local:0:association/b"


@dataclass(frozen=True, kw_only=True)
class Materials:
    """one and two have keys of their own; long and short are one's with another chain; mixed has two's key."""

    one: Material
    two: Material
    rsa: Material
    long: Material
    mixed: Material


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A target ready to be tried. `served` and `tells` come by means of the stand's own, not by the target's word."""

    work: Deployer
    target: dict[str, Any]
    second: dict[str, Any]  # another place of the same endpoint
    served: Callable[[Spot], str]  # fingerprint, "" where nothing is served
    tells: Callable[[], int]
    fail_tell: Callable[[bool], None]
    leaks: Callable[[], str]  # all that a neighbour could read: arguments, environment, logs, answers
    down: Callable[[], None] | None = None

    def spot(self, target: dict[str, Any] | None = None) -> Spot:
        (spot,) = self.work.spots(target or self.target)
        return spot

    def put(self, material: Material, *, owner: str = A, takes_over: tuple[str, ...] = ()) -> bool:
        return self.work.put(self.target, self.spot(), material, owner=owner, takes_over=takes_over)

    def tell(self, *targets: dict[str, Any]) -> Told:
        spots = tuple(self.spot(target) for target in targets or (self.target,))
        return self.work.tell(self.target, spots, threading.Event())

    def told(self, material: Material) -> None:
        """Put, told and settled."""
        bring(self.work, self.target, material, owner=A)


def nothing_is_there_at_first(stand: Stand, of: Materials) -> None:
    assert stand.work.observe(stand.target, stand.spot()) is None
    assert stand.spot() == stand.spot(), "spots follow from the settings alone"
    assert stand.spot().place != stand.spot(stand.second).place
    assert stand.spot().endpoint == stand.spot(stand.second).endpoint != ""


def what_is_put_is_seen_with_its_owner(stand: Stand, of: Materials) -> None:
    assert stand.put(of.one) is True
    seen = stand.work.observe(stand.target, stand.spot())
    assert seen is not None
    assert (seen.owner, seen.digest, seen.fingerprint) == (A, of.one.digest, of.one.fingerprint)
    assert not seen.told, "nobody has told the endpoint yet"


def the_same_again_writes_nothing(stand: Stand, of: Materials) -> None:
    stand.told(of.one)
    tells = stand.tells()
    assert stand.put(of.one) is False
    seen = stand.work.observe(stand.target, stand.spot())
    assert seen is not None and seen.told and stand.tells() == tells


def what_was_put_and_not_told_stays_so(stand: Stand, of: Materials) -> None:
    """A kill between put and tell: bytes are equal, and the next run has to tell."""
    stand.put(of.one)
    stand.put(of.one)
    seen = stand.work.observe(stand.target, stand.spot())
    assert seen is not None and not seen.told
    stand.told(of.one)
    assert stand.tells() == 1 and stand.served(stand.spot()) == of.one.fingerprint


def another_key_replaces_it(stand: Stand, of: Materials) -> None:
    for material in (of.one, of.two, of.rsa, of.one):
        stand.told(material)
        assert stand.served(stand.spot()) == material.fingerprint


def another_chain_replaces_it(stand: Stand, of: Materials) -> None:
    for material in (of.one, of.long, of.one):
        stand.told(material)
        seen = stand.work.observe(stand.target, stand.spot())
        assert seen is not None and seen.digest == material.digest


def a_mismatched_pair_never_gets_there(stand: Stand, of: Materials) -> None:
    stand.told(of.one)
    _refused(lambda: stand.put(of.mixed), "deploy.pair_mismatch")
    seen = stand.work.observe(stand.target, stand.spot())
    assert seen is not None and seen.digest == of.one.digest


def anothers_place_is_refused_by_name(stand: Stand, of: Materials) -> None:
    stand.told(of.one)
    problem = _refused(lambda: stand.put(of.two, owner=B), "deploy.place_taken")
    assert A in str(problem)
    assert stand.work.remove(stand.target, stand.spot(), owner=B) is False
    assert stand.served(stand.spot()) == of.one.fingerprint


def a_successor_takes_it_over(stand: Stand, of: Materials) -> None:
    stand.told(of.one)
    assert stand.put(of.two, owner=B, takes_over=(A,)) is True
    seen = stand.work.observe(stand.target, stand.spot())
    assert seen is not None and seen.owner == B
    assert stand.work.remove(stand.target, stand.spot(), owner=A) is False


def one_tell_is_for_all_places(stand: Stand, of: Materials) -> None:
    stand.put(of.one)
    stand.work.put(stand.second, stand.spot(stand.second), of.two, owner=B)
    assert stand.tell(stand.target, stand.second) == Told()
    assert stand.tells() == 1
    assert stand.served(stand.spot()) == of.one.fingerprint
    assert stand.served(stand.spot(stand.second)) == of.two.fingerprint


def a_tell_that_fails_says_so_and_the_engine_goes_back(stand: Stand, of: Materials) -> None:
    stand.told(of.one)
    stand.fail_tell(True)
    stand.put(of.two)
    assert stand.tell().problem
    stand.fail_tell(False)
    assert stand.put(of.one) is True, "the way back is a put"
    assert stand.tell() == Told()
    assert stand.served(stand.spot()) == of.one.fingerprint


def a_first_one_that_fails_leaves_nothing(stand: Stand, of: Materials) -> None:
    stand.fail_tell(True)
    _refused(lambda: bring(stand.work, stand.target, of.one, owner=A, way=WayBack(owner=A)), "deploy.reload_failed")
    assert stand.work.observe(stand.target, stand.spot()) is None


def what_came_meanwhile_is_not_settled(stand: Stand, of: Materials) -> None:
    stand.put(of.one)
    stand.put(of.two)
    stand.work.settle(stand.target, stand.spot(), digest=of.one.digest)
    seen = stand.work.observe(stand.target, stand.spot())
    assert seen is not None and not seen.told


def its_owner_removes_it_once(stand: Stand, of: Materials) -> None:
    stand.told(of.one)
    assert stand.work.remove(stand.target, stand.spot(), owner=A) is True
    assert stand.work.observe(stand.target, stand.spot()) is None
    assert stand.work.remove(stand.target, stand.spot(), owner=A) is False
    stand.told(of.two)
    assert stand.served(stand.spot()) == of.two.fingerprint


def no_key_is_where_a_neighbour_can_read_it(stand: Stand, of: Materials) -> None:
    for material in (of.one, of.two):
        stand.told(material)
        lines = [line for line in private_key(material).decode().splitlines() if line and "-----" not in line]
        assert not any(line in stand.leaks() for line in lines)


def what_does_not_answer_is_not_wrong(stand: Stand, of: Materials) -> None:
    if stand.down is None:
        assert stand.work.reach is Reach.LOCAL, "what is remote can be down"
        return
    stand.told(of.one)
    stand.down()
    for act in (lambda: stand.put(of.two), lambda: stand.work.observe(stand.target, stand.spot())):
        with pytest.raises(DeployFailed) as caught:
            act()
        assert isinstance(caught.value, Unreachable), "nothing can be said of what is down"


def _refused(act: Callable[[], object], code: str) -> DeployFailed:
    with pytest.raises(DeployFailed) as caught:
        act()
    assert caught.value.code == code, caught.value.code
    assert "PRIVATE KEY" not in str(caught.value)
    return caught.value


CHECKS: dict[str, Callable[[Stand, Materials], None]] = {
    check.__name__: check
    for check in (
        nothing_is_there_at_first,
        what_is_put_is_seen_with_its_owner,
        the_same_again_writes_nothing,
        what_was_put_and_not_told_stays_so,
        another_key_replaces_it,
        another_chain_replaces_it,
        a_mismatched_pair_never_gets_there,
        anothers_place_is_refused_by_name,
        a_successor_takes_it_over,
        one_tell_is_for_all_places,
        a_tell_that_fails_says_so_and_the_engine_goes_back,
        a_first_one_that_fails_leaves_nothing,
        what_came_meanwhile_is_not_settled,
        its_owner_removes_it_once,
        no_key_is_where_a_neighbour_can_read_it,
        what_does_not_answer_is_not_wrong,
    )
}
