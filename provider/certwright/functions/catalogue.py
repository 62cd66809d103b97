"""The certificates of a store, read in chunks with everything that lists, expiry views and look-ups need of each."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509

from certwright.domain.certificate import load_der, sans_of
from certwright.domain.dnsname import dns_name
from certwright.domain.errors import CertwrightError
from certwright.engine.issuing import IssuerFacts
from certwright.engine.ports import Reader
from certwright.engine.records import (
    AssociationRecord,
    CertificateRecord,
    CertificateStatus,
    MaterialRecord,
    VersionRecord,
)
from certwright.engine.services import Services
from certwright.functions.renewal_outlook import Outlook, outlook
from certwright.resources.base import Model, Tree, out
from certwright.resources.certificate_outputs import shown_status
from certwright.resources.handling import instant

CHUNK = 200


class CertificateType(StrEnum):
    """How a certificate came to be."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"
    IMPORTED = "IMPORTED"
    SIGNED = "SIGNED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to look for; an empty field asks nothing. `name`: a glob over the names, e.g. `*.example.com`."""

    region: str = ""
    account: str = ""
    statuses: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    expiring_within: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One certificate. `serving` is None while nothing was issued."""

    record: CertificateRecord
    newest: VersionRecord | None
    serving: VersionRecord | None
    issuer: IssuerFacts | None
    associations: tuple[AssociationRecord, ...]
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people call it: its first name, else its name in the program."""
        return self.names[0] if self.names else self.record.urn.rsplit("::", 1)[-1]

    def status(self, now: datetime) -> str:
        shown = self.serving or self.newest
        return shown_status(shown, now) if shown is not None else CertificateStatus.PENDING_VALIDATION.value

    def outlook(self, now: datetime) -> Outlook | None:
        if self.serving is None:
            return None
        return outlook(self.record, self.serving, self.issuer, now=now)


def scan(
    services: Services, reader: Reader, wanted: Filter, *, now: datetime, after: str | None = None
) -> Iterator[Entry]:
    """Matching certificates in the order of their ARNs, behind the ARN `after`."""
    known: dict[str, IssuerFacts | None] = {}
    equals = {"region": wanted.region, "account": wanted.account}
    narrowed = {name: value for name, value in equals.items() if value}
    while True:
        records = reader.all(CertificateRecord, limit=CHUNK, after=after, **narrowed)
        for entry in entries(services, reader, records, known):
            if matches(entry, wanted, now):
                yield entry
        if len(records) < CHUNK:
            return
        after = records[-1].arn


def entries(
    services: Services,
    reader: Reader,
    records: list[CertificateRecord],
    known: dict[str, IssuerFacts | None] | None = None,
) -> list[Entry]:
    """The records with their versions, issuers and associations, in a few reads, and some for each issuer.

    known: issuers that were met before; those that are met now are added.
    """
    if not records:
        return []
    arns = [record.arn for record in records]
    known = {} if known is None else known
    versions = {(v.arn, v.version): v for v in reader.all(VersionRecord, arn=arns)}
    used: dict[str, list[AssociationRecord]] = defaultdict(list)
    for association in reader.all(AssociationRecord, certificate_arn=arns):
        used[association.certificate_arn].append(association)
    found = []
    for record in records:
        serving = versions.get((record.arn, record.serving_version)) if record.serving_version else None
        newest = versions.get((record.arn, record.newest_version))
        shown = serving or newest
        reference = shown.issuer_arn if shown else ""
        if reference and reference not in known:
            known[reference] = services.issuer_facts(reader, reference)
        found.append(
            Entry(
                record=record,
                newest=newest,
                serving=serving,
                issuer=known[reference] if reference else None,
                associations=tuple(used[record.arn]),
                names=names_of(reader, record, serving),
            )
        )
    return found


def names_of(reader: Reader, record: CertificateRecord, serving: VersionRecord | None) -> tuple[str, ...]:
    """The names of the declaration; those of the certificate itself when it was imported or signed without names."""
    stated = [record.spec.get("domainName"), *(record.spec.get("subjectAlternativeNames") or ())]
    names = tuple(dict.fromkeys(str(name) for name in stated if name))
    if names or serving is None or not serving.has_certificate:
        return names
    material = reader.one(MaterialRecord, arn=record.arn, version=serving.version)
    if material is None or not material.der:
        return ()
    try:
        return certificate_names(load_der(material.der))
    except CertwrightError:
        return ()


