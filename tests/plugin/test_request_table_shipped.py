"""The shipped resources through both adapters, each with a store of its own: equal answers but for what is random."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certwright.domain.values import UNKNOWN, Secret
from certwright.dynamic import providers
from plugin.adapters import Adapter, Answer
from plugin.dynamic_host import running_host
from plugin.engine import running_plugin

CERTIFICATE = "urn:pulumi:dev::shop::certwright:index:Certificate::wiki"
AUTHORITY = "urn:pulumi:dev::shop::certwright:index:PrivateCertificateAuthority::root"
VALIDATION = "urn:pulumi:dev::shop::certwright:index:CertificateValidation::val"
ASSOCIATION = "urn:pulumi:dev::shop::certwright:index:CertificateAssociation::edge"
PROVIDERS = {
    CERTIFICATE: providers.CertificateProvider,
    AUTHORITY: providers.PrivateCertificateAuthorityProvider,
    VALIDATION: providers.CertificateValidationProvider,
    ASSOCIATION: providers.CertificateAssociationProvider,
}
ROOT = {
    "type": "ROOT",
    "certificateAuthorityConfiguration": {"subject": {"commonName": "Shop Root CA"}},
    "validity": {"type": "YEARS", "value": 10},
}
_MASKS = (
    (re.compile(r"-----BEGIN .*-----\n", re.S), "PEM"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00))?"), "TIME"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "HEX"),
    (re.compile(r"\b\d+ (seconds|s)\b|\b\d+(\.\d+)?s\b"), "SPAN"),
    (re.compile(r"/[^ ]*/(plugin|dynamic)/"), "HOME/"),
)


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [masked(v) for v in value]
    if isinstance(value, Secret):
        return Secret(masked(value.reveal()))
    if isinstance(value, str):
        for pattern, name in _MASKS:
            value = pattern.sub(name, value)
    return value


class OnUrn(Adapter):
    """The adapter for one resource."""

    def __init__(self, wire: Any, *, dynamic: bool, urn: str) -> None:
        super().__init__(wire, dynamic=dynamic)
        self.wire = _Bound(wire, urn, PROVIDERS[urn]() if dynamic else None)


class _Bound:
    def __init__(self, wire: Any, urn: str, provider: Any) -> None:
        self._wire, self._urn, self._provider = wire, urn, provider

    def __getattr__(self, name: str) -> Any:
        from functools import partial

        from pulumi.dynamic.dynamic import serialize_provider

        if self._provider is not None:
            self._wire.pickled = serialize_provider(self._provider)
        return partial(getattr(self._wire, name), urn=self._urn)


Open = Callable[[str], OnUrn]


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Open]:
    with running_plugin(None, home=tmp_path / "plugin") as wire:  # type: ignore[arg-type]
        wire.configure(region="eu-1", resolvers=["127.0.0.1:9"], validationDomain="v.example.com")
        yield lambda urn: OnUrn(wire, dynamic=False, urn=urn)


@pytest.fixture
def dynamic(tmp_path: Path) -> Iterator[Open]:
    with running_host(providers.CertificateProvider(), None, home=tmp_path / "dynamic") as wire:
        wire.configure(region="eu-1", resolvers='["127.0.0.1:9"]', validationDomain="v.example.com")
        yield lambda urn: OnUrn(wire, dynamic=True, urn=urn)


def authority(open_: Open) -> tuple[str, list[Answer]]:
    ca = open_(AUTHORITY)
    checked = ca.check(ROOT)
    made = ca.create(checked["inputs"])
    return made["id"], [checked, made]


def private(open_: Open) -> list[Answer]:
    """Create, no change, new name (re-issue), other first name (replace), read, delete twice, read of the gone one."""
    arn, answers = authority(open_)
    c = open_(CERTIFICATE)
    base = {"domainName": "wiki.internal", "certificateAuthorityArn": arn, "tags": {"k": "v"}}
    checked = c.check(base)
    made = c.create(checked["inputs"])
    id, outputs = made["id"], made["outputs"]
    same = c.check(base, checked["inputs"])
    more = c.check({**base, "subjectAlternativeNames": ["b.internal"]}, same["inputs"])
    updated = c.update(id, checked["inputs"], outputs, more["inputs"])
    other = c.check({**base, "domainName": "other.internal"}, more["inputs"])
    return [
        *answers,
        checked,
        made,
        same,
        c.diff(id, checked["inputs"], outputs, same["inputs"]),
        more,
        updated,
        c.diff(id, more["inputs"], updated["outputs"], more["inputs"]),
        other,
        c.diff(id, more["inputs"], updated["outputs"], other["inputs"]),
        c.read(id, more["inputs"], updated["outputs"]),
        open_(AUTHORITY).delete(arn, answers[1]["outputs"]),
        c.delete(id, updated["outputs"]),
        c.delete(id, updated["outputs"]),
        c.read(id, more["inputs"], updated["outputs"]),
    ]


def unknown_authority(open_: Open) -> list[Answer]:
    return [open_(CERTIFICATE).check({"domainName": "wiki.internal", "certificateAuthorityArn": UNKNOWN})]


def wrong_names(open_: Open) -> list[Answer]:
    c = open_(CERTIFICATE)
    return [
        c.check({"domainName": "a b", "subjectAlternativeNames": ["*.*.x", UNKNOWN], "nonsense": 1}),
        c.check({"domainName": "www.example.com", "validationMethod": "PIGEON"}),
        c.check({"domainName": "www.example.com", "validationMethod": "DNS", "tags": {"k": UNKNOWN}}),
        c.check({}),
    ]


def wrong_key(open_: Open) -> list[Answer]:
    """A secret input is refused without its value, and comes back marked."""
    return [open_(CERTIFICATE).check({"certificateBody": "x", "privateKey": "hunter2"})]


def public_waits(open_: Open) -> list[Answer]:
    c, v = open_(CERTIFICATE), open_(VALIDATION)
    checked = c.check({"domainName": "www.example.com", "validationMethod": "DNS"})
    made = c.create(checked["inputs"])
    waiting = v.check({"certificateArn": made["id"]})
    return [checked, made, waiting, v.create(waiting["inputs"], timeout=0.2), c.read(made["id"], {}, made["outputs"])]


def inline_writers(open_: Open) -> list[Answer]:
    """The key is a secret in what Check gives back, and in no refusal; unknowns pass."""
    v = open_(VALIDATION)
    arn = "arn:certwright:acm:eu-1:000000000000:certificate/00000000-0000-4000-8000-000000000000"
    stated = {"server": "192.0.2.53", "port": 53, "keyName": "corp", "keySecret": "aHVudGVyMg=="}

    def asked(**vary: Any) -> Answer:
        return v.check({"certificateArn": arn, "dnsWriter": {"rfc2136": {**stated, **vary}}})

    whole = v.check({"certificateArn": arn, "dnsWriter": Secret({"rfc2136": stated})})
    accepted = asked()
    assert accepted["inputs"]["dnsWriter"] == {"rfc2136": {**stated, "keySecret": Secret("aHVudGVyMg==")}}
    # How far up the mark goes is Pulumi's: its dynamic form moves one from inside an object to the object.
    hidden = v.check({"certificateArn": arn, "dnsWriter": {"rfc2136": Secret(stated)}})
    assert "192.0.2.53" not in repr(hidden["inputs"]["dnsWriter"])
    assert "'kn'" not in repr(asked(keyName=Secret("kn"))["inputs"]["dnsWriter"])
    text = v.check({"certificateArn": arn, "dnsWriter": '{"rfc2136": {"keySecret": "hunter2"}}'})
    return [
        accepted,
        whole,
        text,
        asked(keySecret=UNKNOWN),
        asked(keySecret="hunter2!"),
        asked(secret="hunter2"),
        asked(port="hunter2"),
    ]


def association_without_a_version(open_: Open) -> list[Answer]:
    a = open_(ASSOCIATION)
    return [
        a.check({"certificateArn": UNKNOWN, "target": {"directory": {"path": "/nowhere/tls"}}}),
        a.check({"certificateArn": "arn:x", "target": {}}),
    ]


ROWS = (
    private,
    unknown_authority,
    wrong_names,
    wrong_key,
    public_waits,
    inline_writers,
    association_without_a_version,
)


@pytest.mark.proves("IAC-1")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_both_adapters_answer_alike(row: Callable[[Open], list[Answer]], plugin: Open, dynamic: Open) -> None:
    of_plugin, of_dynamic = masked(row(plugin)), masked(row(dynamic))
    assert of_dynamic == of_plugin
    assert "incident" not in str(of_plugin)
    assert "hunter2" not in repr(of_plugin)


def test_the_private_row_means_something(plugin: Open) -> None:
    answers = private(plugin)
    assert [a["error"].split()[-1] for a in answers if "error" in a] == ["[authority.in_use]"]
    diffs = [a for a in answers if "changes" in a]
    assert [d["changes"] for d in diffs] == ["DIFF_NONE", "DIFF_NONE", "DIFF_SOME"]
    assert diffs[2]["replaces"] == ["domainName"]
    assert answers[-1] == {"id": ""}
