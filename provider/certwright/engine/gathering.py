"""Callers that want the same kind of work at the same moment share one round of it (group commit)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

W = TypeVar("W")
D = TypeVar("D")

# Of one round: what comes later waits for the next, so that nobody waits long.
LIMIT = 64
# How long a round waits for those who were in the one before: they were answered this moment and may come again.
PATIENCE_S = 0.0004


@dataclass(slots=True, eq=False)
class _Ticket(Generic[W, D]):
    wanted: W
    answer: D | Exception | None = None
    called: threading.Event = field(default_factory=threading.Event)  # answered, or it is this one's turn to lead


class Gathering(Generic[W, D]):
    """One caller leads: it works for everybody who waits by then, and calls the next leader when it has its own answer.

    Who is alone never waits for company. Only after a round that was shared does the next wait for as many, and not for long:
    otherwise the first to come back would work for itself alone, and the others would share every second round.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._led = False
        self._waiting: list[_Ticket[W, D]] = []
        self._came = threading.Condition(self._guard)
        self._expected = 1

    def do(self, wanted: W, work: Callable[[Sequence[W]], Sequence[D | Exception]]) -> D:
        """The answer to this wish.

        work: one answer for each wish, in order; the error in place of an answer is raised for that wish's caller alone,
        one that `work` raises for every caller of the round. All callers give the same function.
        """
        ticket: _Ticket[W, D] = _Ticket(wanted)
        with self._guard:
            self._waiting.append(ticket)
            if self._led and len(self._waiting) >= self._expected:
                self._came.notify()
            lead, self._led = not self._led, True
        if not lead:
            self._wait(ticket)
        if ticket.answer is None:
            self._lead(ticket, work)
        if isinstance(ticket.answer, Exception):
            raise ticket.answer
        assert ticket.answer is not None  # `_lead` ends with one
        return ticket.answer

    def _wait(self, mine: _Ticket[W, D]) -> None:
        try:
            mine.called.wait()
        except BaseException:  # Ctrl-C in the main thread: the others must not wait for this one to lead
            with self._guard:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                    if mine.called.is_set():
                        self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Call the next leader, if anybody waits. Under the guard."""
        self._led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].called.set()

    def _lead(self, mine: _Ticket[W, D], work: Callable[[Sequence[W]], Sequence[D | Exception]]) -> None:
        try:
            while mine.answer is None:
                self._round(work)
        finally:
            with self._guard:
                if mine in self._waiting:  # interrupted before its round began
                    self._waiting.remove(mine)
                self._pass_on()

    def _round(self, work: Callable[[Sequence[W]], Sequence[D | Exception]]) -> None:
        with self._guard:
            if len(self._waiting) < self._expected:
                self._came.wait(PATIENCE_S)
            batch, self._waiting = self._waiting[:LIMIT], self._waiting[LIMIT:]
            self._expected = len(batch)
        answers: Sequence[D | Exception]
        answers = [RuntimeError("the thread that worked for this one was interrupted")] * len(batch)
        try:
            answers = work([ticket.wanted for ticket in batch])
        except Exception as error:
            answers = [error] * len(batch)
        finally:
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.answer = answer
                ticket.called.set()
