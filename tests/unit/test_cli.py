"""The commands as a user meets them: what they print, where, and how they end."""

from __future__ import annotations

import base64
import json
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import pki
from builders.installation import Installation
from certwright.cli.commands.expiring import scale
from certwright.cli.registry import COMMANDS
from certwright.cli.screen import safe
from certwright.domain.certificate import to_pem
from certwright.server.dns import DnsServer, Fault
from certwright.store.dump import logical_dump

pytestmark = pytest.mark.proves("OPS-4")

PATHS = [[*([entry.group] if entry.group else []), entry.name] for entry in COMMANDS]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(home=tmp_path / "home")


@pytest.fixture
def stocked(installation: Installation) -> Installation:
    """Root, issuing CA, a private certificate on a directory, a public one that waits, an imported one."""
    issuing = installation.issuing(installation.root())
    wiki = installation.certificate(issuing, subjectAlternativeNames=["192.168.1.1"], tags={"team": "web"})
    installation.association(wiki)
    installation.more["CERTWRIGHT_VALIDATION_DOMAIN"] = "validation.example.net"
    installation.public(issuing)
    installation.imported()
    return installation


# every command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", PATHS, ids=" ".join)
def test_help_has_a_sentence_examples_and_exit_codes(installation: Installation, words: list[str]) -> None:
    answer = installation.run(*words, "--help")
    assert answer.code == 0
    assert "Examples\n   $ " in answer.out and f"certwright {' '.join(words)}" in answer.out
    assert "Exit codes\n   0  " in answer.out and "--json" in answer.out


READS = [
    ["list"], ["status"], ["expiring"], ["ca", "tree"], ["audit", "show"], ["config", "show"], ["doctor", "--offline"],
]  # fmt: skip


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_without_a_store_reads_say_so_and_make_nothing(installation: Installation, words: list[str]) -> None:
    answer = installation.run(*words)
    assert answer.code in (0, 2, 3)
    assert not installation.home.exists() or not (installation.home / "data").exists()


@pytest.mark.parametrize("words", [*READS, ["status", "wiki"], ["inspect", "wiki"], ["why", "wiki"]], ids=" ".join)
def test_json_is_one_document_with_a_schema_version_and_nothing_else(stocked: Installation, words: list[str]) -> None:
    answer = stocked.run(*words, "--json")
    assert answer.document["schemaVersion"] == 1 and answer.document["kind"]


@pytest.mark.parametrize("words", [*READS, ["status", "wiki"], ["inspect", "wiki"], ["why", "wiki"]], ids=" ".join)
def test_ascii_draws_with_ascii_and_no_colour_reaches_a_pipe(stocked: Installation, words: list[str]) -> None:
    answer = stocked.run(*words, "--ascii")
    assert answer.out.isascii()
    assert "\x1b" not in answer.out + answer.err


@pytest.mark.parametrize("words", [*READS, ["status", "wiki"], ["inspect", "wiki"], ["why", "wiki"]], ids=" ".join)
def test_looking_writes_nothing(stocked: Installation, words: list[str]) -> None:
    with stocked.services() as services:
        before = logical_dump(services.store)  # type: ignore[arg-type]
    stocked.run(*words)
    with stocked.services() as services:
        assert logical_dump(services.store) == before  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["status", "nothing.internal"], 6, "certificate.not_found"),
        (["inspect", "nothing.pem"], 6, "file.not_found"),
        (["why", "arn:certwright:acm:x"], 2, "arn.invalid"),
        (["list", "--status", "ISUED"], 2, "known are"),
        (["list", "--tag", "team"], 2, "KEY=VALUE"),
        (["expiring", "--within", "soon"], 2, "span.invalid"),
        (["renew"], 2, "config.usage"),
        (["renew", "wiki", "--all-due"], 2, "config.usage"),
        (["audit", "verify", "--anchor", "missing.txt"], 2, "cannot be read"),
        (["plugin", "path"], 6, "plugin.not_found"),
    ],
)
def test_refusals_are_sentences_with_codes_and_no_traceback(
    stocked: Installation, words: list[str], code: int, said: str
) -> None:
    answer = stocked.run(*words)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith("error: ") and said in answer.err.replace("\n", " ")
    assert "Traceback" not in answer.err
    failed = stocked.run(*words, "--json")
    assert failed.code == code and failed.document["error"]["message"]


