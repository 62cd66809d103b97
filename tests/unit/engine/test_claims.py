"""Who made a record, whether it lives, and who may take it over (CRT-5)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from builders.world import World
from certwright.domain.errors import StoreMismatch
from certwright.engine.claims import creator_is_gone, died_here, find_by_urn, persist_claims, this_process
from certwright.engine.records import AuthorityRecord, CertificateRecord
from certwright.engine.services import confirm_store
from certwright.engine.usage import undeclared_in_use

pytestmark = pytest.mark.proves("CRT-5")


def dead_process() -> str:
    """The mark of a process of this machine and boot that has ended."""
    host, boot, _, _ = this_process().split("/")
    child = subprocess.Popen([sys.executable, "-c", ""])
    with open(f"/proc/{child.pid}/stat") as stat:
        start = stat.read().rsplit(")", 1)[1].split()[19]
    child.wait()
    return f"{host}/{boot}/{child.pid}/{start}"


def test_this_very_process_is_not_gone() -> None:
    assert not creator_is_gone(this_process())


def test_another_process_that_lives_is_not_gone() -> None:
    host, boot, _, _ = this_process().split("/")
    parent = os.getppid()
    with open(f"/proc/{parent}/stat") as stat:
        start = stat.read().rsplit(")", 1)[1].split()[19]
    assert not creator_is_gone(f"{host}/{boot}/{parent}/{start}")


@pytest.mark.parametrize(
    "creator",
    ["", "elsewhere/boot/1/1", "{host}/before-the-reboot/{pid}/{start}", "{host}/{boot}/{ppid}/1"],
    ids=["nobody", "another host", "before a reboot", "a pid that has a new owner"],
)
def test_who_cannot_be_alive_is_gone(creator: str) -> None:
    host, boot, pid, start = this_process().split("/")
    assert creator_is_gone(creator.format(host=host, boot=boot, pid=pid, start=start, ppid=os.getppid()))


def test_a_process_that_has_ended_is_gone() -> None:
    assert creator_is_gone(dead_process())


def test_claims_are_persisted_once_and_only_for_what_is_there(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    claims = [("certificate", record.arn), ("authority", issuing.arn), ("certificate", "arn:nothing")]
    persist_claims(here.services, claims)
    assert here.record(record.arn).claimed
    assert here.one(AuthorityRecord, arn=issuing.arn).claimed
    audit = here.audit()
    persist_claims(here.services, claims)
    assert here.audit() == audit


def test_the_newest_record_of_a_urn_is_found(here: World, issuing: AuthorityRecord) -> None:
    from dataclasses import replace
    from datetime import timedelta

    old = here.private(issuing)
    here.save(replace(here.record(old.arn), claimed=True))
    here.clock.advance(timedelta(seconds=1))
    new = here.private(issuing)
    with here.services.store.read() as reader:
        found = find_by_urn(reader, CertificateRecord, old.urn)
        assert find_by_urn(reader, CertificateRecord, "") is None
    assert found is not None and found.arn == new.arn


@pytest.mark.proves("SEC-8")
def test_another_or_an_empty_store_is_refused_and_never_read_as_deleted(here: World) -> None:
    with pytest.raises(StoreMismatch, match="there is no store here"):
        confirm_store(here.services.store, "wanted")
    here.root()
    confirm_store(here.services.store, here.services.store.store_id)
    confirm_store(here.services.store, "")
    with pytest.raises(StoreMismatch) as refused:
        confirm_store(here.services.store, "wanted")
    assert "wanted" in refused.value.message and here.services.store.store_id in refused.value.message


@pytest.mark.proves("ASC-8")
def test_a_certificate_that_is_dropped_while_others_serve_it_is_noticed(here: World, issuing: AuthorityRecord) -> None:
    used, unused = here.private(issuing), here.private(issuing, urn="unused")
    made = here.association(used.arn)
    prefix = "urn:pulumi:dev::shop::"
    ((urn, sentence),) = undeclared_in_use(here.services, prefix, {made.urn})
    assert urn == used.urn and "wikiFiles" in sentence
    assert unused.urn not in urn
    assert undeclared_in_use(here.services, prefix, {made.urn, used.urn}) == []  # still declared
    assert undeclared_in_use(here.services, prefix, set()) == []  # both go together
    assert undeclared_in_use(here.services, "urn:pulumi:other::shop::", {made.urn}) == []  # not this stack's


@pytest.mark.proves("CRT-5", "SEC-5")
def test_a_zombie_has_ended() -> None:
    """An orphaned plugin stays a zombie where nobody reaps: what it left must be adopted all the same."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(open('/proc/self/stat').read())"], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        stat = child.stdout.read().decode()
        start = stat.rsplit(")", 1)[1].split()[19]
        host, boot, _, _ = this_process().split("/")
        creator = f"{host}/{boot}/{child.pid}/{start}"
        while Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
            pass
        assert creator_is_gone(creator)
        assert died_here(creator)
