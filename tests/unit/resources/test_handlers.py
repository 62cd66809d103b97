"""Each resource through its requests: what a preview knows, what it touches, what an update does (IAC-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import pki
from builders.desk import Deployed, Desk
from builders.world import DAY, GONE, MISSING, World, world
from certwright.domain.certificate import to_pem
from certwright.domain.errors import CertwrightError, Finding, NotFound, StoreMismatch, StoreUnavailable
from certwright.domain.values import UNKNOWN, Secret, contains_unknown
from certwright.engine.ports import CaaVerdict
from certwright.engine.records import (
    AssociationRecord,
    AuthorityRecord,
    CertificateRecord,
    Mode,
    SerialRecord,
    VersionRecord,
)
from certwright.resources.base import DiffResult, Incomplete, Severity, Tree
from certwright.store.dump import logical_dump

from .test_modes import CA, MODES

PLACE = "/srv/tls"
AUTHORITY, CERTIFICATE = "PrivateCertificateAuthority", "Certificate"
VALIDATION, ASSOCIATION = "CertificateValidation", "CertificateAssociation"
ROOT: Tree = {"type": "ROOT", "certificateAuthorityConfiguration": {"subject": {"commonName": "Shop Root"}}}
ARN = "arn:certwright:acm:local:000000000000:certificate/11111111-1111-4111-8111-111111111111"
ANOTHER_AUTHORITY = (
    "arn:certwright:acm-pca:local:000000000000:certificate-authority/22222222-2222-4222-8222-222222222222"
)
PREVIEWS: list[tuple[str, Tree]] = [
    (AUTHORITY, ROOT),
    (CERTIFICATE, {"domainName": "wiki.internal", "certificateAuthorityArn": UNKNOWN}),
    (CERTIFICATE, {"domainName": "www.example.org", "validationMethod": "DNS"}),
    (VALIDATION, {"certificateArn": UNKNOWN}),
    (ASSOCIATION, {"certificateArn": UNKNOWN, "target": {"directory": {"path": PLACE}}}),
    (CERTIFICATE, MODES[Mode.IMPORTED]),
]


@pytest.fixture
def desk(here: World) -> Desk:
    return Desk(here)


@pytest.fixture
def root(desk: Desk) -> Deployed:
    return desk.create(AUTHORITY, ROOT, name="root")


def private(root: Deployed, **more: Any) -> Tree:
    return {
        "domainName": "wiki.internal",
        "certificateAuthorityArn": root.id,
        "validity": {"type": "DAYS", "value": "30"},
        **more,
    }


def unknown_names(tree: Tree) -> set[str]:
    return {name for name, value in tree.items() if contains_unknown(value)}


def secret_found(tree: Any) -> bool:
    if isinstance(tree, Secret):
        return True
    if isinstance(tree, dict):
        return any(secret_found(v) for v in tree.values())
    return isinstance(tree, list) and any(secret_found(v) for v in tree)


def touched(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


# --- previews -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("IAC-2", "SEC-8")
@pytest.mark.parametrize(("kind", "news"), PREVIEWS)
def test_the_preview_of_a_create_touches_nothing(desk: Desk, here: World, kind: str, news: Tree) -> None:
    outputs = desk.preview(kind, news)
    assert outputs["storeId"] is UNKNOWN
    assert touched(here.home) == []
    assert (here.prover.asked, here.writer.calls, here.deployer.installs, here.probe.asked) == ([], [], [], [])
    assert not secret_found(outputs)


@pytest.mark.proves("IAC-2", "DNS-3")
@pytest.mark.parametrize(
    ("kind", "news", "unknown"),
    [
        (
            AUTHORITY,
            ROOT,
            {"arn", "status", "storeId", "certificate", "certificateChain", "serial", "fingerprint"}
            | {"notBefore", "notAfter", "renewalDue"},
        ),
        (
            CERTIFICATE,
            {"domainName": "www.example.org", "validationMethod": "DNS"},
            {"arn", "status", "storeId", "serialNumber", "fingerprint", "issuer", "notBefore", "notAfter"}
            | {"signatureAlgorithm", "certificatePem", "certificateChainPem", "renewalDue", "renewalEligibility"}
            | {"browserTrusted"},
        ),
        (
            ASSOCIATION,
            {"certificateArn": ARN, "target": {"directory": {"path": PLACE}}},
            {"arn", "storeId", "host", "status", "deployedVersion", "deployedSerialNumber", "deployedAt", "endpoints"},
        ),
    ],
    ids=[AUTHORITY, CERTIFICATE, ASSOCIATION],
)
def test_what_a_preview_of_a_create_does_not_know(desk: Desk, kind: str, news: Tree, unknown: set[str]) -> None:
    outputs = desk.preview(kind, news)
    assert unknown_names(outputs) == unknown
    for name, value in news.items():
        assert outputs[name] == value


@pytest.mark.proves("DNS-3", "DNS-2")
def test_validation_records_are_known_before_any_store_exists_and_stay(desk: Desk) -> None:
    news = {"domainName": "www.example.org", "subjectAlternativeNames": ["*.example.org"], "validationMethod": "DNS"}
    previewed = desk.preview(CERTIFICATE, news)["domainValidationOptions"]
    assert [o["domainName"] for o in previewed] == ["www.example.org", "example.org"]
    made = desk.create(CERTIFICATE, news)
    assert made.outputs["domainValidationOptions"] == previewed


@pytest.mark.proves("DNS-3", "IAC-4")
@pytest.mark.parametrize("name", ["domainName", "subjectAlternativeNames", "validationMethod"])
@pytest.mark.parametrize("value", [UNKNOWN, Secret(UNKNOWN)], ids=["unknown", "secret unknown"])
def test_validation_records_of_an_unknown_name_are_unknown(desk: Desk, name: str, value: Any) -> None:
    news = {"domainName": "www.example.org", "validationMethod": "DNS", name: value}
    assert desk.preview(CERTIFICATE, news)["domainValidationOptions"] is UNKNOWN


@pytest.mark.proves("IAC-2", "CRT-1")
@pytest.mark.parametrize("mode", Mode, ids=lambda mode: mode.value)
def test_type_version_tags_and_users_of_a_certificate_are_known_in_its_preview(desk: Desk, mode: Mode) -> None:
    outputs = desk.preview(CERTIFICATE, {**MODES[mode], "tags": {"a": "b"}})
    assert (outputs["type"], outputs["version"], outputs["tagsAll"], outputs["inUseBy"]) == (mode, 1, {"a": "b"}, [])


@pytest.mark.proves("IAC-2")
def test_a_preview_in_a_full_store_changes_no_row(desk: Desk, here: World, root: Deployed) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    files = desk.create(
        ASSOCIATION, {"certificateArn": wiki.id, "target": {"directory": {"path": PLACE}}}, name="files"
    )
    store: Any = here.services.store
    here.clock.advance(25 * DAY)
    before = logical_dump(store)
    later = Desk(here)
    changed = private(root, subjectAlternativeNames=["b.internal"])
    later.update(CERTIFICATE, wiki, changed, preview=True, name="wiki")
    later.update(ASSOCIATION, files, files.inputs_of_program(), preview=True, name="files")
    later.update(AUTHORITY, root, {**ROOT, "enabled": False}, preview=True, name="root")
    later.preview(CERTIFICATE, private(root), name="new")
    for kind, old in ((CERTIFICATE, wiki), (ASSOCIATION, files), (AUTHORITY, root)):
        later.handler(kind).read(later.context(kind), id=old.id, inputs=old.inputs, olds=old.outputs)
    assert logical_dump(store) == before


# --- renewal as a diff ----------------------------------------------------------------------------------------------


@pytest.mark.proves("REN-2", "IAC-5")
def test_a_second_preview_shows_no_change_and_a_due_one_shows_the_version(
    desk: Desk, here: World, root: Deployed
) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    _, quiet = Desk(here).diff(CERTIFICATE, wiki, private(root), name="wiki")
    assert (quiet.changes, quiet.paths) == (False, ())
    due = here.version(wiki.id).renewal_due
    assert due is not None
    here.clock.moment = due - timedelta(seconds=1)
    assert not Desk(here).diff(CERTIFICATE, wiki, private(root), name="wiki")[1].changes
    here.clock.moment = due
    later = Desk(here)
    checked, found = later.diff(CERTIFICATE, wiki, private(root), name="wiki")
    assert checked["version"] == 2
    assert [(p.path, p.replace, p.input_diff) for p in found.paths] == [("version", False, False)]
    assert [r.code for r in found.reasons] == ["renewal.window_open"]
    previewed = later.update(CERTIFICATE, wiki, private(root), preview=True, name="wiki")
    assert previewed.outputs["version"] == 2
    assert previewed.outputs["arn"] == wiki.id
    assert {"serialNumber", "notAfter", "certificatePem"} <= unknown_names(previewed.outputs)
    assert "domainValidationOptions" not in unknown_names(previewed.outputs)
    assert here.record(wiki.id).newest_version == 1
    renewed = later.update(CERTIFICATE, wiki, private(root), name="wiki")
    assert (renewed.outputs["version"], renewed.outputs["arn"]) == (2, wiki.id)
    assert renewed.outputs["serialNumber"] != wiki.outputs["serialNumber"]
    assert not Desk(here).diff(CERTIFICATE, renewed, private(root), name="wiki")[1].changes


@pytest.mark.proves("REN-4", "REN-2")
def test_a_renewal_by_somebody_else_is_no_change(desk: Desk, here: World, root: Deployed) -> None:
    from certwright.engine import certificates

    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    files = desk.create(
        ASSOCIATION, {"certificateArn": wiki.id, "target": {"directory": {"path": PLACE}}}, name="files"
    )
    certificates.reissue(
        here.services, wiki.id, expected_newest=1, spec=here.record(wiki.id).spec, reason_code="renewal.window_open"
    )
    from certwright.engine import association

    # Renewed and not deployed (that run was killed, or does not deploy here): the target is behind, and says so.
    _, behind = Desk(here).diff(ASSOCIATION, files, files.inputs_of_program(), name="files")
    assert [r.code for r in behind.reasons] == ["deploy.behind"]
    assert "the target holds version 1 of wiki, which is at 2" in behind.reasons[0].sentence
    association.deploy(here.services, files.id, cancel=here.cancel())
    later = Desk(here)
    checked, found = later.diff(CERTIFICATE, wiki, private(root), name="wiki")
    assert (checked["version"], found.changes) == (2, False)
    assert not later.diff(ASSOCIATION, files, files.inputs_of_program(), name="files")[1].changes


@pytest.mark.proves("REN-2", "ASC-1")
def test_an_association_previews_its_redeployment_when_its_certificate_renews(
    desk: Desk, here: World, root: Deployed
) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    files = desk.create(
        ASSOCIATION, {"certificateArn": wiki.id, "target": {"directory": {"path": PLACE}}}, name="files"
    )
    here.clock.advance(25 * DAY)
    # Where the certificate is another stack's, this run announces nothing, and the store tells.
    checked, found = Desk(here).diff(ASSOCIATION, files, files.inputs_of_program(), name="files")
    assert (checked["deployedVersion"], [r.code for r in found.reasons]) == (2, ["renewal.window_open"])
    later = Desk(here)
    later.diff(CERTIFICATE, wiki, private(root), name="wiki")
    checked, found = later.diff(ASSOCIATION, files, files.inputs_of_program(), name="files")
    assert checked["deployedVersion"] == 2
    assert [p.path for p in found.paths] == ["deployedVersion"]
    assert "1 -> 2" in found.reasons[0].sentence
    later.update(CERTIFICATE, wiki, private(root), name="wiki")
    done = later.update(ASSOCIATION, files, files.inputs_of_program(), name="files")
    assert done.outputs["deployedVersion"] == 2
    assert here.deployer.places[PLACE][1].version == 2
    assert not Desk(here).diff(ASSOCIATION, done, files.inputs_of_program(), name="files")[1].changes


@pytest.mark.proves("REN-7")
def test_a_re_signed_authority_takes_its_leaves_along_in_one_preview(desk: Desk, here: World, root: Deployed) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    later = Desk(here)
    again = {**ROOT, "validity": {"type": "YEARS", "value": "12"}}
    _, above = later.diff(AUTHORITY, root, again, name="root")
    assert {p.path for p in above.paths} == {"validity", "version"}
    checked, found = later.diff(CERTIFICATE, wiki, private(root), name="wiki")
    assert [r.code for r in found.reasons] == ["issuer.rotated"]
    assert checked["version"] == 2


@pytest.mark.proves("CRT-6")
@pytest.mark.parametrize(
    ("change", "replaces", "version"),
    [
        ({"subjectAlternativeNames": ["b.internal"]}, False, 2),
        ({"keyAlgorithm": "RSA_2048"}, False, 2),
        ({"signingAlgorithm": "SHA512WITHECDSA"}, False, 2),
        ({"rekeyTrigger": "now"}, False, 2),
        ({"domainName": "other.internal"}, True, None),
        ({"certificateAuthorityArn": ANOTHER_AUTHORITY}, True, None),
        ({"tags": {"a": "b"}}, False, 1),
        ({"earlyRenewalDuration": "P5D"}, False, 1),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_replaces_and_what_makes_a_version(
    desk: Desk, here: World, root: Deployed, change: Tree, replaces: bool, version: int | None
) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    news = private(root, **change)
    later = Desk(here)
    _, found = later.diff(CERTIFICATE, wiki, news, name="wiki")
    assert any(p.replace for p in found.paths) is replaces
    assert found.changes
    if replaces:
        return
    done = later.update(CERTIFICATE, wiki, news, name="wiki")
    assert (done.outputs["arn"], done.outputs["version"]) == (wiki.id, version)
    assert not Desk(here).diff(CERTIFICATE, done, news, name="wiki")[1].changes


@pytest.mark.proves("IAC-3")
def test_ignored_changes_make_no_version(desk: Desk, here: World, root: Deployed) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    here.clock.advance(25 * DAY)
    _, found = Desk(here).diff(CERTIFICATE, wiki, private(root), name="wiki", ignore=("version",))
    assert [p.path for p in found.paths] == []
    more = private(root, subjectAlternativeNames=["b.internal"])
    ignore = ("subjectAlternativeNames", "version")
    _, found = Desk(here).diff(CERTIFICATE, wiki, more, name="wiki", ignore=ignore)
    assert not found.changes


# --- findings that need the store or DNS ----------------------------------------------------------------------------


@pytest.mark.proves("CRT-8", "CRT-10")
def test_a_signature_that_the_authority_cannot_make_is_a_finding(desk: Desk, root: Deployed) -> None:
    assert desk.codes(CERTIFICATE, private(root, signingAlgorithm="SHA256WITHRSA")) == [
        ("signing.pair", "signingAlgorithm")
    ]
    assert desk.codes(CERTIFICATE, private(root, signingAlgorithm="SHA384WITHECDSA")) == []


@pytest.mark.proves("CRT-10")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"apiPassthrough": {}}, [("template.no_passthrough", "apiPassthrough")]),
        ({"templateArn": "EndEntityCertificate_CSRPassthrough"}, [("template.no_csr", "templateArn")]),
        ({"templateArn": "RootCACertificate"}, [("template.unknown", "templateArn")]),
        (
            {
                "templateArn": "BlankEndEntityCertificate_APIPassthrough",
                "subject": {"commonName": "a"},
                "keyUsages": ["DIGITAL_SIGNATURE"],
                "apiPassthrough": {
                    "subject": {"commonName": "b"},
                    "extensions": {"keyUsage": {"digitalSignature": True}},
                },
            },
            [("passthrough.twice", "subject"), ("passthrough.twice", "keyUsages")],
        ),
        ({"extendedKeyUsages": ["NONSENSE"]}, [("extension.invalid", "extendedKeyUsages[0]")]),
        ({"extendedKeyUsages": ["SERVER_AUTH"] * 21}, [("extension.invalid", "extendedKeyUsages")]),
    ],
    ids=["no API template", "no CSR", "a CA's template", "said twice", "no such usage", "21 usages"],
)
def test_templates_and_passthroughs_are_judged(
    desk: Desk, root: Deployed, change: Tree, expected: list[tuple[str, str]]
) -> None:
    assert desk.codes(CERTIFICATE, private(root, **change)) == expected


PASSTHROUGH: list[tuple[Tree, list[tuple[str, str]]]] = [
    ({"subject": {"country": "Germany"}}, [("subject.invalid", "apiPassthrough.subject.country")]),
    (
        {"extensions": {"subjectAlternativeNames": [{"dnsName": "a.b"}] * 151}},
        [("extension.invalid", "apiPassthrough.extensions.subjectAlternativeNames")],
    ),
    (
        {"extensions": {"subjectAlternativeNames": [{}, {"dnsName": "a.b", "ipAddress": "10.0.0.1"}]}},
        [
            ("extension.invalid", "apiPassthrough.extensions.subjectAlternativeNames[0]"),
            ("extension.invalid", "apiPassthrough.extensions.subjectAlternativeNames[1]"),
        ],
    ),
    (
        {"extensions": {"subjectAlternativeNames": [{"dnsName": "*.*.b"}, {"registeredId": "9.9"}]}},
        [
            ("names.invalid", "apiPassthrough.extensions.subjectAlternativeNames[0]"),
            ("extension.invalid", "apiPassthrough.extensions.subjectAlternativeNames[1].registeredId"),
        ],
    ),
    (
        {"extensions": {"subjectAlternativeNames": [{"directoryName": {}}]}},
        [("extension.invalid", "apiPassthrough.extensions.subjectAlternativeNames[0].directoryName")],
    ),
    (
        {"extensions": {"extendedKeyUsage": [{"extendedKeyUsageType": "SERVER_AUTH"}] * 21}},
        [("extension.invalid", "apiPassthrough.extensions.extendedKeyUsage")],
    ),
    (
        {"extensions": {"extendedKeyUsage": [{}, {"extendedKeyUsageObjectIdentifier": "x"}]}},
        [
            ("extension.invalid", "apiPassthrough.extensions.extendedKeyUsage[0]"),
            ("extension.invalid", "apiPassthrough.extensions.extendedKeyUsage[1]"),
        ],
    ),
    (
        {"extensions": {"certificatePolicies": [{"certPolicyId": f"1.2.{i}"} for i in range(21)]}},
        [("extension.invalid", "apiPassthrough.extensions.certificatePolicies")],
    ),
    (
        {
            "extensions": {
                "certificatePolicies": [
                    {"certPolicyId": "1.2.3"},
                    {"certPolicyId": "1.2.3"},
                    {
                        "certPolicyId": "x",
                        "policyQualifiers": [{"policyQualifierId": "UNOTICE", "qualifier": {"cpsUri": "no uri"}}],
                    },
                ]
            }
        },
        [
            ("extension.repeated", "apiPassthrough.extensions.certificatePolicies[1]"),
            ("extension.invalid", "apiPassthrough.extensions.certificatePolicies[2].certPolicyId"),
            (
                "extension.invalid",
                "apiPassthrough.extensions.certificatePolicies[2].policyQualifiers[0].policyQualifierId",
            ),
            (
                "extension.invalid",
                "apiPassthrough.extensions.certificatePolicies[2].policyQualifiers[0].qualifier.cpsUri",
            ),
        ],
    ),
    (
        {"extensions": {"customExtensions": [{"objectIdentifier": f"1.2.{i}", "value": "BAEB"} for i in range(151)]}},
        [("extension.invalid", "apiPassthrough.extensions.customExtensions")],
    ),
    (
        {"extensions": {"customExtensions": [{"objectIdentifier": "2.5.29.19", "value": "MAA="}]}},
        [("extension.managed", "apiPassthrough.extensions.customExtensions[0].objectIdentifier")],
    ),
    (
        {
            "extensions": {
                "certificatePolicies": [{"certPolicyId": "1.2.3"}],
                "customExtensions": [{"objectIdentifier": "2.5.29.32", "value": "MAA="}],
            }
        },
        [("extension.repeated", "apiPassthrough.extensions.customExtensions[0]")],
    ),
    ({"extensions": {"keyUsage": {}}}, [("extension.invalid", "apiPassthrough.extensions.keyUsage")]),
]


@pytest.mark.proves("CRT-10")
@pytest.mark.parametrize(("passthrough", "expected"), PASSTHROUGH)
def test_every_limit_of_a_passthrough_is_named(
    desk: Desk, root: Deployed, passthrough: Tree, expected: list[tuple[str, str]]
) -> None:
    news = private(root, templateArn="BlankEndEntityCertificate_APIPassthrough", apiPassthrough=passthrough)
    assert desk.codes(CERTIFICATE, news) == expected


@pytest.mark.proves("CRT-10")
def test_what_a_template_overrules_is_said(desk: Desk, root: Deployed) -> None:
    usage = {"extensions": {"keyUsage": {"digitalSignature": True}}}
    news = private(root, templateArn="EndEntityCertificate_APIPassthrough", apiPassthrough=usage)
    assert desk.codes(CERTIFICATE, news) == []
    ((severity, line),) = [entry for entry in desk.lines if "apiPassthrough" in entry[1]]
    assert severity is Severity.WARNING
    assert "BlankEndEntityCertificate_APIPassthrough does not" in line
    wiki = desk.create(CERTIFICATE, news, name="wiki")
    again = Desk(desk.world)
    assert again.codes(CERTIFICATE, news, wiki.inputs, name="wiki") == []
    assert [entry for entry in again.lines if "apiPassthrough" in entry[1]] == [(severity, line)]


@pytest.mark.proves("REN-1")
@pytest.mark.parametrize(
    ("news", "expected"),
    [
        ({"certificateAuthorityArn": CA}, [("issuer.not_found", "certificateAuthorityArn")]),
        ({"certificateAuthorityArn": "arn:nothing"}, [("issuer.not_found", "certificateAuthorityArn")]),
        ({"certificateAuthorityArn": "nothing"}, [("arn.invalid", "certificateAuthorityArn")]),
        ({"validity": {"type": "YEARS", "value": "11"}}, [("validity.beyond_issuer", "validity")]),
        ({"earlyRenewalDuration": "91%"}, [("renewal.too_early", "earlyRenewalDuration")]),
    ],
)
def test_what_the_store_and_the_clock_say_against_it(
    desk: Desk, root: Deployed, news: Tree, expected: list[tuple[str, str]]
) -> None:
    assert desk.codes(CERTIFICATE, private(root, **news)) == expected


@pytest.mark.proves("REN-6", "IAC-2")
def test_what_was_accepted_is_judged_again_when_something_is_issued_from_it(
    desk: Desk, here: World, root: Deployed
) -> None:
    """A rule that the same inputs break by now stops a change and a renewal, and not every run until then."""
    news = private(root, validity={"type": "ABSOLUTE", "value": str(int((here.clock.now() + 30 * DAY).timestamp()))})
    wiki = desk.create(CERTIFICATE, news, name="wiki")
    here.clock.advance(31 * DAY)
    later = Desk(here)
    assert later.codes(CERTIFICATE, news, wiki.inputs, name="wiki") == []
    _, found = later.diff(CERTIFICATE, wiki, news, name="wiki")
    assert not found.changes
    assert any("expired" in line for severity, line in later.lines if severity is Severity.WARNING)
    changed = {**news, "subjectAlternativeNames": ["w.internal"]}
    assert [path for _, path in later.codes(CERTIFICATE, changed, wiki.inputs, name="wiki")] == ["validity"]
    assert later.codes(CERTIFICATE, {**news, "tags": {"team": None}}, wiki.inputs, name="wiki") != []
    misspelt = {**news, "domainname": "wiki.internal"}
    assert ("input.unknown", "domainname") in later.codes(CERTIFICATE, misspelt, wiki.inputs, name="wiki")


@pytest.mark.proves("REN-2", "IAC-2", "SEC-8")
def test_a_diff_looks_for_itself_and_a_handler_remembers_nothing(desk: Desk, here: World, root: Deployed) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    later = Desk(here)
    handler, ctx = later.handler(CERTIFICATE), later.context(CERTIFICATE, "wiki")
    as_made = dict(vars(handler))

    def check() -> Tree:
        return handler.check(ctx, olds=wiki.inputs, news=private(root)).inputs

    def diff(news: Tree, **other: Any) -> DiffResult:
        seen = {"id": wiki.id, "old_inputs": wiki.inputs, "olds": wiki.outputs, **other}
        return handler.diff(ctx, news=news, **seen)

    news = check()
    assert vars(handler) == as_made
    quiet = diff(news)
    assert (quiet.changes, quiet.paths, quiet.stables) == (False, (), ("arn",))
    assert diff(news) == quiet
    for other in ({"old_inputs": {**wiki.inputs, "version": 0}}, {"olds": {}}):
        assert not diff(news, **other).changes
    with pytest.raises(StoreMismatch):
        diff(news, olds={**wiki.outputs, "storeId": "another"})
    with pytest.raises(NotFound):
        diff(news, id=f"{wiki.id}0")
    check()  # and no Diff; then its time comes
    due = here.version(wiki.id).renewal_due
    assert due is not None
    here.clock.moment = due
    assert [p.path for p in diff(check()).paths] == ["version"]


@pytest.mark.proves("IAC-5", "IMP-1", "SEC-6")
def test_what_must_be_said_at_every_run_is_said_by_the_diff_of_an_unchanged_import(desk: Desk, here: World) -> None:
    """Nothing to do, and a warning; the handler remembers no key of it."""
    news = MODES[Mode.IMPORTED]
    foreign = desk.create(CERTIFICATE, news, name="foreign")
    ends = here.version(foreign.id).not_after
    assert ends is not None
    for moment, said in ((here.clock.now(), []), (ends - DAY, ["renewal.not_automatic"])):
        here.clock.moment = moment
        later = Desk(here)
        handler, ctx = later.handler(CERTIFICATE), later.context(CERTIFICATE, "foreign")
        checked = handler.check(ctx, olds=foreign.inputs, news=news).inputs
        assert "PRIVATE KEY" not in repr(vars(handler))
        handler.diff(ctx, id=foreign.id, old_inputs=foreign.inputs, olds=foreign.outputs, news=checked)
        warned = [line for severity, line in later.lines if severity is Severity.WARNING]
        assert len(warned) == len(said), later.lines


@pytest.mark.proves("IAC-2")
def test_an_authority_that_is_declared_as_before_is_not_judged_again(
    desk: Desk, root: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that is tightened stops a change of a CA, and not every run of a stack that has one (ADR 16)."""
    stricter = [Finding(code="rule.new", path="type", message="is refused by now")]
    monkeypatch.setattr("certwright.resources.authority_check.judge", lambda typed, tree: stricter)
    assert desk.codes(AUTHORITY, ROOT, root.inputs, name="root") == []
    assert not desk.diff(AUTHORITY, root, ROOT, name="root")[1].changes
    assert desk.codes(AUTHORITY, {**ROOT, "tags": {"team": "pki"}}, root.inputs, name="root") == [("rule.new", "type")]
    assert desk.codes(AUTHORITY, ROOT, name="another") == [("rule.new", "type")]


