"""Each lint with a certificate that fails it: the defect is the only thing that differs from a good certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from builders import pki
from certwright.domain import tbs
from certwright.domain.errors import Refused
from certwright.domain.extension import KeyUsage
from certwright.domain.keyspec import KeyAlgorithm, SigningAlgorithm
from certwright.domain.lints.registry import LINTS, errors, run
from certwright.domain.lints.specimen import Circumstances, Severity
from certwright.domain.profile import ProfileName
from certwright.domain.subject import Subject, to_name
from certwright.domain.template import extensions_of
from certwright.domain.validity import ValidityProfile
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

pytestmark = pytest.mark.filterwarnings("ignore:Attribute's length must be")

Build = Callable[[], x509.Certificate]
PUBLIC = ProfileName.PUBLIC_TLS
ROOT = ProfileName.ROOT_CA
LEAF = ProfileName.END_ENTITY


OF_A_LEAF = Circumstances(profile=LEAF)


@dataclass(frozen=True, kw_only=True)
class Vector:
    """A certificate that breaks the lint named `breaks`, and what is known about its issue."""

    breaks: str
    build: Build
    circumstances: Circumstances = OF_A_LEAF


def template(profile: ProfileName = LEAF, **vary: Any) -> tbs.CertificateTemplate:
    """Values that are slow to make (keys) are given as functions."""
    return replace(pki.leaf_template(profile=profile), **{k: v() if callable(v) else v for k, v in vary.items()})


def made(profile: ProfileName = LEAF, **vary: Any) -> Build:
    """A leaf that differs from the good one in its template."""
    return lambda: sign(tbs.build_certificate(template(profile, **vary)))


def sign(builder: x509.CertificateBuilder, algorithm: Any = None) -> x509.Certificate:
    return builder.sign(pki.issuing().private_key, algorithm or hashes.SHA256())


def raw(
    *,
    drop: type[x509.ExtensionType] | None = None,
    add: tuple[x509.ExtensionType, bool] | None = None,
    profile: ProfileName = LEAF,
    **vary: Any,
) -> Build:
    """A leaf with one extension taken out, put in, or both: for what the template cannot say."""

    def build() -> x509.Certificate:
        spec = template(profile, **vary)
        builder = (
            x509.CertificateBuilder()
            .subject_name(spec.subject)
            .issuer_name(spec.issuer)
            .public_key(spec.public_key)
            .serial_number(spec.serial)
            .not_valid_before(spec.not_before)
            .not_valid_after(spec.not_after)
        )
        done = False
        for extension in extensions_of(spec):
            if drop is not None and isinstance(extension[0], drop):
                if add is not None:
                    builder, done = builder.add_extension(*add), True
                continue
            builder = builder.add_extension(*extension)
        if add is not None and not done:
            builder = builder.add_extension(*add)
        return sign(builder)

    return build


def ca(**vary: Any) -> Build:
    return lambda: sign(tbs.build_certificate(pki.ca_template("Sub CA", pki.key(number=8), pki.root(), **vary)))


def name(oid: x509.ObjectIdentifier, value: str) -> Callable[[], x509.Name]:
    return lambda: x509.Name([x509.NameAttribute(oid, value, _type=_ASN1Type.UTF8String, _validate=False)])


def usage(**bits: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{bit: bits.get(bit, False) for bit in names})


def rsa_key(bits: int = 2048, exponent: int = 65537) -> Callable[[], rsa.RSAPublicKey]:
    return lambda: rsa.generate_private_key(exponent, bits).public_key()


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    length = octets if size < 128 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def split(content: bytes) -> list[bytes]:
    """The elements of a DER SEQUENCE's content."""
    items = []
    while content:
        size, at = content[1], 2
        if size & 0x80:
            at += size & 0x7F
            size = int.from_bytes(content[2:at], "big")
        items.append(content[: at + size])
        content = content[at + size :]
    return items


def inner(element: bytes) -> bytes:
    return element[2 + (element[1] & 0x7F if element[1] & 0x80 else 0) :]


