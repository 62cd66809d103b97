"""Which declarations drive a certificate's validation, and where each has its records written.

A replacement makes the new resource before the old one goes, under the same URN or another. So the end of one declaration is
not the end of the driving, nor of the need for the records: what counts is how many there are. With the certificate they
move, and go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count

from certwright.domain.errors import CertwrightError
from certwright.engine.claims import creator_is_gone
from certwright.engine.issuance import get
from certwright.engine.ports import Reader, Transaction
from certwright.engine.records import CertificateRecord, DriverRecord, DriverState
from certwright.engine.services import Services


@contextmanager
def created(services: Services, arn: str, urn: str, place: str, *, kept: type[Exception]) -> Iterator[None]:
    """A declaration comes. Left with an error that is not `kept`, it has not come: Pulumi does not know it then.

    place: of an inline writer; empty for a configured one, or none. Raises NotFound.
    """
    with services.store.write() as tx:
        record = get(tx, arn)
        rows = _rows(tx, arn)
        if record.driven and not rows:  # by a declaration of before they were counted
            _add(services, tx, rows, record, urn="", place=place)
        for row in [row for row in rows if row.urn == urn and _cut_short(row)]:
            _drop(tx, rows, row)
        mine = _add(services, tx, rows, record, urn=urn, place=place, state=DriverState.CREATING)
    ended = True
    try:
        yield
    except kept:
        raise
    except Exception:
        ended = False
        raise
    finally:
        with suppress(CertwrightError), services.store.write() as tx:
            if ended:
                rows = [row for row in _rows(tx, arn) if row.name == mine]
                tx.save(*(replace(row, state=DriverState.LIVE, process="") for row in rows))
            else:
                tx.remove(DriverRecord, arn=arn, name=mine)
                _note(tx, arn)


def counted(services: Services, arn: str, urn: str, place: str) -> None:
    """A declaration that goes on as it was: it counts from here on, if it did not."""
    with services.store.read() as reader:
        if _found(_rows(reader, arn), urn, place):
            return
    with services.store.write() as tx:
        moved(services, tx, arn, urn, place, place)


def moved(services: Services, tx: Transaction, arn: str, urn: str, before: str, after: str) -> bool:
    """A declaration has another inline writer, or none, from now on. Whether nobody is left at the old place."""
    record, rows = get(tx, arn), _rows(tx, arn)
    _drop(tx, rows, _mine(rows, urn, before))
    last = not _at(rows, before)
    _add(services, tx, rows, record, urn=urn, place=after)
    return last


def ended(tx: Transaction, arn: str, urn: str, place: str) -> bool:
    """A declaration goes. Whether nobody is left at its place."""
    rows = _rows(tx, arn)
    _drop(tx, rows, _mine(rows, urn, place))
    _note(tx, arn)
    return not _at(rows, place)


def _at(rows: list[DriverRecord], place: str) -> bool:
    return any(row.place == place for row in rows)


def _rows(reader: Reader, arn: str) -> list[DriverRecord]:
    return reader.all(DriverRecord, arn=arn)


def _found(rows: list[DriverRecord], urn: str, place: str) -> DriverRecord | None:
    return next((row for row in rows if (row.urn, row.place) == (urn, place)), None)


def _mine(rows: list[DriverRecord], urn: str, place: str) -> DriverRecord | None:
    """The row of a declaration. An alias may have renamed it since it came: then another one of its place stands for it."""
    return _found(rows, urn, place) or next((row for row in rows if row.place == place), None)


def _cut_short(row: DriverRecord) -> bool:
    return row.state is DriverState.CREATING and creator_is_gone(row.process)


def _add(
    services: Services,
    tx: Transaction,
    rows: list[DriverRecord],
    record: CertificateRecord,
    *,
    urn: str,
    place: str,
    state: DriverState = DriverState.LIVE,
) -> str:
    """Returns the name that the row got."""
    taken = {row.name for row in rows}
    name = next(name for number in count(1) if (name := f"{urn} {number}") not in taken)
    row = DriverRecord(
        arn=record.arn,
        name=name,
        urn=urn,
        place=place,
        state=state,
        process=services.process if state is DriverState.CREATING else "",
        created_at=services.clock.now(),
    )
    tx.save(row)
    rows.append(row)
    if not record.driven:
        tx.save(replace(record, driven=True))
    return name


def _drop(tx: Transaction, rows: list[DriverRecord], row: DriverRecord | None) -> None:
    if row is not None:
        tx.remove(DriverRecord, arn=row.arn, name=row.name)
        rows.remove(row)


def _note(tx: Transaction, arn: str) -> None:
    """`driven` follows; a certificate that is gone has nothing to note."""
    record = tx.one(CertificateRecord, arn=arn)
    driven = bool(_rows(tx, arn))
    if record is not None and record.driven is not driven:
        tx.save(replace(record, driven=driven))
