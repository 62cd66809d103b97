"""What stands in the way of a deletion, for the notice at the end of a preview (mechanics.md, section 4)."""

from __future__ import annotations

from certwright.engine.certificates import in_use_by, in_use_sentence
from certwright.engine.records import AssociationRecord, CertificateRecord
from certwright.engine.services import Services


def undeclared_in_use(services: Services, urn_prefix: str, declared: set[str]) -> list[tuple[str, str]]:
    """URN and sentence for each certificate of this stack that the program no longer declares and that is served by an
    association which the program does not drop as well.

    declared: URNs and ARNs of this run; after a rename by alias the store still has the old URN, and the ARN tells.
    """
    notices: list[tuple[str, str]] = []
    with services.store.read() as reader:
        used = {a.certificate_arn for a in reader.all(AssociationRecord)}
        if not used:
            return []
        for record in reader.all(CertificateRecord, arn=used):
            if not record.urn.startswith(urn_prefix) or not declared.isdisjoint((record.urn, record.arn)):
                continue
            staying = [
                a
                for a in in_use_by(reader, record.arn)
                if not a.urn.startswith(urn_prefix) or not declared.isdisjoint((a.urn, a.arn))
            ]
            if staying:
                notices.append(
                    (
                        record.urn,
                        f"no longer declared; deleting it will be refused while {in_use_sentence(staying)}",
                    )
                )
    return notices
