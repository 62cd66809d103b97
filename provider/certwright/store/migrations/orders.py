"""Layout 6: what a remote issuer was asked, and how far it got, has a table. Nobody was asked before."""

from __future__ import annotations

from certwright.store.migrations.migration import Migration

MIGRATION = Migration(
    what="a table for the orders of remote issuers",
    steps=(
        "CREATE TABLE {s}orders (arn TEXT NOT NULL, version BIGINT NOT NULL, issuer TEXT NOT NULL, csr {bytes} NOT NULL, "
        "state TEXT NOT NULL, waiting TEXT NOT NULL, look_at BIGINT, renew_at BIGINT, created_at BIGINT NOT NULL, "
        "asked_at BIGINT, PRIMARY KEY (arn, version))",
    ),
    seen_as={
        "orders": """
            SELECT arn, version, issuer_arn AS issuer, '' AS csr, spec AS state, '' AS waiting, requested_at AS look_at,
                requested_at AS renew_at, requested_at AS created_at, requested_at AS asked_at
            FROM {versions} WHERE 1 = 0
        """
    },
)
