"""Vantage points from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from certwright.config import load
from certwright.domain.errors import LookupFailed
from certwright.validation.vantage import make_vantage_points
from certwright.wiring import build


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


class Counted(tuple[dict[str, Any], ...]):
    """Vantage points of the settings that count how often they are made into resolvers."""

    made: ClassVar[list[int]] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self.made.append(1)
        return super().__iter__()


@pytest.mark.proves("DNS-6", "CAA-1")
def test_for_all_names_of_a_round_they_are_made_once(tmp_path: Path) -> None:
    """Nobody listens there: every look ends at once, and says so."""
    points = Counted([{"name": "eu", "resolvers": ["127.0.0.1:9"]}, {"name": "us", "resolvers": ["127.0.0.1:9"]}])
    config = replace(load(environ={"CERTWRIGHT_HOME": str(tmp_path)}), vantage_points=points)
    services = build(config, environment={})
    Counted.made.clear()
    prover = services.prover()
    for number in range(3):
        proof = prover.prove(record_name=f"_t.n{number}.example.com", record_value="_t.v.example", txt_value="v")
        assert not proof.proved
    assert len(Counted.made) == 1
    verdicts = services.caa.check([f"n{number}.example.com" for number in range(3)])
    assert [verdict.allowed for verdict in verdicts] == [None] * 3
    assert len(Counted.made) == 2
    services.close()
