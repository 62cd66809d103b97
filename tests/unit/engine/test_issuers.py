"""Which issuer a reference means, and what is known of it; who signs is one thing, whether it may issue now another."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from builders.world import ACCOUNT, World
from certwright.domain.errors import CertwrightError, Refused
from certwright.engine import authority, issuing
from certwright.engine.issuer import issuer_for, signer_of
from certwright.engine.issuing import AUTHORITY, BUNDLED, kind_of, objection
from certwright.engine.records import AuthorityRecord
from certwright.issuers import ENTRY_POINT_GROUP, ISSUERS, Issuers
from certwright.issuers.authority import AuthorityIssuer
from certwright.issuers.bundled import BundledIssuer

PACKAGE = Path(issuing.__file__).parents[1]
CA = "arn:certwright:acm-pca:local:000000000000:certificate-authority/1"


class Made(BundledIssuer):
    """A third party's."""


def _point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP)


@pytest.mark.proves("CRT-12")
@pytest.mark.parametrize(
    ("reference", "kind"),
    [(CA, AUTHORITY), ("bundled", BUNDLED), ("acme:letsencrypt", "acme"), ("vendor", "vendor"), ("arn:x", AUTHORITY)],
)
def test_a_reference_names_its_kind(reference: str, kind: str) -> None:
    assert kind_of(reference) == kind


@pytest.mark.proves("CRT-12")
@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (CA, None),
        ("bundled", None),
        ("made:anything", None),
        ("acme:letsencrypt", "issuer.unavailable"),
        ("nobody", "issuer.invalid"),
        ("arn:aws:acm-pca:eu-1:1:certificate-authority/1", "issuer.invalid"),
    ],
)
def test_who_can_be_meant(here: World, reference: str, code: str | None) -> None:
    issuers = {**Issuers(found=tuple), "made": Made}
    problem = objection(reference, issuers, "publicIssuer")
    assert (problem.code, problem.path) == (code, "publicIssuer") if problem else code is None
    if code is not None:
        with pytest.raises(Refused):
            replace(here.services, issuers=issuers).issuer(reference)


def test_a_third_party_adds_a_kind_by_an_entry_point_that_is_loaded_when_a_certificate_of_it_is_met(
    here: World,
) -> None:
    points = [_point("made", f"{__name__}:Made"), _point("bundled", "nowhere:It"), _point("broken", "nowhere:It")]
    kinds = Issuers(found=lambda: points)
    assert list(kinds) == [*(name for name, _ in ISSUERS), "broken", "made"]
    assert type(kinds["bundled"](here.services)) is BundledIssuer  # ours wins
    assert type(kinds[AUTHORITY](here.services)) is AuthorityIssuer
    assert type(kinds["made"](here.services)) is Made
    with pytest.raises(CertwrightError) as caught:
        kinds["broken"]
    assert caught.value.code == "issuer.plugin_failed" and "nowhere:It" in caught.value.message
    assert "nothing" not in kinds


def _facts(here: World, reference: str) -> Any:
    with here.services.store.read() as reader:
        return here.services.issuer_facts(reader, reference)


@pytest.mark.proves("PCA-3", "REN-6")
def test_a_disabled_authority_still_signs_what_it_has_to_say_and_issues_nothing(
    here: World, issuing: AuthorityRecord
) -> None:
    authority.update(here.services, issuing.arn, spec={**issuing.spec, "enabled": False}, tags={}, urn=issuing.urn)
    found = _facts(here, issuing.arn)
    assert found.may_issue.code == found.objection(here.clock.now()).code == "issuer.not_active"
    with here.services.store.read() as reader:
        with pytest.raises(Refused):
            issuer_for(reader, issuing.arn, now=here.clock.now())
        signer = signer_of(reader, issuing.arn)
    assert signer.record.arn == issuing.arn and signer.version.key_handle


def test_an_authority_outside_its_life_is_still_a_signer(here: World, issuing: AuthorityRecord) -> None:
    found = _facts(here, issuing.arn)
    late = found.bounds.not_after.replace(year=found.bounds.not_after.year + 1)
    assert found.may_issue is None and found.objection(late).code == "issuer.outside_life"
    with here.services.store.read() as reader:
        assert signer_of(reader, issuing.arn).certificate.serial_number


def test_nobody_signs_for_an_authority_that_is_not_there(here: World, issuing: AuthorityRecord) -> None:
    assert _facts(here, CA) is None
    with here.services.store.read() as reader, pytest.raises(Refused) as caught:
        signer_of(reader, CA)
    assert caught.value.findings[0].code == "issuer.not_found"


@pytest.mark.proves("CRT-12")
def test_the_bundled_issuer_gives_the_arn_of_the_authority_that_signs(here: World) -> None:
    made = here.services.issuer("bundled").ensure("bundled", region="local", account=ACCOUNT)
    found = _facts(here, made)
    assert found.reference == made and found.name.startswith("certwright bundled issuing CA")
    assert not found.browser_trusted


@pytest.mark.parametrize(
    "path",
    [
        "engine/issuance.py",
        "engine/ordering.py",
        "engine/certificates.py",
        "engine/keys.py",
        "engine/decision.py",
        "engine/prove.py",
        "resources/certificate.py",
        "resources/certificate_check.py",
        "cli/commands/why.py",
        "functions/catalogue.py",
    ],
)
def test_who_issues_decides_and_explains_knows_no_authority(path: str) -> None:
    text = (PACKAGE / path).read_text("utf-8")
    assert [
        word for word in ("AuthorityRecord", "AuthorityVersionRecord", '"bundled"', "arn:certwright") if word in text
    ] == []