@pytest.mark.proves("REN-6")
def test_a_disabled_authority_is_a_finding_only_when_an_issue_is_planned(
    desk: Desk, here: World, root: Deployed
) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    desk.update(AUTHORITY, root, {**ROOT, "enabled": False}, name="root")
    assert desk.codes(CERTIFICATE, private(root), name="new") == [("issuer.not_active", "certificateAuthorityArn")]
    later = Desk(here)
    assert later.codes(CERTIFICATE, private(root), wiki.inputs, name="wiki") == []
    here.clock.advance(25 * DAY)
    _, found = later.diff(CERTIFICATE, wiki, private(root), name="wiki")
    assert not found.changes  # due, but never a perpetual diff: it warns
    assert any("due, but" in line for severity, line in later.lines if severity is Severity.WARNING)


@pytest.mark.proves("CAA-3", "CAA-1")
@pytest.mark.parametrize(
    ("verdict", "codes", "warned"),
    [
        (CaaVerdict(allowed=False, sentence="example.org forbids"), [("caa.denied", "domainName")], False),
        (CaaVerdict(allowed=None, sentence="SERVFAIL"), [], True),
        (CaaVerdict(allowed=True), [], False),
    ],
    ids=["denied", "no answer only warns", "allowed"],
)
def test_caa_is_visible_in_a_preview(
    desk: Desk, here: World, verdict: CaaVerdict, codes: list[tuple[str, str]], warned: bool
) -> None:
    here.caa.verdicts = {"www.example.org": verdict}
    assert desk.codes(CERTIFICATE, MODES[Mode.PUBLIC]) == codes
    assert any("CAA could not be looked up" in line for _, line in desk.lines) is warned


