"""What the engine needs from the outside, as protocols. Adapters live in store, validation, deploy and issuers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from certwright.domain.errors import Finding
from certwright.engine.records import (
    AuditAction,
    AuditEntry,
    AuditResult,
    Json,
    KeyRecord,
    RegionKeyRecord,
    ValidationRecord,
)

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from certwright.domain.tbs import Prepared

R = TypeVar("R")


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""

    def monotonic(self) -> float:
        """Seconds, for deadlines."""


class Entropy(Protocol):
    def token_bytes(self, size: int) -> bytes: ...


class CancelSignal(Protocol):
    """`threading.Event` fits."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class Reader(Protocol):
    """One consistent read of the store. Equality filters are by field name; None matches NULL."""

    def one(self, kind: type[R], /, **equals: Any) -> R | None:
        """The record with these values, or None. With several, the first by primary key."""

    def all(self, kind: type[R], /, *, limit: int | None = None, after: str | None = None, **equals: Any) -> list[R]:
        """Records in order of their primary key. A tuple, list or set as value means "one of".
        `after` continues behind that first primary-key value (paging)."""

    def count(self, kind: type[Any], /, **equals: Any) -> int: ...

    def ripe(self, kind: type[R], field: str, /, *, by: datetime, limit: int, **equals: Any) -> list[R]:
        """Records whose `field` is a time and not after `by`, soonest first. Declared in `records.RIPE`, with the equalities
        that it needs; others may be added. Served by an index: the cost does not grow with what is not ripe.
        Raises LookupError for an undeclared question."""

    def audit(self, region: str, *, after_seq: int = 0, limit: int | None = None) -> Iterator[AuditEntry]: ...

    def audit_regions(self) -> list[str]: ...

    def audit_head(self, region: str) -> tuple[int, str] | None:
        """Number and hash of the last line; None when the region has none."""


