"""Proving the claims of the demonstration: run, look, compare; a claim that does not hold ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import observe
from certwright.engine.records import CertificateRecord, VersionRecord
from commands import Result, Runner
from stage import Stage
from terminal import Terminal

PAST = {"CERTWRIGHT_CLOCK_OFFSET": "-25d"}
PREVIEW = ("pulumi", "preview")
QUIET = ("--non-interactive", "--color", "never")


class CheckFailed(Exception):
    """A claim that does not hold. expected, seen: what to show for it."""

    def __init__(self, claim: str, *, expected: str, seen: str) -> None:
        super().__init__(claim)
        self.claim, self.expected, self.seen = claim, expected, seen


@dataclass(slots=True)
class Proof:
    """refusal: the CLI's exit code for a run that fails. records: the validation records of the first preview. outputs:
    the stack's. root: file with the trust anchor."""

    stage: Stage
    terminal: Terminal
    runner: Runner
    refusal: int
    records: list[tuple[str, str, str]] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    root: Path = Path()

    # -- proving -----------------------------------------------------------------------------------------------------

    def check(self, holds: object, claim: str, ids: str = "", *, expected: str = "", seen: object = "") -> None:
        if not holds:
            raise CheckFailed(claim, expected=expected or claim, seen=str(seen))
        self.terminal.tick(claim, ids)

    def says(self, result: Result, pattern: str, claim: str, ids: str = "") -> None:
        """The output holds a line that matches."""
        self.check(result.lines(pattern), claim, ids, expected=f"a line that matches /{pattern}/", seen="no such line")

    def succeeds(self, result: Result) -> Result:
        if result.code != 0:
            raise CheckFailed(f"`{result.command}` succeeds", expected="exit code 0", seen=f"exit code {result.code}")
        return result

    def fails(self, result: Result, claim: str, ids: str) -> None:
        """With exactly the code that this CLI gives to a refusal: a crash is none."""
        expected, seen = (f"exit code {code}" for code in (self.refusal, result.code))
        self.check(result.code == self.refusal, claim, ids, expected=expected, seen=seen)

    def pulumi(
        self,
        *command: str,
        keep: str = "",
        past: bool = False,
        cwd: Path | None = None,
        note: str = "",
        on_line: Callable[[str], None] | None = None,
        show: str | None = None,
        most: int = 1000,
        trim: tuple[str, str] = ("$", ""),
    ) -> Result:
        where = cwd or self.stage.shop
        if where != self.stage.shop and show is None:
            show = " ".join(("pulumi", "-C", where.name, *command[1:]))
        shown = (show if show is not None else " ".join(command)).replace(" --skip-preview", "")
        return self.runner.run(
            [*command, *QUIET],
            cwd=where,
            keep=keep,
            note=note or ("clock 25 days back" if past else ""),
            show=shown,
            extra=PAST if past else {},
            on_line=on_line,
            most=most,
            trim=trim,
        )

    def connects(self, endpoint: str, *names: str) -> str:
        """Every name verifies at the endpoint; returns the serial number that is served."""
        address = self.stage.endpoints[endpoint].address
        serials = set()
        for name in names:
            seen = observe.connect(address, name, self.root)
            if not seen.verified:
                raise CheckFailed(
                    f"{observe.client()} that trusts only the root connects to {name}",
                    expected="a verified connection",
                    seen=seen.said,
                )
            serials.add(seen.serial)
        self.check(
            len(serials) == 1,
            f"{observe.client()}, trusting only the root, verifies {', '.join(names)}",
            "ASC-1",
            expected="one certificate",
            seen=serials,
        )
        return serials.pop()

    def dump(self) -> str:
        return observe.dump(self.stage.environment)

    def newest(self, arn: str) -> VersionRecord:
        with observe.opened(self.stage.environment) as services, services.store.read() as reader:
            record = reader.one(CertificateRecord, arn=arn)
            assert record is not None, f"{arn} is not in the store"
            version = reader.one(VersionRecord, arn=arn, version=record.newest_version)
        assert version is not None
        return version

    def edit(self, change: Callable[[str], str]) -> None:
        path = self.program
        before = path.read_text()
        after = change(before)
        if before == after:
            raise RuntimeError(f"{path} does not hold what the demonstration edits")
        path.write_text(after)

    @property
    def program(self) -> Path:
        return self.stage.shop / ("Pulumi.yaml" if self.stage.form == "yaml" else "__main__.py")

    def no_change(self, *, past: bool = False) -> None:
        before = self.dump()
        result = self.pulumi(*PREVIEW, "--expect-no-changes", keep=r"unchanged", past=past)
        self.check(result.code == 0, "no change", "IAC-5", expected="exit code 0", seen=f"exit code {result.code}")
        self.check(self.dump() == before, "and every row of the store is what it was", "IAC-2")

    def nowhere(self, pattern: bytes, *places: Path) -> list[Path]:
        """The files below `places` that hold `pattern`."""
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        return [path for path in files if pattern in path.read_bytes()]
