"""What a Certificate tells: everything that ACM knows and pulumi-aws hides (CRT-3)."""

from __future__ import annotations

import pytest
from builders.world import World
from certwright.domain.certificate import parse_bundle, parse_certificate
from certwright.engine import prove
from certwright.engine.ports import CaaVerdict
from certwright.engine.records import AuthorityRecord
from certwright.resources.base import Tree, wire_names
from certwright.resources.certificate_model import CertificateOutputs
from certwright.resources.certificate_outputs import outputs_of


def outputs(here: World, arn: str) -> Tree:
    with here.services.store.read() as reader:
        return outputs_of(here.services, reader, arn)


@pytest.mark.proves("CRT-3")
def test_an_issued_certificate_tells_all_of_itself(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    serving = here.association(record.arn)

    told = outputs(here, record.arn)

    certificate = parse_certificate(told["certificatePem"])
    assert told["serialNumber"] == format(certificate.serial_number, "x")
    assert told["issuer"] == certificate.issuer.rfc4514_string()
    assert parse_bundle(told["certificateChainPem"])[0].subject == certificate.issuer
    assert told["notAfter"] == certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["inUseBy"] == [serving.arn]
    assert (told["status"], told["type"], told["version"]) == ("ISSUED", "PRIVATE", 1)
    assert told["renewalEligibility"] == "ELIGIBLE"
    assert told["renewalDue"] < told["notAfter"]
    assert told["browserTrusted"] is False
    assert "pendingVersion" not in told
    assert set(told) <= set(wire_names(CertificateOutputs))


@pytest.mark.proves("CRT-3", "CRT-4", "DNS-1")
def test_a_waiting_certificate_tells_what_it_waits_for(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)

    told = outputs(here, record.arn)

    assert told["status"] == "PENDING_VALIDATION"
    assert told["pendingVersion"] == {"version": 1, "status": "PENDING_VALIDATION"}
    assert [o["resourceRecordType"] for o in told["domainValidationOptions"]] == ["CNAME"] * len(
        told["domainValidationOptions"]
    )
    assert told["domainValidationOptions"]
    assert "serialNumber" not in told
    assert set(told) <= set(wire_names(CertificateOutputs))


@pytest.mark.proves("CRT-3", "CRT-4")
def test_a_request_that_was_refused_tells_the_reason(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    here.caa.verdicts["www.example.org"] = CaaVerdict(allowed=False, sentence='www.example.org has CAA 0 issue ";".')
    assert not prove.step(here.services, record.arn).issued

    told = outputs(here, record.arn)

    assert told["failureReason"] == told["pendingVersion"]["failureReason"] == "CAA_ERROR"
    assert told["pendingVersion"]["failureMessage"] == 'www.example.org has CAA 0 issue ";".'


@pytest.mark.proves("CRT-2", "CRT-3")
def test_no_output_is_a_key(here: World, issuing: AuthorityRecord) -> None:
    told = outputs(here, here.private(issuing).arn)

    assert "PRIVATE KEY" not in str(told)
