"""What private and signed certificates may choose for themselves (CRT-10), and in which order the sources count."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from builders import pki
from builders.world import GONE, World
from certwright.domain.certificate import load_der, signing_algorithm_of
from certwright.domain.errors import Refused
from certwright.domain.extension import KeyUsage, key_usages_of
from certwright.domain.keyspec import SigningAlgorithm
from certwright.domain.templatename import TEMPLATES, Template, find_template
from certwright.engine import certificates
from certwright.engine.leafcontent import passthrough_problem
from certwright.engine.records import AuthorityRecord, MaterialRecord
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

pytestmark = pytest.mark.proves("CRT-10")

PRIVATE_OID = "1.3.6.1.4.1.37244.1.1"
CSR_OID = "1.3.6.1.4.1.37244.9.9"
API = {
    "subject": {"commonName": "api.internal", "organization": "API GmbH"},
    "extensions": {
        "keyUsage": {"digitalSignature": True, "keyAgreement": True},
        "extendedKeyUsage": [
            {"extendedKeyUsageType": "CODE_SIGNING"},
            {"extendedKeyUsageObjectIdentifier": "1.3.6.1.5.5.7.3.17"},
        ],
        "subjectAlternativeNames": [
            {"dnsName": "API.internal"},
            {"ipAddress": "10.0.0.1"},
            {"rfc822Name": "ops@shop.example"},
            {"uniformResourceIdentifier": "spiffe://shop/api"},
            {"directoryName": {"commonName": "door"}},
            {"otherName": {"typeId": PRIVATE_OID, "value": "x"}},
            {"registeredId": "1.2.3.4"},
        ],
        "certificatePolicies": [
            {
                "certPolicyId": "1.2.3.4",
                "policyQualifiers": [{"policyQualifierId": "CPS", "qualifier": {"cpsUri": "http://shop.example/cps"}}],
            },
            {"certPolicyId": "1.2.3.5"},
        ],
        "customExtensions": [{"objectIdentifier": PRIVATE_OID, "value": "BAEB", "critical": True}],
    },
}
DIGITAL, AGREEMENT = KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT


@dataclass(frozen=True)
class Said:
    """What a certificate says, in short."""

    certificate: x509.Certificate

    def value(self, kind: type[Any]) -> Any:
        try:
            return self.certificate.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    @property
    def subject(self) -> str:
        return self.certificate.subject.rfc4514_string()

    @property
    def usages(self) -> set[KeyUsage]:
        found = self.value(x509.KeyUsage)
        return set(key_usages_of(found)) if found is not None else set()

    @property
    def purposes(self) -> set[x509.ObjectIdentifier]:
        return set(self.value(x509.ExtendedKeyUsage) or ())

    @property
    def dns(self) -> list[str]:
        return list(self.value(x509.SubjectAlternativeName).get_values_for_type(x509.DNSName))

    @property
    def policies(self) -> list[str]:
        return [p.policy_identifier.dotted_string for p in self.value(x509.CertificatePolicies) or ()]

    def extension(self, dotted: str) -> x509.Extension[Any] | None:
        return next((e for e in self.certificate.extensions if e.oid.dotted_string == dotted), None)


def said(here: World, arn: str) -> Said:
    version = here.version(arn)
    material: MaterialRecord = here.one(MaterialRecord, arn=arn, version=version.version)
    return Said(load_der(material.der))


def csr(**vary: Any) -> str:
    """A request that asks for everything, also for what is not its to ask for."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "csr.internal")])
    )
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectAlternativeName([x509.DNSName("csr.internal"), x509.DNSName("csr2.internal")]), False),
        (usage, True),
        (x509.ExtendedKeyUsage([Eku.EMAIL_PROTECTION]), False),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier(CSR_OID), b"\x04\x01\x07"), False),
        (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.9.9"), None)]), False),
        (x509.BasicConstraints(ca=True, path_length=3), True),
        (x509.NameConstraints([x509.DNSName("evil.internal")], None), True),
        (x509.SubjectKeyIdentifier(b"chosen by the asker"), False),
    ]
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    signed = builder.sign(vary.get("key", pki.key(number=4)), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


# --- inputs by themselves -------------------------------------------------------------------------------------------


def test_subject_usages_purposes_and_extensions_are_written_as_stated(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(
        issuing,
        subject={"organization": "Shop", "commonName": "wiki.internal", "serialNumber": "42"},
        keyUsages=["DIGITAL_SIGNATURE", "KEY_AGREEMENT"],
        extendedKeyUsages=["CLIENT_AUTH", "1.3.6.1.5.5.7.3.17"],
        customExtensions=[{"objectIdentifier": PRIVATE_OID, "value": "BAEB", "critical": True}],
    )
    found = said(here, record.arn)
    assert found.subject == "2.5.4.5=42,CN=wiki.internal,O=Shop"
    assert found.usages == {DIGITAL, AGREEMENT}
    assert found.purposes == {Eku.CLIENT_AUTH, x509.ObjectIdentifier("1.3.6.1.5.5.7.3.17")}
    custom = found.extension(PRIVATE_OID)
    assert custom is not None
    assert (custom.critical, custom.value.value) == (True, b"\x04\x01\x01")


@pytest.mark.parametrize(
    ("template", "purposes", "critical"),
    [
        (None, {Eku.SERVER_AUTH, Eku.CLIENT_AUTH}, False),
        ("EndEntityCertificate", {Eku.SERVER_AUTH, Eku.CLIENT_AUTH}, False),
        ("arn:aws:acm-pca:::template/EndEntityServerAuthCertificate/V1", {Eku.SERVER_AUTH}, False),
        ("arn:aws:acm-pca:::template/EndEntityClientAuthCertificate/V1", {Eku.CLIENT_AUTH}, False),
        ("arn:aws:acm-pca:::template/CodeSigningCertificate/V1", {Eku.CODE_SIGNING}, True),
        ("arn:aws:acm-pca:::template/OCSPSigningCertificate/V1", {Eku.OCSP_SIGNING}, True),
    ],
)
def test_a_base_template_fixes_the_purposes(
    here: World, issuing: AuthorityRecord, template: str | None, purposes: set[Any], critical: bool
) -> None:
    found = said(here, here.private(issuing, templateArn=template).arn)
    assert found.purposes == purposes
    assert found.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical is critical


# --- signature algorithm --------------------------------------------------------------------------------------------


@pytest.mark.proves("CRT-8")
@pytest.mark.parametrize(
    ("authority_key", "algorithm"),
    [
        ("EC_prime256v1", "SHA512WITHECDSA"),
        ("EC_secp384r1", "SHA256WITHECDSA"),
        ("RSA_2048", "SHA384WITHRSA"),
        ("RSA_2048", "SHA256WITHRSA_PSS"),
    ],
)
def test_the_stated_signature_algorithm_is_used_and_renewals_keep_it(
    here: World, authority_key: str, algorithm: str
) -> None:
    root = here.root(certificateAuthorityConfiguration={"keyAlgorithm": authority_key, "subject": {"commonName": "R"}})
    record = here.private(root, signingAlgorithm=algorithm)
    certificates.reissue(here.services, record.arn, expected_newest=1, spec=record.spec, reason_code="x")
    for number in (1, 2):
        made = load_der(here.one(MaterialRecord, arn=record.arn, version=number).der)
        assert signing_algorithm_of(made) is SigningAlgorithm(algorithm)
    plain = here.private(root, urn="plain")
    assert signing_algorithm_of(said(here, plain.arn).certificate) is not SigningAlgorithm(algorithm)


@pytest.mark.proves("CRT-8")
@pytest.mark.parametrize("algorithm", ["SHA256WITHRSA", "SHA256WITHRSA_PSS", "ED25519"])
def test_an_algorithm_that_the_authoritys_key_cannot_make_is_refused_before_anything_is_journaled(
    here: World, issuing: AuthorityRecord, algorithm: str
) -> None:
    with pytest.raises(Refused) as refused:
        here.private(issuing, signingAlgorithm=algorithm)
    assert (refused.value.code, refused.value.findings[0].path) == ("signing.pair", "signingAlgorithm")
    assert "SHA256WITHECDSA" in refused.value.message


def test_a_crash_between_journal_and_signature_keeps_the_stated_algorithm(
    here: World, issuing: AuthorityRecord
) -> None:
    from dataclasses import replace

    record = here.private(issuing, signingAlgorithm="SHA512WITHECDSA")
    version, material = here.version(record.arn), here.one(MaterialRecord, arn=record.arn, version=1)
    unsigned = replace(version, status=version.status.PENDING_VALIDATION, has_certificate=False, serving=False)
    here.save(replace(here.record(record.arn), serving_version=0), unsigned, replace(material, der=b""))
    certificates.retry(here.services, record.arn)
    assert signing_algorithm_of(said(here, record.arn).certificate) is SigningAlgorithm.SHA512WITHECDSA


@pytest.mark.proves("SEC-5", "CRT-5")
def test_a_create_finishes_what_was_journaled_and_left_behind(here: World, issuing: AuthorityRecord) -> None:
    """As a build before ADR 17 left it, killed between its two transactions: the same serial, signed now."""
    from dataclasses import replace

    record = here.private(issuing, urn="wiki")
    version, material = here.version(record.arn), here.one(MaterialRecord, arn=record.arn, version=1)
    unsigned = replace(version, status=version.status.PENDING_VALIDATION, has_certificate=False, serving=False)
    left = replace(here.record(record.arn), serving_version=0, creator=GONE)
    here.save(left, unsigned, replace(material, der=b"", chain_pem=""))
    again, adopted = here.create(record.mode, record.spec, urn="wiki")
    assert adopted and again.arn != record.arn and again.serving_version == 1
    assert format(said(here, again.arn).certificate.serial_number, "x") == version.serial


# --- pass-through ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_text", [False, True], ids=["as an object", "as JSON text"])
def test_a_blank_template_takes_everything_from_the_api(here: World, issuing: AuthorityRecord, as_text: bool) -> None:
    record = here.private(
        issuing,
        templateArn="arn:aws:acm-pca:::template/BlankEndEntityCertificate_APIPassthrough/V1",
        apiPassthrough=json.dumps(API) if as_text else API,
    )
    found = said(here, record.arn)
    assert found.subject == "CN=api.internal,O=API GmbH"
    assert found.usages == {DIGITAL, AGREEMENT}
    assert found.purposes == {Eku.CODE_SIGNING, x509.ObjectIdentifier("1.3.6.1.5.5.7.3.17")}
    assert found.dns == ["wiki.internal", "api.internal"]
    kinds = {type(name).__name__ for name in found.value(x509.SubjectAlternativeName)}
    assert kinds == {
        "DNSName",
        "IPAddress",
        "RFC822Name",
        "UniformResourceIdentifier",
        "DirectoryName",
        "OtherName",
        "RegisteredID",
    }
    assert found.policies == ["1.2.3.4", "1.2.3.5"]
    assert found.value(x509.CertificatePolicies)[0].policy_qualifiers == ["http://shop.example/cps"]
    custom = found.extension(PRIVATE_OID)
    assert custom is not None and custom.critical
    assert not found.value(x509.BasicConstraints).ca


def test_a_template_that_fixes_usages_comes_before_the_api(here: World, issuing: AuthorityRecord) -> None:
    record = here.private(issuing, templateArn="EndEntityCertificate_APIPassthrough", apiPassthrough=API)
    found = said(here, record.arn)
    assert found.purposes == {Eku.SERVER_AUTH, Eku.CLIENT_AUTH}
    assert found.usages == {DIGITAL}
    assert (found.subject, found.policies) == ("CN=api.internal,O=API GmbH", ["1.2.3.4", "1.2.3.5"])


def test_awss_own_spelling_is_accepted_as_text(here: World, issuing: AuthorityRecord) -> None:
    text = json.dumps({"Extensions": {"KeyUsage": {"DigitalSignature": True, "CRLSign": True}}})
    record = here.private(issuing, templateArn="BlankEndEntityCertificate_APIPassthrough", apiPassthrough=text)
    assert said(here, record.arn).usages == {DIGITAL, KeyUsage.CRL_SIGN}


@pytest.mark.parametrize(
    ("template", "critical"),
    [
        ("BlankEndEntityCertificate_APIPassthrough", False),
        ("BlankEndEntityCertificate_CriticalBasicConstraints_APIPassthrough", True),
    ],
)
def test_a_blank_template_without_anything_says_nothing_of_usages(
    here: World, issuing: AuthorityRecord, template: str, critical: bool
) -> None:
    found = said(here, here.private(issuing, templateArn=template, apiPassthrough={}).arn)
    assert (found.usages, found.purposes) == (set(), set())
    assert found.certificate.extensions.get_extension_for_class(x509.BasicConstraints).critical is critical


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        # base: subject and names of the CSR, and nothing else of it
        ("EndEntityCertificate", ("CN=csr.internal", ["csr.internal", "csr2.internal"], {DIGITAL}, [], False)),
        (
            "EndEntityCertificate_CSRPassthrough",
            ("CN=csr.internal", ["csr.internal", "csr2.internal"], {DIGITAL}, ["1.9.9"], True),
        ),
        (
            "BlankEndEntityCertificate_CSRPassthrough",
            (
                "CN=csr.internal",
                ["csr.internal", "csr2.internal"],
                {DIGITAL, KeyUsage.NON_REPUDIATION},
                ["1.9.9"],
                True,
            ),
        ),
    ],
)
def test_what_a_csr_may_ask_for_depends_on_the_template(
    here: World, issuing: AuthorityRecord, template: str, expected: tuple[Any, ...]
) -> None:
    found = said(here, here.signed(issuing, csr(), templateArn=template).arn)
    custom = found.extension(CSR_OID) is not None
    assert (found.subject, found.dns, found.usages, found.policies, custom) == expected


