"""Checking the audit log, and its signed heads, which show when lines were cut from the end (AUD-1)."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certwright.domain.errors import CertwrightError, KeyUnavailable
from certwright.engine.records import AuditEntry, MetaRecord
from certwright.store.chain import first_hash, hash_of, spell_time
from certwright.store.private import read_private, write_private

R = TypeVar("R")
ANCHOR_FORMAT = "certwright-audit-anchor-1"
SIGNING_KEY_NAME = "audit-signing.key"


class AuditReader(Protocol):
    """`SqlReader` fits: a reader that also tells the last line of a region."""

    def one(self, kind: type[R], /, **equals: object) -> R | None: ...

    def audit(self, region: str, *, after_seq: int = 0, limit: int | None = None) -> Iterator[AuditEntry]: ...

    def audit_regions(self) -> list[str]: ...

    def audit_head(self, region: str) -> tuple[int, str] | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last line of a region's chain."""

    region: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The heads of a store at one time, signed. Keep its text where the store's writers cannot change it."""

    store_id: str
    signed_at: str
    heads: tuple[Head, ...]
    public_key: bytes
    signature: bytes

    def body(self) -> str:
        lines = [ANCHOR_FORMAT, f"store: {self.store_id}", f"signed-at: {self.signed_at}"]
        lines += [f"head: {head.region} {head.seq} {head.hash}" for head in self.heads]
        lines.append(f"key: {base64.b64encode(self.public_key).decode('ascii')}")
        return "\n".join(lines) + "\n"

    def text(self) -> str:
        return f"{self.body()}signature: {base64.b64encode(self.signature).decode('ascii')}\n"

    def is_genuine(self) -> bool:
        """Whether the signature fits the text and the key in it (whose key that is, is another question)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, self.body().encode("utf-8"))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """lines: how many were read. problem: a sentence when `ok` is False. heads: where each region stands now."""

    lines: int
    ok: bool
    problem: str
    heads: tuple[Head, ...]


class AuditSigner:
    """The Ed25519 key that signs heads; it lies in the configuration directory, apart from the store."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "AuditSigner(***)"

    @classmethod
    def load(cls, config_directory: Path) -> AuditSigner:
        """Raises KeyUnavailable (key.missing) when there is none."""
        path = config_directory / SIGNING_KEY_NAME
        content = read_private(path, what="audit log's signing key")
        try:
            key = s.load_pem_private_key(content, password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnavailable(f"{path} is not the audit log's signing key; restore it from a backup")
        return cls(key)

    @classmethod
    def load_or_make(cls, config_directory: Path) -> AuditSigner:
        """For the first create of a store and `certwright init`."""
        path = config_directory / SIGNING_KEY_NAME
        if not path.exists():
            pem = Ed25519PrivateKey.generate().private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
            write_private(path, pem, what="audit log's signing key")
        return cls.load(config_directory)

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, body: bytes) -> bytes:
        return self._key.sign(body)


def heads_of(reader: AuditReader) -> tuple[Head, ...]:
    """Where each region's chain ends; costs one look-up for each region."""
    found = ((region, reader.audit_head(region)) for region in reader.audit_regions())
    return tuple(Head(region=region, seq=head[0], hash=head[1]) for region, head in found if head is not None)


def sign_head(reader: AuditReader, signer: AuditSigner, *, at: datetime) -> Anchor:
    """The anchor of this moment. `anchor.text()` is what a run shows and `--anchor` takes."""
    unsigned = Anchor(
        store_id=_store_id(reader),
        signed_at=spell_time(at),
        heads=heads_of(reader),
        public_key=signer.public_key,
        signature=b"",
    )
    return Anchor(
        store_id=unsigned.store_id,
        signed_at=unsigned.signed_at,
        heads=unsigned.heads,
        public_key=unsigned.public_key,
        signature=signer.sign(unsigned.body().encode("utf-8")),
    )


