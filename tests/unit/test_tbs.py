from __future__ import annotations

from dataclasses import replace

import pytest
from builders import pki
from certwright.domain import tbs
from certwright.domain.certificate import load_der, signing_algorithm_of
from certwright.domain.errors import CertwrightError, Refused
from certwright.domain.extension import CustomExtension, KeyUsage
from certwright.domain.keyspec import KEYS, SIGNINGS, KeyAlgorithm, SigningAlgorithm
from certwright.domain.lints.specimen import Circumstances
from certwright.domain.profile import PROFILES, ProfileName
from certwright.domain.subject import Subject, to_name
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

ECDSA = SigningAlgorithm.SHA256WITHECDSA
PAIRS = [(key, signing) for key, row in KEYS.items() for signing, how in SIGNINGS.items() if how.family is row.family]


def full_template(**vary: object) -> tbs.CertificateTemplate:
    template = pki.leaf_template(
        subject=to_name(Subject(common_name="www.shop.example.com", organization="Shop", country="DE")),
        custom_extensions=(CustomExtension(object_identifier="1.3.6.1.4.1.99999.1", value="BQA=", critical=True),),
        policies=(x509.ObjectIdentifier("1.3.6.1.4.1.99999.2"),),
        cps_url="https://shop.example/cps",
        crl_urls=("http://crl.shop.example/1.crl",),
        ocsp_urls=("http://ocsp.shop.example/",),
        issuer_urls=("http://ca.shop.example/1.cer",),
        extended_key_usages=(ExtendedKeyUsageOID.SERVER_AUTH, x509.ObjectIdentifier("1.3.6.1.4.1.99999.3")),
    )
    return replace(template, **vary)


@pytest.mark.proves("CRT-8", "PCA-7")
@pytest.mark.parametrize(("key", "signing"), PAIRS, ids=lambda v: v.value)
def test_what_is_signed_is_what_was_linted(key: KeyAlgorithm, signing: SigningAlgorithm) -> None:
    authority = pki.authority(algorithm=key, signing=signing, number=3)
    prepared = tbs.prepare(pki.leaf_template(authority), signing)
    linted = load_der(prepared.preissuance_der)
    certificate = load_der(tbs.sign_prepared(prepared, authority.private_key, signing))
    assert certificate.tbs_certificate_bytes == linted.tbs_certificate_bytes == prepared.tbs
    certificate.verify_directly_issued_by(authority.certificate)
    assert signing_algorithm_of(certificate) is signing
    with pytest.raises(InvalidSignature):
        linted.verify_directly_issued_by(authority.certificate)


@pytest.mark.proves("PCA-7", "SEC-5")
def test_a_prepared_certificate_is_signed_once() -> None:
    prepared = tbs.prepare(pki.leaf_template(), ECDSA)
    tbs.sign_prepared(prepared, pki.issuing().private_key, ECDSA)
    with pytest.raises(CertwrightError) as caught:
        tbs.sign_prepared(prepared, pki.issuing().private_key, ECDSA)
    assert caught.value.code == "issuance.redeemed"


@pytest.mark.proves("SEC-5")
@pytest.mark.parametrize("profile", list(ProfileName))
def test_after_a_crash_the_journal_gives_exactly_the_same_bytes(profile: ProfileName) -> None:
    spec = (
        full_template(profile=profile)
        if not PROFILES[profile].ca
        else pki.ca_template(
            "Sub",
            pki.key(number=8),
            pki.root(),
            profile=profile,
            path_length=0,
            name_constraints=x509.NameConstraints([x509.DNSName("shop.example")], [x509.DNSName("x.shop.example")]),
        )
    )
    if profile is ProfileName.PUBLIC_TLS:
        spec = replace(pki.leaf_template(profile=profile), crl_urls=spec.crl_urls)
    if profile in (ProfileName.CODE_SIGNING, ProfileName.OCSP_SIGNING):
        spec = replace(spec, extended_key_usages=None)
    prepared = tbs.prepare(spec, ECDSA)
    again = tbs.resume(prepared.preissuance_der, spec.circumstances())
    assert again.tbs == prepared.tbs
    signed = load_der(tbs.sign_prepared(prepared.preissuance_der, pki.issuing().private_key, ECDSA))
    assert signed.tbs_certificate_bytes == prepared.tbs


def test_the_journal_is_linted_again() -> None:
    bad = pki.unlinted(serial=5)
    with pytest.raises(Refused) as caught:
        tbs.resume(bad.public_bytes(Encoding.DER), Circumstances())
    assert caught.value.code == "lint.serial_entropy"


def test_a_journal_entry_that_no_builder_makes_is_a_refusal() -> None:
    good = tbs.prepare(pki.leaf_template(), ECDSA).preissuance_der
    swapped = good.replace(b"261124110000Z", b"361124110000Z")
    assert swapped != good
    with pytest.raises(Refused) as caught:
        tbs.resume(swapped)
    assert caught.value.code == "certificate.unbuildable"


