"""A certificate's record as outputs, and as the inputs that would have made it (import)."""

from __future__ import annotations

from datetime import datetime

from certwright.domain.certificate import load_der, signature_name, to_pem
from certwright.engine.issuance import get
from certwright.engine.ports import Reader
from certwright.engine.records import (
    AssociationRecord,
    CertificateRecord,
    CertificateStatus,
    MaterialRecord,
    Mode,
    VersionRecord,
)
from certwright.engine.services import Services
from certwright.engine.validation import options
from certwright.resources.base import Tree
from certwright.resources.handling import instant

NOT_KNOWN_BEFORE_ISSUE = (
    "serialNumber",
    "fingerprint",
    "issuer",
    "notBefore",
    "notAfter",
    "signatureAlgorithm",
    "certificatePem",
    "certificateChainPem",
    "renewalDue",
    "renewalEligibility",
    "browserTrusted",
)


def shown_status(version: VersionRecord, now: datetime) -> str:
    """EXPIRED follows from the clock and is stored nowhere."""
    if version.status is CertificateStatus.ISSUED and version.not_after is not None and now > version.not_after:
        return CertificateStatus.EXPIRED.value
    return version.status.value


def outputs_of(services: Services, reader: Reader, arn: str) -> Tree:
    """Every output as the store has it now. Stable as long as nothing happens: no clock but for EXPIRED."""
    record = get(reader, arn)
    newest = reader.one(VersionRecord, arn=record.arn, version=record.newest_version)
    serving = newest
    if record.serving_version != record.newest_version:
        serving = reader.one(VersionRecord, arn=record.arn, version=record.serving_version)
    tree: Tree = {
        "arn": record.arn,
        "storeId": services.store.store_id,
        "type": record.mode.value,
        "version": record.newest_version,
        "domainValidationOptions": options(services, record.spec, record.account),
        "inUseBy": [a.arn for a in reader.all(AssociationRecord, certificate_arn=record.arn)],
        "browserTrusted": _trusted(services, reader, record, serving or newest),
        "tagsAll": dict(record.tags),
    }
    shown = serving or newest
    if shown is not None:
        tree["status"] = shown_status(shown, services.clock.now())
    if newest is not None and newest.status is not CertificateStatus.ISSUED:
        tree["pendingVersion"] = _pending(newest)
        if newest.failure_reason:
            tree["failureReason"] = newest.failure_reason
    if serving is not None and serving.has_certificate:
        tree |= _issued(reader, record, serving)
    return {name: value for name, value in tree.items() if value is not None}


def _trusted(services: Services, reader: Reader, record: CertificateRecord, version: VersionRecord | None) -> bool:
    """Only public-kind issuers can be; nothing is read for the others."""
    if record.mode is not Mode.PUBLIC or version is None or not version.issuer_arn:
        return False
    issuer = services.issuer_facts(reader, version.issuer_arn)
    return issuer is not None and issuer.browser_trusted


def _pending(version: VersionRecord) -> Tree:
    shown: Tree = {"version": version.version, "status": version.status.value}
    if version.failure_reason:
        shown |= {"failureReason": version.failure_reason, "failureMessage": version.failure_message}
    return shown


def _issued(reader: Reader, record: CertificateRecord, version: VersionRecord) -> Tree:
    material = reader.one(MaterialRecord, arn=record.arn, version=version.version)
    if material is None or not material.der:
        return {}
    certificate = load_der(material.der)
    return {
        "serialNumber": version.serial,
        "fingerprint": version.fingerprint,
        "issuer": certificate.issuer.rfc4514_string(),
        "notBefore": instant(certificate.not_valid_before_utc),
        "notAfter": instant(certificate.not_valid_after_utc),
        "signatureAlgorithm": signature_name(certificate),
        "certificatePem": to_pem(material.der),
        "certificateChainPem": material.chain_pem,
        "renewalDue": instant(version.renewal_due),
        "renewalEligibility": "ELIGIBLE" if version.renewal_due else "INELIGIBLE",
    }


def stored_inputs(reader: Reader, record: CertificateRecord, *, imported: bool) -> Tree:
    """The inputs that the record was made from. For an import of an imported-mode certificate its PEM is given back,
    without its key (IMP-2)."""
    inputs: Tree = dict(record.spec)
    if imported and record.mode is Mode.IMPORTED and "certificateBody" not in inputs:
        material = reader.one(MaterialRecord, arn=record.arn, version=record.serving_version)
        if material is not None:
            inputs["certificateBody"] = to_pem(material.der)
            if material.chain_pem:
                inputs["certificateChain"] = material.chain_pem
    inputs["version"] = record.newest_version
    return inputs
