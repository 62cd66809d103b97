"""Wire names (camelCase) ↔ Python names (snake_case)."""

from __future__ import annotations

import re


def to_wire(name: str) -> str:
    """`resource_record_name` → `resourceRecordName`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def to_python(name: str) -> str:
    """`resourceRecordName` → `resource_record_name`; runs of capitals stay together (`publicURLs` → `public_urls`)."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
