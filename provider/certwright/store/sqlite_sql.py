"""The SQL of the default store, as SQLAlchemy compiles it.

Written by tools/gen_sql.py (`make sql`); not edited.
"""

from typing import Any

# (verb, table, shape, after, limited, column) → (text, order of the parameters, parameters with a value)
FORMS: dict[Any, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    ("audit_head", "", (), False, False, ""): (
        "SELECT audit.seq, audit.hash FROM audit WHERE audit.region = ? ORDER BY audit.seq DESC LIMIT ? OFFSET ?",
        ("region", "param_1", "param_2"),
        {"param_1": 1, "param_2": 0},
    ),
    ("audit_page", "", (), False, False, ""): (
        "SELECT audit.region, audit.seq, audit.at, audit.who, "
        "audit.who_source, audit.action, audit.arn, audit.result, "
        "audit.details, audit.previous_hash, audit.hash FROM audit WHERE "
        "audit.region = ? AND audit.seq > ? ORDER BY audit.seq LIMIT ? "
        "OFFSET ?",
        ("region", "after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("audit_regions", "", (), False, False, ""): (
        "SELECT DISTINCT audit.region FROM audit ORDER BY audit.region",
        (),
        {},
    ),
    ("count", "versions", (("arn", "="), ("key_handle", "=")), False, False, ""): (
        "SELECT count(*) AS count_1 FROM versions WHERE versions.arn = ? AND versions.key_handle = ?",
        ("f_arn", "f_key_handle"),
        {},
    ),
    ("count", "versions", (("has_certificate", "="), ("issuer_arn", "=")), False, False, ""): (
        "SELECT count(*) AS count_1 FROM versions WHERE versions.has_certificate = ? AND versions.issuer_arn = ?",
        ("f_has_certificate", "f_issuer_arn"),
        {},
    ),
    ("delete", "associations", (("arn", "="),), False, False, ""): (
        "DELETE FROM associations WHERE associations.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "audit", (("region", "="), ("seq", "=")), False, False, ""): (
        "DELETE FROM audit WHERE audit.region = ? AND audit.seq = ?",
        ("f_region", "f_seq"),
        {},
    ),
    ("delete", "authorities", (("arn", "="),), False, False, ""): (
        "DELETE FROM authorities WHERE authorities.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "authority_versions", (("arn", "="),), False, False, ""): (
        "DELETE FROM authority_versions WHERE authority_versions.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "authority_versions", (("arn", "="), ("version", "=")), False, False, ""): (
        "DELETE FROM authority_versions WHERE authority_versions.arn = ? AND authority_versions.version = ?",
        ("f_arn", "f_version"),
        {},
    ),
    ("delete", "certificates", (("arn", "="),), False, False, ""): (
        "DELETE FROM certificates WHERE certificates.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "dns_records", (("arn", "="),), False, False, ""): (
        "DELETE FROM dns_records WHERE dns_records.arn = ?",
        ("f_arn",),
        {},
    ),
    (
        "delete",
        "dns_records",
        (("arn", "="), ("name", "="), ("type", "="), ("value", "="), ("writer", "=")),
        False,
        False,
        "",
    ): (
        "DELETE "
        "FROM "
        "dns_records "
        "WHERE "
        "dns_records.arn "
        "= "
        "? "
        "AND "
        "dns_records.name "
        "= "
        "? "
        "AND "
        "dns_records.type "
        "= "
        "? "
        "AND "
        "dns_records.value "
        "= "
        "? "
        "AND "
        "dns_records.writer "
        "= "
        "?",
        ("f_arn", "f_name", "f_type", "f_value", "f_writer"),
        {},
    ),
    ("delete", "drivers", (("arn", "="),), False, False, ""): (
        "DELETE FROM drivers WHERE drivers.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "drivers", (("arn", "="), ("name", "=")), False, False, ""): (
        "DELETE FROM drivers WHERE drivers.arn = ? AND drivers.name = ?",
        ("f_arn", "f_name"),
        {},
    ),
    ("delete", "keys", (("handle", "="),), False, False, ""): (
        "DELETE FROM keys WHERE keys.handle = ?",
        ("f_handle",),
        {},
    ),
    ("delete", "locations", (("arn", "="),), False, False, ""): (
        "DELETE FROM locations WHERE locations.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "locations", (("arn", "="), ("place", "=")), False, False, ""): (
        "DELETE FROM locations WHERE locations.arn = ? AND locations.place = ?",
        ("f_arn", "f_place"),
        {},
    ),
    ("delete", "materials", (("arn", "="),), False, False, ""): (
        "DELETE FROM materials WHERE materials.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "materials", (("arn", "="), ("version", "=")), False, False, ""): (
        "DELETE FROM materials WHERE materials.arn = ? AND materials.version = ?",
        ("f_arn", "f_version"),
        {},
    ),
    ("delete", "meta", (("key", "="),), False, False, ""): ('DELETE FROM meta WHERE meta."key" = ?', ("f_key",), {}),
    ("delete", "orders", (("arn", "="),), False, False, ""): (
        "DELETE FROM orders WHERE orders.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "orders", (("arn", "="), ("version", "=")), False, False, ""): (
        "DELETE FROM orders WHERE orders.arn = ? AND orders.version = ?",
        ("f_arn", "f_version"),
        {},
    ),
    ("delete", "region_keys", (("account", "="), ("region", "=")), False, False, ""): (
        "DELETE FROM region_keys WHERE region_keys.account = ? AND region_keys.region = ?",
        ("f_account", "f_region"),
        {},
    ),
    ("delete", "serials", (("issuer_arn", "="), ("serial", "=")), False, False, ""): (
        "DELETE FROM serials WHERE serials.issuer_arn = ? AND serials.serial = ?",
        ("f_issuer_arn", "f_serial"),
        {},
    ),
    ("delete", "validations", (("arn", "="),), False, False, ""): (
        "DELETE FROM validations WHERE validations.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "validations", (("arn", "="), ("authorization", "="), ("version", "=")), False, False, ""): (
        "DELETE "
        "FROM "
        "validations "
        "WHERE "
        "validations.arn "
        "= "
        "? "
        "AND "
        "validations.authorization "
        "= "
        "? "
        "AND "
        "validations.version "
        "= "
        "?",
        ("f_arn", "f_authorization", "f_version"),
        {},
    ),
    ("delete", "validations", (("arn", "="), ("version", "=")), False, False, ""): (
        "DELETE FROM validations WHERE validations.arn = ? AND validations.version = ?",
        ("f_arn", "f_version"),
        {},
    ),
    ("delete", "versions", (("arn", "="),), False, False, ""): (
        "DELETE FROM versions WHERE versions.arn = ?",
        ("f_arn",),
        {},
    ),
    ("delete", "versions", (("arn", "="), ("version", "=")), False, False, ""): (
        "DELETE FROM versions WHERE versions.arn = ? AND versions.version = ?",
        ("f_arn", "f_version"),
        {},
    ),
    ("insert", "associations", (), False, False, ""): (
        "INSERT INTO associations (arn, region, account, urn, "
        "certificate_arn, target_kind, place, target, verify, "
        "status, deployed_version, deployed_serial, "
        "deployed_fingerprint, deployed_at, host, endpoints, "
        "failure_message, behind_since, created_at, claimed, "
        "creator, aliases) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
        "NOTHING",
        (
            "arn",
            "region",
            "account",
            "urn",
            "certificate_arn",
            "target_kind",
            "place",
            "target",
            "verify",
            "status",
            "deployed_version",
            "deployed_serial",
            "deployed_fingerprint",
            "deployed_at",
            "host",
            "endpoints",
            "failure_message",
            "behind_since",
            "created_at",
            "claimed",
            "creator",
            "aliases",
        ),
        {},
    ),
    ("insert", "audit", (), False, False, ""): (
        "INSERT INTO audit (region, seq, at, who, who_source, action, "
        "arn, result, details, previous_hash, hash) VALUES (?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ("region", "seq", "at", "who", "who_source", "action", "arn", "result", "details", "previous_hash", "hash"),
        {},
    ),
    ("insert", "authorities", (), False, False, ""): (
        "INSERT INTO authorities (arn, region, account, urn, "
        "type, status, failure_reason, parent_arn, spec, "
        "serving_version, newest_version, created_at, enabled, "
        "deleted_at, restorable_until, claimed, creator, aliases, "
        "tags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            "arn",
            "region",
            "account",
            "urn",
            "type",
            "status",
            "failure_reason",
            "parent_arn",
            "spec",
            "serving_version",
            "newest_version",
            "created_at",
            "enabled",
            "deleted_at",
            "restorable_until",
            "claimed",
            "creator",
            "aliases",
            "tags",
        ),
        {},
    ),
    ("insert", "authority_versions", (), False, False, ""): (
        "INSERT INTO authority_versions (arn, version, "
        "status, spec, reason_code, key_handle, "
        "issuer_arn, issuer_version, serial, fingerprint, "
        "not_before, not_after, renewal_due, created_at, "
        "has_certificate) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            "arn",
            "version",
            "status",
            "spec",
            "reason_code",
            "key_handle",
            "issuer_arn",
            "issuer_version",
            "serial",
            "fingerprint",
            "not_before",
            "not_after",
            "renewal_due",
            "created_at",
            "has_certificate",
        ),
        {},
    ),
    ("insert", "certificates", (), False, False, ""): (
        "INSERT INTO certificates (arn, region, account, urn, "
        "mode, domain_name, spec, serving_version, "
        "newest_version, created_at, claimed, creator, aliases, "
        "driven, tags, revoked_reason, revoked_at) VALUES (?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON "
        "CONFLICT DO NOTHING",
        (
            "arn",
            "region",
            "account",
            "urn",
            "mode",
            "domain_name",
            "spec",
            "serving_version",
            "newest_version",
            "created_at",
            "claimed",
            "creator",
            "aliases",
            "driven",
            "tags",
            "revoked_reason",
            "revoked_at",
        ),
        {},
    ),
    ("insert", "dns_records", (), False, False, ""): (
        "INSERT INTO dns_records (writer, name, type, value, arn, "
        "purpose, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON "
        "CONFLICT DO NOTHING",
        ("writer", "name", "type", "value", "arn", "purpose", "created_at"),
        {},
    ),
    ("insert", "drivers", (), False, False, ""): (
        "INSERT INTO drivers (arn, name, urn, place, state, process, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
        "NOTHING",
        ("arn", "name", "urn", "place", "state", "process", "created_at"),
        {},
    ),
    ("insert", "keys", (), False, False, ""): (
        "INSERT INTO keys (handle, region, account, algorithm, spki, "
        "wrapped_data_key, ciphertext, created_at) VALUES (?, ?, ?, ?, "
        "?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ("handle", "region", "account", "algorithm", "spki", "wrapped_data_key", "ciphertext", "created_at"),
        {},
    ),
    ("insert", "locations", (), False, False, ""): (
        "INSERT INTO locations (arn, place, kind, endpoint, host, "
        "name, wave, status, wanted_digest, put_digest, "
        "told_digest, proved_digest, problem, at) VALUES (?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            "arn",
            "place",
            "kind",
            "endpoint",
            "host",
            "name",
            "wave",
            "status",
            "wanted_digest",
            "put_digest",
            "told_digest",
            "proved_digest",
            "problem",
            "at",
        ),
        {},
    ),
    ("insert", "materials", (), False, False, ""): (
        "INSERT INTO materials (arn, version, prepared, der, chain_pem) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ("arn", "version", "prepared", "der", "chain_pem"),
        {},
    ),
    ("insert", "meta", (), False, False, ""): (
        'INSERT INTO meta ("key", value) VALUES (?, ?) ON CONFLICT DO NOTHING',
        ("key", "value"),
        {},
    ),
    ("insert", "orders", (), False, False, ""): (
        "INSERT INTO orders (arn, version, issuer, csr, state, "
        "waiting, look_at, renew_at, created_at, asked_at) VALUES (?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ("arn", "version", "issuer", "csr", "state", "waiting", "look_at", "renew_at", "created_at", "asked_at"),
        {},
    ),
    ("insert", "region_keys", (), False, False, ""): (
        "INSERT INTO region_keys (region, account, wrapper_id, "
        "wrapped, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
        "DO NOTHING",
        ("region", "account", "wrapper_id", "wrapped", "created_at"),
        {},
    ),
    ("insert", "serials", (), False, False, ""): (
        "INSERT INTO serials (issuer_arn, serial, arn, version, "
        "reserved_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ("issuer_arn", "serial", "arn", "version", "reserved_at"),
        {},
    ),
    ("insert", "validations", (), False, False, ""): (
        "INSERT INTO validations (arn, version, authorization, "
        "domain_name, method, challenge, status, seen, asked_at, "
        "created_at, checked_at, validated_at) VALUES (?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            "arn",
            "version",
            "authorization",
            "domain_name",
            "method",
            "challenge",
            "status",
            "seen",
            "asked_at",
            "created_at",
            "checked_at",
            "validated_at",
        ),
        {},
    ),
    ("insert", "versions", (), False, False, ""): (
        "INSERT INTO versions (arn, version, status, failure_reason, "
        "failure_message, spec, reason_code, key_handle, issuer_arn, "
        "issuer_version, serial, fingerprint, not_before, not_after, "
        "renewal_due, requested_at, issued_at, attempt, "
        "has_certificate, serving) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            "arn",
            "version",
            "status",
            "failure_reason",
            "failure_message",
            "spec",
            "reason_code",
            "key_handle",
            "issuer_arn",
            "issuer_version",
            "serial",
            "fingerprint",
            "not_before",
            "not_after",
            "renewal_due",
            "requested_at",
            "issued_at",
            "attempt",
            "has_certificate",
            "serving",
        ),
        {},
    ),
    ("ripe", "associations", (), False, False, "behind_since"): (
        "SELECT associations.arn, associations.region, "
        "associations.account, associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, associations.place, "
        "associations.target, associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, associations.creator, "
        "associations.aliases FROM associations WHERE "
        "associations.behind_since IS NOT NULL AND "
        "associations.behind_since <= ? ORDER BY "
        "associations.behind_since LIMIT ? OFFSET ?",
        ("by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("ripe", "associations", (("host", "in"),), False, False, "behind_since"): (
        "SELECT associations.arn, "
        "associations.region, "
        "associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, "
        "associations.target, "
        "associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, "
        "associations.aliases FROM "
        "associations WHERE "
        "associations.behind_since IS "
        "NOT NULL AND associations.host "
        "IN (SELECT anon_1.value FROM "
        "json_each(?) AS anon_1) AND "
        "associations.behind_since <= ? "
        "ORDER BY "
        "associations.behind_since "
        "LIMIT ? OFFSET ?",
        ("f_host", "by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("ripe", "authority_versions", (), False, False, "renewal_due"): (
        "SELECT authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate FROM "
        "authority_versions WHERE "
        "authority_versions.renewal_due IS NOT "
        "NULL AND authority_versions.renewal_due "
        "<= ? ORDER BY "
        "authority_versions.renewal_due LIMIT ? "
        "OFFSET ?",
        ("by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("ripe", "versions", (), False, False, "issued_at"): (
        "SELECT versions.arn, versions.version, "
        "versions.status, versions.failure_reason, "
        "versions.failure_message, versions.spec, "
        "versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, "
        "versions.not_before, versions.not_after, "
        "versions.renewal_due, versions.requested_at, "
        "versions.issued_at, versions.attempt, "
        "versions.has_certificate, versions.serving FROM "
        "versions WHERE versions.serving IS 1 AND "
        "versions.status = 'REVOKED' AND versions.issued_at "
        "IS NOT NULL AND versions.issued_at <= ? ORDER BY "
        "versions.issued_at LIMIT ? OFFSET ?",
        ("by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("ripe", "versions", (), False, False, "renewal_due"): (
        "SELECT versions.arn, versions.version, "
        "versions.status, versions.failure_reason, "
        "versions.failure_message, versions.spec, "
        "versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, "
        "versions.not_before, versions.not_after, "
        "versions.renewal_due, versions.requested_at, "
        "versions.issued_at, versions.attempt, "
        "versions.has_certificate, versions.serving FROM "
        "versions WHERE versions.serving IS 1 AND "
        "versions.status = 'ISSUED' AND "
        "versions.renewal_due IS NOT NULL AND "
        "versions.renewal_due <= ? ORDER BY "
        "versions.renewal_due LIMIT ? OFFSET ?",
        ("by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("ripe", "versions", (), False, False, "requested_at"): (
        "SELECT versions.arn, versions.version, "
        "versions.status, versions.failure_reason, "
        "versions.failure_message, versions.spec, "
        "versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, "
        "versions.not_before, versions.not_after, "
        "versions.renewal_due, versions.requested_at, "
        "versions.issued_at, versions.attempt, "
        "versions.has_certificate, versions.serving FROM "
        "versions WHERE versions.has_certificate IS 0 AND "
        "versions.requested_at IS NOT NULL AND "
        "versions.requested_at <= ? ORDER BY "
        "versions.requested_at LIMIT ? OFFSET ?",
        ("by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("ripe", "versions", (("status", "="),), False, False, "requested_at"): (
        "SELECT versions.arn, "
        "versions.version, "
        "versions.status, "
        "versions.failure_reason, "
        "versions.failure_message, "
        "versions.spec, "
        "versions.reason_code, "
        "versions.key_handle, "
        "versions.issuer_arn, "
        "versions.issuer_version, "
        "versions.serial, "
        "versions.fingerprint, "
        "versions.not_before, "
        "versions.not_after, "
        "versions.renewal_due, "
        "versions.requested_at, "
        "versions.issued_at, "
        "versions.attempt, "
        "versions.has_certificate, "
        "versions.serving FROM versions "
        "WHERE versions.has_certificate IS "
        "0 AND versions.requested_at IS "
        "NOT NULL AND versions.status = ? "
        "AND versions.requested_at <= ? "
        "ORDER BY versions.requested_at "
        "LIMIT ? OFFSET ?",
        ("f_status", "by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("ripe", "versions", (("status", "in"),), False, False, "requested_at"): (
        "SELECT versions.arn, "
        "versions.version, "
        "versions.status, "
        "versions.failure_reason, "
        "versions.failure_message, "
        "versions.spec, "
        "versions.reason_code, "
        "versions.key_handle, "
        "versions.issuer_arn, "
        "versions.issuer_version, "
        "versions.serial, "
        "versions.fingerprint, "
        "versions.not_before, "
        "versions.not_after, "
        "versions.renewal_due, "
        "versions.requested_at, "
        "versions.issued_at, "
        "versions.attempt, "
        "versions.has_certificate, "
        "versions.serving FROM versions "
        "WHERE versions.has_certificate "
        "IS 0 AND versions.requested_at "
        "IS NOT NULL AND versions.status "
        "IN (SELECT anon_1.value FROM "
        "json_each(?) AS anon_1) AND "
        "versions.requested_at <= ? ORDER "
        "BY versions.requested_at LIMIT ? "
        "OFFSET ?",
        ("f_status", "by", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("save", "associations", (), False, False, ""): (
        "INSERT INTO associations (arn, region, account, urn, "
        "certificate_arn, target_kind, place, target, verify, "
        "status, deployed_version, deployed_serial, "
        "deployed_fingerprint, deployed_at, host, endpoints, "
        "failure_message, behind_since, created_at, claimed, "
        "creator, aliases) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn) DO "
        "UPDATE SET region = excluded.region, account = "
        "excluded.account, urn = excluded.urn, certificate_arn = "
        "excluded.certificate_arn, target_kind = "
        "excluded.target_kind, place = excluded.place, target = "
        "excluded.target, verify = excluded.verify, status = "
        "excluded.status, deployed_version = "
        "excluded.deployed_version, deployed_serial = "
        "excluded.deployed_serial, deployed_fingerprint = "
        "excluded.deployed_fingerprint, deployed_at = "
        "excluded.deployed_at, host = excluded.host, endpoints = "
        "excluded.endpoints, failure_message = "
        "excluded.failure_message, behind_since = "
        "excluded.behind_since, created_at = excluded.created_at, "
        "claimed = excluded.claimed, creator = excluded.creator, "
        "aliases = excluded.aliases",
        (
            "arn",
            "region",
            "account",
            "urn",
            "certificate_arn",
            "target_kind",
            "place",
            "target",
            "verify",
            "status",
            "deployed_version",
            "deployed_serial",
            "deployed_fingerprint",
            "deployed_at",
            "host",
            "endpoints",
            "failure_message",
            "behind_since",
            "created_at",
            "claimed",
            "creator",
            "aliases",
        ),
        {},
    ),
    ("save", "audit", (), False, False, ""): (
        "INSERT INTO audit (region, seq, at, who, who_source, action, "
        "arn, result, details, previous_hash, hash) VALUES (?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?) ON CONFLICT (region, seq) DO UPDATE SET at "
        "= excluded.at, who = excluded.who, who_source = "
        "excluded.who_source, action = excluded.action, arn = "
        "excluded.arn, result = excluded.result, details = "
        "excluded.details, previous_hash = excluded.previous_hash, hash = "
        "excluded.hash",
        ("region", "seq", "at", "who", "who_source", "action", "arn", "result", "details", "previous_hash", "hash"),
        {},
    ),
    ("save", "authorities", (), False, False, ""): (
        "INSERT INTO authorities (arn, region, account, urn, type, "
        "status, failure_reason, parent_arn, spec, serving_version, "
        "newest_version, created_at, enabled, deleted_at, "
        "restorable_until, claimed, creator, aliases, tags) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (arn) DO UPDATE SET region = excluded.region, "
        "account = excluded.account, urn = excluded.urn, type = "
        "excluded.type, status = excluded.status, failure_reason = "
        "excluded.failure_reason, parent_arn = excluded.parent_arn, "
        "spec = excluded.spec, serving_version = "
        "excluded.serving_version, newest_version = "
        "excluded.newest_version, created_at = excluded.created_at, "
        "enabled = excluded.enabled, deleted_at = "
        "excluded.deleted_at, restorable_until = "
        "excluded.restorable_until, claimed = excluded.claimed, "
        "creator = excluded.creator, aliases = excluded.aliases, "
        "tags = excluded.tags",
        (
            "arn",
            "region",
            "account",
            "urn",
            "type",
            "status",
            "failure_reason",
            "parent_arn",
            "spec",
            "serving_version",
            "newest_version",
            "created_at",
            "enabled",
            "deleted_at",
            "restorable_until",
            "claimed",
            "creator",
            "aliases",
            "tags",
        ),
        {},
    ),
    ("save", "authority_versions", (), False, False, ""): (
        "INSERT INTO authority_versions (arn, version, "
        "status, spec, reason_code, key_handle, issuer_arn, "
        "issuer_version, serial, fingerprint, not_before, "
        "not_after, renewal_due, created_at, "
        "has_certificate) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?) ON CONFLICT (arn, version) DO "
        "UPDATE SET status = excluded.status, spec = "
        "excluded.spec, reason_code = excluded.reason_code, "
        "key_handle = excluded.key_handle, issuer_arn = "
        "excluded.issuer_arn, issuer_version = "
        "excluded.issuer_version, serial = excluded.serial, "
        "fingerprint = excluded.fingerprint, not_before = "
        "excluded.not_before, not_after = "
        "excluded.not_after, renewal_due = "
        "excluded.renewal_due, created_at = "
        "excluded.created_at, has_certificate = "
        "excluded.has_certificate",
        (
            "arn",
            "version",
            "status",
            "spec",
            "reason_code",
            "key_handle",
            "issuer_arn",
            "issuer_version",
            "serial",
            "fingerprint",
            "not_before",
            "not_after",
            "renewal_due",
            "created_at",
            "has_certificate",
        ),
        {},
    ),
    ("save", "certificates", (), False, False, ""): (
        "INSERT INTO certificates (arn, region, account, urn, "
        "mode, domain_name, spec, serving_version, newest_version, "
        "created_at, claimed, creator, aliases, driven, tags, "
        "revoked_reason, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn) DO UPDATE "
        "SET region = excluded.region, account = excluded.account, "
        "urn = excluded.urn, mode = excluded.mode, domain_name = "
        "excluded.domain_name, spec = excluded.spec, "
        "serving_version = excluded.serving_version, "
        "newest_version = excluded.newest_version, created_at = "
        "excluded.created_at, claimed = excluded.claimed, creator "
        "= excluded.creator, aliases = excluded.aliases, driven = "
        "excluded.driven, tags = excluded.tags, revoked_reason = "
        "excluded.revoked_reason, revoked_at = excluded.revoked_at",
        (
            "arn",
            "region",
            "account",
            "urn",
            "mode",
            "domain_name",
            "spec",
            "serving_version",
            "newest_version",
            "created_at",
            "claimed",
            "creator",
            "aliases",
            "driven",
            "tags",
            "revoked_reason",
            "revoked_at",
        ),
        {},
    ),
    ("save", "dns_records", (), False, False, ""): (
        "INSERT INTO dns_records (writer, name, type, value, arn, "
        "purpose, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON "
        "CONFLICT (writer, name, type, value, arn) DO UPDATE SET "
        "purpose = excluded.purpose, created_at = "
        "excluded.created_at",
        ("writer", "name", "type", "value", "arn", "purpose", "created_at"),
        {},
    ),
    ("save", "drivers", (), False, False, ""): (
        "INSERT INTO drivers (arn, name, urn, place, state, process, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn, "
        "name) DO UPDATE SET urn = excluded.urn, place = "
        "excluded.place, state = excluded.state, process = "
        "excluded.process, created_at = excluded.created_at",
        ("arn", "name", "urn", "place", "state", "process", "created_at"),
        {},
    ),
    ("save", "keys", (), False, False, ""): (
        "INSERT INTO keys (handle, region, account, algorithm, spki, "
        "wrapped_data_key, ciphertext, created_at) VALUES (?, ?, ?, ?, ?, "
        "?, ?, ?) ON CONFLICT (handle) DO UPDATE SET region = "
        "excluded.region, account = excluded.account, algorithm = "
        "excluded.algorithm, spki = excluded.spki, wrapped_data_key = "
        "excluded.wrapped_data_key, ciphertext = excluded.ciphertext, "
        "created_at = excluded.created_at",
        ("handle", "region", "account", "algorithm", "spki", "wrapped_data_key", "ciphertext", "created_at"),
        {},
    ),
    ("save", "locations", (), False, False, ""): (
        "INSERT INTO locations (arn, place, kind, endpoint, host, "
        "name, wave, status, wanted_digest, put_digest, told_digest, "
        "proved_digest, problem, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?) ON CONFLICT (arn, place) DO UPDATE SET "
        "kind = excluded.kind, endpoint = excluded.endpoint, host = "
        "excluded.host, name = excluded.name, wave = excluded.wave, "
        "status = excluded.status, wanted_digest = "
        "excluded.wanted_digest, put_digest = excluded.put_digest, "
        "told_digest = excluded.told_digest, proved_digest = "
        "excluded.proved_digest, problem = excluded.problem, at = "
        "excluded.at",
        (
            "arn",
            "place",
            "kind",
            "endpoint",
            "host",
            "name",
            "wave",
            "status",
            "wanted_digest",
            "put_digest",
            "told_digest",
            "proved_digest",
            "problem",
            "at",
        ),
        {},
    ),
    ("save", "materials", (), False, False, ""): (
        "INSERT INTO materials (arn, version, prepared, der, "
        "chain_pem) VALUES (?, ?, ?, ?, ?) ON CONFLICT (arn, version) "
        "DO UPDATE SET prepared = excluded.prepared, der = "
        "excluded.der, chain_pem = excluded.chain_pem",
        ("arn", "version", "prepared", "der", "chain_pem"),
        {},
    ),
    ("save", "meta", (), False, False, ""): (
        'INSERT INTO meta ("key", value) VALUES (?, ?) ON CONFLICT ("key") DO UPDATE SET value = excluded.value',
        ("key", "value"),
        {},
    ),
    ("save", "orders", (), False, False, ""): (
        "INSERT INTO orders (arn, version, issuer, csr, state, waiting, "
        "look_at, renew_at, created_at, asked_at) VALUES (?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?) ON CONFLICT (arn, version) DO UPDATE SET issuer "
        "= excluded.issuer, csr = excluded.csr, state = excluded.state, "
        "waiting = excluded.waiting, look_at = excluded.look_at, "
        "renew_at = excluded.renew_at, created_at = excluded.created_at, "
        "asked_at = excluded.asked_at",
        ("arn", "version", "issuer", "csr", "state", "waiting", "look_at", "renew_at", "created_at", "asked_at"),
        {},
    ),
    ("save", "region_keys", (), False, False, ""): (
        "INSERT INTO region_keys (region, account, wrapper_id, "
        "wrapped, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
        "(region, account) DO UPDATE SET wrapper_id = "
        "excluded.wrapper_id, wrapped = excluded.wrapped, "
        "created_at = excluded.created_at",
        ("region", "account", "wrapper_id", "wrapped", "created_at"),
        {},
    ),
    ("save", "serials", (), False, False, ""): (
        "INSERT INTO serials (issuer_arn, serial, arn, version, "
        "reserved_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (issuer_arn, "
        "serial) DO UPDATE SET arn = excluded.arn, version = "
        "excluded.version, reserved_at = excluded.reserved_at",
        ("issuer_arn", "serial", "arn", "version", "reserved_at"),
        {},
    ),
    ("save", "validations", (), False, False, ""): (
        "INSERT INTO validations (arn, version, authorization, "
        "domain_name, method, challenge, status, seen, asked_at, "
        "created_at, checked_at, validated_at) VALUES (?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn, version, "
        "authorization) DO UPDATE SET domain_name = "
        "excluded.domain_name, method = excluded.method, challenge "
        "= excluded.challenge, status = excluded.status, seen = "
        "excluded.seen, asked_at = excluded.asked_at, created_at = "
        "excluded.created_at, checked_at = excluded.checked_at, "
        "validated_at = excluded.validated_at",
        (
            "arn",
            "version",
            "authorization",
            "domain_name",
            "method",
            "challenge",
            "status",
            "seen",
            "asked_at",
            "created_at",
            "checked_at",
            "validated_at",
        ),
        {},
    ),
    ("save", "versions", (), False, False, ""): (
        "INSERT INTO versions (arn, version, status, failure_reason, "
        "failure_message, spec, reason_code, key_handle, issuer_arn, "
        "issuer_version, serial, fingerprint, not_before, not_after, "
        "renewal_due, requested_at, issued_at, attempt, "
        "has_certificate, serving) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn, version) "
        "DO UPDATE SET status = excluded.status, failure_reason = "
        "excluded.failure_reason, failure_message = "
        "excluded.failure_message, spec = excluded.spec, reason_code = "
        "excluded.reason_code, key_handle = excluded.key_handle, "
        "issuer_arn = excluded.issuer_arn, issuer_version = "
        "excluded.issuer_version, serial = excluded.serial, "
        "fingerprint = excluded.fingerprint, not_before = "
        "excluded.not_before, not_after = excluded.not_after, "
        "renewal_due = excluded.renewal_due, requested_at = "
        "excluded.requested_at, issued_at = excluded.issued_at, "
        "attempt = excluded.attempt, has_certificate = "
        "excluded.has_certificate, serving = excluded.serving",
        (
            "arn",
            "version",
            "status",
            "failure_reason",
            "failure_message",
            "spec",
            "reason_code",
            "key_handle",
            "issuer_arn",
            "issuer_version",
            "serial",
            "fingerprint",
            "not_before",
            "not_after",
            "renewal_due",
            "requested_at",
            "issued_at",
            "attempt",
            "has_certificate",
            "serving",
        ),
        {},
    ),
    ("select", "associations", (), False, False, ""): (
        "SELECT associations.arn, associations.region, "
        "associations.account, associations.urn, "
        "associations.certificate_arn, associations.target_kind, "
        "associations.place, associations.target, "
        "associations.verify, associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, associations.host, "
        "associations.endpoints, associations.failure_message, "
        "associations.behind_since, associations.created_at, "
        "associations.claimed, associations.creator, "
        "associations.aliases FROM associations ORDER BY "
        "associations.arn",
        (),
        {},
    ),
    ("select", "associations", (), False, True, ""): (
        "SELECT associations.arn, associations.region, "
        "associations.account, associations.urn, "
        "associations.certificate_arn, associations.target_kind, "
        "associations.place, associations.target, "
        "associations.verify, associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, associations.host, "
        "associations.endpoints, associations.failure_message, "
        "associations.behind_since, associations.created_at, "
        "associations.claimed, associations.creator, "
        "associations.aliases FROM associations ORDER BY "
        "associations.arn LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "associations", (), True, True, ""): (
        "SELECT associations.arn, associations.region, "
        "associations.account, associations.urn, "
        "associations.certificate_arn, associations.target_kind, "
        "associations.place, associations.target, "
        "associations.verify, associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, associations.host, "
        "associations.endpoints, associations.failure_message, "
        "associations.behind_since, associations.created_at, "
        "associations.claimed, associations.creator, "
        "associations.aliases FROM associations WHERE "
        "associations.arn > ? ORDER BY associations.arn LIMIT ? "
        "OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "associations", (("arn", "="),), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, associations.target, "
        "associations.verify, associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, associations.aliases "
        "FROM associations WHERE associations.arn = "
        "? ORDER BY associations.arn",
        ("f_arn",),
        {},
    ),
    ("select", "associations", (("arn", "="),), False, True, ""): (
        "SELECT associations.arn, "
        "associations.region, associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, associations.target, "
        "associations.verify, associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, associations.creator, "
        "associations.aliases FROM associations "
        "WHERE associations.arn = ? ORDER BY "
        "associations.arn LIMIT ? OFFSET ?",
        ("f_arn", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "associations", (("arn", "in"), ("claimed", "=")), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, "
        "associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, "
        "associations.target, "
        "associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, "
        "associations.aliases "
        "FROM associations WHERE "
        "associations.arn IN "
        "(SELECT anon_1.value "
        "FROM json_each(?) AS "
        "anon_1) AND "
        "associations.claimed = ? "
        "ORDER BY "
        "associations.arn",
        ("f_arn", "f_claimed"),
        {},
    ),
    ("select", "associations", (("certificate_arn", "="),), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, "
        "associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, "
        "associations.target, "
        "associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, "
        "associations.aliases FROM "
        "associations WHERE "
        "associations.certificate_arn = "
        "? ORDER BY associations.arn",
        ("f_certificate_arn",),
        {},
    ),
    ("select", "associations", (("certificate_arn", "in"),), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, "
        "associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, "
        "associations.target, "
        "associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, "
        "associations.aliases FROM "
        "associations WHERE "
        "associations.certificate_arn "
        "IN (SELECT anon_1.value FROM "
        "json_each(?) AS anon_1) ORDER "
        "BY associations.arn",
        ("f_certificate_arn",),
        {},
    ),
    ("select", "associations", (("claimed", "="),), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, "
        "associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, "
        "associations.target, "
        "associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, "
        "associations.aliases FROM associations "
        "WHERE associations.claimed = ? ORDER "
        "BY associations.arn",
        ("f_claimed",),
        {},
    ),
    ("select", "associations", (("claimed", "="), ("urn", "=")), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, "
        "associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, "
        "associations.target, "
        "associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, "
        "associations.aliases FROM "
        "associations WHERE "
        "associations.claimed = ? "
        "AND associations.urn = ? "
        "ORDER BY associations.arn",
        ("f_claimed", "f_urn"),
        {},
    ),
    ("select", "associations", (("place", "="),), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, "
        "associations.account, associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, associations.target, "
        "associations.verify, "
        "associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, "
        "associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, "
        "associations.aliases FROM associations "
        "WHERE associations.place = ? ORDER BY "
        "associations.arn",
        ("f_place",),
        {},
    ),
    ("select", "associations", (("urn", "="),), False, False, ""): (
        "SELECT associations.arn, "
        "associations.region, associations.account, "
        "associations.urn, "
        "associations.certificate_arn, "
        "associations.target_kind, "
        "associations.place, associations.target, "
        "associations.verify, associations.status, "
        "associations.deployed_version, "
        "associations.deployed_serial, "
        "associations.deployed_fingerprint, "
        "associations.deployed_at, "
        "associations.host, associations.endpoints, "
        "associations.failure_message, "
        "associations.behind_since, "
        "associations.created_at, "
        "associations.claimed, "
        "associations.creator, associations.aliases "
        "FROM associations WHERE associations.urn = "
        "? ORDER BY associations.arn",
        ("f_urn",),
        {},
    ),
    ("select", "audit", (), False, False, ""): (
        "SELECT audit.region, audit.seq, audit.at, audit.who, "
        "audit.who_source, audit.action, audit.arn, audit.result, "
        "audit.details, audit.previous_hash, audit.hash FROM audit "
        "ORDER BY audit.region, audit.seq",
        (),
        {},
    ),
    ("select", "audit", (), False, True, ""): (
        "SELECT audit.region, audit.seq, audit.at, audit.who, "
        "audit.who_source, audit.action, audit.arn, audit.result, "
        "audit.details, audit.previous_hash, audit.hash FROM audit ORDER "
        "BY audit.region, audit.seq LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "audit", (), True, True, ""): (
        "SELECT audit.region, audit.seq, audit.at, audit.who, "
        "audit.who_source, audit.action, audit.arn, audit.result, "
        "audit.details, audit.previous_hash, audit.hash FROM audit WHERE "
        "audit.region > ? ORDER BY audit.region, audit.seq LIMIT ? OFFSET "
        "?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "audit", (("region", "="), ("seq", "=")), False, False, ""): (
        "SELECT audit.region, audit.seq, "
        "audit.at, audit.who, "
        "audit.who_source, audit.action, "
        "audit.arn, audit.result, "
        "audit.details, "
        "audit.previous_hash, audit.hash "
        "FROM audit WHERE audit.region = ? "
        "AND audit.seq = ? ORDER BY "
        "audit.region, audit.seq",
        ("f_region", "f_seq"),
        {},
    ),
    ("select", "audit", (("region", "="), ("seq", "=")), False, True, ""): (
        "SELECT audit.region, audit.seq, "
        "audit.at, audit.who, "
        "audit.who_source, audit.action, "
        "audit.arn, audit.result, "
        "audit.details, "
        "audit.previous_hash, audit.hash "
        "FROM audit WHERE audit.region = ? "
        "AND audit.seq = ? ORDER BY "
        "audit.region, audit.seq LIMIT ? "
        "OFFSET ?",
        ("f_region", "f_seq", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "authorities", (), False, False, ""): (
        "SELECT authorities.arn, authorities.region, "
        "authorities.account, authorities.urn, authorities.type, "
        "authorities.status, authorities.failure_reason, "
        "authorities.parent_arn, authorities.spec, "
        "authorities.serving_version, authorities.newest_version, "
        "authorities.created_at, authorities.enabled, "
        "authorities.deleted_at, authorities.restorable_until, "
        "authorities.claimed, authorities.creator, "
        "authorities.aliases, authorities.tags FROM authorities "
        "ORDER BY authorities.arn",
        (),
        {},
    ),
    ("select", "authorities", (), False, True, ""): (
        "SELECT authorities.arn, authorities.region, "
        "authorities.account, authorities.urn, authorities.type, "
        "authorities.status, authorities.failure_reason, "
        "authorities.parent_arn, authorities.spec, "
        "authorities.serving_version, authorities.newest_version, "
        "authorities.created_at, authorities.enabled, "
        "authorities.deleted_at, authorities.restorable_until, "
        "authorities.claimed, authorities.creator, "
        "authorities.aliases, authorities.tags FROM authorities "
        "ORDER BY authorities.arn LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "authorities", (), True, True, ""): (
        "SELECT authorities.arn, authorities.region, "
        "authorities.account, authorities.urn, authorities.type, "
        "authorities.status, authorities.failure_reason, "
        "authorities.parent_arn, authorities.spec, "
        "authorities.serving_version, authorities.newest_version, "
        "authorities.created_at, authorities.enabled, "
        "authorities.deleted_at, authorities.restorable_until, "
        "authorities.claimed, authorities.creator, "
        "authorities.aliases, authorities.tags FROM authorities "
        "WHERE authorities.arn > ? ORDER BY authorities.arn LIMIT ? "
        "OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "authorities", (("arn", "="),), False, False, ""): (
        "SELECT authorities.arn, authorities.region, "
        "authorities.account, authorities.urn, "
        "authorities.type, authorities.status, "
        "authorities.failure_reason, "
        "authorities.parent_arn, authorities.spec, "
        "authorities.serving_version, "
        "authorities.newest_version, "
        "authorities.created_at, "
        "authorities.enabled, "
        "authorities.deleted_at, "
        "authorities.restorable_until, "
        "authorities.claimed, authorities.creator, "
        "authorities.aliases, authorities.tags FROM "
        "authorities WHERE authorities.arn = ? ORDER "
        "BY authorities.arn",
        ("f_arn",),
        {},
    ),
    ("select", "authorities", (("arn", "="),), False, True, ""): (
        "SELECT authorities.arn, authorities.region, "
        "authorities.account, authorities.urn, "
        "authorities.type, authorities.status, "
        "authorities.failure_reason, "
        "authorities.parent_arn, authorities.spec, "
        "authorities.serving_version, "
        "authorities.newest_version, "
        "authorities.created_at, authorities.enabled, "
        "authorities.deleted_at, "
        "authorities.restorable_until, "
        "authorities.claimed, authorities.creator, "
        "authorities.aliases, authorities.tags FROM "
        "authorities WHERE authorities.arn = ? ORDER "
        "BY authorities.arn LIMIT ? OFFSET ?",
        ("f_arn", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "authorities", (("arn", "in"), ("claimed", "=")), False, False, ""): (
        "SELECT authorities.arn, "
        "authorities.region, "
        "authorities.account, "
        "authorities.urn, "
        "authorities.type, "
        "authorities.status, "
        "authorities.failure_reason, "
        "authorities.parent_arn, "
        "authorities.spec, "
        "authorities.serving_version, "
        "authorities.newest_version, "
        "authorities.created_at, "
        "authorities.enabled, "
        "authorities.deleted_at, "
        "authorities.restorable_until, "
        "authorities.claimed, "
        "authorities.creator, "
        "authorities.aliases, "
        "authorities.tags FROM "
        "authorities WHERE "
        "authorities.arn IN "
        "(SELECT anon_1.value FROM "
        "json_each(?) AS anon_1) "
        "AND authorities.claimed = "
        "? ORDER BY "
        "authorities.arn",
        ("f_arn", "f_claimed"),
        {},
    ),
    ("select", "authorities", (("claimed", "="),), False, False, ""): (
        "SELECT authorities.arn, "
        "authorities.region, "
        "authorities.account, authorities.urn, "
        "authorities.type, authorities.status, "
        "authorities.failure_reason, "
        "authorities.parent_arn, "
        "authorities.spec, "
        "authorities.serving_version, "
        "authorities.newest_version, "
        "authorities.created_at, "
        "authorities.enabled, "
        "authorities.deleted_at, "
        "authorities.restorable_until, "
        "authorities.claimed, "
        "authorities.creator, "
        "authorities.aliases, authorities.tags "
        "FROM authorities WHERE "
        "authorities.claimed = ? ORDER BY "
        "authorities.arn",
        ("f_claimed",),
        {},
    ),
    ("select", "authorities", (("claimed", "="), ("urn", "=")), False, False, ""): (
        "SELECT authorities.arn, "
        "authorities.region, "
        "authorities.account, "
        "authorities.urn, "
        "authorities.type, "
        "authorities.status, "
        "authorities.failure_reason, "
        "authorities.parent_arn, "
        "authorities.spec, "
        "authorities.serving_version, "
        "authorities.newest_version, "
        "authorities.created_at, "
        "authorities.enabled, "
        "authorities.deleted_at, "
        "authorities.restorable_until, "
        "authorities.claimed, "
        "authorities.creator, "
        "authorities.aliases, "
        "authorities.tags FROM "
        "authorities WHERE "
        "authorities.claimed = ? "
        "AND authorities.urn = ? "
        "ORDER BY authorities.arn",
        ("f_claimed", "f_urn"),
        {},
    ),
    ("select", "authorities", (("parent_arn", "="),), False, False, ""): (
        "SELECT authorities.arn, "
        "authorities.region, "
        "authorities.account, "
        "authorities.urn, authorities.type, "
        "authorities.status, "
        "authorities.failure_reason, "
        "authorities.parent_arn, "
        "authorities.spec, "
        "authorities.serving_version, "
        "authorities.newest_version, "
        "authorities.created_at, "
        "authorities.enabled, "
        "authorities.deleted_at, "
        "authorities.restorable_until, "
        "authorities.claimed, "
        "authorities.creator, "
        "authorities.aliases, "
        "authorities.tags FROM authorities "
        "WHERE authorities.parent_arn = ? "
        "ORDER BY authorities.arn",
        ("f_parent_arn",),
        {},
    ),
    ("select", "authorities", (("urn", "="),), False, False, ""): (
        "SELECT authorities.arn, authorities.region, "
        "authorities.account, authorities.urn, "
        "authorities.type, authorities.status, "
        "authorities.failure_reason, "
        "authorities.parent_arn, authorities.spec, "
        "authorities.serving_version, "
        "authorities.newest_version, "
        "authorities.created_at, "
        "authorities.enabled, "
        "authorities.deleted_at, "
        "authorities.restorable_until, "
        "authorities.claimed, authorities.creator, "
        "authorities.aliases, authorities.tags FROM "
        "authorities WHERE authorities.urn = ? ORDER "
        "BY authorities.arn",
        ("f_urn",),
        {},
    ),
    ("select", "authority_versions", (), False, False, ""): (
        "SELECT authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate FROM "
        "authority_versions ORDER BY "
        "authority_versions.arn, "
        "authority_versions.version",
        (),
        {},
    ),
    ("select", "authority_versions", (), False, True, ""): (
        "SELECT authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate FROM "
        "authority_versions ORDER BY "
        "authority_versions.arn, authority_versions.version "
        "LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "authority_versions", (), True, True, ""): (
        "SELECT authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate FROM "
        "authority_versions WHERE authority_versions.arn > ? "
        "ORDER BY authority_versions.arn, "
        "authority_versions.version LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "authority_versions", (("arn", "="),), False, False, ""): (
        "SELECT authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate "
        "FROM authority_versions WHERE "
        "authority_versions.arn = ? ORDER BY "
        "authority_versions.arn, "
        "authority_versions.version",
        ("f_arn",),
        {},
    ),
    ("select", "authority_versions", (("arn", "="), ("issuer_arn", "=")), False, False, ""): (
        "SELECT "
        "authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate "
        "FROM "
        "authority_versions "
        "WHERE "
        "authority_versions.arn "
        "= ? AND "
        "authority_versions.issuer_arn "
        "= ? ORDER BY "
        "authority_versions.arn, "
        "authority_versions.version",
        ("f_arn", "f_issuer_arn"),
        {},
    ),
    ("select", "authority_versions", (("arn", "="), ("version", "=")), False, False, ""): (
        "SELECT "
        "authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate "
        "FROM "
        "authority_versions "
        "WHERE "
        "authority_versions.arn "
        "= ? AND "
        "authority_versions.version "
        "= ? ORDER BY "
        "authority_versions.arn, "
        "authority_versions.version",
        ("f_arn", "f_version"),
        {},
    ),
    ("select", "authority_versions", (("arn", "="), ("version", "=")), False, True, ""): (
        "SELECT "
        "authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate "
        "FROM "
        "authority_versions "
        "WHERE "
        "authority_versions.arn "
        "= ? AND "
        "authority_versions.version "
        "= ? ORDER BY "
        "authority_versions.arn, "
        "authority_versions.version "
        "LIMIT ? OFFSET ?",
        ("f_arn", "f_version", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "authority_versions", (("arn", "in"),), False, False, ""): (
        "SELECT authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate "
        "FROM authority_versions WHERE "
        "authority_versions.arn IN (SELECT "
        "anon_1.value FROM json_each(?) AS "
        "anon_1) ORDER BY "
        "authority_versions.arn, "
        "authority_versions.version",
        ("f_arn",),
        {},
    ),
    ("select", "authority_versions", (("has_certificate", "="),), False, False, ""): (
        "SELECT "
        "authority_versions.arn, "
        "authority_versions.version, "
        "authority_versions.status, "
        "authority_versions.spec, "
        "authority_versions.reason_code, "
        "authority_versions.key_handle, "
        "authority_versions.issuer_arn, "
        "authority_versions.issuer_version, "
        "authority_versions.serial, "
        "authority_versions.fingerprint, "
        "authority_versions.not_before, "
        "authority_versions.not_after, "
        "authority_versions.renewal_due, "
        "authority_versions.created_at, "
        "authority_versions.has_certificate "
        "FROM authority_versions "
        "WHERE "
        "authority_versions.has_certificate "
        "= ? ORDER BY "
        "authority_versions.arn, "
        "authority_versions.version",
        ("f_has_certificate",),
        {},
    ),
    ("select", "certificates", (), False, False, ""): (
        "SELECT certificates.arn, certificates.region, "
        "certificates.account, certificates.urn, "
        "certificates.mode, certificates.domain_name, "
        "certificates.spec, certificates.serving_version, "
        "certificates.newest_version, certificates.created_at, "
        "certificates.claimed, certificates.creator, "
        "certificates.aliases, certificates.driven, "
        "certificates.tags, certificates.revoked_reason, "
        "certificates.revoked_at FROM certificates ORDER BY "
        "certificates.arn",
        (),
        {},
    ),
    ("select", "certificates", (), False, True, ""): (
        "SELECT certificates.arn, certificates.region, "
        "certificates.account, certificates.urn, "
        "certificates.mode, certificates.domain_name, "
        "certificates.spec, certificates.serving_version, "
        "certificates.newest_version, certificates.created_at, "
        "certificates.claimed, certificates.creator, "
        "certificates.aliases, certificates.driven, "
        "certificates.tags, certificates.revoked_reason, "
        "certificates.revoked_at FROM certificates ORDER BY "
        "certificates.arn LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "certificates", (), True, True, ""): (
        "SELECT certificates.arn, certificates.region, "
        "certificates.account, certificates.urn, "
        "certificates.mode, certificates.domain_name, "
        "certificates.spec, certificates.serving_version, "
        "certificates.newest_version, certificates.created_at, "
        "certificates.claimed, certificates.creator, "
        "certificates.aliases, certificates.driven, "
        "certificates.tags, certificates.revoked_reason, "
        "certificates.revoked_at FROM certificates WHERE "
        "certificates.arn > ? ORDER BY certificates.arn LIMIT ? "
        "OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "certificates", (("arn", "="),), False, False, ""): (
        "SELECT certificates.arn, "
        "certificates.region, certificates.account, "
        "certificates.urn, certificates.mode, "
        "certificates.domain_name, "
        "certificates.spec, "
        "certificates.serving_version, "
        "certificates.newest_version, "
        "certificates.created_at, "
        "certificates.claimed, "
        "certificates.creator, "
        "certificates.aliases, certificates.driven, "
        "certificates.tags, "
        "certificates.revoked_reason, "
        "certificates.revoked_at FROM certificates "
        "WHERE certificates.arn = ? ORDER BY "
        "certificates.arn",
        ("f_arn",),
        {},
    ),
    ("select", "certificates", (("arn", "="),), False, True, ""): (
        "SELECT certificates.arn, "
        "certificates.region, certificates.account, "
        "certificates.urn, certificates.mode, "
        "certificates.domain_name, "
        "certificates.spec, "
        "certificates.serving_version, "
        "certificates.newest_version, "
        "certificates.created_at, "
        "certificates.claimed, certificates.creator, "
        "certificates.aliases, certificates.driven, "
        "certificates.tags, "
        "certificates.revoked_reason, "
        "certificates.revoked_at FROM certificates "
        "WHERE certificates.arn = ? ORDER BY "
        "certificates.arn LIMIT ? OFFSET ?",
        ("f_arn", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "certificates", (("arn", "in"),), False, False, ""): (
        "SELECT certificates.arn, "
        "certificates.region, "
        "certificates.account, certificates.urn, "
        "certificates.mode, "
        "certificates.domain_name, "
        "certificates.spec, "
        "certificates.serving_version, "
        "certificates.newest_version, "
        "certificates.created_at, "
        "certificates.claimed, "
        "certificates.creator, "
        "certificates.aliases, "
        "certificates.driven, certificates.tags, "
        "certificates.revoked_reason, "
        "certificates.revoked_at FROM certificates "
        "WHERE certificates.arn IN (SELECT "
        "anon_1.value FROM json_each(?) AS anon_1) "
        "ORDER BY certificates.arn",
        ("f_arn",),
        {},
    ),
    ("select", "certificates", (("arn", "in"), ("claimed", "=")), False, False, ""): (
        "SELECT certificates.arn, "
        "certificates.region, "
        "certificates.account, "
        "certificates.urn, "
        "certificates.mode, "
        "certificates.domain_name, "
        "certificates.spec, "
        "certificates.serving_version, "
        "certificates.newest_version, "
        "certificates.created_at, "
        "certificates.claimed, "
        "certificates.creator, "
        "certificates.aliases, "
        "certificates.driven, "
        "certificates.tags, "
        "certificates.revoked_reason, "
        "certificates.revoked_at "
        "FROM certificates WHERE "
        "certificates.arn IN "
        "(SELECT anon_1.value "
        "FROM json_each(?) AS "
        "anon_1) AND "
        "certificates.claimed = ? "
        "ORDER BY "
        "certificates.arn",
        ("f_arn", "f_claimed"),
        {},
    ),
    ("select", "certificates", (("claimed", "="),), False, False, ""): (
        "SELECT certificates.arn, "
        "certificates.region, "
        "certificates.account, "
        "certificates.urn, certificates.mode, "
        "certificates.domain_name, "
        "certificates.spec, "
        "certificates.serving_version, "
        "certificates.newest_version, "
        "certificates.created_at, "
        "certificates.claimed, "
        "certificates.creator, "
        "certificates.aliases, "
        "certificates.driven, "
        "certificates.tags, "
        "certificates.revoked_reason, "
        "certificates.revoked_at FROM "
        "certificates WHERE "
        "certificates.claimed = ? ORDER BY "
        "certificates.arn",
        ("f_claimed",),
        {},
    ),
    ("select", "certificates", (("claimed", "="), ("urn", "=")), False, False, ""): (
        "SELECT certificates.arn, "
        "certificates.region, "
        "certificates.account, "
        "certificates.urn, "
        "certificates.mode, "
        "certificates.domain_name, "
        "certificates.spec, "
        "certificates.serving_version, "
        "certificates.newest_version, "
        "certificates.created_at, "
        "certificates.claimed, "
        "certificates.creator, "
        "certificates.aliases, "
        "certificates.driven, "
        "certificates.tags, "
        "certificates.revoked_reason, "
        "certificates.revoked_at "
        "FROM certificates WHERE "
        "certificates.claimed = ? "
        "AND certificates.urn = ? "
        "ORDER BY certificates.arn",
        ("f_claimed", "f_urn"),
        {},
    ),
    ("select", "certificates", (("urn", "="),), False, False, ""): (
        "SELECT certificates.arn, "
        "certificates.region, certificates.account, "
        "certificates.urn, certificates.mode, "
        "certificates.domain_name, "
        "certificates.spec, "
        "certificates.serving_version, "
        "certificates.newest_version, "
        "certificates.created_at, "
        "certificates.claimed, "
        "certificates.creator, "
        "certificates.aliases, certificates.driven, "
        "certificates.tags, "
        "certificates.revoked_reason, "
        "certificates.revoked_at FROM certificates "
        "WHERE certificates.urn = ? ORDER BY "
        "certificates.arn",
        ("f_urn",),
        {},
    ),
    ("select", "dns_records", (), False, False, ""): (
        "SELECT dns_records.writer, dns_records.name, "
        "dns_records.type, dns_records.value, dns_records.arn, "
        "dns_records.purpose, dns_records.created_at FROM "
        "dns_records ORDER BY dns_records.writer, "
        "dns_records.name, dns_records.type, dns_records.value, "
        "dns_records.arn",
        (),
        {},
    ),
    ("select", "dns_records", (), False, True, ""): (
        "SELECT dns_records.writer, dns_records.name, "
        "dns_records.type, dns_records.value, dns_records.arn, "
        "dns_records.purpose, dns_records.created_at FROM "
        "dns_records ORDER BY dns_records.writer, "
        "dns_records.name, dns_records.type, dns_records.value, "
        "dns_records.arn LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "dns_records", (), True, True, ""): (
        "SELECT dns_records.writer, dns_records.name, "
        "dns_records.type, dns_records.value, dns_records.arn, "
        "dns_records.purpose, dns_records.created_at FROM "
        "dns_records WHERE dns_records.writer > ? ORDER BY "
        "dns_records.writer, dns_records.name, dns_records.type, "
        "dns_records.value, dns_records.arn LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "dns_records", (("arn", "="),), False, False, ""): (
        "SELECT dns_records.writer, "
        "dns_records.name, dns_records.type, "
        "dns_records.value, dns_records.arn, "
        "dns_records.purpose, dns_records.created_at "
        "FROM dns_records WHERE dns_records.arn = ? "
        "ORDER BY dns_records.writer, "
        "dns_records.name, dns_records.type, "
        "dns_records.value, dns_records.arn",
        ("f_arn",),
        {},
    ),
    (
        "select",
        "dns_records",
        (("arn", "="), ("name", "="), ("type", "="), ("value", "="), ("writer", "=")),
        False,
        False,
        "",
    ): (
        "SELECT "
        "dns_records.writer, "
        "dns_records.name, "
        "dns_records.type, "
        "dns_records.value, "
        "dns_records.arn, "
        "dns_records.purpose, "
        "dns_records.created_at "
        "FROM "
        "dns_records "
        "WHERE "
        "dns_records.arn "
        "= "
        "? "
        "AND "
        "dns_records.name "
        "= "
        "? "
        "AND "
        "dns_records.type "
        "= "
        "? "
        "AND "
        "dns_records.value "
        "= "
        "? "
        "AND "
        "dns_records.writer "
        "= "
        "? "
        "ORDER "
        "BY "
        "dns_records.writer, "
        "dns_records.name, "
        "dns_records.type, "
        "dns_records.value, "
        "dns_records.arn",
        ("f_arn", "f_name", "f_type", "f_value", "f_writer"),
        {},
    ),
    (
        "select",
        "dns_records",
        (("arn", "="), ("name", "="), ("type", "="), ("value", "="), ("writer", "=")),
        False,
        True,
        "",
    ): (
        "SELECT "
        "dns_records.writer, "
        "dns_records.name, "
        "dns_records.type, "
        "dns_records.value, "
        "dns_records.arn, "
        "dns_records.purpose, "
        "dns_records.created_at "
        "FROM "
        "dns_records "
        "WHERE "
        "dns_records.arn "
        "= "
        "? "
        "AND "
        "dns_records.name "
        "= "
        "? "
        "AND "
        "dns_records.type "
        "= "
        "? "
        "AND "
        "dns_records.value "
        "= "
        "? "
        "AND "
        "dns_records.writer "
        "= "
        "? "
        "ORDER "
        "BY "
        "dns_records.writer, "
        "dns_records.name, "
        "dns_records.type, "
        "dns_records.value, "
        "dns_records.arn "
        "LIMIT "
        "? "
        "OFFSET "
        "?",
        ("f_arn", "f_name", "f_type", "f_value", "f_writer", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "dns_records", (("name", "="), ("type", "="), ("value", "=")), False, False, ""): (
        "SELECT "
        "dns_records.writer, "
        "dns_records.name, "
        "dns_records.type, "
        "dns_records.value, "
        "dns_records.arn, "
        "dns_records.purpose, "
        "dns_records.created_at "
        "FROM "
        "dns_records "
        "WHERE "
        "dns_records.name "
        "= ? AND "
        "dns_records.type "
        "= ? AND "
        "dns_records.value "
        "= ? ORDER BY "
        "dns_records.writer, "
        "dns_records.name, "
        "dns_records.type, "
        "dns_records.value, "
        "dns_records.arn",
        ("f_name", "f_type", "f_value"),
        {},
    ),
    ("select", "drivers", (), False, False, ""): (
        "SELECT drivers.arn, drivers.name, drivers.urn, "
        "drivers.place, drivers.state, drivers.process, "
        "drivers.created_at FROM drivers ORDER BY drivers.arn, "
        "drivers.name",
        (),
        {},
    ),
    ("select", "drivers", (), False, True, ""): (
        "SELECT drivers.arn, drivers.name, drivers.urn, drivers.place, "
        "drivers.state, drivers.process, drivers.created_at FROM "
        "drivers ORDER BY drivers.arn, drivers.name LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "drivers", (), True, True, ""): (
        "SELECT drivers.arn, drivers.name, drivers.urn, drivers.place, "
        "drivers.state, drivers.process, drivers.created_at FROM "
        "drivers WHERE drivers.arn > ? ORDER BY drivers.arn, "
        "drivers.name LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "drivers", (("arn", "="),), False, False, ""): (
        "SELECT drivers.arn, drivers.name, drivers.urn, "
        "drivers.place, drivers.state, drivers.process, "
        "drivers.created_at FROM drivers WHERE "
        "drivers.arn = ? ORDER BY drivers.arn, "
        "drivers.name",
        ("f_arn",),
        {},
    ),
    ("select", "drivers", (("arn", "="), ("name", "=")), False, False, ""): (
        "SELECT drivers.arn, drivers.name, "
        "drivers.urn, drivers.place, "
        "drivers.state, drivers.process, "
        "drivers.created_at FROM drivers "
        "WHERE drivers.arn = ? AND "
        "drivers.name = ? ORDER BY "
        "drivers.arn, drivers.name",
        ("f_arn", "f_name"),
        {},
    ),
    ("select", "drivers", (("arn", "="), ("name", "=")), False, True, ""): (
        "SELECT drivers.arn, drivers.name, "
        "drivers.urn, drivers.place, "
        "drivers.state, drivers.process, "
        "drivers.created_at FROM drivers "
        "WHERE drivers.arn = ? AND "
        "drivers.name = ? ORDER BY "
        "drivers.arn, drivers.name LIMIT ? "
        "OFFSET ?",
        ("f_arn", "f_name", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "keys", (), False, False, ""): (
        "SELECT keys.handle, keys.region, keys.account, keys.algorithm, "
        "keys.spki, keys.wrapped_data_key, keys.ciphertext, "
        "keys.created_at FROM keys ORDER BY keys.handle",
        (),
        {},
    ),
    ("select", "keys", (), False, True, ""): (
        "SELECT keys.handle, keys.region, keys.account, keys.algorithm, "
        "keys.spki, keys.wrapped_data_key, keys.ciphertext, "
        "keys.created_at FROM keys ORDER BY keys.handle LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "keys", (), True, True, ""): (
        "SELECT keys.handle, keys.region, keys.account, keys.algorithm, "
        "keys.spki, keys.wrapped_data_key, keys.ciphertext, "
        "keys.created_at FROM keys WHERE keys.handle > ? ORDER BY "
        "keys.handle LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "keys", (("handle", "="),), False, False, ""): (
        "SELECT keys.handle, keys.region, keys.account, "
        "keys.algorithm, keys.spki, "
        "keys.wrapped_data_key, keys.ciphertext, "
        "keys.created_at FROM keys WHERE keys.handle = ? "
        "ORDER BY keys.handle",
        ("f_handle",),
        {},
    ),
    ("select", "keys", (("handle", "="),), False, True, ""): (
        "SELECT keys.handle, keys.region, keys.account, "
        "keys.algorithm, keys.spki, "
        "keys.wrapped_data_key, keys.ciphertext, "
        "keys.created_at FROM keys WHERE keys.handle = ? "
        "ORDER BY keys.handle LIMIT ? OFFSET ?",
        ("f_handle", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "locations", (), False, False, ""): (
        "SELECT locations.arn, locations.place, locations.kind, "
        "locations.endpoint, locations.host, locations.name, "
        "locations.wave, locations.status, locations.wanted_digest, "
        "locations.put_digest, locations.told_digest, "
        "locations.proved_digest, locations.problem, locations.at "
        "FROM locations ORDER BY locations.arn, locations.place",
        (),
        {},
    ),
    ("select", "locations", (), False, True, ""): (
        "SELECT locations.arn, locations.place, locations.kind, "
        "locations.endpoint, locations.host, locations.name, "
        "locations.wave, locations.status, locations.wanted_digest, "
        "locations.put_digest, locations.told_digest, "
        "locations.proved_digest, locations.problem, locations.at "
        "FROM locations ORDER BY locations.arn, locations.place "
        "LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "locations", (), True, True, ""): (
        "SELECT locations.arn, locations.place, locations.kind, "
        "locations.endpoint, locations.host, locations.name, "
        "locations.wave, locations.status, locations.wanted_digest, "
        "locations.put_digest, locations.told_digest, "
        "locations.proved_digest, locations.problem, locations.at "
        "FROM locations WHERE locations.arn > ? ORDER BY "
        "locations.arn, locations.place LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "locations", (("arn", "="),), False, False, ""): (
        "SELECT locations.arn, locations.place, "
        "locations.kind, locations.endpoint, "
        "locations.host, locations.name, "
        "locations.wave, locations.status, "
        "locations.wanted_digest, "
        "locations.put_digest, locations.told_digest, "
        "locations.proved_digest, locations.problem, "
        "locations.at FROM locations WHERE "
        "locations.arn = ? ORDER BY locations.arn, "
        "locations.place",
        ("f_arn",),
        {},
    ),
    ("select", "locations", (("arn", "="), ("place", "=")), False, False, ""): (
        "SELECT locations.arn, "
        "locations.place, "
        "locations.kind, "
        "locations.endpoint, "
        "locations.host, "
        "locations.name, "
        "locations.wave, "
        "locations.status, "
        "locations.wanted_digest, "
        "locations.put_digest, "
        "locations.told_digest, "
        "locations.proved_digest, "
        "locations.problem, "
        "locations.at FROM locations "
        "WHERE locations.arn = ? AND "
        "locations.place = ? ORDER BY "
        "locations.arn, locations.place",
        ("f_arn", "f_place"),
        {},
    ),
    ("select", "locations", (("arn", "="), ("place", "=")), False, True, ""): (
        "SELECT locations.arn, "
        "locations.place, "
        "locations.kind, "
        "locations.endpoint, "
        "locations.host, locations.name, "
        "locations.wave, "
        "locations.status, "
        "locations.wanted_digest, "
        "locations.put_digest, "
        "locations.told_digest, "
        "locations.proved_digest, "
        "locations.problem, locations.at "
        "FROM locations WHERE "
        "locations.arn = ? AND "
        "locations.place = ? ORDER BY "
        "locations.arn, locations.place "
        "LIMIT ? OFFSET ?",
        ("f_arn", "f_place", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "locations", (("endpoint", "="), ("status", "=")), False, False, ""): (
        "SELECT locations.arn, "
        "locations.place, "
        "locations.kind, "
        "locations.endpoint, "
        "locations.host, "
        "locations.name, "
        "locations.wave, "
        "locations.status, "
        "locations.wanted_digest, "
        "locations.put_digest, "
        "locations.told_digest, "
        "locations.proved_digest, "
        "locations.problem, "
        "locations.at FROM "
        "locations WHERE "
        "locations.endpoint = ? "
        "AND locations.status = ? "
        "ORDER BY locations.arn, "
        "locations.place",
        ("f_endpoint", "f_status"),
        {},
    ),
    ("select", "materials", (), False, False, ""): (
        "SELECT materials.arn, materials.version, "
        "materials.prepared, materials.der, materials.chain_pem "
        "FROM materials ORDER BY materials.arn, materials.version",
        (),
        {},
    ),
    ("select", "materials", (), False, True, ""): (
        "SELECT materials.arn, materials.version, "
        "materials.prepared, materials.der, materials.chain_pem FROM "
        "materials ORDER BY materials.arn, materials.version LIMIT ? "
        "OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "materials", (), True, True, ""): (
        "SELECT materials.arn, materials.version, materials.prepared, "
        "materials.der, materials.chain_pem FROM materials WHERE "
        "materials.arn > ? ORDER BY materials.arn, materials.version "
        "LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "materials", (("arn", "="),), False, False, ""): (
        "SELECT materials.arn, materials.version, "
        "materials.prepared, materials.der, "
        "materials.chain_pem FROM materials WHERE "
        "materials.arn = ? ORDER BY materials.arn, "
        "materials.version",
        ("f_arn",),
        {},
    ),
    ("select", "materials", (("arn", "="), ("version", "=")), False, False, ""): (
        "SELECT materials.arn, "
        "materials.version, "
        "materials.prepared, "
        "materials.der, "
        "materials.chain_pem FROM "
        "materials WHERE "
        "materials.arn = ? AND "
        "materials.version = ? ORDER "
        "BY materials.arn, "
        "materials.version",
        ("f_arn", "f_version"),
        {},
    ),
    ("select", "materials", (("arn", "="), ("version", "=")), False, True, ""): (
        "SELECT materials.arn, "
        "materials.version, "
        "materials.prepared, "
        "materials.der, "
        "materials.chain_pem FROM "
        "materials WHERE materials.arn "
        "= ? AND materials.version = ? "
        "ORDER BY materials.arn, "
        "materials.version LIMIT ? "
        "OFFSET ?",
        ("f_arn", "f_version", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "meta", (), False, False, ""): ('SELECT meta."key", meta.value FROM meta ORDER BY meta."key"', (), {}),
    ("select", "meta", (), False, True, ""): (
        'SELECT meta."key", meta.value FROM meta ORDER BY meta."key" LIMIT ? OFFSET ?',
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "meta", (), True, True, ""): (
        'SELECT meta."key", meta.value FROM meta WHERE meta."key" > ? ORDER BY meta."key" LIMIT ? OFFSET ?',
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "meta", (("key", "="),), False, False, ""): (
        'SELECT meta."key", meta.value FROM meta WHERE meta."key" = ? ORDER BY meta."key"',
        ("f_key",),
        {},
    ),
    ("select", "meta", (("key", "="),), False, True, ""): (
        'SELECT meta."key", meta.value FROM meta WHERE meta."key" = ? ORDER BY meta."key" LIMIT ? OFFSET ?',
        ("f_key", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "orders", (), False, False, ""): (
        "SELECT orders.arn, orders.version, orders.issuer, orders.csr, "
        "orders.state, orders.waiting, orders.look_at, "
        "orders.renew_at, orders.created_at, orders.asked_at FROM "
        "orders ORDER BY orders.arn, orders.version",
        (),
        {},
    ),
    ("select", "orders", (), False, True, ""): (
        "SELECT orders.arn, orders.version, orders.issuer, orders.csr, "
        "orders.state, orders.waiting, orders.look_at, orders.renew_at, "
        "orders.created_at, orders.asked_at FROM orders ORDER BY "
        "orders.arn, orders.version LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "orders", (), True, True, ""): (
        "SELECT orders.arn, orders.version, orders.issuer, orders.csr, "
        "orders.state, orders.waiting, orders.look_at, orders.renew_at, "
        "orders.created_at, orders.asked_at FROM orders WHERE orders.arn "
        "> ? ORDER BY orders.arn, orders.version LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "orders", (("arn", "="),), False, False, ""): (
        "SELECT orders.arn, orders.version, "
        "orders.issuer, orders.csr, orders.state, "
        "orders.waiting, orders.look_at, orders.renew_at, "
        "orders.created_at, orders.asked_at FROM orders "
        "WHERE orders.arn = ? ORDER BY orders.arn, "
        "orders.version",
        ("f_arn",),
        {},
    ),
    ("select", "orders", (("arn", "="), ("version", "=")), False, False, ""): (
        "SELECT orders.arn, "
        "orders.version, orders.issuer, "
        "orders.csr, orders.state, "
        "orders.waiting, orders.look_at, "
        "orders.renew_at, "
        "orders.created_at, "
        "orders.asked_at FROM orders "
        "WHERE orders.arn = ? AND "
        "orders.version = ? ORDER BY "
        "orders.arn, orders.version",
        ("f_arn", "f_version"),
        {},
    ),
    ("select", "orders", (("arn", "="), ("version", "=")), False, True, ""): (
        "SELECT orders.arn, "
        "orders.version, orders.issuer, "
        "orders.csr, orders.state, "
        "orders.waiting, orders.look_at, "
        "orders.renew_at, "
        "orders.created_at, "
        "orders.asked_at FROM orders "
        "WHERE orders.arn = ? AND "
        "orders.version = ? ORDER BY "
        "orders.arn, orders.version LIMIT "
        "? OFFSET ?",
        ("f_arn", "f_version", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "region_keys", (), False, False, ""): (
        "SELECT region_keys.region, region_keys.account, "
        "region_keys.wrapper_id, region_keys.wrapped, "
        "region_keys.created_at FROM region_keys ORDER BY "
        "region_keys.region, region_keys.account",
        (),
        {},
    ),
    ("select", "region_keys", (), False, True, ""): (
        "SELECT region_keys.region, region_keys.account, "
        "region_keys.wrapper_id, region_keys.wrapped, "
        "region_keys.created_at FROM region_keys ORDER BY "
        "region_keys.region, region_keys.account LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "region_keys", (), True, True, ""): (
        "SELECT region_keys.region, region_keys.account, "
        "region_keys.wrapper_id, region_keys.wrapped, "
        "region_keys.created_at FROM region_keys WHERE "
        "region_keys.region > ? ORDER BY region_keys.region, "
        "region_keys.account LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "region_keys", (("account", "="), ("region", "=")), False, False, ""): (
        "SELECT "
        "region_keys.region, "
        "region_keys.account, "
        "region_keys.wrapper_id, "
        "region_keys.wrapped, "
        "region_keys.created_at "
        "FROM region_keys WHERE "
        "region_keys.account = ? "
        "AND region_keys.region "
        "= ? ORDER BY "
        "region_keys.region, "
        "region_keys.account",
        ("f_account", "f_region"),
        {},
    ),
    ("select", "region_keys", (("account", "="), ("region", "=")), False, True, ""): (
        "SELECT "
        "region_keys.region, "
        "region_keys.account, "
        "region_keys.wrapper_id, "
        "region_keys.wrapped, "
        "region_keys.created_at "
        "FROM region_keys WHERE "
        "region_keys.account = ? "
        "AND region_keys.region = "
        "? ORDER BY "
        "region_keys.region, "
        "region_keys.account "
        "LIMIT ? OFFSET ?",
        ("f_account", "f_region", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "serials", (), False, False, ""): (
        "SELECT serials.issuer_arn, serials.serial, serials.arn, "
        "serials.version, serials.reserved_at FROM serials ORDER BY "
        "serials.issuer_arn, serials.serial",
        (),
        {},
    ),
    ("select", "serials", (), False, True, ""): (
        "SELECT serials.issuer_arn, serials.serial, serials.arn, "
        "serials.version, serials.reserved_at FROM serials ORDER BY "
        "serials.issuer_arn, serials.serial LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "serials", (), True, True, ""): (
        "SELECT serials.issuer_arn, serials.serial, serials.arn, "
        "serials.version, serials.reserved_at FROM serials WHERE "
        "serials.issuer_arn > ? ORDER BY serials.issuer_arn, "
        "serials.serial LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "serials", (("arn", "="),), False, False, ""): (
        "SELECT serials.issuer_arn, serials.serial, "
        "serials.arn, serials.version, "
        "serials.reserved_at FROM serials WHERE "
        "serials.arn = ? ORDER BY serials.issuer_arn, "
        "serials.serial",
        ("f_arn",),
        {},
    ),
    ("select", "serials", (("issuer_arn", "="), ("serial", "=")), False, False, ""): (
        "SELECT "
        "serials.issuer_arn, "
        "serials.serial, "
        "serials.arn, "
        "serials.version, "
        "serials.reserved_at FROM "
        "serials WHERE "
        "serials.issuer_arn = ? "
        "AND serials.serial = ? "
        "ORDER BY "
        "serials.issuer_arn, "
        "serials.serial",
        ("f_issuer_arn", "f_serial"),
        {},
    ),
    ("select", "serials", (("issuer_arn", "="), ("serial", "=")), False, True, ""): (
        "SELECT "
        "serials.issuer_arn, "
        "serials.serial, "
        "serials.arn, "
        "serials.version, "
        "serials.reserved_at FROM "
        "serials WHERE "
        "serials.issuer_arn = ? "
        "AND serials.serial = ? "
        "ORDER BY "
        "serials.issuer_arn, "
        "serials.serial LIMIT ? "
        "OFFSET ?",
        ("f_issuer_arn", "f_serial", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "validations", (), False, False, ""): (
        "SELECT validations.arn, validations.version, "
        "validations.authorization, validations.domain_name, "
        "validations.method, validations.challenge, "
        "validations.status, validations.seen, "
        "validations.asked_at, validations.created_at, "
        "validations.checked_at, validations.validated_at FROM "
        "validations ORDER BY validations.arn, "
        "validations.version, validations.authorization",
        (),
        {},
    ),
    ("select", "validations", (), False, True, ""): (
        "SELECT validations.arn, validations.version, "
        "validations.authorization, validations.domain_name, "
        "validations.method, validations.challenge, "
        "validations.status, validations.seen, "
        "validations.asked_at, validations.created_at, "
        "validations.checked_at, validations.validated_at FROM "
        "validations ORDER BY validations.arn, "
        "validations.version, validations.authorization LIMIT ? "
        "OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "validations", (), True, True, ""): (
        "SELECT validations.arn, validations.version, "
        "validations.authorization, validations.domain_name, "
        "validations.method, validations.challenge, "
        "validations.status, validations.seen, "
        "validations.asked_at, validations.created_at, "
        "validations.checked_at, validations.validated_at FROM "
        "validations WHERE validations.arn > ? ORDER BY "
        "validations.arn, validations.version, "
        "validations.authorization LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "validations", (("arn", "="),), False, False, ""): (
        "SELECT validations.arn, "
        "validations.version, "
        "validations.authorization, "
        "validations.domain_name, "
        "validations.method, validations.challenge, "
        "validations.status, validations.seen, "
        "validations.asked_at, "
        "validations.created_at, "
        "validations.checked_at, "
        "validations.validated_at FROM validations "
        "WHERE validations.arn = ? ORDER BY "
        "validations.arn, validations.version, "
        "validations.authorization",
        ("f_arn",),
        {},
    ),
    ("select", "validations", (("arn", "="), ("authorization", "="), ("version", "=")), False, False, ""): (
        "SELECT "
        "validations.arn, "
        "validations.version, "
        "validations.authorization, "
        "validations.domain_name, "
        "validations.method, "
        "validations.challenge, "
        "validations.status, "
        "validations.seen, "
        "validations.asked_at, "
        "validations.created_at, "
        "validations.checked_at, "
        "validations.validated_at "
        "FROM "
        "validations "
        "WHERE "
        "validations.arn "
        "= "
        "? "
        "AND "
        "validations.authorization "
        "= "
        "? "
        "AND "
        "validations.version "
        "= "
        "? "
        "ORDER "
        "BY "
        "validations.arn, "
        "validations.version, "
        "validations.authorization",
        ("f_arn", "f_authorization", "f_version"),
        {},
    ),
    ("select", "validations", (("arn", "="), ("authorization", "="), ("version", "=")), False, True, ""): (
        "SELECT "
        "validations.arn, "
        "validations.version, "
        "validations.authorization, "
        "validations.domain_name, "
        "validations.method, "
        "validations.challenge, "
        "validations.status, "
        "validations.seen, "
        "validations.asked_at, "
        "validations.created_at, "
        "validations.checked_at, "
        "validations.validated_at "
        "FROM "
        "validations "
        "WHERE "
        "validations.arn "
        "= ? "
        "AND "
        "validations.authorization "
        "= ? "
        "AND "
        "validations.version "
        "= ? "
        "ORDER "
        "BY "
        "validations.arn, "
        "validations.version, "
        "validations.authorization "
        "LIMIT "
        "? "
        "OFFSET "
        "?",
        ("f_arn", "f_authorization", "f_version", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "validations", (("arn", "="), ("version", "=")), False, False, ""): (
        "SELECT validations.arn, "
        "validations.version, "
        "validations.authorization, "
        "validations.domain_name, "
        "validations.method, "
        "validations.challenge, "
        "validations.status, "
        "validations.seen, "
        "validations.asked_at, "
        "validations.created_at, "
        "validations.checked_at, "
        "validations.validated_at "
        "FROM validations WHERE "
        "validations.arn = ? AND "
        "validations.version = ? "
        "ORDER BY validations.arn, "
        "validations.version, "
        "validations.authorization",
        ("f_arn", "f_version"),
        {},
    ),
    ("select", "versions", (), False, False, ""): (
        "SELECT versions.arn, versions.version, versions.status, "
        "versions.failure_reason, versions.failure_message, "
        "versions.spec, versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, versions.not_before, "
        "versions.not_after, versions.renewal_due, "
        "versions.requested_at, versions.issued_at, "
        "versions.attempt, versions.has_certificate, "
        "versions.serving FROM versions ORDER BY versions.arn, "
        "versions.version",
        (),
        {},
    ),
    ("select", "versions", (), False, True, ""): (
        "SELECT versions.arn, versions.version, versions.status, "
        "versions.failure_reason, versions.failure_message, "
        "versions.spec, versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, versions.not_before, "
        "versions.not_after, versions.renewal_due, "
        "versions.requested_at, versions.issued_at, versions.attempt, "
        "versions.has_certificate, versions.serving FROM versions "
        "ORDER BY versions.arn, versions.version LIMIT ? OFFSET ?",
        ("limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "versions", (), True, True, ""): (
        "SELECT versions.arn, versions.version, versions.status, "
        "versions.failure_reason, versions.failure_message, "
        "versions.spec, versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, versions.not_before, "
        "versions.not_after, versions.renewal_due, "
        "versions.requested_at, versions.issued_at, versions.attempt, "
        "versions.has_certificate, versions.serving FROM versions "
        "WHERE versions.arn > ? ORDER BY versions.arn, "
        "versions.version LIMIT ? OFFSET ?",
        ("after", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "versions", (("arn", "="),), False, False, ""): (
        "SELECT versions.arn, versions.version, "
        "versions.status, versions.failure_reason, "
        "versions.failure_message, versions.spec, "
        "versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, "
        "versions.not_before, versions.not_after, "
        "versions.renewal_due, versions.requested_at, "
        "versions.issued_at, versions.attempt, "
        "versions.has_certificate, versions.serving "
        "FROM versions WHERE versions.arn = ? ORDER BY "
        "versions.arn, versions.version",
        ("f_arn",),
        {},
    ),
    ("select", "versions", (("arn", "="), ("version", "=")), False, False, ""): (
        "SELECT versions.arn, "
        "versions.version, "
        "versions.status, "
        "versions.failure_reason, "
        "versions.failure_message, "
        "versions.spec, "
        "versions.reason_code, "
        "versions.key_handle, "
        "versions.issuer_arn, "
        "versions.issuer_version, "
        "versions.serial, "
        "versions.fingerprint, "
        "versions.not_before, "
        "versions.not_after, "
        "versions.renewal_due, "
        "versions.requested_at, "
        "versions.issued_at, "
        "versions.attempt, "
        "versions.has_certificate, "
        "versions.serving FROM "
        "versions WHERE versions.arn = "
        "? AND versions.version = ? "
        "ORDER BY versions.arn, "
        "versions.version",
        ("f_arn", "f_version"),
        {},
    ),
    ("select", "versions", (("arn", "="), ("version", "=")), False, True, ""): (
        "SELECT versions.arn, "
        "versions.version, "
        "versions.status, "
        "versions.failure_reason, "
        "versions.failure_message, "
        "versions.spec, "
        "versions.reason_code, "
        "versions.key_handle, "
        "versions.issuer_arn, "
        "versions.issuer_version, "
        "versions.serial, "
        "versions.fingerprint, "
        "versions.not_before, "
        "versions.not_after, "
        "versions.renewal_due, "
        "versions.requested_at, "
        "versions.issued_at, "
        "versions.attempt, "
        "versions.has_certificate, "
        "versions.serving FROM versions "
        "WHERE versions.arn = ? AND "
        "versions.version = ? ORDER BY "
        "versions.arn, versions.version "
        "LIMIT ? OFFSET ?",
        ("f_arn", "f_version", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "versions", (("arn", "in"),), False, False, ""): (
        "SELECT versions.arn, versions.version, "
        "versions.status, versions.failure_reason, "
        "versions.failure_message, versions.spec, "
        "versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, versions.issuer_version, "
        "versions.serial, versions.fingerprint, "
        "versions.not_before, versions.not_after, "
        "versions.renewal_due, versions.requested_at, "
        "versions.issued_at, versions.attempt, "
        "versions.has_certificate, versions.serving "
        "FROM versions WHERE versions.arn IN (SELECT "
        "anon_1.value FROM json_each(?) AS anon_1) "
        "ORDER BY versions.arn, versions.version",
        ("f_arn",),
        {},
    ),
    ("select", "versions", (("issuer_arn", "="), ("issuer_version", "="), ("serving", "=")), False, True, ""): (
        "SELECT "
        "versions.arn, "
        "versions.version, "
        "versions.status, "
        "versions.failure_reason, "
        "versions.failure_message, "
        "versions.spec, "
        "versions.reason_code, "
        "versions.key_handle, "
        "versions.issuer_arn, "
        "versions.issuer_version, "
        "versions.serial, "
        "versions.fingerprint, "
        "versions.not_before, "
        "versions.not_after, "
        "versions.renewal_due, "
        "versions.requested_at, "
        "versions.issued_at, "
        "versions.attempt, "
        "versions.has_certificate, "
        "versions.serving "
        "FROM "
        "versions "
        "WHERE "
        "versions.issuer_arn "
        "= "
        "? "
        "AND "
        "versions.issuer_version "
        "= "
        "? "
        "AND "
        "versions.serving "
        "= "
        "? "
        "ORDER "
        "BY "
        "versions.arn, "
        "versions.version "
        "LIMIT "
        "? "
        "OFFSET "
        "?",
        ("f_issuer_arn", "f_issuer_version", "f_serving", "limit", "param_1"),
        {"param_1": 0},
    ),
    ("select", "versions", (("issuer_arn", "="), ("serving", "=")), False, False, ""): (
        "SELECT versions.arn, "
        "versions.version, "
        "versions.status, "
        "versions.failure_reason, "
        "versions.failure_message, "
        "versions.spec, "
        "versions.reason_code, "
        "versions.key_handle, "
        "versions.issuer_arn, "
        "versions.issuer_version, "
        "versions.serial, "
        "versions.fingerprint, "
        "versions.not_before, "
        "versions.not_after, "
        "versions.renewal_due, "
        "versions.requested_at, "
        "versions.issued_at, "
        "versions.attempt, "
        "versions.has_certificate, "
        "versions.serving FROM "
        "versions WHERE "
        "versions.issuer_arn = "
        "? AND versions.serving "
        "= ? ORDER BY "
        "versions.arn, "
        "versions.version",
        ("f_issuer_arn", "f_serving"),
        {},
    ),
    ("select", "versions", (("serving", "="),), False, False, ""): (
        "SELECT versions.arn, versions.version, "
        "versions.status, versions.failure_reason, "
        "versions.failure_message, versions.spec, "
        "versions.reason_code, versions.key_handle, "
        "versions.issuer_arn, "
        "versions.issuer_version, versions.serial, "
        "versions.fingerprint, versions.not_before, "
        "versions.not_after, versions.renewal_due, "
        "versions.requested_at, versions.issued_at, "
        "versions.attempt, "
        "versions.has_certificate, versions.serving "
        "FROM versions WHERE versions.serving = ? "
        "ORDER BY versions.arn, versions.version",
        ("f_serving",),
        {},
    ),
}

TABLES: tuple[str, ...] = (
    "CREATE TABLE associations ( arn TEXT NOT NULL, region TEXT NOT NULL, account TEXT NOT NULL, urn TEXT NOT "
    "NULL, certificate_arn TEXT NOT NULL, target_kind TEXT NOT NULL, place TEXT NOT NULL, target TEXT NOT NULL, "
    "verify TEXT NOT NULL, status TEXT NOT NULL, deployed_version BIGINT NOT NULL, deployed_serial TEXT NOT "
    "NULL, deployed_fingerprint TEXT NOT NULL, deployed_at BIGINT, host TEXT NOT NULL, endpoints TEXT NOT NULL, "
    "failure_message TEXT NOT NULL, behind_since BIGINT, created_at BIGINT NOT NULL, claimed BOOLEAN NOT NULL, "
    "creator TEXT NOT NULL, aliases TEXT NOT NULL, PRIMARY KEY (arn) )",
    "CREATE TABLE audit ( region TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, who TEXT NOT NULL, "
    "who_source TEXT NOT NULL, action TEXT NOT NULL, arn TEXT NOT NULL, result TEXT NOT NULL, details TEXT NOT "
    "NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (region, seq) )",
    "CREATE TABLE authorities ( arn TEXT NOT NULL, region TEXT NOT NULL, account TEXT NOT NULL, urn TEXT NOT "
    "NULL, type TEXT NOT NULL, status TEXT NOT NULL, failure_reason TEXT NOT NULL, parent_arn TEXT NOT NULL, "
    "spec TEXT NOT NULL, serving_version BIGINT NOT NULL, newest_version BIGINT NOT NULL, created_at BIGINT NOT "
    "NULL, enabled BOOLEAN NOT NULL, deleted_at BIGINT, restorable_until BIGINT, claimed BOOLEAN NOT NULL, "
    "creator TEXT NOT NULL, aliases TEXT NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (arn) )",
    "CREATE TABLE authority_versions ( arn TEXT NOT NULL, version BIGINT NOT NULL, status TEXT NOT NULL, spec "
    "TEXT NOT NULL, reason_code TEXT NOT NULL, key_handle TEXT NOT NULL, issuer_arn TEXT NOT NULL, "
    "issuer_version BIGINT NOT NULL, serial TEXT NOT NULL, fingerprint TEXT NOT NULL, not_before BIGINT, "
    "not_after BIGINT, renewal_due BIGINT, created_at BIGINT NOT NULL, has_certificate BOOLEAN NOT NULL, "
    "PRIMARY KEY (arn, version) )",
    "CREATE TABLE certificates ( arn TEXT NOT NULL, region TEXT NOT NULL, account TEXT NOT NULL, urn TEXT NOT "
    "NULL, mode TEXT NOT NULL, domain_name TEXT NOT NULL, spec TEXT NOT NULL, serving_version BIGINT NOT NULL, "
    "newest_version BIGINT NOT NULL, created_at BIGINT NOT NULL, claimed BOOLEAN NOT NULL, creator TEXT NOT "
    "NULL, aliases TEXT NOT NULL, driven BOOLEAN NOT NULL, tags TEXT NOT NULL, revoked_reason TEXT NOT NULL, "
    "revoked_at BIGINT, PRIMARY KEY (arn) )",
    "CREATE TABLE dns_records ( writer TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, value TEXT NOT "
    "NULL, arn TEXT NOT NULL, purpose TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (writer, name, "
    "type, value, arn) )",
    "CREATE TABLE drivers ( arn TEXT NOT NULL, name TEXT NOT NULL, urn TEXT NOT NULL, place TEXT NOT NULL, "
    "state TEXT NOT NULL, process TEXT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (arn, name) )",
    "CREATE TABLE keys ( handle TEXT NOT NULL, region TEXT NOT NULL, account TEXT NOT NULL, algorithm TEXT NOT "
    "NULL, spki BLOB NOT NULL, wrapped_data_key BLOB NOT NULL, ciphertext BLOB NOT NULL, created_at BIGINT NOT "
    "NULL, PRIMARY KEY (handle) )",
    "CREATE TABLE leases ( name TEXT NOT NULL, holder TEXT NOT NULL, token BIGINT NOT NULL, since DOUBLE NOT "
    "NULL, until DOUBLE NOT NULL, PRIMARY KEY (name) )",
    "CREATE TABLE locations ( arn TEXT NOT NULL, place TEXT NOT NULL, kind TEXT NOT NULL, endpoint TEXT NOT "
    "NULL, host TEXT NOT NULL, name TEXT NOT NULL, wave BIGINT NOT NULL, status TEXT NOT NULL, wanted_digest "
    "TEXT NOT NULL, put_digest TEXT NOT NULL, told_digest TEXT NOT NULL, proved_digest TEXT NOT NULL, problem "
    "TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (arn, place) )",
    "CREATE TABLE materials ( arn TEXT NOT NULL, version BIGINT NOT NULL, prepared BLOB NOT NULL, der BLOB NOT "
    "NULL, chain_pem TEXT NOT NULL, PRIMARY KEY (arn, version) )",
    'CREATE TABLE meta ( "key" TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key") )',
    "CREATE TABLE orders ( arn TEXT NOT NULL, version BIGINT NOT NULL, issuer TEXT NOT NULL, csr BLOB NOT NULL, "
    "state TEXT NOT NULL, waiting TEXT NOT NULL, look_at BIGINT, renew_at BIGINT, created_at BIGINT NOT NULL, "
    "asked_at BIGINT, PRIMARY KEY (arn, version) )",
    "CREATE TABLE region_keys ( region TEXT NOT NULL, account TEXT NOT NULL, wrapper_id TEXT NOT NULL, wrapped "
    "BLOB NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (region, account) )",
    "CREATE TABLE serials ( issuer_arn TEXT NOT NULL, serial TEXT NOT NULL, arn TEXT NOT NULL, version BIGINT "
    "NOT NULL, reserved_at BIGINT NOT NULL, PRIMARY KEY (issuer_arn, serial) )",
    "CREATE TABLE validations ( arn TEXT NOT NULL, version BIGINT NOT NULL, authorization TEXT NOT NULL, "
    "domain_name TEXT NOT NULL, method TEXT NOT NULL, challenge TEXT NOT NULL, status TEXT NOT NULL, seen TEXT "
    "NOT NULL, asked_at TEXT NOT NULL, created_at BIGINT NOT NULL, checked_at BIGINT, validated_at BIGINT, "
    "PRIMARY KEY (arn, version, authorization) )",
    "CREATE TABLE versions ( arn TEXT NOT NULL, version BIGINT NOT NULL, status TEXT NOT NULL, failure_reason "
    "TEXT NOT NULL, failure_message TEXT NOT NULL, spec TEXT NOT NULL, reason_code TEXT NOT NULL, key_handle "
    "TEXT NOT NULL, issuer_arn TEXT NOT NULL, issuer_version BIGINT NOT NULL, serial TEXT NOT NULL, fingerprint "
    "TEXT NOT NULL, not_before BIGINT, not_after BIGINT, renewal_due BIGINT, requested_at BIGINT NOT NULL, "
    "issued_at BIGINT, attempt BIGINT NOT NULL, has_certificate BOOLEAN NOT NULL, serving BOOLEAN NOT NULL, "
    "PRIMARY KEY (arn, version) )",
    "CREATE INDEX ix_associations_behind_since ON associations (behind_since) WHERE behind_since IS NOT NULL",
    "CREATE INDEX ix_associations_certificate_arn ON associations (certificate_arn)",
    "CREATE INDEX ix_associations_place ON associations (place)",
    "CREATE INDEX ix_associations_urn ON associations (urn)",
    "CREATE INDEX ix_audit_arn ON audit (arn)",
    "CREATE INDEX ix_authorities_urn ON authorities (urn)",
    "CREATE INDEX ix_authority_versions_issuer_arn ON authority_versions (issuer_arn)",
    "CREATE INDEX ix_authority_versions_renewal_due ON authority_versions (renewal_due) WHERE renewal_due IS NOT NULL",
    "CREATE INDEX ix_certificates_urn ON certificates (urn)",
    "CREATE INDEX ix_dns_records_arn ON dns_records (arn)",
    "CREATE INDEX ix_dns_records_name ON dns_records (name)",
    "CREATE INDEX ix_locations_endpoint ON locations (endpoint)",
    "CREATE INDEX ix_versions_issued_at ON versions (issued_at) WHERE serving IS 1 AND status = 'REVOKED' AND "
    "issued_at IS NOT NULL",
    "CREATE INDEX ix_versions_issuer_arn ON versions (issuer_arn, serving, issuer_version, arn, version)",
    "CREATE INDEX ix_versions_renewal_due ON versions (renewal_due) WHERE serving IS 1 AND status = 'ISSUED' "
    "AND renewal_due IS NOT NULL",
    "CREATE INDEX ix_versions_requested_at ON versions (requested_at) WHERE has_certificate IS 0 AND "
    "requested_at IS NOT NULL",
    "CREATE INDEX ix_versions_serial ON versions (serial)",
)
