"""Public-kind certificates against the shipped DNS server: records, proof, refusals, waits that are cut short."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from certwright.engine.records import ValidationRecord, VersionRecord
from certwright.server.dns import DnsServer, Fault
from cryptography import x509
from live.engines import Failure, cli_version, exit_code
from live.harness import Stack, directory_association, wait_for
from live.publicworld import (
    CA_IDENTITY,
    TSIG_SECRET,
    options_of,
    public,
    publish,
    settings,
    shown_records,
    validation,
    world,
)

pytestmark = pytest.mark.needs_pulumi

SHORT = {"customTimeouts": {"create": "1s", "update": "1s"}}


@pytest.fixture
def dns() -> Iterator[DnsServer]:
    with world() as server:
        yield server


@pytest.fixture
def shop(stack: Stack, dns: DnsServer) -> Stack:
    """root, issuing, wiki, and a place for public-kind certificates."""
    stack.config = settings(dns)
    return stack


def request(stack: Stack, name: str = "www") -> tuple[VersionRecord, list[str]]:
    """The newest version of a certificate, and the TXT values of its attempt."""
    with stack.services() as services, services.store.read() as reader:
        arn = stack.id(name)
        version = max(reader.all(VersionRecord, arn=arn), key=lambda v: v.version)
        rows = reader.all(ValidationRecord, arn=arn, version=version.version)
        return version, sorted(row.challenge["txtValue"] for row in rows)


@pytest.mark.proves("DNS-1", "DNS-3", "IAC-2", "VAL-1", "CRT-6", "NAM-2")
def test_records_are_known_in_the_create_preview_and_a_further_name_waits_for_its_own(
    shop: Stack, dns: DnsServer, tmp_path: Path
) -> None:
    shop.resources["www"] = public("*.example.com", "example.com")
    shop.resources["proved"] = validation(options=SHORT)
    shop.resources["onEdge"] = directory_association(tmp_path / "tls", certificate="proved.certificateArn")
    shop.program["outputs"] = {"records": "${www.domainValidationOptions}"}
    shown = shown_records(shop.preview().ok())
    assert len(shown) == 2, "the wildcard and its domain share one record"
    assert {q.rdtype for q in dns.queries} <= {"CAA", "SOA", "NS"}, "a preview looks CAA up and nothing else"

    for name, value in shown:
        dns.add(name, "CNAME", value)
    shop.up().ok()
    assert [(o["resourceRecordName"], o["resourceRecordValue"]) for o in options_of(shop)] == shown
    assert shop.outputs("proved")["status"] == "SUCCESS"
    assert dns.records(shown[0][1], "TXT") == (), "the TXT value goes when it has done its work"
    shop.unchanged()

    # a further name: the old version serves until the new one is proved
    old = shop.outputs("proved")["serialNumber"]
    shop.resources["www"] = public("*.example.com", "example.com", "shop.example.com")
    preview = shop.preview_json().ok()
    assert preview.ops == dict.fromkeys(("www", "proved", "onEdge"), "update")
    assert preview.diff("proved") == {"validatedVersion": "update"}
    run = shop.up().failed()
    assert "2 of 3 names validated" in run.text
    assert "NXDOMAIN" in run.text
    assert shop.outputs("proved")["serialNumber"] == old
    assert shop.outputs("www")["pendingVersion"]["version"] == 2
    assert (tmp_path / "tls" / "current" / "cert.pem").exists()
    publish(dns, options_of(shop))
    shop.up().ok()
    shop.refresh().ok()
    assert shop.outputs("www")["serialNumber"] != old
    served = x509.load_pem_x509_certificate((tmp_path / "tls" / "current" / "cert.pem").read_bytes())
    assert format(served.serial_number, "x") == shop.outputs("www")["serialNumber"]
    shop.unchanged()


@pytest.mark.proves("DNS-4", "VAL-1", "VAL-2", "IAC-3", "CRT-5")
def test_each_mistake_is_a_sentence_and_the_same_request_goes_on(shop: Stack, dns: DnsServer) -> None:
    shop.resources["www"] = public()
    shop.resources["proved"] = validation(options=SHORT)
    run = shop.up().failed()
    [option] = options_of(shop)
    name = option["resourceRecordName"]
    assert "not validated after 1s: 0 of 1 names validated" in run.text
    assert f"Create: {name}. CNAME {option['resourceRecordValue']}." in run.text
    first = request(shop)
    assert shop.id("proved") == shop.id("www")
    assert "initErrors" in shop.state()["proved"]

    dns.add(name, "CNAME", "elsewhere.example.net")
    run = shop.up().failed()
    assert "points to elsewhere.example.net" in run.text
    dns.remove(name, "CNAME")
    dns.script(name, "CNAME", Fault.SERVFAIL)
    assert "SERVFAIL" in shop.up().failed().text
    dns.heal()

    publish(dns, [option])
    shop.up().ok()
    version, _ = request(shop)
    assert (version.version, version.requested_at) == (1, first[0].requested_at)
    assert shop.outputs("proved")["status"] == "SUCCESS"
    shop.unchanged()


@pytest.mark.each_cli
@pytest.mark.proves("VAL-2", "IAC-3")
def test_ctrl_c_ends_the_wait_and_the_next_up_resumes_the_same_request(shop: Stack, dns: DnsServer) -> None:
    shop.resources["www"] = public()
    shop.resources["proved"] = validation()  # would wait for 75 minutes
    cli = shop.start("up", "--yes", "--skip-preview")
    wait_for(lambda: any(q.name.startswith("_") for q in dns.queries), said="the first look at the record")
    os.kill(cli.pid, signal.SIGINT)
    stdout, stderr = cli.communicate(timeout=60)
    assert cli.returncode == exit_code(Failure.ERROR, cli_version()), stdout + stderr
    assert "cancelled after" in stdout + stderr
    assert "Run `pulumi up` again to resume." in stdout + stderr
    assert shop.plugins() == [] or wait_for(lambda: not shop.plugins())
    assert not shop.export()["deployment"].get("pending_operations")
    assert shop.id("proved") == shop.id("www")
    before = request(shop)

    publish(dns, options_of(shop))
    preview = shop.preview_json().ok()
    assert preview.ops == {"proved": "update"}
    shop.up().ok()
    version, values = request(shop)
    assert (version.version, version.requested_at, values) == (1, before[0].requested_at, before[1])
    shop.unchanged()


@pytest.mark.proves("DNS-5", "DNS-7", "VAL-3")
def test_a_writer_makes_the_record_and_takes_away_only_its_own(shop: Stack, dns: DnsServer) -> None:
    shop.resources["www"] = public("api.example.com")
    shop.resources["proved"] = validation(dnsWriter="corp")
    shop.up().ok()
    written, other = options_of(shop)
    assert dns.records(written["resourceRecordName"], "CNAME") == (written["resourceRecordValue"] + ".",)
    # a second certificate needs one of the two
    shop.resources["more"] = public(domain="api.example.com")
    shop.resources["provedMore"] = validation("more", dnsWriter="corp")
    shop.up().ok()
    del shop.resources["proved"], shop.resources["www"]
    shop.up().ok()
    assert dns.records(written["resourceRecordName"], "CNAME") == ()
    assert dns.records(other["resourceRecordName"], "CNAME") != ()
    shop.destroy().ok()
    assert dns.records(other["resourceRecordName"], "CNAME") == ()

    shop.resources["wrong"] = validation("wiki", dnsWriter="nobody")
    assert "[dns.writer_unknown]" in shop.up().failed().text


@pytest.mark.proves("DNS-7")
def test_a_certificate_goes_although_its_writer_fails_and_a_later_run_takes_the_record_away(
    shop: Stack, dns: DnsServer
) -> None:
    shop.resources["www"] = public()
    shop.resources["proved"] = validation(dnsWriter="corp")
    shop.resources["more"] = public(domain="api.example.com")
    shop.resources["provedMore"] = validation("more", dnsWriter="corp")
    shop.up().ok()
    [written], [other] = options_of(shop), options_of(shop, "more")
    dns.script("example.com", "UPDATE", Fault.SERVFAIL)
    del shop.resources["proved"], shop.resources["www"]
    run = shop.up().ok()
    assert f"{written['resourceRecordName']} CNAME is still in DNS: " in run.text
    assert "www" not in shop.state()
    assert dns.records(written["resourceRecordName"], "CNAME") != ()
    shop.unchanged()

    dns.heal()
    assert "still in DNS" not in shop.destroy().ok().text
    for option in (written, other):
        assert dns.records(option["resourceRecordName"], "CNAME") == ()


@pytest.mark.proves("DNS-7", "VAL-3", "SEC-6", "SEC-2")
def test_an_inline_writer_takes_its_records_along_and_its_key_is_nowhere_in_clear(shop: Stack, dns: DnsServer) -> None:
    inline = {"server": dns.host, "port": dns.port, "keyName": "writer", "keySecret": TSIG_SECRET}
    shop.resources["www"] = public()
    shop.resources["proved"] = validation(dnsWriter={"rfc2136": inline})
    said = [shop.preview("--diff").ok().text, shop.up().ok().text]
    [option] = options_of(shop)
    assert dns.records(option["resourceRecordName"], "CNAME") != ()
    shop.unchanged()
    assert TSIG_SECRET not in json.dumps(shop.export())

    shop.resources["proved"] = validation(dnsWriter={"rfc2136": {**inline, "zone": "example.com"}})
    said.append(shop.preview("--diff").ok().text)
    assert shop.preview_json().ok().ops == {"proved": "update"}
    said.append(shop.up().ok().text)
    assert dns.records(option["resourceRecordName"], "CNAME") != ()
    shop.unchanged()
    said.append(shop.refresh().ok().text)
    shop.unchanged()
    assert TSIG_SECRET not in json.dumps(shop.export())
    assert not [text for text in said if TSIG_SECRET in text]

    shop.resources["proved"] = validation(dnsWriter={"rfc2136": {**inline, "keySecret": TSIG_SECRET[:-1] + "!"}})
    run = shop.preview().failed()
    assert "keySecret must be base64" in run.text
    assert TSIG_SECRET[:-1] not in run.text
    shop.resources["proved"] = validation(dnsWriter={"rfc2136": {**inline, "zone": "example.com"}})
    shop.unchanged()
    shop.destroy().ok()
    assert dns.records(option["resourceRecordName"], "CNAME") == ()


@pytest.mark.proves("DNS-7", "VAL-1", "REG-2")
def test_a_validation_that_is_replaced_or_renamed_keeps_its_record(shop: Stack, dns: DnsServer) -> None:
    inline = {"server": dns.host, "port": dns.port, "keyName": "writer", "keySecret": TSIG_SECRET}
    shop.resources["www"] = public()
    shop.up().ok()
    [option] = options_of(shop)
    name = option["resourceRecordName"]
    publish(dns, [option])
    shop.resources["proved"] = validation()
    shop.up().ok()
    dns.remove(name, "CNAME", option["resourceRecordValue"])
    shop.resources["proved"] = validation(dnsWriter={"rfc2136": inline})
    shop.up().ok()
    assert dns.records(name, "CNAME") != (), "issued already, and its renewal needs the record"
    shop.resources["proved"] = validation(dnsWriter={"rfc2136": inline}, region="local")
    shop.unchanged()
    shop.run("state", "taint", shop.urn("validation", "proved")).ok()
    shop.up().ok()
    assert dns.records(name, "CNAME") != ()
    shop.resources["renamed"] = shop.resources.pop("proved")
    shop.up().ok()
    assert dns.records(name, "CNAME") != ()
    shop.unchanged()
    del shop.resources["renamed"]
    shop.up().ok()
    assert dns.records(name, "CNAME") == ()


@pytest.mark.proves("SEC-6", "DNS-7")
def test_what_the_program_makes_secret_inside_a_writer_is_nowhere_in_clear(shop: Stack, dns: DnsServer) -> None:
    inline = {"server": dns.host, "port": dns.port, "keyName": "writer", "keySecret": TSIG_SECRET}
    hidden = {**inline, "server": {"fn::secret": dns.host}, "keyName": {"fn::secret": "writer"}}
    shop.resources["www"] = public()
    for stated in ({"rfc2136": hidden}, {"rfc2136": {"fn::secret": inline}}):
        shop.resources["proved"] = validation(dnsWriter=stated)
        shop.up().ok()
        shop.unchanged()
        for tree in (shop.inputs("proved"), shop.outputs("proved")):
            settings_ = tree["dnsWriter"]["rfc2136"]
            shown = (
                settings_
                if "ciphertext" in settings_
                else {k: settings_[k] for k in ("server", "keyName", "keySecret")}
            )
            assert TSIG_SECRET not in json.dumps(tree)
            assert '"writer"' not in json.dumps(shown)
            assert dns.host not in json.dumps(shown)
    text = json.dumps({"rfc2136": inline})
    shop.resources["proved"] = validation(dnsWriter={"fn::secret": text})
    run = shop.preview().failed()
    assert "not JSON text" in run.text
    assert TSIG_SECRET not in run.text


@pytest.mark.proves("VAL-3")
def test_a_record_that_the_program_forgot_is_named(shop: Stack, dns: DnsServer) -> None:
    shop.resources["www"] = public("api.example.com")
    shop.up().ok()
    first, second = options_of(shop)
    shop.resources["proved"] = validation(validationRecordFqdns=[first["resourceRecordName"]])
    run = shop.preview().failed()
    assert f"{second['resourceRecordName']} is not among the records that the program makes" in run.text
    assert first["resourceRecordName"] + " is not" not in run.text


@pytest.mark.proves("CAA-1", "CAA-3")
def test_a_caa_refusal_fails_the_preview_and_an_unanswered_one_only_warns_there(shop: Stack, dns: DnsServer) -> None:
    shop.resources["www"] = public("api.example.com")
    shop.resources["proved"] = validation(dnsWriter="corp", options=SHORT)
    dns.add("example.com", "CAA", '0 issue "letsencrypt.org"')
    run = shop.preview().failed()
    assert run.text.partition("Diagnostics:")[2].count("[caa.denied]") == 1, "two names, one reason, one sentence"
    assert "www.example.com and api.example.com have CAA 0 issue" in run.text
    for part in ("[caa.denied]", "letsencrypt.org", "found at example.com", CA_IDENTITY):
        assert part in run.text

    dns.remove("example.com", "CAA")
    dns.script("www.example.com", "CAA", Fault.SERVFAIL)
    preview = shop.preview_json().ok()
    assert any("CAA could not be looked up" in line for line in preview.said("www"))
    run = shop.up().failed()
    assert request(shop)[0].has_certificate is False
    assert "CAA" in run.text

    dns.heal()
    dns.add("example.com", "CAA", f'0 issue "{CA_IDENTITY}"')
    shop.up().ok()
    assert shop.outputs("proved")["status"] == "SUCCESS"
    shop.refresh().ok()
    shop.unchanged()


@pytest.mark.proves("CRT-12", "CRT-7")
def test_the_bundled_issuer_is_made_at_first_use_and_marked_untrusted(empty: Stack, dns: DnsServer) -> None:
    empty.config = settings(dns)
    empty.resources["www"] = public(issuer="bundled")
    empty.resources["proved"] = validation(dnsWriter="corp")
    empty.preview().ok()
    assert not empty.store_file.exists()
    empty.up().ok()
    empty.refresh().ok()
    assert empty.outputs("www")["browserTrusted"] is False
    leaf, *issuers = x509.load_pem_x509_certificates(
        (empty.outputs("www")["certificatePem"] + empty.outputs("www")["certificateChainPem"]).encode()
    )
    assert len(issuers) == 2
    leaf.verify_directly_issued_by(issuers[0])
    issuers[0].verify_directly_issued_by(issuers[1])
    assert [a.rfc4514_string() for a in leaf.subject] == ["CN=www.example.com"]
    empty.unchanged()


@pytest.mark.proves("CRT-4")
def test_after_72_hours_the_request_times_out_and_the_next_up_tries_again(aged: Stack, dns: DnsServer) -> None:
    aged.config = settings(dns)
    del aged.resources["wiki"]
    aged.resources["www"] = public()
    aged.resources["proved"] = validation(options=SHORT)
    aged.up(env={"CERTWRIGHT_CLOCK_OFFSET": "-4d"}).failed()
    arn, values = aged.id("www"), request(aged)[1]
    run = aged.up().failed()
    assert "not validated within 72 hours" in run.text
    assert request(aged)[0].status.value == "VALIDATION_TIMED_OUT"
    preview = aged.preview_json().ok()
    assert preview.ops["www"] == "update"
    publish(dns, options_of(aged))
    aged.up().ok()
    version, fresh = request(aged)
    assert (aged.id("www"), version.version, version.attempt) == (arn, 1, 2)
    assert not set(values) & set(fresh)
    aged.refresh().ok()
    aged.unchanged()