def test_a_near_name_is_offered(stocked: Installation) -> None:
    assert "did you mean wiki.internal" in stocked.run("status", "wikki.internal").err.replace("\n", " ")


def test_a_wrong_setting_ends_with_2(installation: Installation) -> None:
    installation.more["CERTWRIGHT_REGION"] = "Not A Region"
    answer = installation.run("list")
    assert answer.code == 2 and "config.invalid" in answer.err


@pytest.mark.proves("SEC-9")
def test_a_shifted_clock_is_shown_on_stderr(stocked: Installation) -> None:
    stocked.shift = "+36h"
    answer = stocked.run("list", "--json")
    assert "CERTWRIGHT_CLOCK_OFFSET=+36h" in answer.err.replace("\n", " ")
    assert answer.document["certificates"]


def test_a_hostile_text_cannot_move_the_cursor() -> None:
    assert safe("a\x1b[2Jb\r\nc\u202e") == "a\\x1b[2Jb\\x0d\\x0ac\\x202e"


# init ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("SEC-8")
def test_init_makes_store_and_keys_once_for_their_owner_only(installation: Installation) -> None:
    installation.more["CI"] = "true"  # where a first create would refuse
    answer = installation.run("init", "--json")
    written = {row["what"]: Path(row["path"]) for row in answer.document["written"]}
    assert set(written) == {"store", "wrapping key", "audit signing key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written.values())
    assert written["store"].parent not in written["wrapping key"].parents
    before = {path: path.read_bytes() for path in written.values()}
    again = installation.run("init")
    assert again.code == 1 and "store.exists" in again.err
    assert {path: path.read_bytes() for path in written.values()} == before


def test_init_lists_what_it_wrote_and_what_comes_next(installation: Installation) -> None:
    answer = installation.run("init")
    assert answer.code == 0 and "wrapping.key" in answer.out
    assert "NEXT STEPS" in answer.err and "Back up the wrapping key" in answer.err


@pytest.mark.proves("SEC-9")
@pytest.mark.parametrize(("words", "code"), [(["init"], 1), (["init", "--testing"], 0)])
def test_only_a_store_for_testing_lets_its_clock_be_moved(
    installation: Installation, words: list[str], code: int
) -> None:
    installation.more["CERTWRIGHT_TESTING_STORE"] = ""
    installation.run(*words)
    installation.shift = "+1d"
    answer = installation.run("list")
    assert answer.code == code
    assert code == 0 or "clock.override_refused" in answer.err


# list, status, ca tree ----------------------------------------------------------------------------------------------


def test_list_shows_every_kind_soonest_end_first(stocked: Installation) -> None:
    answer = stocked.run("list")
    lines = answer.out.splitlines()
    assert lines[0].split() == ["Name", "Type", "Status", "V", "Expires", "Renewal", "Used", "Issuer"]
    assert [line.split()[0] for line in lines[1:]] == ["wiki.internal", "www.shop.example.com", "www.shop.example.org"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["*.internal"], ["wiki.internal"]),
        (["--type", "imported"], ["www.shop.example.com"]),
        (["--status", "PENDING_VALIDATION"], ["www.shop.example.org"]),
        (["--tag", "team=web"], ["wiki.internal"]),
        (["--expiring-within", "30d"], ["wiki.internal"]),
        (["--region", "elsewhere"], []),
    ],
)
def test_list_filters(stocked: Installation, words: list[str], expected: list[str]) -> None:
    found = stocked.run("list", *words, "--json").document["certificates"]
    assert [c["name"] for c in found] == expected


def test_plain_is_one_row_a_line_with_tabs(stocked: Installation) -> None:
    rows = [line.split("\t") for line in stocked.run("list", "--plain").out.splitlines()]
    assert {len(row) for row in rows} == {8} and rows[1][0] == "wiki.internal +1"


def test_a_narrow_terminal_shortens_names_and_keeps_every_row_on_its_line(stocked: Installation) -> None:
    out = stocked.run("list", columns=70).out.splitlines()
    assert len(out) == 4 and max(map(len, out)) <= 70


def test_status_counts_and_says_what_to_do(stocked: Installation) -> None:
    answer = stocked.run("status")
    assert "2 ISSUED, 1 PENDING_VALIDATION" in answer.out and "2 ACTIVE" in answer.out and "1 DEPLOYED" in answer.out
    assert "certwright expiring" in answer.err