@pytest.mark.proves("PCA-7")
def test_different_bytes_are_not_signed() -> None:
    prepared = tbs.prepare(pki.leaf_template(), ECDSA)
    prepared._pending[:] = [tbs.build_certificate(pki.leaf_template())]
    with pytest.raises(CertwrightError) as caught:
        tbs.sign_prepared(prepared, pki.issuing().private_key, ECDSA)
    assert caught.value.code == "issuance.tbs_mismatch"


@pytest.mark.parametrize(
    ("key", "signing"),
    [
        (KeyAlgorithm.RSA_2048, ECDSA),
        (KeyAlgorithm.EC_PRIME256V1, SigningAlgorithm.SHA384WITHECDSA),
    ],
)
def test_another_algorithm_than_the_prepared_one_is_refused(key: KeyAlgorithm, signing: SigningAlgorithm) -> None:
    prepared = tbs.prepare(pki.leaf_template(), ECDSA)
    with pytest.raises(CertwrightError) as caught:
        tbs.sign_prepared(prepared, pki.key(key, 3), signing)
    assert caught.value.code == "issuance.algorithm"
    tbs.sign_prepared(prepared, pki.issuing().private_key, ECDSA)


def test_the_alternative_names_are_critical_exactly_when_the_subject_is_empty() -> None:
    for subject, critical in ((x509.Name([]), True), (pki.leaf_template().subject, False)):
        extension = pki.leaf(subject=subject).extensions.get_extension_for_class(x509.SubjectAlternativeName)
        assert extension.critical is critical


@pytest.mark.proves("CRT-10")
def test_everything_of_the_template_gets_into_the_certificate() -> None:
    certificate = load_der(tbs.sign_prepared(tbs.prepare(full_template(), ECDSA), pki.issuing().private_key, ECDSA))
    values = {e.oid.dotted_string: e for e in certificate.extensions}
    custom = values["1.3.6.1.4.1.99999.1"]
    assert custom.critical
    assert isinstance(custom.value, x509.UnrecognizedExtension)
    assert custom.value.value == b"\x05\x00"
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [p.dotted_string for p in purposes] == ["1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.99999.3"]
    (policy,) = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert policy.policy_qualifiers == ["https://shop.example/cps"]
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [a.access_location.value for a in access] == ["http://ocsp.shop.example/", "http://ca.shop.example/1.cer"]


@pytest.mark.proves("PCA-1")
@pytest.mark.parametrize("length", [None, 0, 3])
def test_the_path_length_is_written_also_when_it_is_zero(length: int | None) -> None:
    authority = pki.authority("Sub", parent=pki.root(), number=8, path_length=length)
    basic = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.value.ca, basic.value.path_length, basic.critical) == (True, length, True)


def test_only_rsa_keys_encipher() -> None:
    for algorithm, enciphers in ((KeyAlgorithm.RSA_2048, True), (KeyAlgorithm.EC_PRIME256V1, False)):
        usage = pki.leaf(private_key=pki.key(algorithm, 3)).extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.value.key_encipherment is enciphers
        assert usage.critical


@pytest.mark.parametrize("vary", [{"not_after": pki.NOW - 5 * pki.DAY}, {"serial": 2**200}, {"sans": ("x",)}])
def test_what_cannot_be_built_is_a_refusal(vary: dict[str, object]) -> None:
    with pytest.raises(Refused) as caught:
        tbs.build_certificate(pki.leaf_template(**vary))
    assert caught.value.code == "certificate.unbuildable"


@pytest.mark.proves("PCA-1")
def test_a_request_of_an_authority_asks_for_its_constraints() -> None:
    name = to_name(Subject(common_name="Sub"))
    builder = tbs.build_csr(name, profile=ProfileName.SUBORDINATE_CA, path_length=0)
    request = x509.load_der_x509_csr(tbs.sign_csr(builder, pki.key(), ECDSA))
    assert request.is_signature_valid
    basic = request.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.value.ca, basic.value.path_length, basic.critical) == (True, 0, True)
    assert request.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    with pytest.raises(CertwrightError):
        tbs.sign_csr(builder, pki.key(), SigningAlgorithm.SHA256WITHRSA)
    leaf = x509.load_der_x509_csr(
        tbs.sign_csr(tbs.build_csr(x509.Name([]), sans=[x509.DNSName("a.example")]), pki.key(), ECDSA)
    )
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


def test_the_profiles_say_what_acm_pca_says() -> None:
    assert PROFILES[ProfileName.END_ENTITY].extended_key_usages == (
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CLIENT_AUTH,
    )
    for name in (ProfileName.CODE_SIGNING, ProfileName.OCSP_SIGNING):
        assert PROFILES[name].extended_key_usage_critical
    for name in (ProfileName.ROOT_CA, ProfileName.SUBORDINATE_CA):
        assert PROFILES[name].key_usages == {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}
    assert set(PROFILES) == set(ProfileName)
