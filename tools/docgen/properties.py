"""Reference pages of resources, functions and settings, from their pydantic models."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from enum import Enum
from typing import Any, get_args

from certwright.binding.schema import required_names
from certwright.binding.types import strip_optional
from certwright.config import SETTINGS, environment_name
from certwright.resources.base import managed_names, meta
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

CODES = (
    "Change: **R** replaces the resource. **V** makes a new version under the same ARN (re-issue). **U** takes effect in "
    "place. **-** does nothing by itself. One property may do more where its text says so."
)
_DEFAULT = re.compile(r"[Dd]efault:? `([^`]+)`|`([^`]+)` \(default\)")

# Environment variables that are no settings: read in the source, listed in the provider's page. A test compares.
ENVIRONMENT: dict[str, str] = {
    "CERTWRIGHT_HOME": "One directory for data, configuration and run files: `data/`, `config/`, `run/` below it. Without "
    "it the platform's user directories are used.",
    "CERTWRIGHT_PASSPHRASE": "The passphrase of the `passphrase://` key wrapper.",
    "CERTWRIGHT_PASSPHRASE_FILE": "A file that holds this passphrase.",
    "CERTWRIGHT_ALLOW_NEW_STORE": "`1`: a run on a CI machine (`CI` is set) may make a new local store. Without it such "
    "a store is refused, since it would be lost with the machine.",
    "CERTWRIGHT_TESTING_STORE": "`1`: a store that the first create makes is one for testing. Only its clock may be moved.",
    "CERTWRIGHT_CLOCK_OFFSET": "Moves the clock (`-25d`, `+36h`, `90m`). Refused unless the store was made for testing.",
    "CERTWRIGHT_ACTOR": "Who acts, in the audit log. Without it: the CI system's actor, else the operating system's user.",
    "CERTWRIGHT_DEBUG": "`1`: tracebacks instead of sentences, for bug reports.",
    "CERTWRIGHT_FAILPOINT": "Kills the process at a named place. For tests.",
}
# Given to the reload command of a directory target.
RELOAD_ENVIRONMENT = ("ARN", "CERT_PATH", "KEY_PATH", "CHAIN_PATH", "FULLCHAIN_PATH")


def resource_page(cls: type[Any]) -> str:
    """Inputs, outputs and nested types of one resource."""
    name = cls.token.rsplit(":", 1)[-1]
    types = _Types()
    lines = [f"# {name}", "", f"`{cls.token}`", "", _introduction(cls), "", CODES, "", "## Inputs", ""]
    lines += _inputs(cls.inputs, types)
    managed = managed_names(cls.inputs)
    if managed:
        shown = ", ".join(f"`{n}`" for n in sorted(managed))
        lines += ["", f"Filled in by certwright, refused when a program sets it: {shown}."]
    lines += ["", "## Outputs", "", "Beyond the inputs:", "", *_outputs(cls.outputs, types), *types.tables()]
    minutes = cls.default_timeout_s / 60
    lines += ["", "## Time", "", f"Create and update may take {minutes:g} minutes; `customTimeouts` changes that."]
    return "\n".join(lines)


def functions_page(functions: Iterable[type[Any]]) -> str:
    """All functions on one page."""
    lines = [
        "# Functions",
        "",
        "Each has a plain and an output form in the SDKs. In the dynamic form they are Python functions of",
        "`certwright.dynamic`. They read the store and change nothing.",
    ]
    types = _Types()
    for cls in sorted(functions, key=lambda f: str(f.token)):
        lines += ["", f"## {cls.token.rsplit(':', 1)[-1]}", "", f"`{cls.token}`", "", _docstring(cls), ""]
        lines += ["Arguments:", "", *_inputs(cls.inputs, types, codes=False)]
        lines += ["", "Answer:", "", *_outputs(cls.outputs, types)]
    return "\n".join([*lines, *types.tables()])


def provider_page() -> str:
    """The settings, where they come from, and the environment."""
    lines = [
        "# Provider settings",
        "",
        "A setting is looked for as an argument of an explicit provider, in the stack's configuration (`certwright:NAME`),",
        "in the environment, then has its default. Lists, maps and objects may be given as JSON text. For secret settings",
        "`VARIABLE_FILE` may name a file that holds the value. Commands read the environment only.",
        "",
        "| Setting | Shape | Default | Environment | A change | What it is |",
        "|---|---|---|---|---|---|",
    ]
    for setting in SETTINGS:
        shape = {"json": "object"}.get(setting.shape, setting.shape) + (", secret" if setting.secret else "")
        effect = "replaces" if setting.replaces else "update"
        if setting.name == "store":
            effect = "another store is refused (`store.mismatch`)"
        default = f"`{setting.default}`" if setting.default else "–"
        variable = f"`{environment_name(setting.name)}`" + (" (`_FILE`)" if setting.secret else "")
        lines.append(
            f"| `{setting.name}` | {shape} | {default} | {variable} | {effect} | {_cell(setting.description)} |"
        )
    lines += ["", "## Environment only", "", "| Variable | What it does |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(text)} |" for name, text in ENVIRONMENT.items()]
    lines += ["", "A reload command is given:", ""]
    lines += [f"* `CERTWRIGHT_{name}`" for name in RELOAD_ENVIRONMENT]
    return "\n".join(lines)


def lints() -> list[str]:
    """The lints as a section of the errors page."""
    from certwright.domain.lints.registry import LINTS

    lines = ["", "## Lints", "", "What must be so before anything is signed. Severity `error` stops the signature.", ""]
    lines += ["| Lint | Severity | Source |", "|---|---|---|"]
    return lines + [f"| `{lint.code}` | {lint.severity.value} | {_cell(lint.source)} |" for lint in LINTS]


class _Types:
    """Names the types of properties, and remembers the objects whose tables follow."""

    def __init__(self) -> None:
        self._models: list[type[BaseModel]] = []

    def name(self, annotation: Any) -> str:
        annotation, _ = strip_optional(annotation)
        arguments = get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return " ".join(f"`{member.value}`" for member in annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in self._models:
                self._models.append(annotation)
            return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
        if arguments and getattr(annotation, "__origin__", None) in (list, tuple, set, frozenset):
            return f"list of {self.name(arguments[0])}"
        if arguments and getattr(annotation, "__origin__", None) is dict:
            return f"map of {self.name(arguments[1])}"
        if arguments:
            return " or ".join(dict.fromkeys(self.name(a) for a in arguments))
        return {"str": "text", "int": "number", "float": "number", "bool": "yes or no"}.get(
            getattr(annotation, "__name__", ""), "any"
        )

    def tables(self) -> list[str]:
        """A table for each object, those that objects name included."""
        lines: list[str] = ["", "## Types"] if self._models else []
        done = 0
        while done < len(self._models):
            model = self._models[done]
            done += 1
            lines += ["", f"### {model.__name__}", ""]
            text = _docstring(model)
            lines += [text, ""] if text else []
            lines += ["| Property | Type | Default | What it is |", "|---|---|---|---|"]
            for wire, field in _fields(model):
                shown = f"`{wire}`" + (", required" if field.is_required() else "")
                what = _cell(field.description or "")
                lines.append(f"| {shown} | {self.name(field.annotation)} | {_default(field)} | {what} |")
        return lines


def _inputs(model: type[BaseModel], types: _Types, *, codes: bool = True) -> list[str]:
    heads = [
        "Property",
        "Type",
        "Default",
        *(["Change"] if codes else []),
        "What it is",
        *(["Source"] if codes else []),
    ]
    lines = [_row(heads), "|" + "---|" * len(heads)]
    managed, required = managed_names(model), required_names(model)
    for attribute, field in model.model_fields.items():
        wire = field.alias or attribute
        if wire in managed:
            continue
        extra = meta(field)
        name = f"`{wire}`" + (", required" if wire in required else "") + (", secret" if extra.get("secret") else "")
        cells = [name, types.name(field.annotation), _default(field)]
        cells += [str(extra.get("change", ""))] if codes else []
        cells += [_cell(field.description or "")]
        cells += [_cell(str(extra.get("source", "")))] if codes else []
        lines.append(_row(cells))
    return lines


def _outputs(model: type[BaseModel], types: _Types) -> list[str]:
    lines = ["| Property | Type | What it is |", "|---|---|---|"]
    for wire, field in _fields(model):
        lines.append(_row([f"`{wire}`", types.name(field.annotation), _cell(field.description or "")]))
    return lines


def _fields(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or name, field) for name, field in model.model_fields.items()]


def _default(field: FieldInfo) -> str:
    value = getattr(field.default, "value", field.default)
    if value is not PydanticUndefined and isinstance(value, bool | int | float | str) and value != "":
        return f"`{str(value).lower() if isinstance(value, bool) else value}`"
    said = _DEFAULT.search(field.description or "")
    return f"`{said[1] or said[2]}`" if said else "–"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _introduction(cls: type[Any]) -> str:
    """The class's own words, else its module's without the ids of product.md."""
    module = (inspect.getmodule(cls).__doc__ or "").strip()  # type: ignore[union-attr]
    return _docstring(cls) or re.sub(r" \([A-Z]{3}-[0-9]+\)", "", module)


def _docstring(cls: type[Any]) -> str:
    return inspect.cleandoc(cls.__dict__.get("__doc__") or "")
