"""What every deployment target promises, and what the directory adds."""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from builders.targets import bring, certificate, chain, private_key, remove, seen_at
from certwright.deploy import DEPLOYERS, ENTRY_POINT_GROUP, deployer, kinds
from certwright.deploy.directory import DirectoryDeployer
from certwright.domain.errors import DeployFailed
from certwright.domain.targets import TARGET_MODELS, DirectoryTarget
from certwright.engine.deployer import Material, Part
from certwright.engine.placing import WayBack
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from servers.tls import Authority, python_environment

A, B = "arn:certwright:deploy:local:0:association/a", "arn:certwright:deploy:local:0:association/b"
AUTHORITY = Authority()
ONE, TWO, THREE = (AUTHORITY.material(version) for version in (1, 2, 3))
SHAPES = ("directory",)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pki" / "shop"


@pytest.fixture(params=SHAPES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def files_of(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (path / "current").glob("*.pem")}


def serial_of(material: Material) -> str:
    return format(x509.load_pem_x509_certificate(certificate(material)).serial_number, "x")


def is_pair(files: dict[str, bytes]) -> bool:
    certificate = x509.load_pem_x509_certificate(files["cert.pem"])
    key = load_pem_private_key(files["privkey.pem"], None)
    return certificate.public_key() == key.public_key() and files["fullchain.pem"].startswith(files["cert.pem"])


def everything_in(path: Path) -> dict[str, bytes | str]:
    return {
        str(entry.relative_to(path)): os.readlink(entry) if entry.is_symlink() else entry.read_bytes()
        for entry in sorted(path.rglob("*"))
        if entry.is_symlink() or entry.is_file()
    }


def refusal(code: str, *words: str, call: Any) -> DeployFailed:
    with pytest.raises(DeployFailed) as caught:
        call()
    assert caught.value.code == code, str(caught.value)
    for word in words:
        assert word in str(caught.value)
    assert "PRIVATE KEY" not in str(caught.value)
    return caught.value


def logging_reload(log: Path) -> list[str]:
    return ["sh", "-c", f"sha256sum < $CERTWRIGHT_CERT_PATH >> {log}"]


# --- every kind -----------------------------------------------------------------------------------------------------


def test_every_registered_kind_has_a_model_and_is_held_to_this_contract() -> None:
    registered = [name for name, _ in DEPLOYERS]
    assert registered == [name for name, _ in TARGET_MODELS] == list(SHAPES)
    assert all(deployer(name).kind == name for name in registered)


@pytest.mark.proves("ASC-1", "ASC-6")
def test_a_pair_is_installed_observed_replaced_and_removed(kind: str, path: Path) -> None:
    target, work = {"path": str(path)}, deployer(kind)
    assert seen_at(work, target) is None
    assert not path.exists(), "an observation writes nothing"
    for bundle in (ONE, TWO):
        bring(work, target, bundle, owner=A)
        seen = seen_at(work, target)
        assert seen is not None
        assert (seen.owner, seen.told) == (A, True)
        assert (seen.digest, seen.fingerprint) == (bundle.digest, bundle.fingerprint)
        assert is_pair(files_of(path))
    assert remove(work, target, owner=A) is True
    assert seen_at(work, target) is None
    assert remove(work, target, owner=A) is False


@pytest.mark.proves("ASC-1")
def test_a_place_of_another_owner_is_refused_by_name_and_left_alone(kind: str, path: Path) -> None:
    target, work = {"path": str(path)}, deployer(kind)
    bring(work, target, ONE, owner=A)
    before = everything_in(path)
    refusal("deploy.place_taken", A, str(path), call=lambda: bring(work, target, TWO, owner=B))
    assert remove(work, target, owner=B) is False
    assert everything_in(path) == before


@pytest.mark.proves("ASC-1")
def test_a_replacement_takes_over_and_the_removal_of_the_replaced_loses_nothing(kind: str, path: Path) -> None:
    target, work = {"path": str(path)}, deployer(kind)
    bring(work, target, ONE, owner=A)
    bring(work, target, TWO, owner=B, takes_over=(A,))
    assert remove(work, target, owner=A) is False
    seen = seen_at(work, target)
    assert seen is not None
    assert (seen.owner, seen.fingerprint) == (B, TWO.fingerprint)
    assert remove(work, target, owner=B) is True
    assert not path.exists(), "also the old versions of the one that was taken over"


@pytest.mark.proves("ASC-1")
def test_a_key_of_another_certificate_never_reaches_a_target(kind: str, path: Path) -> None:
    for key in (private_key(TWO), b"-----BEGIN PRIVATE KEY-----\nx"):
        bundle = dataclasses.replace(ONE, parts={**ONE.parts, Part.PRIVATE_KEY: key})
        refusal(
            "deploy.pair_mismatch",
            call=lambda b=bundle: bring(deployer(kind), {"path": str(path)}, b, owner=A),
        )
    assert not path.exists()


# --- the directory: files, marks, owners ----------------------------------------------------------------------------


@pytest.mark.proves("ASC-6")
def test_the_files_their_modes_and_the_mark_are_as_documented(path: Path) -> None:
    before = os.umask(0)
    try:
        bring(DirectoryDeployer(), {"path": str(path)}, ONE, owner=A)
    finally:
        os.umask(before)
    assert files_of(path) == {
        "cert.pem": certificate(ONE),
        "chain.pem": chain(ONE),
        "fullchain.pem": certificate(ONE) + chain(ONE),
        "privkey.pem": private_key(ONE),
    }
    link = os.readlink(path / "current")
    assert link == f"versions/000001-{ONE.fingerprint[:12]}"
    assert {stat.S_IMODE(file.stat().st_mode) for file in (path / link).iterdir()} == {0o600}
    assert {stat.S_IMODE(d.stat().st_mode) for d in (path, path / "versions", path / link)} == {0o700}
    mark = json.loads((path / "current" / "certwright.json").read_text())
    assert mark.pop("installedAt").endswith("Z")
    assert mark == {
        "owner": A, "version": 1, "serial": serial_of(ONE), "fingerprint": ONE.fingerprint, "previous": "",
        "reloadPending": False, "madeDirectory": True,
    }  # fmt: skip


@pytest.mark.proves("ASC-6")
def test_group_access_opens_the_directories_to_the_group_and_to_nobody_else(path: Path) -> None:
    target = {"path": str(path), "owner": f"{os.getuid()}:{os.getgid()}"}
    bring(DirectoryDeployer(), target, ONE, owner=A)
    bring(DirectoryDeployer(), {**target, "mode": "0640"}, ONE, owner=A)
    version = path / os.readlink(path / "current")
    assert version.name.endswith(".2"), "another mode is another version, so that it switches at once too"
    assert stat.S_IMODE((version / "privkey.pem").stat().st_mode) == 0o640
    assert {stat.S_IMODE(d.stat().st_mode) for d in (path, path / "versions", version)} == {0o750}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.proves("ASC-6")
def test_files_are_given_to_the_owner(path: Path) -> None:
    bring(DirectoryDeployer(), {"path": str(path), "owner": "12345:12346"}, ONE, owner=A)
    version = path / os.readlink(path / "current")
    states = [entry.stat() for entry in (path, path / "versions", version, *version.iterdir())]
    assert {(state.st_uid, state.st_gid) for state in states} == {(12345, 12346)}


def test_an_owner_that_the_machine_does_not_know_is_refused_before_anything_is_written(path: Path) -> None:
    target = {"path": str(path), "owner": "no-such-user-here"}
    refusal("deploy.owner_unknown", "no-such-user-here", call=lambda: bring(DirectoryDeployer(), target, ONE, owner=A))
    assert not path.exists()


@pytest.mark.proves("ASC-1")
@pytest.mark.parametrize("shape", ["directory", "file", "link", "unmarked", "bad mark"])
def test_what_somebody_else_put_there_is_refused_and_never_removed(shape: str, path: Path, tmp_path: Path) -> None:
    path.mkdir(parents=True)
    match shape:
        case "directory":
            (path / "current").mkdir()
            (path / "current" / "cert.pem").write_bytes(certificate(ONE))
        case "file":
            (path / "current").write_text("mine")
        case "link":
            (path / "current").symlink_to(tmp_path)
        case _:
            bring(DirectoryDeployer(), {"path": str(path)}, ONE, owner=A)
            mark = path / "current" / "certwright.json"
            mark.unlink()
            if shape == "bad mark":
                mark.write_text('{"owner": 7}')
    before = everything_in(path)
    work, target = DirectoryDeployer(), {"path": str(path)}
    refusal("deploy.place_occupied", str(path), call=lambda: bring(work, target, TWO, owner=A))
    assert remove(work, target, owner=A) is False
    seen = seen_at(work, target)
    assert seen is not None
    assert seen.owner == ""
    assert everything_in(path) == before


@pytest.mark.proves("ASC-1")
def test_other_files_in_the_directory_are_nobodys_business(path: Path) -> None:
    path.mkdir(parents=True, mode=0o755)
    (path / "dhparam.pem").write_text("theirs")
    (path / "versions").mkdir()
    (path / "versions" / "notes.txt").write_text("theirs too")
    work, target = DirectoryDeployer(), {"path": str(path), "keep": 0}
    for bundle in (ONE, TWO, THREE):
        bring(work, target, bundle, owner=A)
    assert remove(work, target, owner=A) is True
    assert everything_in(path) == {"dhparam.pem": b"theirs", "versions/notes.txt": b"theirs too"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o755, "a directory that was there keeps its mode"


@pytest.mark.proves("ASC-6")
def test_an_empty_directory_that_was_there_before_is_left(path: Path) -> None:
    path.mkdir(parents=True)
    bring(DirectoryDeployer(), {"path": str(path)}, ONE, owner=A)
    assert remove(DirectoryDeployer(), {"path": str(path)}, owner=A) is True
    assert list(path.iterdir()) == []


@pytest.mark.proves("ASC-1")
def test_the_rest_of_an_interrupted_removal_belongs_to_who_began_it(path: Path) -> None:
    target, work = {"path": str(path)}, DirectoryDeployer()
    bring(work, target, ONE, owner=A)
    (path / "current").unlink()
    assert seen_at(work, target) is None
    assert remove(work, target, owner=B) is False
    assert len(list((path / "versions").iterdir())) == 1
    assert remove(work, target, owner=A) is True
    assert not path.exists()


@pytest.mark.proves("ASC-6")
def test_keep_leaves_the_files_and_gives_up_the_ownership(path: Path) -> None:
    target = {"path": str(path), "onDelete": "KEEP"}
    work = DirectoryDeployer()
    bring(work, target, ONE, owner=A)
    assert remove(work, target, owner=A) is True
    assert is_pair(files_of(path))
    seen = seen_at(work, target)
    assert seen is not None
    assert (seen.owner, seen.fingerprint) == ("", ONE.fingerprint)
    bring(work, target, TWO, owner=B)
    assert seen_at(work, target).owner == B  # type: ignore[union-attr]


@pytest.mark.proves("ASC-6")
def test_only_so_many_old_versions_are_kept(path: Path) -> None:
    for version in range(1, 6):
        bring(DirectoryDeployer(), {"path": str(path), "keep": 2}, AUTHORITY.material(version), owner=A)
    names = sorted(entry.name.split("-")[0] for entry in (path / "versions").iterdir())
    assert names == ["000003", "000004", "000005"]


@pytest.mark.proves("ASC-6", "ASC-9")
@pytest.mark.parametrize("file", ["cert.pem", "privkey.pem", "fullchain.pem"])
def test_a_change_by_hand_is_seen_and_repaired(file: str, path: Path, tmp_path: Path) -> None:
    work, target = DirectoryDeployer(), {"path": str(path)}
    bring(work, target, ONE, owner=A)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes((path / "current" / file).read_bytes())
    (path / "current" / file).unlink()
    (path / "current" / file).symlink_to(elsewhere)
    seen = seen_at(work, target)
    assert seen is not None
    assert (seen.owner, seen.fingerprint) == (A, "")
    bring(work, target, ONE, owner=A)
    assert seen_at(work, target).fingerprint == ONE.fingerprint  # type: ignore[union-attr]
    assert not (path / "current" / file).is_symlink()
    assert elsewhere.exists()


# --- the directory: paths -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "place"),
    [("/etc/tls/shop", "/etc/tls/shop"), ("//etc//tls/./shop/", "/etc/tls/shop"), ("/a b/ü", "/a b/ü")],
)
def test_two_spellings_of_a_path_are_one_place(path: str, place: str) -> None:
    assert DirectoryDeployer().spots({"path": path})[0].place == place


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ({}, "path"),
        ({"path": "tls/shop"}, "not absolute"),
        ({"path": "~/tls"}, "not absolute"),
        ({"path": "/etc/../root"}, '".."'),
        ({"path": "/./"}, "root directory"),
        ({"path": "/a\0b"}, "NUL"),
        ({"path": "/" + "a" * 4000}, "longer"),
        ({"path": "/a", "mode": "0644"}, "0644"),
        ({"path": "/a", "mode": 777}, "777"),
        ({"path": "/a", "mode": True}, "mode"),
        ({"path": "/a", "owner": "www data"}, "not an owner"),
        ({"path": "/a", "owner": "www:"}, "not an owner"),
        ({"path": "/a", "reload": "nginx -s reload"}, "argument list"),
        ({"path": "/a", "reload": [""]}, "empty"),
        ({"path": "/a", "keep": -1}, "keep"),
        ({"path": "/a", "onDelete": "PURGE"}, "onDelete"),
        ({"path": "/a", "reloadCommand": []}, "reloadCommand"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_with_a_sentence(target: dict[str, Any], word: str) -> None:
    refusal("deploy.target_invalid", word, call=lambda: DirectoryDeployer().spots(target))


@pytest.mark.parametrize("wire", ["0600", "600", "0o600", 384, 600, 384.0])
def test_a_mode_is_understood_however_the_yaml_reader_turned_it(wire: Any) -> None:
    assert DirectoryTarget(path="/a", mode=wire).mode == "0600"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["path", "mode", "owner", "reload", "keep", "onDelete"]), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=3))))  # fmt: skip
