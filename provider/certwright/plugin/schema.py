"""The package schema that the plugin serves: the packaged copy, with the version of this package."""

from __future__ import annotations

import json
from importlib.resources import files

from certwright import __version__


def schema_text() -> str:
    """JSON text. Falls back to generating it where the packaged copy is missing (a checkout before `gen_schema`)."""
    packaged = files("certwright").joinpath("schema.json")
    if packaged.is_file():
        schema = json.loads(packaged.read_text())
    else:
        from certwright.binding.registry import shipped_functions, shipped_resources
        from certwright.binding.schema import package_schema

        schema = package_schema(shipped_resources(), shipped_functions())
    return json.dumps({**schema, "version": __version__})
