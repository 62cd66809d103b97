"""`certwright store upgrade`: bring the store to the layout that this certwright writes."""

from __future__ import annotations

from certwright.cli.command import command
from certwright.cli.exits import Exit
from certwright.cli.screen import Screen


@command(
    examples=("certwright store upgrade", "certwright store upgrade --json"),
    exits=(Exit.AUTHENTICATION,),
)
def upgrade(screen: Screen) -> Exit:
    """Bring the store to the layout that this certwright writes.

    The first command that writes does the same by itself; a preview never does. A store in a file is copied first, beside
    itself; of a PostgreSQL store take a dump before. Older versions of certwright refuse the store from then on.
    """
    from certwright.cli.installation import opened

    with opened(screen) as services:
        done = services.store.upgrade()  # type: ignore[attr-defined]
    answer = {"from": done.before, "to": done.after, "copy": str(done.copy) if done.copy else None}
    if screen.as_json:
        screen.document("storeUpgrade", answer)
    elif done.before == done.after:
        screen.note(f"The store has layout {done.after} already; nothing was changed.")
    else:
        screen.note(f"The store went from layout {done.before} to {done.after}.")
        if done.copy:
            screen.note(f"What it was before is in {done.copy}. Keep it as safe as the store: it has the same keys.")
    return Exit.OK
