from __future__ import annotations

import pytest
from certwright.domain.errors import Refused
from certwright.domain.extension import (
    EXTENDED_KEY_USAGE_OIDS,
    MANAGED_EXTENSIONS,
    CustomExtension,
    ExtendedKeyUsage,
    KeyUsage,
    custom_extension_findings,
    extended_key_usage_oid,
    key_usage_extension,
    key_usages_of,
    to_unrecognized,
)
from hypothesis import given
from hypothesis import strategies as st


def codes(*extensions: tuple[str, str]) -> list[tuple[str, str]]:
    items = [CustomExtension(object_identifier=oid, value=value) for oid, value in extensions]
    return [(f.code, f.path) for f in custom_extension_findings(items, "customExtensions")]


@pytest.mark.proves("CRT-10")
@pytest.mark.parametrize("oid", sorted(MANAGED_EXTENSIONS))
def test_what_the_engine_writes_itself_is_refused(oid: str) -> None:
    assert codes((oid, "BQA=")) == [("extension.managed", "customExtensions[0].objectIdentifier")]
    with pytest.raises(Refused):
        to_unrecognized(CustomExtension(object_identifier=oid, value="BQA="))


@pytest.mark.parametrize(
    ("oid", "value", "path"),
    [
        ("x", "BQA=", "customExtensions[0].objectIdentifier"),
        ("1.2.3.4", "", "customExtensions[0].value"),
        ("1.2.3.4", "!", "customExtensions[0].value"),
        ("1.2.3.4", "A" * 4100, "customExtensions[0].value"),
    ],
)
def test_bad_custom_extensions_are_named(oid: str, value: str, path: str) -> None:
    assert codes((oid, value)) == [("extension.invalid", path)]


def test_repetition_and_number_are_bounded() -> None:
    assert codes(("1.2.3.4", "BQA="), ("1.2.3.4", "BQA=")) == [("extension.repeated", "customExtensions[1]")]
    assert codes(*[(f"1.2.3.{i}", "BQA=") for i in range(151)]) == [("extension.invalid", "customExtensions")]
    assert codes(*[(f"1.2.3.{i}", "BQA=") for i in range(150)]) == []


def test_a_good_one_keeps_its_bytes() -> None:
    made = to_unrecognized(CustomExtension.model_validate({"objectIdentifier": "1.2.3.4", "value": "BQA="}))
    assert (made.oid.dotted_string, made.value) == ("1.2.3.4", b"\x05\x00")


@given(st.sets(st.sampled_from(list(KeyUsage)), min_size=1))
def test_key_usages_read_back(usages: set[KeyUsage]) -> None:
    expected = set(usages)
    if KeyUsage.KEY_AGREEMENT not in usages:
        expected -= {KeyUsage.ENCIPHER_ONLY, KeyUsage.DECIPHER_ONLY}
    assert key_usages_of(key_usage_extension(usages)) == expected


@pytest.mark.proves("CRT-10")
def test_extended_key_usages_have_acms_names_or_an_identifier() -> None:
    assert set(EXTENDED_KEY_USAGE_OIDS) == set(ExtendedKeyUsage)
    assert extended_key_usage_oid("SERVER_AUTH").dotted_string == "1.3.6.1.5.5.7.3.1"
    assert extended_key_usage_oid("1.2.3.4").dotted_string == "1.2.3.4"
    with pytest.raises(Refused) as caught:
        extended_key_usage_oid("SERVER", path="extendedKeyUsages[2]")
    assert caught.value.findings[0].path == "extendedKeyUsages[2]"
