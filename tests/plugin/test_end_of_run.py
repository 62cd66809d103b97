"""The end of a run: from Cancel with no request in flight (Pulumi 3.231 and newer), or from the health check before it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from certwright.binding.codec import decode
from plugin.engine import URN, Plugin, running_plugin
from plugin.toy import Toybox, registry

BASE = {"name": "wiki", "names": ["a.example"]}
OLD = URN.replace("wiki", "old")
NO_LONGER = "no longer declared; deleting it will be refused"
SIGNED = ("INFO", "audit log signed: 1 things", "", False)

End = Callable[[Plugin], object]
ENDS: dict[str, tuple[End, ...]] = {
    "health check": (Plugin.health,),
    "Cancel": (Plugin.cancel,),
    "health check, then Cancel": (Plugin.health, Plugin.cancel),
    "Cancel, then health check": (Plugin.cancel, Plugin.health),
    "Cancel twice": (Plugin.cancel, Plugin.cancel),
}
each_end = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)


@pytest.fixture
def box() -> Toybox:
    return Toybox()


@pytest.fixture
def plugin(box: Toybox, tmp_path: Path) -> Iterator[Plugin]:
    with running_plugin(registry(box), home=tmp_path) as plugin:
        plugin.configure(region="eu-1")
        yield plugin


def made(plugin: Plugin, **more: Any) -> tuple[str, Any, Any]:
    inputs = decode(plugin.check({**BASE, **more}).inputs)
    answer = plugin.create(inputs)
    return answer.id, inputs, decode(answer.properties)


def over(plugin: Plugin, end: tuple[End, ...]) -> None:
    for each in end:
        each(plugin)


def warnings(plugin: Plugin) -> list[tuple[str, str]]:
    return [(urn, message) for severity, message, urn, _ in plugin.engine.lines if severity == "WARNING"]


@contextmanager
def waiting(plugin: Plugin, box: Toybox) -> Iterator[list[grpc.RpcError]]:
    """A Create that waits until Cancel comes; what it was answered with is in the list afterwards."""
    refused: list[grpc.RpcError] = []

    def create() -> None:
        try:
            plugin.create({**BASE, "name": "slow", "behaviour": "wait"}, urn=URN.replace("wiki", "slow"))
        except grpc.RpcError as error:
            refused.append(error)

    worker = threading.Thread(target=create)
    worker.start()
    assert box.started.wait(5)
    yield refused
    worker.join(5)
    assert not worker.is_alive()


# what is said and kept ----------------------------------------------------------------------------------------------


@pytest.mark.proves("ASC-8", "AUD-1")
@each_end
def test_each_thing_is_said_and_kept_once(plugin: Plugin, box: Toybox, end: tuple[End, ...]) -> None:
    id, _, _ = made(plugin)
    box.in_use = {URN: "declared", OLD: NO_LONGER, OLD.replace("shop", "other"): "another stack"}
    assert box.claimed == []
    over(plugin, end)
    plugin.session.close()
    assert warnings(plugin) == [(OLD, NO_LONGER)]
    assert plugin.engine.lines.count(SIGNED) == 1
    assert box.claimed == [("certificate", id)]


@pytest.mark.proves("AUD-1")
@each_end
def test_without_a_directory_to_share_in_it_is_said_once_as_well(
    box: Toybox, tmp_path: Path, end: tuple[End, ...]
) -> None:
    (tmp_path / "run").write_text("not a directory")
    with running_plugin(registry(box), home=tmp_path) as plugin:
        plugin.configure(region="eu-1")
        made(plugin)
        over(plugin, end)
        assert plugin.engine.lines.count(SIGNED) == 1


@each_end
def test_a_refresh_is_not_warned(plugin: Plugin, box: Toybox, end: tuple[End, ...]) -> None:
    box.in_use = {URN: "in use"}
    with pytest.raises(grpc.RpcError):
        plugin.read("nope")
    over(plugin, end)
    assert warnings(plugin) == []


@each_end
def test_a_preview_persists_no_claim_and_signs_nothing(plugin: Plugin, box: Toybox, end: tuple[End, ...]) -> None:
    plugin.diff("arn:toy:7", BASE, {}, BASE)
    plugin.create(BASE, preview=True)
    over(plugin, end)
    plugin.session.close()
    assert (box.claimed, box.signed) == ([], 0)


def test_an_update_persists_what_is_known(plugin: Plugin, box: Toybox) -> None:
    id, inputs, outputs = made(plugin)
    plugin.diff(id, inputs, outputs, inputs)
    plugin.session.dispatcher().run._persisted_at = float("-inf")
    plugin.update(id, inputs, outputs, inputs)
    assert ("certificate", id) in box.claimed


@each_end
def test_announcements_end_with_the_run(plugin: Plugin, box: Toybox, tmp_path: Path, end: tuple[End, ...]) -> None:
    id, inputs, outputs = made(plugin)
    box.due.add(id)
    plugin.diff(id, inputs, outputs, inputs)
    files = list((tmp_path / "run").glob("run-*"))
    assert [json.loads(f.read_text())["arn"] for f in files] == [id]
    over(plugin, end)
    assert not list((tmp_path / "run").glob("run-*"))


@each_end
def test_nothing_to_announce_or_to_sign_writes_no_file(plugin: Plugin, tmp_path: Path, end: tuple[End, ...]) -> None:
    id, inputs, outputs = "arn:toy:7", BASE, dict(BASE)
    plugin.diff(id, inputs, outputs, inputs)
    over(plugin, end)
    assert not (tmp_path / "run").exists()


@each_end
def test_a_process_that_was_never_configured_says_nothing(box: Toybox, tmp_path: Path, end: tuple[End, ...]) -> None:
    """As the one that is started for its schema."""
    with running_plugin(registry(box), home=tmp_path) as plugin:
        over(plugin, end)
        assert plugin.engine.lines == []


# in time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "limit_s"), [(Plugin.health, 0.4), (Plugin.cancel, 4.0)], ids=["health check", "Cancel"]
)
def test_a_slow_or_broken_look_up_does_not_keep_the_engine_from_its_answer(
    plugin: Plugin, box: Toybox, end: End, limit_s: float
) -> None:
    """It waits half a second for its health check and five for its Cancel; what is slow goes on meanwhile."""
    made(plugin)
    release = threading.Event()

    class Slow(dict[str, str]):
        def items(self) -> Any:
            release.wait(20)
            raise RuntimeError("broken")

    box.in_use = Slow()
    began = time.monotonic()
    end(plugin)
    assert time.monotonic() - began < limit_s
    release.set()
    plugin.session.close()
    assert plugin.engine.lines.count(SIGNED) == 1, "one failure keeps nothing else from being said"


def test_health_is_answered_with_serving(plugin: Plugin) -> None:
    assert plugin.health() == b"\x08\x01"


# Ctrl-C ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("VAL-2", "AUD-1", "ASC-8")
@each_end
def test_a_cancel_in_mid_run_only_ends_the_wait(plugin: Plugin, box: Toybox, end: tuple[End, ...]) -> None:
    """Ctrl-C: the run ends later. What it made is signed then, and what it did not come to is no deletion."""
    first, _, _ = made(plugin)
    box.in_use = {OLD: NO_LONGER}
    with waiting(plugin, box) as refused:
        plugin.cancel()
        assert (warnings(plugin), box.signed) == ([], 0)
    assert "cancelled" in refused[0].details()  # type: ignore[attr-defined]

    over(plugin, end)
    assert warnings(plugin) == []
    assert [line[1] for line in plugin.engine.lines if line[1].startswith("audit")] == ["audit log signed: 2 things"]
    assert ("certificate", first) in box.claimed


@pytest.mark.proves("AUD-1")
def test_a_cancel_between_two_requests_leaves_the_later_end_its_own_head(plugin: Plugin, box: Toybox) -> None:
    """Ctrl-C while this provider has nothing to do looks like the end; the engine may still send what it had begun."""
    made(plugin)
    plugin.cancel()
    box.in_use = {OLD: NO_LONGER}
    second, _, _ = made(plugin, name="later")
    plugin.cancel()
    plugin.session.close()
    assert [line[1] for line in plugin.engine.lines if line[1].startswith("audit")] == [
        "audit log signed: 1 things",
        "audit log signed: 2 things",
    ]
    assert box.claimed[-1] == ("certificate", second)
    assert warnings(plugin) == [], "a run that was broken off declares less than its program has"


@pytest.mark.proves("AUD-1")
def test_a_request_whose_answer_the_engine_has_is_not_in_flight(plugin: Plugin, box: Toybox) -> None:
    """The engine cancels as soon as it has the last answer, be it an error: each time the end is seen."""
    for number in range(20):
        with pytest.raises(grpc.RpcError):
            plugin.create({**BASE, "behaviour": "fail"})
        made(plugin, name=f"thing{number}")
        plugin.cancel()
        assert box.signed == number + 1


def test_many_requests_at_once_are_counted_down_to_none(plugin: Plugin) -> None:
    threads = [threading.Thread(target=lambda: [plugin.check(BASE) for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert plugin.session._in_flight == 0
