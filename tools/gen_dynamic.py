"""Write provider/certwright/dynamic/resources.py from the pydantic models, so that editors and mypy know every argument.

`--check` writes nothing and exits 1 when the file is stale.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from certwright.binding.naming import to_python
from certwright.binding.schema import fields_of, output_names
from certwright.binding.types import strip_optional, summary
from certwright.resources.base import Equality, meta
from certwright.resources.registry import resources
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "provider" / "certwright" / "dynamic" / "resources.py"
HEAD = '''"""certwright's resources for a Python program without the plugin: `from certwright.dynamic import Certificate`.

Same classes and arguments as the SDK that Pulumi's generators write (`pulumi_certwright`).
Written by tools/gen_dynamic.py from the pydantic models: change those, not this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from pulumi import Input, Output, ResourceOptions

from certwright.dynamic import providers
from certwright.dynamic.resource import CertwrightResource
'''
_PLAIN = {str: "str", int: "int", float: "float", bool: "bool"}


class Names:
    """Python annotations of inputs; nested models become TypedDicts on the way."""

    def __init__(self) -> None:
        self.dicts: dict[str, str] = {}

    def input(self, annotation: Any) -> str:
        return f"Input[{self.value(annotation)}]"

    def value(self, annotation: Any) -> str:
        annotation, _ = strip_optional(annotation)
        origin, args = get_origin(annotation), get_args(annotation)
        if annotation in _PLAIN:
            return _PLAIN[annotation]
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return "str"
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.typed_dict(annotation)
        if origin is Literal:
            return _PLAIN[type(args[0])]
        if origin in (list, tuple, set, frozenset):
            return f"Sequence[{self.input(args[0])}]"
        if origin in (dict, Mapping) and args:
            return f"Mapping[str, {self.input(args[1])}]"
        if origin is not None and args and not isinstance(origin, type):  # a union
            return " | ".join(dict.fromkeys(self.value(a) for a in args))
        return "Any"

    def typed_dict(self, model: type[BaseModel]) -> str:
        name = f"{model.__name__}Args"
        if name not in self.dicts:
            self.dicts[name] = ""
            lines = [f"class {name}(TypedDict, total=False):", _doc(summary(model) or f"{model.__name__}.", 4)]
            lines += [f"    {n}: {self.input(a)}" for n, (_, a) in fields_of(model).items()]
            self.dicts[name] = "\n".join(lines)
        return name


def _doc(text: str, indent: int) -> str:
    pad = " " * indent
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    first = textwrap.wrap(text, 112 - indent, subsequent_indent=pad)
    body = "\n".join(first)
    return f'{pad}"""{body}"""' if len(first) == 1 else f'{pad}"""{body}\n{pad}"""'


def _output(annotation: Any, *, always: bool) -> str:
    inner, _ = strip_optional(annotation)
    origin = get_origin(inner)
    text = (
        _PLAIN.get(inner)
        or ("str" if isinstance(inner, type) and issubclass(inner, Enum) else "")
        or ("list[Any]" if origin in (list, tuple, set, frozenset) else "")
        or "Any"
    )
    if text == "list[Any]" and get_args(inner)[0] is str:
        text = "list[str]"
    return f"Output[{text}]" if always or text == "Any" else f"Output[{text} | None]"


def resource(cls: Any, names: Names) -> str:
    name = cls.token.rsplit(":", 1)[-1]
    inputs, outputs = fields_of(cls.inputs), fields_of(cls.outputs)
    required = {to_python(f.alias or n) for n, f in cls.inputs.model_fields.items() if f.is_required()}
    always = {to_python(wire) for wire in output_names(cls.outputs)} | required
    attributes = {**{n: a for n, (_, a) in inputs.items()}, **{n: a for n, (_, a) in outputs.items()}}
    described = {to_python(f.alias or n): f.description or "" for n, f in cls.inputs.model_fields.items()}
    # An object that Check also takes as its JSON text, which no schema can say.
    as_text = {
        n for n in cls.inputs.model_fields if meta(cls.inputs.model_fields[n]).get("equality") == Equality.PASSTHROUGH
    }
    lines = [
        f'class {name}(CertwrightResource, module="certwright", name="{name}"):',
        _doc(summary(cls) or f"{name}.", 4),
        "",
        f"    _provider_class = providers.{name}Provider",
        *(f"    {n}: {_output(a, always=n in always)}" for n, a in attributes.items()),
        "",
        "    def __init__(",
        "        self,",
        "        resource_name: str,",
        "        opts: ResourceOptions | None = None,",
        "        *,",
    ]
    for argument in sorted(inputs, key=lambda n: n not in required):
        hint = names.input(inputs[argument][1])
        if argument in as_text:
            hint = f"{hint[:-1]} | str]"
        lines.append(
            f"        {argument}: {hint}," if argument in required else f"        {argument}: {hint} | None = None,"
        )
    lines += ["    ) -> None:", '        """']
    for argument in inputs:
        text = f"{argument}: {described[argument]}".replace("\\", "\\\\")
        lines += textwrap.wrap(text, 110, initial_indent=" " * 8, subsequent_indent=" " * 12, break_on_hyphens=False)
    lines += ['        """', "        super().__init__("]
    lines += [
        "            resource_name,",
        "            opts,",
        *(f"            {n}={n}," for n in inputs),
        "        )",
    ]
    return "\n".join(lines)


def text() -> str:
    names = Names()
    classes = [resource(cls, names) for cls in resources()]
    source = "\n\n\n".join([HEAD.rstrip(), *names.dicts.values(), *classes]) + "\n"
    ruff = [sys.executable, "-m", "ruff", "format", "--config", str(ROOT / "pyproject.toml"), "-"]
    return subprocess.run(ruff, input=source, capture_output=True, text=True, check=True).stdout


def main() -> int:
    written = text()
    stale = not TARGET.exists() or TARGET.read_text() != written
    if "--check" in sys.argv:
        if stale:
            print(f"{TARGET.relative_to(ROOT)} is stale; run tools/gen_dynamic.py", file=sys.stderr)
        return int(stale)
    if stale:
        TARGET.write_text(written)
        print(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
