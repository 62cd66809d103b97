"""Private CAs: usable after one create, no deeper than five levels, re-signed under their ARN, deleted with a way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders.world import DAY, NOW, World
from certwright.domain.certificate import load_der, parse_bundle
from certwright.domain.errors import CertwrightError, NotFound, Refused
from certwright.engine import authority, certificates, deletion
from certwright.engine.authoritydecision import decide_authority, gather_authority
from certwright.engine.claims import find
from certwright.engine.decision import Action
from certwright.engine.records import (
    AuthorityRecord,
    AuthorityStatus,
    AuthorityVersionRecord,
    KeyRecord,
    MaterialRecord,
    SerialRecord,
)
from cryptography import x509


def certificate(here: World, record: AuthorityRecord, number: int | None = None) -> x509.Certificate:
    stored = here.one(AuthorityRecord, arn=record.arn)
    found: MaterialRecord = here.one(MaterialRecord, arn=record.arn, version=number or stored.serving_version)
    return load_der(found.der)


def basic(here: World, record: AuthorityRecord) -> x509.BasicConstraints:
    return certificate(here, record).extensions.get_extension_for_class(x509.BasicConstraints).value


def subordinate(here: World, parent: AuthorityRecord, name: str, **spec: Any) -> AuthorityRecord:
    return here.issuing(parent, name, **{"pathLength": None, **spec})


@pytest.mark.proves("PCA-1")
def test_a_root_signs_itself_and_is_active_after_one_create(here: World) -> None:
    root = here.root()
    made = certificate(here, root)
    assert root.status is AuthorityStatus.ACTIVE
    assert made.subject == made.issuer
    made.verify_directly_issued_by(made)
    assert basic(here, root).path_length is None


@pytest.mark.proves("PCA-1")
def test_a_subordinate_is_signed_by_its_parent_and_brings_the_chain(here: World) -> None:
    root = here.root()
    issuing = here.issuing(root)
    certificate(here, issuing).verify_directly_issued_by(certificate(here, root))
    chain = parse_bundle(here.one(MaterialRecord, arn=issuing.arn, version=1).chain_pem)
    assert chain == (certificate(here, root),)


@pytest.mark.proves("PCA-1")
def test_five_levels_are_allowed_and_a_sixth_is_not(here: World) -> None:
    record = here.root()
    for level in range(2, 6):
        record = subordinate(here, record, f"level {level}")
    with pytest.raises(Refused) as refused:
        subordinate(here, record, "level 6")
    assert refused.value.code == "authority.too_deep"
    assert "5 are allowed" in refused.value.message
    assert len(here.all(AuthorityRecord)) == 5
    assert here.private(record)  # the fifth signs certificates


@pytest.mark.proves("PCA-1")
@pytest.mark.parametrize(
    ("parent", "wanted", "outcome"),
    [
        (None, None, None),
        (None, 3, 3),
        (2, None, 1),
        (2, 1, 1),
        (2, 0, 0),
        (2, 2, "authority.path_length"),
        (2, 3, "authority.path_length"),
        (0, None, "authority.path_length"),
        (0, 0, "authority.path_length"),
        (1, None, 0),
    ],
)
def test_a_path_length_is_smaller_than_its_issuers(
    here: World, parent: int | None, wanted: int | None, outcome: int | str | None
) -> None:
    above = here.root(pathLength=parent)
    if isinstance(outcome, str):
        with pytest.raises(Refused) as refused:
            subordinate(here, above, "below", pathLength=wanted)
        assert refused.value.code == outcome
        return
    assert basic(here, subordinate(here, above, "below", pathLength=wanted)).path_length == outcome


@pytest.mark.proves("PCA-4")
@pytest.mark.parametrize(
    ("validity", "end"),
    [
        ({"type": "DAYS", "value": "90"}, NOW - timedelta(hours=1) + 90 * DAY - timedelta(seconds=1)),
        ({"type": "MONTHS", "value": "6"}, (NOW - timedelta(hours=1, seconds=1)).replace(year=2027, month=5)),
        ({"type": "YEARS", "value": "3"}, (NOW - timedelta(hours=1, seconds=1)).replace(year=2029)),
        ({"type": "END_DATE", "value": "20280229120000"}, NOW.replace(year=2028, month=2, day=29)),
    ],
)
def test_validity_in_days_months_years_or_to_a_date(here: World, validity: dict[str, str], end: Any) -> None:
    assert certificate(here, here.root(validity=validity)).not_valid_after_utc == end


@pytest.mark.proves("PCA-4")
@pytest.mark.parametrize(
    ("key", "signing", "stated"),
    [
        ("EC_prime256v1", "ecdsa-with-SHA256", None),
        ("EC_secp384r1", "ecdsa-with-SHA384", None),
        ("RSA_2048", "sha256WithRSAEncryption", None),
        ("RSA_2048", "rsassaPss", "SHA384WITHRSA_PSS"),
        ("EC_prime256v1", "ecdsa-with-SHA512", "SHA512WITHECDSA"),
    ],
)
def test_key_and_signature_algorithm(here: World, key: str, signing: str, stated: str | None) -> None:
    configuration: dict[str, Any] = {
        "keyAlgorithm": key,
        "subject": {"commonName": "R", "organization": "Käse AG", "country": "DE", "organizationalUnit": "PKI"},
    }
    if stated:
        configuration["signingAlgorithm"] = stated
    root = here.root(certificateAuthorityConfiguration=configuration)
    made = certificate(here, root)
    assert made.signature_algorithm_oid._name == signing
    assert made.subject.rfc4514_string() == "CN=R,OU=PKI,O=Käse AG,C=DE"


@pytest.mark.proves("PCA-4")
def test_a_short_lived_authority_signs_no_longer_than_seven_days(here: World) -> None:
    short = here.root(usageMode="SHORT_LIVED_CERTIFICATE")
    record = here.private(short, validity=None)
    version = here.version(record.arn)
    assert version.not_after is not None and version.not_before is not None
    assert version.not_after - version.not_before == 7 * DAY - timedelta(seconds=1)
    with pytest.raises(Refused) as refused:
        here.private(short, urn="long", validity={"type": "DAYS", "value": "8"})
    assert refused.value.findings[0].path.startswith("validity")


@pytest.mark.proves("PCA-6")
def test_a_leaf_never_outlives_its_authority(here: World) -> None:
    short = here.root(validity={"type": "DAYS", "value": "40"})
    with pytest.raises(Refused) as refused:
        here.private(short, validity={"type": "DAYS", "value": "41"})
    assert refused.value.code == "validity.beyond_issuer"
    record = here.private(short, validity=None)  # the default is cut
    assert here.version(record.arn).not_after == certificate(here, short).not_valid_after_utc


@pytest.mark.proves("PCA-3")
def test_disabled_it_signs_nothing_and_enabled_again_it_does(here: World) -> None:
    root = here.root()
    authority.update(here.services, root.arn, spec={**root.spec, "enabled": False}, tags={}, urn=root.urn)
    with pytest.raises(Refused) as refused:
        here.private(root)
    assert (refused.value.code, "DISABLED" in refused.value.message) == ("issuer.not_active", True)
    with pytest.raises(Refused):
        here.issuing(root)
    authority.update(here.services, root.arn, spec={**root.spec, "enabled": True}, tags={}, urn=root.urn)
    assert here.private(root)
    actions = [action for action, _ in here.audit()]
    assert (actions.count("ca.disable"), actions.count("ca.enable")) == (1, 1)


@pytest.mark.proves("PCA-3")
@pytest.mark.parametrize(("stated", "days"), [(None, 30), (7, 7)])
def test_a_deleted_authority_can_be_restored_for_some_days(here: World, stated: int | None, days: int) -> None:
    root = here.root(permanentDeletionTimeInDays=stated)
    gone = authority.delete(here.services, root.arn)
    assert gone is not None
    assert (gone.status, gone.restorable_until) == (AuthorityStatus.DELETED, NOW + days * DAY)
    assert here.all(KeyRecord)  # the key stays for the restore
    assert authority.delete(here.services, root.arn) is None
    with pytest.raises(Refused) as refused:
        here.private(root)
    assert "DELETED" in refused.value.message


@pytest.mark.proves("PCA-9", "PCA-3")
def test_it_is_not_deleted_while_anything_depends_on_it(here: World) -> None:
    root = here.root()
    issuing = here.issuing(root)
    leaf = here.private(issuing)
    for record, dependent in ((root, issuing.arn), (issuing, leaf.arn)):
        with pytest.raises(Refused) as refused:
            authority.delete(here.services, record.arn)
        assert refused.value.code == "authority.in_use"
        assert dependent in refused.value.message
        assert here.audit()[-1] == ("ca.delete", "refused")
    deletion.delete(here.services, leaf.arn)
    assert authority.delete(here.services, issuing.arn)
    assert authority.delete(here.services, root.arn)


@pytest.mark.proves("CRT-5", "PCA-1")
def test_an_interrupted_create_is_taken_over_with_its_key_and_its_children_rows(here: World) -> None:
    first = here.root()
    again = here.root()
    assert again.arn != first.arn
    assert [r.arn for r in here.all(AuthorityRecord)] == [again.arn]
    (version,) = here.all(AuthorityVersionRecord)
    assert (version.arn, version.issuer_arn) == (again.arn, again.arn)
    assert [(s.arn, s.issuer_arn) for s in here.all(SerialRecord)] == [(again.arn, again.arn)]
    assert len(here.all(KeyRecord)) == 1
    with here.services.store.read() as reader:
        found = find(reader, AuthorityRecord, first.arn)
    assert found is not None and found.arn == again.arn
    assert here.private(again)


@pytest.mark.proves("REN-7")
def test_a_re_signed_authority_keeps_arn_and_key_and_its_leaves_follow(here: World) -> None:
    root = here.root()
    issuing = here.issuing(root)
    leaf = here.private(issuing)
    again = authority.re_sign(
        here.services, issuing.arn, expected_newest=1, spec=issuing.spec, reason_code="renewal.window_open"
    )
    assert (again.arn, again.serving_version) == (issuing.arn, 2)
    assert certificate(here, issuing, 1).public_key() == certificate(here, issuing, 2).public_key()
    assert [r.code for r in here.decision(leaf.arn).reasons] == ["issuer.rotated"]
    certificates.reissue(here.services, leaf.arn, expected_newest=1, spec=leaf.spec, reason_code="issuer.rotated")
    assert here.decision(leaf.arn).action is Action.KEEP


@pytest.mark.proves("REN-7", "PCA-4")
def test_another_key_algorithm_rotates_the_key_under_the_same_arn(here: World) -> None:
    root = here.root()
    configuration = {**root.spec["certificateAuthorityConfiguration"], "keyAlgorithm": "EC_secp384r1"}
    spec = {**root.spec, "certificateAuthorityConfiguration": configuration}
    again = authority.re_sign(here.services, root.arn, expected_newest=1, spec=spec, reason_code="inputs.changed")
    assert again.arn == root.arn
    assert certificate(here, root, 1).public_key() != certificate(here, root, 2).public_key()
    certificate(here, root, 2).verify_directly_issued_by(certificate(here, root, 2))
    assert here.private(again)


@pytest.mark.proves("SEC-5")
def test_what_was_journaled_is_finished_under_the_certificate_that_it_names(here: World) -> None:
    """The CA is rotated to another kind of key between the journal and the signature of a leaf."""
    root = here.root()
    leaf = here.private(root)
    version = here.version(leaf.arn)
    material = here.one(MaterialRecord, arn=leaf.arn, version=1)
    unsigned = replace(version, status=version.status.PENDING_VALIDATION, has_certificate=False, serving=False)
    here.save(replace(here.record(leaf.arn), serving_version=0), unsigned, replace(material, der=b"", chain_pem=""))
    configuration = {**root.spec["certificateAuthorityConfiguration"], "keyAlgorithm": "RSA_2048"}
    spec = {**root.spec, "certificateAuthorityConfiguration": configuration}
    authority.re_sign(here.services, root.arn, expected_newest=1, spec=spec, reason_code="inputs.changed")
    certificates.retry(here.services, leaf.arn)
    made = load_der(here.one(MaterialRecord, arn=leaf.arn, version=1).der)
    made.verify_directly_issued_by(certificate(here, root, 1))
    assert made.serial_number == int(version.serial, 16)


@pytest.mark.proves("REN-1")
def test_another_renewal_window_counts_at_once_and_signs_nothing(here: World) -> None:
    root = here.root()
    spec = {**root.spec, "earlyRenewalDuration": "P100D"}
    authority.update(here.services, root.arn, spec=spec, tags={}, urn=root.urn)
    (version,) = here.all(AuthorityVersionRecord, arn=root.arn)
    assert version.not_after - version.renewal_due == 100 * DAY


@pytest.mark.proves("OPS-1", "REN-7")
def test_whoever_decided_before_the_re_signing_does_nothing(here: World) -> None:
    root = here.root()
    for _ in range(2):
        authority.re_sign(here.services, root.arn, expected_newest=1, spec=root.spec, reason_code="x")
    assert [v.version for v in here.all(AuthorityVersionRecord, arn=root.arn)] == [1, 2]


@pytest.mark.proves("REN-1")
def test_an_authority_is_due_in_its_window_and_not_after_it_was_signed_again(here: World) -> None:
    issuing = here.issuing(here.root(), validity={"type": "DAYS", "value": "300"})
    due = here.one(AuthorityVersionRecord, arn=issuing.arn, version=1).renewal_due

    def decision() -> Any:
        with here.services.store.read() as reader:
            facts = gather_authority(reader, here.one(AuthorityRecord, arn=issuing.arn))
        assert facts is not None
        return decide_authority(facts, now=here.clock.now())

    here.clock.moment = due - timedelta(seconds=1)
    assert decision().action is Action.KEEP
    here.clock.moment = due
    assert decision().action is Action.REISSUE
    authority.re_sign(
        here.services, issuing.arn, expected_newest=1, spec=issuing.spec, reason_code="renewal.window_open"
    )
    assert decision().action is Action.KEEP


def test_what_is_not_there_is_not_found(here: World) -> None:
    here.root()
    with pytest.raises(NotFound):
        authority.re_sign(here.services, "arn:nothing", expected_newest=1, spec={}, reason_code="x")
    with pytest.raises(Refused, match="there is no certificate authority"):
        here.issuing(replace(here.root("other"), arn="arn:nothing"))


def test_a_lost_certificate_of_an_authority_is_damage_and_not_an_empty_chain(here: World) -> None:
    root = here.root()
    here.save(replace(here.one(MaterialRecord, arn=root.arn, version=1), der=b""))
    with pytest.raises(CertwrightError) as damaged:
        here.private(root)
    assert damaged.value.code == "store.damaged"
