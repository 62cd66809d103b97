"""What Check says about an authority before store and clock are asked, and what its parent forbids."""

from __future__ import annotations

from typing import Any

from certwright.domain.arn import ArnKind, parse_arn
from certwright.domain.errors import CertwrightError, Finding, Refused
from certwright.domain.keyspec import KeyAlgorithm, pair_problem
from certwright.domain.renewbefore import parse_renew_before
from certwright.domain.subject import findings as subject_findings
from certwright.domain.validity import Validity
from certwright.domain.validity import findings as validity_findings
from certwright.domain.values import contains_unknown, reveal
from certwright.engine import issuer as signer
from certwright.engine.ports import Reader
from certwright.engine.records import AuthorityRecord, AuthorityStatus
from certwright.engine.services import Services
from certwright.resources.authority_model import AuthorityInputs, AuthorityType, CertificateAuthorityConfiguration
from certwright.resources.base import Tree


def judge(typed: AuthorityInputs, tree: Tree) -> list[Finding]:
    """Objections that need neither store nor clock."""
    findings = _configuration(typed.certificate_authority_configuration)
    stated_parent = reveal(tree.get("parentArn")) is not None
    if typed.type == AuthorityType.ROOT and stated_parent:
        findings.append(
            Finding(
                code="authority.root_with_parent",
                path="parentArn",
                message="a ROOT signs itself; leave parentArn out, or make it a SUBORDINATE",
            )
        )
    if typed.type == AuthorityType.SUBORDINATE and not stated_parent:
        findings.append(
            Finding(
                code="authority.no_parent",
                path="parentArn",
                message="a SUBORDINATE needs the ARN of the authority that signs it (an external parent is not part of this "
                "version of certwright)",
            )
        )
    if isinstance(typed.parent_arn, str):
        try:
            parse_arn(typed.parent_arn, ArnKind.CERTIFICATE_AUTHORITY)
        except CertwrightError as problem:
            findings.append(Finding(code=problem.code, path="parentArn", message=problem.message))
    if isinstance(typed.validity, Validity):
        findings += validity_findings(typed.validity)
    if isinstance(typed.early_renewal_duration, str):
        try:
            parse_renew_before(typed.early_renewal_duration)
        except Refused as refusal:
            findings += refusal.findings
    if isinstance(typed.path_length, int) and not 0 <= typed.path_length <= signer.MAX_LEVELS:
        findings.append(
            Finding(
                code="authority.path_length",
                path="pathLength",
                message=f"{typed.path_length} is not between 0 and {signer.MAX_LEVELS}",
            )
        )
    days = typed.permanent_deletion_time_in_days
    if isinstance(days, int) and not 7 <= days <= 30:
        findings.append(
            Finding(
                code="authority.deletion_window",
                path="permanentDeletionTimeInDays",
                message=f"{days} is not between 7 and 30 days",
            )
        )
    return findings


def _configuration(found: Any) -> list[Finding]:
    if not isinstance(found, CertificateAuthorityConfiguration) or contains_unknown(found):
        return []
    path = "certificateAuthorityConfiguration"
    findings: list[Finding] = []
    if found.subject is None or not found.subject.model_dump(exclude_none=True):
        findings.append(
            Finding(
                code="subject.empty",
                path=f"{path}.subject",
                message="an authority needs a subject: give at least commonName",
            )
        )
    else:
        findings += subject_findings(found.subject, f"{path}.subject")
    if found.signing_algorithm is not None:
        problem = pair_problem(found.key_algorithm or KeyAlgorithm.EC_PRIME256V1, found.signing_algorithm)
        if problem is not None:
            findings.append(Finding(code="key.pair", path=f"{path}.signingAlgorithm", message=problem))
    return findings


def parent_findings(services: Services, reader: Reader, typed: AuthorityInputs) -> list[Finding]:
    """What the parent forbids, said before anything is made: state, path length, end of life."""
    if not isinstance(typed.parent_arn, str):
        return []
    record = reader.one(AuthorityRecord, arn=typed.parent_arn)
    if record is None:
        return [
            Finding(
                code="issuer.not_found",
                path="parentArn",
                message=f"there is no certificate authority {typed.parent_arn} in this store",
            )
        ]
    if record.status is AuthorityStatus.CREATING:
        return []
    problem = signer.not_active(record, "parentArn")
    if problem is not None:
        return [problem]
    now = services.clock.now()
    try:
        issuer = signer.issuer_for(reader, typed.parent_arn, now=now)
        wanted = typed.path_length if isinstance(typed.path_length, int) else None
        problem = signer.path_length_problem(issuer, wanted)
        if problem is not None:
            return [problem]
        if isinstance(typed.validity, Validity):
            signer.ca_window("SUBORDINATE", typed.validity, issuer, now)
    except Refused as refusal:
        return list(refusal.findings)
    return []
