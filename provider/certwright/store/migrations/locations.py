"""Layout 5: how far each place of an association is, in a table of its own.

What an older version deployed is taken as it says. Its endpoint and digests are not known until the next deployment.
"""

from __future__ import annotations

from certwright.store.migrations.migration import Migration

_LOCATIONS = """
    SELECT arn, place, target_kind AS kind, '' AS endpoint, host, '' AS name, 0 AS wave,
        CASE status WHEN 'DEPLOYED' THEN 'PROVED' WHEN 'PENDING' THEN 'INTENDED' ELSE status END AS status,
        '' AS wanted_digest, '' AS put_digest, '' AS told_digest, '' AS proved_digest,
        failure_message AS problem, coalesce(deployed_at, created_at) AS at
    FROM {associations}
"""

MIGRATION = Migration(
    what="a row for each place of an association",
    steps=(
        "CREATE TABLE {s}locations (arn TEXT NOT NULL, place TEXT NOT NULL, kind TEXT NOT NULL, endpoint TEXT NOT NULL, "
        "host TEXT NOT NULL, name TEXT NOT NULL, wave BIGINT NOT NULL, status TEXT NOT NULL, wanted_digest TEXT NOT NULL, "
        "put_digest TEXT NOT NULL, told_digest TEXT NOT NULL, proved_digest TEXT NOT NULL, problem TEXT NOT NULL, "
        "at BIGINT NOT NULL, PRIMARY KEY (arn, place))",
        "INSERT INTO {s}locations (arn, place, kind, endpoint, host, name, wave, status, wanted_digest, put_digest, "
        "told_digest, proved_digest, problem, at)" + _LOCATIONS.replace("{associations}", "{s}associations"),
        "CREATE INDEX ix_locations_endpoint ON {s}locations (endpoint)",
    ),
    seen_as={"locations": _LOCATIONS},
)
