"""Layout 3: what each unattended job has to do is found by an index, and an association says since when it is behind.

An association that an older version left behind is so since it was deployed, or made.
"""

from __future__ import annotations

from certwright.store.migrations.migration import Migration

_BEHIND = """
    CASE WHEN EXISTS (
        SELECT 1 FROM {certificates} c
        WHERE c.arn = a.certificate_arn AND c.serving_version <> 0 AND c.serving_version <> a.deployed_version
    ) THEN coalesce(a.deployed_at, a.created_at) END
"""

MIGRATION = Migration(
    what="indexes for what the jobs look for, and since when an association is behind",
    steps=(
        "ALTER TABLE {s}associations ADD COLUMN behind_since BIGINT",
        "UPDATE {s}associations AS a SET behind_since = " + _BEHIND.replace("{certificates}", "{s}certificates"),  # noqa: S608
        "CREATE INDEX ix_associations_behind_since ON {s}associations (behind_since) WHERE behind_since IS NOT NULL",
        "CREATE INDEX ix_versions_issued_at ON {s}versions (issued_at) "
        "WHERE serving IS {true} AND status = 'REVOKED' AND issued_at IS NOT NULL",
        "CREATE INDEX ix_versions_requested_at ON {s}versions (requested_at) "
        "WHERE has_certificate IS {false} AND requested_at IS NOT NULL",
        "DROP INDEX {s}ix_versions_issuer_arn",
        "CREATE INDEX ix_versions_issuer_arn ON {s}versions (issuer_arn, serving, issuer_version)",
    ),
    seen_as={"associations": "SELECT a.*, " + _BEHIND + " AS behind_since FROM {associations} a"},  # noqa: S608
)
