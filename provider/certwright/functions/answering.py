"""Base of the functions: arguments decoded with every objection at once, and reads that never make a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from certwright.domain.errors import Refused, StoreAbsent
from certwright.engine.ports import Reader
from certwright.engine.services import Services
from certwright.resources.base import Model, Tree
from certwright.resources.decode import decode

M = TypeVar("M", bound=Model)


class Answering:
    """Holds the services. A subclass has `token`, `inputs`, `outputs` and `call` (resources.base.Function)."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def arguments(self, model: type[M], args: Tree) -> M:
        """The typed arguments. Raises Refused with every finding."""
        typed, findings = decode(model, args)
        if findings:
            raise Refused(findings)
        return typed

    @contextmanager
    def reading(self) -> Iterator[Reader | None]:
        """One read of the store; None when there is no store yet. StoreUnavailable passes: it is no empty answer."""
        with reading(self.services) as reader:
            yield reader


@contextmanager
def reading(services: Services) -> Iterator[Reader | None]:
    """As `Answering.reading`, for whoever holds the services."""
    try:
        opened = services.store.exists()
    except StoreAbsent:
        opened = False
    if not opened:
        yield None
        return
    with services.store.read() as reader:
        yield reader
