"""A certificate's record through its life, with the store, the vault and a clock that stands still."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import pki
from builders.world import ACCOUNT, DAY, GONE, MISSING, NOW, PREFIX, FakeClock, World, material, world
from certwright.domain.certificate import load_der, parse_bundle
from certwright.domain.errors import CertwrightError, NotFound, Refused
from certwright.domain.serial import SERIAL_RANDOM_BYTES
from certwright.engine import certificates, deletion, prove, validation
from certwright.engine.bulk import BulkRequest, issue_many
from certwright.engine.claims import find
from certwright.engine.decision import Action
from certwright.engine.records import (
    AuthorityRecord,
    CertificateRecord,
    CertificateStatus,
    KeyRecord,
    MaterialRecord,
    MetaRecord,
    Mode,
    SerialRecord,
    ValidationRecord,
    VersionRecord,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st


def served(here: World, arn: str, number: int | None = None) -> x509.Certificate:
    version = here.version(arn, number)
    found: MaterialRecord = here.one(MaterialRecord, arn=arn, version=version.version)
    return load_der(found.der)


def reissue(here: World, arn: str, **more: Any) -> CertificateRecord:
    record = here.record(arn)
    values = {"expected_newest": record.newest_version, "spec": record.spec, "reason_code": "test", **more}
    return certificates.reissue(here.services, arn, **values)


# --- create ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("SEC-5")
def test_a_private_certificate_that_is_not_stored_was_never_there(here: World, issuing: AuthorityRecord) -> None:
    """Signed, and then the transaction fails: neither record, serial, key nor audit line is left (ADR 17)."""
    seen: list[bytes] = []

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(here.services.vault, name)

        @contextmanager
        def opened(self, keys: Any) -> Iterator[Any]:
            with here.services.vault.opened(keys) as self.held:
                yield self

        def sign_certificate(self, *args: Any, **more: Any) -> bytes:
            seen.append(self.held.sign_certificate(*args, **more))
            raise CertwrightError("the power is gone", code="test.power")

    kinds = (CertificateRecord, VersionRecord, MaterialRecord, SerialRecord, KeyRecord)
    before = ([here.all(kind) for kind in kinds], here.audit())
    spec = {"domainName": "wiki.internal", "certificateAuthorityArn": issuing.arn}
    with pytest.raises(CertwrightError, match="the power is gone"):
        certificates.create(
            replace(here.services, vault=Failing()),  # type: ignore[arg-type]
            urn="u",
            region="local",
            account=ACCOUNT,
            mode=Mode.PRIVATE,
            spec=spec,
            tags={},
        )
    assert len(seen) == 1 and load_der(seen[0]).serial_number
    assert ([here.all(kind) for kind in kinds], here.audit()) == before


@pytest.mark.proves("CRT-1")
def test_a_private_certificate_is_issued_at_once(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing, subjectAlternativeNames=["192.168.1.1", "fire-sensor-123"])
    version, certificate = here.version(record.arn), served(here, record.arn)
    assert (version.status, record.serving_version, version.serving) == (CertificateStatus.ISSUED, 1, True)
    assert version.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
    assert version.serial == format(certificate.serial_number, "x")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["wiki.internal", "fire-sensor-123"]
    assert here.audit()[-1] == ("issue", "done")


@pytest.mark.proves("CRT-2")
def test_the_key_is_in_the_vault_and_nowhere_else(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    with here.services.store.read() as reader:
        pem = here.services.vault.private_pem(reader, here.version(record.arn).key_handle)
    key: Any = serialization.load_pem_private_key(pem, None)
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    for path in here.home.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path


@pytest.mark.proves("CRT-7")
def test_a_public_one_waits_then_lives_a_day_under_the_cap(here: World, issuing: AuthorityRecord) -> None:
    record = here.public(issuing)
    assert here.version(record.arn).status is CertificateStatus.PENDING_VALIDATION
    assert prove.step(here.services, record.arn).issued
    certificate = served(here, record.arn)
    assert certificate.not_valid_before_utc == NOW - timedelta(minutes=60)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == 199 * DAY - timedelta(seconds=1)
    assert [a.oid for a in certificate.subject] == [NameOID.COMMON_NAME]
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


@pytest.mark.proves("CRT-7")
def test_acms_profile_gives_thirteen_months(tmp_path: Path) -> None:
    with world(tmp_path, validity_profile="acm") as here:
        record = here.public(here.issuing())
        prove.step(here.services, record.arn)
        certificate = served(here, record.arn)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == 395 * DAY - timedelta(seconds=1)


@pytest.mark.proves("CRT-7")
def test_not_before_is_never_before_the_issuers(here: World) -> None:
    young = here.root(validity={"type": "HOURS", "value": "2"})  # backdated by a tenth of its life only
    record = here.private(
        young, validity=None
    )  # of thirteen months, cut at the CA's end: would be backdated by an hour
    above = load_der(here.one(MaterialRecord, arn=young.arn, version=1).der)
    assert served(here, record.arn).not_valid_before_utc == above.not_valid_before_utc == NOW - timedelta(minutes=12)


@pytest.mark.proves("CRT-12")
def test_the_bundled_issuer_is_made_at_the_first_public_certificate_and_used_again(here: World) -> None:
    first = here.public(urn="a")
    made = {a.arn for a in here.all(AuthorityRecord)}
    second = here.public(urn="b", domainName="api.example.org")
    for record in (first, second):
        assert prove.step(here.services, record.arn).issued
    authorities = here.all(AuthorityRecord)
    assert {a.arn for a in authorities} == made
    assert sorted(a.type for a in authorities) == ["ROOT", "SUBORDINATE"]
    assert here.version(first.arn).issuer_arn == here.version(second.arn).issuer_arn
    chain = parse_bundle(here.one(MaterialRecord, arn=first.arn, version=1).chain_pem)
    assert [c.subject == c.issuer for c in chain] == [False, True]


@pytest.mark.proves("CRT-12")
def test_regions_and_accounts_have_bundled_issuers_of_their_own(here: World) -> None:
    from certwright.issuers.bundled import ensure_bundled

    wanted = [("local", ACCOUNT), ("eu", ACCOUNT), ("eu", "2")]
    made = [ensure_bundled(here.services, region=region, account=account) for region, account in wanted]
    assert len(set(made)) == 3
    assert made == [ensure_bundled(here.services, region=region, account=account) for region, account in wanted]
    records = [here.one(AuthorityRecord, arn=arn) for arn in made]
    assert [(record.region, record.account) for record in records] == wanted


@pytest.mark.proves("CRT-11")
def test_the_same_names_may_be_in_any_number_of_certificates(here: World, issuing: AuthorityRecord) -> None:
    made = {here.private(issuing, urn=f"same{i}").arn for i in range(3)}
    made |= {here.public(issuing, urn="p1").arn, here.public(issuing, urn="p2").arn}
    assert len(made) == 5
    assert {record.arn for record in here.all(CertificateRecord)} == made, "each is still there under its own ARN"


@pytest.mark.proves("CRT-1", "REN-6")
def test_a_signed_one_carries_the_keys_of_its_request_and_stores_none(here: World, issuing: AuthorityRecord) -> None:
    key = pki.key(number=4)
    record = here.signed(issuing, request(key))
    assert here.version(record.arn).key_handle == ""
    assert served(here, record.arn).public_key() == key.public_key()
    assert here.version(record.arn).renewal_due is None


def request(key: Any, common_name: str = "sensor.internal", *extensions: tuple[x509.ExtensionType, bool]) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), False)
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


# --- a create that was cut short ------------------------------------------------------------------------------------


@pytest.mark.proves("CRT-5")
def test_a_repeated_create_finds_its_first_attempt_and_moves_it_to_a_fresh_arn(
    here: World, issuing: AuthorityRecord
) -> None:
    first = here.private(issuing)
    again, adopted = here.create(Mode.PRIVATE, here.private_spec(issuing), urn="wiki")
    assert adopted
    assert again.arn != first.arn
    assert [r.arn for r in here.all(CertificateRecord)] == [again.arn]
    assert again.aliases == (first.arn,)
    assert here.version(again.arn).status is CertificateStatus.ISSUED
    assert len(here.all(SerialRecord, issuer_arn=issuing.arn)) == 1  # nothing was signed a second time
    assert here.one(SerialRecord, issuer_arn=issuing.arn).arn == again.arn
    assert ("adopt", "done") in here.audit()


@pytest.mark.proves("CRT-5")
def test_an_alias_is_good_for_reads_and_not_for_a_delete(here: World, issuing: AuthorityRecord) -> None:
    first = here.private(issuing)
    again = here.private(issuing)
    with here.services.store.read() as reader:
        found = find(reader, CertificateRecord, first.arn)
    assert found is not None and found.arn == again.arn
    assert deletion.delete(here.services, first.arn).found is False
    assert here.record(again.arn)


@pytest.mark.proves("CRT-5")
def test_a_claimed_record_is_never_taken_over(here: World, issuing: AuthorityRecord) -> None:
    first = here.private(issuing)
    here.save(replace(here.record(first.arn), claimed=True))
    again, adopted = here.create(Mode.PRIVATE, here.private_spec(issuing), urn="wiki")
    assert not adopted
    assert {r.arn for r in here.all(CertificateRecord)} == {first.arn, again.arn}


@pytest.mark.proves("CRT-5")
def test_the_record_of_a_process_that_lives_is_never_taken_over(here: World, issuing: AuthorityRecord) -> None:
    from certwright.engine.claims import this_process

    alive = here.as_process(this_process())
    first = alive.private(issuing)
    _, adopted = here.create(Mode.PRIVATE, here.private_spec(issuing), urn="wiki")
    assert not adopted
    assert here.record(first.arn).arn == first.arn


@pytest.mark.proves("CRT-5")
@pytest.mark.parametrize(
    "change",
    [{"domainName": "other.internal"}, {"validity": {"type": "DAYS", "value": "31"}}, {"keyAlgorithm": "RSA_2048"}],
    ids=["another name", "another validity", "another key algorithm"],
)
def test_a_create_that_asks_for_something_else_makes_its_own(
    here: World, issuing: AuthorityRecord, change: dict[str, Any]
) -> None:
    first = here.private(issuing)
    again, adopted = here.create(Mode.PRIVATE, here.private_spec(issuing, **change), urn="wiki")
    assert not adopted
    assert here.record(first.arn).arn != again.arn


@pytest.mark.proves("CRT-5")
def test_another_resource_with_the_same_inputs_makes_its_own(here: World, issuing: AuthorityRecord) -> None:
    here.private(issuing, urn="a")
    _, adopted = here.create(Mode.PRIVATE, here.private_spec(issuing), urn="b")
    assert not adopted


@pytest.mark.proves("CRT-5")
def test_an_adopted_public_request_keeps_its_proofs_and_records(here: World, issuing: AuthorityRecord) -> None:
    first = here.public(issuing)
    here.prover.answers = {here_record_name(here, first.arn): [MISSING]}
    prove.step(here.services, first.arn)
    before = here.all(ValidationRecord)
    again = here.public(issuing)
    assert [replace(row, arn="") for row in here.all(ValidationRecord, arn=again.arn)] == [
        replace(row, arn="") for row in before
    ]
    assert not here.all(ValidationRecord, arn=first.arn)
    here.prover.answers = {}
    assert prove.step(here.services, again.arn).issued


def here_record_name(here: World, arn: str) -> str:
    return str(validation.options(here.services, here.record(arn).spec, ACCOUNT)[0]["resourceRecordName"])


# --- new versions ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("CRT-6", "REN-3")
def test_a_re_issue_keeps_the_arn_and_makes_a_version_with_a_new_key(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    again = reissue(here, record.arn, spec=here.private_spec(issuing, subjectAlternativeNames=["b.internal"]))
    assert (again.arn, again.serving_version, again.newest_version) == (record.arn, 2, 2)
    old, new = here.version(record.arn, 1), here.version(record.arn, 2)
    assert (old.serving, new.serving) == (False, True)
    assert old.key_handle != new.key_handle
    assert old.serial != new.serial
    assert served(here, record.arn, 1).public_key() != served(here, record.arn, 2).public_key()
    assert here.audit()[-1] == ("renew", "done")


@pytest.mark.proves("REN-3")
@pytest.mark.parametrize(
    ("more", "same"),
    [({}, True), ({"new_key": True}, False), ({"reason_code": "leaf.damaged"}, False)],
    ids=["a plain renewal keeps the key", "a rekey does not", "a damaged one does not"],
)
def test_reuse_keeps_the_key_unless_a_new_one_is_needed(
    here: World, issuing: AuthorityRecord, more: dict[str, Any], same: bool
) -> None:
    record = here.private(issuing, renewalKeyPolicy="REUSE")
    reissue(here, record.arn, **more)
    handles = {v.key_handle for v in here.all(VersionRecord, arn=record.arn)}
    assert (len(handles) == 1) is same


@pytest.mark.proves("CRT-6")
def test_a_public_re_issue_waits_for_its_proof_while_the_old_version_serves(
    here: World, issuing: AuthorityRecord
) -> None:
    record = here.public(issuing)
    prove.step(here.services, record.arn)
    reissue(here, record.arn, spec=here.public_spec(issuing, subjectAlternativeNames=["api.example.org"]))
    stored = here.record(record.arn)
    assert (stored.serving_version, stored.newest_version) == (1, 2)
    assert here.version(record.arn, 1).serving
    assert prove.step(here.services, record.arn).issued
    assert here.record(record.arn).serving_version == 2


@pytest.mark.proves("CRT-6")
def test_a_request_that_never_came_to_its_end_is_replaced_under_its_number_and_its_key_goes(
    here: World, issuing: AuthorityRecord
) -> None:
    record = here.public(issuing)
    handle = here.version(record.arn).key_handle
    reissue(here, record.arn, spec=here.public_spec(issuing, subjectAlternativeNames=["api.example.org"]))
    assert here.record(record.arn).newest_version == 1
    with here.services.store.read() as reader:
        assert reader.one(KeyRecord, handle=handle) is None
    assert here.version(record.arn).key_handle != handle


@pytest.mark.proves("OPS-1", "SEC-5")
def test_whoever_comes_second_finds_the_renewal_done(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    reissue(here, record.arn, expected_newest=1)
    again = reissue(here, record.arn, expected_newest=1)
    assert again.newest_version == 2
    assert len(here.all(VersionRecord, arn=record.arn)) == 2


@pytest.mark.proves("CRT-4", "DNS-2")
@pytest.mark.parametrize("status", [CertificateStatus.FAILED, CertificateStatus.VALIDATION_TIMED_OUT])
def test_a_new_attempt_under_the_same_arn_draws_fresh_tokens(
    here: World, issuing: AuthorityRecord, status: CertificateStatus
) -> None:
    record = here.public(issuing)
    name = here_record_name(here, record.arn)
    here.prover.answers = {name: [MISSING]}
    prove.step(here.services, record.arn)
    (before,) = here.all(ValidationRecord, arn=record.arn)
    here.save(replace(here.version(record.arn), status=status, failure_reason="CAA_ERROR", failure_message="no"))
    here.clock.advance(100 * timedelta(hours=1))
    certificates.retry(here.services, record.arn)
    version = here.version(record.arn)
    assert (version.status, version.attempt, version.failure_reason) == (CertificateStatus.PENDING_VALIDATION, 2, "")
    assert version.requested_at == here.clock.now()
    here.prover.answers = {name: [MISSING]}
    prove.step(here.services, record.arn)
    (after,) = here.all(ValidationRecord, arn=record.arn)
    assert after.challenge["txtValue"] != before.challenge["txtValue"]
    assert after.challenge["recordValue"] == before.challenge["recordValue"]


@pytest.mark.proves("REN-1", "CRT-6")
def test_metadata_moves_the_renewal_instant_and_issues_nothing(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    end = here.version(record.arn).not_after
    assert end is not None
    spec = here.private_spec(issuing, earlyRenewalDuration="P5D")
    certificates.update(here.services, record.arn, spec=spec, tags={"a": "b"}, urn=record.urn)
    stored = here.record(record.arn)
    assert (stored.newest_version, stored.tags, stored.claimed) == (1, {"a": "b"}, True)
    assert here.version(record.arn).renewal_due == end - 5 * DAY


# --- renewal --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("REN-1")
def test_renewal_is_due_from_a_third_or_sixty_days(here: World, issuing: AuthorityRecord) -> None:
    short, long = here.private(issuing, urn="short"), here.private(issuing, urn="long", validity=None)
    for record, before in ((short, 10 * DAY), (long, 60 * DAY)):
        version = here.version(record.arn)
        assert version.renewal_due is not None and version.not_after is not None
        assert version.not_after - version.renewal_due == before
    due = here.version(short.arn).renewal_due
    assert due is not None
    here.clock.moment = due - timedelta(microseconds=1)
    assert here.decision(short.arn).action is Action.KEEP
    here.clock.moment = due
    assert here.decision(short.arn).action is Action.REISSUE


VALIDITIES = st.one_of(
    st.tuples(st.just("HOURS"), st.integers(1, 2000)),
    st.tuples(st.just("DAYS"), st.integers(1, 1500)),
    st.tuples(st.just("MONTHS"), st.integers(1, 40)),
)


@pytest.mark.proves("REN-1")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    validity=VALIDITIES,
    early=st.one_of(st.none(), st.integers(1, 90).map(lambda n: f"{n}%"), st.integers(1, 2000).map(lambda n: f"{n}h")),
    late=st.integers(0, 10**8),
)
@example(validity=("HOURS", 5), early="90%", late=0)  # backdated by a tenth: the window would open at the issue
@example(validity=("DAYS", 1), early="90%", late=0)
def test_after_a_re_issue_nothing_is_due(
    tmp_path: Path, validity: tuple[str, int], early: str | None, late: int
) -> None:
    """Never a perpetual diff: at whatever moment the renewal happens, the next decision is KEEP, perhaps with a warning."""
    with world(Path(tempfile.mkdtemp(dir=tmp_path))) as here:
        spec = here.private_spec(here.root(), validity={"type": validity[0], "value": str(validity[1])})
        if early is not None:
            spec["earlyRenewalDuration"] = early
        arn = here.certificate(Mode.PRIVATE, spec, urn="wiki").arn
        assert here.decision(arn).action is Action.KEEP
        for _ in range(3):
            due = here.version(arn).renewal_due
            assert due is not None
            here.clock.moment = max(due, min(due + timedelta(seconds=late), NOW + 3600 * DAY))
            if here.decision(arn).action is not Action.REISSUE:
                break
            try:
                reissue(here, arn, reason_code="renewal.window_open")
            except Refused as refused:  # the CA ends before a stated validity would
                if refused.code != "validity.beyond_issuer":
                    raise
                break
            assert here.decision(arn).action is Action.KEEP


@pytest.mark.proves("REN-1")
def test_a_certificate_that_was_cut_at_its_authoritys_end_is_no_perpetual_diff(here: World) -> None:
    short = here.authority("short", {"type": "ROOT", "validity": {"type": "DAYS", "value": "40"}})
    record = here.private(short, validity=None)
    for _ in range(60):
        decision = here.decision(record.arn)
        if decision.action is Action.REISSUE:
            reissue(here, record.arn, reason_code="renewal.window_open")
            assert here.decision(record.arn).action is Action.KEEP
        here.clock.advance(timedelta(hours=15))
    assert here.record(record.arn).newest_version <= 2


@pytest.mark.proves("REN-6")
@pytest.mark.parametrize(
    "validity", [{"type": "END_DATE", "value": "20270101000000"}, {"type": "ABSOLUTE", "value": "1798761600"}]
)
def test_a_fixed_end_is_never_renewed(here: World, issuing: AuthorityRecord, validity: dict[str, str]) -> None:
    record = here.private(issuing, validity=validity)
    assert here.version(record.arn).renewal_due is None
    here.clock.moment = NOW + 37 * DAY
    decision = here.decision(record.arn)
    assert decision.action is Action.KEEP
    assert [w.code for w in decision.warnings] == ["renewal.not_automatic"]


@pytest.mark.proves("SEC-5", "REN-1")
@pytest.mark.parametrize(("later", "same_serial"), [(9 * DAY, True), (21 * DAY, False), (40 * DAY, False)])
def test_what_was_journaled_long_ago_is_journaled_anew(
    here: World, issuing: AuthorityRecord, later: timedelta, same_serial: bool
) -> None:
    """Crashed before its signature, resumed weeks later: one `up` is enough, and no expired certificate is born."""
    record = here.private(issuing)
    version, made = here.version(record.arn), here.one(MaterialRecord, arn=record.arn, version=1)
    unsigned = replace(version, status=CertificateStatus.PENDING_VALIDATION, has_certificate=False, serving=False)
    here.save(replace(here.record(record.arn), serving_version=0), unsigned, replace(made, der=b"", chain_pem=""))
    here.clock.advance(later)
    assert here.decision(record.arn).action is Action.RESUME
    certificates.retry(here.services, record.arn)
    assert here.decision(record.arn).action is Action.KEEP
    assert (here.version(record.arn).serial == version.serial) is same_serial
    assert here.record(record.arn).newest_version == 1


# --- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("REN-8")
def test_changed_bytes_are_found_and_mended_with_a_new_key(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing, renewalKeyPolicy="REUSE")
    reissue(here, record.arn)
    before: MaterialRecord = here.one(MaterialRecord, arn=record.arn, version=1)
    here.save(replace(before, version=2))  # a good certificate of the same key, but not the one that was issued
    decision = here.decision(record.arn)
    assert [r.code for r in decision.reasons] == ["leaf.damaged"]
    old = here.version(record.arn).key_handle
    reissue(here, record.arn, reason_code="leaf.damaged")
    assert here.decision(record.arn).action is Action.KEEP
    assert here.version(record.arn).key_handle != old


@pytest.mark.proves("REN-8")
@pytest.mark.parametrize("defect", ["the key is gone", "another key", "no certificate"])
def test_a_key_that_is_gone_or_does_not_fit_is_damage(here: World, issuing: AuthorityRecord, defect: str) -> None:
    record, other = here.private(issuing), here.private(issuing, urn="other")
    version = here.version(record.arn)
    if defect == "another key":
        here.save(replace(version, key_handle=here.version(other.arn).key_handle))
    elif defect == "no certificate":
        here.save(replace(here.one(MaterialRecord, arn=record.arn, version=1), der=b""))
    else:
        with here.services.store.write() as tx:
            here.services.vault.delete(tx, version.key_handle)
    assert [r.code for r in here.decision(record.arn).reasons] == ["leaf.damaged"]


# --- import ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("IMP-1")
def test_an_import_is_issued_at_once_and_a_re_import_keeps_the_arn(here: World) -> None:
    record = here.imported()
    assert (here.version(record.arn).status, record.serving_version) == (CertificateStatus.ISSUED, 1)
    assert here.version(record.arn).renewal_due is None
    again = certificates.reimport(here.services, record.arn, spec={"a": "b"}, imported=material(number=8))
    assert (again.arn, again.serving_version) == (record.arn, 2)
    assert served(here, record.arn).public_key() == pki.key(number=8).public_key()


@pytest.mark.proves("IMP-1")
def test_an_import_without_key_keeps_the_stored_one(here: World) -> None:
    record = here.imported()
    handle = here.version(record.arn).key_handle
    certificates.reimport(here.services, record.arn, spec={}, imported=material(with_key=False))
    assert here.version(record.arn).key_handle == handle
    assert here.decision(record.arn).action is Action.KEEP


# --- delete ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("ASC-8", "AUD-1")
def test_in_use_it_is_not_deleted_and_its_associations_are_named(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    here.association(record.arn)
    with pytest.raises(CertwrightError) as refused:
        deletion.delete(here.services, record.arn)
    assert refused.value.code == "certificate.in_use"
    assert "wikiFiles (directory /srv/tls)" in refused.value.details[0]
    assert here.record(record.arn)
    assert here.audit()[-1] == ("delete", "refused")


def test_a_delete_takes_keys_and_rows_and_leaves_serials_and_audit(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    reissue(here, record.arn)
    handles = [v.key_handle for v in here.all(VersionRecord, arn=record.arn)]
    assert deletion.delete(here.services, record.arn).found is True
    for kind in (CertificateRecord, VersionRecord, MaterialRecord):
        assert not here.all(kind, arn=record.arn)
    assert not [k for k in here.all(KeyRecord) if k.handle in handles]
    assert len(here.all(SerialRecord, issuer_arn=issuing.arn)) == 2
    assert here.audit()[-1] == ("delete", "done")
    assert deletion.delete(here.services, record.arn).found is False


# --- clocks and serials ---------------------------------------------------------------------------------------------


@pytest.mark.proves("SEC-9")
def test_no_signing_when_time_went_back(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing)
    here.clock.advance(timedelta(minutes=-5))
    reissue(here, record.arn)  # within the tolerance
    here.clock.moment = NOW - timedelta(minutes=5, seconds=1)
    for act in (lambda: here.private(issuing, urn="new"), lambda: reissue(here, record.arn), lambda: here.root("r2")):
        with pytest.raises(CertwrightError) as refused:
            act()
        assert refused.value.code == "clock.went_back"
    assert len(here.all(VersionRecord)) == 2


@pytest.mark.proves("SEC-9")
@pytest.mark.parametrize("moment", [NOW + 6000 * DAY, NOW + 366 * DAY])
def test_no_signing_outside_the_issuers_life(here: World, moment: Any) -> None:
    short = here.authority("short", {"type": "ROOT", "validity": {"type": "DAYS", "value": "365"}})
    here.clock.moment = moment
    with pytest.raises(Refused) as refused:
        here.private(short)
    assert refused.value.code == "issuer.outside_life"
    assert not here.all(CertificateRecord)


@pytest.mark.proves("SEC-9")
def test_an_issuer_of_the_future_signs_nothing(here: World) -> None:
    here.clock.moment = NOW + DAY
    early = here.root()
    here.clock.moment = NOW
    with here.services.store.write() as tx:  # the guard of the clock would speak first
        tx.remove(MetaRecord, key="last_signed_at")
    with pytest.raises(Refused) as refused:
        here.private(early)
    assert refused.value.code == "issuer.outside_life"


@pytest.mark.proves("SEC-9")
def test_a_clock_that_is_set_a_little_back_does_not_stop_the_signing(here: World) -> None:
    here.clock.moment = NOW + timedelta(minutes=4)
    early = here.root()
    here.clock.moment = NOW - timedelta(minutes=0, seconds=59)
    record = here.private(early)  # backdated by an hour: the CA is valid already
    certificate = served(here, record.arn)
    assert certificate.not_valid_before_utc >= NOW + timedelta(minutes=4) - timedelta(minutes=60)


@pytest.mark.proves("SEC-3")
def test_many_serials_are_unique_and_have_64_random_bits(here: World, issuing: AuthorityRecord) -> None:
    requests = [
        BulkRequest(urn=f"{PREFIX}Certificate::b{i}", region="local", account=ACCOUNT, spec=here.private_spec(issuing))
        for i in range(250)
    ]
    issued = issue_many(here.services, requests)
    serials = [version.serial for _, version in issued]
    assert len(set(serials)) == 250
    assert all(int(serial, 16).bit_length() > 64 for serial in serials)
    assert {s.serial for s in here.all(SerialRecord, issuer_arn=issuing.arn)} == set(serials)


@pytest.mark.proves("SEC-3")
def test_a_serial_that_was_drawn_before_is_refused_and_nothing_is_issued(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        issuing = here.issuing()
        entropy: Any = here.services.entropy
        again = bytes(range(1, 1 + SERIAL_RANDOM_BYTES))
        entropy.script = [again]
        here.private(issuing, urn="a")
        entropy.script = [again]
        with pytest.raises(CertwrightError) as refused:
            here.private(issuing, urn="b")
        assert refused.value.code == "store.taken"
        assert len(here.all(CertificateRecord)) == 1


@pytest.mark.proves("REG-1")
def test_another_region_is_another_request_with_a_key_of_its_own_and_the_same_cname(
    here: World, issuing: AuthorityRecord
) -> None:
    spec = here.public_spec(issuing)
    made = []
    for region in ("eu", "us"):
        record, _ = certificates.create(
            here.services, urn="urn:w", region=region, account=ACCOUNT, mode=Mode.PUBLIC, spec=spec, tags={}
        )
        made.append(record)
        assert f":acm:{region}:{ACCOUNT}:certificate/" in record.arn
        assert here.one(KeyRecord, handle=here.version(record.arn).key_handle).region == region
    names = [validation.options(here.services, r.spec, ACCOUNT) for r in made]
    assert names[0] == names[1]
    assert here.version(made[0].arn).key_handle != here.version(made[1].arn).key_handle


def test_what_is_not_there_is_not_found(here: World, issuing: AuthorityRecord) -> None:
    acts: list[Callable[[], object]] = [
        lambda: certificates.retry(here.services, "arn:nothing"),
        lambda: certificates.reissue(here.services, "arn:nothing", expected_newest=1, spec={}, reason_code="x"),
        lambda: certificates.update(here.services, "arn:nothing", spec={}, tags={}, urn=""),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_the_clock_of_a_test_stands_still() -> None:
    clock = FakeClock()
    assert clock.now() == clock.now() == NOW
    assert GONE.count("/") == 3
