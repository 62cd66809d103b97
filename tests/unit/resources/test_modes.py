"""One mode for each Certificate, decided by its inputs; what does not belong to it is refused by name (CRT-1)."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from builders import pki
from builders.desk import Desk
from builders.world import World
from certwright.domain.certificate import bundle_pem, to_pem
from certwright.domain.values import UNKNOWN, Secret
from certwright.engine.records import Mode
from certwright.resources.certificate_check import _ONLY, mode_and_mix
from certwright.resources.certificate_model import CertificateInputs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

CA = "arn:certwright:acm-pca:local:000000000000:certificate-authority/11111111-1111-4111-8111-111111111111"
PUBLIC = {"domainName": "www.example.org", "validationMethod": "DNS"}
PRIVATE = {"domainName": "wiki.internal", "certificateAuthorityArn": CA}


def request() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sensor.internal")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("sensor.internal")]), False)
    return builder.sign(pki.key(number=4), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def foreign() -> dict[str, Any]:
    key = pki.key(number=7)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {
        "certificateBody": to_pem(pki.leaf(private_key=key)),
        "privateKey": pem,
        "certificateChain": bundle_pem(pki.issuing().chain),
    }


MODES: dict[Mode, dict[str, Any]] = {
    Mode.PUBLIC: PUBLIC,
    Mode.PRIVATE: PRIVATE,
    Mode.IMPORTED: foreign(),
    Mode.SIGNED: {"certificateSigningRequest": request(), "certificateAuthorityArn": CA},
}


@pytest.mark.proves("CRT-1")
@pytest.mark.parametrize("mode", Mode)
def test_each_mode_by_itself_is_accepted(here: World, mode: Mode) -> None:
    tree = MODES[mode]
    assert mode_and_mix(tree) == (mode, [])
    assert Desk(here).codes("Certificate", tree) == []


@pytest.mark.proves("CRT-1")
def test_none_of_them_is_refused_with_the_choices(here: World) -> None:
    for tree in ({}, {"domainName": "www.example.org"}, {"tags": {"a": "b"}}):
        (finding,) = Desk(here).check("Certificate", tree).findings
        assert finding.code == "mode.none"
        for choice in ("validationMethod", "certificateAuthorityArn", "certificateBody", "certificateSigningRequest"):
            assert choice in finding.message


@pytest.mark.proves("CRT-1")
@pytest.mark.parametrize(
    ("one", "other"),
    [pair for pair in combinations(Mode, 2) if set(pair) != {Mode.PRIVATE, Mode.SIGNED}],
    ids=lambda mode: mode.value,
)
def test_two_modes_at_once_are_refused_by_the_names_of_their_inputs(here: World, one: Mode, other: Mode) -> None:
    tree = {**MODES[one], **MODES[other]}
    mode, _ = mode_and_mix(tree)
    loser = MODES[other if mode is one else one]
    own = {name for name in loser if mode not in _ONLY.get(name, tuple(Mode))}
    found = Desk(here).check("Certificate", tree).findings
    mixed = {f.path for f in found if f.code == "mode.mixed"}
    assert mixed == own
    assert mixed
    assert all("leave one of them out" in f.message for f in found if f.code == "mode.mixed")


@pytest.mark.proves("CRT-1")
def test_a_request_with_its_authority_is_signed_and_not_private() -> None:
    assert mode_and_mix({**MODES[Mode.SIGNED], "domainName": "sensor.internal"}) == (Mode.SIGNED, [])


VALUES: dict[str, Any] = {
    "validationMethod": "DNS",
    "publicIssuer": "bundled",
    "keyAlgorithm": "EC_prime256v1",
    "renewalKeyPolicy": "REUSE",
    "rekeyTrigger": "x",
    "earlyRenewalDuration": "P5D",
    "validity": {"type": "DAYS", "value": "30"},
    "domainName": "wiki.internal",
    "subjectAlternativeNames": ["b.internal"],
    "subject": {"commonName": "x"},
    "signingAlgorithm": "SHA256WITHECDSA",
    "keyUsages": ["DIGITAL_SIGNATURE"],
    "extendedKeyUsages": ["SERVER_AUTH"],
    "customExtensions": [{"objectIdentifier": "1.2.3", "value": "BAEB"}],
    "templateArn": "EndEntityCertificate_APIPassthrough",
    "apiPassthrough": {},
}


@pytest.mark.proves("CRT-1", "CRT-7")
@pytest.mark.parametrize("mode", Mode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", VALUES)
def test_every_input_goes_with_its_modes_only(mode: Mode, name: str) -> None:
    """Public ones: no subject, no usages, no template (CN only, TLS only); imported ones: nothing that an issue needs."""
    decided, findings = mode_and_mix({**MODES[mode], name: VALUES[name]})
    assert decided is mode
    assert [f.path for f in findings] == ([] if mode in _ONLY[name] or name in MODES[mode] else [name])


@pytest.mark.proves("CRT-1")
def test_every_input_says_with_which_modes_it_goes_or_is_for_all() -> None:
    wires = {field.alias or name for name, field in CertificateInputs.model_fields.items()}
    assert wires - set(_ONLY) == {"tags", "region", "version"}


@pytest.mark.proves("CRT-1")
@pytest.mark.parametrize(
    ("tree", "missing"),
    [
        ({"validationMethod": "DNS"}, "domainName"),
        ({"certificateAuthorityArn": CA}, "domainName"),
        ({"certificateSigningRequest": request()}, "certificateAuthorityArn"),
        ({"privateKey": "x"}, "certificateBody"),
    ],
)
def test_what_a_mode_needs_is_asked_for_by_name(tree: dict[str, Any], missing: str) -> None:
    _, findings = mode_and_mix(tree)
    assert [(f.code, f.path) for f in findings] == [("input.missing", missing)]


@pytest.mark.proves("CRT-1", "IAC-4")
def test_an_unknown_or_secret_value_decides_a_mode_too() -> None:
    assert mode_and_mix({"certificateAuthorityArn": UNKNOWN, "domainName": UNKNOWN}) == (Mode.PRIVATE, [])
    assert mode_and_mix({"certificateBody": Secret("x"), "privateKey": Secret(UNKNOWN)}) == (Mode.IMPORTED, [])
    assert mode_and_mix({"certificateAuthorityArn": Secret(None)})[0] is None
