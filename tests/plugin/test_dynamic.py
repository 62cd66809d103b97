"""The dynamic form: frozen pickles, Check's echo, arguments and outputs of the classes, functions, errors without traces."""

from __future__ import annotations

import base64
import inspect
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import grpc
import pulumi
import pytest
from certwright.binding.codec import decode
from certwright.binding.naming import to_python, to_wire
from certwright.binding.registry import Registry
from certwright.binding.schema import fields_of
from certwright.domain.errors import NotFound, Refused
from certwright.domain.values import UNKNOWN, Secret
from certwright.dynamic import Certificate, host, providers
from certwright.dynamic.arguments import properties
from certwright.dynamic.codec import from_neutral, to_neutral
from certwright.dynamic.frame import surroundings
from certwright.dynamic.functions import Function
from certwright.dynamic.resource import CertwrightResource
from certwright.dynamic.view import Value, view
from certwright.resources.validation_model import CertificateValidationInputs
from hypothesis import given
from hypothesis import strategies as st
from plugin.dynamic_host import Dynamic, host_module, running_host
from plugin.toy import Toybox, Widget, WidgetInputs, registry
from plugin.toy_dynamic import WidgetProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown
from pulumi.runtime import mocks

BASE = {"name": "wiki", "names": ["a.example"]}

# What the states of released versions hold. Never change a line; a new class gets a new one.
GOLDEN = {
    "CertificateProvider": (
        "gASVOwAAAAAAAACMHGNlcnR3cmlnaHQuZHluYW1pYy5wcm92aWRlcnOUjBNDZXJ0aWZpY2F0ZVByb3ZpZGVylJOUKYGULg=="
    ),
    "CertificateValidationProvider": (
        "gASVRQAAAAAAAACMHGNlcnR3cmlnaHQuZHluYW1pYy5wcm92aWRlcnOUjB1DZXJ0aWZpY2F0ZVZhbGlkYXRpb25Qcm92aWRlcpSTlCmBlC4="
    ),
    "PrivateCertificateAuthorityProvider": (
        "gASVSwAAAAAAAACMHGNlcnR3cmlnaHQuZHluYW1pYy5wcm92aWRlcnOUjCNQcml2YXRlQ2VydGlmaWNhdGVBdXRob3JpdHlQ"
        "cm92aWRlcpSTlCmBlC4="
    ),
    "CertificateAssociationProvider": (
        "gASVRgAAAAAAAACMHGNlcnR3cmlnaHQuZHluYW1pYy5wcm92aWRlcnOUjB5DZXJ0aWZpY2F0ZUFzc29jaWF0aW9uUHJvdmlkZXKUk5QpgZQu"
    ),
}


