"""Decode and diff under anything that a program or an engine may send: only findings, no secret in any of them (SEC-4)."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from builders.desk import HANDLERS, Desk
from builders.world import World
from certwright.domain.values import UNKNOWN, Secret, contains_unknown, reveal
from certwright.engine.records import Mode
from certwright.resources.base import Change, DiffKind, Model, managed_names, meta, secret_names
from certwright.resources.certificate_model import CertificateInputs
from certwright.resources.decode import decode
from certwright.resources.diff import changed, paths
from certwright.resources.handling import echo, marked, plain, spec_of, without_managed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_modes import CA, MODES, VALUES

CANARY, NUMBER = "canary-7f3a9c", 739173917391
KINDS = sorted(HANDLERS)

texts = st.one_of(st.text(max_size=40), st.sampled_from(["DNS", "ROOT", "P60D", CA, "www.example.org", "-----BEGIN "]))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), texts, st.just(UNKNOWN), st.builds(Secret, texts)
)
hostile = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(st.text(max_size=12), st.sampled_from([*VALUES, "type", "value"])), inner, max_size=4
        ),
        st.builds(Secret, inner),
    ),
    max_leaves=12,
)


RIGHT: dict[str, list[dict[str, Any]]] = {
    "Certificate": list(MODES.values()),
    "CertificateValidation": [{"certificateArn": CA.replace("acm-pca", "acm").replace("-authority", "")}],
    "PrivateCertificateAuthority": [
        {"type": "ROOT", "certificateAuthorityConfiguration": {"subject": {"commonName": "R"}}},
        {"type": "SUBORDINATE", "parentArn": CA, "certificateAuthorityConfiguration": {"subject": {"commonName": "R"}}},
    ],
    "CertificateAssociation": [
        {
            "certificateArn": CA.replace("acm-pca", "acm").replace("-authority", ""),
            "target": {"directory": {"path": "/srv/tls"}},
        }
    ],
}


def wires(model: type[Model]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


@st.composite
def trees(draw: Any, kind: str) -> dict[str, Any]:
    """Good names with hostile values, some that are no property; often around a tree that is right."""
    names = draw(st.lists(st.sampled_from(wires(HANDLERS[kind].inputs)), unique=True, max_size=8))
    found: dict[str, Any] = dict(draw(st.sampled_from([{}, *RIGHT[kind]])))
    found |= {name: draw(hostile) for name in names}
    if draw(st.booleans()):
        found |= draw(st.dictionaries(st.text(max_size=10), hostile, max_size=2))
    return found


calm = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.proves("SEC-4", "IAC-2", "IAC-4")
@pytest.mark.parametrize("kind", KINDS)
@calm
@given(data=st.data())
def test_any_tree_gives_findings_and_a_model_and_never_an_exception(kind: str, data: Any) -> None:
    model = HANDLERS[kind].inputs
    tree = data.draw(trees(kind))
    before = repr(tree)
    typed, findings = decode(model, tree)
    assert repr(tree) == before  # decoding changes nothing
    paths_known = set(wires(model)) | set(tree)
    for finding in findings:
        assert finding.top_level in paths_known or finding.path in paths_known
        assert finding.code and finding.message
    for name, field in model.model_fields.items():
        wire = field.alias or name
        if contains_unknown(tree.get(wire)):
            value = getattr(typed, name)
            assert value is UNKNOWN or contains_unknown(value)


@pytest.mark.proves("SEC-4", "IAC-2")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_check_answers_any_tree_with_findings_only(here: World, kind: str, data: Any) -> None:
    tree, olds = data.draw(trees(kind)), data.draw(st.one_of(st.just({}), trees(kind)))
    Desk(here).check(kind, tree, olds)
    assert not (here.home / "data").exists()  # and never makes a store (IAC-2)


@pytest.mark.proves("SEC-4")
@pytest.mark.parametrize("kind", KINDS)
@calm
@given(data=st.data())
def test_a_diff_of_any_two_trees_is_reflexive_and_says_what_it_saw(kind: str, data: Any) -> None:
    model = HANDLERS[kind].inputs
    old, new = data.draw(trees(kind)), data.draw(trees(kind))
    if not contains_unknown(old) and not _holds_nan(old):
        assert changed(model, old, old) == []
    found = changed(model, old, new)
    assert len(paths(found, old, new)) == len(found)
    assert {wire for wire, _ in found} <= set(wires(model)) - set(managed_names(model))
    assert changed(model, old, new, ignore=("*",)) == []
    assert changed(model, old, new, ignore=tuple(wires(model))) == []


def _holds_nan(value: Any) -> bool:
    plain_value = reveal(value)
    if isinstance(plain_value, dict):
        return any(_holds_nan(v) for v in plain_value.values())
    if isinstance(plain_value, list):
        return any(_holds_nan(v) for v in plain_value)
    return isinstance(plain_value, float) and plain_value != plain_value


@pytest.mark.proves("SEC-2", "SEC-6")
@pytest.mark.parametrize("value", [CANARY, [CANARY], {"a": CANARY}, CANARY + "\n" * 9000, NUMBER, NUMBER + 0.5])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_secret_input_is_shown_in_no_finding(here: World, value: Any, wrapped: bool) -> None:
    tree = {**MODES[Mode.PUBLIC], "privateKey": Secret(value) if wrapped else value, "certificateBody": "x"}
    found = Desk(here).check("Certificate", tree)
    assert found.findings
    sentences = json.dumps([f.sentence() for f in found.findings])
    assert CANARY not in sentences
    assert str(NUMBER) not in sentences
    assert CANARY not in repr(found.inputs)


@pytest.mark.proves("SEC-6")
def test_check_marks_secret_inputs_itself_and_echoes_none(here: World) -> None:
    tree = dict(MODES[Mode.IMPORTED])
    assert isinstance(tree["privateKey"], str)  # YAML does not wrap it
    found = Desk(here).check("Certificate", tree)
    assert isinstance(found.inputs["privateKey"], Secret)
    assert found.inputs["privateKey"].reveal() == tree["privateKey"]
    assert set(echo(CertificateInputs, found.inputs)) == {"certificateBody", "certificateChain"}
    assert "privateKey" not in spec_of(CertificateInputs, found.inputs)
    again = marked(CertificateInputs, found.inputs)
    assert again == found.inputs  # never wrapped twice


@pytest.mark.proves("SEC-6")
def test_every_property_that_is_called_a_key_or_secret_is_marked() -> None:
    for kind in KINDS:
        model = HANDLERS[kind].inputs
        suspicious = {w for w in wires(model) if "privatekey" in w.lower() or "secret" in w.lower() or "pass" in w[:4]}
        assert suspicious <= set(secret_names(model))


@pytest.mark.proves("IAC-2")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Certificate", "version"),
        ("CertificateValidation", "validatedVersion"),
        ("PrivateCertificateAuthority", "version"),
        ("CertificateAssociation", "deployedVersion"),
    ],
)
def test_managed_inputs_are_refused_when_a_program_sets_them(here: World, kind: str, name: str) -> None:
    assert managed_names(HANDLERS[kind].inputs) == (name,)
    assert ("input.managed", name) in Desk(here).codes(kind, {name: 3})
    tree, findings = without_managed(HANDLERS[kind].inputs, {name: 3}, {name: 3.0})
    assert (tree, findings) == ({}, [])  # what an earlier Check put there comes back at an import
    tree, findings = without_managed(HANDLERS[kind].inputs, {}, {name: UNKNOWN})
    assert (tree, findings) == ({}, [])


@pytest.mark.proves("IAC-2", "NAM-5", "CRT-8")
def test_check_reports_every_problem_at_once_by_property(here: World) -> None:
    tree = {
        "domainName": "localhost",
        "subjectAlternativeNames": ["ok.example.org", "*.*.example.org", "a_b.example.org"],
        "validationMethod": "EMAIL",
        "keyAlgorithm": "ED25519",
        "publicIssuer": "acme:letsencrypt",
        "earlyRenewalDuration": "soon",
        "validity": {"type": "DAYS", "value": "0"},
        "subject": {"commonName": "x"},
        "version": 7,
        "domian": "typo",
        "idempotencyToken": "aws",
        "tags": {"a": 1},
    }
    found = set(Desk(here).codes("Certificate", tree))
    assert {
        ("names.invalid", "domainName"),
        ("names.invalid", "subjectAlternativeNames[1]"),
        ("names.invalid", "subjectAlternativeNames[2]"),
        ("validation.method_unavailable", "validationMethod"),
        ("key.not_public", "keyAlgorithm"),
        ("issuer.unavailable", "publicIssuer"),
        ("renewal.invalid", "earlyRenewalDuration"),
        ("validity.invalid", "validity.value"),
        ("mode.mixed", "subject"),
        ("input.managed", "version"),
        ("input.unknown", "domian"),
        ("input.unknown", "idempotencyToken"),
        ("input.invalid", "tags.a"),
    } == found


@pytest.mark.parametrize(
    ("wire", "hint"),
    [
        ("domain_name", "did you mean domainName?"),
        ("DomainName", "did you mean domainName?"),
        ("idempotencyToken", "finds its first attempt"),
        ("nonsense", "the properties are"),
    ],
)
def test_a_property_that_is_none_gets_a_hint(wire: str, hint: str) -> None:
    _, (finding,) = decode(CertificateInputs, {wire: "x"})
    assert (finding.code, finding.path) == ("input.unknown", wire)
    assert hint in finding.message


# --- equality -------------------------------------------------------------------------------------------------------

SAME: list[tuple[str, Any, Any]] = [
    ("domainName", "WWW.Example.org", "www.example.org"),
    ("domainName", "bücher.example.org", "xn--bcher-kva.example.org"),
    (
        "subjectAlternativeNames",
        ["a.example.org", "b.example.org"],
        ["B.example.org", "a.example.org", "a.example.org"],
    ),
    ("subjectAlternativeNames", ["2001:db8:0::1"], ["ip:2001:db8::1"]),
    ("validity", {"type": "DAYS", "value": 30}, {"type": "DAYS", "value": "30"}),
    ("validity", {"type": "DAYS", "value": 30.0}, {"type": "DAYS", "value": "30"}),
    ("keyUsages", ["DIGITAL_SIGNATURE", "KEY_AGREEMENT"], ["KEY_AGREEMENT", "DIGITAL_SIGNATURE"]),
    ("extendedKeyUsages", ["A", "B"], ["B", "A"]),
    ("subject", {"commonName": "x", "title": None}, {"commonName": "x"}),
    ("tags", {"a": "b"}, {"a": "b"}),
    (
        "apiPassthrough",
        '{"Subject": {"CommonName": "x"}, "Extensions": {"KeyUsage": {"CRLSign": true}}}',
        {"subject": {"commonName": "x"}, "extensions": {"keyUsage": {"crlSign": True, "keyAgreement": False}}},
    ),
    ("certificateBody", MODES[Mode.IMPORTED]["certificateBody"], None),
]
DIFFERENT: list[tuple[str, Any, Any, Change]] = [
    ("domainName", "www.example.org", "example.org", Change.REPLACE),
    ("certificateAuthorityArn", CA, CA[:-1] + "2", Change.REPLACE),
    ("region", "eu", "us", Change.REPLACE),
    ("subjectAlternativeNames", ["a.example.org"], ["a.example.org", "b.example.org"], Change.REISSUE),
    ("keyAlgorithm", "RSA_2048", "EC_prime256v1", Change.REISSUE),
    ("signingAlgorithm", None, "SHA512WITHECDSA", Change.REISSUE),
    ("apiPassthrough", None, {}, Change.REISSUE),
    ("apiPassthrough", {"subject": {"commonName": "x"}}, {"subject": {"commonName": "y"}}, Change.REISSUE),
    ("templateArn", None, "CodeSigningCertificate", Change.REISSUE),
    ("rekeyTrigger", "1", "2", Change.REISSUE),
    ("validity", {"type": "DAYS", "value": 30}, {"type": "HOURS", "value": 30}, Change.REISSUE),
    ("publicIssuer", "bundled", CA, Change.REISSUE),
    ("earlyRenewalDuration", "P5D", "P6D", Change.UPDATE),
    ("renewalKeyPolicy", "REKEY", "REUSE", Change.UPDATE),
    ("tags", {"a": "b"}, {"a": "c"}, Change.UPDATE),
]


@pytest.mark.proves("NAM-1", "IAC-5")
@pytest.mark.parametrize(("wire", "one", "other"), SAME)
def test_two_spellings_of_one_value_are_no_change(wire: str, one: Any, other: Any) -> None:
    if other is None:
        other = one.replace("\n", "\r\n") + "\n# a comment\n"
    for old, new in ((one, other), (other, one), (Secret(one), other)):
        assert changed(CertificateInputs, {wire: old}, {wire: new}) == []


@pytest.mark.proves("NAM-1")
@given(st.randoms(use_true_random=False))
def test_order_and_repetition_of_names_carry_no_meaning(rng: random.Random) -> None:
    names = ["a.example.com", "192.168.1.1", "email:ops@shop.example", "B.example.com"]
    shuffled = [*names, names[0]]
    rng.shuffle(shuffled)
    wire = "subjectAlternativeNames"
    assert changed(CertificateInputs, {wire: names}, {wire: shuffled}) == []
    assert changed(CertificateInputs, {wire: names}, {wire: shuffled[:1]}) != []


@pytest.mark.proves("CRT-6")
@pytest.mark.parametrize(("wire", "one", "other", "change"), DIFFERENT)
def test_a_change_does_what_its_table_says(wire: str, one: Any, other: Any, change: Change) -> None:
    assert changed(CertificateInputs, {wire: one}, {wire: other}) == [(wire, change)]
    assert changed(CertificateInputs, {wire: other}, {wire: one}) == [(wire, change)]
    assert changed(CertificateInputs, {wire: one}, {wire: other}, ignore=(wire,)) == []


@pytest.mark.proves("IAC-4")
def test_an_unknown_new_value_is_a_change_and_a_path_says_which_way() -> None:
    assert changed(CertificateInputs, {"keyAlgorithm": "RSA_2048"}, {"keyAlgorithm": UNKNOWN})
    old, new = {"tags": {"a": "b"}, "rekeyTrigger": "1"}, {"rekeyTrigger": "2", "domainName": "a.b"}
    found = {p.path: (p.kind, p.replace) for p in paths(changed(CertificateInputs, old, new), old, new)}
    assert found == {
        "tags": (DiffKind.DELETE, False),
        "rekeyTrigger": (DiffKind.UPDATE, False),
        "domainName": (DiffKind.ADD, True),
    }


def test_every_property_declares_what_its_change_does() -> None:
    for kind in KINDS:
        model = HANDLERS[kind].inputs
        for name in model.model_fields:
            assert meta(model.model_fields[name]).get("change") in {c.value for c in Change}, (kind, name)


def test_what_the_store_keeps_is_plain() -> None:
    tree = {"a": Secret("x"), "b": [1.0, {"c": Secret(2.5)}], "d": True}
    assert plain(tree) == {"a": "x", "b": [1, {"c": 2.5}], "d": True}
