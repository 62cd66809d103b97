from __future__ import annotations

import pytest
from builders import pki
from certwright.domain import subject as module
from certwright.domain import tbs
from certwright.domain.errors import Refused
from certwright.domain.keyspec import SigningAlgorithm
from certwright.domain.subject import Subject, common_name_only, findings, to_name
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

FULL = {
    "commonName": "Shop Root CA",
    "country": "DE",
    "organization": "Shop",
    "organizationalUnit": "PKI",
    "state": "Bayern",
    "locality": "München",
    "serialNumber": "4711",
    "title": "Dr",
    "surname": "Meier",
    "givenName": "Ada",
    "initials": "AM",
    "pseudonym": "adam",
    "generationQualifier": "Jr.",
    "distinguishedNameQualifier": "x1",
    "customAttributes": [{"objectIdentifier": "1.3.6.1.4.1.37244.1.1", "value": "node"}],
}


@pytest.mark.proves("PCA-4", "CRT-10")
def test_every_attribute_of_acm_gets_into_the_name_in_the_order_of_the_baseline_requirements() -> None:
    name = to_name(Subject.model_validate(FULL))
    assert [attribute.rfc4514_attribute_name for attribute in name] == [
        *("C", "ST", "L", "O", "2.5.4.4", "2.5.4.42", "OU", "CN", "2.5.4.5", "2.5.4.46"),
        *("2.5.4.12", "2.5.4.43", "2.5.4.65", "2.5.4.44", "1.3.6.1.4.1.37244.1.1"),
    ]
    assert to_name(Subject.model_validate(FULL)).public_bytes() == name.public_bytes()


def test_country_serial_number_and_qualifier_are_printable_strings_and_the_rest_is_utf8() -> None:
    tags = [a._type.name for a in to_name(Subject(country="de", common_name="x", serial_number="1"))]
    assert tags == ["PrintableString", "UTF8String", "PrintableString"]
    assert to_name(Subject(country="de")).rfc4514_string() == "C=DE"


def test_every_field_has_a_description_and_a_wire_name_of_acm() -> None:
    schema = Subject.model_json_schema(by_alias=True)
    assert set(schema["properties"]) == set(FULL)
    assert all(entry.get("description") for entry in schema["properties"].values())


@pytest.mark.proves("PCA-4")
@pytest.mark.parametrize(
    ("wire", "limit"),
    [
        *(("commonName", 64), ("organization", 64), ("organizationalUnit", 64), ("state", 128), ("locality", 128)),
        *(("serialNumber", 64), ("title", 64), ("surname", 40), ("givenName", 16), ("initials", 5)),
        *(("pseudonym", 128), ("generationQualifier", 3), ("distinguishedNameQualifier", 64)),
    ],
)
def test_each_limit_holds_exactly(wire: str, limit: int) -> None:
    assert findings(Subject.model_validate({wire: "a" * limit}), "subject") == []
    (found,) = findings(Subject.model_validate({wire: "a" * (limit + 1)}), "subject")
    assert found.path == f"subject.{wire}"
    assert str(limit) in found.message


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"country": "DEU"}, "subject.country"),
        ({"country": "D1"}, "subject.country"),
        ({"commonName": " "}, "subject.commonName"),
        ({"commonName": "a\nb"}, "subject.commonName"),
        ({"serialNumber": "ü"}, "subject.serialNumber"),
        (
            {"customAttributes": [{"objectIdentifier": "1.40.1", "value": "x"}]},
            "subject.customAttributes[0].objectIdentifier",
        ),
        ({"customAttributes": [{"objectIdentifier": "2.5.4.6", "value": "DEU"}]}, "subject.customAttributes[0].value"),
        ({"customAttributes": [{"objectIdentifier": "1.2.3", "value": ""}]}, "subject.customAttributes[0].value"),
    ],
)
def test_bad_values_are_named_by_their_path(fields: dict[str, object], path: str) -> None:
    subject = Subject.model_validate(fields)
    (found,) = findings(subject, "subject")
    assert (found.code, found.path) == ("subject.invalid", path)
    with pytest.raises(Refused):
        to_name(subject)


def test_all_findings_come_at_once() -> None:
    subject = Subject(country="x", initials="abcdef", title="")
    assert [f.path for f in findings(subject, "s")] == ["s.country", "s.title", "s.initials"]


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(ValidationError):
        Subject.model_validate({"comonName": "x"})


@pytest.mark.proves("CRT-7", "NAM-5")
def test_a_public_subject_is_the_common_name_if_it_fits() -> None:
    assert common_name_only("a" * 64).rfc4514_string() == "CN=" + "a" * 64
    assert list(common_name_only("a" * 65)) == []
    assert list(common_name_only(None)) == []


@given(
    st.dictionaries(st.sampled_from([k for k in FULL if k != "customAttributes"]), st.text(max_size=140), max_size=4)
)
def test_what_has_no_finding_makes_a_name_that_reads_back(fields: dict[str, str]) -> None:
    subject = Subject.model_validate(fields)
    if findings(subject, "subject"):
        with pytest.raises(Refused):
            to_name(subject)
        return
    name = to_name(subject)
    assert len(list(name)) == len(fields)
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    der = tbs.sign_csr(builder, pki.key(), SigningAlgorithm.SHA256WITHECDSA)
    assert x509.load_der_x509_csr(der).subject == name


@given(st.text(max_size=40))
def test_object_identifiers_that_pass_are_accepted_by_the_encoder(text: str) -> None:
    if module.oid_is_valid(text):
        x509.ObjectIdentifier(text)
