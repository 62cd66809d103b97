"""Callers that come together share a round, and each gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from builders.world import ACCOUNT, PREFIX, World
from certwright.domain.errors import CertwrightError, Conflict, Refused
from certwright.engine import certificates
from certwright.engine.gathering import LIMIT, Gathering
from certwright.engine.records import AuthorityRecord, CertificateRecord, MaterialRecord, Mode, SerialRecord
from certwright.engine.request import read_request


def test_one_caller_is_one_call() -> None:
    rounds: list[list[int]] = []

    def work(wishes: Sequence[int]) -> list[int | Exception]:
        rounds.append(list(wishes))
        return [wish * 10 for wish in wishes]

    gathering: Gathering[int, int] = Gathering()
    assert [gathering.do(1, work), gathering.do(2, work)] == [10, 20]
    assert rounds == [[1], [2]]


class Held:
    """A first round that lasts until every other caller waits."""

    def __init__(self, others: int) -> None:
        self.gathering: Gathering[int, int] = Gathering()
        self.rounds: list[list[int]] = []
        self._others = others
        self._first = threading.Event()

    def work(self, wishes: Sequence[int]) -> list[int | Exception]:
        self.rounds.append(list(wishes))
        if len(self.rounds) == 1:
            self._first.set()
            while len(self.gathering._waiting) < self._others:
                threading.Event().wait(0.001)
        return [ValueError(f"no {wish}") if wish % 2 else wish * 10 for wish in wishes]

    def run(self) -> dict[int, int | str]:
        def call(wish: int) -> int | str:
            try:
                return self.gathering.do(wish, self.work)
            except ValueError as error:
                return str(error)

        with ThreadPoolExecutor(self._others + 1) as pool:
            first = pool.submit(call, 0)
            assert self._first.wait(10)
            rest = {wish: pool.submit(call, wish) for wish in range(1, self._others + 1)}
            return {0: first.result(10), **{wish: future.result(10) for wish, future in rest.items()}}


def test_who_waits_shares_the_next_round_and_a_refusal_is_its_callers_alone() -> None:
    held = Held(5)
    assert held.run() == {0: 0, 1: "no 1", 2: 20, 3: "no 3", 4: 40, 5: "no 5"}
    assert [len(one) for one in held.rounds] == [1, 5]


def test_a_round_has_a_limit() -> None:
    held = Held(LIMIT + 3)
    held.run()
    assert [len(one) for one in held.rounds] == [1, LIMIT, 3]


def test_an_error_of_the_whole_round_is_everybodys() -> None:
    def work(wishes: Sequence[int]) -> list[int | Exception]:
        raise OSError("the store is gone")

    gathering: Gathering[int, int] = Gathering()
    for wish in (1, 2):
        with pytest.raises(OSError, match="the store is gone"):
            gathering.do(wish, work)


def test_an_interrupted_round_leaves_the_turn_free() -> None:
    def interrupted(wishes: Sequence[int]) -> list[int | Exception]:
        raise KeyboardInterrupt

    gathering: Gathering[int, int] = Gathering()
    with pytest.raises(KeyboardInterrupt):
        gathering.do(1, interrupted)
    assert gathering.do(2, list) == 2


@pytest.mark.proves("SEC-5")
def test_requests_that_come_together_are_issued_together_and_one_that_is_refused_alone(
    here: World, issuing: AuthorityRecord
) -> None:
    def wanted(name: str) -> certificates.Wanted:
        spec = {"domainName": name, "certificateAuthorityArn": issuing.arn}
        return certificates.Wanted(
            urn=f"{PREFIX}Certificate::{name}",
            region="local",
            account=ACCOUNT,
            request=read_request(Mode.PRIVATE, spec),
            tags={},
            issuer=spec["certificateAuthorityArn"],
        )

    answers = certificates.create_all(here.services, [wanted("a.internal"), wanted("-..-"), wanted("b.internal")])
    assert [type(answer) for answer in answers] == [tuple, Refused, tuple]
    records = here.all(CertificateRecord)
    assert sorted(record.domain_name for record in records) == ["a.internal", "b.internal"]
    assert all(record.serving_version == 1 for record in records)
    assert len(here.all(SerialRecord, issuer_arn=issuing.arn)) == 2


@pytest.mark.proves("SEC-5")
def test_one_authority_that_is_broken_fails_its_own_requests_and_no_others(
    here: World, issuing: AuthorityRecord
) -> None:
    broken = here.issuing(here.root("other root"), name="broken")
    with here.services.store.write() as tx:
        tx.remove(MaterialRecord, arn=broken.arn)

    def wanted(name: str, authority: AuthorityRecord) -> certificates.Wanted:
        spec = {"domainName": name, "certificateAuthorityArn": authority.arn}
        return certificates.Wanted(
            urn=f"{PREFIX}Certificate::{name}",
            region="local",
            account=ACCOUNT,
            request=read_request(Mode.PRIVATE, spec),
            tags={},
            issuer=spec["certificateAuthorityArn"],
        )

    wishes = [wanted("a.internal", issuing), wanted("-..-", issuing), wanted("b.internal", broken)]
    fine, refused, failed = certificates.create_all(here.services, wishes)
    assert isinstance(fine, tuple) and fine[0].serving_version == 1
    assert isinstance(refused, Refused)
    assert isinstance(failed, CertwrightError) and failed.code == "store.damaged"
    assert [record.domain_name for record in here.all(CertificateRecord)] == ["a.internal"]


@pytest.mark.proves("SEC-5")
def test_what_stops_the_store_stops_a_round_once(here: World, issuing: AuthorityRecord) -> None:
    """Sixty callers do not each wait for a writer that is not coming."""
    asked = 0

    class Busy:
        def __getattr__(self, name: str) -> Any:
            return getattr(here.services.store, name)

        def write(self) -> Any:
            nonlocal asked
            asked += 1
            raise Conflict("another writer", code="store.busy")

    spec = {"domainName": "a.internal", "certificateAuthorityArn": issuing.arn}
    request = read_request(Mode.PRIVATE, spec)
    wish = certificates.Wanted(urn="u", region="local", account=ACCOUNT, request=request, tags={}, issuer=issuing.arn)
    answers = certificates.create_all(replace(here.services, store=Busy()), [wish] * 60)  # type: ignore[arg-type]
    assert [getattr(answer, "code", "") for answer in answers] == ["store.busy"] * 60 and asked == 1
