"""A private CA of this store as issuer. Its reference is its ARN."""

from __future__ import annotations

from certwright.engine.authorityrequest import algorithms_of, common_name, is_short_lived
from certwright.engine.issuer import not_active
from certwright.engine.issuing import Bounds, IssuerFacts
from certwright.engine.ports import Reader
from certwright.engine.records import AuthorityRecord, AuthorityStatus, AuthorityVersionRecord
from certwright.engine.services import Services


class AuthorityIssuer:
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
            key_algorithm=algorithms_of(record.spec).key,
        )

    def ensure(self, services: Services, reference: str, *, region: str, account: str) -> str:
        """It is there, or who asks it to sign says that it is not."""
        return reference
