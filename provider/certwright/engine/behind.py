"""Which associations are behind: those whose target does not have the serving version yet.

`AssociationRecord.behind_since` follows from versions that other records hold; it is kept so that an index finds them. It is
set in the transaction that makes it true, and taken away in the one that ends it; nobody else may write it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from certwright.engine.ports import Reader
from certwright.engine.records import AssociationRecord, CertificateRecord


def fallen(reader: Reader, arn: str, now: datetime) -> list[AssociationRecord]:
    """The associations of a certificate that serves another version from `now` on, to be saved with it."""
    return [
        replace(association, behind_since=association.behind_since or now)
        for association in reader.all(AssociationRecord, certificate_arn=arn)
    ]


def since(reader: Reader, arn: str, deployed: int, now: datetime) -> datetime | None:
    """For an association that has just got version `deployed`: a newer one may have been issued meanwhile."""
    certificate = reader.one(CertificateRecord, arn=arn)
    return now if certificate is not None and certificate.serving_version != deployed else None
