"""One suite for every DNS writer, against the shipped server and against BIND 9."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builders.dns import OTHER_SECRET, SECRET, Peer, bind_peer, free_port, named_program, shipped_peer
from certwright.domain.errors import Cancelled, WriterFailed
from certwright.domain.values import Secret
from certwright.engine.ports import DnsWriter
from certwright.server.dns import DnsServer, Fault
from certwright.validation.writers import WRITERS, make_writer


@pytest.fixture(scope="module", params=["shipped", "bind"])
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    if request.param == "shipped":
        with shipped_peer() as running:
            yield running
        return
    if named_program() is None:
        pytest.skip("BIND 9 (named) is not installed")
    directory: Path = tmp_path_factory.mktemp("bind")
    with bind_peer(directory) as running:
        yield running


def writer_for(peer: Peer, **changes: Any) -> DnsWriter:
    settings = {"server": peer.host, "port": peer.port, "keyName": "writer", "keySecret": SECRET, **changes}
    return make_writer({"rfc2136": {key: value for key, value in settings.items() if value is not None}}, name="corp")


def failure(call: Any, *arguments: Any) -> WriterFailed:
    with pytest.raises(WriterFailed) as caught:
        call(*arguments)
    text = caught.value.render() + repr(caught.value)
    assert SECRET not in text
    assert OTHER_SECRET not in text
    assert '"corp"' in text
    return caught.value


@pytest.mark.proves("DNS-7", "DNS-5")
def test_a_txt_set_is_added_to_and_never_replaced(peer: Peer) -> None:
    writer, name = writer_for(peer), "_txt.shop.example.com"
    assert writer.ensure(name, "TXT", "of another certificate") is True
    assert writer.ensure(name, "TXT", "mine", ttl_s=30) is True
    assert writer.ensure(name, "TXT", "mine", ttl_s=30) is False
    assert peer.records(name, "TXT") == ['"mine"', '"of another certificate"']


@pytest.mark.proves("DNS-7")
def test_only_the_named_record_is_removed(peer: Peer) -> None:
    writer, name = writer_for(peer), "_remove.example.com"
    writer.ensure(name, "TXT", "keep")
    writer.ensure(name, "TXT", "drop")
    writer.remove(name, "TXT", "drop")
    writer.remove(name, "TXT", "drop")
    writer.remove("_never.example.com", "CNAME", "nothing.example.com")
    assert peer.records(name, "TXT") == ['"keep"']


def test_a_cname_is_written_once_and_removed(peer: Peer) -> None:
    writer, name = writer_for(peer), "_cname.www.example.com"
    assert writer.ensure(name, "CNAME", "_target.validate.example") is True
    assert writer.ensure(name, "CNAME", "_TARGET.validate.example.") is False
    assert peer.records(name, "CNAME") == ["_target.validate.example."]
    writer.remove(name, "CNAME", "_target.validate.example")
    assert peer.records(name, "CNAME") == []


@pytest.mark.proves("DNS-7")
@pytest.mark.parametrize(
    ("name", "rdtype", "value", "seen"),
    [
        ("foreign.example.com", "CNAME", "mine.example.com", "CNAME somebody.else.example."),
        ("foreign.example.com", "TXT", "mine", "CNAME somebody.else.example."),
        ("host.example.com", "CNAME", "mine.example.com", "A 192.0.2.2"),
        ("deep.empty.label.example.com", "CNAME", "mine.example.com", 'TXT "deep"'),
    ],
)
def test_what_somebody_else_wrote_is_left_alone_and_named(
    peer: Peer, name: str, rdtype: str, value: str, seen: str
) -> None:
    error = failure(writer_for(peer).ensure, name, rdtype, value)
    assert error.code == "dns.writer_conflict"
    assert name in error.message
    assert seen in error.message
    assert peer.records(name, seen.split()[0]) == [seen.split(" ", 1)[1]]


@pytest.mark.proves("DNS-7")
def test_check_finds_zone_and_permission_and_changes_nothing(peer: Peer) -> None:
    before = peer.records("shop.example.com", "SOA")
    writer_for(peer).check("_x.shop.example.com")
    writer_for(peer, zone="shop.example.com.").check("_x.shop.example.com")
    writer_for(peer).check("www.example.com")
    assert peer.records("shop.example.com", "SOA") == before
    assert peer.records("www.example.com", "A") == ["192.0.2.1"]


def test_values_longer_than_one_string_and_odd_octets_survive(peer: Peer) -> None:
    writer, name = writer_for(peer), "_long.example.com"
    value = 'quote " backslash \\ é ' + "x" * 300
    assert writer.ensure(name, "TXT", value) is True
    assert writer.ensure(name, "TXT", value) is False
    writer.remove(name, "TXT", value)
    assert peer.records(name, "TXT") == []


def test_other_algorithms(peer: Peer) -> None:
    writer = writer_for(peer, keyName="writer512", keyAlgorithm="HMAC-SHA512", keySecret=Secret(SECRET))
    writer.check("_x.example.com")
    assert writer.ensure("_512.example.com", "TXT", "signed") is True


@pytest.mark.proves("DNS-7", "DNS-5")
@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"keyName": "unknown"}, "dns.writer_bad_key", "BADKEY"),
        ({"keySecret": OTHER_SECRET}, "dns.writer_bad_signature", "BADSIG"),
        ({"keyAlgorithm": "hmac-sha512"}, "dns.writer_bad_key", "BADKEY"),
        ({"keyName": "stranger"}, "dns.writer_refused", "may not change this name"),
        ({"zone": "example.org"}, "dns.writer_zone", "does not hold _x.shop.example.com"),
        ({"zone": "com"}, "dns.writer_not_authoritative", "no authority for the zone"),
    ],
)
def test_every_refusal_is_a_sentence_before_the_request_is_made(
    peer: Peer, changes: dict[str, Any], code: str, said: str
) -> None:
    writer = writer_for(peer, **changes)
    error = failure(writer.check, "_x.shop.example.com")
    assert error.code == code
    assert said in error.message
    assert failure(writer.ensure, "_x.shop.example.com", "TXT", "v").code == code
    assert peer.records("_x.shop.example.com", "TXT") == []


def test_a_name_that_no_zone_of_the_server_holds(peer: Peer) -> None:
    error = failure(writer_for(peer).check, "www.example.org")
    assert error.code == "dns.writer_zone"
    assert "www.example.org" in error.message


def test_types_and_names_that_are_not_written(peer: Peer) -> None:
    writer = writer_for(peer)
    assert failure(writer.ensure, "www.example.com", "A", "192.0.2.9").code == "dns.writer_type"
    assert failure(writer.ensure, "a..b.example.com", "TXT", "v").code == "dns.writer_name"
    assert failure(writer.ensure, "c.example.com", "CNAME", "a..b").code == "dns.writer_value"


def test_nobody_listens() -> None:
    nobody = Peer(kind="none", host="127.0.0.1", port=free_port())
    error = failure(writer_for(nobody).check, "www.example.com")
    assert error.code == "dns.writer_timeout"
    assert nobody.endpoint in error.message


@pytest.mark.proves("DNS-5")
@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (Fault.BADTIME, "dns.writer_bad_time", "clock"),
        (Fault.UNSIGNED, "dns.writer_unsigned", "proves nothing"),
        (Fault.SERVFAIL, "dns.writer_failed", "SERVFAIL"),
        (Fault.GARBAGE, "dns.writer_failed", "not DNS"),
        (Fault.WRONG_ID, "dns.writer_failed", "wrong id"),
        (Fault.DROP, "dns.writer_timeout", "closed in the middle"),
    ],
)
def test_faults_of_the_server(fault: Fault, code: str, said: str) -> None:
    with DnsServer({"example.com": ()}, {"writer": SECRET}) as server:
        server.script("example.com", "UPDATE", fault)
        writer = writer_for(Peer(kind="shipped", host=server.host, port=server.port), zone="example.com")
        error = failure(writer.ensure, "www.example.com", "TXT", "v")
    assert error.code == code
    assert said in error.message


def test_a_silent_server_is_left_after_the_time_limit_and_at_once_on_cancel() -> None:
    with DnsServer({"example.com": ()}, {"writer": SECRET}) as server:
        server.script("example.com", "UPDATE", Fault.GARBAGE, delay_s=30)
        writer: Any = writer_for(Peer(kind="shipped", host=server.host, port=server.port), zone="example.com")
        impatient = dataclasses.replace(writer, timeout_s=0.2)
        assert failure(impatient.check, "www.example.com").code == "dns.writer_timeout"
        stop = threading.Event()
        stop.set()
        with pytest.raises(Cancelled):
            dataclasses.replace(writer, cancel=stop).check("www.example.com")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"server": None}, "server must be set"),
        ({"keySecret": "not base64!"}, "keySecret must be base64"),
        ({"keySecret": None}, "keySecret must be set"),
        ({"port": "http"}, "port must be a number"),
        ({"port": 70000}, "port must be a number"),
        ({"keyAlgorithm": "hmac-md5"}, "keyAlgorithm must be one of"),
        ({"zoneName": "example.com"}, "zoneName is no setting"),
        ({"zone": "a..b"}, "is not a name"),
    ],
)
def test_settings_that_cannot_be_used(changes: dict[str, Any], said: str) -> None:
    peer = Peer(kind="none", host="127.0.0.1", port=5353)
    error = failure(lambda: writer_for(peer, **changes))
    assert error.code == "dns.writer_settings"
    assert said in error.message
    assert "not base64!" not in error.message


def test_the_registry_knows_each_kind_once() -> None:
    kinds = [kind for kind, _ in WRITERS]
    assert len(kinds) == len(set(kinds))
    with pytest.raises(WriterFailed, match="rfc2136"):
        make_writer({"route66": {}}, name="corp")
    with pytest.raises(WriterFailed, match="exactly one kind"):
        make_writer({}, name="corp")


def test_the_secret_is_in_no_repr() -> None:
    writer = writer_for(Peer(kind="none", host="127.0.0.1", port=5353))
    assert SECRET not in repr(writer)
