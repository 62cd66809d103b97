"""The memory of one Pulumi run."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from certwright.binding.run import RunFile, RunTable, sweep
from certwright.domain.errors import Reason

REASON = Reason(code="renewal.window_open", sentence="renewal due")
URN = "urn:pulumi:dev::shop::certwright:index:Certificate::wiki"


def table(directory: Path | None, *, engine: str = "127.0.0.1:1", parent: int | None = None) -> RunTable:
    return RunTable(RunFile(directory, engine=engine, parent=os.getpid() if parent is None else parent))


def announce(run: RunTable, arn: str = "arn:1") -> None:
    run.announce(arn, from_version=1, to_version=2, reason=REASON)


def test_two_processes_of_a_run_share_announcements(tmp_path: Path) -> None:
    one, two = table(tmp_path / "r"), table(tmp_path / "r")
    announce(one)
    found = two.announced("arn:1")
    assert found is not None
    assert (found.from_version, found.to_version, found.code, found.sentence) == (1, 2, REASON.code, REASON.sentence)
    assert two.announced("arn:2") is None


def test_what_every_process_of_a_run_would_say_is_said_once(tmp_path: Path) -> None:
    one, two = table(tmp_path / "r"), table(tmp_path / "r")
    assert one.first_to_say("audit log signed: a")
    one.end()
    assert not two.first_to_say("audit log signed: a")
    assert two.first_to_say("audit log signed: b")
    assert sorted(p.name.split("-")[0] for p in (tmp_path / "r").iterdir()) == ["said", "said"]
    assert table(tmp_path / "r", engine="127.0.0.1:2").first_to_say("audit log signed: a")
    assert table(None).first_to_say("audit log signed: a")
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    assert table(tmp_path / "open").first_to_say("audit log signed: a")


@pytest.mark.parametrize("other", [{"engine": "127.0.0.1:2"}, {"parent": 1}])
def test_another_run_hears_nothing(tmp_path: Path, other: dict[str, str | int]) -> None:
    announce(table(tmp_path))
    assert table(tmp_path, **other).announced("arn:1") is None  # type: ignore[arg-type]


def test_a_process_remembers_what_it_announced_without_a_directory() -> None:
    run = table(None)
    announce(run)
    assert run.announced("arn:1") is not None


def test_the_directory_is_private_and_the_file_too(tmp_path: Path) -> None:
    announce(table(tmp_path / "run"))
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    (file,) = (tmp_path / "run").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_directory_that_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    run = table(tmp_path)
    announce(run)
    assert not list(tmp_path.iterdir())
    assert run.announced("arn:1") is not None


def test_a_symbolic_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    file = RunFile(tmp_path, engine="e", parent=os.getpid())
    assert file.path is not None
    (tmp_path / "target").write_text("")
    file.path.symlink_to(tmp_path / "target")
    announce(RunTable(file))
    assert (tmp_path / "target").read_text() == ""


def test_a_half_written_line_waits_and_garbage_is_passed_over(tmp_path: Path) -> None:
    file = RunFile(tmp_path, engine="e", parent=os.getpid())
    assert file.path is not None
    whole = json.dumps({"arn": "arn:1", "from": 1, "to": 2, "code": "c", "sentence": "s"})
    file.path.write_text(f"not json\n[1]\n{whole[:10]}")
    assert file.new_lines() == []
    with file.path.open("a") as more:
        more.write(whole[10:] + "\n")
    assert [line["arn"] for line in file.new_lines()] == ["arn:1"]


def test_files_of_dead_and_old_runs_are_swept(tmp_path: Path) -> None:
    dead = tmp_path / f"run-{2**22 + 1}-x.jsonl"
    old = tmp_path / f"run-{os.getpid()}-old.jsonl"
    live = tmp_path / f"run-{os.getpid()}-live.jsonl"
    odd = tmp_path / "run-x.jsonl"
    said = tmp_path / f"said-{2**22 + 1}-x-y.jsonl"
    for path in (dead, old, live, odd, said):
        path.write_text("")
    os.utime(old, (0, 0))
    sweep(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([live.name, odd.name])


def test_a_read_makes_the_next_diff_a_refresh_until_the_check() -> None:
    run = table(None)
    assert not run.is_refresh_diff(URN)
    run.note_read(URN)
    assert run.urn_prefix() == ""
    assert run.is_refresh_diff(URN)
    run.note_checked(URN)
    assert not run.is_refresh_diff(URN)
    assert run.urn_prefix() == "urn:pulumi:dev::shop::"


@pytest.mark.proves("CRT-5")
def test_claims_wait_for_a_write_and_a_create_for_its_answer() -> None:
    clock = [0.0]
    run = RunTable(RunFile(None, engine="", parent=1), monotonic=lambda: clock[0])
    persisted: list[list[tuple[str, str]]] = []
    run.use(lambda claims: persisted.append(list(claims)))
    run.note_known("certificate", "arn:1")
    run.persist_claims()
    assert persisted == []
    run.note_created("certificate", "arn:2", adopted=True)
    run.note_write()
    assert persisted == [[("certificate", "arn:1")]]
    run.answered("arn:2", alive=True)
    run.note_created("certificate", "arn:3", adopted=False)
    run.answered("arn:3", alive=False)
    run.note_write()
    assert len(persisted) == 1  # at most once a second
    clock[0] = 2.0
    run.note_known("certificate", "arn:1")
    run.note_write()
    assert persisted[1:] == [[("certificate", "arn:2")]]
    run.end()
    assert len(persisted) == 2
    assert run.adopted_in_this_run("arn:2")
    assert not run.adopted_in_this_run("arn:3")


def test_a_claim_that_cannot_be_persisted_is_kept_and_harms_nobody() -> None:
    run = table(None)
    tries: list[object] = []

    def fails_once(claims: object) -> None:
        tries.append(list(claims))  # type: ignore[call-overload]
        if len(tries) == 1:
            raise RuntimeError("the store is away")

    run.use(fails_once)
    run.note_known("authority", "arn:1")
    run.note_write()
    run.end()
    assert tries == [[("authority", "arn:1")], [("authority", "arn:1")]]


def test_a_killed_cli_leaves_no_claim() -> None:
    run = table(None)
    persisted: list[object] = []
    run.use(persisted.append)
    run.note_write()
    run.note_created("certificate", "arn:1", adopted=False)
    run.answered("arn:1", alive=True)
    run.end(with_claims=False)
    assert persisted == []
