"""Secrets show themselves nowhere, and unknown values decide nothing."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest
from certwright.domain.values import UNKNOWN, Secret, contains_secret, contains_unknown, reveal


@dataclass(frozen=True)
class Holder:
    name: str
    key: Secret[str]


@pytest.mark.proves("SEC-2")
def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("hunter2")
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>20}", f"{secret!r}", str([secret]), "%s" % secret):  # noqa: UP031
        assert "hunter2" not in shown
    assert "hunter2" not in repr(Holder(name="n", key=secret))
    assert "hunter2" not in str(ValueError(secret))
    with pytest.raises(TypeError, match="refuses to be pickled"):
        pickle.dumps(secret)


def test_the_one_way_out_is_reveal() -> None:
    tree = {"a": [Secret("x"), UNKNOWN], "b": {"c": Secret({"d": Secret("y")})}}
    assert reveal(tree) == {"a": ["x", UNKNOWN], "b": {"c": {"d": "y"}}}
    assert contains_secret(tree) and not contains_secret(reveal(tree))
    assert contains_unknown(tree) and contains_unknown(Secret([UNKNOWN])) and not contains_unknown(tree["b"])


def test_an_unknown_value_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN
