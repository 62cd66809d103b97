"""Layout 4: a proof belongs to an authorization, and its challenge is its method's own.

Until then every proof was one by DNS, kept by its base name: record, target and value had a column each. What `caa` was for,
the audit log holds.
"""

from __future__ import annotations

from certwright.store.migrations.migration import Migration

# Names and values hold nothing that JSON would escape: host names in ASCII, and hex.
_PROOFS = """
    SELECT arn, version, domain_name AS "authorization", domain_name, 'DNS' AS method,
        '{"recordName":"' || record_name || '","recordValue":"' || record_value || '","txtValue":"' || txt_value || '"}'
            AS challenge,
        status, seen, asked_at, created_at, checked_at, validated_at
    FROM {validations}
"""
_COLUMNS = (
    'arn, version, "authorization", domain_name, method, challenge, status, seen, asked_at, created_at, checked_at, '
    "validated_at"
)

MIGRATION = Migration(
    what="proofs by authorization, with a challenge of any method",
    steps=(
        "CREATE TABLE {s}proofs AS " + _PROOFS.replace("{validations}", "{s}validations"),
        "DROP TABLE {s}validations",
        'CREATE TABLE {s}validations (arn TEXT NOT NULL, version BIGINT NOT NULL, "authorization" TEXT NOT NULL, '
        "domain_name TEXT NOT NULL, method TEXT NOT NULL, challenge TEXT NOT NULL, status TEXT NOT NULL, seen TEXT NOT NULL, "
        "asked_at TEXT NOT NULL, created_at BIGINT NOT NULL, checked_at BIGINT, validated_at BIGINT, "
        'PRIMARY KEY (arn, version, "authorization"))',
        f"INSERT INTO {{s}}validations ({_COLUMNS}) SELECT {_COLUMNS} FROM {{s}}proofs",  # noqa: S608
        "DROP TABLE {s}proofs",
    ),
    seen_as={"validations": _PROOFS},
)