def interpreter(version: str) -> str | None:
    """A Python of this version: on PATH, or among pyenv's (whose shims answer only for the selected version)."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for found in (shutil.which(f"python{version}"), *root.glob(f"versions/{version}.*/bin/python{version}")):
        if found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0:
            return str(found)
    return None


class TestPickles:
    @pytest.mark.parametrize("name", GOLDEN)
    def test_what_an_old_state_holds_still_loads(self, name: str) -> None:
        loaded = pickle.loads(base64.b64decode(GOLDEN[name]))
        assert type(loaded) is getattr(providers, name)
        assert vars(loaded) == {}

    @pytest.mark.parametrize("name", GOLDEN)
    def test_a_new_state_holds_the_same_text(self, name: str) -> None:
        if pickle.DEFAULT_PROTOCOL != 4:
            pytest.skip("this Python has another default pickle protocol; the old text loads all the same")
        assert serialize_provider(getattr(providers, name)()) == GOLDEN[name]

    def test_the_provider_is_no_secret(self) -> None:
        assert not providers.CertificateProvider.serialize_as_secret_always

    @pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
    def test_every_python_at_hand_loads_it(self, version: str) -> None:
        """The pickle names a module and a class and nothing else, so a stand-in for the module is enough."""
        found = interpreter(version)
        if found is None:
            pytest.skip(f"there is no Python {version} here")
        code = (
            "import base64, pickle, sys, types\n"
            "for name in ('certwright', 'certwright.dynamic', 'certwright.dynamic.providers'):\n"
            "    sys.modules[name] = types.ModuleType(name)\n"
            "module = sys.modules['certwright.dynamic.providers']\n"
            "for name, text in zip(sys.argv[1::2], sys.argv[2::2]):\n"
            "    setattr(module, name, type(name, (), {}))\n"
            "    assert type(pickle.loads(base64.b64decode(text))).__name__ == name\n"
        )
        arguments = [part for pair in GOLDEN.items() for part in pair]
        done = subprocess.run([found, "-c", code, *arguments], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def box() -> Toybox:
    return Toybox()


@pytest.fixture
def dynamic(box: Toybox, tmp_path: Path) -> Iterator[Dynamic]:
    with running_host(WidgetProvider(), registry(box), home=tmp_path) as wire:
        wire.configure(region="eu-1")
        yield wire


class TestHost:
    def test_configuration_arrives(self, dynamic: Dynamic, box: Toybox) -> None:
        dynamic.check(BASE)
        assert box.config.region == "eu-1"

    def test_check_echoes_lasting_outputs_and_keeps_the_arn_for_life(self, dynamic: Dynamic, box: Toybox) -> None:
        first = decode(dynamic.check(BASE).inputs)
        assert first["domainValidationOptions"] == [{"name": "_1.example", "value": "x"}]
        assert "arn" not in first
        later = decode(dynamic.check(BASE, {**first, "arn": "arn:toy:1"}).inputs)
        assert later["arn"] == "arn:toy:1"

    def test_handlers_never_see_the_echo(self, dynamic: Dynamic) -> None:
        inputs = decode(dynamic.check(BASE).inputs)
        answer = dynamic.check({**BASE, "arn": "arn:toy:1"}, inputs)
        assert not answer.failures  # the toy refuses properties that are no inputs

    def test_errors_are_one_sentence_without_a_traceback(self, dynamic: Dynamic) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            dynamic.create({**BASE, "behaviour": "fail"})
        assert caught.value.details() == "the target said no [deploy.failed]\n    line two"  # type: ignore[attr-defined]

    def test_a_wrong_setting_is_one_sentence_too(self, dynamic: Dynamic) -> None:
        host_module()._PROVIDER_CACHE.clear()
        dynamic.configure(region="No Region")
        with pytest.raises(grpc.RpcError) as caught:
            dynamic.check(BASE)
        assert caught.value.details().startswith('region: "No Region" is not a region')  # type: ignore[attr-defined]

    def test_lines_stand_under_the_resource(self, dynamic: Dynamic, box: Toybox) -> None:
        id = dynamic.create(BASE).id
        box.due.add(id)
        dynamic.diff(id, BASE, BASE, BASE)
        assert [line[1] for line in dynamic.engine.lines] == ["working", "renewal due"]
        assert all(line[2].endswith("::wiki") for line in dynamic.engine.lines)

    def test_ignored_changes_are_honoured(self, dynamic: Dynamic, box: Toybox) -> None:
        id = dynamic.create(BASE).id
        box.due.add(id)
        assert dynamic.diff(id, BASE, BASE, BASE, ignore=("version",)).changes == 1

    def test_claims_are_persisted_when_the_process_ends(self, dynamic: Dynamic, box: Toybox) -> None:
        id = dynamic.create(BASE).id
        assert box.claimed == []
        host.current().close()
        assert box.claimed == [("certificate", id)]

    def test_without_the_hosts_frame_nothing_breaks(self, dynamic: Dynamic) -> None:
        assert surroundings().urn == ""
        provider = WidgetProvider()
        assert provider.check({}, BASE).failures == []
        assert provider.create(BASE).id.startswith("arn:toy:")


class TestCodec:
    @given(
        st.recursive(
            st.one_of(st.booleans(), st.integers(-(2**52), 2**52), st.text(max_size=5), st.just(UNKNOWN)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
                inner.filter(lambda v: not isinstance(v, Secret)).map(Secret),
            ),
            max_leaves=8,
        )
    )
    def test_a_tree_survives(self, value: Any) -> None:
        assert to_neutral(from_neutral({"p": value})) == {"p": value}

    def test_pulumis_own_objects(self) -> None:
        tree = {"__provider": "x", "a": [Unknown(), 24.0], "b": None, "c": {"d": Unknown()}}
        assert to_neutral(tree) == {"a": [UNKNOWN, 24], "c": {"d": UNKNOWN}}


class WidgetResource(CertwrightResource, module="certwright", name="Widget"):
    _provider_class = WidgetProvider
    _registry: ClassVar[Registry] = registry()


class Mocks(mocks.Mocks):
    def __init__(self) -> None:
        self.made: list[Any] = []

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        self.made.append(args)
        outputs = {"arn": "arn:toy:1", "notAfter": "2027", "domainValidationOptions": [{"name": "n", "value": "v"}]}
        return "arn:toy:1", {**args.inputs, **outputs}

    def call(self, args: Any) -> dict[str, Any]:
        return {}


class TestClasses:
    def test_arguments_are_the_models_in_python_names(self) -> None:
        assert "behaviour" in fields_of(WidgetInputs)
        assert "version" not in fields_of(WidgetInputs)  # managed
        real = inspect.signature(Certificate).parameters
        assert list(real)[:2] == ["resource_name", "opts"]
        assert {"domain_name", "subject_alternative_names", "certificate_authority_arn", "private_key"} <= set(real)

    def test_an_unknown_argument_is_a_type_error_that_names_the_known(self) -> None:
        with pytest.raises(TypeError, match=r"no argument 'domian'.*name"):
            properties("Widget", WidgetInputs, {"domian": 1})

    def test_nested_objects_get_wire_names_and_free_maps_keep_theirs(self) -> None:
        found = properties(
            "Widget", WidgetInputs, {"place": {"path": "/x"}, "tags": {"cost_center": "1"}, "size": None}
        )
        assert found == {"place": {"path": "/x"}, "tags": {"cost_center": "1"}}

    def test_a_resource_registers_with_secret_inputs_and_typed_outputs(self) -> None:
        ours = Mocks()
        mocks.set_mocks(ours)
        seen: dict[str, Any] = {}

        @pulumi.runtime.test
        def program() -> Any:
            widget = WidgetResource("wiki", name="wiki", password="hunter2", tags={"cost_center": "ops"})
            widget.domain_validation_options.apply(lambda known: seen.update(value=known[0].value))
            return pulumi.Output.all(widget.not_after, widget.tags, widget.name).apply(
                lambda known: seen.update(known=known)
            )

        program()
        assert seen == {"known": ["2027", {"cost_center": "ops"}, "wiki"], "value": "v"}
        (made,) = ours.made
        assert made.typ == "pulumi-python:dynamic/certwright:Widget"
        assert set(made.inputs) == {"name", "password", "tags", "__provider"}

    @pytest.mark.proves("SEC-6")
    def test_a_secret_argument_is_an_output_that_says_so(self) -> None:
        mocks.set_mocks(Mocks())
        seen: list[bool] = []

        @pulumi.runtime.test
        async def program() -> None:
            found = properties("Widget", WidgetInputs, {"name": "wiki", "password": "hunter2"})
            assert found["name"] == "wiki"
            seen.append(await found["password"].is_secret())

        program()
        assert seen == [True]

    def test_a_secret_inside_an_object_is_one_too(self) -> None:
        mocks.set_mocks(Mocks())
        seen: list[bool] = []

        @pulumi.runtime.test
        async def program() -> None:
            writer = {"rfc2136": {"server": "192.0.2.53", "key_secret": "c2VjcmV0"}}
            found = properties("CertificateValidation", CertificateValidationInputs, {"dns_writer": writer})
            stated = found["dnsWriter"]["rfc2136"]
            assert stated["server"] == "192.0.2.53"
            seen.append(await stated["keySecret"].is_secret())

        program()
        assert seen == [True]

    def test_the_types_that_states_hold(self) -> None:
        assert Certificate._resource_type_name == "dynamic/certwright:Certificate"


class TestFunctions:
    @pytest.fixture
    def get_widget(self, box: Toybox, tmp_path: Path) -> Iterator[Function]:
        ours = host.Host(registry=registry(box), environ={"CERTWRIGHT_HOME": str(tmp_path)})
        host.use(ours)
        yield Function("getWidget", "", registry=registry(box))
        ours.close()
        host.use(None)

    def test_a_plain_answer(self, get_widget: Function, box: Toybox) -> None:
        box.things["a"] = {"arn": "a", "sealed": Secret("s")}
        answer = get_widget(arn="a")
        assert answer.arn == "a"
        assert isinstance(answer.sealed, pulumi.Output)

    def test_errors_are_the_plugins(self, get_widget: Function) -> None:
        with pytest.raises(Refused, match="arn: is required"):
            get_widget()
        with pytest.raises(NotFound, match="there is no widget x"):
            get_widget(arn="x")
        with pytest.raises(TypeError, match="no argument 'ran'"):
            get_widget(ran="x")


class TestView:
    @pytest.mark.parametrize(
        ("wire", "python"),
        [("domainName", "domain_name"), ("arn", "arn"), ("subjectAlternativeNames", "subject_alternative_names")],
    )
    def test_names_go_both_ways(self, wire: str, python: str) -> None:
        assert to_python(wire) == python
        assert to_wire(python) == wire

    def test_values_read_by_either_name(self) -> None:
        value = view([{"resourceRecordName": "n", "deep": {"x": [{"aB": 1}]}}])[0]
        assert isinstance(value, Value)
        assert value.resource_record_name == value["resourceRecordName"] == value["resource_record_name"] == "n"
        assert value.deep.x[0].a_b == 1
        assert value.absent is None
        with pytest.raises(KeyError):
            value["absent"]


def test_the_providers_cover_the_shipped_resources() -> None:
    from certwright.resources.registry import resources

    have = {cls.token for cls in vars(providers).values() if isinstance(cls, type) and getattr(cls, "token", "")}
    assert have == {r.token for r in resources()}
    assert sys.modules["certwright.dynamic.providers"] is providers
    assert Widget.token not in have


def test_the_generated_classes_are_fresh() -> None:
    tool = Path(__file__).parents[2] / "tools" / "gen_dynamic.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p.endswith("provider"))}
    done = subprocess.run(
        [sys.executable, str(tool), "--check"], check=False, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