class Transaction(Reader, Protocol):
    """One write transaction: all or nothing, durable when the `with` block ends without an exception."""

    def save(self, *records: Any) -> None:
        """Insert or replace by primary key."""

    def insert(self, *records: Any) -> None:
        """Insert only. Raises Conflict when the primary key is taken: now, or when the block ends."""

    def remove(self, kind: type[Any], /, **equals: Any) -> int:
        """How many rows went."""

    def record_audit(
        self,
        *,
        region: str,
        at: datetime,
        action: AuditAction,
        arn: str,
        result: AuditResult,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Append one hash-chained line in this transaction (AUD-1). The actor is known to the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A fenced lease: `token` grows with each grant of the same name."""

    name: str
    holder: str
    token: int


class Store(Protocol):
    """The records. `read` never makes a store; `write` makes one only when the configuration allows a first create."""

    @property
    def store_id(self) -> str:
        """The random id (SEC-8). Raises StoreAbsent when there is none."""

    def exists(self) -> bool:
        """Whether a store is there; raises StoreUnavailable when that cannot be told."""

    def is_testing(self) -> bool: ...

    def read(self) -> AbstractContextManager[Reader]:
        """Raises StoreAbsent or StoreUnavailable."""

    def write(self) -> AbstractContextManager[Transaction]:
        """The one write transaction; all of it or nothing is stored, and on the disk when the block ends."""

    def lease(
        self, name: str, *, seconds: float, wait_seconds: float, cancel: CancelSignal | None = None
    ) -> AbstractContextManager[Lease]:
        """Exclusive use of `name` by the database's clock (SEC-9); renews itself while held in this process. Raises
        Conflict after `wait_seconds`. After getting it, look again."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was made and encrypted, and is stored nowhere yet. Who does not `keep` it has thrown it away unseen.

    region_key: what encrypts it.
    """

    record: KeyRecord
    region_key: RegionKeyRecord

    @property
    def handle(self) -> str:
        return self.record.handle


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key as the store has it, still encrypted: what `opened` needs of the store."""

    record: KeyRecord
    region_key: RegionKeyRecord


class OpenedKeys(Protocol):
    """Keys that were opened before a write transaction, to sign in it."""

    def sign_certificate(
        self, tx: Transaction, handle: str, *, prepared: Prepared | bytes, signing_algorithm: str
    ) -> bytes:
        """Sign exactly the to-be-signed bytes of the prepared certificate, or of its journaled DER; returns DER.

        Raises KeysChanged for a key that was not opened, or that the store has in another form by now.
        """


class KeyVault(Protocol):
    """Private keys by handle. A key object lives inside one call, or inside `with opened(…)` (SEC-1, ADR 18).

    What makes, encrypts or opens a key is called before a write transaction, never inside one (RuntimeError).
    """

    def make(self, store: Store, *, algorithm: str, region: str, account: str, now: datetime) -> NewKey:
        """Make and encrypt a key. The first one of a region stores the region's key, in a transaction of its own."""

    def take_pkcs8(self, store: Store, *, der: bytes, region: str, account: str, now: datetime) -> NewKey:
        """As `make`, for a key that was made elsewhere. Raises Refused for what is not an unencrypted PKCS#8 key."""

    def keep(self, tx: Transaction, key: NewKey) -> None:
        """Store it, in this transaction. Raises KeysChanged when the region has another key by now."""

    def find(self, reader: Reader, handle: str) -> StoredKey:
        """Raises KeyUnavailable when the key or its region's is missing."""

    def opened(self, keys: Iterable[StoredKey]) -> AbstractContextManager[OpenedKeys]:
        """Open keys for what the next write transaction signs. Raises KeyUnavailable."""

    def public_key(self, reader: Reader, handle: str) -> PublicKeyTypes: ...

    def public_key_der(self, reader: Reader, handle: str) -> bytes:
        """The SubjectPublicKeyInfo (RFC 5280 4.1.2.7)."""

    def sign_certificate(
        self, reader: Reader, handle: str, *, prepared: Prepared | bytes, signing_algorithm: str
    ) -> bytes:
        """Sign exactly the to-be-signed bytes of the prepared certificate, or of its journaled DER; returns DER."""

    def sign_csr(
        self,
        reader: Reader,
        handle: str,
        *,
        subject: x509.Name,
        signing_algorithm: str,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:
        """DER of a CSR."""

    def private_pem(self, reader: Reader, handle: str) -> bytes:
        """PKCS#8 PEM in clear, for a deployment target only. The caller must not keep it."""

    def delete(self, tx: Transaction, handle: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a TLS endpoint answered. `serial` is lower-case hex; empty with `problem` set when it could not be asked."""

    address: str
    serial: str = ""
    fingerprint: str = ""
    problem: str = ""


class HandshakeProbe(Protocol):
    def __call__(self, address: str, *, server_name: str, timeout_s: float) -> Served: ...


class DnsWriter(Protocol):
    """Puts records into a zone. `type` is TXT or CNAME; names without trailing dot."""

    def check(self, name: str) -> None:
        """Zone and permission, before a request is made. Raises WriterFailed."""

    def ensure(self, name: str, type: str, value: str, *, ttl_s: int = 60) -> bool:
        """Make the record exist; TXT sets are added to. True when it was added now. Raises WriterFailed."""

    def remove(self, name: str, type: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NameProof:
    """What one look found. `proved` False: `sentence` says what was seen, where, and what to do, `brief` the same in a few
    words, for a line that moves (empty: the code's last word)."""

    proved: bool
    code: str = ""
    sentence: str = ""
    seen: str = ""
    asked_at: str = ""
    brief: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaVerdict:
    """`allowed` None: the look-up got no answer, which refuses at issue and warns in a preview (CAA-1).

    shared, shared_details: `domain.caa.Denied`; empty where the sentence is of this name alone.
    """

    allowed: bool | None
    sentence: str = ""
    details: tuple[str, ...] = ()
    evidence: str = ""
    shared: str = ""
    shared_details: tuple[str, ...] = ()


class NameProver(Protocol):
    """Looks at DNS from every vantage point, which are made once for the looks of one round. Several threads may ask."""

    def prove(
        self, *, record_name: str, record_value: str, txt_value: str, cancel: CancelSignal | None = None
    ) -> NameProof: ...


class CaaChecker(Protocol):
    def check(
        self, names: Sequence[str], *, identities: Sequence[str] = (), cancel: CancelSignal | None = None
    ) -> list[CaaVerdict]:
        """One verdict for each name, in their order, by look-ups that are made now: what decides is never an old answer. A
        name may be a wildcard (`*.example.com`), which `issuewild` rules. identities: of whoever issues; empty: those of this
        installation. Raises Cancelled.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A writer and the name that the journal of DNS records knows it by."""

    name: str
    writer: DnsWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationOption:
    """One proof that a request needs, and what the owner of its names has to do for it.

    authorization: what the proof is kept by. A wildcard and its base are one where one deed proves both, else two.
    names: those that it proves, as they stand in the request. domain_name: what it is shown as.
    shown: an element of `domainValidationOptions`, in wire spelling.
    """

    authorization: str
    names: tuple[str, ...]
    domain_name: str
    shown: Json


class Validator(Protocol):
    """One way to prove control of names. Its name in the registry is a value of `validationMethod`; it is made for one
    round, or one question."""

    def findings(self, names: Sequence[str]) -> list[Finding]:
        """What speaks against this method here, or for one of these names. Pure: Check asks."""

    def options(self, names: Sequence[str], account: str) -> list[ValidationOption]:
        """Every proof that these names need, in a stable order. Pure, and known before any store exists: previews show it.
        names: `domainName` first. Empty where `findings` has an objection.
        """

    def challenge(self, option: ValidationOption) -> Json:
        """What one attempt needs: drawn once, kept in the proof's row, and given back with it. No secret in clear."""

    def fits(self, challenge: Json, option: ValidationOption, age: timedelta) -> bool:
        """Whether an earlier challenge may be used on."""

    def maintain(self, arn: str, options: Sequence[ValidationOption], writer: Chosen | None) -> None:
        """Make what has to be there beyond this attempt, because renewals need it. Idempotent; raises what the writer does."""

    def present(self, arn: str, rows: Sequence[ValidationRecord]) -> list[ValidationRecord]:
        """Put the challenges where they are looked for. Idempotent; returns the rows with whatever it changed in them."""

    def look(self, row: ValidationRecord, cancel: CancelSignal | None) -> NameProof:
        """One look that is bounded in time and writes nothing; never waits for the proof to come. Several threads call it
        at once. Raises Cancelled."""

    def withdraw(self, arn: str, writer: Chosen | None) -> None:
        """The challenges have done their work, or their certificate is gone: what `present` made goes."""

    def todo(self, option: ValidationOption) -> str:
        """What its owner has to do, for `certwright why`: a sentence's beginning in small letters, e.g. `create …`."""


Progress = Callable[[str], None]