@pytest.mark.proves("CAA-3")
def test_what_caa_refuses_for_several_names_is_one_finding(desk: Desk, here: World) -> None:
    refused = CaaVerdict(allowed=False, sentence="?", shared="CAA of another CA.", shared_details=("Add: ours",))
    silent = CaaVerdict(allowed=None, sentence="SERVFAIL at ns1")
    names = ["a.example.org", "b.example.org", "c.example.org", "d.example.org"]
    here.caa.verdicts = dict(zip(names, [refused, refused, silent, silent], strict=True))
    inputs = {**MODES[Mode.PUBLIC], "domainName": names[0], "subjectAlternativeNames": names[1:]}
    (finding,) = desk.check(CERTIFICATE, inputs).findings
    assert finding.message == "CAA forbids issuance. a.example.org and b.example.org have CAA of another CA. Add: ours"
    assert [line for _, line in desk.lines if "SERVFAIL" in line] == [
        "CAA could not be looked up, and issuing needs it: SERVFAIL at ns1"
    ]


@pytest.mark.proves("CAA-1", "NAM-6")
def test_caa_is_asked_only_for_a_public_issue_that_is_planned(desk: Desk, here: World, root: Deployed) -> None:
    desk.create(CERTIFICATE, private(root), name="wiki")
    assert here.caa.asked == []
    www = desk.create(CERTIFICATE, MODES[Mode.PUBLIC], name="www")
    validation = {"certificateArn": www.id}
    desk.create(VALIDATION, validation, name="wwwValidation")
    here.caa.asked.clear()
    later = Desk(here)
    later.accepted(CERTIFICATE, MODES[Mode.PUBLIC], www.inputs, name="www")
    assert here.caa.asked == []