def test_status_takes_each_kind_of_arn(stocked: Installation) -> None:
    wiki = stocked.run("status", "wiki", "--json").document["certificate"]
    assert stocked.run("status", wiki["arn"]).out.startswith("Certificate")
    assert stocked.run("status", wiki["issuerArn"]).out.startswith("Authority")
    assert stocked.run("status", wiki["inUseBy"][0]).out.startswith("Association")


def test_ca_tree_draws_the_hierarchy_and_marks_that_browsers_do_not_trust_it(stocked: Installation) -> None:
    out = stocked.run("ca", "tree").out.splitlines()
    assert out[0].startswith("Shop root  ACTIVE") and "not trusted by browsers" in out[0]
    assert "└── Shop issuing  ACTIVE" in out[1] and "pathlen 0" in out[1] and "1 live" in out[1]
    document = stocked.run("ca", "tree", "--json").document
    assert document["authorities"][0]["below"][0]["liveCertificates"] == 1


# inspect ------------------------------------------------------------------------------------------------------------


def test_inspect_of_a_stored_certificate_shows_chain_versions_and_associations(stocked: Installation) -> None:
    answer = stocked.run("inspect", "wiki.internal")
    assert "CN=Shop root" in answer.out and "wikiFiles" in answer.out and "ip:192.168.1.1" in answer.out
    assert "not trusted by browsers" in answer.out.replace("\n", " ")


def test_inspect_of_a_file_recognises_our_authority_by_its_signature(stocked: Installation) -> None:
    path = stocked.home / "tls" / "current" / "fullchain.pem"
    document = stocked.run("inspect", str(path), "--json").document
    assert document["browserTrusted"] is False and "Shop issuing" in document["trust"]
    assert document["keyUsages"] == ["digitalSignature"]


def test_inspect_reads_stdin_der_and_pem_alike(installation: Installation) -> None:
    leaf = pki.leaf()
    pem = to_pem(leaf)
    from_pem = installation.run("inspect", "-", "--json", stdin=pem).document
    assert from_pem["subject"] == leaf.subject.rfc4514_string() and "not judged" in from_pem["trust"]
    printed = installation.run("inspect", "-", "--pem", stdin=pem)
    assert printed.out == pem


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"])
def test_inspect_of_something_else_says_what_it_is(installation: Installation, text: str) -> None:
    answer = installation.run("inspect", "-", stdin=text)
    assert answer.code == 2 and "holds no certificate" in answer.err and "AA==" not in answer.err


# why ----------------------------------------------------------------------------------------------------------------


def test_why_of_a_served_certificate_finds_nothing_blocked(stocked: Installation) -> None:
    answer = stocked.run("why", "wiki")
    assert answer.code == 0 and "Nothing is blocked." in answer.err
    states = {s["step"]: s["state"] for s in stocked.run("why", "wiki", "--json").document["steps"]}
    assert states["Request"] == states["Issuer"] == states["Issue"] == states["Deployment wikiFiles"] == "done"


def test_why_of_a_pending_certificate_names_the_record_to_create(stocked: Installation) -> None:
    answer = stocked.run("why", "www", columns=300)
    assert answer.code == 0 and "Waiting at Validation of www.shop.example.org" in answer.err
    assert "CNAME" in answer.err and ".validation.example.net." in answer.err


def test_why_points_to_the_first_blocked_step(stocked: Installation) -> None:
    from certwright.engine import authority

    arn = stocked.run("status", "wiki", "--json").document["certificate"]["issuerArn"]
    with stocked.services() as services:
        authority.update(services, arn, spec={"enabled": False}, tags={}, urn="")
    answer = stocked.run("why", "wiki")
    assert answer.code == 1 and "Blocked at Issuer" in answer.err and "DISABLED" in answer.err


def test_why_without_a_validation_domain_says_which_setting(stocked: Installation) -> None:
    del stocked.more["CERTWRIGHT_VALIDATION_DOMAIN"]
    answer = stocked.run("why", "www")
    assert answer.code == 1 and "validationDomain" in answer.err


# expiring -----------------------------------------------------------------------------------------------------------


def test_expiring_draws_a_line_of_time_with_a_word_for_each_state(stocked: Installation) -> None:
    answer = stocked.run("expiring", "--within", "60d")
    header, line = answer.out.splitlines()[:2]
    assert header.split()[:3] == ["Name", "Issuer", "Renewal"] and "60d" in header
    assert (
        line.startswith("wiki.internal")
        and "R" in line
        and "━" in line
        and "·" in line
        and line.rstrip().endswith("valid")
    )


