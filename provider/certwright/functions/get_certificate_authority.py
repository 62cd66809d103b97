"""`getCertificateAuthority`: one private CA by its ARN."""

from __future__ import annotations

from typing import ClassVar

from cryptography import x509

from certwright.domain.arn import ArnKind, parse_arn
from certwright.domain.certificate import facts_of, load_der, to_pem
from certwright.domain.errors import CertwrightError, Finding, NotFound, Refused
from certwright.domain.values import contains_unknown
from certwright.engine.claims import find
from certwright.engine.ports import Reader
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    MaterialRecord,
    VersionRecord,
)
from certwright.engine.services import Services
from certwright.functions.answering import Answering
from certwright.functions.pending import all_unknown
from certwright.resources.base import Model, Tree, out, prop
from certwright.resources.handling import instant


class GetCertificateAuthorityInputs(Model):
    arn: str = prop("ARN of the private certificate authority.", required=True)


class GetCertificateAuthorityOutputs(Model):
    arn: str = out("Its ARN.")
    store_id: str = out("Id of the store that holds it.")
    type: str = out("`ROOT` or `SUBORDINATE`.")
    status: str = out("`CREATING`, `PENDING_CERTIFICATE`, `ACTIVE`, `DISABLED`, `EXPIRED`, `DELETED` or `FAILED`.")
    region: str = out("Its region.")
    parent_arn: str | None = out("ARN of the authority that signed it; absent for a root.")
    version: int = out("The serving version of its certificate.")
    subject: str | None = out("Its distinguished name (RFC 4514).")
    key_algorithm: str | None = out("Algorithm of its key.")
    path_length: int | None = out("How many authorities may follow below it; absent: no limit.")
    certificate: str | None = out("Its certificate in PEM.")
    certificate_chain: str | None = out("Its issuers in PEM, root last; empty for a root.")
    serial: str | None = out("Serial number of its certificate, lower-case hex.")
    fingerprint: str | None = out("SHA-256 of its certificate's DER, lower-case hex.")
    not_before: str | None = out("Start of validity, RFC 3339 UTC.")
    not_after: str | None = out("End of validity, RFC 3339 UTC.")
    renewal_due: str | None = out("When its renewal window opens, RFC 3339 UTC.")
    restorable_until: str | None = out("Until when a deleted authority can be restored.")
    issued_count: int = out("How many certificates it has issued.")
    browser_trusted: bool = out("Whether browsers trust it; false for every CA of this installation.")
    tags_all: dict[str, str] = out("Its tags.")


class GetCertificateAuthority(Answering):
    """Find a private certificate authority by its ARN."""

    token: ClassVar[str] = "certwright:index:getCertificateAuthority"
    inputs: ClassVar[type[Model]] = GetCertificateAuthorityInputs
    outputs: ClassVar[type[Model]] = GetCertificateAuthorityOutputs

    def call(self, args: Tree) -> Tree:
        if contains_unknown(args):
            return all_unknown(GetCertificateAuthorityOutputs)
        arn = self.arguments(GetCertificateAuthorityInputs, args).arn
        try:
            parse_arn(arn, ArnKind.CERTIFICATE_AUTHORITY)
        except CertwrightError as problem:
            raise Refused([Finding(code=problem.code, path="arn", message=problem.message)]) from None
        with self.reading() as reader:
            record = find(reader, AuthorityRecord, arn) if reader is not None else None
            if reader is None or record is None:
                where = "in this store" if reader is not None else "here, since there is no store yet"
                raise NotFound(f"there is no certificate authority {arn} {where}", code="authority.not_found")
            return authority_tree(self.services, reader, record)


def shown_authority_status(
    record: AuthorityRecord, version: AuthorityVersionRecord | None, services: Services
) -> AuthorityStatus:
    """DISABLED follows from `enabled`, EXPIRED from the clock; neither is stored."""
    if record.status is not AuthorityStatus.ACTIVE:
        return record.status
    if version is not None and version.not_after is not None and services.clock.now() > version.not_after:
        return AuthorityStatus.EXPIRED
    return AuthorityStatus.ACTIVE if record.enabled else AuthorityStatus.DISABLED


def authority_tree(services: Services, reader: Reader, record: AuthorityRecord) -> Tree:
    """`GetCertificateAuthorityOutputs` as a tree; what is absent is left out."""
    version = reader.one(AuthorityVersionRecord, arn=record.arn, version=record.serving_version)
    material = reader.one(MaterialRecord, arn=record.arn, version=record.serving_version)
    tree: Tree = {
        "arn": record.arn,
        "storeId": services.store.store_id,
        "type": record.type,
        "status": shown_authority_status(record, version, services).value,
        "region": record.region,
        "parentArn": record.parent_arn or None,
        "version": record.serving_version,
        "restorableUntil": instant(record.restorable_until),
        "issuedCount": reader.count(VersionRecord, issuer_arn=record.arn, has_certificate=True),
        "browserTrusted": False,
        "tagsAll": dict(record.tags),
    }
    if version is not None:
        tree |= {"serial": version.serial, "renewalDue": instant(version.renewal_due)}
    if material is not None and material.der:
        tree |= _certificate(load_der(material.der), material.chain_pem)
    return {name: value for name, value in tree.items() if value is not None}


def _certificate(certificate: x509.Certificate, chain_pem: str) -> Tree:
    facts = facts_of(certificate)
    return {
        "subject": facts.subject,
        "keyAlgorithm": facts.key_algorithm.value if facts.key_algorithm else None,
        "pathLength": facts.path_length,
        "certificate": to_pem(certificate),
        "certificateChain": chain_pem,
        "fingerprint": facts.fingerprint.replace(":", ""),
        "notBefore": instant(facts.not_before),
        "notAfter": instant(facts.not_after),
    }
