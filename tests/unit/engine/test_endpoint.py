"""One tell for an endpoint, however many associations share it, and who is to blame when it fails (REN-9)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from builders.world import World
from certwright.domain.errors import DeployFailed
from certwright.engine import association, certificates, locations
from certwright.engine.deployer import Told
from certwright.engine.material import material_of
from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    AuthorityRecord,
    LocationRecord,
    LocationStatus,
)

RELOAD = ["systemctl", "reload", "nginx"]


@pytest.fixture
def bound(here: World, issuing: AuthorityRecord) -> list[AssociationRecord]:
    """Five certificates at five places of one server, and a second version of each that is not deployed yet."""
    made = []
    for number in range(5):
        leaf = here.private(issuing, urn=f"wiki{number}")
        made.append(here.association(leaf.arn, f"t{number}", place=f"/srv/{number}", target={"reload": RELOAD}))
        certificates.reissue(
            here.services,
            leaf.arn,
            expected_newest=1,
            spec=here.record(leaf.arn).spec,
            reason_code="renewal.window_open",
        )
    here.deployer.tells.clear()
    return made


@contextmanager
def put_together(here: World, count: int) -> Iterator[None]:
    """Nobody's put ends before all have come to it: each then finds the others at work."""
    start, put = threading.Barrier(count), here.deployer.put
    seen: set[int] = set()

    def waiting(*args: object, **named: object) -> bool:
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            start.wait(30)
        return put(*args, **named)  # type: ignore[arg-type]

    here.deployer.put = waiting  # type: ignore[method-assign]
    try:
        yield
    finally:
        here.deployer.put = put  # type: ignore[method-assign]


def deploy_all(here: World, bound: Sequence[AssociationRecord]) -> dict[str, DeployFailed]:
    """Each in a thread of its own. Association → why it failed."""
    problems: dict[str, DeployFailed] = {}

    def deploy(arn: str) -> None:
        try:
            association.deploy(here.services, arn, cancel=threading.Event())
        except DeployFailed as problem:
            problems[arn] = problem

    threads = [threading.Thread(target=deploy, args=(each.arn,)) for each in bound]
    with put_together(here, len(bound)):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    return problems


def versions(here: World, bound: Sequence[AssociationRecord]) -> list[int]:
    return [here.deployer.places[each.place][1].version for each in bound]


@pytest.mark.proves("REN-9", "ASC-7")
def test_all_who_come_together_are_told_of_once(here: World, bound: list[AssociationRecord]) -> None:
    assert deploy_all(here, bound) == {}
    assert [sorted(told) for told in here.deployer.tells] == [[each.place for each in bound]]
    assert versions(here, bound) == [2] * 5 and here.deployer.untold == set()
    assert {a.status for a in here.all(AssociationRecord)} == {AssociationStatus.DEPLOYED}
    rows = here.all(LocationRecord)
    assert {row.status for row in rows} == {LocationStatus.PROVED}
    assert all(row.wanted_digest == row.put_digest == row.told_digest == row.proved_digest for row in rows)
    assert len({row.endpoint for row in rows}) == 1


@pytest.mark.proves("SEC-5")
def test_what_was_put_by_one_who_died_is_told_by_the_next_although_its_bytes_are_equal(
    here: World, bound: list[AssociationRecord]
) -> None:
    tell = here.deployer.tell

    def killed(*_: object) -> object:
        raise KeyboardInterrupt

    here.deployer.tell = killed  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        association.deploy(here.services, bound[0].arn, cancel=here.cancel())
    here.deployer.tell = tell  # type: ignore[method-assign]
    assert here.one(LocationRecord, arn=bound[0].arn).status is LocationStatus.PUT
    association.deploy(here.services, bound[1].arn, cancel=here.cancel())
    assert sorted(here.deployer.tells[0]) == ["/srv/0", "/srv/1"]  # the next at this endpoint tells for both
    here.deployer.tells.clear()
    association.deploy(here.services, bound[0].arn, cancel=here.cancel())
    assert here.deployer.tells == [("/srv/0",)] and here.deployer.untold == set()


@pytest.mark.proves("ASC-1")
def test_the_guilty_one_is_named_and_goes_back_and_the_others_are_served(
    here: World, bound: list[AssociationRecord]
) -> None:
    guilty = bound[2]
    here.deployer.tell_fails = {here.version(guilty.certificate_arn).fingerprint}
    problems = deploy_all(here, bound)
    assert set(problems) == {guilty.arn}
    assert "/srv/2" in problems[guilty.arn].message and problems[guilty.arn].code == "deploy.reload_failed"
    assert versions(here, bound) == [2, 2, 1, 2, 2]
    assert here.one(AssociationRecord, arn=guilty.arn).status is AssociationStatus.FAILED
    assert here.one(LocationRecord, arn=guilty.arn).status is LocationStatus.ROLLED_BACK
    others = [here.one(LocationRecord, arn=each.arn).status for each in bound if each is not guilty]
    assert set(others) == {LocationStatus.PROVED}


