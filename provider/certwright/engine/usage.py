"""Who serves a certificate: what stands in the way of its deletion (ASC-8), told at once or at the end of a preview."""

from __future__ import annotations

from certwright.engine.ports import Reader
from certwright.engine.records import AssociationRecord, CertificateRecord
from certwright.engine.services import Services


def in_use_by(reader: Reader, arn: str) -> list[AssociationRecord]:
    return reader.all(AssociationRecord, certificate_arn=arn)


def in_use_sentence(associations: list[AssociationRecord]) -> str:
    """`oldOnNginx (nginx /etc/nginx/tls/old), …`"""
    shown = [f"{a.urn.rsplit('::', 1)[-1]} ({a.target_kind} {a.place})" for a in associations[:10]]
    more = f" and {len(associations) - 10} more" if len(associations) > 10 else ""
    count = f"{len(associations)} association{'s' if len(associations) != 1 else ''}"
    verb = "serve" if len(associations) != 1 else "serves"
    return f"{count} {verb} it: {', '.join(shown)}{more}. Move or delete {'them' if len(associations) != 1 else 'it'} first."


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
