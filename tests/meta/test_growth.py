"""Growth costs one file and one line: for each kind a test adds a made-up one from outside, and touches nothing else.

The trials of a lint, a property, a key wrapper and a command are here; `TRIALS` says where the others are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import pytest
from builders.desk import HANDLERS, Deployed, Desk
from builders.installation import Installation
from builders.world import World, world
from certwright.binding.schema import package_schema
from certwright.cli import registry as commands
from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen
from certwright.domain.errors import Refused
from certwright.domain.lints import registry as lints
from certwright.domain.lints.specimen import Specimen, rule
from certwright.resources import certificate
from certwright.resources.base import Change, Model, prop
from certwright.resources.certificate_model import CertificateInputs
from meta.house import DOCS, PACKAGE, TESTS, python_files, tree_of

from docgen.properties import resource_page  # isort: skip  (path: meta.house)


# What grows → the test that adds a made-up one by its registry or an entry point and drives it.
TRIALS: dict[str, str] = {
    "validation method": "plugin/test_made_up_method.py::test_it_goes_from_the_request_to_the_renewal",
    "target": "unit/engine/test_remote_place.py::test_another_host_observes_renews_moves_and_removes_it",
    "issuer": "plugin/test_made_up_issuer.py::test_it_goes_from_the_request_to_a_renewal_that_was_killed",
    "published list": "unit/engine/test_published.py::test_leaf_and_authority_name_what_their_signer_publishes",
    "job": "unit/engine/test_jobs.py::test_a_made_up_job_is_walked_beside_ours",
    "lint": "meta/test_growth.py::test_a_made_up_lint_stops_the_signature",
    "property": "meta/test_growth.py::test_a_made_up_property_is_decoded_diffed_stored_and_described",
    "key wrapper": "meta/test_growth.py::test_a_made_up_key_wrapper_wraps_what_a_store_holds",
    "command": "meta/test_growth.py::test_a_made_up_command_has_help_json_and_exit_codes",
}


@pytest.mark.parametrize("kind", TRIALS)
def test_each_kind_of_growth_is_tried(kind: str) -> None:
    file, _, name = TRIALS[kind].partition("::")
    assert name in {node.name for node in ast.walk(tree_of(TESTS / file)) if isinstance(node, ast.FunctionDef)}


def _rows() -> Iterator[tuple[str, ...]]:
    """Kind, port, registry, entry points and test of each row of the page for those who add one."""
    for line in (DOCS / "howto" / "extend.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| Kind"):
            yield tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))


def test_the_page_for_those_who_add_one_names_what_is_there() -> None:
    rows = {kind: rest for kind, *rest in _rows()}
    assert {kind: trial.partition("::")[0] for kind, trial in TRIALS.items()} == {k: r[-1] for k, r in rows.items()}
    for port, registry, group, _ in rows.values():
        for name in filter(None, (port, registry)):
            module, _, attribute = name.rpartition(".")
            assert hasattr(import_module(f"certwright.{module}"), attribute), name
        assert not group or any(f'"{group}"' in path.read_text(encoding="utf-8") for path in python_files(PACKAGE)), (
            group
        )


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def root(here: World) -> Deployed:
    ca = {"type": "ROOT", "certificateAuthorityConfiguration": {"subject": {"commonName": "Shop Root"}}}
    return Desk(here).create("PrivateCertificateAuthority", ca, name="root")


def wiki(root: Deployed, **more: object) -> dict[str, object]:
    validity = {"type": "DAYS", "value": "30"}
    return {"domainName": "wiki.internal", "certificateAuthorityArn": root.id, "validity": validity, **more}


# --- a lint: one function, one line ---------------------------------------------------------------------------------


@rule("a made-up book of rules, page 7")
def no_wiki(specimen: Specimen) -> str | None:
    return "wikis get no certificates" if "wiki" in specimen.certificate.subject.rfc4514_string() else None


@pytest.mark.proves("CRT-10")
def test_a_made_up_lint_stops_the_signature(here: World, root: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lints, "LINTS", (*lints.LINTS, no_wiki))
    desk = Desk(here)
    desk.create("Certificate", wiki(root, domainName="shop.internal"), name="shop")
    with pytest.raises(Refused) as refused:
        desk.create("Certificate", wiki(root))
    [finding] = refused.value.findings
    assert finding.code == "lint.no_wiki"
    assert "wikis get no certificates" in finding.message
    assert "a made-up book of rules, page 7" in finding.message


# --- a property: one field of one model -----------------------------------------------------------------------------


class WithPigeons(CertificateInputs):
    pigeons: int | None = prop("How many pigeons carry it.", change=Change.REISSUE, source="RFC 1149")


class GrownCertificate(certificate.Certificate):
    """A certificate."""

    inputs: ClassVar[type[Model]] = WithPigeons


@pytest.mark.proves("IAC-2", "IAC-4")
def test_a_made_up_property_is_decoded_diffed_stored_and_described(
    here: World, root: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "CertificateInputs", WithPigeons)  # what its field in the model would do
    monkeypatch.setitem(HANDLERS, "Certificate", GrownCertificate)
    desk = Desk(here)
    assert desk.codes("Certificate", wiki(root, pigeons="many")) == [("input.invalid", "pigeons")]
    made = desk.create("Certificate", wiki(root, pigeons=2))
    assert made.outputs["pigeons"] == 2
    assert here.record(made.id).spec["pigeons"] == 2
    _, same = desk.diff("Certificate", made, wiki(root, pigeons=2.0))
    assert not same.changes
    _, found = desk.diff("Certificate", made, wiki(root, pigeons=3))
    assert [path.path for path in found.paths] == ["pigeons", "version"]
    done = desk.update("Certificate", made, wiki(root, pigeons=3))
    assert (done.outputs["version"], done.outputs["pigeons"]) == (2, 3)
    [described] = package_schema([GrownCertificate])["resources"].values()
    assert described["inputProperties"]["pigeons"]["type"] == "integer"
    assert "A change makes a new version under the same ARN" in described["inputProperties"]["pigeons"]["description"]
    assert "| `pigeons` |" in resource_page(GrownCertificate)


# --- a key wrapper: one file, one entry point -----------------------------------------------------------------------


MIRROR = '''
class Mirror:
    """Wraps by writing a key backwards."""

    id = "mirror:of-a-test"

    def __init__(self, words, context):
        self._words = words.encode()

    def make(self): ...

    def wrap(self, key):
        return self._words + key[::-1]

    def unwrap(self, wrapped):
        return wrapped.removeprefix(self._words)[::-1]
'''


@pytest.mark.proves("SEC-1")
def test_a_made_up_key_wrapper_wraps_what_a_store_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "site" / "mirrors-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mirrors\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[certwright.key_wrappers]\nmirror = made_up_mirror:Mirror\n")
    (info.parent / "made_up_mirror.py").write_text(MIRROR)
    monkeypatch.syspath_prepend(tmp_path / "site")
    house = Installation(home=tmp_path / "home", more={"CERTWRIGHT_KEY_WRAPPER": "mirror:glass"})
    house.certificate(house.issuing(house.root()))
    assert b"glass" in (tmp_path / "home" / "data" / "store.db").read_bytes()
    assert house.run("renew", "wiki.internal", "--force", "--yes").code == 0  # opened anew, the CA's key signs
    other = Installation(home=tmp_path / "home", more={"CERTWRIGHT_KEY_WRAPPER": "file:"})
    assert other.run("renew", "wiki.internal", "--force", "--yes").code != 0


# --- a command: one file, one line ----------------------------------------------------------------------------------


@command(examples=("certwright coo wiki",), exits=(Exit.NOT_FOUND,))
def coo(screen: Screen, name: str) -> Exit | None:
    """Say what a pigeon says."""
    if name == "owl":
        return Exit.NOT_FOUND
    screen.document("coo", {"said": f"coo, {name}"})
    return None


@pytest.mark.proves("OPS-4")
def test_a_made_up_command_has_help_json_and_exit_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certwright.cli.main.COMMANDS", (*commands.COMMANDS, commands.Entry("coo", coo, commands.SEE)))
    house = Installation(home=tmp_path / "home")
    assert "Say what a pigeon says." in house.run("--help").out
    shown = house.run("coo", "--help").out
    assert "$ certwright coo wiki" in shown
    assert "Exit codes" in shown
    assert house.run("coo", "wiki", "--json").document["said"] == "coo, wiki"
    assert house.run("coo", "owl").code == Exit.NOT_FOUND
