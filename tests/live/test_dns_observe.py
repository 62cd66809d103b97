"""Observing validation records over real DNS: every way to get it wrong has its own code and sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from builders.dns import free_port
from certwright.domain.errors import LookupFailed
from certwright.server.dns import DnsServer, Fault
from certwright.validation.dns import Observation, observe_record
from certwright.validation.resolver import Resolver

NAME = "_token1.www.example.com"
TARGET = "_token2.validate.example"
VALUE = "00112233445566778899aabbccddeeff"


class FixedEntropy:
    def token_bytes(self, size: int) -> bytes:
        return b"\x5a" * size


@pytest.fixture
def server() -> Iterator[DnsServer]:
    zones = {"com": (), "example.com": [("www.example.com", "A", "192.0.2.1")], "validate.example": ()}
    with DnsServer(zones) as running:
        yield running


def vantage(server: DnsServer, name: str = "primary") -> Resolver:
    every = {"com": [server.endpoint], "example": [server.endpoint], "validate.example": [server.endpoint]}
    return Resolver(name=name, authoritative_servers=every, timeout_s=0.2)


def observe(*servers: DnsServer, txt_value: str | None = VALUE) -> Observation:
    return observe_record(
        record_name=NAME,
        record_value=TARGET,
        txt_value=txt_value,
        vantage_points=[vantage(each, f"v{number}") for number, each in enumerate(servers)],
        entropy=FixedEntropy(),
    )


def publish(server: DnsServer, value: str = VALUE) -> None:
    server.add(NAME, "CNAME", TARGET)
    server.add(TARGET, "TXT", value)


@pytest.mark.proves("DNS-4", "DNS-5")
def test_the_exact_alias_with_this_attempts_value_behind_it_proves_control(server: DnsServer) -> None:
    publish(server, "of an earlier attempt")
    server.add(TARGET, "TXT", VALUE)
    result = observe(server)
    assert result.good
    assert result.code == "dns.validated"
    assert result.seen == f"CNAME {TARGET}, TXT as expected"
    assert result.asked_at == f"{server.endpoint} (authoritative for validate.example)"
    assert result.disagreement == ""


def test_without_a_value_only_the_alias_is_looked_at(server: DnsServer) -> None:
    server.add(NAME, "CNAME", TARGET.upper())
    result = observe(server, txt_value=None)
    assert result.code == "dns.cname_found"
    assert result.good


@pytest.mark.proves("DNS-4", "VAL-3")
@pytest.mark.parametrize(
    ("records", "code", "said"),
    [
        ([], "dns.nxdomain", f"does not exist (NXDOMAIN), says {{at}}. Create: {NAME}. CNAME {TARGET}."),
        ([("below." + NAME, "A", "192.0.2.1")], "dns.nodata", "NODATA"),
        ([(NAME, "TXT", TARGET)], "dns.not_a_cname", f'holds TXT "{TARGET}", not a CNAME'),
        ([(NAME, "CNAME", "other.example.net")], "dns.wrong_target", "points to other.example.net (asked {at})"),
        ([(NAME, "CNAME", f"{TARGET}.example.com")], "dns.wrong_zone", "the zone was added to the value"),
        (
            [(NAME, "CNAME", "step.example.com"), ("step.example.com", "CNAME", TARGET)],
            "dns.chain",
            "a longer chain proves nothing",
        ),
        ([("*.www.example.com", "CNAME", TARGET)], "dns.wildcard_answer", "a wildcard answers for every name"),
        ([(f"{NAME}.example.com", "CNAME", TARGET)], "dns.wrong_zone", 'give the record the name "_token1.www"'),
        ([(NAME, "CNAME", TARGET)], "dns.txt_other_value", "not this attempt's value"),
    ],
)
def test_each_mistake_is_told_apart_and_says_what_to_do(
    server: DnsServer, records: list[tuple[str, str, str]], code: str, said: str
) -> None:
    server.add(TARGET, "TXT", "another value" if code == "dns.txt_other_value" else VALUE)
    for name, rdtype, value in records:
        server.add(name, rdtype, value)
    result = observe(server)
    assert not result.good
    assert result.code == code
    assert said.replace("{at}", f"{server.endpoint} (authoritative for com)") in result.sentence
    assert server.endpoint in result.asked_at
    assert NAME in result.sentence


@pytest.mark.proves("DNS-4")
def test_a_higher_wildcard_proves_nothing_either() -> None:
    with DnsServer({"com": (), "example.com": [("*.example.com", "CNAME", TARGET)], "validate.example": ()}) as server:
        server.add(TARGET, "TXT", VALUE)
        assert observe(server).code == "dns.wildcard_answer"


@pytest.mark.proves("DNS-4")
def test_a_value_that_is_not_there_yet_or_behind_an_alias_proves_nothing(server: DnsServer) -> None:
    server.add(NAME, "CNAME", TARGET)
    assert observe(server).code == "dns.txt_missing"
    server.add(TARGET, "CNAME", "elsewhere.validate.example")
    server.add("elsewhere.validate.example", "TXT", VALUE)
    assert observe(server).code == "dns.txt_missing"


@pytest.mark.proves("DNS-4")
@pytest.mark.parametrize("where", [NAME, f"_{'5a' * 16}.www.example.com", TARGET])
@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.SERVFAIL, "dns.servfail"), (Fault.REFUSED, "dns.refused"), (Fault.DROP, "dns.timeout"),
     (Fault.GARBAGE, "dns.malformed")],
)  # fmt: skip
def test_an_unanswered_question_at_any_step_leaves_the_name_pending(
    server: DnsServer, where: str, fault: Fault, code: str
) -> None:
    publish(server)
    assert observe(server).good
    server.script(where, "*", fault)
    result = observe(server)
    assert result.status == "PENDING_VALIDATION"
    assert result.code == code
    assert server.endpoint in result.sentence


@pytest.mark.proves("DNS-6")
def test_several_vantage_points_decide_by_quorum_and_report_the_disagreement() -> None:
    zones = {"com": (), "example.com": (), "validate.example": ()}
    with DnsServer(zones) as first, DnsServer(zones) as second, DnsServer(zones) as third:
        publish(first)
        publish(second)
        agreed_by_most = observe(first, second, third)
        assert agreed_by_most.good
        assert "v2 saw NXDOMAIN" in agreed_by_most.disagreement
        of_two = observe(first, third)
        assert not of_two.good
        assert of_two.code == "dns.nxdomain"
        assert "v0 saw CNAME" in of_two.disagreement
        primary_decides = observe(third, first, second)
        assert not primary_decides.good
        publish(third)
        assert observe(first, second, third).disagreement == ""


def test_no_vantage_point_and_impossible_names_are_errors() -> None:
    with pytest.raises(LookupFailed, match="vantage point"):
        observe()
    resolver = Resolver(authoritative_servers={"com": [f"127.0.0.1:{free_port()}"]})
    with pytest.raises(LookupFailed, match="is not a name"):
        observe_record(
            record_name="a..b",
            record_value=TARGET,
            txt_value=None,
            vantage_points=[resolver],
            entropy=FixedEntropy(),
        )
