"""Layout 2: what drives a certificate's validation has a table of its own, and what is ripe is found by declared indexes.

Until then a declaration lay among the validations as version 0: its URN in `record_value`, its place in `record_name`, and in
`status` LIVE, or the process that was creating it.
"""

from __future__ import annotations

from certwright.store.migrations.migration import Migration

_DRIVERS = """
    SELECT arn, domain_name AS name, record_value AS urn, record_name AS place,
        CASE WHEN status = 'LIVE' THEN 'LIVE' ELSE 'CREATING' END AS state,
        CASE WHEN status = 'LIVE' THEN '' ELSE status END AS process,
        created_at
    FROM {validations} WHERE version = 0
"""

MIGRATION = Migration(
    what="a table for the declarations that drive a validation, and indexes for what is ripe",
    steps=(
        "CREATE TABLE {s}drivers (arn TEXT NOT NULL, name TEXT NOT NULL, urn TEXT NOT NULL, place TEXT NOT NULL, "
        "state TEXT NOT NULL, process TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (arn, name))",
        "INSERT INTO {s}drivers (arn, name, urn, place, state, process, created_at)"
        + _DRIVERS.replace("{validations}", "{s}validations"),
        "DELETE FROM {s}validations WHERE version = 0",
        "DROP INDEX {s}ix_versions_due",
        "CREATE INDEX ix_versions_renewal_due ON {s}versions (renewal_due) "
        "WHERE serving IS {true} AND status = 'ISSUED' AND renewal_due IS NOT NULL",
        "CREATE INDEX ix_authority_versions_renewal_due ON {s}authority_versions (renewal_due) "
        "WHERE renewal_due IS NOT NULL",
    ),
    seen_as={"drivers": _DRIVERS, "validations": "SELECT * FROM {validations} WHERE version <> 0"},
)