def parse_anchor(text: str) -> Anchor:
    """Reads what `Anchor.text` writes; surrounding blank lines do not matter. Raises audit.anchor_unreadable."""
    lines = [line.strip() for line in text.strip().splitlines()]
    fields: dict[str, str] = {}
    heads: list[Head] = []
    try:
        if lines[0] != ANCHOR_FORMAT:
            raise ValueError("format")
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            if name == "head":
                region, seq, digest = value.split(" ")
                heads.append(Head(region=region, seq=int(seq), hash=digest))
            elif name in fields:
                raise ValueError(name)
            else:
                fields[name] = value
        return Anchor(
            store_id=fields["store"],
            signed_at=fields["signed-at"],
            heads=tuple(heads),
            public_key=base64.b64decode(fields["key"], validate=True),
            signature=base64.b64decode(fields["signature"], validate=True),
        )
    except (IndexError, KeyError, ValueError, binascii.Error):
        raise CertwrightError(
            f"the anchor is not one of certwright's: it begins with {ANCHOR_FORMAT!r} and ends with its signature",
            code="audit.anchor_unreadable",
        ) from None


ANCHOR_FILE = "audit-anchor.txt"


def keep_anchor(config_directory: Path, anchor: Anchor) -> None:
    """Keep the newest anchor beside the signing key, in place of the one before."""
    fresh = config_directory / f".{ANCHOR_FILE}.{secrets.token_hex(8)}.new"
    write_private(fresh, anchor.text().encode("ascii"), what="audit anchor")
    os.replace(fresh, config_directory / ANCHOR_FILE)


def kept_anchor(config_directory: Path) -> Anchor | None:
    """The anchor of the last run on this machine that wrote; None when there was none."""
    try:
        return parse_anchor((config_directory / ANCHOR_FILE).read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def verify(reader: AuditReader, *, anchor: Anchor | None = None, trusted_key: bytes | None = None) -> AuditVerdict:
    """Recomputes every chain from its first line.

    Without an anchor, lines cut from the end are not found. trusted_key: the public key that must have signed it.
    """
    store_id = _store_id(reader)
    if anchor is not None and (problem := _anchor_problem(anchor, store_id, trusted_key)):
        return AuditVerdict(lines=0, ok=False, problem=problem, heads=())
    wanted = {(head.region, head.seq): head.hash for head in anchor.heads} if anchor is not None else {}
    lines = 0
    heads: list[Head] = []
    for region in reader.audit_regions():
        seq, previous = 0, first_hash(store_id, region)
        for entry in reader.audit(region):
            lines += 1
            problem = _line_problem(entry, seq + 1, previous) or _differs(entry, wanted.pop((region, seq + 1), None))
            if problem:
                return AuditVerdict(lines=lines, ok=False, problem=problem, heads=tuple(heads))
            seq, previous = entry.seq, entry.hash
        heads.append(Head(region=region, seq=seq, hash=previous))
    if wanted:
        region, seq = min(wanted)
        problem = f"region {region}: line {seq}, which the anchor knows, is gone: the end of the log was cut"
        return AuditVerdict(lines=lines, ok=False, problem=problem, heads=tuple(heads))
    return AuditVerdict(lines=lines, ok=True, problem="", heads=tuple(heads))


def _line_problem(entry: AuditEntry, seq: int, previous: str) -> str:
    if entry.seq != seq:
        return f"region {entry.region}: line {seq} is missing; line {entry.seq} follows line {seq - 1}"
    if entry.previous_hash != previous:
        return f"region {entry.region}: line {seq} does not follow the line before it: lines were changed or reordered"
    if entry.hash != hash_of(entry):
        return f"region {entry.region}: line {seq} was changed after it was written"
    return ""


def _differs(entry: AuditEntry, expected: str | None) -> str:
    if expected is None or expected == entry.hash:
        return ""
    return f"region {entry.region}: line {entry.seq} is not the one that the anchor knows: the log was rewritten"


def _anchor_problem(anchor: Anchor, store_id: str, trusted_key: bytes | None) -> str:
    if not anchor.is_genuine():
        return "the anchor's signature does not fit its text: the anchor was changed"
    if trusted_key is not None and anchor.public_key != trusted_key:
        return "the anchor was signed by another key than this installation's"
    if anchor.store_id != store_id:
        return f"the anchor is of another store ({anchor.store_id}); this one is {store_id}"
    return ""


def _store_id(reader: AuditReader) -> str:
    found = reader.one(MetaRecord, key="store_id")
    return found.value if found is not None else ""