# --- validation, association, reads and deletes ---------------------------------------------------------------------


@pytest.mark.proves("VAL-1", "VAL-2")
def test_a_validation_that_runs_out_of_time_is_kept_and_resumed(desk: Desk, here: World) -> None:
    www = desk.create(CERTIFICATE, MODES[Mode.PUBLIC], name="www")
    record_name = www.outputs["domainValidationOptions"][0]["resourceRecordName"]
    here.prover.answers = {record_name: [MISSING]}
    news = {"certificateArn": www.id}
    checked = desk.accepted(VALIDATION, news, name="v")
    context = replace(desk.context(VALIDATION, name="v"), timeout_s=20.0)
    with pytest.raises(Incomplete) as kept:
        desk.handler(VALIDATION).create(context, news=checked)
    assert kept.value.id == www.id
    assert kept.value.outputs["status"] == "PENDING_VALIDATION"
    assert MISSING.sentence in kept.value.message
    here.prover.answers = {}
    old = Deployed(id=kept.value.id, inputs=checked, outputs=kept.value.outputs)
    later = Desk(here)
    checked, found = later.diff(VALIDATION, old, news, name="v")
    assert found.changes
    done = later.update(VALIDATION, old, news, name="v")
    assert (done.outputs["status"], done.outputs["validatedVersion"]) == ("SUCCESS", 1)
    assert not Desk(here).diff(VALIDATION, done, news, name="v")[1].changes


