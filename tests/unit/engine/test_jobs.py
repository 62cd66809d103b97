"""What falls due by itself: what the jobs find, and what a walk does with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from builders.world import DAY, MISSING, World
from certwright.domain.errors import CertwrightError
from certwright.engine import authority, certificates, renewal
from certwright.engine.jobs import JOBS, all_jobs
from certwright.engine.jobs.job import Task
from certwright.engine.jobs.walk import FIRST, FIRST_RETRY, Stepped, Walk, ripe
from certwright.engine.ports import CancelSignal, Reader
from certwright.engine.records import (
    AssociationRecord,
    AuthorityRecord,
    CertificateRecord,
    CertificateStatus,
    DnsPurpose,
    DnsRecord,
    VersionRecord,
)
from certwright.engine.services import Services


def found(here: World) -> list[tuple[str, str]]:
    with here.services.store.read() as reader:
        tasks = ripe(here.services, reader, JOBS, now=here.clock.now())
    return [(f.job.name, f.task.key) for f in tasks]


def walk(here: World, *, rounds: int = 1, jobs: Any = JOBS, **more: Any) -> list[Stepped]:
    walker = Walk(services=here.services, jobs=jobs, **more)
    return [step for _ in range(rounds) for step in walker.round(here.cancel())]


@dataclass
class MadeUp:
    """A job of nobody's: `tasks` are ripe until they have been stepped; one named "bad" fails."""

    tasks: list[Task] = field(default_factory=list)
    stepped: list[str] = field(default_factory=list)
    name: str = "made-up"

    def ripe(self, services: Services, reader: Reader, now: datetime, limit: int) -> list[Task]:
        return [task for task in self.tasks if task.at <= now][:limit]

    def step(self, services: Services, task: Task, cancel: CancelSignal) -> datetime | None:
        self.stepped.append(task.key)
        if task.key == "bad":
            raise CertwrightError("it went wrong", code="made.up")
        self.tasks.remove(task)
        return None