@pytest.mark.parametrize("template", [n for n, t in TEMPLATES.items() if t.csr and not t.base.startswith("OCSP")])
def test_no_csr_makes_an_authority_or_chooses_what_certwright_writes(
    here: World, issuing: AuthorityRecord, template: str
) -> None:
    found = said(here, here.signed(issuing, csr(), templateArn=template).arn)
    assert not found.value(x509.BasicConstraints).ca
    assert found.value(x509.NameConstraints) is None
    assert found.value(x509.SubjectKeyIdentifier).digest != b"chosen by the asker"


def test_the_api_comes_before_the_csr(here: World, issuing: AuthorityRecord) -> None:
    template = "BlankEndEntityCertificate_APICSRPassthrough"
    found = said(here, here.signed(issuing, csr(), templateArn=template, apiPassthrough=API).arn)
    assert found.subject == "CN=api.internal,O=API GmbH"
    assert found.dns == ["api.internal"]
    assert found.usages == {DIGITAL, AGREEMENT}
    assert Eku.EMAIL_PROTECTION not in found.purposes
    assert found.policies == ["1.2.3.4", "1.2.3.5"]
    assert found.extension(CSR_OID) is not None  # what the API does not say comes from the CSR


def test_what_the_api_leaves_out_comes_from_the_csr(here: World, issuing: AuthorityRecord) -> None:
    template = "BlankEndEntityCertificate_APICSRPassthrough"
    api = {"extensions": {"customExtensions": [{"objectIdentifier": CSR_OID, "value": "BAEB"}]}}
    found = said(here, here.signed(issuing, csr(), templateArn=template, apiPassthrough=api).arn)
    assert (found.subject, found.purposes) == ("CN=csr.internal", {Eku.EMAIL_PROTECTION})
    custom = found.extension(CSR_OID)
    assert custom is not None and custom.value.value == b"\x04\x01\x01"


