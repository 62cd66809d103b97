"""Keys in the store: what is written, what is refused, what is found when somebody changes it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders.store_records import LATER, NOW
from certwright.domain.errors import CertwrightError, KeysChanged, KeyUnavailable, Refused
from certwright.domain.keyspec import KeyAlgorithm
from certwright.domain.values import Secret
from certwright.engine.records import KeyRecord, RegionKeyRecord
from certwright.store.keyvault import EnvelopeVault
from certwright.store.sql import SqlStore
from certwright.store.wrappers.passphrase import Cost, PassphraseWrapper
from certwright.store.wrappers.port import WrapperContext
from certwright.store.wrappers.registry import KINDS, open_wrapper
from certwright.system import SystemEntropy
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509 import ocsp
from servers.stores import Place

pytestmark = pytest.mark.proves("SEC-1")

HOME: dict[str, str] = {"region": "local", "account": "000000000000"}


def context(tmp_path: Path, environment: dict[str, str] | None = None) -> WrapperContext:
    return WrapperContext(
        config_directory=tmp_path / "config",
        store_directory=tmp_path / "data",
        environment=environment or {},
        entropy=SystemEntropy(),
    )


def vault(tmp_path: Path, address: str = "") -> EnvelopeVault:
    return EnvelopeVault(open_wrapper(address, context(tmp_path)), entropy=SystemEntropy())


def make(store: SqlStore, keys: EnvelopeVault, algorithm: str = "EC_prime256v1", **where: str) -> str:
    made = keys.make(store, algorithm=algorithm, now=NOW, **{**HOME, **where})
    with store.write() as tx:
        keys.keep(tx, made)
    return made.handle


@pytest.mark.parametrize("algorithm", [a.value for a in KeyAlgorithm if a is not KeyAlgorithm.RSA_4096])
def test_a_key_of_each_algorithm_signs_and_reads_back(store: SqlStore, tmp_path: Path, algorithm: str) -> None:
    from certwright.domain.keyspec import default_signing_algorithm

    handle = make(store, vault(tmp_path), algorithm)
    keys = vault(tmp_path)  # another process
    with store.read() as reader:
        public: Any = keys.public_key(reader, handle)
        der = keys.sign_csr(
            reader,
            handle,
            subject=x509.Name([]),
            signing_algorithm=default_signing_algorithm(KeyAlgorithm(algorithm)).value,
            extensions=[(x509.SubjectAlternativeName([x509.DNSName("a.example")]), True)],
        )
        pem = keys.private_pem(reader, handle)
    request = x509.load_der_x509_csr(der)
    assert request.is_signature_valid
    assert request.public_key() == public
    assert s.load_pem_private_key(pem, None).public_key() == public


@pytest.mark.parametrize(
    ("algorithm", "signing"),
    [("EC_prime256v1", "SHA256WITHECDSA"), ("RSA_2048", "SHA256WITHRSA_PSS"), ("ED25519", "ED25519")],
)
def test_revocation_lists_are_signed_inside_the_vault(
    sqlite_place: Place, tmp_path: Path, algorithm: str, signing: str
) -> None:
    store, keys = sqlite_place.open(), vault(tmp_path)
    handle = make(store, keys, algorithm)
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")])
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(NOW).next_update(LATER)
    with store.read() as reader:
        der = keys.sign_crl(reader, handle, builder=builder, signing_algorithm=signing)
        assert x509.load_der_x509_crl(der).is_signature_valid(keys.public_key(reader, handle))  # type: ignore[arg-type]
        wrong = "SHA256WITHRSA" if signing != "SHA256WITHRSA_PSS" else "ED25519"
        with pytest.raises(CertwrightError, match="cannot be made with"):
            keys.sign_crl(reader, handle, builder=builder, signing_algorithm=wrong)


@pytest.mark.parametrize(
    ("algorithm", "signing"), [("EC_prime256v1", "SHA256WITHECDSA"), ("RSA_2048", "SHA256WITHRSA_PSS")]
)
def test_ocsp_responses_are_signed_inside_the_vault(
    sqlite_place: Place, tmp_path: Path, algorithm: str, signing: str
) -> None:
    store, keys = sqlite_place.open(), vault(tmp_path)
    handle = make(store, keys, algorithm)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "responder")])
    with store.read() as reader:
        key: Any = s.load_pem_private_key(keys.private_pem(reader, handle), None)
        template = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        template = template.serial_number(7).not_valid_before(NOW).not_valid_after(LATER)
        responder = template.sign(key, hashes.SHA256())
        good = ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
        builder = builder.add_response(responder, responder, hashes.SHA1(), good, NOW, LATER, None, None)
        der = keys.sign_ocsp(reader, handle, builder=builder, signing_algorithm=signing)
    answer = ocsp.load_der_ocsp_response(der)
    assert answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert answer.signature_hash_algorithm is not None
    arguments: list[Any] = [answer.signature, answer.tbs_response_bytes]
    if algorithm == "RSA_2048":
        key.public_key().verify(*arguments, padding.PKCS1v15(), answer.signature_hash_algorithm)
    else:
        key.public_key().verify(*arguments, ec.ECDSA(answer.signature_hash_algorithm))


@pytest.mark.proves("SEC-2")
def test_no_key_lies_in_clear_in_the_store(sqlite_place: Place, tmp_path: Path) -> None:
    store, keys = sqlite_place.open(), vault(tmp_path)
    handles = [make(store, keys, a) for a in ("EC_prime256v1", "RSA_2048", "ED25519")]
    secrets: list[bytes] = []
    with store.read() as reader:
        for handle in handles:
            key: Any = s.load_pem_private_key(keys.private_pem(reader, handle), None)
            secrets.append(key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption()))
            numbers = getattr(key, "private_numbers", None)
            if numbers is None:
                secrets.append(key.private_bytes_raw())
            else:
                value = getattr(numbers(), "private_value", None) or numbers().p
                secrets.append(value.to_bytes((value.bit_length() + 7) // 8))
        region_key = keys._regions.unwrapped(reader.one(RegionKeyRecord))  # type: ignore[arg-type]
        secrets.append(region_key)
        assert sqlite_place.path is not None
        files = list(sqlite_place.path.parent.iterdir())
        assert "store.db-wal" in {f.name for f in files}
        content = b"".join(f.read_bytes() for f in files)
        spki = reader.all(KeyRecord)[0].spki
    assert spki in content, "the search would find a key that is there"
    for secret in secrets:
        assert len(secret) >= 31
        for form in (secret, secret.hex().encode(), secret[4:24]):
            assert form not in content


def test_a_key_that_is_not_kept_or_rolled_back_leaves_nothing_but_its_regions_key(
    store: SqlStore, tmp_path: Path
) -> None:
    keys = vault(tmp_path)

    def undone() -> None:
        made = keys.make(store, algorithm="EC_prime256v1", now=NOW, **HOME)
        with store.write() as tx:
            keys.keep(tx, made)
            raise ZeroDivisionError

    keys.make(store, algorithm="EC_prime256v1", now=NOW, **HOME)
    with pytest.raises(ZeroDivisionError):
        undone()
    with store.read() as reader:
        assert (reader.count(KeyRecord), reader.count(RegionKeyRecord)) == (0, 1)
    handle = make(store, keys)
    with store.read() as reader:
        assert reader.count(KeyRecord) == 1
        assert vault(tmp_path).private_pem(reader, handle) == keys.private_pem(reader, handle)


@pytest.mark.proves("REG-1")
def test_each_region_and_account_has_a_key_of_its_own(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    make(store, keys)
    make(store, keys)
    make(store, keys, region="eu-1")
    make(store, keys, account="000000000001")
    with store.read() as reader:
        regions = reader.all(RegionKeyRecord)
        assert len(regions) == 3
        assert len({keys._regions.unwrapped(r) for r in regions}) == 3
        assert keys.prove(reader) == regions[0].wrapper_id
    with store.write() as tx:  # the ciphertext is of no use in another region
        record = tx.all(KeyRecord, region="eu-1")[0]
        tx.save(replace(record, region="local"))
    with store.read() as reader, pytest.raises(KeyUnavailable, match="cannot be opened"):
        keys.private_pem(reader, record.handle)


def test_no_key_is_made_encrypted_or_opened_inside_a_write_transaction(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    handle = make(store, keys)
    der = ec.generate_private_key(ec.SECP256R1()).private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
    with store.read() as reader:
        stored = keys.find(reader, handle)

    def opened(_: Any) -> None:
        with keys.opened([stored]):
            pass

    secret_work: dict[str, Any] = {
        "make": lambda tx: keys.make(store, algorithm="ED25519", now=NOW, **HOME),
        "take": lambda tx: keys.take_pkcs8(store, der=der, now=NOW, **HOME),
        "open": opened,
        "sign a request": lambda tx: keys.sign_csr(
            tx, handle, subject=x509.Name([]), signing_algorithm="SHA256WITHECDSA"
        ),
        "in clear": lambda tx: keys.private_pem(tx, handle),
        "unwrap": keys.prove,
        "make the wrapping key": lambda tx: keys.make_wrapping_key(),
    }
    for work in secret_work.values():
        with store.write() as tx, pytest.raises(RuntimeError, match="before the write transaction"):
            work(tx)
        with store.read() as reader:  # and outside of one it is done
            work(reader)


def test_what_is_opened_beforehand_signs_inside_only_as_it_was_opened(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    first, second = make(store, keys), make(store, keys)
    with store.read() as reader:
        stored, other = keys.find(reader, first), keys.find(reader, second)

    def sign(held: Any, tx: Any, handle: str) -> Any:
        return held.sign_certificate(tx, handle, prepared=b"", signing_algorithm="SHA256WITHECDSA")

    with keys.opened([stored, stored]) as held, store.write() as tx:
        with pytest.raises(CertwrightError, match="certificate"):
            sign(held, tx, first)  # it comes as far as the (empty) certificate
        with pytest.raises(KeysChanged):
            sign(held, tx, second)  # not opened
        tx.save(replace(stored.record, created_at=LATER))
        with pytest.raises(KeysChanged):
            sign(held, tx, first)  # opened in another form
        keys.delete(tx, first)
        with pytest.raises(KeyUnavailable, match=f"no private key with the handle {first}"):
            sign(held, tx, first)
    with store.write() as tx:
        tx.save(stored.record)
        with pytest.raises(KeysChanged):
            sign(held, tx, first)  # closed
    assert other.region_key == stored.region_key


def test_a_key_under_a_regions_key_that_was_replaced_is_not_kept(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    made = keys.make(store, algorithm="EC_prime256v1", now=NOW, **HOME)
    with store.write() as tx:
        tx.remove(RegionKeyRecord)
    make(store, vault(tmp_path))  # another process makes the region's key anew
    with store.write() as tx, pytest.raises(KeysChanged, match="was replaced in the store"):
        keys.keep(tx, made)
    assert make(store, keys)  # the next one looks again
    with store.read() as reader:
        assert (reader.count(RegionKeyRecord), reader.count(KeyRecord)) == (1, 2)


def test_threads_that_come_first_make_one_key_for_their_region(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        handles = [f.result() for f in [pool.submit(make, store, keys) for _ in range(8)]]
    with store.read() as reader:
        assert reader.count(RegionKeyRecord) == 1
        assert all(keys.private_pem(reader, handle) for handle in handles)


# --- another wrapping key ----------------------------------------------------------------------------------------------


def test_another_wrapping_key_is_refused_by_its_id(store: SqlStore, tmp_path: Path) -> None:
    handle = make(store, vault(tmp_path))
    other = vault(tmp_path, f"file:{tmp_path}/elsewhere/wrapping.key")
    with (
        store.read() as reader,
        pytest.raises(KeyUnavailable, match=r"elsewhere.* is missing.*wrapped by file:[0-9a-f]"),
    ):
        other.private_pem(reader, handle)
    open_wrapper(f"file:{tmp_path}/elsewhere/wrapping.key", context(tmp_path)).make()
    with store.read() as reader, pytest.raises(KeyUnavailable, match=r"wrapped by file:.*and the configured") as caught:
        other.private_pem(reader, handle)
    assert caught.value.code == "key.wrapper_mismatch"
    with pytest.raises(KeyUnavailable, match="wrapped by file:"):
        make(store, other, region="eu-1")


def test_a_lost_wrapping_key_is_never_made_again(store: SqlStore, tmp_path: Path) -> None:
    make(store, vault(tmp_path))
    (tmp_path / "config" / "wrapping.key").unlink()
    for region in ("local", "eu-1"):
        with pytest.raises(KeyUnavailable, match=r"wrapping\.key is missing; restore"):
            make(store, vault(tmp_path), region=region)
    assert not (tmp_path / "config" / "wrapping.key").exists()


def test_another_passphrase_is_refused(store: SqlStore, tmp_path: Path) -> None:
    cheap = Cost(log_n=10, r=8, p=1)

    def under(words: str) -> EnvelopeVault:
        return EnvelopeVault(PassphraseWrapper(Secret(words), context(tmp_path), cost=cheap), entropy=SystemEntropy())

    handle = make(store, under("correct horse battery"))
    with store.read() as reader:
        assert under("correct horse battery").private_pem(reader, handle).startswith(b"-----BEGIN PRIVATE KEY")
        with pytest.raises(KeyUnavailable, match="passphrase of the key wrapper is not the one") as caught:
            under("incorrect horse battery").private_pem(reader, handle)
    assert "incorrect" not in str(caught.value)
    with pytest.raises(KeyUnavailable, match="is not the one"):
        make(store, under("incorrect horse battery"), region="eu-1")
    open_wrapper("", context(tmp_path)).make()
    with pytest.raises(KeyUnavailable, match="wrapped by passphrase:scrypt, and the configured"):
        make(store, vault(tmp_path))


# --- tampering ---------------------------------------------------------------------------------------------------------


def flip(value: bytes, at: int) -> bytes:
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


@pytest.mark.parametrize("name", ["ciphertext", "wrapped_data_key"])
@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_changed_bit_is_found(store: SqlStore, tmp_path: Path, name: str, at: int) -> None:
    keys = vault(tmp_path)
    handle = make(store, keys)
    with store.write() as tx:
        record: Any = tx.one(KeyRecord, handle=handle)
        value = getattr(record, name)
        tx.save(replace(record, **{name: flip(value, at % len(value))}))
    with store.read() as reader, pytest.raises(KeyUnavailable, match="was changed in the store") as caught:
        keys.private_pem(reader, handle)
    assert caught.value.code == "key.tampered"


def test_swapped_keys_are_found(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    first, second = make(store, keys), make(store, keys)
    with store.read() as reader:
        one, two = reader.one(KeyRecord, handle=first), reader.one(KeyRecord, handle=second)
    assert one is not None
    assert two is not None
    for put, seen in (
        (replace(two, handle=first), "moved from another record"),
        (replace(one, spki=two.spki), "was changed"),
        (replace(one, ciphertext=one.ciphertext[:10]), "cut short"),
    ):
        with store.write() as tx:
            tx.save(put)
        with store.read() as reader:
            with pytest.raises(KeyUnavailable, match=seen):
                keys.private_pem(reader, first)
            with pytest.raises(KeyUnavailable, match=seen):
                keys.sign_csr(reader, first, subject=x509.Name([]), signing_algorithm="SHA256WITHECDSA")


def test_a_changed_region_key_is_found(store: SqlStore, tmp_path: Path) -> None:
    handle = make(store, vault(tmp_path))
    with store.write() as tx:
        region: Any = tx.one(RegionKeyRecord)
        tx.save(replace(region, wrapped=flip(region.wrapped, 30)))
    with store.read() as reader, pytest.raises(KeyUnavailable):
        vault(tmp_path).private_pem(reader, handle)
    with store.write() as tx:
        tx.remove(RegionKeyRecord)
    with store.read() as reader, pytest.raises(KeyUnavailable, match="has no region key for local"):
        vault(tmp_path).private_pem(reader, handle)


# --- import, delete ----------------------------------------------------------------------------------------------------


def test_an_imported_key_is_kept_as_any_other(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    mine = ec.generate_private_key(ec.SECP256K1())
    der = mine.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
    with pytest.raises(Refused, match="not an unencrypted PKCS#8"):
        keys.take_pkcs8(store, der=b"\x30\x00", now=NOW, **HOME)
    taken = keys.take_pkcs8(store, der=der, now=NOW, **HOME)
    with store.write() as tx:
        keys.keep(tx, taken)
    handle = taken.handle
    with store.read() as reader:
        assert keys.public_key(reader, handle) == mine.public_key()
        with pytest.raises(KeyUnavailable, match="cannot sign"):
            keys.sign_csr(reader, handle, subject=x509.Name([]), signing_algorithm="SHA256WITHECDSA")


def test_a_deleted_key_is_gone_at_once(store: SqlStore, tmp_path: Path) -> None:
    keys = vault(tmp_path)
    handle = make(store, keys)
    with store.read() as reader:
        keys.private_pem(reader, handle)
    with store.write() as tx:
        keys.delete(tx, handle)
    with store.read() as reader, pytest.raises(KeyUnavailable, match=f"no private key with the handle {handle}"):
        keys.private_pem(reader, handle)


# --- wrappers ----------------------------------------------------------------------------------------------------------


def test_the_wrapping_key_is_for_its_owner_and_never_with_the_store(tmp_path: Path) -> None:
    wrapper = open_wrapper("", context(tmp_path))
    wrapper.make()
    path = tmp_path / "config" / "wrapping.key"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert wrapper.unwrap(wrapper.wrap(b"k" * 32)) == b"k" * 32
    kept = path.read_bytes()
    wrapper.make()
    assert path.read_bytes() == kept
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    for address in (f"file:{tmp_path}/data/k", f"file://{tmp_path}/data/deeper/k", f"file:{tmp_path}/link/k"):
        with pytest.raises(KeyUnavailable, match="would lie with the store"):
            open_wrapper(address, context(tmp_path))
    path.chmod(0o640)
    with pytest.raises(KeyUnavailable, match="chmod 600"):
        open_wrapper("", context(tmp_path)).wrap(b"")
    path.chmod(0o600)
    path.write_text("something else")
    with pytest.raises(KeyUnavailable, match="is not a wrapping key"):
        _ = open_wrapper("file:", context(tmp_path)).id


@pytest.mark.proves("SEC-2")
def test_unknown_wrappers_are_named_by_what_there_is_and_their_address_is_not_told(tmp_path: Path) -> None:
    assert [name for name, _ in KINDS] == ["file", "passphrase"]
    with pytest.raises(KeyUnavailable, match="awskms: is planned and not there yet; use one of file:, passphrase:"):
        open_wrapper("awskms://key", context(tmp_path))
    for address in ("geheim", "geheim:wort"):
        with pytest.raises(KeyUnavailable, match="known are file:, passphrase:; planned are awskms:") as caught:
            open_wrapper(address, context(tmp_path))
        assert "geheim" not in str(caught.value)


def test_the_passphrase_comes_from_the_address_a_variable_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_text("correct horse battery\n")
    file.chmod(0o600)
    given = open_wrapper("passphrase://correct%20horse%20battery", context(tmp_path))
    wrapped = given.wrap(b"k" * 32)
    for environment in (
        {"CERTWRIGHT_PASSPHRASE": "correct horse battery"},
        {"CERTWRIGHT_PASSPHRASE_FILE": str(file)},
    ):
        assert open_wrapper("passphrase://", context(tmp_path, environment)).unwrap(wrapped) == b"k" * 32
    with pytest.raises(KeyUnavailable, match="set CERTWRIGHT_PASSPHRASE or"):
        open_wrapper("passphrase://", context(tmp_path)).wrap(b"")
    with pytest.raises(KeyUnavailable, match="fewer than 12"):
        open_wrapper("passphrase://short", context(tmp_path)).make()
    assert "correct" not in repr(given)


def test_hostile_wrapped_keys_end_in_our_error(tmp_path: Path) -> None:
    wrapper = open_wrapper("passphrase://correct%20horse%20battery", context(tmp_path))
    for blob in (b"", b"CWP1", b"CWP1" + bytes([63, 255, 255]) + bytes(60), b"XXXX" + bytes(60)):
        with pytest.raises(CertwrightError):
            wrapper.unwrap(blob)
