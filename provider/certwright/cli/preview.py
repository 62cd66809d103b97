"""A Pulumi preview as JSON: which certificates, authorities and associations it would delete or move."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from certwright.domain.arn import ArnKind, parse_arn
from certwright.domain.errors import CertwrightError

# The operations after which the old resource is gone. Dropping a read resource (`discard`) deletes nothing.
DELETES = frozenset({"delete", "delete-replaced"})
LEAVES = DELETES | {"replace"}
RETAINED = "retained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the preview. id: of the resource as it is now."""

    op: str
    urn: str
    id: str
    kind: ArnKind | None
    store_id: str
    new_certificate_arn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The steps in order; only what has an ARN of certwright is of interest."""

    steps: tuple[Step, ...] = field(default=())

    def deletions(self) -> tuple[Step, ...]:
        """One for each id, in order."""
        found: dict[str, Step] = {}
        for step in self.steps:
            if step.op in LEAVES and step.kind is not None:
                found.setdefault(step.id, step)
        return tuple(found.values())

    def moved_before(self, deletion: Step) -> dict[str, str]:
        """Association id → certificate ARN that it will have, for updates that come before `deletion` does.

        A document has one step for a replacement and does not tell when the old resource goes: after everything else,
        unless the program says deleteBeforeReplace. Events tell it.
        """
        told = [i for i, s in enumerate(self.steps) if s.id == deletion.id and s.op in DELETES]
        last = max(told) if told else len(self.steps)
        return {
            step.id: step.new_certificate_arn
            for step in self.steps[:last]
            if step.op == "update" and step.kind is ArnKind.ASSOCIATION and step.new_certificate_arn is not None
        }

    def is_told(self, deletion: Step) -> bool:
        """Whether the order of this deletion is known."""
        return any(s.id == deletion.id and s.op in DELETES for s in self.steps)


def read_preview(text: str) -> Preview:
    """Reads `pulumi preview --json`: one document, or the stream of events that newer CLIs can write.

    Raises CertwrightError (`preview.unreadable`).
    """
    try:
        document = json.loads(text)
    except ValueError:
        return _stream(text)
    if not isinstance(document, dict):
        raise _unreadable("it is JSON, but no object")
    diagnostics = document.get("diagnostics")
    for said in diagnostics if isinstance(diagnostics, list) else ():
        if isinstance(said, dict) and said.get("severity") == "error":
            raise CertwrightError(
                f"the preview failed, so it does not say what would be deleted: {_first_line(said.get('message'))}",
                code="preview.failed",
            )
    if "steps" not in document and "changeSummary" not in document:
        raise _unreadable('it has neither "steps" nor "changeSummary"')
    steps = document.get("steps") or []
    if not isinstance(steps, list) or not all(isinstance(s, dict) for s in steps):
        raise _unreadable('its "steps" are no list of objects')
    return Preview(steps=tuple(_step(s, s.get("oldState"), s.get("newState")) for s in steps))


def _first_line(message: object) -> str:
    lines = str(message or "").strip().splitlines()
    return lines[0].removeprefix("error: ")[:300] if lines else "it says no reason"


def _stream(text: str) -> Preview:
    """One engine event a line."""
    steps: list[Step] = []
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise _unreadable("it is empty; did `pulumi preview --json` fail?")
    for number, line in enumerate(lines, start=1):
        try:
            event = json.loads(line)
        except ValueError:
            raise _unreadable(f"line {number} is not JSON") from None
        if not isinstance(event, dict):
            raise _unreadable(f"line {number} is no object")
        before = event.get("resourcePreEvent")
        metadata = before.get("metadata") if isinstance(before, dict) else None
        if isinstance(metadata, dict):
            steps.append(_step(metadata, metadata.get("old"), metadata.get("new")))
    return Preview(steps=tuple(steps))


def _step(step: dict[str, Any], old: Any, new: Any) -> Step:
    old = old if isinstance(old, dict) else {}
    new = new if isinstance(new, dict) else {}
    identity = str(old.get("id") or "")
    outputs = old.get("outputs") if isinstance(old.get("outputs"), dict) else {}
    inputs = new.get("inputs") if isinstance(new.get("inputs"), dict) else {}
    target = inputs.get("certificateArn")
    op = str(step.get("op") or "")
    if old.get("retainOnDelete") or old.get("external"):
        op = RETAINED  # Pulumi forgets it and asks the provider nothing
    return Step(
        op=op,
        urn=str(step.get("urn") or old.get("urn") or ""),
        id=identity,
        kind=_kind(identity),
        store_id=str(outputs.get("storeId") or ""),
        new_certificate_arn=target if isinstance(target, str) else None,
    )


def _kind(identity: str) -> ArnKind | None:
    """The kind by the id, which is the ARN in the plugin's and in the dynamic form."""
    try:
        return parse_arn(identity).kind
    except CertwrightError:
        return None


def _unreadable(why: str) -> CertwrightError:
    return CertwrightError(f"the input is not the output of `pulumi preview --json`: {why}", code="preview.unreadable")