@pytest.mark.proves("VAL-4")
@pytest.mark.parametrize("mode", [Mode.PRIVATE, Mode.IMPORTED])
def test_what_needs_no_proof_is_validated_at_once(desk: Desk, root: Deployed, mode: Mode) -> None:
    news = private(root) if mode is Mode.PRIVATE else MODES[mode]
    made = desk.create(CERTIFICATE, news, name="c")
    done = desk.create(VALIDATION, {"certificateArn": made.id}, name="v")
    assert (done.id, done.outputs["status"]) == (made.id, "SUCCESS")
    assert done.outputs["serialNumber"] == made.outputs["serialNumber"]


@pytest.mark.proves("VAL-3")
def test_a_record_that_the_program_forgot_is_named_in_check(desk: Desk) -> None:
    www = desk.create(CERTIFICATE, MODES[Mode.PUBLIC], name="www")
    news = {"certificateArn": www.id, "validationRecordFqdns": ["_other.example.org"]}
    assert desk.codes(VALIDATION, news) == [("validation.record_missing", "validationRecordFqdns")]
    assert desk.codes(VALIDATION, {**news, "dnsWriter": "nobody"})[0] == ("dns.writer_unknown", "dnsWriter")


@pytest.mark.proves("ASC-7")
def test_a_certificate_of_another_region_is_refused(desk: Desk) -> None:
    news = {"certificateArn": ARN.replace(":local:", ":eu:"), "target": {"directory": {"path": PLACE}}}
    assert desk.codes(ASSOCIATION, news) == [("association.region", "certificateArn")]
    assert desk.codes(ASSOCIATION, {**news, "region": "eu"}) == []


