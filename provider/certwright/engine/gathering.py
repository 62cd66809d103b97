"""Callers that want the same kind of work at the same moment share one round of it (group commit)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

W = TypeVar("W")
D = TypeVar("D")

# Of one round: what comes later waits for the next, so that nobody waits long.
LIMIT = 64


@dataclass(slots=True, eq=False)
class _Ticket(Generic[W, D]):
    wanted: W
    answer: D | Exception | None = None


class Gathering(Generic[W, D]):
    """Whoever gets the turn works for everybody who waits by then. Nobody waits for company: alone, it is one call."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._waiting: list[_Ticket[W, D]] = []

    def do(self, wanted: W, work: Callable[[Sequence[W]], Sequence[D | Exception]]) -> D:
        """The answer to this wish.

        work: one answer for each wish, in order; the error in place of an answer is raised for that wish's caller alone,
        one that `work` raises for every caller of the round. All callers give the same function.
        """
        ticket: _Ticket[W, D] = _Ticket(wanted)
        with self._guard:
            self._waiting.append(ticket)
        with self._turn:
            while ticket.answer is None:
                self._round(work)
        if isinstance(ticket.answer, Exception):
            raise ticket.answer
        return ticket.answer

    def _round(self, work: Callable[[Sequence[W]], Sequence[D | Exception]]) -> None:
        with self._guard:
            batch, self._waiting = self._waiting[:LIMIT], self._waiting[LIMIT:]
        answers: Sequence[D | Exception] = [RuntimeError("the thread that worked for this one was interrupted")] * len(
            batch
        )
        try:
            answers = work([ticket.wanted for ticket in batch])
        except Exception as error:
            answers = [error] * len(batch)
        finally:
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.answer = answer
