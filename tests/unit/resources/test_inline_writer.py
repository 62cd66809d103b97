"""`dnsWriter` as an object of the program: judged, its key a secret, its records gone with the resource that has the key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from builders.desk import Deployed, Desk
from builders.dns import OTHER_SECRET, SECRET
from builders.world import MemoryWriter, World
from certwright.domain.values import UNKNOWN, Secret, reveal
from certwright.engine import deletion
from certwright.engine.records import AuthorityRecord, CertificateRecord, DnsRecord
from certwright.engine.writers import place
from certwright.resources.base import Severity
from certwright.resources.inline_writer import kinds
from certwright.resources.validation_model import Rfc2136Update
from certwright.validation.writers import make_writer
from hypothesis import given
from hypothesis import strategies as st

KIND = "CertificateValidation"
TSIG = SECRET
UPDATE = {"server": "192.0.2.53", "keyName": "corp", "keySecret": TSIG}
HERE = "rfc2136 server=192.0.2.53"
THERE = "rfc2136 server=198.51.100.53"

pytestmark = pytest.mark.proves("DNS-7")


class Zones:
    """A zone for each place; remembers with which settings a writer was made."""

    def __init__(self) -> None:
        self.at: dict[str, MemoryWriter] = {}
        self.made: list[Any] = []

    def __call__(self, settings: Mapping[str, Any], name: str) -> MemoryWriter:
        make_writer(settings, name=name)  # refuses what the real one does
        self.made.append(settings)
        return self.at.setdefault(name, MemoryWriter())


@pytest.fixture
def zones() -> Zones:
    return Zones()


@pytest.fixture
def desk(here: World, zones: Zones) -> Desk:
    return Desk(replace(here, services=replace(here.services, make_writer=zones)))


@pytest.fixture
def www(here: World, issuing: AuthorityRecord) -> CertificateRecord:
    return here.public(issuing)


def inputs(record: CertificateRecord, **vary: Any) -> dict[str, Any]:
    stated = {k: v for k, v in {**UPDATE, **vary}.items() if v is not None}
    return {"certificateArn": record.arn, "dnsWriter": {"rfc2136": stated}}


def codes(desk: Desk, record: CertificateRecord, writer: Any) -> list[tuple[str, str]]:
    found = desk.check(KIND, {"certificateArn": record.arn, "dnsWriter": writer})
    assert TSIG not in "".join(f.sentence() for f in found.findings)
    return [(f.code, f.path) for f in found.findings]


@pytest.mark.proves("VAL-3")
def test_it_writes_the_record_and_the_key_reaches_the_writer(
    desk: Desk, zones: Zones, www: CertificateRecord, here: World
) -> None:
    made = desk.create(KIND, inputs(www, port=5353.0))
    assert made.outputs["status"] == "SUCCESS"
    assert len(zones.at[f"{HERE} port=5353"].records) == 1
    assert zones.made[-1] == {"rfc2136": {**UPDATE, "port": 5353}}
    assert [row.writer for row in here.all(DnsRecord)] == [f"{HERE} port=5353"]


@pytest.mark.proves("SEC-6", "SEC-2")
def test_the_key_is_a_secret_in_inputs_and_outputs_and_nowhere_in_the_store(
    desk: Desk, www: CertificateRecord, here: World
) -> None:
    made = desk.create(KIND, inputs(www))
    for tree in (made.inputs, made.outputs):
        assert tree["dnsWriter"] == {"rfc2136": {**UPDATE, "keySecret": Secret(TSIG)}}
    here.services.close()
    assert not [p for p in here.home.rglob("*") if p.is_file() and TSIG.encode() in p.read_bytes()]


@pytest.mark.proves("SEC-6")
def test_what_the_program_made_secret_as_a_whole_stays_so(desk: Desk, www: CertificateRecord) -> None:
    whole = {"certificateArn": www.arn, "dnsWriter": Secret({"rfc2136": UPDATE})}
    assert desk.accepted(KIND, whole)["dnsWriter"] == whole["dnsWriter"]
    assert desk.create(KIND, whole).outputs["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("writer", "expected"),
    [
        ({}, [("dns.writer_unknown", "dnsWriter")]),
        ({"pigeon": {"keySecret": TSIG}}, [("dns.writer_unknown", "dnsWriter")]),
        ({"rfc2136": UPDATE, "pigeon": {}}, [("dns.writer_unknown", "dnsWriter")]),
        ({"rfc2136": TSIG}, [("input.invalid", "dnsWriter.rfc2136")]),
        (
            {"rfc2136": {"server": "192.0.2.53", "secret": TSIG}},
            [
                ("input.unknown", "dnsWriter.rfc2136.secret"),
                ("input.missing", "dnsWriter.rfc2136.keyName"),
                ("input.missing", "dnsWriter.rfc2136.keySecret"),
            ],
        ),
        ({"rfc2136": {**UPDATE, "keySecret": [TSIG]}}, [("input.invalid", "dnsWriter.rfc2136.keySecret")]),
        ({"rfc2136": {**UPDATE, "keySecret": TSIG + "!"}}, [("dns.writer_settings", "dnsWriter.rfc2136")]),
        ({"rfc2136": {**UPDATE, "port": 70000}}, [("dns.writer_settings", "dnsWriter.rfc2136")]),
        ({"rfc2136": {**UPDATE, "keyAlgorithm": "rot13"}}, [("dns.writer_settings", "dnsWriter.rfc2136")]),
    ],
)
def test_each_mistake_is_found_by_its_property_without_a_value(
    desk: Desk, www: CertificateRecord, writer: Any, expected: list[tuple[str, str]]
) -> None:
    assert codes(desk, www, writer) == expected


@pytest.mark.proves("IAC-2", "IAC-4")
@pytest.mark.parametrize(
    "writer",
    [UNKNOWN, {"rfc2136": UNKNOWN}, {"rfc2136": {**UPDATE, "keySecret": UNKNOWN}}, {"rfc2136": Secret(UNKNOWN)}],
    ids=["all of it", "the settings", "the key", "secret settings"],
)
def test_what_is_not_known_yet_is_no_mistake_and_a_preview_writes_nothing(
    desk: Desk, zones: Zones, www: CertificateRecord, writer: Any, here: World
) -> None:
    desk.preview(KIND, {"certificateArn": www.arn, "dnsWriter": writer})
    assert zones.at == {}
    assert here.all(DnsRecord) == []


def test_no_change_is_none_and_another_key_is_an_update(
    desk: Desk, zones: Zones, www: CertificateRecord, here: World
) -> None:
    made = desk.create(KIND, inputs(www))
    assert desk.diff(KIND, made, inputs(www))[1].paths == ()
    fresh = inputs(www, keyName="corp-2027", keySecret=OTHER_SECRET)
    _, found = desk.diff(KIND, made, fresh)
    assert [(p.path, p.replace) for p in found.paths] == [("dnsWriter", False)]
    updated = desk.update(KIND, made, fresh)
    assert len(zones.at[HERE].records) == 1, "another key at the same place takes nothing away"
    deleted(desk, updated)
    assert zones.at[HERE].records == set()
    assert zones.made[-1] == reveal(fresh["dnsWriter"])


def deleted(desk: Desk, made: Deployed) -> None:
    desk.handler(KIND).delete(desk.context(KIND), id=made.id, olds=made.outputs)


def test_its_records_go_with_the_resource_that_has_the_key(
    desk: Desk, zones: Zones, www: CertificateRecord, here: World
) -> None:
    made = desk.create(KIND, inputs(www))
    assert len(zones.at[HERE].records) == 1
    deleted(desk, made)
    assert zones.at[HERE].records == set()
    assert here.all(DnsRecord) == []
    assert here.record(www.arn)


def test_a_configured_writers_record_stays_with_the_certificate(
    desk: Desk, www: CertificateRecord, here: World
) -> None:
    deleted(desk, desk.create(KIND, {"certificateArn": www.arn, "dnsWriter": "corp"}))
    assert [row.writer for row in here.all(DnsRecord)] == ["corp"]


@pytest.mark.parametrize("after", ["elsewhere", "corp", None])
def test_changed_for_another_one_the_old_ones_records_go_and_the_new_one_writes_them(
    desk: Desk, zones: Zones, www: CertificateRecord, after: str | None, here: World
) -> None:
    made = desk.create(KIND, inputs(www))
    news = inputs(www, server="198.51.100.53") if after == "elsewhere" else {"certificateArn": www.arn}
    if after == "corp":
        news["dnsWriter"] = "corp"
    written = set(zones.at[HERE].records)
    desk.update(KIND, made, news)
    assert zones.at[HERE].records == set()
    now = zones.at.get(THERE) if after == "elsewhere" else here.services.writers["corp"]
    assert isinstance(now, MemoryWriter)
    assert now.records == (written if after else set())


def test_out_of_reach_at_the_end_it_warns_and_whoever_writes_there_next_finishes_it(
    desk: Desk, zones: Zones, www: CertificateRecord, issuing: AuthorityRecord, here: World
) -> None:
    made = desk.create(KIND, inputs(www))
    zones.at[HERE].away = True
    deleted(desk, made)
    assert [(severity, "is still in DNS" in said) for severity, said in desk.lines] == [(Severity.WARNING, True)]
    assert deletion.delete(desk.world.services, www.arn).left == ()
    zones.at[HERE].away = False
    other = here.public(issuing, urn="other", domainName="other.example.org")
    again = desk.create(KIND, inputs(other, keyName="another"))
    assert len(zones.at[HERE].records) == 1
    deleted(desk, again)
    assert here.all(DnsRecord) == []


def test_a_writer_configured_for_the_same_place_is_the_same_writer(here: World) -> None:
    settings = {"corp": {"rfc2136": {**UPDATE, "server": "192.0.2.53.", "keyName": "x"}}}
    services = replace(here.services, config=replace(here.services.config, dns_writers=settings))
    assert services.knows_writer(HERE)
    assert not services.knows_writer(THERE)
    assert not here.services.knows_writer(HERE)
    assert services.writer(HERE) is services.writers["corp"]


@pytest.mark.proves("SEC-2")
def test_the_place_has_nothing_of_the_key() -> None:
    assert place({"rfc2136": {**UPDATE, "zone": "Example.COM.", "port": 5353}}) == f"{HERE} port=5353 zone=example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"server": "192.0.2.53"}, {"server": "192.0.2.53:53"}),
        ({"server": "192.0.2.53"}, {"server": " 192.0.2.53 ", "port": 53.0}),
        ({"server": "192.0.2.53:5353"}, {"server": "192.0.2.53", "port": "5353"}),
        ({"server": "192.0.2.53:5353"}, {"server": "192.0.2.53:5353", "port": 99}),
        ({"server": "NS1.Example.com."}, {"server": "ns1.example.com:053"}),
        ({"server": "2001:db8::53"}, {"server": "[2001:0DB8:0::53]:53"}),
        ({"server": "[2001:db8::53]:54"}, {"server": "2001:db8:0::53", "port": 54}),
        ({"server": "192.0.2.53", "zone": "."}, {"server": "192.0.2.53", "zone": None}),
        ({"server": "192.0.2.53", "zone": "example.com"}, {"server": Secret("192.0.2.53"), "zone": "Example.com."}),
    ],
)
def test_each_spelling_of_a_place_is_the_same_place(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert place({"rfc2136": one}) == place({"rfc2136": other})


@given(
    st.fixed_dictionaries(
        {},
        optional={part: st.one_of(st.text(), st.integers(), st.floats(), st.none()) for part in UPDATE | {"port": 0}},
    )
)
def test_a_place_can_be_told_of_anything(settings: dict[str, Any]) -> None:
    assert place({"rfc2136": settings}).startswith("rfc2136")


# --- what may be shown ----------------------------------------------------------------------------------------------


@pytest.mark.proves("SEC-6")
@pytest.mark.parametrize(
    "writer",
    [
        json.dumps({"rfc2136": UPDATE}),
        Secret(json.dumps({"rfc2136": UPDATE})),
        Secret("corp-of-nobody"),
        TSIG,
        [{"rfc2136": UPDATE}],
        {TSIG: {}},
        {"rfc2136": UPDATE, TSIG: {}},
        {"rfc2136": {**UPDATE, TSIG: 1}},
        {"rfc2136": {**UPDATE, "port": TSIG}},
        {"rfc2136": {**UPDATE, "zone": [TSIG]}},
        {"rfc2136": {**UPDATE, "server": Secret("corp-of-nobody:x")}},
        {"rfc2136": Secret({**UPDATE, "server": "corp-of-nobody:x"})},
        Secret({"rfc2136": {**UPDATE, "server": "corp-of-nobody:x"}}),
    ],
)
def test_a_key_in_the_wrong_place_and_what_is_secret_are_in_no_finding(
    desk: Desk, www: CertificateRecord, writer: Any
) -> None:
    found = desk.check(KIND, {"certificateArn": www.arn, "dnsWriter": writer})
    assert found.findings
    said = "".join(finding.sentence() for finding in found.findings)
    assert TSIG not in said
    assert "corp-of-nobody" not in said


def test_json_text_is_told_what_to_write_and_a_name_is_repeated(desk: Desk, www: CertificateRecord) -> None:
    def said(writer: Any) -> list[str]:
        return [f.message for f in desk.check(KIND, {"certificateArn": www.arn, "dnsWriter": writer}).findings]

    assert said(json.dumps({"rfc2136": UPDATE})) == [
        "is neither the name of a configured DNS writer (known: corp, own) nor an object; write the object itself, not JSON text"
    ]
    assert said("nobody") == [
        '"nobody" is not a configured DNS writer; known: corp, own. Add it to certwright:dnsWriters'
    ]


@pytest.mark.proves("SEC-6")
def test_a_secret_property_is_in_no_finding_of_any_resource(desk: Desk, www: CertificateRecord) -> None:
    found = desk.check(KIND, {"certificateArn": www.arn, "validationRecordFqdns": Secret("hunter2")})
    assert [f.path for f in found.findings] == ["validationRecordFqdns"]
    assert "hunter2" not in "".join(f.sentence() for f in found.findings)


@pytest.mark.proves("SEC-6")
@pytest.mark.parametrize(
    ("writer", "expected"),
    [
        ({"rfc2136": Secret(UPDATE)}, {"rfc2136": Secret(UPDATE)}),
        (
            {"rfc2136": {**UPDATE, "server": Secret("192.0.2.53"), "keyName": Secret("corp")}},
            {"rfc2136": {"server": Secret("192.0.2.53"), "keyName": Secret("corp"), "keySecret": Secret(TSIG)}},
        ),
        (
            {"rfc2136": Secret({**UPDATE, "keySecret": Secret(TSIG)})},
            {"rfc2136": Secret(UPDATE)},
        ),
    ],
    ids=["the settings", "single ones", "twice"],
)
def test_what_the_program_made_secret_inside_stays_so(
    desk: Desk, zones: Zones, www: CertificateRecord, writer: Any, expected: Any
) -> None:
    made = desk.create(KIND, {"certificateArn": www.arn, "dnsWriter": writer})
    assert made.inputs["dnsWriter"] == expected
    assert made.outputs["dnsWriter"] == expected
    assert zones.made[-1] == {"rfc2136": UPDATE}


def test_the_kinds_are_those_of_the_model() -> None:
    assert kinds() == {"rfc2136": Rfc2136Update}