@pytest.mark.proves("ASC-6")
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, [("target.count", "target")]),
        ({"balloon": {}}, [("input.invalid", "target.balloon"), ("target.unknown", "target.balloon")]),
        ({"directory": {"path": PLACE, "mode": "rwx", "colour": "red"}}, None),
    ],
    ids=["no kind", "an unknown kind", "wrong properties"],
)
def test_targets_are_judged_by_property(desk: Desk, target: Tree, expected: list[tuple[str, str]] | None) -> None:
    found = desk.codes(ASSOCIATION, {"certificateArn": ARN, "target": target})
    if expected is None:
        assert {path for _, path in found} >= {"target.directory.colour"}
    else:
        assert found == expected


@pytest.mark.proves("ASC-1")
def test_another_place_replaces_and_another_command_does_not(desk: Desk, here: World, root: Deployed) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    news = {"certificateArn": wiki.id, "target": {"directory": {"path": PLACE}}}
    files = desk.create(ASSOCIATION, news, name="files")
    for target, replaces in (({"path": "/srv/other"}, True), ({"path": PLACE, "reload": ["true"]}, False)):
        _, found = Desk(here).diff(ASSOCIATION, files, {**news, "target": {"directory": target}}, name="files")
        assert found.changes
        assert any(p.replace for p in found.paths) is replaces


