"""The audit log's chain, its verification and its anchors, without a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from certwright.domain.errors import CertwrightError, KeyUnavailable
from certwright.engine.records import AuditEntry, MetaRecord
from certwright.store.actor import Actor
from certwright.store.audit import AuditSigner, heads_of, parse_anchor, sign_head, verify
from certwright.store.chain import hash_of, next_entry
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 8, 19, 12, tzinfo=UTC)

pytestmark = pytest.mark.proves("AUD-1")


@dataclass
class Log:
    """An audit log in memory: what `AuditReader` asks for."""

    lines: list[AuditEntry] = field(default_factory=list)
    store_id: str = "5" * 32

    def add(self, region: str = "local", **changes: Any) -> AuditEntry:
        head = self.audit_head(region)
        values: dict[str, Any] = {
            "at": NOW + timedelta(seconds=len(self.lines)),
            "who": "ann",
            "who_source": "OS user",
            "action": "issue",
            "arn": "arn:1",
            "result": "done",
            "details": {"serial": "01"},
        }
        entry = next_entry(previous=head, store_id=self.store_id, region=region, **{**values, **changes})
        self.lines.append(entry)
        return entry

    def one(self, kind: type[Any], /, **equals: object) -> Any:
        return MetaRecord(key="store_id", value=self.store_id) if kind is MetaRecord else None

    def audit(self, region: str, *, after_seq: int = 0, limit: int | None = None) -> Iterator[AuditEntry]:
        return iter([e for e in self.lines if e.region == region and e.seq > after_seq])

    def audit_regions(self) -> list[str]:
        return sorted({e.region for e in self.lines})

    def audit_head(self, region: str) -> tuple[int, str] | None:
        found = [e for e in self.lines if e.region == region]
        return (found[-1].seq, found[-1].hash) if found else None


@pytest.fixture
def log() -> Log:
    made = Log()
    for region in ("local", "eu-1", "local", "local", "eu-1"):
        made.add(region)
    return made


@pytest.fixture
def signer(tmp_path: Path) -> AuditSigner:
    return AuditSigner.load_or_make(tmp_path / "config")


def test_an_untouched_log_is_good(log: Log) -> None:
    verdict = verify(log)
    assert (verdict.ok, verdict.lines, verdict.problem) == (True, 5, "")
    assert verdict.heads == heads_of(log)
    assert [(h.region, h.seq) for h in verdict.heads] == [("eu-1", 2), ("local", 3)]


def test_an_empty_log_is_good() -> None:
    assert verify(Log()).ok


CHANGES: dict[str, Any] = {
    "at": NOW - timedelta(days=1),
    "who": "bob",
    "who_source": "CI",
    "action": "export",
    "arn": "arn:2",
    "result": "refused",
    "details": {"serial": "02"},
}


def test_every_field_of_a_line_is_covered() -> None:
    chained = {"region", "seq", "previous_hash", "hash"}
    assert set(CHANGES) == {f.name for f in dataclasses.fields(AuditEntry)} - chained


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_field_is_found(log: Log, name: str) -> None:
    log.lines[2] = dataclasses.replace(log.lines[2], **{name: CHANGES[name]})
    assert verify(log).problem == "region local: line 2 was changed after it was written"


def test_a_changed_line_with_a_matching_hash_breaks_the_next(log: Log) -> None:
    changed = dataclasses.replace(log.lines[2], who="bob")
    log.lines[2] = dataclasses.replace(changed, hash=hash_of(changed))
    assert verify(log).problem.startswith("region local: line 3 does not follow the line before it")


def test_a_line_taken_out_is_found(log: Log) -> None:
    del log.lines[2]
    assert verify(log).problem == "region local: line 2 is missing; line 3 follows line 1"


def test_reordered_lines_are_found(log: Log) -> None:
    second, third = log.lines[2], log.lines[3]
    log.lines[2], log.lines[3] = dataclasses.replace(third, seq=2), dataclasses.replace(second, seq=3)
    assert "line 2 does not follow" in verify(log).problem


def test_a_chain_does_not_fit_into_another_store_or_region(log: Log) -> None:
    log.store_id = "6" * 32
    assert "line 1 does not follow" in verify(log).problem


def test_a_cut_end_is_found_with_an_anchor_only(log: Log, signer: AuditSigner) -> None:
    anchor = parse_anchor(sign_head(log, signer, at=NOW).text())
    assert verify(log, anchor=anchor, trusted_key=signer.public_key).ok
    del log.lines[3]
    assert verify(log).ok
    verdict = verify(log, anchor=anchor, trusted_key=signer.public_key)
    assert verdict.problem == "region local: line 3, which the anchor knows, is gone: the end of the log was cut"


def test_a_region_that_was_cut_whole_is_found_with_an_anchor(log: Log, signer: AuditSigner) -> None:
    anchor = sign_head(log, signer, at=NOW)
    log.lines = [e for e in log.lines if e.region != "eu-1"]
    assert "region eu-1: line 2" in verify(log, anchor=anchor).problem


def test_a_log_that_was_rewritten_from_the_start_is_found_with_an_anchor(log: Log, signer: AuditSigner) -> None:
    anchor = sign_head(log, signer, at=NOW)
    forged = Log()
    for entry in log.lines:
        forged.add(entry.region, who="bob")
    assert verify(forged).ok
    assert "is not the one that the anchor knows" in verify(forged, anchor=anchor).problem


def test_a_log_that_grew_still_fits_its_anchor(log: Log, signer: AuditSigner) -> None:
    anchor = sign_head(log, signer, at=NOW)
    log.add()
    assert verify(log, anchor=anchor).ok


def test_a_changed_or_foreign_anchor_is_refused(log: Log, signer: AuditSigner, tmp_path: Path) -> None:
    text = sign_head(log, signer, at=NOW).text()
    shorter = parse_anchor(text.replace("head: local 3", "head: local 2"))
    assert "signature does not fit" in verify(log, anchor=shorter).problem
    stranger = sign_head(log, AuditSigner.load_or_make(tmp_path / "other"), at=NOW)
    assert "another key" in verify(log, anchor=stranger, trusted_key=signer.public_key).problem
    log.store_id = "6" * 32
    assert "of another store" in verify(log, anchor=parse_anchor(text)).problem


def test_an_anchor_reads_back(log: Log, signer: AuditSigner) -> None:
    anchor = sign_head(log, signer, at=NOW)
    assert parse_anchor("\n" + anchor.text() + "\n\n") == anchor
    assert anchor.text().startswith("certwright-audit-anchor-1\nstore: 5555")


@given(st.text(max_size=200) | st.text(max_size=200).map(lambda t: "certwright-audit-anchor-1\n" + t))
def test_hostile_anchors_end_in_our_error(text: str) -> None:
    with pytest.raises(CertwrightError, match="the anchor is not one of"):
        parse_anchor(text)


def test_the_signing_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="is missing"):
        AuditSigner.load(tmp_path / "config")
    first = AuditSigner.load_or_make(tmp_path / "config")
    assert AuditSigner.load_or_make(tmp_path / "config").public_key == first.public_key
    path = tmp_path / "config" / "audit-signing.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    with pytest.raises(KeyUnavailable, match="may be used by others"):
        AuditSigner.load(tmp_path / "config")


@pytest.mark.parametrize(
    ("environment", "who", "source"),
    [
        ({}, "ann", "OS user"),
        ({"GITHUB_ACTOR": "octocat"}, "octocat", "GitHub Actions"),
        ({"GITLAB_USER_LOGIN": "tanuki"}, "tanuki", "GitLab CI"),
        ({"GITHUB_ACTOR": " "}, "ann", "OS user"),
        ({"CERTWRIGHT_ACTOR": "robot", "GITHUB_ACTOR": "octocat"}, "robot", "CERTWRIGHT_ACTOR"),
    ],
)
def test_the_actor_says_where_its_name_is_from(environment: dict[str, str], who: str, source: str) -> None:
    assert Actor.from_environment(environment, os_user="ann") == Actor(who=who, source=source)
