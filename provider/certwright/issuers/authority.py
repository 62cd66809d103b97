"""A private CA of this store as issuer. Its reference is its ARN."""

from __future__ import annotations

from datetime import datetime

from certwright.engine.authorityrequest import algorithms_of, common_name, is_short_lived
from certwright.engine.issuer import issuer_for, not_active
from certwright.engine.issuing import Bounds, IssuerFacts, Journaled, Signed
from certwright.engine.ports import OpenedKeys, Reader, Transaction
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    CertificateRecord,
    VersionRecord,
)
from certwright.engine.request import Request
from certwright.engine.services import Services

# What prepares and signs is imported where it is used: in most runs facts are all that is asked for (ADR 13).


class AuthorityIssuer:
    local = True

    def __init__(self, services: Services) -> None:
        self.services = services

    def facts(self, reader: Reader, reference: str) -> IssuerFacts | None:
        record = reader.one(AuthorityRecord, arn=reference)
        if record is None:
            return None
        version = reader.one(AuthorityVersionRecord, arn=reference, version=record.serving_version)
        return IssuerFacts(
            reference=reference,
            name=common_name(record.spec) or record.urn.rsplit("::", 1)[-1] or reference,
            version=record.serving_version if version else 0,
            bounds=Bounds(
                not_before=version.not_before if version else None,
                not_after=version.not_after if version else None,
                short_lived=is_short_lived(record.spec),
            ),
            may_issue=not_active(record),
            unfinished=record.status is AuthorityStatus.CREATING,
            key_handle=version.key_handle if version else "",
            key_algorithm=algorithms_of(record.spec).key,
        )

    def ensure(self, reference: str, *, region: str, account: str) -> str:
        """It is there, or who asks it to sign says that it is not."""
        return reference

    def intend(
        self, tx: Transaction, record: CertificateRecord, version: VersionRecord, request: Request, *, now: datetime
    ) -> Journaled:
        from certwright.engine.leafsigning import intend

        return intend(self.services, tx, record, version, request, now=now)

    def signing_handle(self, reader: Reader, version: VersionRecord) -> str:
        now = self.services.clock.now()
        # The certificate that the journal names: the CA may have been re-signed or rotated since.
        signer = issuer_for(reader, version.issuer_arn, now=now, version_number=version.issuer_version)
        return signer.version.key_handle

    def sign(self, tx: Transaction, journaled: Journaled, keys: OpenedKeys) -> Signed:
        from certwright.engine.leafsigning import sign

        return sign(tx, journaled, keys, now=self.services.clock.now())
