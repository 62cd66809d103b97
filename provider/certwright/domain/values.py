"""Values that a preview does not know yet, and values that must not be shown."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar, final

T = TypeVar("T")


@final
class UnknownType:
    """A value that Pulumi will know only after an earlier step has run. There is one instance: `UNKNOWN`."""

    _instance: UnknownType | None = None

    def __new__(cls) -> UnknownType:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> NoReturn:
        raise TypeError("an unknown value is neither true nor false; test `is UNKNOWN` first")

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN = UnknownType()


class Secret(Generic[T]):
    """Wraps a value that must not appear in a log, an error, a repr or a pickle. `reveal()` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret refuses to be pickled")


def contains_unknown(value: Any) -> bool:
    """True when `value` is UNKNOWN or holds it anywhere inside."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Secret):
        return contains_unknown(value.reveal())
    if isinstance(value, dict):
        return any(contains_unknown(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(v) for v in value)
    return False


def contains_secret(value: Any) -> bool:
    """True when `value` is a Secret or holds one anywhere inside."""
    if isinstance(value, Secret):
        return True
    if isinstance(value, dict):
        return any(contains_secret(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(contains_secret(v) for v in value)
    return False


def reveal(value: Any) -> Any:
    """A copy of the tree with every Secret replaced by what it wraps; UNKNOWN stays."""
    if isinstance(value, Secret):
        return reveal(value.reveal())
    if isinstance(value, dict):
        return {k: reveal(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(v) for v in value]
    return value