def test_no_target_breaks_the_reader(target: dict[str, Any]) -> None:
    try:
        read = DirectoryTarget.model_validate(target)
    except ValidationError:
        return
    assert read.path.startswith("/")
    assert read.file_mode & 0o007 == 0


@pytest.mark.proves("ASC-6")
def test_a_path_that_is_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    aim.mkdir()
    path.parent.mkdir()
    path.symlink_to(aim)
    refusal(
        "deploy.io_failed", "symbolic link", call=lambda: bring(DirectoryDeployer(), {"path": str(path)}, ONE, owner=A)
    )
    assert list(aim.iterdir()) == []


@pytest.mark.proves("ASC-6")
def test_versions_that_is_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    aim.mkdir()
    path.mkdir(parents=True)
    (path / "versions").symlink_to(aim)
    refusal("deploy.io_failed", call=lambda: bring(DirectoryDeployer(), {"path": str(path)}, ONE, owner=A))
    assert list(aim.iterdir()) == []


@pytest.mark.proves("ASC-6")
def test_a_directory_that_everyone_may_write_to_gets_no_key(path: Path) -> None:
    path.mkdir(parents=True)
    path.chmod(0o777)
    refusal("deploy.path_refused", "0777", call=lambda: bring(DirectoryDeployer(), {"path": str(path)}, ONE, owner=A))
    assert list(path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can set the scene")
@pytest.mark.proves("ASC-6")
def test_a_strangers_directory_below_a_shared_one_gets_no_key(path: Path) -> None:
    path.mkdir(parents=True)
    path.parent.chmod(0o1777)
    os.chown(path, 12345, -1)
    work = DirectoryDeployer()
    refusal("deploy.path_refused", "12345", call=lambda: bring(work, {"path": str(path)}, ONE, owner=A))
    bring(work, {"path": str(path), "owner": "12345"}, ONE, owner=A)


def test_a_disk_that_refuses_is_our_error_and_leaves_no_trace(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("a file")
    refusal("deploy.io_failed", str(path), call=lambda: bring(DirectoryDeployer(), {"path": str(path)}, ONE, owner=A))
    assert path.read_text() == "a file"


def test_a_run_that_finds_the_place_busy_waits_and_then_says_so(path: Path) -> None:
    path.mkdir(parents=True)
    holder = os.open(path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    pauses: list[float] = []
    work = DirectoryDeployer(lock_wait_s=0.5, sleep=pauses.append)
    refusal("deploy.place_busy", str(path), call=lambda: bring(work, {"path": str(path)}, TWO, owner=A))
    os.close(holder)
    assert sum(pauses) == pytest.approx(0.5)


def test_a_directory_that_its_last_owner_took_away_while_we_waited_is_made_again(path: Path) -> None:
    path.mkdir(parents=True)
    holder = os.open(path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)

    def meanwhile(_: float) -> None:
        path.rmdir()
        os.close(holder)

    bring(DirectoryDeployer(sleep=meanwhile), {"path": str(path)}, ONE, owner=A)
    assert is_pair(files_of(path))


# --- the directory: reload ------------------------------------------------------------------------------------------


@pytest.mark.proves("ASC-6")
def test_the_same_pair_again_writes_nothing_and_reloads_nothing(path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    target = {"path": str(path), "reload": logging_reload(log)}
    bring(DirectoryDeployer(), target, ONE, owner=A)
    before, told = everything_in(path), log.read_text()
    bring(DirectoryDeployer(), target, ONE, owner=A)
    assert everything_in(path) == before
    bring(DirectoryDeployer(), target, ONE, owner=B, takes_over=(A,))
    assert seen_at(DirectoryDeployer(), target).owner == B  # type: ignore[union-attr]
    assert log.read_text() == told
    assert told.split()[0] == hashlib.sha256(certificate(ONE)).hexdigest()


@pytest.mark.proves("ASC-6", "SEC-2")
def test_a_reload_command_sees_the_paths_and_none_of_the_runs_secrets(path: Path, tmp_path: Path) -> None:
    outer = {
        "PATH": os.environ["PATH"], "HOME": "/home/x", "LANG": "C.UTF-8", "PULUMI_CONFIG_PASSPHRASE": "hunter2",
        "AWS_SECRET_ACCESS_KEY": "s", "CERTWRIGHT_STORE": "postgresql://u:p@h/d", "LD_PRELOAD": "",
    }  # fmt: skip
    script = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps(dict(os.environ)))"
    out = tmp_path / "environment"
    work = DirectoryDeployer(environment=outer)
    bring(work, {"path": str(path), "reload": [sys.executable, "-Ic", script, str(out)]}, ONE, owner=A)
    seen = json.loads(out.read_text())
    seen.pop("LC_CTYPE", None)  # Python's own
    current = f"{path}/current"
    assert seen == {
        "PATH": outer["PATH"], "HOME": "/home/x", "LANG": "C.UTF-8", "CERTWRIGHT_ARN": A,
        "CERTWRIGHT_CERT_PATH": f"{current}/cert.pem", "CERTWRIGHT_KEY_PATH": f"{current}/privkey.pem",
        "CERTWRIGHT_CHAIN_PATH": f"{current}/chain.pem", "CERTWRIGHT_FULLCHAIN_PATH": f"{current}/fullchain.pem",
    }  # fmt: skip


def failing_reload(log: Path, bad: Material) -> list[str]:
    """Notes the certificate that it is told of; fails for `bad` only."""
    digest = hashlib.sha256(certificate(bad)).hexdigest()
    return [
        "sh",
        "-c",
        f"""sum=$(sha256sum < $CERTWRIGHT_CERT_PATH | cut -d' ' -f1); echo $sum >> {log}
        [ $sum != {digest} ] || {{ echo one >&2; echo 'key values mismatch' >&2; exit 3; }}""",
    ]


@pytest.mark.proves("ASC-1", "ASC-6")
def test_a_reload_that_fails_puts_the_old_pair_back_and_tells_the_server(path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    target = {"path": str(path), "reload": failing_reload(log, TWO)}
    work = DirectoryDeployer()
    bring(work, target, ONE, owner=A)
    before = everything_in(path)
    error = refusal(
        "deploy.reload_failed", "exit code 3", "old pair is back", str(path),
        call=lambda: bring(work, target, TWO, owner=B, takes_over=(A,), way=WayBack(owner=A, material=ONE)),
    )  # fmt: skip
    assert error.details == ("one", "key values mismatch")
    assert everything_in(path) == before, "also the owner is the old one"
    one, two = (hashlib.sha256(certificate(bundle)).hexdigest() for bundle in (ONE, TWO))
    assert log.read_text().split() == [one, two, one]
    bring(work, target, THREE, owner=A)
    assert seen_at(work, target).fingerprint == THREE.fingerprint  # type: ignore[union-attr]


@pytest.mark.proves("ASC-1", "ASC-6")
def test_a_first_reload_that_fails_leaves_the_place_as_empty_as_it_was(path: Path) -> None:
    target = {"path": str(path), "reload": ["false"]}
    refusal("deploy.reload_failed", "empty", call=lambda: bring(DirectoryDeployer(), target, ONE, owner=A))
    assert not path.exists()


@pytest.mark.parametrize("old", [False, True])
def test_a_reload_command_that_does_not_exist_is_named(old: bool, path: Path) -> None:
    work = DirectoryDeployer()
    if old:
        bring(work, {"path": str(path)}, ONE, owner=A)
    target = {"path": str(path), "reload": ["no-such-command-here", "-s"]}
    way = WayBack(owner=A, material=ONE if old else None)
    refusal("deploy.reload_failed", "no-such-command-here", call=lambda: bring(work, target, TWO, owner=A, way=way))
    assert (seen_at(work, target) is not None) == old


@pytest.mark.proves("ASC-6")
def test_a_reload_that_never_ends_is_killed_with_its_children(path: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    target = {"path": str(path), "reload": ["sh", "-c", f"sleep 600 & echo $$ $! > {pids}; wait"]}
    work = DirectoryDeployer(reload_timeout_s=3.0)
    refusal("deploy.reload_failed", "within 3 seconds", call=lambda: bring(work, target, ONE, owner=A))
    for pid in pids.read_text().split():
        state = Path(f"/proc/{pid}/stat")
        assert not state.exists() or state.read_text().split()[2] in "ZX"


@pytest.mark.proves("ASC-6")
def test_a_server_that_the_command_leaves_running_does_not_hold_the_run(path: Path, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    target = {"path": str(path), "reload": ["sh", "-c", f"sleep 600 & echo $! > {pid_file}"]}
    bring(DirectoryDeployer(reload_timeout_s=20.0), target, ONE, owner=A)
    os.kill(int(pid_file.read_text()), signal.SIGKILL)  # it was still alive


@pytest.mark.proves("SEC-2")
def test_a_key_that_a_reload_command_prints_is_withheld(path: Path) -> None:
    target = {"path": str(path), "reload": ["sh", "-c", "cat $CERTWRIGHT_KEY_PATH >&2; exit 1"]}
    error = refusal("deploy.reload_failed", "withheld", call=lambda: bring(DirectoryDeployer(), target, ONE, owner=A))
    body = private_key(ONE).splitlines()[1].decode()
    assert body not in error.render()


# --- crashes and interleavings --------------------------------------------------------------------------------------


def wire(bundle: Material) -> dict[str, Any]:
    return {
        "parts": {part.value: pem.decode() for part, pem in bundle.parts.items()},
        "digest": bundle.digest,
        "fingerprint": bundle.fingerprint,
        "version": bundle.version,
    }


def run_job(tmp_path: Path, path: Path, **job: str) -> Iterator[dict[str, Any]]:
    job_file = tmp_path / "job.json"
    bundles = {"old": wire(ONE), "new": wire(TWO)}
    job_file.write_text(json.dumps({**bundles, "place": str(path), "log": str(tmp_path / "log"), **job}))
    driver = Path(__file__).parent / "deploy_crash_driver.py"
    command = [sys.executable, str(driver), str(job_file)]
    done = subprocess.run(command, env=python_environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return (json.loads(line) for line in done.stdout.splitlines())


@pytest.mark.proves("SEC-5", "ASC-1")
@pytest.mark.parametrize("start", ["empty", "old"])
def test_a_crash_at_any_operation_leaves_the_old_or_the_new_pair_and_the_next_run_finishes(
    start: str, path: Path, tmp_path: Path
) -> None:
    old = {certificate(ONE).decode()} if start == "old" else set()
    allowed = old | {certificate(TWO).decode()}
    seen: set[str] = set()
    last: dict[str, Any] = {}
    for last in run_job(tmp_path, path, action="install", start=start):
        after = {name: content.encode() for name, content in last["after"].items()}
        assert last["widest"] & 0o077 == 0, f"{last['count']}: a file was open to others for a moment"
        if start == "old" or after:
            assert set(after) == {"cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"}, last["count"]
            assert is_pair(after), last["count"]
            assert after["cert.pem"].decode() in allowed
            seen.add(after["cert.pem"].decode())
        assert last["fingerprint"] == TWO.fingerprint, last["count"]
        assert last["finished"]["privkey.pem"].encode() == private_key(TWO)
        assert last["told"] == [hashlib.sha256(certificate(TWO)).hexdigest()], f"{last['count']}: the server was told"
        assert not [entry for entry in last["left"] if ".certwright-" in entry], last["count"]
        versions = [entry for entry in last["left"] if entry.startswith("versions/") and entry.count("/") == 1]
        assert len(versions) == (2 if start == "old" else 1), last
    assert last["killed"] is False
    assert last["count"] > 20
    assert seen == allowed, "the crashes came before and after the switch"


@pytest.mark.proves("SEC-5", "ASC-1")
def test_a_crash_in_a_removal_is_finished_by_the_next(path: Path, tmp_path: Path) -> None:
    last: dict[str, Any] = {}
    for last in run_job(tmp_path, path, action="remove", start="old"):
        after = {name: content.encode() for name, content in last["after"].items()}
        assert not after or is_pair(after), last["count"]
        assert not [entry for entry in last["left"] if entry.endswith(".pem")], last["count"]
    assert last["killed"] is False
    assert last["count"] > 5


@pytest.mark.proves("SEC-5", "ASC-1")
@pytest.mark.parametrize("failpoint", ["deploy.before_switch", "deploy.after_switch", "deploy.before_reload"])
def test_the_failpoints_lie_where_their_names_say(failpoint: str, path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    target = {"path": str(path), "reload": logging_reload(log)}
    bring(DirectoryDeployer(), target, ONE, owner=A)
    script = (
        "import json, sys; from certwright.deploy.directory import DirectoryDeployer; "
        "from builders.targets import bring, material_from; w = json.loads(sys.argv[1]); b = material_from(w['b']); "
        "bring(DirectoryDeployer(), w['t'], b, owner=w['o'])"
    )
    argument = json.dumps({"t": target, "b": wire(TWO), "o": A})
    environment = python_environment(CERTWRIGHT_FAILPOINT=failpoint)
    done = subprocess.run([sys.executable, "-c", script, argument], env=environment, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    expected = ONE if failpoint == "deploy.before_switch" else TWO
    assert files_of(path)["privkey.pem"] == private_key(expected)
    seen = seen_at(DirectoryDeployer(), target)
    assert seen is not None
    assert seen.fingerprint == expected.fingerprint
    assert seen.told is (expected is ONE), "an unfinished switch is not called done"
    assert log.read_text().count("\n") == 1
    bring(DirectoryDeployer(), target, TWO, owner=A)
    assert log.read_text().count("\n") == 2
    assert seen_at(DirectoryDeployer(), target).fingerprint == TWO.fingerprint  # type: ignore[union-attr]


ACTIONS = st.tuples(
    st.sampled_from([A, B]),
    st.sampled_from(["install", "take over", "failing reload", "remove", "keep"]),
    st.sampled_from([ONE, TWO, THREE]),
)


@pytest.mark.proves("ASC-1")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=8))
def test_two_owners_in_any_order_never_mix_their_pairs(
    actions: list[tuple[str, str, Material]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("two") / "place"
    work, target = DirectoryDeployer(), {"path": str(path)}
    holder: str | None = None  # the model: whose the place is ("" = given up), and what lies there
    lies: Material | None = None
    told = True
    for actor, action, bundle in actions:
        other = B if actor == A else A
        if action in ("remove", "keep"):
            mine = holder == actor
            assert remove(work, {**target, "onDelete": action.upper()}, owner=actor) is mine
            if mine:
                holder, lies = (None, None) if action == "remove" else ("", lies)
                told = told or lies is None
        else:
            takes_over = (other,) if action == "take over" else ()
            free = holder in (None, "", actor, *takes_over)
            same = lies is bundle
            reload = ["false"] if action == "failing reload" else []
            wanted = {**target, "reload": reload}
            if not free:
                refusal(
                    "deploy.place_taken", call=partial(bring, work, wanted, bundle, owner=actor, takes_over=takes_over)
                )
            elif reload and not same:
                way = WayBack(owner=holder or actor, material=lies if holder else None)
                refusal("deploy.reload_failed", call=partial(bring, work, wanted, bundle, owner=actor, way=way))
                told = lies is None  # the command fails for the old pair, too
            elif reload and same and not told:
                way = WayBack(owner=actor, material=bundle)
                refusal("deploy.reload_failed", call=partial(bring, work, wanted, bundle, owner=actor, way=way))
                holder = actor
            else:
                bring(work, wanted, bundle, owner=actor, takes_over=takes_over)
                holder, lies, told = actor, bundle, True
        seen = seen_at(work, target)
        if lies is None:
            assert seen is None
            continue
        assert seen is not None
        assert (seen.owner, seen.fingerprint, seen.told) == (holder, lies.fingerprint, told)
        assert files_of(path)["privkey.pem"] == private_key(lies)
        assert is_pair(files_of(path))


@pytest.mark.proves("ASC-1")
def test_two_owners_at_the_same_time_never_show_a_reader_half_of_each(path: Path) -> None:
    target = {"path": str(path), "keep": 50}
    bring(DirectoryDeployer(), target, ONE, owner=A)
    failures: list[BaseException] = []

    def write(owner: str, other: str, bundles: tuple[Material, ...]) -> None:
        try:
            for bundle in bundles:
                bring(DirectoryDeployer(), target, bundle, owner=owner, takes_over=(other,))
        except BaseException as error:
            failures.append(error)

    writers = [
        threading.Thread(target=write, args=(A, B, (ONE, THREE) * 6)),
        threading.Thread(target=write, args=(B, A, (TWO, ONE) * 6)),
    ]
    for writer in writers:
        writer.start()
    looks = 0
    while any(writer.is_alive() for writer in writers) or not looks:
        version = path / os.readlink(path / "current")
        assert is_pair({file.name: file.read_bytes() for file in version.glob("*.pem")})
        looks += 1
    for writer in writers:
        writer.join()
    assert failures == []
    assert is_pair(files_of(path))


# --- third parties --------------------------------------------------------------------------------------------------


class Foreign:
    """Stands for a third party's target."""

    kind = "foreign"


def _point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP)


@pytest.mark.proves("ASC-6")
def test_a_third_party_adds_a_kind_by_an_entry_point_that_is_loaded_when_asked_for() -> None:
    points = [_point("foreign", "decimal:Decimal"), _point("broken", "no_such_module_here:Target")]
    assert kinds(found=lambda: points) == (*SHAPES, "broken", "foreign")
    assert str(deployer("foreign", found=lambda: points)) == "0"
    refusal("deploy.plugin_failed", "no_such_module_here", call=lambda: deployer("broken", found=lambda: points))
    refusal("deploy.kind_unknown", "ftp", "directory", "foreign", call=lambda: deployer("ftp", found=lambda: points))


def test_a_third_party_cannot_stand_in_for_a_kind_of_ours() -> None:
    points = [_point("directory", "decimal:Decimal")]
    assert isinstance(deployer("directory", found=lambda: points), DirectoryDeployer)
    assert kinds(found=lambda: points) == SHAPES
