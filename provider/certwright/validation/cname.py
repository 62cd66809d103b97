"""Validation by DNS: a CNAME that its owner makes once, and behind it, in our own zone, a TXT value for each attempt (DNS-1).

A wildcard and its base are one proof. The CNAME stays for renewals; the TXT value goes when it has done its work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import Any

from certwright.domain.challenge import TXT_LIFETIME, txt_value, validation_length_findings, validation_records
from certwright.domain.dnsname import DnsName, dns_name
from certwright.domain.errors import Finding
from certwright.engine import dnsrecords
from certwright.engine.ports import CancelSignal, Chosen, NameProof, NameProver, ValidationOption
from certwright.engine.records import CertificateRecord, DnsPurpose, Json, ValidationRecord
from certwright.engine.services import Services

METHOD = "validationMethod"
ANSWERS = frozenset({"nxdomain", "nodata", "servfail", "refused"})


class CnameValidator:
    """For one round: the vantage points are made at its first look."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._prover: NameProver | None = None
        self._making = Lock()

    def findings(self, names: Sequence[str]) -> list[Finding]:
        findings: list[Finding] = []
        if not self._services.config.validation_domain:
            findings.append(
                Finding(
                    code="validation.no_domain",
                    path=METHOD,
                    message="DNS validation needs a zone that the validation records point into, and none is configured; set "
                    "certwright:validationDomain (and certwright:validationWriter, which puts TXT records there)",
                )
            )
        for name in names:
            findings += validation_length_findings(dns_name(name))
        return findings

    def options(self, names: Sequence[str], account: str) -> list[ValidationOption]:
        zone = self._services.config.validation_domain
        if not zone:
            return []
        asked = {name: dns_name(name) for name in names}
        return [
            ValidationOption(
                authorization=record.domain_name,
                names=tuple(_of_base(asked, record.domain_name)),
                domain_name=record.domain_name,
                shown={
                    "domainName": record.domain_name,
                    "resourceRecordName": record.record_name,
                    "resourceRecordType": record.record_type,
                    "resourceRecordValue": record.record_value,
                },
            )
            for record in validation_records(account, asked.values(), zone)
        ]

    def challenge(self, option: ValidationOption) -> Json:
        return {**_record(option), "txtValue": txt_value(self._services.entropy.token_bytes(16))}

    def fits(self, challenge: Json, option: ValidationOption, age: timedelta) -> bool:
        """Not when the zone is another one by now, and not for longer than 30 days (BR 3.2.2.4.7)."""
        same = {name: challenge.get(name) for name in ("recordName", "recordValue")} == _record(option)
        return same and age < TXT_LIFETIME

    def maintain(self, arn: str, options: Sequence[ValidationOption], writer: Chosen | None) -> None:
        """The CNAME, where the program named a writer. It is journaled before it is written (DNS-7)."""
        if writer is None:
            return
        for option in options:
            record = _record(option)
            self._write(arn, writer, record["recordName"], "CNAME", record["recordValue"])

    def present(self, arn: str, rows: Sequence[ValidationRecord]) -> list[ValidationRecord]:
        """The TXT, in our own zone. Without a writer for it somebody else serves the zone."""
        own = self._services.chosen(self._services.config.validation_writer)
        if own is not None:
            for row in rows:
                self._write(arn, own, row.challenge["recordValue"], "TXT", row.challenge["txtValue"])
        return list(rows)

    def _write(self, arn: str, writer: Chosen, name: str, type: str, value: str) -> None:
        dnsrecords.write(self._services, arn, writer, name=name, type=type, value=value)

    def look(self, row: ValidationRecord, cancel: CancelSignal | None) -> NameProof:
        with self._making:
            prover = self._prover = self._prover or self._services.prover()
        proof = prover.prove(
            record_name=row.challenge["recordName"],
            record_value=row.challenge["recordValue"],
            txt_value=row.challenge["txtValue"],
            cancel=cancel,
        )
        word = proof.code.rpartition(".")[2]
        return replace(proof, brief=word.upper()) if word in ANSWERS else proof

    def withdraw(self, arn: str, writer: Chosen | None) -> None:
        """What an earlier run could not remove through these writers goes, too. Of a certificate that is gone its deletion
        takes the records away."""
        services = self._services
        with services.store.read() as reader:
            if reader.one(CertificateRecord, arn=arn) is None:
                return
        with services.store.write() as tx:
            dnsrecords.release(services, tx, arn, only=DnsPurpose.TXT)
        names = (writer.name if writer is not None else "", services.config.validation_writer)
        dnsrecords.sweep(services, {name for name in names if name}, given=writer)

    def todo(self, option: ValidationOption) -> str:
        record = _record(option)
        return f"create {record['recordName']}. CNAME {record['recordValue']}."


def _record(option: ValidationOption) -> dict[str, Any]:
    return {"recordName": option.shown["resourceRecordName"], "recordValue": option.shown["resourceRecordValue"]}


def _of_base(asked: dict[str, DnsName], base: str) -> Iterator[str]:
    return (name for name, parsed in asked.items() if parsed.without_wildcard().text == base)