def certificate_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Common name first, then the subject alternative names that are text."""
    common = [str(a.value) for a in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    sans = [
        str(name.value)
        for name in sans_of(certificate)
        if isinstance(name.value, str) or hasattr(name.value, "version")
    ]
    return tuple(dict.fromkeys([*common, *sans]))


def matches(entry: Entry, wanted: Filter, now: datetime) -> bool:
    if wanted.types and entry.record.mode.value not in wanted.types:
        return False
    if wanted.statuses and entry.status(now) not in wanted.statuses:
        return False
    if wanted.name and not any(_fits(name, wanted.name) for name in entry.names):
        return False
    if any(entry.record.tags.get(key) != value for key, value in wanted.tags.items()):
        return False
    if wanted.expiring_within is None:
        return True
    serving = entry.serving
    return serving is not None and serving.not_after is not None and serving.not_after <= now + wanted.expiring_within


def _fits(name: str, pattern: str) -> bool:
    """A glob by itself, or the same name: a wildcard certificate is found by its own name too."""
    name, pattern = canonical(name), canonical(pattern)
    # "[" would begin a character class, which nobody means in a host name.
    return name == pattern or fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


def canonical(name: str) -> str:
    """Names are equal without case, and in Unicode or A-label form."""
    try:
        return dns_name(name).text
    except (CertwrightError, ValueError):
        return name.strip().rstrip(".").lower()


class CertificateSummary(Model):
    """A certificate in a list."""

    arn: str = out("Its ARN.")
    name: str = out("Its first name.")
    names: list[str] = out("All its names.")
    region: str = out("Its region.")
    type: CertificateType = out("How it came to be.")
    status: CertificateStatus = out("Status of the serving version, of the pending one while there is none.")
    version: int = out("The serving version; 0 while nothing was issued.")
    newest_version: int = out("The newest version that was requested.")
    serial_number: str | None = out("Serial number of the serving version, lower-case hex.")
    issuer_arn: str | None = out("ARN of the authority that signed it; absent for imported certificates.")
    not_before: str | None = out("Start of validity, RFC 3339 UTC.")
    not_after: str | None = out("End of validity, RFC 3339 UTC.")
    renewal_due: str | None = out("When the renewal window opens; absent when it is never renewed by itself.")
    renewal: str | None = out("`AUTOMATIC`, `MANUAL` or `BLOCKED`.")
    renewal_reason: str | None = out("Why its renewal is, or is not, automatic.")
    in_use_by: list[str] = out("ARNs of the associations that serve it.")
    browser_trusted: bool = out("Whether browsers trust its issuer; false for every CA of this installation.")
    urn: str | None = out("The URN that declared it.")
    tags: dict[str, str] = out("Its tags.")


def summary_of(entry: Entry, *, now: datetime) -> Tree:
    """`CertificateSummary` as a tree; what is absent is left out."""
    record, serving = entry.record, entry.serving
    view = entry.outlook(now)
    tree: Tree = {
        "arn": record.arn,
        "name": entry.name,
        "names": list(entry.names),
        "region": record.region,
        "type": record.mode.value,
        "status": entry.status(now),
        "version": record.serving_version,
        "newestVersion": record.newest_version,
        "serialNumber": serving.serial if serving else None,
        "issuerArn": (serving.issuer_arn or None) if serving else None,
        "notBefore": instant(serving.not_before) if serving else None,
        "notAfter": instant(serving.not_after) if serving else None,
        "renewalDue": instant(serving.renewal_due) if serving else None,
        "renewal": view.renewal.value if view else None,
        "renewalReason": view.reason if view else None,
        "inUseBy": [a.arn for a in entry.associations],
        "browserTrusted": False,
        "urn": record.urn or None,
        "tags": dict(record.tags),
    }
    return {name: value for name, value in tree.items() if value is not None}