@pytest.mark.parametrize("template", [None, "EndEntityCertificate", "EndEntityCertificate_CSRPassthrough"])
def test_without_an_api_template_the_sentence_says_which_one_to_use(
    here: World, issuing: AuthorityRecord, template: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        here.signed(issuing, csr(), templateArn=template, apiPassthrough=API)
    (finding,) = refused.value.findings
    wanted = "EndEntityCertificate_APICSRPassthrough" if template and "CSR" in template else None
    assert (finding.code, finding.path) == ("template.no_passthrough", "apiPassthrough")
    assert f"arn:aws:acm-pca:::template/{wanted or 'EndEntityCertificate_APIPassthrough'}/V1" in finding.message


def test_a_private_certificate_has_no_csr_to_pass_through(here: World, issuing: AuthorityRecord) -> None:
    with pytest.raises(Refused) as refused:
        here.private(issuing, templateArn="EndEntityCertificate_APICSRPassthrough", apiPassthrough=API)
    assert refused.value.code == "template.no_csr"
    assert "EndEntityCertificate_APIPassthrough" in refused.value.message


# --- template names -------------------------------------------------------------------------------------------------


def test_acms_templates_for_certificates_are_all_known() -> None:
    bases = ["EndEntity", "EndEntityServerAuth", "EndEntityClientAuth", "CodeSigning", "OCSPSigning"]
    suffixes = ["_APIPassthrough", "_CSRPassthrough", "_APICSRPassthrough"]
    blanks = ["BlankEndEntityCertificate", "BlankEndEntityCertificate_CriticalBasicConstraints"]
    expected = {f"{b}Certificate{s}" for b in bases for s in ["", *suffixes]}
    expected |= {b + s for b in blanks for s in suffixes}
    assert set(TEMPLATES) == expected
    assert all(template.name == name for name, template in TEMPLATES.items())


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        (None, "EndEntityCertificate"),
        ("", "EndEntityCertificate"),
        ("CodeSigningCertificate", "CodeSigningCertificate"),
        ("CodeSigningCertificate/V1", "CodeSigningCertificate"),
        ("arn:aws:acm-pca:::template/CodeSigningCertificate/V1", "CodeSigningCertificate"),
        ("arn:aws-cn:acm-pca:::template/CodeSigningCertificate/V1", "CodeSigningCertificate"),
        ("arn:aws:acm-pca:::template/CodeSigningCertificate/V2", None),
        ("BlankEndEntityCertificate", None),
        ("RootCACertificate", None),
        ("SubordinateCACertificate_PathLen0", None),
        ("EndEntityCertificate_APIPassthrough_APIPassthrough", None),
    ],
)
def test_a_template_by_arn_or_name(stated: str | None, name: str | None) -> None:
    found: Template | None = find_template(stated)
    assert (found.name if found else None) == name


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda t: t.name)
@pytest.mark.parametrize("stated", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_every_template_with_and_without_its_sources(template: Template, stated: bool, signed: bool) -> None:
    problem = passthrough_problem(template, stated=stated, signed=signed)
    fits = (template.api or not stated) and (signed or not template.csr)
    assert (problem is None) is fits
    if problem is not None:
        proposed = problem.message.rsplit(" ", 1)[1].rsplit("template/")[-1].removesuffix("/V1")
        assert proposed in TEMPLATES
