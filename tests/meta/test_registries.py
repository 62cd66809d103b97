"""Growth is one file and one line: each file has its line, each line its file."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from certwright.cli import commands
from certwright.cli.registry import COMMANDS, GROUPS
from certwright.deploy import DEPLOYERS
from certwright.domain import lints
from certwright.domain.lints.registry import LINTS
from certwright.domain.lints.specimen import Lint
from certwright.domain.targets import TARGET_MODELS
from certwright.engine.failpoints import FAILPOINTS, MIGRATION_FAILPOINTS
from certwright.engine.jobs import JOBS
from certwright.engine.published import PUBLISHED
from certwright.functions.registry import FUNCTIONS
from certwright.issuers import ISSUERS
from certwright.resources.registry import resources
from certwright.store.wrappers.registry import KINDS
from certwright.validation import registry as validation_methods
from certwright.validation.writers import WRITERS
from meta.house import PACKAGE, ROOT, TESTS, python_files, texts, tree_of


def _classes_with_token(room: str) -> set[str]:
    """Classes of a room that carry a Pulumi token."""
    return {
        node.name
        for path in python_files(PACKAGE / room)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        and any(
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and line.target.id == "token"
            and line.value is not None
            for line in node.body
        )
    }


@pytest.mark.parametrize(
    ("room", "registered"), [("resources", resources()), ("functions", FUNCTIONS)], ids=["resources", "functions"]
)
def test_every_resource_and_function_is_registered(room: str, registered: tuple[type, ...]) -> None:
    assert _classes_with_token(room) == {cls.__name__ for cls in registered}
    assert len({cls.token for cls in registered}) == len(registered)  # type: ignore[attr-defined]


def _defining(room: str, method: str) -> set[str]:
    """Modules of a room with a class that has this method: the adapters of that kind."""
    return {
        path.stem
        for path in python_files(PACKAGE / room)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        and not any("Protocol" in ast.unparse(base) for base in node.bases)
        and any(isinstance(line, ast.FunctionDef) and line.name == method for line in node.body)
    }


def test_every_deployer_is_registered() -> None:
    assert _defining("deploy", "put") == {type(make()).__module__.rsplit(".", 1)[-1] for _, make in DEPLOYERS}
    assert [kind for kind, _ in DEPLOYERS] == [kind for kind, _ in TARGET_MODELS]


def test_every_dns_writer_is_registered() -> None:
    here = {path.stem for path in python_files(PACKAGE / "validation" / "writers")} - {"__init__"}
    assert here == {kind for kind, _ in WRITERS}


def test_every_validation_method_is_registered_and_the_engine_knows_none() -> None:
    modules = {name: inspect.getclosurevars(make).nonlocals["module"] for name, make in validation_methods.VALIDATORS}
    makers = {name: module.rsplit(".", 1)[-1] for name, module in modules.items()}
    assert _defining("validation", "challenge") == set(makers.values())
    assert validation_methods.words() == (*makers, *validation_methods.PLANNED)
    source = "".join((PACKAGE / "engine" / f"{module}.py").read_text() for module in ("prove", "validation"))
    known = re.sub(r"DNS-\d", "", source)  # the product's ids may be named
    assert [word for word in (*makers, "CNAME", "TXT", "dnsrecords", "resourceRecord") if word in known] == []


def test_every_key_wrapper_is_registered() -> None:
    here = {path.stem for path in python_files(PACKAGE / "store" / "wrappers")} - {"__init__", "port", "registry"}
    assert here == {opener.__module__.rsplit(".", 1)[-1] for _, opener in KINDS}


def test_every_issuer_is_registered() -> None:
    here = {path.stem for path in python_files(PACKAGE / "issuers")} - {"__init__"}
    assert here == {kind for kind, _ in ISSUERS}


def test_every_job_is_registered() -> None:
    here = {path.stem for path in python_files(PACKAGE / "engine" / "jobs")} - {"__init__", "job", "walk"}
    assert here == {type(job).__module__.rsplit(".", 1)[-1] for job in JOBS}


def test_every_published_list_is_registered() -> None:
    here = {path.stem for path in python_files(PACKAGE / "engine" / "published")} - {"__init__"}
    assert here == {type(each).__module__.rsplit(".", 1)[-1] for each in PUBLISHED}


def test_every_lint_is_registered() -> None:
    here: list[Lint] = []
    for module in pkgutil.iter_modules(lints.__path__):
        loaded = importlib.import_module(f"{lints.__name__}.{module.name}")
        here += [value for value in vars(loaded).values() if isinstance(value, Lint)]
    assert {lint.name for lint in here} == {lint.name for lint in LINTS}
    assert len({lint.name for lint in LINTS}) == len(LINTS)


def test_every_command_is_registered() -> None:
    here = {module.name for module in pkgutil.iter_modules(commands.__path__)}
    assert here == {entry.run.__module__.rsplit(".", 1)[-1] for entry in COMMANDS}
    assert {entry.group for entry in COMMANDS} - {""} == set(GROUPS)
    decorated = {
        node.name
        for path in python_files(PACKAGE / "cli" / "commands")
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef) and any("command(" in ast.unparse(d) for d in node.decorator_list)
    }
    assert decorated == {entry.run.__name__ for entry in COMMANDS}


def _hit(path: Path) -> set[str]:
    return {
        node.args[0].value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rsplit(".", 1)[-1] == "hit"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_failpoint_is_hit_somewhere() -> None:
    hit = {name for path in python_files(PACKAGE) for name in _hit(path)}
    assert hit == {*FAILPOINTS, *MIGRATION_FAILPOINTS}


def test_every_failpoint_is_used_by_a_test() -> None:
    """By name, or by walking FAILPOINTS."""
    sources = {path.name: path.read_text() for path in python_files(TESTS) if path.parent != Path(__file__).parent}
    walks = any("import FAILPOINTS" in text or "failpoints.FAILPOINTS" in text for text in sources.values())
    named = {name for name in FAILPOINTS if any(f'"{name}' in text for text in sources.values())}
    assert walks or named == set(FAILPOINTS), sorted(set(FAILPOINTS) - named)


def test_every_vector_is_claimed() -> None:
    """Each file below tests/vectors is named by a test, or its directory is walked by one."""
    sources = "\n".join(path.read_text() for path in python_files(TESTS))
    unclaimed = [
        path.relative_to(TESTS).as_posix()
        for path in (TESTS / "vectors").rglob("*")
        if path.is_file() and path.name not in sources and f'"{path.parent.name}").glob(' not in sources
    ]
    assert unclaimed == []


def test_every_example_is_run_by_a_test() -> None:
    """Each folder with a Pulumi.yaml stands in a test, by the folder's name below examples."""
    sources = "\n".join(path.read_text() for path in python_files(TESTS) if path.parent.name != "meta")
    stories = {
        name.split("/")[1] for name, _ in texts() if name.startswith("examples/") and name.endswith("Pulumi.yaml")
    }
    uncovered = [
        story for story in stories if f'"examples" / "{story}"' not in sources and f"examples/{story}" not in sources
    ]
    assert uncovered == [], ROOT
