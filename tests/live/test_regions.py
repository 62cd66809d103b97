"""Regions: explicit providers, `region` on a resource, one CNAME for all, keys that never leave (REG-1, REG-2)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from certwright.engine.records import KeyRecord, RegionKeyRecord
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from live.harness import TYPES, Stack, authorities, directory_association
from live.publicworld import TSIG_SECRET, public, settings, shown_records, world

pytestmark = pytest.mark.needs_pulumi


def public_key(stack: Stack, name: str) -> bytes:
    found = x509.load_pem_x509_certificate(stack.outputs(name)["certificatePem"].encode())
    return found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.each_cli
@pytest.mark.proves("REG-1", "REG-2", "DNS-2", "ASC-7")
def test_the_same_names_in_two_regions_share_one_record_and_no_key(empty: Stack, tmp_path: Path) -> None:
    with world() as dns:
        empty.config = settings(dns)
        names = {"eu": "eu-west", "us": "us-east"}
        for short, region in names.items():
            empty.resources[short] = {
                "type": "pulumi:providers:certwright",
                "properties": {**_as_arguments(settings(dns)), "region": region},
            }
        empty.resources.update(authorities())
        for short in names:
            empty.resources[f"www-{short}"] = {**public(), "options": {"provider": f"${{{short}}}"}}
        empty.resources["www-own"] = public(region="ap-south")

        empty.program["outputs"] = {s: f"${{www-{s}.domainValidationOptions}}" for s in (*names, "own")}
        records = shown_records(empty.preview().ok())
        assert len(records) == 3
        assert len(set(records)) == 1, "one record serves every region"
        dns.add(records[0][0], "CNAME", records[0][1])

        for short in (*names, "own"):
            region = {"region": "ap-south"} if short == "own" else {}
            # A validation and an association go with their certificate's provider.
            provider = {} if short == "own" else {"options": {"provider": f"${{{short}}}"}}
            empty.resources[f"proved-{short}"] = {
                "type": TYPES["validation"],
                "properties": {"certificateArn": f"${{www-{short}.arn}}"},
                **provider,
            }
            empty.resources[f"served-{short}"] = {
                **directory_association(tmp_path / short, certificate=f"proved-{short}.certificateArn", **region),
                **provider,
            }
        told = empty.up().ok().text.partition("Diagnostics:")[2]
        assert told.count("audit log signed: ") == 1, "three processes, one store, one head"
        empty.unchanged()
        empty.refresh().ok()

        regions = {short: empty.id(f"www-{short}").split(":")[3] for short in (*names, "own")}
        assert regions == {**names, "own": "ap-south"}
        keys = {public_key(empty, f"www-{short}") for short in regions}
        assert len(keys) == 3
        with empty.services() as services, services.store.read() as reader:
            assert {key.region for key in reader.all(RegionKeyRecord)} == {"local", "eu-west", "us-east", "ap-south"}
            held: dict[str, int] = {}
            for key in reader.all(KeyRecord):
                held[key.region] = held.get(key.region, 0) + 1
            assert held == {"local": 2, "eu-west": 1, "us-east": 1, "ap-south": 1}

        # across regions nothing is served
        empty.resources["wrong"] = directory_association(tmp_path / "wrong", certificate="www-eu")
        run = empty.preview().failed()
        assert "[association.region]" in run.text
        assert "keys never leave their region" in run.text


def _as_arguments(config: dict[str, object]) -> dict[str, object]:
    """Stack configuration as the arguments of an explicit provider: lists and objects instead of JSON text."""

    return {k: json.loads(v) if isinstance(v, str) and v[:1] in "[{" else v for k, v in config.items()}


@pytest.mark.proves("REG-2")
def test_another_region_replaces_and_naming_the_same_one_does_not(stack: Stack) -> None:
    before = stack.dump()
    for name in ("root", "issuing", "wiki"):
        stack.resources[name]["properties"]["region"] = "local"
    stack.unchanged()
    stack.up().ok()
    assert stack.dump() == before
    stack.resources["wiki"]["properties"]["region"] = "elsewhere"
    assert stack.preview_json().ok().diff("wiki")["region"].endswith("-replace")


@pytest.mark.proves("REG-2")
def test_moving_to_an_explicit_provider_of_the_same_region_changes_nothing(stack: Stack) -> None:
    stack.resources["mine"] = {"type": "pulumi:providers:certwright", "properties": {"region": "local"}}
    for name in ("root", "issuing", "wiki"):
        stack.resources[name]["options"] = {"provider": "${mine}"}
    preview = stack.preview_json().ok()
    assert not any("replace" in step["op"] for step in preview.steps.values())
    before = stack.dump()
    stack.up().ok()
    assert stack.dump() == before
    stack.unchanged()


@pytest.mark.proves("SEC-6")
def test_secret_settings_are_secret_in_the_state_wherever_they_came_from(stack: Stack) -> None:
    """YAML programs and plain stack configuration mark nothing: CheckConfig does."""
    with world() as dns:
        stack.config = settings(dns)
        stack.resources["mine"] = {"type": "pulumi:providers:certwright", "properties": _as_arguments(settings(dns))}
        stack.up().ok()
        stack.unchanged()
    assert TSIG_SECRET not in json.dumps(stack.export())
    assert TSIG_SECRET in json.dumps(stack.export("--show-secrets"))