@pytest.mark.proves("REN-4")
def test_a_walk_renews_what_is_due_and_deploys_it_in_one_round(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    made = here.association(record.arn)
    assert found(here) == [] == walk(here)
    here.clock.advance(25 * DAY)
    assert found(here) == [("renew", record.arn)]
    done = walk(here)
    assert [(s.found.job.name, s.problem) for s in done] == [("renew", ""), ("deploy", "")]
    assert here.record(record.arn).serving_version == 2
    assert here.one(AssociationRecord, arn=made.arn).deployed_version == 2
    assert found(here) == []


@pytest.mark.proves("REN-4")
def test_what_was_issued_and_not_deployed_is_found_and_deployed(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    made = here.association(record.arn)
    certificates.reissue(
        here.services, record.arn, expected_newest=1, spec=record.spec, reason_code="renewal.window_open"
    )
    assert found(here) == [("deploy", made.arn)]
    walk(here)
    assert found(here) == []
    assert here.one(AssociationRecord, arn=made.arn).behind_since is None


def test_an_association_stays_behind_while_its_deployment_fails(here: World, issuing: AuthorityRecord) -> None:
    made = here.association(here.private(issuing).arn)
    certificates.reissue(
        here.services,
        made.certificate_arn,
        expected_newest=1,
        spec=here.record(made.certificate_arn).spec,
        reason_code="",
    )
    here.deployer.fails = True
    (step,) = walk(here)
    assert "the disk is full" in step.problem and found(here) == [("deploy", made.arn)]
    here.deployer.fails = False
    walk(here)
    assert found(here) == []


def test_a_version_that_is_issued_while_the_one_before_is_deployed_leaves_it_behind(
    here: World, issuing: AuthorityRecord
) -> None:
    record = here.private(issuing)

    def renew_meanwhile(*_: Any, **__: Any) -> Any:
        if here.record(record.arn).newest_version == 1:
            certificates.reissue(here.services, record.arn, expected_newest=1, spec=record.spec, reason_code="")
        return here.probe(*_, **__)

    there = replace(here, services=replace(here.services, probe=renew_meanwhile))
    made = there.association(record.arn, verify={"endpoints": ["127.0.0.1:1"]})
    assert found(here) == [("deploy", made.arn)]


def test_what_another_host_owns_is_left_to_it(here: World, issuing: AuthorityRecord) -> None:
    made = here.association(here.private(issuing).arn)
    here.save(replace(here.one(AssociationRecord, arn=made.arn), behind_since=here.clock.now()))
    assert found(here.as_process("p", host="there")) == []
    assert found(here) == [("deploy", made.arn)]


@pytest.mark.proves("REN-7")
def test_what_an_earlier_certificate_of_its_authority_has_signed_is_found(here: World) -> None:
    root = here.root()
    record = here.private(root)
    authority.re_sign(here.services, root.arn, expected_newest=1, spec=root.spec, reason_code="renewal.window_open")
    assert found(here) == [("renew", record.arn)]
    walk(here)
    assert (found(here), here.record(record.arn).serving_version) == ([], 2)


def test_a_revoked_one_is_found(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    here.save(replace(here.version(record.arn), status=CertificateStatus.REVOKED))
    assert found(here) == [("renew", record.arn)]
    walk(here)
    assert (found(here), here.record(record.arn).serving_version) == ([], 2)


@pytest.mark.proves("REN-5")
def test_a_pending_one_is_looked_at_once_in_a_round_and_later_again(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    assert found(here) == [("prove", record.arn)]
    walker = Walk(services=here.services, jobs=JOBS)
    here.prover.answers = _Missing()
    (step,) = walker.round(here.cancel())
    assert step.again == here.clock.now() + timedelta(seconds=5) == walker.next_look()
    assert walker.round(here.cancel()) == []
    here.clock.advance(timedelta(seconds=5))
    here.prover.answers = {}
    (step,) = walker.round(here.cancel())
    assert (step.again, here.record(record.arn).serving_version) == (None, 1)


class _Missing(dict[str, Any]):
    """Every name is missing."""

    def get(self, name: str, default: Any = None) -> Any:
        return [MISSING]


def test_a_request_that_timed_out_gets_a_new_attempt(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    here.save(replace(here.version(record.arn), status=CertificateStatus.VALIDATION_TIMED_OUT))
    done = walk(here)
    assert [s.found.job.name for s in done] == ["renew", "prove"]
    assert (here.version(record.arn).attempt, here.record(record.arn).serving_version) == (2, 1)


def test_records_that_nobody_needs_are_swept_by_their_writer(here: World) -> None:
    row = DnsRecord(
        writer="own", name="_x.example.org", type="CNAME", value="y.", arn="", purpose=DnsPurpose.CNAME,
        created_at=here.clock.now(),
    )  # fmt: skip
    here.save(row)
    here.writer.records.add(("_x.example.org", "CNAME", "y."))
    assert found(here) == [("sweep DNS", "own")]
    walk(here)
    assert (here.writer.records, found(here)) == (set(), [])


def test_what_is_blocked_does_not_stand_in_the_way_of_what_comes_behind_it(here: World) -> None:
    root = here.root()
    closed, open_ = here.issuing(root, name="closed"), here.issuing(root, name="open")
    blocked = here.private(closed, urn="first")
    here.clock.advance(timedelta(hours=1))
    free = here.private(open_, urn="second")
    here.save(replace(here.one(AuthorityRecord, arn=closed.arn), enabled=False))
    here.clock.advance(25 * DAY)
    walker = Walk(services=here.services, jobs=JOBS, limit=1)
    first, second = walker.round(here.cancel()), walker.round(here.cancel())
    assert [(s.found.task.key, s.again is None) for s in (*first, *second)] == [
        (blocked.arn, False),
        (free.arn, True),
    ]


@pytest.mark.proves("OPS-1")
def test_whoever_decided_before_another_has_renewed_does_not_renew_again(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    here.clock.advance(25 * DAY)
    with here.services.store.read() as reader:
        plans = [renewal.plan(here.services, reader, record, "wiki", force=False) for _ in range(2)]
    for plan in plans:
        renewal.carry_out(here.services, plan, timeout_s=1, cancel=here.cancel(), progress=lambda _: None)
    assert [v.version for v in here.all(VersionRecord, arn=record.arn)] == [1, 2]


def test_what_is_not_due_is_not_looked_at(here: World, issuing: AuthorityRecord) -> None:
    def questions() -> int:
        with here.services.store.read() as reader:
            counting = _Counting(reader)
            assert ripe(here.services, counting, JOBS, now=here.clock.now()) == []  # type: ignore[arg-type]
        assert CertificateRecord not in counting.kinds
        return len(counting.kinds)

    here.association(here.private(issuing, urn="0").arn)
    few = questions()
    for number in range(1, 12):
        here.private(issuing, urn=str(number))
    assert questions() == few


class _Counting:
    """A reader that remembers which kinds it was asked for."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.kinds: list[type[Any]] = []

    def __getattr__(self, name: str) -> Any:
        def ask(kind: type[Any], *rest: Any, **equals: Any) -> Any:
            self.kinds.append(kind)
            return getattr(self.reader, name)(kind, *rest, **equals)

        return ask


# a job of somebody else's ------------------------------------------------------------------------------------------------


def test_a_made_up_job_is_walked_beside_ours(here: World, issuing: AuthorityRecord) -> None:
    made = MadeUp(tasks=[Task(key="one", at=here.clock.now()), Task(key="later", at=here.clock.now() + DAY)])
    walker = Walk(services=here.services, jobs=(*JOBS, made))
    walker.round(here.cancel())
    walker.round(here.cancel())
    assert made.stepped == ["one"]
    here.clock.advance(DAY)
    walker.round(here.cancel())
    assert made.stepped == ["one", "later"]


def test_what_fails_waits_twice_as_long_each_time_and_stops_nobody(here: World, issuing: AuthorityRecord) -> None:
    made = MadeUp(tasks=[Task(key="bad", at=here.clock.now()), Task(key="good", at=here.clock.now())])
    walker = Walk(services=here.services, jobs=(made,))
    assert [s.problem for s in walker.round(here.cancel())] == ["it went wrong [made.up]", ""]
    for pause in (FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4):
        assert walker.next_look() == here.clock.now() + pause
        here.clock.advance(pause - timedelta(seconds=1))
        assert walker.round(here.cancel()) == []
        here.clock.advance(timedelta(seconds=1))
        assert len(walker.round(here.cancel())) == 1
    assert made.stepped == ["bad", "good", "bad", "bad", "bad"]


def test_a_cancel_ends_a_round_between_two_steps(here: World, issuing: AuthorityRecord) -> None:
    made = MadeUp(tasks=[Task(key="one", at=here.clock.now())])
    assert Walk(services=here.services, jobs=(made,)).round(here.cancel(after=0)) == []
    assert made.stepped == []


def points(**named: str) -> Iterable[EntryPoint]:
    return [EntryPoint(name=name, value=value, group="certwright.jobs") for name, value in named.items()]


def test_a_third_party_adds_a_job_by_an_entry_point() -> None:
    mine = f"{__name__}:MadeUp"
    jobs = all_jobs(found=lambda: points(**{"made-up": mine, "renew": mine}))
    assert [job.name for job in jobs] == [*(job.name for job in JOBS), "made-up"]


def test_one_that_does_not_load_is_named() -> None:
    with pytest.raises(CertwrightError, match=r"'broken' comes from nowhere:Job, which does not load"):
        all_jobs(found=lambda: points(broken="nowhere:Job"))


class Many:
    """More than is asked for first."""

    name = "many"

    def ripe(self, services: Any, reader: Any, now: datetime, limit: int) -> list[Task]:
        return [Task(key=str(number), at=now) for number in range(FIRST + 500)][:limit]

    def step(self, services: Any, task: Task, cancel: Any) -> datetime | None:
        return None


def test_everything_is_found_where_there_is_much(here: World, issuing: AuthorityRecord) -> None:
    with here.services.store.read() as reader:
        assert len(ripe(here.services, reader, [Many()], now=here.clock.now())) == FIRST + 500
        assert len(ripe(here.services, reader, [Many()], now=here.clock.now(), limit=7)) == 7
