"""How the store's layout has changed: one file here and one name in `NAMES` for each change. Forward only.

Layout 1 is that of version 0.1.0; the first name leads to layout 2, the next to 3. What has landed on main is never changed
or moved again: a store somewhere has run it.

To add one:

1. Change the record (`engine/records.py`; a new type also in `RECORD_TYPES` and in `store/layout.LAYOUT`), `make sql`.
2. Write `migrations/NAME.py` with a `MIGRATION` (see `migration.py`, and `drivers.py` as an example): `steps` as SQL that
   SQLite and PostgreSQL both understand, frozen text that knows no record of today; and `seen_as`, which says as SELECTs how
   the tables of before look in the new shape, since a preview reads an older store and never migrates it.
3. Append NAME to `NAMES`.

`tests/upgrade` then checks without another line: a migrated store has the tables, columns and indexes of a fresh one; each
record reads the same before (through `seen_as`) and after; the recorded stores open, preview without a change, and renew.

`meta` and `leases` stay as they are.
"""

from __future__ import annotations

NAMES: tuple[str, ...] = ("drivers", "jobs", "proofs", "locations", "orders", "rotated")

LAYOUT = 1 + len(NAMES)