def test_a_server_that_is_broken_by_itself_gets_all_old_pairs_back(here: World, bound: list[AssociationRecord]) -> None:
    here.deployer.tell_fails = {material.fingerprint for _, material in here.deployer.places.values()}
    here.deployer.tell_fails |= {here.version(each.certificate_arn).fingerprint for each in bound}
    with pytest.raises(DeployFailed):
        association.deploy(here.services, bound[0].arn, cancel=here.cancel())
    assert versions(here, bound) == [1] * 5


@pytest.mark.proves("ASC-1", "SEC-5")
def test_who_was_taken_back_by_another_ones_failure_is_never_called_deployed_while_the_old_pair_lies_there(
    here: World, bound: list[AssociationRecord]
) -> None:
    """The endpoint refuses everything twice (the tell, and the one after all went back), then takes everything."""
    two, tell, calls = bound[:2], here.deployer.tell, []

    def refusing(target: Any, spots: Any, cancel: Any) -> Told:
        calls.append(spots)
        return Told(problem="the server is busy") if len(calls) <= 2 else tell(target, spots, cancel)

    here.deployer.tell = refusing  # type: ignore[method-assign]
    problems = deploy_all(here, two)
    assert len(problems) == 1 and len(calls) == 3
    for each in two:
        lies = here.deployer.places[each.place][1].version
        assert lies == here.one(AssociationRecord, arn=each.arn).deployed_version == (1 if each.arn in problems else 2)


@pytest.mark.proves("ASC-1", "SEC-5")
def test_a_place_that_a_dead_teller_took_back_is_not_told_of_as_new(
    here: World, bound: list[AssociationRecord]
) -> None:
    other = bound[1]
    row = here.one(LocationRecord, arn=other.arn)
    with here.services.store.read() as reader:
        newest = material_of(here.services.vault, reader, here.version(other.certificate_arn))
    assert newest is not None
    here.save(replace(row, status=LocationStatus.PUT, put_digest=newest.digest, told_digest=""))
    association.deploy(here.services, bound[0].arn, cancel=here.cancel())
    assert here.one(LocationRecord, arn=other.arn).status is LocationStatus.PUT
    done = association.deploy(here.services, other.arn, cancel=here.cancel())
    assert done.deployed_version == here.deployer.places[other.place][1].version == 2


@pytest.mark.proves("ASC-9")
def test_the_same_command_on_another_host_is_another_endpoint(here: World, bound: list[AssociationRecord]) -> None:
    there = here.as_process("there/b/1/1", host="there")
    leaf = bound[0].certificate_arn
    made = there.association(leaf, "elsewhere", place="/srv/elsewhere", target={"reload": RELOAD})
    keys = {here.one(LocationRecord, arn=arn).endpoint for arn in (bound[0].arn, made.arn)}
    assert len(keys) == 2


def test_an_association_is_as_its_worst_place() -> None:
    assert locations.shown([LocationStatus.PROVED, LocationStatus.PROVED]) is AssociationStatus.DEPLOYED
    assert locations.shown([LocationStatus.PROVED, LocationStatus.TOLD]) is AssociationStatus.PENDING
    assert locations.shown([LocationStatus.UNREACHABLE, LocationStatus.HELD]) is AssociationStatus.UNREACHABLE
    assert locations.shown([LocationStatus.DRIFTED, LocationStatus.UNREACHABLE]) is AssociationStatus.DRIFTED
    assert locations.shown([LocationStatus.PROVED, LocationStatus.ROLLED_BACK]) is AssociationStatus.FAILED
    assert {locations.shown([status]) for status in LocationStatus} <= set(AssociationStatus)


def test_a_deletion_leaves_no_row(here: World, bound: list[AssociationRecord]) -> None:
    association.delete(here.services, bound[0].arn)
    assert here.all(LocationRecord, arn=bound[0].arn) == []
    assert len(here.all(LocationRecord)) == 4


def test_a_place_that_moves_leaves_no_row(here: World, bound: list[AssociationRecord]) -> None:
    record = here.one(AssociationRecord, arn=bound[0].arn)
    here.save(replace(record, target={"directory": {"path": "/srv/moved", "reload": RELOAD}}, place="/srv/moved"))
    association.deploy(here.services, record.arn, cancel=here.cancel())
    assert [row.place for row in here.all(LocationRecord, arn=record.arn)] == ["/srv/moved"]
