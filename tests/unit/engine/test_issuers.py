"""Which issuer a reference means, and what is known of it; who signs is one thing, whether it may issue now another."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from builders.world import ACCOUNT, World
from certwright.domain.errors import CertwrightError, Refused
from certwright.engine import authority
from certwright.engine.issuer import issuer_for, signer_of
from certwright.engine.issuing import AUTHORITY, BUNDLED, Issuers, kind_of
from certwright.engine.records import AuthorityRecord
from certwright.issuers import ENTRY_POINT_GROUP, ISSUERS, Kinds
from certwright.issuers.authority import AuthorityIssuer
from certwright.issuers.bundled import BundledIssuer

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
def test_who_can_be_meant(reference: str, code: str | None) -> None:
    issuers = Issuers({**Kinds(found=tuple), "made": Made()})
    problem = issuers.problem(reference, "publicIssuer")
    assert (problem.code, problem.path) == (code, "publicIssuer") if problem else code is None
    if code is not None:
        with pytest.raises(Refused):
            issuers.of(reference)


def test_a_third_party_adds_a_kind_by_an_entry_point_that_is_loaded_when_a_certificate_of_it_is_met() -> None:
    points = [_point("made", f"{__name__}:Made"), _point("bundled", "nowhere:It"), _point("broken", "nowhere:It")]
    kinds = Kinds(found=lambda: points)
    assert list(kinds) == [*(name for name, _ in ISSUERS), "broken", "made"]
    assert isinstance(kinds["bundled"], BundledIssuer)  # ours wins
    assert isinstance(kinds[AUTHORITY], AuthorityIssuer)
    assert kinds["made"] is kinds["made"]
    with pytest.raises(CertwrightError) as caught:
        kinds["broken"]
    assert caught.value.code == "issuer.plugin_failed" and "nowhere:It" in caught.value.message
    assert "nothing" not in kinds


def _facts(here: World, reference: str) -> Any:
    with here.services.store.read() as reader:
        return here.services.issuers.facts(reader, reference)


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
    made = here.services.issuers.of("bundled").ensure(here.services, "bundled", region="local", account=ACCOUNT)
    found = _facts(here, made)
    assert found.reference == made and found.name.startswith("certwright bundled issuing CA")
    assert not found.browser_trusted
