"""`getCertificate`: one certificate, by ARN or by its name and filters."""

from __future__ import annotations

from typing import ClassVar

from certwright.domain.arn import ArnKind, parse_arn
from certwright.domain.errors import CertwrightError, Finding, NotFound, Refused
from certwright.domain.values import contains_unknown
from certwright.engine.claims import find
from certwright.engine.ports import Reader
from certwright.engine.records import CertificateRecord, CertificateStatus
from certwright.functions.answering import Answering
from certwright.functions.catalogue import CertificateType, Entry, Filter, canonical, entries, scan
from certwright.functions.pending import all_unknown
from certwright.resources.base import Model, Tree, out, prop
from certwright.resources.certificate_model import CertificateOutputs
from certwright.resources.certificate_outputs import outputs_of

SHOWN_MATCHES = 10


class GetCertificateInputs(Model):
    arn: str | None = prop("ARN of the certificate. Give this or `domainName`.")
    domain_name: str | None = prop(
        "First name of the certificate. Several matches are refused with their ARNs: narrow them with the filters."
    )
    status: list[CertificateStatus] | None = prop("With `domainName`: only these statuses.")
    type: list[CertificateType] | None = prop("With `domainName`: only these types.")
    tags: dict[str, str] | None = prop("With `domainName`: only certificates that have all these tags.")
    most_recent: bool | None = prop("With `domainName`: of several matches, take the one that ends last.")
    region: str | None = prop("With `domainName`: its region; default: the provider's.")


class GetCertificateOutputs(CertificateOutputs):
    domain_name: str = out("Its first name.")
    subject_alternative_names: list[str] = out("All its names, the first one included.")
    region: str = out("Its region.")
    issuer_arn: str | None = out("ARN of the authority that signed it.")
    renewal: str | None = out("`AUTOMATIC`, `MANUAL` or `BLOCKED`.")
    renewal_reason: str | None = out("Why its renewal is, or is not, automatic.")


class GetCertificate(Answering):
    """Find one certificate by its ARN, or by its name and filters. A name that several certificates have is refused
    with their ARNs."""

    token: ClassVar[str] = "certwright:index:getCertificate"
    inputs: ClassVar[type[Model]] = GetCertificateInputs
    outputs: ClassVar[type[Model]] = GetCertificateOutputs

    def call(self, args: Tree) -> Tree:
        if contains_unknown(args):
            return all_unknown(GetCertificateOutputs)
        wanted = self.arguments(GetCertificateInputs, args)
        if (wanted.arn is None) == (wanted.domain_name is None):
            seen = "both were given" if wanted.arn else "neither was given"
            raise Refused([Finding(code="input.missing", path="arn", message=f"give arn or domainName; {seen}")])
        if wanted.arn is not None:
            try:
                parse_arn(wanted.arn, ArnKind.CERTIFICATE)
            except CertwrightError as problem:
                raise Refused([Finding(code=problem.code, path="arn", message=problem.message)]) from None
        with self.reading() as reader:
            if reader is None:
                raise NotFound(
                    f"there is no certificate {wanted.arn or wanted.domain_name}: there is no store yet; the first "
                    "`pulumi up` or `certwright init` makes one",
                    code="certificate.not_found",
                )
            entry = self._by_arn(reader, wanted.arn) if wanted.arn else self._by_name(reader, wanted)
            return self._answer(reader, entry)

    def _by_arn(self, reader: Reader, arn: str) -> Entry:
        record = find(reader, CertificateRecord, arn)
        if record is None:
            raise NotFound(f"there is no certificate {arn} in this store", code="certificate.not_found")
        return entries(self.services, reader, [record])[0]

    def _by_name(self, reader: Reader, wanted: GetCertificateInputs) -> Entry:
        name = canonical(wanted.domain_name or "")
        now = self.services.clock.now()
        region = wanted.region or self.services.config.region
        filters = Filter(
            region=region,
            account=self.services.config.account,
            statuses=frozenset(status.value for status in wanted.status or ()),
            types=frozenset(kind.value for kind in wanted.type or ()),
            tags=wanted.tags or {},
        )
        found = [e for e in scan(self.services, reader, filters, now=now) if e.names and canonical(e.names[0]) == name]
        if not found:
            raise NotFound(
                f"there is no certificate for {wanted.domain_name} in region {region} that fits the filters; "
                "listCertificates, or `certwright list`, shows what there is",
                code="certificate.not_found",
            )
        if len(found) > 1 and not wanted.most_recent:
            raise _several(wanted.domain_name or "", found)
        return max(found, key=_end)

    def _answer(self, reader: Reader, entry: Entry) -> Tree:
        view = entry.outlook(self.services.clock.now())
        serving = entry.serving
        tree: Tree = {
            **outputs_of(self.services, reader, entry.record.arn),
            "domainName": entry.name,
            "subjectAlternativeNames": list(entry.names),
            "region": entry.record.region,
        }
        if serving is not None and serving.issuer_arn:
            tree["issuerArn"] = serving.issuer_arn
        if view is not None:
            tree |= {"renewal": view.renewal.value, "renewalReason": view.reason}
        return tree


def _end(entry: Entry) -> tuple[bool, str, str]:
    serving = entry.serving
    return (
        serving is not None,
        serving.not_after.isoformat() if serving and serving.not_after else "",
        entry.record.created_at.isoformat(),
    )


def _several(name: str, found: list[Entry]) -> Refused:
    shown = ", ".join(entry.record.arn for entry in found[:SHOWN_MATCHES])
    more = f" and {len(found) - SHOWN_MATCHES} more" if len(found) > SHOWN_MATCHES else ""
    return Refused(
        [
            Finding(
                code="certificate.ambiguous",
                path="domainName",
                message=f"{len(found)} certificates have the name {name}: {shown}{more}. Give the arn, narrow them with "
                "status, type or tags, or set mostRecent",
            )
        ]
    )
