"""Associations: all at once or not at all, proved by a handshake, owned, and never repaired by a stranger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders.world import MISSING, World
from certwright.domain.errors import Cancelled, CertwrightError, DeployFailed, NotFound, Refused
from certwright.engine import association, certificates, deletion, prove, serving, validation
from certwright.engine.claims import this_process
from certwright.engine.deployer import Part
from certwright.engine.material import material_of, servable
from certwright.engine.observation import observe, observed
from certwright.engine.ports import Served
from certwright.engine.records import (
    AssociationRecord,
    AssociationStatus,
    AuthorityRecord,
    CertificateRecord,
    Mode,
)
from certwright.engine.usage import in_use_by
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate, load_pem_x509_certificates

PLACE = "/srv/tls"


@pytest.fixture
def wiki(here: World, issuing: AuthorityRecord) -> CertificateRecord:
    return here.private(issuing)


def renew(here: World, record: CertificateRecord) -> CertificateRecord:
    newest = here.record(record.arn).newest_version
    return certificates.reissue(
        here.services, record.arn, expected_newest=newest, spec=record.spec, reason_code="renewal.window_open"
    )


@pytest.mark.proves("ASC-1", "ASC-6", "AUD-1")
def test_the_target_gets_certificate_chain_and_key_that_fit(here: World, wiki: CertificateRecord) -> None:
    made = here.association(wiki.arn)
    owner, bundle = here.deployer.places[PLACE]
    certificate = load_pem_x509_certificate(bundle.part(Part.CERTIFICATE))
    key: Any = load_pem_private_key(bundle.part(Part.PRIVATE_KEY), None)
    (intermediate,) = load_pem_x509_certificates(bundle.part(Part.CHAIN))
    assert owner == made.arn
    assert key.public_key() == certificate.public_key()
    certificate.verify_directly_issued_by(intermediate)
    assert intermediate.subject != intermediate.issuer  # the root is the client's own
    assert (made.status, made.deployed_version, made.host) == (AssociationStatus.DEPLOYED, 1, "here")
    assert made.deployed_serial == here.version(wiki.arn).serial
    assert repr(bundle).count("PRIVATE KEY") == 0
    assert here.audit()[-2:] == [("associate", "intended"), ("deploy", "done")]


@pytest.mark.proves("ASC-1")
def test_a_root_that_signs_directly_sends_no_chain(here: World) -> None:
    here.association(here.private(here.root()).arn)
    assert here.deployer.places[PLACE][1].part(Part.CHAIN) == b""


@pytest.mark.proves("ASC-1")
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("nothing", "certificate.not_found"),
        ("pending", "certificate.not_issued"),
        ("without key", "certificate.no_key"),
    ],
)
def test_without_an_issued_version_and_its_key_nothing_is_recorded(
    here: World, issuing: AuthorityRecord, kind: str, code: str
) -> None:
    arn = "arn:nothing"
    if kind == "pending":
        arn = here.public(issuing).arn
    elif kind == "without key":
        arn = here.imported(with_key=False).arn
    with pytest.raises(Refused) as refused:
        here.association(arn)
    assert refused.value.code == code
    assert not here.all(AssociationRecord)
    assert here.deployer.installs == []


@pytest.mark.proves("ASC-1")
@pytest.mark.parametrize(
    ("served", "status"),
    [
        (None, AssociationStatus.DEPLOYED),
        ("the pair", AssociationStatus.DEPLOYED),
        ("nothing", AssociationStatus.UNREACHABLE),
        ("another", AssociationStatus.DRIFTED),
    ],
    ids=["no endpoint", "served", "unreachable is not wrong", "another one is served"],
)
def test_a_handshake_proves_that_the_new_certificate_is_served(
    here: World, wiki: CertificateRecord, served: str | None, status: AssociationStatus
) -> None:
    verify = {} if served is None else {"endpoints": ["127.0.0.1:443"], "serverName": "wiki.internal"}
    if served == "the pair":
        here.probe.follows = {"127.0.0.1:443": PLACE}
    if served == "another":
        here.probe.served = {"127.0.0.1:443": Served(address="127.0.0.1:443", serial="bad", fingerprint="f00d")}
        with pytest.raises(DeployFailed) as wrong:
            here.association(wiki.arn, verify=verify)
        assert wrong.value.code == "deploy.not_served"
        assert "serial bad" in wrong.value.message
    else:
        here.association(wiki.arn, verify=verify)
    (stored,) = here.all(AssociationRecord)
    assert stored.status is status
    assert stored.deployed_version == 1


@pytest.mark.proves("ASC-1")
def test_a_server_that_reloads_is_given_a_moment(here: World, wiki: CertificateRecord) -> None:
    address = "127.0.0.1:443"
    here.probe.served = {address: Served(address=address, serial="old", fingerprint="01d")}
    cancel = here.cancel()

    class SlowReload:
        def __call__(self, address: str, *, server_name: str, timeout_s: float) -> Served:
            if len(cancel.waits) == 3:
                here.probe.follows = {address: PLACE}
            return here.probe(address, server_name=server_name, timeout_s=timeout_s)

    services = replace(here.services, probe=SlowReload())
    made, _ = association.create(services, here.wanted(wiki.arn, verify={"endpoints": [address]}), cancel=cancel)
    assert made.status is AssociationStatus.DEPLOYED
    assert cancel.waits == [serving.PAUSE_S] * 3 + [serving.BETWEEN_S] * (serving.IN_A_ROW - 1)


@pytest.mark.proves("ASC-1")
def test_a_target_that_refuses_keeps_the_old_pair_and_the_failure_is_kept(here: World, wiki: CertificateRecord) -> None:
    made = here.association(wiki.arn)
    before = here.deployer.places[PLACE]
    renew(here, wiki)
    here.deployer.fails = True
    with pytest.raises(DeployFailed):
        association.deploy(here.services, made.arn, cancel=here.cancel())
    stored = here.one(AssociationRecord, arn=made.arn)
    assert here.deployer.places[PLACE] == before
    assert (stored.status, stored.deployed_version) == (AssociationStatus.FAILED, 1)
    assert "disk is full" in stored.failure_message
    here.deployer.fails = False
    again = association.deploy(here.services, made.arn, cancel=here.cancel())
    assert (again.status, again.deployed_version, again.failure_message) == (AssociationStatus.DEPLOYED, 2, "")


@pytest.mark.proves("ASC-7")
def test_one_certificate_serves_many_targets(here: World, wiki: CertificateRecord) -> None:
    for index in range(3):
        here.association(wiki.arn, f"t{index}", place=f"/srv/{index}")
    assert {bundle.fingerprint for _, bundle in here.deployer.places.values()} == {here.version(wiki.arn).fingerprint}
    with here.services.store.read() as reader:
        assert len(in_use_by(reader, wiki.arn)) == 3


@pytest.mark.proves("ASC-1")
def test_a_second_association_is_refused_a_place_that_is_taken(here: World, wiki: CertificateRecord) -> None:
    first = here.association(wiki.arn)
    with pytest.raises(Refused) as refused:
        here.association(wiki.arn, "second")
    assert refused.value.code == "deploy.place_taken"
    assert "wikiFiles" in refused.value.message and first.arn in refused.value.message
    assert len(here.all(AssociationRecord)) == 1


@pytest.mark.proves("ASC-1")
def test_the_same_path_of_another_host_is_another_place(here: World, wiki: CertificateRecord) -> None:
    here.association(wiki.arn)
    there = here.as_process("there/b/1/1", host="there")
    here.deployer.places.clear()  # the other host's own disk
    made = there.association(wiki.arn, "second")
    assert made.host == "there"


@pytest.mark.proves("ASC-1")
def test_a_replacement_at_the_same_place_loses_nothing(here: World, wiki: CertificateRecord) -> None:
    """Create-before-delete: the new one takes its own URN's place over, the old one's delete leaves it alone."""
    old = here.association(wiki.arn)
    here.save(replace(here.one(AssociationRecord, arn=old.arn), claimed=True))
    new = here.association(wiki.arn)
    assert new.arn != old.arn
    assert association.delete(here.services, old.arn) is True
    assert here.deployer.places[PLACE][0] == new.arn
    assert [a.arn for a in here.all(AssociationRecord)] == [new.arn]


@pytest.mark.proves("CRT-5", "ASC-1")
def test_an_interrupted_create_is_taken_up_again(here: World, wiki: CertificateRecord) -> None:
    here.deployer.fails = True
    with pytest.raises(DeployFailed):
        here.association(wiki.arn)
    (left,) = here.all(AssociationRecord)
    here.deployer.fails = False
    made, adopted = association.create(here.services, here.wanted(wiki.arn), cancel=here.cancel())
    assert adopted
    assert (made.arn != left.arn, made.aliases) == (True, (left.arn,))
    assert [a.arn for a in here.all(AssociationRecord)] == [made.arn]


@pytest.mark.proves("CRT-5")
def test_another_place_is_another_association(here: World, wiki: CertificateRecord) -> None:
    here.association(wiki.arn)
    _, adopted = association.create(here.services, here.wanted(wiki.arn, place="/srv/other"), cancel=here.cancel())
    assert not adopted


@pytest.mark.proves("ASC-1")
def test_an_update_moves_to_another_certificate_without_a_gap(
    here: World, issuing: AuthorityRecord, wiki: CertificateRecord
) -> None:
    made, other = here.association(wiki.arn), here.private(issuing, urn="other", domainName="other.internal")
    moved = association.update(here.services, made.arn, here.wanted(other.arn), cancel=here.cancel())
    assert (moved.arn, moved.certificate_arn, moved.claimed) == (made.arn, other.arn, True)
    assert here.deployer.places[PLACE][1].fingerprint == here.version(other.arn).fingerprint
    assert here.deployer.installs == [PLACE, PLACE]
    pending = here.public(issuing)
    with pytest.raises(Refused):
        association.update(here.services, made.arn, here.wanted(pending.arn), cancel=here.cancel())
    assert here.one(AssociationRecord, arn=made.arn).certificate_arn == other.arn


@pytest.mark.proves("ASC-9")
@pytest.mark.parametrize(
    ("drift", "status"),
    [
        ("none", AssociationStatus.DEPLOYED),
        ("the files are gone", AssociationStatus.DRIFTED),
        ("other files", AssociationStatus.DRIFTED),
        ("the endpoint serves another one", AssociationStatus.DRIFTED),
        ("the endpoint is away", AssociationStatus.UNREACHABLE),
    ],
)
def test_a_look_finds_drift_and_writes_nothing(
    here: World, issuing: AuthorityRecord, wiki: CertificateRecord, drift: str, status: AssociationStatus
) -> None:
    address = "127.0.0.1:443"
    here.probe.follows = {address: PLACE}
    made = here.association(wiki.arn, verify={"endpoints": [address]})
    if drift == "the files are gone":
        here.probe.follows, here.probe.served = (
            {},
            {address: Served(address=address, fingerprint=made.deployed_fingerprint)},
        )
        here.deployer.places.clear()
    elif drift == "other files":
        other = here.private(issuing, urn="other")
        here.association(other.arn, "o", place="/srv/o")
        here.deployer.places[PLACE] = (made.arn, here.deployer.places["/srv/o"][1])
    elif drift == "the endpoint serves another one":
        here.probe.follows, here.probe.served = {}, {address: Served(address=address, serial="bad", fingerprint="f00d")}
    elif drift == "the endpoint is away":
        here.probe.follows = {}
    before = here.one(AssociationRecord, arn=made.arn)
    seen = observe(here.services, made.arn)
    assert seen is not None
    assert (seen.status, seen.elsewhere) == (status, False)
    assert here.one(AssociationRecord, arn=made.arn) == before
    shown = observed(seen, at="2026-11-24T12:00:00Z")
    assert shown.status is status
    assert shown.endpoints[0]["checkedAt"] == "2026-11-24T12:00:00Z"
    here.probe.follows = {address: PLACE}
    assert association.deploy(here.services, made.arn, cancel=here.cancel()).status is AssociationStatus.DEPLOYED


@pytest.mark.proves("ASC-9")
def test_another_host_reports_and_never_looks_at_or_repairs_files_that_are_not_its_own(
    here: World, wiki: CertificateRecord
) -> None:
    made = here.association(wiki.arn)
    there = here.as_process("there/b/1/1", host="there")
    here.deployer.places.clear()  # another machine has another disk
    seen = observe(there.services, made.arn)
    assert seen is not None
    assert (seen.elsewhere, seen.lies, seen.status) == (True, None, AssociationStatus.DEPLOYED)
    here.deployer.places[PLACE] = (made.arn, here_bundle(here, wiki))
    assert association.delete(there.services, made.arn) is True
    assert PLACE in here.deployer.places  # the record goes; files of another host stay


def here_bundle(here: World, record: CertificateRecord) -> Any:
    with here.services.store.read() as reader:
        return material_of(here.services.vault, reader, servable(reader, record.arn))


@pytest.mark.proves("ASC-1")
@pytest.mark.parametrize(
    ("on_delete", "owner_changed", "stays"),
    [(None, False, False), ("REMOVE", False, False), ("KEEP", False, True), (None, True, True)],
    ids=["removed by default", "removed", "kept when asked", "kept when somebody else owns it"],
)
def test_a_delete_takes_only_what_it_still_owns(
    here: World, wiki: CertificateRecord, on_delete: str | None, owner_changed: bool, stays: bool
) -> None:
    made = here.association(wiki.arn, target={"onDelete": on_delete} if on_delete else {})
    if owner_changed:
        here.deployer.places[PLACE] = ("arn:somebody", here.deployer.places[PLACE][1])
    assert association.delete(here.services, made.arn) is True
    assert (PLACE in here.deployer.places) is stays
    assert association.delete(here.services, made.arn) is False
    assert here.audit()[-1] == ("dissociate", "done")


@pytest.mark.proves("ASC-8")
def test_an_association_keeps_a_certificate_and_its_records_or_comes_too_late(
    here: World, issuing: AuthorityRecord
) -> None:
    """Records go after the certificate has gone: a deletion that is refused takes nothing away."""
    record = here.public(issuing)
    validation.drive(here.services, record.arn, timeout_s=5, cancel=here.cancel(), progress=lambda line: None)
    missing = {str(validation.options(here.services, record.spec, "000000000000")[0]["resourceRecordName"]): [MISSING]}
    certificates.reissue(here.services, record.arn, expected_newest=1, spec=record.spec, reason_code="x")
    here.prover.answers = dict(missing)
    prove.step(here.services, record.arn)  # a TXT record of ours waits, so the delete takes a moment
    here.association(record.arn)
    with pytest.raises(CertwrightError) as refused:
        deletion.delete(here.services, record.arn)
    assert refused.value.code == "certificate.in_use"
    assert len(here.writer.records) == 1

    late: list[str] = []

    class Busy:
        """Somebody associates the certificate while its DNS records are taken away."""

        def check(self, name: str) -> None: ...

        def ensure(self, name: str, type: str, value: str, *, ttl_s: int = 60) -> bool:
            return True

        def remove(self, name: str, type: str, value: str) -> None:
            with pytest.raises(CertwrightError) as gone:
                here.association(record.arn)
            late.append(gone.value.code)

    (bound,) = here.all(AssociationRecord, certificate_arn=record.arn)
    association.delete(here.services, bound.arn)
    deletion.delete(replace(here.services, writers={"own": Busy()}), record.arn)
    assert late == ["certificate.not_found"]
    assert here.all(AssociationRecord, certificate_arn=record.arn) == []


def test_what_is_not_there(here: World, wiki: CertificateRecord) -> None:
    assert observe(here.services, "arn:nothing") is None
    with pytest.raises(NotFound):
        association.deploy(here.services, "arn:nothing", cancel=here.cancel())
    with pytest.raises(Refused) as refused:
        association.place_of(here.services, {"balloon": {}})
    assert (refused.value.code, "directory" in refused.value.message) == ("target.unknown", True)
    assert here.create(Mode.PRIVATE, wiki.spec, urn="w2")[1] is False
    assert this_process().count("/") == 3


# --- the proof, and the way back --------------------------------------------------------------------------------------

ADDRESS = "127.0.0.1:443"


class Answers:
    """An endpoint that answers by a script, its last line for ever: "new" and "old" name the versions 2 and 1."""

    def __init__(self, here: World, arn: str, *script: str) -> None:
        self.here, self.arn, self.script = here, arn, list(script)
        self.asked = 0

    def __call__(self, address: str, *, server_name: str, timeout_s: float) -> Served:
        self.asked += 1
        said = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        match said:
            case "silent":
                return Served(address=address, problem="connection refused")
            case "follows":
                return Served(address=address, fingerprint=self.here.deployer.places[PLACE][1].fingerprint, serial="5")
            case _:
                version = self.here.version(self.arn, 2 if said == "new" else 1)
                return Served(address=address, fingerprint=version.fingerprint, serial=version.serial)


def renewed_association(here: World, wiki: CertificateRecord, **more: Any) -> AssociationRecord:
    """Version 1 is deployed and proved, version 2 is issued and is still to be deployed."""
    here.probe.follows = {ADDRESS: PLACE}
    made = here.association(wiki.arn, verify={"endpoints": [ADDRESS]}, target={"reload": ["reload"]}, **more)
    renew(here, wiki)
    return made


@pytest.mark.proves("ASC-1", "ASC-12")
@pytest.mark.parametrize(
    ("script", "asked", "status"),
    [
        (["new"], 3, AssociationStatus.DEPLOYED),
        (["old", "new", "old", "new"], 6, AssociationStatus.DEPLOYED),
        (["new", "new", "old", "new"], 6, AssociationStatus.DEPLOYED),
        (["silent", "new"], 4, AssociationStatus.DEPLOYED),
        (["silent"], 3, AssociationStatus.UNREACHABLE),
        (["new", "new", "silent"], 5, AssociationStatus.UNREACHABLE),
    ],
)
def test_three_answers_in_a_row_prove_it_and_silence_refutes_nothing(
    here: World, wiki: CertificateRecord, script: list[str], asked: int, status: AssociationStatus
) -> None:
    made = renewed_association(here, wiki)
    probe = Answers(here, wiki.arn, *script)
    done = association.deploy(replace(here.services, probe=probe), made.arn, cancel=here.cancel())
    assert (done.status, done.deployed_version) == (status, 2)
    assert probe.asked == asked


@pytest.mark.proves("ASC-12")
def test_an_old_answer_between_new_ones_never_counts_as_proved(here: World, wiki: CertificateRecord) -> None:
    made = renewed_association(here, wiki)
    probe = Answers(here, wiki.arn, *["new", "new", "old"] * 99)
    with pytest.raises(DeployFailed) as wrong:
        association.deploy(replace(here.services, probe=probe), made.arn, cancel=here.cancel())
    assert wrong.value.code == "deploy.not_served"


@pytest.mark.proves("ASC-1", "ASC-12")
def test_another_certificate_of_the_same_serial_number_is_another_certificate(
    here: World, wiki: CertificateRecord
) -> None:
    serial = here.version(wiki.arn).serial
    here.probe.served = {ADDRESS: Served(address=ADDRESS, serial=serial, fingerprint="f00d")}
    with pytest.raises(DeployFailed) as wrong:
        here.association(wiki.arn, verify={"endpoints": [ADDRESS]})
    assert wrong.value.code == "deploy.not_served"
    assert "f00d" in wrong.value.message


@pytest.mark.proves("ASC-1")
def test_the_deadline_is_the_programs(here: World, wiki: CertificateRecord) -> None:
    cancel = here.cancel()
    here.probe.served = {ADDRESS: Served(address=ADDRESS, serial="bad", fingerprint="f00d")}
    verify = {"endpoints": [ADDRESS], "deadlineSeconds": 60}
    with pytest.raises(DeployFailed):
        association.create(here.services, here.wanted(wiki.arn, verify=verify), cancel=cancel)
    assert sum(cancel.waits) == pytest.approx(60)


@pytest.mark.proves("ASC-1")
@pytest.mark.parametrize(("afterwards", "said"), [("old", "is served again"), ("silent", "not seen served either")])
def test_what_is_not_served_goes_back_to_what_was_and_says_so(
    here: World, wiki: CertificateRecord, afterwards: str, said: str
) -> None:
    made = renewed_association(here, wiki)
    tries = int(serving.DEADLINE_S / serving.PAUSE_S) + 1
    probe = Answers(here, wiki.arn, *["old"] * tries, afterwards)
    with pytest.raises(DeployFailed) as wrong:
        association.deploy(replace(here.services, probe=probe), made.arn, cancel=here.cancel())
    stored = here.one(AssociationRecord, arn=made.arn)
    old, new = here.version(wiki.arn, 1), here.version(wiki.arn, 2)
    assert wrong.value.code == "deploy.not_served"
    for word in (ADDRESS, old.serial, new.serial, "the old pair is back in place", said):
        assert word in wrong.value.message
    owner, lies = here.deployer.places[PLACE]
    assert (owner, lies.fingerprint) == (made.arn, old.fingerprint)
    assert here.deployer.tells == [(PLACE,)] * 3, "of the first, of the second, and of the first again"
    assert not here.deployer.untold
    assert (stored.status, stored.deployed_version, stored.failure_message) == (
        AssociationStatus.FAILED, 1, wrong.value.message,
    )  # fmt: skip
    done = association.deploy(here.services, made.arn, cancel=here.cancel())
    assert (done.status, done.deployed_version, done.failure_message) == (AssociationStatus.DEPLOYED, 2, "")


@pytest.mark.proves("ASC-1", "ASC-6")
def test_an_endpoint_that_does_not_take_it_gets_the_old_one_from_the_vault(
    here: World, wiki: CertificateRecord
) -> None:
    made = renewed_association(here, wiki)
    here.deployer.tell_fails = {here.version(wiki.arn, 2).fingerprint}
    with pytest.raises(DeployFailed) as failed:
        association.deploy(here.services, made.arn, cancel=here.cancel())
    assert failed.value.code == "deploy.reload_failed"
    assert "the old pair is back in place, the server was told. Run it by hand" in failed.value.message
    assert here.deployer.places[PLACE][1].fingerprint == here.version(wiki.arn, 1).fingerprint
    assert here.one(AssociationRecord, arn=made.arn).status is AssociationStatus.FAILED
    here.deployer.tell_fails = set()
    assert association.deploy(here.services, made.arn, cancel=here.cancel()).deployed_version == 2


@pytest.mark.proves("ASC-1")
def test_a_replacement_that_fails_gives_the_place_back_to_the_one_that_it_replaces(
    here: World, issuing: AuthorityRecord, wiki: CertificateRecord
) -> None:
    old = here.association(wiki.arn, target={"reload": ["reload"]})
    here.save(replace(here.one(AssociationRecord, arn=old.arn), claimed=True))
    other = here.private(issuing, urn="other")
    here.deployer.tell_fails = {here.version(other.arn).fingerprint}
    with pytest.raises(DeployFailed):
        here.association(other.arn, target={"reload": ["reload"]})
    owner, lies = here.deployer.places[PLACE]
    assert (owner, lies.fingerprint) == (old.arn, here.version(wiki.arn).fingerprint)


@pytest.mark.proves("ASC-1")
def test_a_way_back_that_fails_has_its_own_code_and_nothing_more_is_tried(here: World, wiki: CertificateRecord) -> None:
    made = renewed_association(here, wiki)
    here.deployer.tell_fails = {here.version(wiki.arn, 2).fingerprint}
    here.deployer.fails_after = 1
    with pytest.raises(DeployFailed) as failed:
        association.deploy(here.services, made.arn, cancel=here.cancel())
    assert failed.value.code == "deploy.rollback_failed"
    assert "the reload command failed" in failed.value.message and "the disk is full" in failed.value.message
    assert len(here.deployer.tells) == 2


@pytest.mark.proves("ASC-1")
def test_a_first_one_that_the_endpoint_refuses_is_taken_away_again(here: World, wiki: CertificateRecord) -> None:
    here.deployer.tell_fails = {here.version(wiki.arn).fingerprint}
    with pytest.raises(DeployFailed) as failed:
        here.association(wiki.arn, target={"reload": ["reload"]})
    assert "the place is empty again" in failed.value.message
    assert here.deployer.places == {}


@pytest.mark.proves("SEC-5", "ASC-6")
def test_what_was_put_and_not_told_is_told_by_the_next_run_though_nothing_differs(
    here: World, wiki: CertificateRecord
) -> None:
    made = renewed_association(here, wiki)
    material = here_bundle(here, here.record(wiki.arn))
    target = {"path": PLACE, "reload": ["reload"]}
    here.deployer.put(target, here.deployer.spots(target)[0], material, owner=made.arn)
    before = list(here.deployer.installs)
    assert association.deploy(here.services, made.arn, cancel=here.cancel()).deployed_version == 2
    assert here.deployer.installs == before
    assert here.deployer.tells == [(PLACE,)] * 2


@pytest.mark.proves("ASC-1")
def test_a_run_that_is_cancelled_while_it_asks_has_refuted_nothing(here: World, wiki: CertificateRecord) -> None:
    made = renewed_association(here, wiki)
    probe = Answers(here, wiki.arn, "old")
    with pytest.raises(Cancelled):
        association.deploy(replace(here.services, probe=probe), made.arn, cancel=here.cancel(after=2))
    assert here.deployer.places[PLACE][1].version == 2
    assert association.deploy(here.services, made.arn, cancel=here.cancel()).status is AssociationStatus.DEPLOYED
