"""The shipped DNS server as a program, and what dnspython sees of it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certwright
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.update
import pytest
from builders.dns import SECRET
from certwright.server.dns import DnsServer, Fault
from certwright.validation.writers import make_writer

SECRET_BYTES = base64.b64decode(SECRET)
PROGRAM = [sys.executable, "-W", "error", "-m", "certwright.server.dns"]


@contextmanager
def program(*arguments: str) -> Iterator[tuple[str, int]]:
    """Run it until the block ends; yields the address from its first line."""
    environment = {**os.environ, "PYTHONPATH": str(Path(certwright.__file__).parents[1])}
    process = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        word, _, endpoint = process.stdout.readline().strip().partition(" ")
        assert word == "listening"
        host, _, port = endpoint.rpartition(":")
        yield host, int(port)
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


def ask(host: str, port: int, name: str, rdtype: str) -> list[str]:
    answer = dns.query.udp(dns.message.make_query(name, rdtype), host, port=port, timeout=5)
    return sorted(rdata.to_text() for rrset in answer.answer for rdata in rrset)


@pytest.mark.proves("DNS-5")
def test_as_a_program_it_serves_takes_updates_and_keeps_its_zones(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"# who may write\ndemo:{SECRET}:example.com\n")
    arguments = [
        "--zone",
        "com",
        "--zone",
        "example.com",
        "--key-file",
        str(keys),
        "--zone-dir",
        str(tmp_path / "zones"),
    ]
    with program(*arguments, "--record", 'example.com CAA 0 issue "ca.example"') as (host, port):
        assert ask(host, port, "example.com", "CAA") == ['0 issue "ca.example"']
        kinds = {"server": host, "port": port, "keyName": "demo", "keySecret": SECRET}
        writer = make_writer({"rfc2136": kinds}, name="demo")
        writer.check("www.example.com")
        writer.ensure("_x.www.example.com", "TXT", "kept")
    with program(*arguments) as (host, port):
        assert ask(host, port, "_x.www.example.com", "TXT") == ['"kept"']
        assert ask(host, port, "example.com", "CAA") == ['0 issue "ca.example"']


def test_what_cannot_start_says_why() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(certwright.__file__).parents[1])}
    ran = subprocess.run(
        [*PROGRAM, "--zone", "example.com", "--key", "demo:no base64"], capture_output=True, text=True, env=environment
    )
    assert ran.returncode == 2
    assert ran.stderr == "error: a TSIG secret must be base64\n"


def test_a_port_that_is_taken_is_an_error_and_a_second_stop_is_none() -> None:
    with DnsServer({"example.com": ()}) as first:
        with pytest.raises(OSError, match="in use"):
            DnsServer({"example.com": ()}, port=first.port).start()
        first.stop()
    with DnsServer({"example.com": ()}, port=first.port) as second:
        assert second.port == first.port


def test_answers_carry_authority_soa_and_cuts() -> None:
    with DnsServer({"example.com": [("www.example.com", "A", "192.0.2.1")]}) as server:

        def raw(name: str, rdtype: str, **options: object) -> dns.message.Message:
            query = dns.message.make_query(name, rdtype, **options)  # type: ignore[arg-type]
            return dns.query.udp(query, server.host, port=server.port, timeout=5)

        assert raw("www.example.com", "A").flags & dns.flags.AA
        nothing = raw("no.example.com", "A")
        assert nothing.rcode() == dns.rcode.NXDOMAIN
        assert nothing.authority[0].rdtype == dns.rdatatype.SOA
        assert raw("www.example.com", "TXT").authority[0].rdtype == dns.rdatatype.SOA
        assert raw("www.example.org", "A").rcode() == dns.rcode.REFUSED
        assert raw("example.com", "AXFR").rcode() == dns.rcode.REFUSED
        assert raw("www.example.com", "A", use_edns=1).rcode() == dns.rcode.BADVERS
        for number in range(30):
            server.add("big.example.com", "TXT", f"{number:02d}" + "x" * 40)
        assert raw("big.example.com", "TXT").flags & dns.flags.TC
        assert raw("big.example.com", "TXT", use_edns=0, payload=4096).flags & dns.flags.TC
        assert not raw("www.example.com", "A", use_edns=0).flags & dns.flags.TC


def test_records_are_added_shown_and_removed_by_hand() -> None:
    with DnsServer({"com": (), "example.com": ()}) as server:
        server.add("www.example.com.", "TXT", 'with "quotes"')
        server.add("www.example.com", "TXT", "plain", ttl=5)
        assert server.records("www.example.com", "TXT") == ('"with \\"quotes\\""', "plain")
        server.remove("www.example.com", "TXT", "plain")
        assert server.records("www.example.com", "TXT") == ('"with \\"quotes\\""',)
        server.remove("www.example.com")
        assert server.records("www.example.com", "TXT") == ()
        server.add("other.com", "A", "192.0.2.1")
        assert server.records("other.com", "A") == ("192.0.2.1",)
        with pytest.raises(ValueError, match="stands alone"):
            server.add("other.com", "CNAME", "www.example.com")
        with pytest.raises(LookupError, match=r"it serves com\., example\.com\."):
            server.add("www.example.org", "A", "192.0.2.1")


def test_an_update_without_a_right_key_changes_nothing_and_the_log_says_who_asked() -> None:
    with DnsServer({"example.com": ()}, {"demo": SECRET}) as server:
        update = dns.update.UpdateMessage("example.com")
        update.add("x.example.com.", 60, "TXT", "unsigned")
        assert dns.query.tcp(update, server.host, port=server.port, timeout=5).rcode() == dns.rcode.REFUSED
        assert server.records("x.example.com", "TXT") == ()
        (logged,) = server.queries
        assert (logged.name, logged.rdtype, logged.transport) == ("example.com.", "UPDATE", "tcp")


@pytest.mark.parametrize(
    ("prerequisite", "rcode"),
    [
        (("present", "www.example.com."), dns.rcode.NOERROR),
        (("present", "no.example.com."), dns.rcode.NXDOMAIN),
        (("present", "www.example.com.", "TXT"), dns.rcode.NXRRSET),
        (("present", "www.example.com.", "A", "192.0.2.1"), dns.rcode.NOERROR),
        (("present", "www.example.com.", "A", "192.0.2.9"), dns.rcode.NXRRSET),
        (("absent", "www.example.com."), dns.rcode.YXDOMAIN),
        (("absent", "www.example.com.", "A"), dns.rcode.YXRRSET),
        (("absent", "www.example.com.", "TXT"), dns.rcode.NOERROR),
        (("absent", "www.example.org."), dns.rcode.NOTZONE),
    ],
)
def test_prerequisites_guard_an_update(prerequisite: tuple[str, ...], rcode: dns.rcode.Rcode) -> None:
    with DnsServer({"example.com": [("www.example.com", "A", "192.0.2.1")]}, {"demo": SECRET}) as server:
        update = dns.update.UpdateMessage("example.com", keyring={dns.name.from_text("demo"): SECRET_BYTES})
        getattr(update, prerequisite[0])(*prerequisite[1:])
        update.add("added.example.com.", 60, "TXT", "v")
        assert dns.query.tcp(update, server.host, port=server.port, timeout=5).rcode() == rcode
        assert (server.records("added.example.com", "TXT") == ("v",)) == (rcode == dns.rcode.NOERROR)


def test_faults_play_in_order_and_heal() -> None:
    with DnsServer({"example.com": [("x.example.com", "TXT", "v")]}) as server:
        server.script("x.example.com", "TXT", Fault.SERVFAIL, times=1)
        server.script("x.example.com", "TXT", Fault.REFUSED)

        def rcode() -> dns.rcode.Rcode:
            query = dns.message.make_query("x.example.com", "TXT")
            return dns.query.udp(query, server.host, port=server.port, timeout=5).rcode()

        assert [rcode(), rcode(), rcode()] == [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.REFUSED]
        server.heal()
        assert rcode() == dns.rcode.NOERROR
