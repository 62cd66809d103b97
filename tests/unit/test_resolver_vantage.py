"""Vantage points from the settings."""

from __future__ import annotations

from typing import Any

import pytest
from certwright.domain.errors import LookupFailed
from certwright.validation.vantage import make_vantage_points


def test_without_vantage_points_there_is_one() -> None:
    (only,) = make_vantage_points(resolvers=("192.0.2.53",), authoritative_servers={"com": "127.0.0.1:5353"})
    assert only.name == "primary"
    assert only.recursors == ("192.0.2.53:53",)
    assert only.authoritative_servers == {"com": ("127.0.0.1:5353",)}


@pytest.mark.proves("DNS-6")
def test_each_vantage_point_has_its_resolvers_and_adds_its_servers_to_the_shared_ones() -> None:
    first, second = make_vantage_points(
        resolvers=("192.0.2.1",),
        vantage_points=[
            {"name": "eu", "authoritativeServers": {"com": ["192.0.2.2:53"], "net": ["192.0.2.3"]}},
            {"resolvers": ["[2001:db8::1]:5300"]},
        ],
        authoritative_servers={"com": ["192.0.2.9"]},
    )
    assert (first.name, first.recursors) == ("eu", ("192.0.2.1:53",))
    assert first.authoritative_servers == {"com": ("192.0.2.2:53",), "net": ("192.0.2.3:53",)}
    assert (second.name, second.recursors) == ("vantage point 2", ("[2001:db8::1]:5300",))
    assert second.authoritative_servers == {"com": ("192.0.2.9:53",)}


@pytest.mark.parametrize(
    "settings",
    [
        {"resolvers": ("a:b",)},
        {"resolvers": ("192.0.2.1",), "authoritative_servers": {"a..b": ["192.0.2.1"]}},
        {"resolvers": ("192.0.2.1",), "authoritative_servers": {"com": [53]}},
        {"vantage_points": [{"resolver": ["192.0.2.1"]}]},
        {"vantage_points": [{"resolvers": 53}]},
        {"vantage_points": [{"authoritativeServers": ["192.0.2.1"], "resolvers": ["192.0.2.1"]}]},
    ],
)
def test_settings_that_cannot_be_used_are_said(settings: dict[str, Any]) -> None:
    with pytest.raises(LookupFailed) as caught:
        make_vantage_points(**settings)
    assert caught.value.kind == "malformed"
