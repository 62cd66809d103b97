"""Many small pieces of work at once, bounded, in threads that hold nobody up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from certwright.engine.ports import CancelSignal

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
POLL_S = 0.1  # how often the cancel signal is looked at
GRACE_S = 0.5  # what heeds the signal itself ends in this time; what does not is left to itself


def side_by_side(
    work: Callable[[T], R], items: Sequence[T], *, cancel: CancelSignal | None, at_once: int = AT_ONCE
) -> list[Future[R]]:
    """One future for each item, in their order: done, failed, or, once `cancel` is set, cancelled or not done.

    work: must write nothing, because nobody may be there any more to see its end.
    """
    futures: list[Future[R]] = [Future() for _ in items]
    if cancel is not None and cancel.is_set():
        for future in futures:
            future.cancel()
        return futures
    open_ = deque(zip(items, futures, strict=True))
    for number in range(min(at_once, len(items))):
        Thread(target=_work_off, args=(work, open_), name=f"certwright-side-{number}", daemon=True).start()
    while wait(futures, timeout=None if cancel is None else POLL_S).not_done:
        if cancel is not None and cancel.is_set():
            for future in futures:
                future.cancel()
            wait(futures, timeout=GRACE_S)
            break
    return futures


def _work_off(work: Callable[[T], R], open_: deque[tuple[T, Future[R]]]) -> None:
    while True:
        try:
            item, future = open_.popleft()
        except IndexError:
            return
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(work(item))
        except BaseException as problem:  # whoever asks for the result gets it
            future.set_exception(problem)