def rewritten(change: Callable[[list[bytes]], list[bytes]]) -> Build:
    """A good leaf whose TBS elements are changed by hand, for what no builder makes; its signature is void."""

    def build() -> x509.Certificate:
        outer = split(inner(made()().public_bytes(Encoding.DER)))
        outer[0] = tlv(0x30, b"".join(change(split(inner(outer[0])))))
        return x509.load_der_x509_certificate(tlv(0x30, b"".join(outer)))

    return build


def even_modulus() -> rsa.RSAPublicKey:
    numbers = pki.key(KeyAlgorithm.RSA_2048).public_key().public_numbers()
    return rsa.RSAPublicNumbers(numbers.e, numbers.n - 1).public_key()


SKI = x509.SubjectKeyIdentifier
AKI = x509.AuthorityKeyIdentifier
SAN = x509.SubjectAlternativeName
BC = x509.BasicConstraints
EKU = x509.ExtendedKeyUsage
KU = x509.KeyUsage
DNS = x509.DNSName
SUB = ProfileName.SUBORDINATE_CA
public = Circumstances(profile=PUBLIC, issued_at=pki.NOW)
under = Circumstances(profile=SUB)
start = pki.NOW - timedelta(hours=1)
server = ExtendedKeyUsageOID.SERVER_AUTH