@pytest.mark.parametrize(
    ("shift", "code", "word"),
    [("", 0, "valid"), ("+22d", 1, "due"), ("+28d", 1, "urgent"), ("+31d", 1, "expired")],
)
def test_expiring_exit_code_is_1_when_somebody_has_to_act(
    installation: Installation, shift: str, code: int, word: str
) -> None:
    installation.certificate(installation.issuing(installation.root()))
    installation.shift = shift
    answer = installation.run("expiring", "--within", "30d", "--exit-code", "--json")
    assert (answer.code, answer.document["certificates"][0]["state"]) == (code, word)
    assert installation.run("expiring").code == 0


def test_an_imported_certificate_always_needs_somebody(installation: Installation) -> None:
    installation.imported()
    answer = installation.run("expiring", "--within", "4000d", "--exit-code")
    assert answer.code == 1 and "manual" in answer.out and "import its successor" in answer.err.replace("\n", " ")


@pytest.mark.parametrize("columns", [15, 20, 31, 48])
def test_the_scale_is_as_wide_as_the_bars(columns: int) -> None:
    from datetime import timedelta

    assert len(scale(timedelta(days=90), columns)) == columns


# renew --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def due(installation: Installation) -> Installation:
    issuing = installation.issuing(installation.root())
    installation.association(installation.certificate(issuing))
    installation.certificate(issuing, "calm.internal", urn="calm", validity={"type": "DAYS", "value": "300"})
    installation.shift = "+22d"
    return installation


def served(installation: Installation) -> Any:
    path = installation.home / "tls" / "current" / "cert.pem"
    return installation.run("inspect", str(path), "--json").document["serialNumber"]


@pytest.mark.proves("REN-4")
def test_renew_all_due_renews_what_is_due_and_deploys_it(due: Installation) -> None:
    before = served(due)
    answer = due.run("renew", "--all-due", "--yes", "--json")
    assert answer.code == 0
    (result,) = answer.document["results"]
    assert result["version"] == 2 and result["deployed"][0]["status"] == "DEPLOYED"
    assert served(due) != before
    assert due.run("status", "calm", "--json").document["certificate"]["version"] == 1
    again = due.run("renew", "--all-due", "--yes", "--json")
    assert (again.code, again.document["results"]) == (0, [])


def test_a_dry_run_tells_the_same_and_does_nothing(due: Installation) -> None:
    with due.services() as services:
        before = logical_dump(services.store)  # type: ignore[arg-type]
    answer = due.run("renew", "--all-due", "--dry-run")
    assert answer.code == 0 and "version 1 → 2" in answer.err and "renewal due" in answer.err
    with due.services() as services:
        assert logical_dump(services.store) == before  # type: ignore[arg-type]


def test_without_a_terminal_nobody_is_asked_and_nothing_is_done(due: Installation) -> None:
    answer = due.run("renew", "wiki")
    assert answer.code == 2 and "--yes" in answer.err
    assert due.run("status", "wiki", "--json").document["certificate"]["version"] == 1


def test_what_is_not_due_ends_with_7_unless_forced(due: Installation) -> None:
    assert due.run("renew", "calm", "--yes").code == 7
    answer = due.run("renew", "calm", "--force", "--yes", "--json")
    assert (answer.code, answer.document["results"][0]["version"]) == (0, 2)


def test_imported_certificates_are_refused_with_what_to_do(installation: Installation) -> None:
    installation.imported()
    answer = installation.run("renew", "legacy", "--force", "--yes")
    assert answer.code == 1 and "imported" in answer.err


def test_a_target_of_another_host_is_left_to_it(due: Installation) -> None:
    from dataclasses import replace

    from certwright.engine.records import AssociationRecord

    with due.services() as services, services.store.write() as tx:
        tx.save(replace(tx.all(AssociationRecord)[0], host="web-7"))
    before = served(due)
    answer = due.run("renew", "wiki", "--yes")
    assert answer.code == 0 and "left to host web-7" in answer.err
    assert served(due) == before


def test_a_failed_deployment_is_told_and_ends_with_1(due: Installation) -> None:
    from dataclasses import replace

    from certwright.engine.records import AssociationRecord

    blocked = due.home / "file"
    blocked.write_text("")
    with due.services() as services, services.store.write() as tx:
        record = tx.all(AssociationRecord)[0]
        tx.save(replace(record, target={"directory": {"path": str(blocked / "tls")}}, place=str(blocked / "tls")))
    answer = due.run("renew", "wiki", "--yes")
    assert answer.code == 1 and "version 2 serves" in answer.out
    assert due.run("status", "wiki", "--json").document["certificate"]["version"] == 2


