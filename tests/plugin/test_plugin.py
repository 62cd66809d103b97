"""The gRPC plugin alone: previews, detailed diffs, configuration, cancel, log lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from certwright import __version__
from certwright.binding.codec import UNKNOWN_TEXT, decode, encode
from certwright.domain.values import UNKNOWN, Secret
from google.protobuf import empty_pb2
from plugin.engine import URN, Plugin, running_plugin
from plugin.toy import Toybox, registry
from pulumi.runtime.proto import plugin_pb2, provider_pb2

BASE = {"name": "wiki", "names": ["a.example"]}
Kind = provider_pb2.PropertyDiff


@pytest.fixture
def box() -> Toybox:
    return Toybox()


@pytest.fixture
def bare(box: Toybox, tmp_path: Path) -> Iterator[Plugin]:
    with running_plugin(registry(box), home=tmp_path) as plugin:
        yield plugin


@pytest.fixture
def plugin(bare: Plugin) -> Plugin:
    bare.configure(region="eu-1")
    return bare


def made(plugin: Plugin, **more: Any) -> tuple[str, Any, Any]:
    inputs = decode(plugin.check({**BASE, **more}).inputs)
    answer = plugin.create(inputs)
    return answer.id, inputs, decode(answer.properties)


class TestStart:
    def test_handshake_and_configure_accept_the_same(self, bare: Plugin) -> None:
        shaken = bare.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=bare.session.log.address))
        configured = bare.configure()
        assert shaken.accept_secrets == configured.acceptSecrets is True
        assert shaken.accept_resources == configured.acceptResources is True
        assert shaken.accept_outputs == configured.acceptOutputs is True
        assert shaken.supports_autonaming_configuration == configured.supports_autonaming_configuration is True
        assert configured.supportsPreview

    def test_attach_gives_the_engine_address(self, bare: Plugin) -> None:
        bare.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:7"))
        assert bare.session.log.address == "127.0.0.1:7"

    def test_plugin_info_is_the_plain_version(self, bare: Plugin) -> None:
        assert bare.stub.GetPluginInfo(empty_pb2.Empty()).version == __version__

    def test_mappings_are_empty(self, bare: Plugin) -> None:
        assert not bare.stub.GetMapping(provider_pb2.GetMappingRequest(key="terraform")).provider
        assert not bare.stub.GetMappings(provider_pb2.GetMappingsRequest(key="terraform")).providers

    @pytest.mark.parametrize(
        ("rpc", "request_message"),
        [
            ("Parameterize", provider_pb2.ParameterizeRequest()),
            ("Construct", provider_pb2.ConstructRequest()),
            ("Call", provider_pb2.CallRequest()),
        ],
    )
    def test_what_is_not_here_is_unimplemented(self, bare: Plugin, rpc: str, request_message: Any) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            getattr(bare.stub, rpc)(request_message)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED  # type: ignore[attr-defined]

    def test_work_before_configure_is_one_sentence(self, bare: Plugin) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            bare.check(BASE)
        assert caught.value.details() == (  # type: ignore[attr-defined]
            "the provider was asked for work before it was configured [config.missing]"
        )

    @pytest.mark.parametrize(("version", "subpackage"), [(1, ""), (0, "aws")])
    def test_schema_of_another_version_or_subpackage_is_refused(
        self, bare: Plugin, version: int, subpackage: str
    ) -> None:
        with pytest.raises(grpc.RpcError, match=r"schema|sub-package"):
            bare.stub.GetSchema(provider_pb2.GetSchemaRequest(version=version, subpackage_name=subpackage))

    def test_an_unknown_token_names_those_that_exist(self, plugin: Plugin) -> None:
        with pytest.raises(grpc.RpcError, match=r'no resource "certwright:index:Gadget".*certwright:index:Widget'):
            plugin.check(BASE, urn=URN.replace("Widget", "Gadget"))


class TestSettings:
    def test_every_wrong_setting_at_once(self, bare: Plugin) -> None:
        news = encode({"region": "No Region", "validityProfile": "x", "colour": 1, "version": "1.2.3"})
        answer = bare.stub.CheckConfig(provider_pb2.CheckRequest(news=news))
        assert sorted(f.property for f in answer.failures) == ["colour", "region", "validityProfile"]
        assert decode(answer.inputs)["region"] == "No Region"

    def test_a_wrong_secret_setting_is_refused_without_naming_its_property(self, bare: Plugin) -> None:
        answer = bare.stub.CheckConfig(provider_pb2.CheckRequest(news=encode({"store": "mysql://u:hunter2@db"})))
        (failure,) = answer.failures
        assert failure.property == ""
        assert failure.reason.startswith("store: must start with sqlite:///")
        assert "hunter2" not in failure.reason

    def test_unknown_settings_pass_a_check(self, bare: Plugin) -> None:
        news = encode({"region": UNKNOWN, "store": Secret(UNKNOWN)})
        assert not bare.stub.CheckConfig(provider_pb2.CheckRequest(news=news)).failures

    @pytest.mark.parametrize(
        ("olds", "news", "diffs", "replaces"),
        [
            ({}, {"region": "local", "account": "000000000000", "version": "1.0.0"}, [], []),
            ({}, {"region": "eu"}, ["region"], ["region"]),
            ({"region": "eu"}, {"region": "us"}, ["region"], ["region"]),
            ({"region": "eu", "version": "1"}, {"region": "eu", "version": "2"}, [], []),
            ({"store": "sqlite:///a"}, {"store": "sqlite:///b"}, ["store"], []),
            ({"readOnly": "true"}, {"readOnly": True}, [], []),
            ({"resolvers": ["1.1.1.1"]}, {"resolvers": '["1.1.1.1"]'}, [], []),
            ({"region": "eu"}, {"region": UNKNOWN}, ["region"], []),
        ],
    )
    def test_a_move_to_an_explicit_provider_replaces_only_for_region_and_account(
        self, bare: Plugin, olds: Any, news: Any, diffs: list[str], replaces: list[str]
    ) -> None:
        answer = bare.stub.DiffConfig(
            provider_pb2.DiffRequest(olds=encode(olds), old_inputs=encode(olds), news=encode(news))
        )
        assert (list(answer.diffs), list(answer.replaces)) == (diffs, replaces)
        assert set(answer.detailedDiff) == set(diffs)
        assert answer.changes == (2 if diffs else 1)

    def test_secrets_are_unwrapped_and_never_echoed(self, bare: Plugin, box: Toybox) -> None:
        bare.configure(store=Secret("sqlite:///hunter2.db"), defaultTags='{"a": "b"}')
        bare.check(BASE)
        assert box.config.store == "sqlite:///hunter2.db"
        assert dict(box.config.default_tags) == {"a": "b"}
        with pytest.raises(grpc.RpcError) as caught:
            bare.configure(store=Secret("hunter2"))
        assert "hunter2" not in str(caught.value)

    def test_while_a_setting_is_unknown_previews_pass_and_real_work_is_refused(self, bare: Plugin) -> None:
        bare.configure(region=UNKNOWN)
        assert decode(bare.check(BASE).inputs) == BASE
        assert decode(bare.create(BASE, preview=True).properties) == BASE
        with pytest.raises(grpc.RpcError, match="region are not known yet"):
            bare.create(BASE)
        bare.configure(region="eu")
        assert bare.create(BASE).id

    def test_read_only_refuses_writes_but_not_previews(self, bare: Plugin) -> None:
        bare.configure(readOnly="true")
        assert bare.create(BASE, preview=True).properties
        for write in (
            lambda: bare.create(BASE),
            lambda: bare.update("i", {}, {}, BASE),
            lambda: bare.delete("i", {}),
        ):
            with pytest.raises(grpc.RpcError, match="readOnly"):
                write()


class TestResources:
    def test_a_create_preview_knows_what_can_be_known(self, plugin: Plugin) -> None:
        answer = plugin.create(decode(plugin.check(BASE).inputs), preview=True)
        outputs = decode(answer.properties)
        assert answer.id == ""
        assert outputs["arn"] is UNKNOWN
        assert outputs["sealed"] == Secret(UNKNOWN)
        assert outputs["domainValidationOptions"] == [{"name": "_1.example", "value": "x"}]
        assert UNKNOWN_TEXT in str(answer.properties)

    def test_an_update_preview_keeps_the_arn(self, plugin: Plugin) -> None:
        id, inputs, outputs = made(plugin)
        assert decode(plugin.update(id, inputs, outputs, inputs, preview=True).properties)["arn"] == id

    def test_a_replacing_path_is_marked_and_repeated_in_the_lists(self, plugin: Plugin) -> None:
        id, inputs, outputs = made(plugin)
        answer = plugin.diff(id, inputs, outputs, {**inputs, "name": "x", "names": []})
        assert answer.hasDetailedDiff
        assert set(answer.detailedDiff) == set(answer.diffs) == {"name", "names"}
        assert answer.detailedDiff["name"].kind == Kind.UPDATE_REPLACE
        assert answer.detailedDiff["name"].inputDiff
        assert list(answer.replaces) == ["name"]
        assert answer.deleteBeforeReplace
        assert not answer.stables

    def test_due_renewal_is_an_output_path_and_one_line_under_the_resource(self, plugin: Plugin, box: Toybox) -> None:
        id, inputs, outputs = made(plugin)
        box.due.add(id)
        answer = plugin.diff(id, inputs, outputs, inputs)
        assert dict(answer.detailedDiff) == {"version": Kind(kind=Kind.UPDATE, inputDiff=False)}
        assert list(answer.stables) == ["arn"]
        assert ("INFO", "renewal due", URN, False) in plugin.engine.lines

    def test_ignored_output_paths_are_no_change(self, plugin: Plugin, box: Toybox) -> None:
        id, inputs, outputs = made(plugin)
        box.due.add(id)
        answer = plugin.diff(id, inputs, outputs, inputs, ignore=("version",))
        assert (answer.changes, list(answer.diffs)) == (provider_pb2.DiffResponse.DIFF_NONE, [])

    def test_the_diff_of_a_refresh_is_quiet_until_the_next_check(self, plugin: Plugin, box: Toybox) -> None:
        id, inputs, outputs = made(plugin)
        box.due.add(id)
        plugin.read(id, inputs, outputs)
        assert plugin.diff(id, inputs, outputs, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
        plugin.check(BASE, inputs)
        assert plugin.diff(id, inputs, outputs, inputs).changes == provider_pb2.DiffResponse.DIFF_SOME

    def test_progress_moves_the_row_on_change_only(self, plugin: Plugin) -> None:
        made(plugin)
        assert plugin.engine.lines.count(("INFO", "working", URN, True)) == 1

    def test_import_of_an_unknown_id_is_a_sentence(self, plugin: Plugin) -> None:
        with pytest.raises(grpc.RpcError, match="there is no widget nope") as caught:
            plugin.read("nope")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]

    def test_cancel_ends_a_wait_within_a_second_and_keeps_the_resource(self, plugin: Plugin, box: Toybox) -> None:
        caught: list[grpc.RpcError] = []

        def create() -> None:
            try:
                plugin.create({**BASE, "behaviour": "wait"})
            except grpc.RpcError as error:
                caught.append(error)

        worker = threading.Thread(target=create)
        worker.start()
        assert box.started.wait(5)
        began = time.monotonic()
        plugin.stub.Cancel(empty_pb2.Empty())
        worker.join(5)
        assert time.monotonic() - began < 1
        assert "cancelled" in caught[0].details()  # type: ignore[attr-defined]
        metadata = dict(caught[0].trailing_metadata())  # type: ignore[attr-defined]
        assert b"arn:toy:1" in metadata["grpc-status-details-bin"]

    def test_invoke_answers_and_gives_failures_for_bad_arguments(self, plugin: Plugin) -> None:
        id, _, _ = made(plugin)
        answer = plugin.invoke("certwright:index:getWidget", {"arn": id})
        assert decode(getattr(answer, "return")) == {"arn": id, "sealed": Secret(f"sealed-{id}")}
        bad = plugin.invoke("certwright:index:getWidget", {})
        assert [(f.property, f.reason) for f in bad.failures] == [("arn", "is required [input.missing]")]

    def test_a_trace_goes_to_stderr_only_on_request_and_without_values(
        self, plugin: Plugin, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = {**BASE, "behaviour": "break", "password": Secret("hunter2")}
        with pytest.raises(grpc.RpcError):
            plugin.create(broken)
        assert "incident" not in capfd.readouterr().err
        monkeypatch.setenv("CERTWRIGHT_DEBUG", "1")
        with pytest.raises(grpc.RpcError):
            plugin.create(broken)
        err = capfd.readouterr().err
        assert "builtins.ValueError" in err
        assert "hunter2" not in err
        assert "toy.py" in err


def test_a_long_property_passes(plugin: Plugin) -> None:
    long = "x" * (5 << 20)
    assert decode(plugin.check({**BASE, "name": long}).inputs)["name"] == long
