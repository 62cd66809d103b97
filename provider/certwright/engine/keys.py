"""Private keys for a write transaction: made and opened before it begins, kept or used inside (ADR 18).

All who write wait for one another. So nobody makes a key (RSA-4096 takes seconds), encrypts, opens or asks for a wrapping key
while a write transaction is open. What a transaction will need is read, or remembered, beforehand; it compares that with the
store, and where the two differ (KeysChanged) it is rolled back and `until_ready` begins again. A key that was made for a
transaction that does not want it is thrown away unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from certwright.domain.errors import KeysChanged, StoreAbsent
from certwright.domain.keyspec import KeyAlgorithm
from certwright.domain.tbs import ready_to_prepare
from certwright.engine.ports import NewKey, OpenedKeys, Reader, StoredKey
from certwright.engine.records import KeyRecord
from certwright.engine.services import Services

R = TypeVar("R")

ATTEMPTS = 5
KNOWN_ISSUERS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKeys:
    """Of a CA. signing: its key, None when it has none. leaf_algorithm: of a leaf's key where nothing is stated."""

    signing: StoredKey | None = None
    leaf_algorithm: KeyAlgorithm = KeyAlgorithm.EC_PRIME256V1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a transaction that makes one version of a certificate may need. key: a new one, made for it. opened: the CAs' keys
    that sign in it."""

    key: NewKey | None = None
    opened: OpenedKeys


def until_ready(services: Services, attempt: Callable[[], R]) -> R:
    """The result of `attempt`, which makes keys ready and then writes; once more when others changed what they hang on."""
    for _ in range(ATTEMPTS - 1):
        try:
            return attempt()
        except KeysChanged:
            services.issuer_keys.clear()
    return attempt()


def make_key(services: Services, algorithm: KeyAlgorithm, *, region: str, account: str) -> NewKey:
    """Made and encrypted; stored by the transaction that keeps it."""
    now = services.clock.now()
    return services.vault.make(services.store, algorithm=algorithm.value, region=region, account=account, now=now)


@contextmanager
def opened(services: Services, keys: Iterable[StoredKey | None]) -> Iterator[OpenedKeys]:
    """Keys that sign in the next write transaction, and what `prepare` needs for them."""
    present = [key for key in keys if key is not None]
    with services.vault.opened(present) as held:
        for key in present:  # after they were opened: only then is it certain that they say what they are
            _ready_to_prepare(key)
        yield held


def _ready_to_prepare(key: StoredKey) -> None:
    ready_to_prepare(KeyAlgorithm(key.record.algorithm))


def issuer_keys(services: Services, reader: Reader, arn: str) -> IssuerKeys:
    """As the store has them now. A CA that is not there, or not complete, is refused later, by whoever asks it to sign."""
    facts = services.issuer_facts(reader, arn)
    if facts is None:
        return IssuerKeys()
    return IssuerKeys(
        signing=stored_key(services, reader, facts.key_handle) if facts.key_handle else None,
        leaf_algorithm=facts.leaf_algorithm,
    )


def stored_key(services: Services, reader: Reader, handle: str) -> StoredKey | None:
    """None for a key that is missing: who signs with it says so."""
    return services.vault.find(reader, handle) if reader.one(KeyRecord, handle=handle) is not None else None


def remembered_issuer_keys(services: Services, arn: str) -> IssuerKeys:
    """As this process saw them last; the store is read only the first time. The transaction compares: a read before each
    create would cost a tenth of it."""
    known = services.issuer_keys.get(arn)
    if known is None:
        try:
            with services.store.read() as reader:
                known = issuer_keys(services, reader, arn)
        except StoreAbsent:
            return IssuerKeys()  # the first write makes the store, or says why not
        if known.signing is not None:
            if len(services.issuer_keys) >= KNOWN_ISSUERS:
                services.issuer_keys.clear()
            services.issuer_keys[arn] = known
    return known


def make_ready_to_prepare(services: Services, arn: str) -> None:
    """For a transaction that prepares what this CA signs, and signs nothing itself."""
    signing = remembered_issuer_keys(services, arn).signing
    if signing is not None:
        _ready_to_prepare(signing)
