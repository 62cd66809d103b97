"""A remote place belongs to the store: any host observes, renews, moves and removes it (ASC-9, REN-4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders.shelf import Shelf, ShelfDeployer, shelf
from builders.world import PREFIX, World
from certwright.domain.errors import DeployFailed, Refused
from certwright.engine import association, certificates
from certwright.engine.association import Wanted
from certwright.engine.deployer import Material, Spot
from certwright.engine.jobs import JOBS
from certwright.engine.jobs.walk import Walk
from certwright.engine.observation import observe
from certwright.engine.ports import Served
from certwright.engine.records import AssociationRecord, AssociationStatus, AuthorityRecord, LocationRecord


@pytest.fixture
def there() -> Iterator[Shelf]:
    with shelf() as running:
        yield running


@pytest.fixture
def hosts(here: World) -> tuple[World, World]:
    """Two machines on one store, both of which know the kind."""
    knows = replace(
        here, services=replace(here.services, deployers={**here.services.deployers, "shelf": ShelfDeployer()})
    )
    return knows, knows.as_process("there/b/1/1", host="there")


def wanted(there: Shelf, arn: str, name: str = "onShelf", slot: int = 1) -> Wanted:
    return Wanted(
        urn=f"{PREFIX}CertificateAssociation::{name}",
        region="local",
        account="000000000000",
        certificate_arn=arn,
        target={"shelf": {"url": there.url, "slot": slot}},
        verify={},
    )


def put_up(host: World, there: Shelf, arn: str, **more: Any) -> AssociationRecord:
    return association.create(host.services, wanted(there, arn, **more), cancel=host.cancel())[0]


@pytest.mark.proves("REN-4", "ASC-9")
def test_another_host_observes_renews_moves_and_removes_it(
    hosts: tuple[World, World], there: Shelf, issuing: AuthorityRecord
) -> None:
    first, second = hosts
    leaf = first.private(issuing)
    made = put_up(first, there, leaf.arn)
    assert (made.host, made.status) == ("", AssociationStatus.DEPLOYED)
    assert first.one(LocationRecord, arn=made.arn).host == ""
    seen = observe(second.services, made.arn)
    assert seen is not None and (seen.status, seen.elsewhere) == (AssociationStatus.DEPLOYED, False)
    first.clock.advance(timedelta(days=60))
    Walk(services=second.services, jobs=JOBS).round(second.cancel())
    assert there.served[1] == second.version(leaf.arn, 2).fingerprint
    moved = association.update(second.services, made.arn, wanted(there, leaf.arn, slot=2), cancel=second.cancel())
    assert there.served[2] == there.slots[2]["fingerprint"] and moved.deployed_version == 2
    assert association.delete(second.services, made.arn) is True
    assert 2 not in there.slots


@pytest.mark.proves("ASC-1")
def test_its_place_is_taken_from_every_host(hosts: tuple[World, World], there: Shelf, issuing: AuthorityRecord) -> None:
    first, second = hosts
    made = put_up(first, there, first.private(issuing).arn)
    with pytest.raises(Refused) as refused:
        put_up(second, there, first.private(issuing, urn="other").arn, name="second")
    assert refused.value.code == "deploy.place_taken" and made.arn in refused.value.message


@pytest.mark.proves("ASC-9")
def test_what_does_not_answer_is_unreachable_and_not_drifted(
    hosts: tuple[World, World], issuing: AuthorityRecord
) -> None:
    first, second = hosts
    with shelf() as gone:
        made = put_up(first, gone, first.private(issuing).arn)
    seen = observe(second.services, made.arn)
    assert seen is not None and seen.status is AssociationStatus.UNREACHABLE


@pytest.mark.proves("ASC-9")
def test_a_change_by_hand_is_found_and_repaired_from_another_host(
    hosts: tuple[World, World], there: Shelf, issuing: AuthorityRecord
) -> None:
    first, second = hosts
    made = put_up(first, there, first.private(issuing).arn)
    there.slots[1].update(digest="by hand", fingerprint="f00d")
    seen = observe(second.services, made.arn)
    assert seen is not None and seen.status is AssociationStatus.DRIFTED
    again = association.deploy(second.services, made.arn, cancel=second.cancel())
    assert again.status is AssociationStatus.DEPLOYED
    assert there.served[1] == first.version(made.certificate_arn).fingerprint


class BothSlots(ShelfDeployer):
    """Every target has two places, of which the second may refuse."""

    refuses = ""

    def spots(self, target: dict[str, Any]) -> tuple[Spot, ...]:
        return tuple(spot for slot in (1, 2) for spot in super(BothSlots, self).spots({**target, "slot": slot}))

    def put(self, target: Any, spot: Spot, material: Material, *, owner: str, takes_over: tuple[str, ...] = ()) -> bool:
        if spot.place.endswith("/2") and material.fingerprint == self.refuses:
            raise DeployFailed("slot 2 is jammed")
        return super().put(target, spot, material, owner=owner, takes_over=takes_over)


def renewed(host: World, arn: str) -> str:
    """Fingerprint of a second version that is not deployed yet."""
    record = host.record(arn)
    certificates.reissue(host.services, arn, expected_newest=1, spec=record.spec, reason_code="renewal.window_open")
    return host.version(arn, 2).fingerprint


@pytest.mark.proves("ASC-1", "ASC-3")
def test_all_places_of_an_association_get_it_or_none(here: World, there: Shelf, issuing: AuthorityRecord) -> None:
    both = BothSlots()
    host = replace(here, services=replace(here.services, deployers={"shelf": both}))
    made = put_up(host, there, host.private(issuing).arn)
    old = host.version(made.certificate_arn).fingerprint
    assert there.served == {1: old, 2: old}
    both.refuses = renewed(host, made.certificate_arn)
    with pytest.raises(DeployFailed, match="slot 2 is jammed"):
        association.deploy(host.services, made.arn, cancel=host.cancel())
    assert there.served == {1: old, 2: old}
    assert host.one(AssociationRecord, arn=made.arn).status is AssociationStatus.FAILED


@pytest.mark.proves("ASC-1")
def test_what_is_not_served_goes_back_at_all_places(here: World, there: Shelf, issuing: AuthorityRecord) -> None:
    host = replace(here, services=replace(here.services, deployers={"shelf": BothSlots()}))
    made = put_up(host, there, host.private(issuing).arn)
    old = host.version(made.certificate_arn).fingerprint
    renewed(host, made.certificate_arn)
    address = "127.0.0.1:443"
    here.probe.served = {address: Served(address=address, serial="old", fingerprint=old)}
    host.save(replace(host.one(AssociationRecord, arn=made.arn), verify={"endpoints": [address]}))
    with pytest.raises(DeployFailed) as caught:
        association.deploy(host.services, made.arn, cancel=host.cancel())
    assert caught.value.code == "deploy.not_served"
    assert there.served == {1: old, 2: old}
