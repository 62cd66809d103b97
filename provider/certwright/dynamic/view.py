"""Output values with Python's names: `options[0].resource_record_name` beside `options[0]["resourceRecordName"]`."""

from __future__ import annotations

from typing import Any

from certwright.binding.naming import to_wire


class Value(dict[str, Any]):
    """A nested output object, keyed by wire names as Pulumi stores it, readable by Python names as well."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        wire = to_wire(name)
        if wire in self:
            return self[wire]
        return self.get(name)

    def __missing__(self, key: str) -> Any:
        wire = to_wire(key)
        if wire != key and wire in self:
            return self[wire]
        raise KeyError(key)


def view(value: Any) -> Any:
    """The value with every dict in it as a Value."""
    if isinstance(value, dict):
        return Value({k: view(v) for k, v in value.items()})
    if isinstance(value, list):
        return [view(v) for v in value]
    return value
