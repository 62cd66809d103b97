"""From what a person types, an ARN or a name, to a record."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING

from certwright.domain.errors import CertwrightError, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from certwright.engine.ports import Reader
    from certwright.engine.records import AssociationRecord, AuthorityRecord
    from certwright.engine.services import Services
    from certwright.functions.catalogue import Entry


def is_arn(text: str) -> bool:
    return text.startswith("arn:")


def certificate(services: Services, reader: Reader | None, text: str, *, now: datetime) -> Entry:
    """The one certificate that `text` means: its ARN, one of its names, or its name in the program.

    Raises NotFound (with near names), or CertwrightError (`certificate.ambiguous`) with what each match is.
    """
    from certwright.domain.arn import ArnKind, parse_arn
    from certwright.engine.claims import find
    from certwright.engine.records import CertificateRecord
    from certwright.functions.catalogue import Filter, canonical, entries, scan

    if is_arn(text):
        parse_arn(text, ArnKind.CERTIFICATE)
        record = find(reader, CertificateRecord, text) if reader else None
        if reader is None or record is None:
            raise NotFound(f"there is no certificate {text} in this store", code="certificate.not_found")
        return entries(services, reader, [record])[0]
    everything = list(scan(services, reader, Filter(), now=now)) if reader else []
    wanted = canonical(text)
    ways: tuple[Callable[[Entry], bool], ...] = (
        lambda e: bool(e.names) and canonical(e.names[0]) == wanted,
        lambda e: e.record.urn.rsplit("::", 1)[-1] == text,
        lambda e: any(canonical(name) == wanted for name in e.names),
    )
    for way in ways:
        found = [entry for entry in everything if way(entry)]
        if len(found) > 1:
            raise _ambiguous(text, found, now)
        if found:
            return found[0]
    raise _nothing(text, [name for e in everything for name in (*e.names, e.record.urn.rsplit("::", 1)[-1])])


def _ambiguous(text: str, found: list[Entry], now: datetime) -> CertwrightError:
    shown = tuple(
        f"{e.record.arn}  {e.record.mode.value}  {e.status(now)}  {e.record.urn.rsplit('::', 1)[-1]}"
        for e in found[:10]
    )
    more = (f"and {len(found) - 10} more",) if len(found) > 10 else ()
    return CertwrightError(
        f'"{text}" is the name of {len(found)} certificates; give one of their ARNs',
        code="certificate.ambiguous",
        details=(*shown, *more),
    )


def _nothing(text: str, names: list[str]) -> NotFound:
    near = difflib.get_close_matches(text, sorted(set(filter(None, names))), n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `certwright list` shows what there is"
    return NotFound(f'there is no certificate "{text}" in this store{hint}', code="certificate.not_found")


def authority(reader: Reader | None, arn: str) -> AuthorityRecord:
    from certwright.engine.claims import find
    from certwright.engine.records import AuthorityRecord

    record = find(reader, AuthorityRecord, arn) if reader else None
    if record is None:
        raise NotFound(f"there is no certificate authority {arn} in this store", code="authority.not_found")
    return record


def association(reader: Reader | None, arn: str) -> AssociationRecord:
    from certwright.engine.claims import find
    from certwright.engine.records import AssociationRecord

    record = find(reader, AssociationRecord, arn) if reader else None
    if record is None:
        raise NotFound(f"there is no association {arn} in this store", code="association.not_found")
    return record
