"""Where a store lies: addresses, permissions, damaged files, servers that are not there."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from builders.store_records import certificate
from certwright.domain.errors import CertwrightError, StoreUnavailable
from certwright.engine.records import CertificateRecord
from certwright.store.sql import SqlStore
from certwright.store.sqlite import SqliteBackend
from servers.postgres import PASSWORD, PostgresServer
from servers.stores import Place, open_store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.proves("SEC-1", "SEC-2")
def test_directory_and_files_are_for_the_owner_only_under_any_umask(sqlite_place: Place) -> None:
    assert sqlite_place.path is not None
    before = os.umask(0o000)
    try:
        store = sqlite_place.open()
        with store.write() as tx:
            tx.save(certificate())
            files = list(sqlite_place.path.parent.iterdir())
    finally:
        os.umask(before)
    assert {f.name for f in files} == {"store.db", "store.db-wal", "store.db-shm"}
    assert {mode(f) for f in files} == {0o600}
    assert mode(sqlite_place.path.parent) == 0o700


@pytest.mark.proves("SEC-8")
def test_a_store_that_came_while_another_was_being_made_stays(sqlite_place: Place) -> None:
    """As two processes do it that both found none; what the second one made goes."""
    assert sqlite_place.path is not None
    backend = SqliteBackend(sqlite_place.path)
    for store_id in ("1" * 32, "2" * 32):
        backend.create({"store_id": store_id, "testing": "0"})
    assert backend.open().store_id == "1" * 32
    assert [path.name for path in sqlite_place.path.parent.iterdir() if path.name.endswith(".new")] == []
    backend.close()


@pytest.mark.proves("SEC-1")
@pytest.mark.parametrize("wide", ["directory", "file"])
def test_wider_permissions_are_refused(sqlite_place: Place, wide: str) -> None:
    assert sqlite_place.path is not None
    sqlite_place.open().create()
    target = sqlite_place.path if wide == "file" else sqlite_place.path.parent
    target.chmod(0o640 if wide == "file" else 0o755)
    with pytest.raises(StoreUnavailable, match=f"the {wide} .* may be used by others .*chmod") as caught:
        sqlite_place.open().read().__enter__()
    assert caught.value.code == "store.permissions"


def test_a_new_store_is_not_put_into_a_directory_that_others_may_use(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    store = open_store(f"sqlite:///{shared}/store.db")
    with pytest.raises(StoreUnavailable, match="chmod 700"):
        store.create()
    assert list(shared.iterdir()) == []


@pytest.mark.proves("SEC-5")
def test_commits_are_synced_and_the_journal_is_a_wal(sqlite_place: Place) -> None:
    store = sqlite_place.open()

    def pragma(name: str) -> object:
        with store.write() as tx:
            return tx._connection.driver.execute(f"PRAGMA {name}").fetchone()[0]  # type: ignore[attr-defined]

    assert [pragma("journal_mode"), pragma("foreign_keys"), pragma("synchronous")] == ["wal", 1, 2]


@pytest.mark.parametrize("name", ["with space.db", "per%cent.db", "ques?tion.db", "ha#sh.db", "käse.db"])
def test_any_file_name_works(tmp_path: Path, name: str) -> None:
    store = open_store(f"sqlite:///{tmp_path}/d/{name}")
    with store.write() as tx:
        tx.save(certificate())
    store.close()
    assert [p.name for p in (tmp_path / "d").iterdir()] == [name]


@pytest.mark.proves("SEC-8")
@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "is an empty file"), (b"not a database" * 100, "is damaged|failed")]
)
def test_a_file_that_is_no_store_is_unavailable_and_not_absent(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "d" / "store.db"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(content)
    path.chmod(0o600)
    store = open_store(f"sqlite:///{path}")
    for act in (lambda: store.write().__enter__(), lambda: store.read().__enter__()):
        with pytest.raises(StoreUnavailable, match=sentence) as caught:
            act()
        assert caught.value.code != "store.absent"
    store.close()
    assert path.read_bytes() == content


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://u:geheim@h/d", "", "x"])
def test_addresses_that_are_no_store(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url).exists()
    assert caught.value.code == "store.address"
    assert "geheim" not in str(caught.value)


def test_a_place_that_cannot_be_looked_at_is_not_absent(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(StoreUnavailable, match="cannot be told") as caught:
        open_store(f"sqlite:///{loop}/store.db").exists()
    assert caught.value.code == "store.unavailable"


def test_the_plugin_starts_without_sqlalchemy() -> None:
    code = "import sys, certwright.store.sql, certwright.store.sqlite, certwright.store.session; sys.exit('sqlalchemy' in sys.modules)"
    provider = Path(__file__).parents[2] / "provider"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(provider)}, timeout=60)
    assert done.returncode == 0


def _as_the_owner_of(directory: Path, work: Callable[[], None]) -> int:
    """Runs `work` in a child that is not root (root may write everywhere); its exit code is 0 when nothing was raised."""
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        for path in (directory, *directory.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.proves("SEC-8")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # 3.12: any thread at all warns
def test_a_store_on_a_read_only_medium_can_be_read() -> None:
    with tempfile.TemporaryDirectory() as base:
        os.chmod(base, 0o755)
        directory = Path(base, "data")
        url = f"sqlite:///{directory}/store.db"
        store = open_store(url)
        with store.write() as tx:
            tx.save(certificate())
        store.close()
        directory.chmod(0o500)

        def look() -> None:
            frozen = open_store(url)
            with frozen.read() as reader:
                assert reader.count(CertificateRecord) == 1
            with pytest.raises(StoreUnavailable, match=r"read-?only"):
                frozen.write().__enter__()
            frozen.close()

        assert _as_the_owner_of(directory, look) == 0
        assert [p.name for p in directory.iterdir()] == ["store.db"]
        directory.chmod(0o700)


# --- PostgreSQL --------------------------------------------------------------------------------------------------------


def _all_text(error: BaseException) -> str:
    texts, seen = [], error
    while seen is not None:
        texts += [str(seen), repr(seen)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)  # type: ignore[assignment]
    return "\n".join(texts)


@pytest.mark.proves("SEC-2")
def test_a_wrong_password_is_refused_without_telling_it(postgres_server: PostgresServer) -> None:
    store = open_store(postgres_server.url("s", password="geheim@wort"))
    with pytest.raises(StoreUnavailable, match="password authentication failed") as caught:
        store.read().__enter__()
    text = _all_text(caught.value) + repr(store)
    assert "geheim" not in text
    assert PASSWORD not in text
    assert caught.value.code == "store.unavailable"


def test_a_server_that_is_not_there_is_unavailable() -> None:
    store = open_store("postgresql://u:geheim@127.0.0.1:1/d")
    for act in (store.exists, lambda: store.write().__enter__(), lambda: store.store_id):
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/d \(schema certwright\) failed") as caught:
            act()
        assert caught.value.code == "store.unavailable"
        assert "geheim" not in _all_text(caught.value)


@pytest.mark.parametrize("url", ["postgresql://h/d?schema=Bad-Name", "postgresql://u:geheim@h:port/d", "postgresql:"])
def test_addresses_of_postgresql_that_cannot_be_read(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url).exists()
    assert "geheim" not in _all_text(caught.value)


@pytest.mark.proves("OPS-1")
def test_a_connection_that_died_is_replaced(postgres_server: PostgresServer) -> None:
    store = open_store(postgres_server.url("t_died"))
    with store.write() as tx:
        tx.save(certificate())
    with store.read() as reader:
        assert reader.count(CertificateRecord) == 1
    with postgres_server.connect() as link:
        link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'certwright' AND pid <> pg_backend_pid()"
        )
    with store.write() as tx:
        tx.save(certificate(2))
    with store.read() as reader:
        assert reader.count(CertificateRecord) == 2
    store.close()


@pytest.mark.proves("SEC-5")
def test_a_connection_that_dies_inside_a_transaction_leaves_nothing(postgres_server: PostgresServer) -> None:
    store = open_store(postgres_server.url("t_inside"))
    store.create()

    def interrupted() -> None:
        with store.write() as tx:
            tx.save(certificate())
            with postgres_server.connect() as link:
                link.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'certwright' AND state = 'idle in transaction'"
                )
            tx.save(certificate(2))

    with pytest.raises(StoreUnavailable):
        interrupted()
    with store.read() as reader:
        assert reader.count(CertificateRecord) == 0
    store.close()


@pytest.mark.proves("OPS-1")
def test_two_schemas_of_one_database_are_two_stores(postgres_server: PostgresServer) -> None:
    one, two = open_store(postgres_server.url("t_one")), open_store(postgres_server.url("t_two"))
    with one.write() as tx:
        tx.save(certificate())
        with two.write() as inner:
            assert inner.count(CertificateRecord) == 0
    assert one.store_id != two.store_id
    one.close()
    two.close()


def test_errors_of_the_database_are_ours(place: Place) -> None:
    store = place.open()
    store.create()
    place.execute("DROP TABLE {s}serials")

    def write() -> None:
        from builders.store_records import serial

        with store.write() as tx:
            tx.save(serial())

    with pytest.raises(CertwrightError, match="serials"):
        write()


def test_repr_tells_no_address(place: Place) -> None:
    store: SqlStore = place.open()
    assert repr(store) in ("SqlStore(sqlite)", "SqlStore(postgresql+psycopg)")