@pytest.mark.proves("IMP-1", "SEC-6")
def test_an_import_keeps_its_key_out_of_outputs_and_records(desk: Desk, here: World) -> None:
    legacy = desk.create(CERTIFICATE, MODES[Mode.IMPORTED], name="legacy")
    key = MODES[Mode.IMPORTED]["privateKey"]
    body = key.splitlines()[1]
    assert body not in repr(legacy.outputs)
    assert body not in repr(here.record(legacy.id)) + repr(here.version(legacy.id))
    assert body not in str(desk.lines)
    assert "privateKey" not in legacy.outputs


@pytest.mark.proves("IMP-1")
def test_a_wrong_import_is_refused_by_name(desk: Desk) -> None:
    good = MODES[Mode.IMPORTED]
    other = pki.leaf(private_key=pki.key(number=8))
    for change, path in (({"certificateBody": to_pem(other)}, "privateKey"), ({"privateKey": None}, "privateKey")):
        found = desk.codes(CERTIFICATE, {k: v for k, v in {**good, **change}.items() if v is not None})
        assert path in {p for _, p in found}, found


@pytest.mark.proves("IMP-2")
@pytest.mark.parametrize("kind", [AUTHORITY, CERTIFICATE, VALIDATION, ASSOCIATION])
def test_what_is_imported_by_its_id_previews_without_changes(
    desk: Desk, here: World, root: Deployed, kind: str
) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    target = {"directory": {"path": PLACE}}
    files = desk.create(ASSOCIATION, {"certificateArn": wiki.id, "target": target}, name="files")
    id = {AUTHORITY: root.id, CERTIFICATE: wiki.id, VALIDATION: wiki.id, ASSOCIATION: files.id}[kind]
    later = Desk(here)
    read = later.handler(kind).read(later.context(kind, name="imported"), id=id, inputs={}, olds={})
    assert read.id == id
    program = {k: v for k, v in read.inputs.items() if k not in ("version", "validatedVersion", "deployedVersion")}
    imported = Deployed(id=id, inputs=read.inputs, outputs=read.outputs)
    _, found = later.diff(kind, imported, program, name="imported")
    # The engine asks for a quiet Diff after a Read; the one after the Check counts.
    assert [p.path for p in found.paths] == []


