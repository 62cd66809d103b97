"""Two threads, two stores, one file: whoever comes second finds the work done (OPS-1)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from builders.world import World, world
from certwright.engine import association, authority, certificates, validation
from certwright.engine.records import (
    AssociationRecord,
    AuthorityRecord,
    AuthorityVersionRecord,
    SerialRecord,
    VersionRecord,
)
from certwright.issuers.bundled import ensure_bundled


def together(*acts: Callable[[], object]) -> None:
    """Run all at once and raise what one of them raised."""
    start, problems = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        start.wait(10)
        try:
            act()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if problems:
        raise problems[0]


@pytest.mark.proves("OPS-1", "SEC-5")
def test_a_renewal_by_four_at_once_makes_one_version(tmp_path: Path, here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    with world(tmp_path, seed=2) as there:  # the same store, opened a second time

        def renew(who: World) -> Callable[[], object]:
            return lambda: certificates.reissue(
                who.services, record.arn, expected_newest=1, spec=record.spec, reason_code="renewal.window_open"
            )

        together(renew(here), renew(there), renew(here), renew(there))
    assert [v.version for v in here.all(VersionRecord, arn=record.arn)] == [1, 2]
    assert len(here.all(SerialRecord, issuer_arn=issuing.arn)) == 2
    assert here.record(record.arn).serving_version == 2
    assert here.audit().count(("renew", "done")) == 1


@pytest.mark.proves("OPS-1", "VAL-1")
def test_a_validation_by_two_at_once_issues_once(tmp_path: Path, here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    with world(tmp_path, seed=2) as there:

        def drive(who: World) -> Callable[[], object]:
            return lambda: validation.drive(
                who.services, record.arn, timeout_s=30, cancel=who.cancel(), progress=lambda line: None
            )

        together(drive(here), drive(there))
    assert len(here.all(SerialRecord, issuer_arn=issuing.arn)) == 1
    assert here.audit().count(("issue", "done")) == 1


@pytest.mark.proves("CRT-12", "OPS-1")
def test_the_bundled_issuer_is_made_once(tmp_path: Path, here: World) -> None:
    here.root()  # a store is there
    with world(tmp_path, seed=2) as there:
        acts = [
            lambda who=who: ensure_bundled(who.services, region="local", account="000000000000")
            for who in (here, there, here, there)
        ]
        together(*acts)
    bundled = [a for a in here.all(AuthorityRecord) if a.urn.startswith("certwright:bundled:")]
    assert sorted(a.type for a in bundled) == ["ROOT", "SUBORDINATE"]


@pytest.mark.proves("OPS-1", "REN-7")
def test_a_re_signing_by_two_at_once_makes_one_version(tmp_path: Path, here: World) -> None:
    root = here.root()
    with world(tmp_path, seed=2) as there:

        def sign(who: World) -> Callable[[], object]:
            # The second one decided before the first had done it.
            return lambda: authority.re_sign(
                who.services, root.arn, expected_newest=1, spec=root.spec, reason_code="renewal.window_open"
            )

        together(sign(here), sign(there))
    assert [v.version for v in here.all(AuthorityVersionRecord, arn=root.arn)] == [1, 2]
    assert here.audit().count(("ca.sign", "done")) == 2


@pytest.mark.proves("ASC-1", "OPS-1")
def test_two_deployments_of_one_association_leave_one_whole_pair(
    tmp_path: Path, here: World, issuing: AuthorityRecord
) -> None:
    made = here.association(here.private(issuing).arn)

    def deploy() -> object:
        return association.deploy(here.services, made.arn, cancel=here.cancel())

    together(deploy, deploy)
    (stored,) = here.all(AssociationRecord)
    assert stored.deployed_fingerprint == here.deployer.places["/srv/tls"][1].fingerprint
