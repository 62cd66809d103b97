"""The records that this store writes into zones: journaled first, removed when no certificate needs them (DNS-7).

What may be removed is what we are sure to have written. A TXT value is random, so whoever finds it knows whose it is. A
CNAME follows from account and name, and a program may have made the same one by itself: it is journaled as intended, and
becomes ours when the zone says that it was added now.

A record that no certificate needs stays in the journal, under no ARN, until a writer has taken it away: a writer that is
out of reach delays a removal and loses none.

Two writers may reach one zone (an address and its name, a configured one and an inline one). So a record that somebody needs
through any writer is not removed through another: where these were two zones in truth, one has a record too many.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from certwright.domain.errors import CertwrightError, NotFound
from certwright.engine.exclusive import Scope, alone_with
from certwright.engine.failpoints import hit
from certwright.engine.ports import Chosen, DnsWriter, Lease, Reader, Transaction
from certwright.engine.records import CertificateRecord, DnsPurpose, DnsRecord
from certwright.engine.services import Services
from certwright.engine.writers import same_server

UNNEEDED = ""  # `DnsRecord.arn` of a record that waits for its removal
NAMES_SHOWN = 5
# The rest of a writer's records would only wait for the same answer.
OUT_OF_REACH = frozenset({"dns.writer_timeout", "dns.writer_unknown", "dns.writer_settings", "run.cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A record that could not be removed now, and why."""

    record: DnsRecord
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one round of removals did."""

    removed: tuple[DnsRecord, ...] = ()
    left: tuple[Left, ...] = ()


def write(services: Services, arn: str, through: Chosen, *, name: str, type: str, value: str) -> None:
    """Make a record exist for a certificate. Raises WriterFailed, and NotFound when the certificate was deleted meanwhile:
    then nothing of it stays.
    """
    wanted = DnsRecord(
        writer=through.name,
        name=name,
        type=type,
        value=value,
        arn=arn,
        purpose=DnsPurpose.TXT if type == "TXT" else DnsPurpose.INTENDED,
        created_at=services.clock.now(),
    )
    with _alone(services, wanted):
        with services.store.read() as reader:
            there = [row for row in _same(reader, wanted) if _at_one_server(services, row, wanted)]
        if not there:
            through.writer.check(name)
        mine = next((row for row in there if (row.arn, row.writer) == (arn, through.name)), None)
        if mine is None:
            with services.store.write() as tx:
                _confirm(tx, arn)
                tx.save(wanted)
        hit("dns.before_write")
        added = through.writer.ensure(name, type, value)
        hit("dns.after_write")
        ours = added or any(row.purpose is DnsPurpose.CNAME for row in there)
        settled = replace(mine or wanted, purpose=DnsPurpose.CNAME)
        if not ours or type != "CNAME" or mine == settled:
            return
        with services.store.write() as tx:
            gone = not _exists(tx, arn)
            unneeded = replace(settled, arn=UNNEEDED)
            if gone:  # its deletion could not know that the zone would say "added"
                tx.save(unneeded)
            else:
                tx.save(settled)
                _forget(tx, unneeded)
    if gone:
        _remove(services, unneeded, through.writer)
        raise NotFound(f"certificate {arn} was deleted meanwhile")


def release(
    services: Services, tx: Transaction, arn: str, *, only: DnsPurpose | None = None, writer: str = ""
) -> list[DnsRecord]:
    """The certificate needs its records no more (`only` those of one kind, or of one writer): what nobody else needs
    waits for `sweep` from now on. Returns what is left alone, because somebody else may have written it."""
    chosen = [
        row
        for row in tx.all(DnsRecord, arn=arn)
        if (only is None or row.purpose is only) and (not writer or row.writer == writer)
    ]
    for row in chosen:
        _forget(tx, row)
    unsure: list[DnsRecord] = []
    for row in chosen:
        if _handed_over(services, tx, row):
            continue
        if row.purpose is DnsPurpose.INTENDED:
            unsure.append(row)
        else:
            tx.save(replace(row, arn=UNNEEDED))
    return unsure


def unneeded(reader: Reader) -> list[DnsRecord]:
    """What waits for its removal, by an index."""
    return reader.all(DnsRecord, arn=UNNEEDED)


def waiting(reader: Reader) -> list[DnsRecord]:
    """What no certificate needs and no writer has removed yet. Looks through the whole journal, for the rows of certificates
    that are gone, too: those of a round that an earlier version let race a deletion."""
    rows = reader.all(DnsRecord)
    there = {arn: _exists(reader, arn) for arn in {row.arn for row in rows} - {UNNEEDED}}
    return [
        row for row in rows if row.arn == UNNEEDED or (not there[row.arn] and row.purpose is not DnsPurpose.INTENDED)
    ]


def sweep(services: Services, writers: Iterable[str] | None = None, *, given: Chosen | None = None) -> Swept:
    """Remove what waits. Raises nothing for a writer that fails: its records wait on.

    writers: only records of these; None means all. given: one that may not be configured by its name.
    """
    chosen = None if writers is None else frozenset(writers)
    with services.store.read() as reader:
        rows = waiting(reader) if chosen is None else reader.all(DnsRecord, arn=UNNEEDED)
    rows = [row for row in rows if chosen is None or row.writer in chosen]
    removed: list[DnsRecord] = []
    left: list[Left] = []
    away: dict[str, str] = {}
    for row in rows:
        if row.writer in away:
            left.append(Left(record=row, why=away[row.writer]))
            continue
        try:
            if _remove(services, row, _writer_of(services, row, given)):
                removed.append(row)
        except CertwrightError as problem:
            left.append(Left(record=row, why=problem.message))
            if problem.code in OUT_OF_REACH:
                away[row.writer] = problem.message
    return Swept(removed=tuple(removed), left=tuple(left))


def _writer_of(services: Services, row: DnsRecord, given: Chosen | None) -> DnsWriter:
    return given.writer if given is not None and given.name == row.writer else services.writer(row.writer)


def left_sentences(left: Iterable[Left]) -> list[str]:
    """One sentence for each reason, with the records' names."""
    by_reason: dict[str, list[str]] = {}
    for one in left:
        by_reason.setdefault(one.why, []).append(f"{one.record.name} {one.record.type}")
    return [
        f"{_listed(names)} still in DNS: {why.rstrip('.')}. certwright removes {_them(names)} in the next run that "
        "validates or deletes through this writer, or with `certwright renew --all-due`"
        for why, names in by_reason.items()
    ]


