"""Private keys under two layers of AES-256-GCM: data key per key, region key per account and region (SEC-1, REG-1)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from certwright.domain.errors import CertwrightError, Finding, KeyUnavailable, Refused
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
)
from certwright.engine.ports import Entropy, Reader, Transaction
from certwright.engine.records import KeyRecord, RegionKeyRecord
from certwright.store.envelope import associated, new_key, seal, unseal
from certwright.store.wrappers.port import KeyWrapper

if TYPE_CHECKING:
    from cryptography.x509 import ocsp

    from certwright.domain.tbs import Prepared

T = TypeVar("T")
KEPT_REGION_KEYS = 64


class EnvelopeVault:
    """`ports.KeyVault`. Keeps unwrapped region keys (the wrapper may be slow), and the private keys that sign only as
    long as the read or transaction that they were loaded in."""

    def __init__(self, wrapper: KeyWrapper, *, entropy: Entropy) -> None:
        self._wrapper = wrapper
        self._entropy = entropy
        # By the wrapped bytes and not by region: a region key of a transaction that was rolled back is never found.
        self._region_keys: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()
        self._signing: WeakKeyDictionary[Reader, dict[str, PrivateKey]] = WeakKeyDictionary()
        self._guard = threading.Lock()

    def __repr__(self) -> str:
        return "EnvelopeVault(***)"

    def generate(self, tx: Transaction, *, algorithm: str, region: str, account: str, now: datetime) -> str:
        key = generate_private_key(KeyAlgorithm(algorithm))
        return self._keep(tx, key, algorithm=algorithm, region=region, account=account, now=now)

    def import_pkcs8(self, tx: Transaction, *, der: bytes, region: str, account: str, now: datetime) -> str:
        # Validated in full: this key is not ours, and our own envelope says nothing about it.
        try:
            key: Any = s.load_der_private_key(der, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            finding = Finding(code="key.unreadable", message="the private key is not an unencrypted PKCS#8 key")
            raise Refused([finding]) from None
        known = algorithm_of(key.public_key())
        name = known.value if known is not None else f"{type(key).__name__}_{getattr(key, 'key_size', '')}"
        return self._keep(tx, key, algorithm=name, region=region, account=account, now=now)

    def public_key(self, reader: Reader, handle: str) -> PublicKeyTypes:
        return s.load_der_public_key(self.public_key_der(reader, handle))

    def public_key_der(self, reader: Reader, handle: str) -> bytes:
        return self._record(reader, handle).spki

    def sign_certificate(
        self, reader: Reader, handle: str, *, prepared: Prepared | bytes, signing_algorithm: str
    ) -> bytes:
        from certwright.domain.tbs import sign_prepared

        return sign_prepared(prepared, self._signing_key(reader, handle), SigningAlgorithm(signing_algorithm))

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
        return sign_csr(builder, self._signing_key(reader, handle), SigningAlgorithm(signing_algorithm))

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
        key = self._load(reader, handle)
        return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())

    def delete(self, tx: Transaction, handle: str) -> None:
        tx.remove(KeyRecord, handle=handle)
        with self._guard:
            self._signing.pop(tx, None)

    def make_wrapping_key(self) -> None:
        """Make the wrapping key unless there is one: for `certwright init`, which shows where it lies."""
        self._wrapper.make()

    def prove(self, reader: Reader) -> str:
        """Unwrap every region key of the store; returns the wrapper's id ("" when the store has no key yet).

        Raises KeyUnavailable. For `certwright doctor` and before a restore is trusted.
        """
        records = reader.all(RegionKeyRecord)
        for record in records:
            self._unwrapped(record)
        return records[0].wrapper_id if records else ""

    def _keep(
        self, tx: Transaction, key: PrivateKeyTypes, *, algorithm: str, region: str, account: str, now: datetime
    ) -> str:
        region_key = self._region_key(tx, region=region, account=account, now=now)
        handle = f"key-{self._entropy.token_bytes(16).hex()}"
        spki = key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
        plain = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
        data_key = new_key(self._entropy)
        draft = KeyRecord(
            handle=handle,
            region=region,
            account=account,
            algorithm=algorithm,
            spki=spki,
            wrapped_data_key=b"",
            ciphertext=b"",
            created_at=now,
        )
        sealed_key = seal(region_key, data_key, belongs_to=_owner("data key", draft), entropy=self._entropy)
        ciphertext = seal(data_key, plain, belongs_to=_owner("private key", draft), entropy=self._entropy)
        tx.insert(replace(draft, wrapped_data_key=sealed_key, ciphertext=ciphertext))
        return handle

    def _region_key(self, tx: Transaction, *, region: str, account: str, now: datetime) -> bytes:
        """The region's key; made in this transaction at its first use."""
        record = tx.one(RegionKeyRecord, region=region, account=account)
        if record is not None:
            return self._unwrapped(record)
        other = tx.one(RegionKeyRecord)
        if other is None:
            self._wrapper.make()
        else:
            self._unwrapped(other)  # proves that the wrapping key is the store's own before it wraps another
        key = new_key(self._entropy)
        tx.insert(
            RegionKeyRecord(
                region=region,
                account=account,
                wrapper_id=self._wrapper.id,
                wrapped=self._wrapper.wrap(key),
                created_at=now,
            )
        )
        return key

    def _unwrapped(self, record: RegionKeyRecord) -> bytes:
        self._refuse_other_wrapper(record)
        name = (record.wrapper_id, record.wrapped)
        with self._guard:
            if name in self._region_keys:
                self._region_keys.move_to_end(name)
                return self._region_keys[name]
        key = self._wrapper.unwrap(record.wrapped)
        with self._guard:
            self._region_keys[name] = key
            while len(self._region_keys) > KEPT_REGION_KEYS:
                self._region_keys.popitem(last=False)
        return key

    def _refuse_other_wrapper(self, record: RegionKeyRecord) -> None:
        try:
            mine = self._wrapper.id
        except KeyUnavailable as error:
            raise KeyUnavailable(
                f"{error.message}. The keys in this store are wrapped by {record.wrapper_id}", code=error.code
            ) from None
        if mine != record.wrapper_id:
            raise KeyUnavailable(
                f"the keys in this store are wrapped by {record.wrapper_id}, and the configured key wrapper is {mine}; "
                "point CERTWRIGHT_KEY_WRAPPER to the right one",
                code="key.wrapper_mismatch",
            )

    def _record(self, reader: Reader, handle: str) -> KeyRecord:
        record = reader.one(KeyRecord, handle=handle)
        if record is None:
            raise KeyUnavailable(f"the store has no private key with the handle {handle}", code="key.missing")
        return record

    def _load(self, reader: Reader, handle: str) -> PrivateKeyTypes:
        record = self._record(reader, handle)
        region = reader.one(RegionKeyRecord, region=record.region, account=record.account)
        if region is None:
            raise KeyUnavailable(
                f"the store has no region key for {record.region} and account {record.account}; restore a backup",
                code="key.missing",
            )
        what = f"the private key {handle}"
        data_key = unseal(
            self._unwrapped(region), record.wrapped_data_key, belongs_to=_owner("data key", record), what=what
        )
        plain = unseal(data_key, record.ciphertext, belongs_to=_owner("private key", record), what=what)
        # The envelope has authenticated a key that was validated when it came in: 3 µs instead of 29 ms for RSA-2048.
        return s.load_der_private_key(plain, password=None, unsafe_skip_rsa_key_validation=True)

    def _signing_key(self, reader: Reader, handle: str) -> PrivateKey:
        with self._guard:
            loaded = self._signing.setdefault(reader, {})
        if handle not in loaded:
            loaded[handle] = self._loaded_for_signing(reader, handle)
        return loaded[handle]

    def _loaded_for_signing(self, reader: Reader, handle: str) -> PrivateKey:
        key: Any = self._load(reader, handle)
        try:
            require_algorithm(key.public_key())
        except CertwrightError as error:
            raise KeyUnavailable(f"the private key {handle} cannot sign: {error.message}", code=error.code) from None
        signing: PrivateKey = key
        return signing

    def _signer(self, reader: Reader, handle: str, signing_algorithm: str) -> tuple[PrivateKey, SigningParameters]:
        """The key and what the builders take. Raises issuance.algorithm when the two do not fit."""
        key, algorithm = self._signing_key(reader, handle), SigningAlgorithm(signing_algorithm)
        if problem := pair_problem(require_algorithm(key.public_key()), algorithm):
            raise CertwrightError(problem, code="issuance.algorithm")
        return key, signing_parameters(algorithm)


def _owner(what: str, record: KeyRecord) -> bytes:
    """Binds a sealed value to its handle, region, account, algorithm and public key: none can be swapped."""
    return associated(
        f"certwright {what} 1", record.handle, record.region, record.account, record.algorithm, record.spki.hex()
    )