@pytest.mark.proves("SEC-8")
@pytest.mark.parametrize("kind", [AUTHORITY, CERTIFICATE, VALIDATION, ASSOCIATION])
def test_another_store_is_a_mismatch_and_never_a_deletion(
    desk: Desk, root: Deployed, tmp_path: Path, kind: str
) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    target = {"directory": {"path": PLACE}}
    files = desk.create(ASSOCIATION, {"certificateArn": wiki.id, "target": target}, name="files")
    validation = desk.create(VALIDATION, {"certificateArn": wiki.id}, name="v")
    old = {AUTHORITY: root, CERTIFICATE: wiki, VALIDATION: validation, ASSOCIATION: files}[kind]
    for made in (False, True):
        with world(tmp_path / f"other{made}", seed=9) as other:
            if made:
                other.root()
            there = Desk(other)
            with pytest.raises(StoreMismatch):
                there.handler(kind).read(there.context(kind), id=old.id, inputs=old.inputs, olds=old.outputs)
            with pytest.raises(StoreMismatch):
                there.handler(kind).delete(there.context(kind), id=old.id, olds=old.outputs)


@pytest.mark.proves("IAC-2")
def test_without_access_to_the_store_a_diff_decides_from_state_and_says_so(
    desk: Desk, here: World, root: Deployed
) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")

    class Unreachable:
        @property
        def store_id(self) -> str:
            raise StoreUnavailable("no rights to it")

        def read(self) -> Any:
            raise StoreUnavailable("no rights to it")

    services = replace(here.services, store=Unreachable())  # type: ignore[arg-type]
    blind = Desk(replace(here, services=services))
    here.clock.advance(25 * DAY)
    _, quiet = blind.diff(CERTIFICATE, wiki, private(root), name="wiki")
    assert not quiet.changes
    assert any("decided from Pulumi's state alone" in line for _, line in blind.lines)
    _, found = blind.diff(CERTIFICATE, wiki, private(root, tags={"a": "b"}), name="wiki")
    assert [p.path for p in found.paths] == ["tags"]
    read = blind.handler(CERTIFICATE).read(
        blind.context(CERTIFICATE), id=wiki.id, inputs=wiki.inputs, olds=wiki.outputs
    )
    assert (read.id, read.outputs) == (wiki.id, wiki.outputs)


@pytest.mark.parametrize("kind", [AUTHORITY, CERTIFICATE, VALIDATION, ASSOCIATION])
def test_a_read_of_what_is_not_there(desk: Desk, root: Deployed, kind: str) -> None:
    handler, context = desk.handler(kind), desk.context(kind)
    with pytest.raises(CertwrightError):
        handler.read(context, id=ARN, inputs={}, olds={})
    gone = handler.read(context, id=ARN, inputs={}, olds={"storeId": root.outputs["storeId"]})
    assert gone.id == ""
    handler.delete(context, id=ARN, olds={"storeId": root.outputs["storeId"]})  # not found is success


@pytest.mark.proves("ASC-8")
def test_a_delete_in_use_is_refused_with_the_associations_named(desk: Desk, root: Deployed) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki")
    files = desk.create(
        ASSOCIATION, {"certificateArn": wiki.id, "target": {"directory": {"path": PLACE}}}, name="files"
    )
    handler = desk.handler(CERTIFICATE)
    with pytest.raises(CertwrightError) as refused:
        handler.delete(desk.context(CERTIFICATE), id=wiki.id, olds=wiki.outputs)
    assert refused.value.code == "certificate.in_use"
    desk.handler(ASSOCIATION).delete(desk.context(ASSOCIATION), id=files.id, olds=files.outputs)
    handler.delete(desk.context(CERTIFICATE), id=wiki.id, olds=wiki.outputs)


@pytest.mark.proves("CRT-5", "IAC-3")
def test_what_was_adopted_in_this_run_is_not_deleted_by_it(desk: Desk, here: World, root: Deployed) -> None:
    """`--replace`, or a taint: Pulumi creates, adopts the record, and deletes the old id, which is the same record."""
    left = here.private(
        here.one(AuthorityRecord, arn=root.id), urn="urn:pulumi:dev::shop::certwright:index:Certificate::wiki"
    )
    assert left.creator == GONE
    made = desk.create(CERTIFICATE, private(root), name="wiki")
    assert any("adopted" in line for _, line in desk.lines)
    desk.handler(CERTIFICATE).delete(desk.context(CERTIFICATE, name="wiki"), id=made.id, olds=made.outputs)
    assert here.record(made.id)
    assert len(here.all(CertificateRecord)) == 1
    assert len(here.all(SerialRecord, arn=made.id)) == 1


@pytest.mark.proves("CRT-3")
def test_outputs_tell_everything_that_is_known(desk: Desk, here: World, root: Deployed) -> None:
    wiki = desk.create(CERTIFICATE, private(root), name="wiki").outputs
    version: VersionRecord = here.version(wiki["arn"])
    assert (wiki["status"], wiki["type"], wiki["version"]) == ("ISSUED", "PRIVATE", 1)
    assert (wiki["serialNumber"], wiki["fingerprint"]) == (version.serial, version.fingerprint)
    assert (wiki["issuer"], wiki["signatureAlgorithm"]) == ("CN=Shop Root", "SHA256WITHECDSA")
    assert (wiki["renewalEligibility"], wiki["browserTrusted"], wiki["inUseBy"]) == ("ELIGIBLE", False, [])
    assert wiki["renewalDue"] < wiki["notAfter"]
    assert "pendingVersion" not in wiki
    www = desk.create(CERTIFICATE, MODES[Mode.PUBLIC], name="www").outputs
    assert www["status"] == "PENDING_VALIDATION"
    assert www["pendingVersion"] == {"version": 1, "status": "PENDING_VALIDATION"}
    assert "serialNumber" not in www
    assert not here.all(AssociationRecord)
