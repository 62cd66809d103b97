"""What a change of an authority's configuration does: nothing, a new certificate, or another authority."""

from __future__ import annotations

import pytest
from certwright.resources.base import Change, Tree
from certwright.resources.private_certificate_authority import CONFIGURATION, _changes

SUBJECT = {"commonName": "Shop Root CA"}


def inputs(**configuration: object) -> Tree:
    return {"type": "ROOT", CONFIGURATION: {"subject": SUBJECT, **configuration}}


@pytest.mark.proves("PCA-4", "IAC-5")
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(inputs(), inputs(keyAlgorithm="EC_prime256v1"), None, id="the default is stated"),
        pytest.param(inputs(), inputs(signingAlgorithm="SHA256WITHECDSA"), None, id="the fitting signature is stated"),
        pytest.param(inputs(), inputs(keyAlgorithm="EC_secp384r1"), Change.REISSUE, id="another key"),
        pytest.param(inputs(), inputs(signingAlgorithm="SHA512WITHECDSA"), Change.REISSUE, id="another signature"),
        pytest.param(inputs(), inputs(subject={"commonName": "Other"}), Change.REPLACE, id="another subject"),
    ],
)
def test_configuration(before: Tree, after: Tree, expected: Change | None) -> None:
    assert _changes(before, after, ()) == ([(CONFIGURATION, expected)] if expected else [])