def serial_of(octets: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda parts: [parts[0], tlv(0x02, octets), *parts[2:]]


def oid(dotted: str) -> x509.ObjectIdentifier:
    return x509.ObjectIdentifier(dotted)


def dns(*names: str) -> tuple[x509.GeneralName, ...]:
    return tuple(x509.DNSName(n) for n in names)


def good_for(years: int) -> dict[str, Any]:
    return {"not_after": start + timedelta(days=365 * years)}


def secp256k1() -> Any:
    return ec.generate_private_key(ec.SECP256K1()).public_key()


def ed25519_key() -> Any:
    return ed25519.Ed25519PrivateKey.generate().public_key()


def sha1_signed() -> x509.Certificate:
    # AlgorithmIdentifiers of the same length: ecdsa-with-SHA256 becomes ecdsa-with-SHA1 padded by hand in both places.
    outer = split(inner(made()().public_bytes(Encoding.DER)))
    sha1 = tlv(0x30, bytes.fromhex("06072a8648ce3d0401"))
    parts = split(inner(outer[0]))
    parts[2] = sha1
    return x509.load_der_x509_certificate(tlv(0x30, tlv(0x30, b"".join(parts)) + sha1 + outer[2]))


def signed_by_ed25519() -> x509.Certificate:
    return tbs.build_certificate(template(PUBLIC)).sign(pki.key(KeyAlgorithm.ED25519), None)


def path_length_without_ca() -> x509.Certificate:
    """basicConstraints SEQUENCE { pathLenConstraint 1 }, which no builder writes."""
    wrong = x509.UnrecognizedExtension(BC.oid, bytes.fromhex("3003020101"))
    return raw(drop=BC, add=(wrong, False))()


VECTORS: tuple[Vector, ...] = (
    Vector(breaks="serial_positive", build=rewritten(serial_of(b"\x80" + b"\xff" * 19))),
    Vector(breaks="serial_size", build=rewritten(serial_of(b"\x00\xff" + b"\xff" * 19))),
    Vector(breaks="serial_entropy", build=made(serial=2**40)),
    Vector(breaks="version_3", build=rewritten(lambda parts: parts[1:-1])),
    Vector(breaks="validity_order", build=made(not_before=start, not_after=start)),
    Vector(
        breaks="validity_within_issuer",
        build=made(),
        circumstances=Circumstances(profile=LEAF, issuer_not_after=pki.NOW + pki.DAY),
    ),
    Vector(
        breaks="validity_within_issuer",
        build=made(),
        circumstances=Circumstances(profile=LEAF, issuer_not_before=pki.NOW),
    ),
    Vector(breaks="issuer_not_empty", build=made(issuer=x509.Name([]))),
    Vector(breaks="ca_subject_not_empty", build=ca(subject=x509.Name([])), circumstances=under),
    Vector(breaks="subject_lengths", build=made(subject=name(NameOID.ORGANIZATION_NAME, "o" * 65))),
    Vector(breaks="subject_values", build=made(subject=name(NameOID.ORGANIZATION_NAME, "a\x07b"))),
    Vector(breaks="subject_values", build=made(subject=name(NameOID.ORGANIZATION_NAME, " "))),
    Vector(breaks="subject_trimmed", build=made(subject=name(NameOID.ORGANIZATION_NAME, "Shop "))),
    Vector(breaks="country_two_letters", build=made(subject=name(NameOID.COUNTRY_NAME, "de"))),
    Vector(breaks="country_two_letters", build=made(subject=name(NameOID.COUNTRY_NAME, "DEU"))),
    Vector(breaks="signature_strength", build=sha1_signed),
    Vector(breaks="key_kind", build=made(public_key=secp256k1, key_usages=frozenset({KeyUsage.DIGITAL_SIGNATURE}))),
    Vector(breaks="rsa_size", build=made(public_key=rsa_key(1024), key_usages=frozenset({KeyUsage.DIGITAL_SIGNATURE}))),
    Vector(breaks="rsa_exponent", build=made(public_key=rsa_key(exponent=3))),
    Vector(breaks="rsa_modulus_odd", build=made(public_key=even_modulus)),
    Vector(breaks="public_key_kind", build=made(PUBLIC, public_key=ed25519_key), circumstances=public),
    Vector(breaks="san_present", build=made(sans=())),
    Vector(
        breaks="san_present",
        build=made(ProfileName.CODE_SIGNING, sans=(), subject=x509.Name([])),
        circumstances=Circumstances(profile=ProfileName.CODE_SIGNING),
    ),
    Vector(
        breaks="san_critical_when_subject_empty",
        build=raw(drop=SAN, add=(SAN([DNS("a.example")]), False), subject=x509.Name([])),
    ),
    Vector(breaks="san_not_critical_with_subject", build=raw(drop=SAN, add=(SAN([DNS("www.shop.example.com")]), True))),
    Vector(breaks="san_not_empty", build=raw(drop=SAN, add=(SAN([]), False))),
    Vector(breaks="san_not_empty", build=made(sans=dns("www.shop.example.com", ""))),
    Vector(breaks="san_unique", build=made(sans=dns("www.shop.example.com", "www.shop.example.com"))),
    *(
        Vector(breaks="dns_name_syntax", build=made(sans=dns("www.shop.example.com", bad)))
        for bad in (
            "a..b",
            "-a.example",
            "a-.example",
            "a b.example",
            "*",
            "*.*.example",
            "x.*.example",
            "a.example.",
            "f*.example",
            "l" * 64 + ".example",
            ".".join(["l" * 60] * 5),
            "http://a.example",
        )
    ),
    Vector(breaks="email_and_uri_syntax", build=made(sans=(*dns("www.shop.example.com"), x509.RFC822Name("nobody")))),
    Vector(
        breaks="email_and_uri_syntax",
        build=made(sans=(*dns("www.shop.example.com"), x509.UniformResourceIdentifier("nowhere"))),
    ),
    Vector(breaks="common_name_in_san", build=made(sans=dns("other.example.com"))),
    Vector(breaks="ca_basic_constraints", build=made(SUB)),
    Vector(breaks="ca_basic_constraints", build=made(LEAF), circumstances=under),
    Vector(
        breaks="ca_basic_constraints",
        build=raw(drop=BC, add=(BC(ca=True, path_length=0), False), profile=SUB, sans=()),
        circumstances=under,
    ),
    Vector(
        breaks="path_length_below_issuer",
        build=ca(path_length=1),
        circumstances=Circumstances(profile=SUB, issuer_path_length=1),
    ),
    Vector(
        breaks="path_length_below_issuer", build=ca(), circumstances=Circumstances(profile=SUB, issuer_path_length=1)
    ),
    Vector(
        breaks="path_length_below_issuer",
        build=ca(path_length=0),
        circumstances=Circumstances(profile=SUB, issuer_path_length=0),
    ),
    Vector(breaks="key_usage_present", build=made(key_usages=frozenset())),
    Vector(breaks="key_usage_critical", build=raw(drop=KU, add=(usage(digital_signature=True), False))),
    Vector(breaks="key_usage_not_empty", build=raw(drop=KU, add=(usage(), True))),
    Vector(
        breaks="key_cert_sign_only_ca",
        build=made(key_usages=frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_CERT_SIGN})),
    ),
    Vector(breaks="key_cert_sign_only_ca", build=ca(key_usages=frozenset({KeyUsage.CRL_SIGN})), circumstances=under),
    Vector(breaks="key_usage_fits_key", build=made(key_usages=frozenset({KeyUsage.KEY_ENCIPHERMENT}))),
    Vector(
        breaks="key_usage_fits_key", build=made(public_key=ed25519_key, key_usages=frozenset({KeyUsage.KEY_AGREEMENT}))
    ),
    Vector(
        breaks="extended_key_usage_fits_profile",
        build=made(ProfileName.OCSP_SIGNING, extended_key_usages=(server,)),
        circumstances=Circumstances(profile=ProfileName.OCSP_SIGNING),
    ),
    Vector(
        breaks="extended_key_usage_fits_profile",
        build=raw(drop=EKU, add=(EKU([ExtendedKeyUsageOID.CODE_SIGNING]), False), profile=ProfileName.CODE_SIGNING),
        circumstances=Circumstances(profile=ProfileName.CODE_SIGNING),
    ),
    Vector(breaks="extended_key_usage_unique", build=raw(drop=EKU, add=(EKU([server, server]), False))),
    Vector(
        breaks="any_extended_key_usage",
        build=made(extended_key_usages=(server, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)),
    ),
    Vector(
        breaks="ocsp_no_check",
        build=raw(drop=x509.OCSPNoCheck, profile=ProfileName.OCSP_SIGNING),
        circumstances=Circumstances(profile=ProfileName.OCSP_SIGNING),
    ),
    Vector(breaks="subject_key_identifier", build=raw(drop=SKI)),
    Vector(breaks="subject_key_identifier", build=raw(drop=SKI, add=(SKI(b""), False))),
    Vector(breaks="subject_key_identifier", build=raw(drop=SKI, add=(SKI(b"k" * 20), True))),
    Vector(breaks="authority_key_identifier", build=raw(drop=AKI)),
    Vector(breaks="authority_key_identifier", build=raw(drop=AKI, add=(AKI(b"", None, None), False))),
    Vector(breaks="authority_key_identifier", build=raw(drop=AKI, add=(AKI(b"k" * 20, None, None), True))),
    Vector(
        breaks="extension_values_not_empty",
        build=raw(add=(x509.UnrecognizedExtension(oid("1.3.6.1.4.1.99999.1"), b""), False)),
    ),
    Vector(
        breaks="name_constraints_only_ca", build=made(name_constraints=x509.NameConstraints([DNS("example.com")], None))
    ),
    Vector(
        breaks="name_constraints_only_ca",
        build=raw(add=(x509.NameConstraints([DNS("example.com")], None), False), profile=SUB, sans=()),
        circumstances=under,
    ),
    Vector(breaks="pointers_are_http", build=made(crl_urls=("https://crl.shop.example/1.crl",))),
    Vector(breaks="pointers_are_http", build=made(ocsp_urls=("ftp://ocsp.shop.example",))),
    Vector(breaks="public_validity_cap", build=made(PUBLIC, **good_for(1)), circumstances=public),
    Vector(
        breaks="public_validity_cap",
        build=made(PUBLIC, **good_for(2)),
        circumstances=replace(public, validity_profile=ValidityProfile.ACM),
    ),
    Vector(
        breaks="public_names_are_dns",
        build=made(PUBLIC, sans=(*dns("www.shop.example.com"), x509.RFC822Name("a@shop.example"))),
        circumstances=public,
    ),
    Vector(
        breaks="public_dns_names",
        build=made(PUBLIC, sans=dns("www.shop.example.com", "a_b.example.com")),
        circumstances=public,
    ),
    Vector(
        breaks="public_dns_names", build=made(PUBLIC, sans=dns("www.shop.example.com", "wiki")), circumstances=public
    ),
    Vector(
        breaks="public_subject_cn_only",
        build=made(PUBLIC, subject=lambda: to_name(Subject(common_name="www.shop.example.com", organization="Shop"))),
        circumstances=public,
    ),
    Vector(
        breaks="public_key_usage",
        build=made(PUBLIC, key_usages=frozenset({KeyUsage.KEY_AGREEMENT})),
        circumstances=public,
    ),
    Vector(
        breaks="public_key_usage",
        build=made(PUBLIC, key_usages=frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION})),
        circumstances=public,
    ),
    Vector(
        breaks="public_extended_key_usage",
        build=made(PUBLIC, extended_key_usages=(ExtendedKeyUsageOID.CLIENT_AUTH,)),
        circumstances=public,
    ),
    Vector(
        breaks="public_extended_key_usage",
        build=made(PUBLIC, extended_key_usages=(server, ExtendedKeyUsageOID.CODE_SIGNING)),
        circumstances=public,
    ),
    Vector(
        breaks="public_extended_key_usage",
        build=raw(drop=EKU, add=(EKU([server]), True), profile=PUBLIC),
        circumstances=public,
    ),
    Vector(
        breaks="public_basic_constraints_critical",
        build=raw(drop=BC, add=(BC(ca=False, path_length=None), False), profile=PUBLIC),
        circumstances=public,
    ),
    Vector(breaks="public_policy", build=made(PUBLIC, policies=(oid("1.2.3.4"),)), circumstances=public),
    Vector(breaks="public_signature", build=signed_by_ed25519, circumstances=public),
    Vector(breaks="public_authority_information_access", build=made(PUBLIC), circumstances=public),
)


