"""Private keys under two layers of AES-256-GCM: data key per key, region key per account and region (SEC-1, REG-1)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from certwright.domain.errors import CertwrightError, Finding, KeysChanged, KeyUnavailable, Refused
from certwright.domain.keyspec import (
    KeyAlgorithm,
    PrivateKey,
    SigningAlgorithm,
    SigningParameters,
    algorithm_of,
    generate_private_key,
    pair_problem,
    require_algorithm,
    signing_parameters,
    takes_long_to_make,
)
from certwright.engine.ports import Entropy, NewKey, OpenedKeys, Reader, Store, StoredKey, Transaction
from certwright.engine.records import KeyRecord, RegionKeyRecord
from certwright.store.envelope import associated, new_key, seal, unseal
from certwright.store.regionkeys import RegionKeys
from certwright.store.wrappers.port import KeyWrapper
from certwright.store.writing import refuse_inside

if TYPE_CHECKING:
    from cryptography.x509 import ocsp

    from certwright.domain.tbs import Prepared

# Handle → the record as it was opened, and the key.
Held = dict[str, tuple[KeyRecord, PrivateKey]]


class EnvelopeVault:
    """`ports.KeyVault`. Keeps a private key only as long as the call, or the `with opened(…)`, that it signs in."""

    def __init__(self, wrapper: KeyWrapper, *, entropy: Entropy) -> None:
        self._wrapper = wrapper
        self._entropy = entropy
        self._regions = RegionKeys(wrapper, entropy=entropy)
        self._cores = threading.Semaphore(os.cpu_count() or 1)

    def __repr__(self) -> str:
        return "EnvelopeVault(***)"

    def make(self, store: Store, *, algorithm: str, region: str, account: str, now: datetime) -> NewKey:
        refuse_inside("a key is made")
        region_key = self._regions.of(store, region=region, account=account, now=now)
        key = self._generated(KeyAlgorithm(algorithm))
        return self._sealed(key, region_key, algorithm=algorithm, now=now)

    def take_pkcs8(self, store: Store, *, der: bytes, region: str, account: str, now: datetime) -> NewKey:
        refuse_inside("a key is encrypted")
        # Validated in full: this key is not ours, and our own envelope says nothing about it.
        try:
            key: Any = s.load_der_private_key(der, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            finding = Finding(code="key.unreadable", message="the private key is not an unencrypted PKCS#8 key")
            raise Refused([finding]) from None
        known = algorithm_of(key.public_key())
        name = known.value if known is not None else f"{type(key).__name__}_{getattr(key, 'key_size', '')}"
        return self._sealed(
            key, self._regions.of(store, region=region, account=account, now=now), algorithm=name, now=now
        )

    def keep(self, tx: Transaction, key: NewKey) -> None:
        place = (key.record.region, key.record.account)
        if tx.one(RegionKeyRecord, region=place[0], account=place[1]) != key.region_key:
            self._regions.forget(*place)
            raise KeysChanged(
                f"the key of region {place[0]} and account {place[1]} was replaced in the store while a private key was made "
                "under it; nothing was stored. Run again"
            )
        tx.insert(key.record)

    def find(self, reader: Reader, handle: str) -> StoredKey:
        record = _stored(reader, handle)
        region_key = reader.one(RegionKeyRecord, region=record.region, account=record.account)
        if region_key is None:
            raise KeyUnavailable(
                f"the store has no region key for {record.region} and account {record.account}; restore a backup",
                code="key.missing",
            )
        return StoredKey(record=record, region_key=region_key)

    @contextmanager
    def opened(self, keys: Iterable[StoredKey]) -> Iterator[OpenedKeys]:
        refuse_inside("a key is opened")
        held: Held = {}
        for key in keys:
            if key.record.handle not in held:
                held[key.record.handle] = (key.record, self._signing_key(key))
        try:
            yield Opened(held)
        finally:
            held.clear()

    def public_key(self, reader: Reader, handle: str) -> PublicKeyTypes:
        return s.load_der_public_key(self.public_key_der(reader, handle))

    def public_key_der(self, reader: Reader, handle: str) -> bytes:
        return _stored(reader, handle).spki

    def sign_certificate(
        self, reader: Reader, handle: str, *, prepared: Prepared | bytes, signing_algorithm: str
    ) -> bytes:
        from certwright.domain.tbs import sign_prepared

        return sign_prepared(
            prepared, self._signing_key(self.find(reader, handle)), SigningAlgorithm(signing_algorithm)
        )

    def sign_csr(
        self,
        reader: Reader,
        handle: str,
        *,
        subject: x509.Name,
        signing_algorithm: str,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:
        from certwright.domain.tbs import sign_csr

        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        return sign_csr(builder, self._signing_key(self.find(reader, handle)), SigningAlgorithm(signing_algorithm))

    def sign_crl(
        self, reader: Reader, handle: str, *, builder: x509.CertificateRevocationListBuilder, signing_algorithm: str
    ) -> bytes:
        """DER of a revocation list."""
        key, parameters = self._signer(reader, handle, signing_algorithm)
        signed = builder.sign(key, parameters.hash, rsa_padding=parameters.padding)
        return signed.public_bytes(s.Encoding.DER)

    def sign_ocsp(
        self, reader: Reader, handle: str, *, builder: ocsp.OCSPResponseBuilder, signing_algorithm: str
    ) -> bytes:
        """DER of an OCSP response. `cryptography` signs these with PKCS #1 v1.5 only: PSS becomes that, same hash."""
        key, parameters = self._signer(reader, handle, signing_algorithm)
        return builder.sign(key, parameters.hash).public_bytes(s.Encoding.DER)

    def private_pem(self, reader: Reader, handle: str) -> bytes:
        key = self._load(self.find(reader, handle))
        return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())

    def delete(self, tx: Transaction, handle: str) -> None:
        tx.remove(KeyRecord, handle=handle)

    def make_wrapping_key(self) -> None:
        """Make the wrapping key unless there is one: for `certwright init`, which shows where it lies."""
        refuse_inside("the wrapping key is made")
        self._wrapper.make()

    def prove(self, reader: Reader) -> str:
        """Unwrap every region key of the store; returns the wrapper's id ("" when the store has no key yet).

        Raises KeyUnavailable. For `certwright doctor` and before a restore is trusted.
        """
        records = reader.all(RegionKeyRecord)
        for record in records:
            self._regions.unwrapped(record)
        return records[0].wrapper_id if records else ""

    def _generated(self, algorithm: KeyAlgorithm) -> PrivateKey:
        """As many look for primes at once as there are cores. With a dozen on two cores, whoever has its key and now writes gets
        a sixth of a core, and all who want to write wait for that one: 100 to 200 ms instead of 20."""
        if not takes_long_to_make(algorithm):
            return generate_private_key(algorithm)
        with self._cores:
            return generate_private_key(algorithm)

    def _sealed(self, key: PrivateKeyTypes, region_key: RegionKeyRecord, *, algorithm: str, now: datetime) -> NewKey:
        data_key = new_key(self._entropy)
        draft = KeyRecord(
            handle=f"key-{self._entropy.token_bytes(16).hex()}",
            region=region_key.region,
            account=region_key.account,
            algorithm=algorithm,
            spki=key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo),
            wrapped_data_key=b"",
            ciphertext=b"",
            created_at=now,
        )
        plain = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
        over = self._regions.unwrapped(region_key)
        sealed_key = seal(over, data_key, belongs_to=_owner("data key", draft), entropy=self._entropy)
        ciphertext = seal(data_key, plain, belongs_to=_owner("private key", draft), entropy=self._entropy)
        record = replace(draft, wrapped_data_key=sealed_key, ciphertext=ciphertext)
        return NewKey(record=record, region_key=region_key)

    def _load(self, key: StoredKey) -> PrivateKeyTypes:
        record, what = key.record, f"the private key {key.record.handle}"
        data_key = unseal(
            self._regions.unwrapped(key.region_key),
            record.wrapped_data_key,
            belongs_to=_owner("data key", record),
            what=what,
        )
        plain = unseal(data_key, record.ciphertext, belongs_to=_owner("private key", record), what=what)
        # The envelope has authenticated a key that was validated when it came in: 3 µs instead of 29 ms for RSA-2048.
        return s.load_der_private_key(plain, password=None, unsafe_skip_rsa_key_validation=True)

    def _signing_key(self, stored: StoredKey) -> PrivateKey:
        key: Any = self._load(stored)
        try:
            require_algorithm(key.public_key())
        except CertwrightError as error:
            message = f"the private key {stored.record.handle} cannot sign: {error.message}"
            raise KeyUnavailable(message, code=error.code) from None
        signing: PrivateKey = key
        return signing

    def _signer(self, reader: Reader, handle: str, signing_algorithm: str) -> tuple[PrivateKey, SigningParameters]:
        """The key and what the builders take. Raises issuance.algorithm when the two do not fit."""
        key, algorithm = self._signing_key(self.find(reader, handle)), SigningAlgorithm(signing_algorithm)
        if problem := pair_problem(require_algorithm(key.public_key()), algorithm):
            raise CertwrightError(problem, code="issuance.algorithm")
        return key, signing_parameters(algorithm)


class Opened:
    """`ports.OpenedKeys`."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def __repr__(self) -> str:
        return "Opened(***)"

    def sign_certificate(
        self, tx: Transaction, handle: str, *, prepared: Prepared | bytes, signing_algorithm: str
    ) -> bytes:
        from certwright.domain.tbs import sign_prepared

        stored = _stored(tx, handle)
        record, key = self._held.get(handle, (None, None))
        if key is None or stored != record:
            raise KeysChanged(f"the private key {handle} was put in the place of another one meanwhile; run again")
        return sign_prepared(prepared, key, SigningAlgorithm(signing_algorithm))


def _stored(reader: Reader, handle: str) -> KeyRecord:
    record = reader.one(KeyRecord, handle=handle)
    if record is None:
        raise KeyUnavailable(f"the store has no private key with the handle {handle}", code="key.missing")
    return record


def _owner(what: str, record: KeyRecord) -> bytes:
    """Binds a sealed value to its handle, region, account, algorithm and public key: none can be swapped."""
    return associated(
        f"certwright {what} 1", record.handle, record.region, record.account, record.algorithm, record.spki.hex()
    )
