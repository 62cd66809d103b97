"""Work side by side: bounded, in order, and over within a second once the signal comes. Nothing here measures time: what
would be too slow would never end, and its waits give up."""

from __future__ import annotations

from threading import Barrier, Event, Lock

import pytest
from certwright.engine.sidebyside import AT_ONCE, GRACE_S, POLL_S, side_by_side

PATIENCE_S = 60.0


def test_as_many_as_are_allowed_run_at_once_and_no_more() -> None:
    barrier, lock, running, most = Barrier(AT_ONCE), Lock(), set[int](), 0

    def work(item: int) -> int:
        nonlocal most
        with lock:
            running.add(item)
            most = max(most, len(running))
        barrier.wait(PATIENCE_S)  # nobody passes before all of them are here
        with lock:
            running.discard(item)
        return item * 10

    futures = side_by_side(work, range(3 * AT_ONCE), cancel=None)
    assert [future.result() for future in futures] == [item * 10 for item in range(3 * AT_ONCE)]
    assert most == AT_ONCE


def test_a_slow_one_holds_nobody_up_and_the_order_stays() -> None:
    others, left, lock = Event(), [1, 2, 3, 4], Lock()

    def work(item: int) -> str:
        if item == 0:
            assert others.wait(PATIENCE_S)
            return "slow"
        with lock:
            left.remove(item)
            if not left:
                others.set()
        return f"quick {item}"

    futures = side_by_side(work, range(5), cancel=None, at_once=2)
    assert [future.result() for future in futures] == ["slow", *(f"quick {item}" for item in range(1, 5))]


def test_one_that_fails_spoils_no_other() -> None:
    def work(item: int) -> int:
        if item == 1:
            raise ValueError("broken")
        return item

    first, second, third = side_by_side(work, range(3), cancel=None)
    assert (first.result(), third.result()) == (0, 2)
    assert isinstance(second.exception(), ValueError)


@pytest.mark.proves("VAL-2")
def test_what_does_not_heed_the_signal_is_left_to_itself() -> None:
    cancel, release, begun = Event(), Event(), []

    def work(item: int) -> int:
        begun.append(item)
        cancel.set()
        release.wait(PATIENCE_S)
        return item

    try:
        futures = side_by_side(work, range(5), cancel=cancel, at_once=1)
        assert begun == [0]
        assert not futures[0].done()
        assert all(future.cancelled() for future in futures[1:])
    finally:
        release.set()
    assert POLL_S + GRACE_S < 1.0


@pytest.mark.proves("VAL-2")
def test_after_the_signal_nothing_begins_and_what_is_done_counts() -> None:
    cancel, begun = Event(), []
    cancel.set()
    assert all(future.cancelled() for future in side_by_side(begun.append, range(3), cancel=cancel))
    assert begun == []
    assert side_by_side(begun.append, [], cancel=None) == []