@pytest.mark.filterwarnings("ignore:Parsed a.*serial number")
@pytest.mark.parametrize("vector", VECTORS, ids=[f"{i}-{v.breaks}" for i, v in enumerate(VECTORS)])
def test_the_lint_objects_to_its_vector(vector: Vector) -> None:
    codes = {result.code for result in run(vector.build(), vector.circumstances)}
    assert f"lint.{vector.breaks}" in codes


@pytest.mark.proves("PCA-7")
def test_every_lint_has_a_vector_and_every_vector_a_lint() -> None:
    assert {lint.name for lint in LINTS} == {vector.breaks for vector in VECTORS}


def test_lint_names_are_unique_and_sources_are_given() -> None:
    assert len({lint.name for lint in LINTS}) == len(LINTS)
    assert all(lint.source for lint in LINTS)


@pytest.mark.parametrize("profile", list(ProfileName))
def test_a_good_certificate_of_each_profile_has_no_objection(profile: ProfileName) -> None:
    spec = template(profile, sans=() if "CA" in profile.value else pki.leaf_template().sans)
    results = run(sign(tbs.build_certificate(spec)), spec.circumstances())
    assert [r.code for r in results if r.severity is not Severity.NOTICE] == []


@pytest.mark.parametrize("build", [path_length_without_ca, raw(drop=EKU, add=(EKU([]), False))])
def test_malformed_extensions_are_one_error(build: Build) -> None:
    assert [r.code for r in run(build(), OF_A_LEAF)] == ["lint.unreadable"]


def test_repeated_extensions_are_one_error() -> None:
    def twice(parts: list[bytes]) -> list[bytes]:
        extensions = split(inner(inner(parts[-1])))
        return [*parts[:-1], tlv(0xA3, tlv(0x30, b"".join([*extensions, extensions[0]])))]

    results = run(rewritten(twice)(), Circumstances(profile=LEAF))
    assert [r.code for r in results] == ["lint.unreadable"]
    assert errors(results) == results


@pytest.mark.proves("PCA-7")
def test_prepare_refuses_what_a_lint_of_error_severity_objects_to() -> None:
    with pytest.raises(Refused) as caught:
        tbs.prepare(template(serial=5), SigningAlgorithm.SHA256WITHECDSA)
    assert caught.value.code == "lint.serial_entropy"
    assert "CA/B BR" in str(caught.value)


@pytest.mark.proves("PCA-7")
def test_a_warning_does_not_stop_the_signature_but_is_kept() -> None:
    prepared = tbs.prepare(
        template(sans=dns("www.shop.example.com", "www.shop.example.com")), SigningAlgorithm.SHA256WITHECDSA
    )
    assert [w.code for w in prepared.warnings] == ["lint.san_unique"]
