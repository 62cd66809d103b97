"""Region keys: what encrypts the private keys of one account and region, in the store under the wrapping key (REG-1)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

from certwright.domain.errors import KeyUnavailable, StoreAbsent
from certwright.engine.ports import Entropy, Store
from certwright.engine.records import RegionKeyRecord
from certwright.store.envelope import new_key
from certwright.store.wrappers.port import KeyWrapper
from certwright.store.writing import refuse_inside

KEPT = 64


class RegionKeys:
    """Those of one wrapping key. Keeps them unwrapped (the wrapper may be slow), and which one a region has."""

    def __init__(self, wrapper: KeyWrapper, *, entropy: Entropy) -> None:
        self._wrapper = wrapper
        self._entropy = entropy
        # By the wrapped bytes and not by region: a region key that was made in vain is never found.
        self._unwrapped: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()
        # What `EnvelopeVault.keep` compares with the store: a key that is made needs no read before it.
        self._regions: dict[tuple[str, str], RegionKeyRecord] = {}
        self._guard = threading.Lock()
        self._making = threading.Lock()

    def __repr__(self) -> str:
        return "RegionKeys(***)"

    def forget(self, region: str, account: str) -> None:
        """The store has another one by now."""
        with self._guard:
            self._regions.pop((region, account), None)

    def of(self, store: Store, *, region: str, account: str, now: datetime) -> RegionKeyRecord:
        """The region's key; made at its first use, in a transaction of its own."""
        place = (region, account)
        found = self._regions.get(place)
        if found is None:
            with self._making:  # one maker in this process; those of others show when the store is looked at again
                found = self._regions.get(place)
                while found is None:
                    found = self._found_or_made(store, region=region, account=account, now=now)
                self._regions[place] = found
        return found

    def _found_or_made(self, store: Store, *, region: str, account: str, now: datetime) -> RegionKeyRecord | None:
        """None when another process changed the store meanwhile: look again."""
        try:
            with store.read() as reader:
                own = reader.one(RegionKeyRecord, region=region, account=account)
                first = reader.one(RegionKeyRecord)
        except StoreAbsent:
            with store.write():  # makes the store, or says why not, before there is a wrapping key
                return None
        if own is not None:
            self.unwrapped(own)
            return own
        if first is None:
            self._wrapper.make()
        else:
            self.unwrapped(first)  # proves that the wrapping key is the store's own before it wraps another
        key = new_key(self._entropy)
        made = RegionKeyRecord(
            region=region, account=account, wrapper_id=self._wrapper.id, wrapped=self._wrapper.wrap(key), created_at=now
        )
        with store.write() as tx:
            own = tx.one(RegionKeyRecord, region=region, account=account)
            if own is not None or tx.one(RegionKeyRecord) != first:
                return None
            tx.insert(made)
        return made  # unwrapped at its use, like any other: what cannot be read again is found before a key hangs on it

    def unwrapped(self, record: RegionKeyRecord) -> bytes:
        refuse_inside("a region's key is unwrapped")
        self._refuse_other_wrapper(record)
        name = (record.wrapper_id, record.wrapped)
        with self._guard:
            if name in self._unwrapped:
                self._unwrapped.move_to_end(name)
                return self._unwrapped[name]
        key = self._wrapper.unwrap(record.wrapped)
        with self._guard:
            self._unwrapped[name] = key
            while len(self._unwrapped) > KEPT:
                self._unwrapped.popitem(last=False)
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
