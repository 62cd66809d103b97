"""Try the switches: `python -m switched_off [--only ID] [--stale] [--jobs N] [--live | --no-live] [--page]`.

Exit code 1 when a row survived or proved nothing. The checkout is not touched but for the outcomes and the page.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from typing import Any

from switched_off import page
from switched_off.table import Switch, keep, outcomes, switches
from switched_off.trial import FAILED, NOT_TRIED, copied_tree, look_unbroken, try_out

# Each trial's outcome is kept at once; a run that was stopped goes on with --stale.
_GUARD = threading.Lock()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="switched_off", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", action="append", default=[], metavar="ID", help="rows of this id, trap, definition or file"
    )
    parser.add_argument("--stale", action="store_true", help="only rows without a recorded failure")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="copies of the tree that work side by side")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--live", action="store_true", help="only tests that drive the real CLI or kill processes")
    kind.add_argument("--no-live", action="store_true", help="only the others")
    parser.add_argument("--list", action="store_true", help="name the rows and run nothing")
    parser.add_argument("--page", action="store_true", help="write the page from what is recorded and run nothing")
    return parser.parse_args(arguments)


def _chosen(options: argparse.Namespace) -> list[Switch]:
    known = outcomes()
    rows = [row for row in switches() if not (options.live and not row.live) and not (options.no_live and row.live)]
    if options.only:
        rows = [row for row in rows if {*row.ids, row.trap, *row.places, row.digest, row.function} & set(options.only)]
    if options.stale:
        rows = [row for row in rows if known.get(row.digest, {}).get("outcome") != FAILED]
    return rows


def _work(rows: Sequence[Switch], bad: list[str]) -> None:
    with copied_tree() as copy:
        # Together by kind: the live ones share their set-up within a file.
        for live in (False, True):
            look_unbroken(copy, [row.test for row in rows if row.live is live])
        for row in rows:
            try:
                outcome: dict[str, Any] = try_out(copy, row)
            except (ValueError, SyntaxError, OSError) as misfit:
                outcome = {"outcome": f"{NOT_TRIED}: {misfit}"}
            with _GUARD:
                _tell(row, outcome, bad)


def _tell(row: Switch, outcome: dict[str, Any], bad: list[str]) -> None:
    if not outcome["outcome"].startswith(NOT_TRIED):
        keep({row.digest: outcome})
    print(f"{row.digest}  {row.name:10} {outcome['outcome']}: {row.off}", flush=True)
    if outcome["outcome"] != FAILED:
        bad.append(f"{row.name}: {row.test}")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(sys.argv[1:] if arguments is None else arguments)
    rows = _chosen(options)
    if options.list:
        print("\n".join(f"{row.digest}  {row.name:10} {row.test}" for row in rows))
        return 0
    bad: list[str] = []
    if not options.page:
        shares = [rows[number :: options.jobs] for number in range(options.jobs)]
        threads = [threading.Thread(target=_work, args=(share, bad)) for share in shares if share]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    keep({})
    page.write()
    print(f"{len(rows)} rows, {len(bad)} without a proof", *bad, sep="\n  ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
