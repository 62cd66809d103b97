"""Keys before the transaction (ADR 18): nobody who writes waits for a key, and a key that nobody wants was seen by nobody."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import pki
from builders.world import ACCOUNT, DAY, PREFIX, World, material, world
from certwright.domain import tbs
from certwright.domain.errors import Conflict, KeysChanged, Refused
from certwright.domain.keyspec import KeyAlgorithm, generate_private_key
from certwright.engine import authority, certificates, keys, prove
from certwright.engine.bulk import BulkRequest, issue_many
from certwright.engine.ports import NewKey
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityVersionRecord,
    CertificateRecord,
    CertificateStatus,
    KeyRecord,
    MaterialRecord,
    MetaRecord,
    Mode,
)
from certwright.issuers.bundled import ensure_bundled
from certwright.store import writing
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

pytestmark = pytest.mark.proves("SEC-1")

# What `cryptography` does with private keys, by the names of its compiled functions.
SECRET_WORK = frozenset(
    {"generate_private_key", "generate_key", "load_der_private_key", "encrypt", "decrypt", "derive"}
)
WRAPPERS = "certwright/store/wrappers/"


class Watch:
    """Every call, in this thread and in those that it starts, that makes, encrypts or opens a key while a write transaction is open. It asks neither the
    vault nor the wrappers: it sees what the interpreter calls."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.outside: list[str] = []

    def __call__(self, frame: Any, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in SECRET_WORK:
            self._saw(called.__name__)
        elif event == "call" and WRAPPERS in frame.f_code.co_filename:
            self._saw(f"wrapper.{frame.f_code.co_name}")

    def _saw(self, name: str) -> None:
        (self.inside if getattr(writing._mine, "open", False) else self.outside).append(name)

    @contextmanager
    def on(self) -> Iterator[None]:
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def rsa(name: str) -> dict[str, Any]:
    return {"keyAlgorithm": "RSA_2048", "subject": {"commonName": name}}


def request() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sensor.internal")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("sensor.internal")]), False)
    signed = builder.sign(pki.key(number=4), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def unsign(here: World, arn: str) -> None:
    """As a crash between journal and signature leaves it."""
    version, made = here.version(arn), here.one(MaterialRecord, arn=arn, version=1)
    pending = CertificateStatus.PENDING_VALIDATION
    here.save(
        replace(here.record(arn), serving_version=0),
        replace(version, status=pending, has_certificate=False, serving=False),
        replace(made, der=b"", chain_pem=""),
    )


def renew(here: World, record: CertificateRecord, **spec: Any) -> CertificateRecord:
    return certificates.reissue(
        here.services, record.arn, expected_newest=1, spec={**record.spec, **spec}, reason_code="renewal.window_open"
    )


def re_sign(here: World, record: AuthorityRecord, **configuration: Any) -> AuthorityRecord:
    wanted = {**record.spec["certificateAuthorityConfiguration"], **configuration}
    spec = {**record.spec, "certificateAuthorityConfiguration": wanted}
    return authority.re_sign(here.services, record.arn, expected_newest=1, spec=spec, reason_code="inputs.changed")


def bulk(here: World, issuer: AuthorityRecord, **spec: Any) -> Any:
    wanted = [
        BulkRequest(urn=f"urn:{n}", region="local", account=ACCOUNT, spec=here.private_spec(issuer, **spec))
        for n in range(3)
    ]
    return issue_many(here.services, wanted)


def adopt_journaled(here: World, issuer: AuthorityRecord) -> Any:
    unsign(here, here.private(issuer).arn)
    return here.private(issuer)


def adopt_authority(here: World, _: AuthorityRecord) -> Any:
    left = here.root("left", certificateAuthorityConfiguration=rsa("left"))
    version = here.one(AuthorityVersionRecord, arn=left.arn, version=1)
    made = here.one(MaterialRecord, arn=left.arn, version=1)
    creating = left.status.CREATING
    here.save(
        replace(left, status=creating, serving_version=0),
        replace(version, status=creating, has_certificate=False),
        replace(made, der=b""),
    )
    return here.root("left", certificateAuthorityConfiguration=rsa("left"))


def retry_outdated(here: World, issuer: AuthorityRecord) -> Any:
    record = here.private(issuer)
    unsign(here, record.arn)
    here.clock.advance(25 * DAY)
    return certificates.retry(here.services, record.arn)


def public(here: World, issuer: AuthorityRecord) -> Any:
    record = here.public(issuer)
    assert prove.step(here.services, record.arn).issued
    return record


Flow = Callable[[World, AuthorityRecord], Any]

FLOWS: dict[str, Flow] = {
    "private": lambda here, ca: here.private(ca),
    "private, RSA": lambda here, ca: here.private(ca, keyAlgorithm="RSA_2048"),
    "private, another region": lambda here, ca: certificates.create(
        here.services,
        urn=f"{PREFIX}Certificate::wiki",
        region="eu-1",
        account=ACCOUNT,
        mode=Mode.PRIVATE,
        spec=here.private_spec(ca),
        tags={},
    ),
    "public": public,
    "public, bundled": lambda here, _: here.public(),
    "signed": lambda here, ca: here.signed(ca, request()),
    "import": lambda here, _: here.imported(),
    "import again": lambda here, _: certificates.reimport(
        here.services, here.imported().arn, spec={}, imported=material(number=8)
    ),
    "renewal": lambda here, ca: renew(here, here.private(ca)),
    "renewal with the same key": lambda here, ca: renew(here, here.private(ca), renewalKeyPolicy="REUSE"),
    "renewal of a public one": lambda here, ca: renew(here, public(here, ca)),
    "adoption": lambda here, ca: (here.private(ca), here.private(ca)),
    "adoption of what is not signed": adopt_journaled,
    "resumed long after": retry_outdated,
    "bulk": lambda here, ca: bulk(here, ca),
    "root authority": lambda here, _: here.root("other", certificateAuthorityConfiguration=rsa("other")),
    "subordinate authority": lambda here, ca: here.issuing(ca, "below", pathLength=None),
    "adoption of an authority": adopt_authority,
    "authority signed again": lambda here, ca: re_sign(here, ca),
    "authority rotated": lambda here, ca: re_sign(here, ca, keyAlgorithm="EC_secp384r1"),
    "leaf after a rotation": lambda here, ca: (here.private(ca, "a"), re_sign(here, ca), here.private(ca, "b")),
    "bundled authorities": lambda here, _: ensure_bundled(here.services, region="eu-1", account=ACCOUNT),
    "association": lambda here, ca: here.association(here.private(ca).arn),
}


@pytest.mark.parametrize("name", FLOWS)
def test_no_key_is_made_or_opened_while_a_write_transaction_is_open(tmp_path: Path, name: str) -> None:
    """Under an RSA authority, in a process that has made no throw-away key, and knows no region's key yet."""
    with world(tmp_path) as first:
        issuer = first.root("issuer", certificateAuthorityConfiguration=rsa("issuer"))
    with world(tmp_path, seed=2) as here:
        tbs._throwaway_key.cache_clear()
        watch = Watch()
        with watch.on():
            FLOWS[name](here, issuer)
    assert watch.inside == []
    assert {"load_der_private_key", "generate_private_key"} & set(watch.outside)
    assert {"wrapper.unwrap"} <= set(watch.outside)


def test_the_watch_sees_what_is_done_inside(here: World) -> None:
    watch = Watch()
    with watch.on(), here.services.store.write():
        generate_private_key(KeyAlgorithm.EC_PRIME256V1)
        generate_private_key(KeyAlgorithm.ED25519)
        tbs._throwaway_key.cache_clear()
        tbs.ready_to_prepare(KeyAlgorithm.RSA_2048)
    assert watch.inside == ["generate_private_key", "generate_key", "generate_private_key"]


# --- thrown away ----------------------------------------------------------------------------------------------------


class Vault:
    """The world's own vault; `made` are its new keys, and `before` is called when one is asked for."""

    def __init__(self, here: World, before: Callable[[], Any] = lambda: None) -> None:
        self._real: Any = here.services.vault
        self._before = before
        self.made: list[NewKey] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def make(self, *args: Any, **more: Any) -> NewKey:
        self._before()
        key: NewKey = self._real.make(*args, **more)
        self.made.append(key)
        return key


def with_vault(here: World, vault: Vault) -> World:
    return replace(here, services=replace(here.services, vault=vault))  # type: ignore[arg-type]


def kept(here: World, vault: Vault) -> list[bool]:
    """Of each key that was made, whether the store has it; nothing else in the store is a key that nobody names."""
    handles = {record.handle for record in here.all(KeyRecord)}
    return [key.handle in handles for key in vault.made]


def test_a_refused_wish_throws_its_key_away(here: World, issuing: AuthorityRecord) -> None:
    vault = Vault(here)
    with pytest.raises(Refused):
        with_vault(here, vault).private(issuing, domainName="-..-")
    with pytest.raises(Refused):
        with_vault(here, vault).root("short", validity={"type": "DAYS", "value": "1"}, parentArn=issuing.arn)
    assert kept(here, vault) == [False, False]


def test_an_adopted_wish_throws_its_key_away(here: World, issuing: AuthorityRecord) -> None:
    first = here.private(issuing)
    vault = Vault(here)
    again = with_vault(here, vault).private(issuing)
    assert again.aliases == (first.arn,)
    assert kept(here, vault) == [False]


def test_whoever_comes_second_to_a_renewal_makes_no_key_or_throws_it_away(
    here: World, issuing: AuthorityRecord
) -> None:
    record = here.private(issuing)
    vault = Vault(here)
    renew(with_vault(here, vault), record)
    renew(with_vault(here, vault), record)
    assert kept(here, vault) == [True]
    # A second decision falls between the look and the transaction of the first; its lease has run out.
    other = here.private(issuing, "other")

    def meanwhile() -> None:
        newest = here.version(other.arn)
        here.save(replace(here.record(other.arn), newest_version=2), replace(newest, version=2, serving=False))

    late = Vault(here, meanwhile)
    renew(with_vault(here, late), other)
    assert kept(here, late) == [False]


def test_a_key_that_is_imported_and_refused_is_kept_nowhere(here: World) -> None:
    record, before = here.imported(), here.all(KeyRecord)
    broken = replace(material(), key_pkcs8=b"\x30\x00")
    with pytest.raises(Refused, match="not an unencrypted PKCS#8"):
        certificates.reimport(here.services, record.arn, spec={}, imported=broken)
    assert here.all(KeyRecord) == before


# --- changed in between ---------------------------------------------------------------------------------------------


def rotate_once(here: World, issuer: AuthorityRecord) -> Callable[[], None]:
    def rotate() -> None:
        if here.one(AuthorityRecord, arn=issuer.arn).newest_version == 1:
            re_sign(here, issuer, keyAlgorithm="RSA_2048")

    return rotate


def test_an_authority_that_is_rotated_while_a_key_is_made_sets_another_algorithm_for_it(here: World) -> None:
    issuer = here.root()
    vault = Vault(here, rotate_once(here, issuer))
    record = with_vault(here, vault).public(issuer)  # nothing is signed yet
    assert here.one(KeyRecord, handle=here.version(record.arn).key_handle).algorithm == "RSA_2048"
    assert kept(here, vault) == [False, True]


@pytest.mark.parametrize("what", ["create", "renewal", "bulk"])
def test_an_authority_that_is_rotated_while_a_key_is_made_signs_with_its_new_key(here: World, what: str) -> None:
    """From P-256 to RSA: another key signs, and the leaf's default is another, too."""
    issuer = here.root()
    record = here.private(issuer, "before")
    vault = Vault(here, rotate_once(here, issuer))
    there = with_vault(here, vault)
    if what == "create":
        record = there.private(issuer, "meanwhile")
    elif what == "renewal":
        record = renew(there, record)
    else:
        record = bulk(there, issuer)[0][0]
    version = here.version(record.arn)
    assert version.issuer_version == 2
    signer = tbs.load_der(here.one(MaterialRecord, arn=issuer.arn, version=2).der)
    tbs.load_der(here.one(MaterialRecord, arn=record.arn, version=version.version).der).verify_directly_issued_by(
        signer
    )
    assert here.one(KeyRecord, handle=version.key_handle).algorithm == "RSA_2048"
    kept_ones = kept(here, vault)
    assert kept_ones == [False] * (len(kept_ones) // 2) + [True] * (len(kept_ones) // 2)


def test_what_changes_again_and_again_is_a_conflict_in_the_end(here: World, issuing: AuthorityRecord) -> None:
    calls: list[int] = []

    def attempt() -> None:
        calls.append(1)
        raise KeysChanged("again")

    with pytest.raises(Conflict, match="again"):
        keys.until_ready(here.services, attempt)
    assert len(calls) == keys.ATTEMPTS


# --- side by side ---------------------------------------------------------------------------------------------------


def test_twelve_creates_make_their_keys_side_by_side_each_in_its_own_thread(
    here: World, issuing: AuthorityRecord
) -> None:
    count = 12
    all_there, makers = threading.Barrier(count), set()

    def wait_for_the_others() -> None:
        makers.add(threading.get_ident())
        all_there.wait(60)  # broken unless all of them make a key at this moment

    there = with_vault(here, Vault(here, wait_for_the_others))
    with ThreadPoolExecutor(count) as pool:
        futures = [
            pool.submit(there.private, issuing, f"c{number}", keyAlgorithm="RSA_2048") for number in range(count)
        ]
        arns = {future.result(120).arn for future in futures}
    assert (len(arns), len(makers)) == (count, count)


def test_others_write_while_a_key_takes_its_time(here: World, issuing: AuthorityRecord) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert go_on.wait(60)

    there = with_vault(here, Vault(here, slow))
    with ThreadPoolExecutor(1) as pool:
        try:
            create = pool.submit(there.private, issuing)
            assert begun.wait(60)
            here.save(MetaRecord(key="meanwhile", value="written"))
            with here.services.store.lease("meanwhile", seconds=30, wait_seconds=1):
                pass
        finally:
            go_on.set()
        assert create.result(60).serving_version == 1