def unsure_sentence(unsure: Iterable[DnsRecord]) -> str:
    names = [f"{row.name} {row.type}" for row in unsure]
    return (
        f"{_listed(names)} left in place: certwright found {_them(names)} there when it came to write {_them(names)} "
        f"(or was interrupted just then). Remove {_them(names)} by hand if nothing of yours needs {_them(names)}"
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"{', '.join(names[:NAMES_SHOWN])}{more} {'is' if len(names) == 1 else 'are'}"


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _remove(services: Services, row: DnsRecord, writer: DnsWriter) -> bool:
    """False where there is nothing to do: somebody was first, or a certificate has come to need it meanwhile."""
    with _alone(services, row):
        with services.store.write() as tx:
            if tx.one(DnsRecord, **_key(row)) is None:
                return False
            if _handed_over(services, tx, row):
                _forget(tx, row)
                return False
        writer.remove(row.name, row.type, row.value)
        with services.store.write() as tx:
            _forget(tx, row)
    return True


def _handed_over(services: Services, tx: Transaction, row: DnsRecord) -> bool:
    """Whether somebody else needs the record; it is theirs to remove then, where it is for sure the same zone's."""
    others = [other for other in _same(tx, row) if _key(other) != _key(row) and _exists(tx, other.arn)]
    if row.purpose is not DnsPurpose.INTENDED:
        heirs = (o for o in others if o.purpose is not row.purpose and _at_one_server(services, o, row))
        tx.save(*(replace(heir, purpose=row.purpose) for heir in heirs))
    return bool(others)


def _same(reader: Reader, row: DnsRecord) -> list[DnsRecord]:
    """The rows of this very record, one for each certificate and writer."""
    return reader.all(DnsRecord, name=row.name, type=row.type, value=row.value)


def _at_one_server(services: Services, one: DnsRecord, other: DnsRecord) -> bool:
    if one.writer == other.writer:
        return True
    return same_server(services.place_of(one.writer), services.place_of(other.writer))


def _exists(reader: Reader, arn: str) -> bool:
    return arn != UNNEEDED and reader.one(CertificateRecord, arn=arn) is not None


def _confirm(reader: Reader, arn: str) -> None:
    """Nothing is written down for a certificate that is gone: nobody would ever remove it."""
    if not _exists(reader, arn):
        raise NotFound(f"there is no certificate {arn} in this store")


def _alone(services: Services, row: DnsRecord) -> AbstractContextManager[Lease]:
    """One need of a record must not be written while another one is taken away, through whichever writer."""
    return alone_with(services.store, Scope.DNS, row.name)


def _forget(tx: Transaction, row: DnsRecord) -> None:
    tx.remove(DnsRecord, **_key(row))


def _key(row: DnsRecord) -> dict[str, str]:
    return {"writer": row.writer, "name": row.name, "type": row.type, "value": row.value, "arn": row.arn}