@pytest.fixture
def left_behind(installation: Installation) -> Iterator[tuple[Installation, DnsServer]]:
    """A CNAME of a certificate that was deleted while its DNS server was away."""
    from certwright.engine.records import DnsPurpose, DnsRecord

    secret = base64.b64encode(b"a secret of the left-behind test").decode()
    with DnsServer({"example.org": ()}, {"k": secret}) as server:
        server.add("_x.www.example.org", "CNAME", "_y.validate.example")
        reached = {"server": server.host, "port": server.port, "keyName": "k", "keySecret": secret}
        installation.more["CERTWRIGHT_DNS_WRITERS"] = json.dumps({"corp": {"rfc2136": reached}})
        waits = DnsRecord(
            writer="corp",
            name="_x.www.example.org",
            type="CNAME",
            value="_y.validate.example",
            arn="",
            purpose=DnsPurpose.CNAME,
            created_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
        with installation.services() as services, services.store.write() as tx:
            tx.save(waits)
        yield installation, server


@pytest.mark.proves("DNS-7")
def test_renew_all_due_removes_what_deleted_certificates_left_in_dns(
    left_behind: tuple[Installation, DnsServer],
) -> None:
    installation, server = left_behind
    assert severities(installation)[1]["dns records"] == "WARN"
    told = installation.run("renew", "--all-due", "--dry-run")
    assert "_x.www.example.org CNAME: will be removed from DNS" in told.err and "nothing was done" in told.err
    assert installation.run("renew", "--all-due").code == 2  # nobody to ask
    assert server.records("_x.www.example.org", "CNAME") != ()
    answer = installation.run("renew", "--all-due", "--yes")
    assert answer.code == 0 and "_x.www.example.org CNAME: removed from DNS" in answer.out
    assert server.records("_x.www.example.org", "CNAME") == ()
    assert severities(installation)[1]["dns records"] == "OK"
    assert "Nothing is due." in installation.run("renew", "--all-due", "--yes").err


@pytest.mark.proves("DNS-7")
def test_what_still_cannot_be_removed_is_told_and_waits_on(left_behind: tuple[Installation, DnsServer]) -> None:
    installation, server = left_behind
    server.script("example.org", "UPDATE", Fault.REFUSED)
    answer = installation.run("renew", "--all-due", "--yes", "--json")
    (found,) = answer.document["dnsRecords"]
    assert answer.code == 1
    assert (found["name"], found["removed"]) == ("_x.www.example.org", False)
    assert "refuses the update" in found["problem"]
    assert severities(installation)[1]["dns records"] == "WARN"
    del installation.more["CERTWRIGHT_DNS_WRITERS"]
    checks = installation.run("doctor", "--offline", "--json").document["checks"]
    assert "configure the writer corp here" in {c["name"]: c["todo"] for c in checks}["dns records"]


# audit --------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("AUD-1")
def test_the_log_verifies_against_its_signed_head_and_a_cut_is_found(stocked: Installation) -> None:
    import sqlite3

    assert stocked.run("audit", "head").code == 3  # never made here: init does, or --make-key
    anchor = stocked.home / "head.txt"
    anchor.write_text(stocked.run("audit", "head", "--make-key").out)
    assert stocked.run("audit", "verify", "--anchor", str(anchor)).code == 0
    with sqlite3.connect(stocked.home / "data" / "store.db") as database:
        database.execute("DROP TRIGGER audit_no_delete")
        database.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    database.close()
    assert stocked.run("audit", "verify").code == 0
    answer = stocked.run("audit", "verify", "--anchor", str(anchor))
    assert answer.code == 1 and "cut" in answer.out


def test_audit_show_filters(stocked: Installation) -> None:
    entries = stocked.run("audit", "show", "--action", "issue", "--result", "done", "--json").document["entries"]
    assert entries and {(e["action"], e["result"]) for e in entries} == {("issue", "done")}
    assert len(stocked.run("audit", "show", "--last", "2", "--json").document["entries"]) == 2


# config, doctor -----------------------------------------------------------------------------------------------------


@pytest.mark.proves("SEC-2", "SEC-6")
def test_config_shows_origins_and_no_secret(installation: Installation) -> None:
    installation.more |= {
        "CERTWRIGHT_REGION": "eu-1",
        "CERTWRIGHT_STORE": "postgresql+psycopg://cw:hunter2@db/certwright",
        "CERTWRIGHT_KEY_WRAPPER": "passphrase://hunter3",
        "CERTWRIGHT_DNS_WRITERS": json.dumps({"corp": {"rfc2136": {"keySecret": "hunter4"}}}),
    }
    for words in (["config", "show", "--origins"], ["config", "show", "--json"]):
        answer = installation.run(*words, columns=200)
        assert answer.code == 0 and "hunter" not in answer.out + answer.err
        assert "environment CERTWRIGHT_REGION" in answer.out and "eu-1" in answer.out


def severities(installation: Installation) -> tuple[int, dict[str, str]]:
    answer = installation.run("doctor", "--offline", "--json")
    worst: dict[str, str] = {}
    order = ["OK", "INFO", "WARN", "CRITICAL"]
    for check in answer.document["checks"]:
        worst[check["name"]] = max(worst.get(check["name"], "OK"), check["severity"], key=order.index)
    return answer.code, worst


def test_doctor_finds_a_lost_wrapping_key(stocked: Installation) -> None:
    assert severities(stocked)[1]["wrapping key"] == "OK"
    (stocked.home / "config" / "wrapping.key").unlink()
    code, found = severities(stocked)
    assert (code, found["wrapping key"]) == (4, "CRITICAL")


def test_doctor_finds_another_wrapping_key(stocked: Installation) -> None:
    (stocked.home / "config" / "wrapping.key").unlink()
    other = Installation(home=stocked.home.parent / "other")
    other.run("init")
    (stocked.home / "config" / "wrapping.key").write_bytes((other.home / "config" / "wrapping.key").read_bytes())
    (stocked.home / "config" / "wrapping.key").chmod(0o600)
    code, found = severities(stocked)
    assert (code, found["wrapping key"]) == (4, "CRITICAL")


def test_doctor_finds_a_store_that_others_can_read(stocked: Installation) -> None:
    (stocked.home / "data" / "store.db").chmod(0o644)
    code, found = severities(stocked)
    assert (code, found["store"]) == (4, "CRITICAL")


@pytest.mark.proves("SEC-9")
def test_doctor_finds_a_clock_that_went_back(stocked: Installation) -> None:
    stocked.shift = "-3d"
    code, found = severities(stocked)
    assert (code, found["clock"]) == (4, "CRITICAL")


def test_doctor_warns_of_an_authority_that_ends_and_of_an_expired_certificate_that_is_served(
    stocked: Installation,
) -> None:
    stocked.shift = "+3640d"
    code, found = severities(stocked)
    assert code == 4 and found["authorities"] == "CRITICAL" and found["certificates"] == "CRITICAL"


def test_doctor_shows_wrong_settings_instead_of_failing(installation: Installation) -> None:
    installation.more["CERTWRIGHT_REGION"] = "Not A Region"
    code, found = severities(installation)
    assert (code, found["settings"]) == (4, "CRITICAL")


# quickstart ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["yaml", "python", "dynamic"])
def test_quickstart_writes_a_whole_project_and_overwrites_nothing(installation: Installation, language: str) -> None:
    import yaml

    where = installation.home / "My PKI"
    answer = installation.run("quickstart", str(where), "--language", language, "--json")
    assert answer.code == 0 and set(answer.document["files"]) == {path.name for path in where.iterdir()}
    project = yaml.safe_load((where / "Pulumi.yaml").read_text())
    assert project["name"] == "my-pki"
    assert "tls/" in (where / ".gitignore").read_text()
    for path in where.iterdir():
        assert "@" not in path.read_text(), f"{path} has a mark that was not replaced"
    if language != "yaml":
        compile((where / "__main__.py").read_text(), "__main__.py", "exec")
    program = (where / ("Pulumi.yaml" if language == "yaml" else "__main__.py")).read_text()
    authorities = len(re.findall(r"PrivateCertificateAuthority(?:$|\()", program, re.MULTILINE))
    assert len(re.findall(r"protect(?:: t|=T)rue", program)) == authorities == 2, "each authority is protected"
    before = {path: path.read_bytes() for path in where.iterdir()}
    again = installation.run("quickstart", str(where), "--language", language)
    assert again.code == 1 and "quickstart.exists" in again.err
    assert {path: path.read_bytes() for path in where.iterdir()} == before
