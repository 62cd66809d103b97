"""A way to prove control of names that only a test knows, as a third party would ship it: a distribution of its own whose
entry point says PIGEON. A pigeon is sent to each name with a word (`sent/NAME`), and must bring it back (`back/NAME`).

Unlike with DNS a wildcard and its base are two proofs, nothing is kept for renewals, and a journey is counted in the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from certwright.domain.errors import Finding
from certwright.engine.ports import CancelSignal, Chosen, NameProof, ValidationOption
from certwright.engine.records import Json, ValidationRecord
from certwright.engine.services import Services

METHOD = "PIGEON"
TOO_FAR = "moon.example.com"
STAYS = timedelta(days=3)


def ship(site: Path) -> None:
    """Put the distribution where Python looks for what is installed."""
    info = site / "pigeons-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeons\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[certwright.validators]\n{METHOD} = {__name__}:Pigeons\n")


def loft(services: Services) -> Path:
    return Path(services.config.directories.data) / "loft"


def come_back(home: Path) -> list[str]:
    """All pigeons that are out return with their words."""
    back = home / "data" / "loft" / "back"
    back.mkdir(exist_ok=True)
    out = sorted((home / "data" / "loft" / "sent").iterdir())
    for pigeon in out:
        (back / pigeon.name).write_text(pigeon.read_text())
    return [pigeon.name for pigeon in out]


class Pigeons:
    """A `Validator`."""

    def __init__(self, services: Services) -> None:
        self._services, self._loft = services, loft(services)

    def findings(self, names: Sequence[str]) -> list[Finding]:
        return [
            Finding(code="pigeon.too_far", path="domainName", message=f"{name} is out of reach for pigeons")
            for name in names
            if name == TOO_FAR
        ]

    def options(self, names: Sequence[str], account: str) -> list[ValidationOption]:
        return [
            ValidationOption(
                authorization=name,
                names=(name,),
                domain_name=name,
                shown={"domainName": name, "pigeonTo": f"loft of {name}"},
            )
            for name in names
        ]

    def challenge(self, option: ValidationOption) -> Json:
        return {"word": self._services.entropy.token_bytes(16).hex(), "journeys": 0}

    def fits(self, challenge: Json, option: ValidationOption, age: timedelta) -> bool:
        return age < STAYS

    def maintain(self, arn: str, options: Sequence[ValidationOption], writer: Chosen | None) -> None:
        pass

    def present(self, arn: str, rows: Sequence[ValidationRecord]) -> list[ValidationRecord]:
        return [self._sent(row) for row in rows]

    def _sent(self, row: ValidationRecord) -> ValidationRecord:
        pigeon = self._loft / "sent" / row.authorization
        if pigeon.exists() and pigeon.read_text() == row.challenge["word"]:
            return row
        pigeon.parent.mkdir(parents=True, exist_ok=True)
        pigeon.write_text(row.challenge["word"])
        return replace(row, challenge={**row.challenge, "journeys": row.challenge["journeys"] + 1})

    def look(self, row: ValidationRecord, cancel: CancelSignal | None) -> NameProof:
        pigeon = self._loft / "back" / row.authorization
        where = f"loft of {row.domain_name}"
        if not pigeon.exists():
            sentence = f"no pigeon has come back from the {where}"
            return NameProof(proved=False, code="pigeon.away", sentence=sentence, asked_at=where, brief="in the air")
        if pigeon.read_text() != row.challenge["word"]:
            sentence = f"the pigeon from the {where} has another word"
            return NameProof(proved=False, code="pigeon.other_word", sentence=sentence, asked_at=where)
        return NameProof(proved=True, code="pigeon.back", seen="came back with its word", asked_at=where)

    def withdraw(self, arn: str, writer: Chosen | None) -> None:
        for place in ("sent", "back"):
            for pigeon in (self._loft / place).glob("*"):
                pigeon.unlink()

    def todo(self, option: ValidationOption) -> str:
        return f"feed the pigeon at the loft of {option.domain_name}."


def journeys(rows: Sequence[ValidationRecord]) -> dict[str, Any]:
    return {row.authorization: row.challenge["journeys"] for row in rows}
