"""What the home in PostgreSQL asks: each operation is one statement, with the server's clock."""

# ruff: noqa: S608  # statements are put together of each other, never of values

from __future__ import annotations

SCHEMA = """
SELECT pg_advisory_xact_lock(7105173251);
CREATE SEQUENCE IF NOT EXISTS engine_ages;
CREATE TABLE IF NOT EXISTS engine_entries(
  store text NOT NULL, key bytea NOT NULL, value bytea NOT NULL, expires float8, age bigint NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS engine_entries_by_key ON engine_entries(store, sha256(key));
CREATE INDEX IF NOT EXISTS engine_entries_by_age ON engine_entries(store, age);
CREATE INDEX IF NOT EXISTS engine_entries_by_expiry ON engine_entries(store, expires) WHERE expires IS NOT NULL;
CREATE UNLOGGED TABLE IF NOT EXISTS engine_rates(
  name text NOT NULL, key text NOT NULL, due float8 NOT NULL, PRIMARY KEY(name, key)
);
CREATE INDEX IF NOT EXISTS engine_rates_by_due ON engine_rates(due);
CREATE TABLE IF NOT EXISTS engine_leases(
  name text PRIMARY KEY, holder text NOT NULL, token bigint NOT NULL, ends float8 NOT NULL, note bytea NOT NULL
);
"""
HAS_SCHEMA = "SELECT to_regclass('engine_leases') IS NOT NULL"

# Materialized: all of a statement sees one time.
CLOCK = "WITH clock AS MATERIALIZED (SELECT extract(epoch FROM clock_timestamp())::float8 AS now)"
NOW = "(SELECT now FROM clock)"
ALIVE = f"(expires IS NULL OR expires > {NOW})"

# Values: store, key, value, seconds, whether to replace
PUT = f"""{CLOCK}
INSERT INTO engine_entries AS before(store, key, value, expires, age)
VALUES($1, $2, $3, {NOW} + $4::float8, nextval('engine_ages'))
ON CONFLICT(store, sha256(key)) DO UPDATE SET value = excluded.value, expires = excluded.expires, age = excluded.age
WHERE $5 OR before.expires <= {NOW}
RETURNING 1
"""

# Values: store, most entries, largest size. Tells how many entries are left, their size, and how many were removed.
SETTLE = f"""{CLOCK},
expired AS (DELETE FROM engine_entries WHERE store = $1 AND expires <= {NOW} RETURNING 1),
alive AS (
  SELECT key, age, octet_length(value) AS size, row_number() OVER newest AS number,
    sum(octet_length(value)) OVER newest AS total
  FROM engine_entries WHERE store = $1 AND {ALIVE} WINDOW newest AS (ORDER BY age DESC)
),
evicted AS (
  DELETE FROM engine_entries USING alive
  WHERE engine_entries.store = $1 AND engine_entries.key = alive.key AND engine_entries.age = alive.age
    AND (alive.number > $2::int8 OR alive.total > $3::int8)
  RETURNING alive.size
)
SELECT (SELECT count(*) FROM alive) - (SELECT count(*) FROM evicted),
  coalesce((SELECT sum(size) FROM alive), 0)::int8 - coalesce((SELECT sum(size) FROM evicted), 0)::int8,
  (SELECT count(*) FROM evicted), (SELECT count(*) FROM expired)
"""

LOOK = f"""{CLOCK}
SELECT (SELECT value FROM engine_entries WHERE store = $1 AND sha256(key) = sha256($2) AND {ALIVE}), {NOW}
"""

# Values: store, key, value before, value, seconds
SWAP = f"""{CLOCK}
UPDATE engine_entries SET value = $4, expires = coalesce({NOW} + $5::float8, expires)
WHERE store = $1 AND sha256(key) = sha256($2) AND value = $3 AND {ALIVE}
RETURNING 1
"""

# An expired entry is removed, too, and not counted.
REMOVE = f"{CLOCK} DELETE FROM engine_entries WHERE store = $1 AND sha256(key) = sha256($2) RETURNING {ALIVE}"

# Values: store, the age after which to begin, most entries
OLDEST = f"FROM engine_entries WHERE store = $1 AND age > $2 AND {ALIVE} ORDER BY age LIMIT $3"
ITEMS = f"{CLOCK} SELECT age, key, value {OLDEST}"
KEYS = f"{CLOCK} SELECT age, key {OLDEST}"
CLEAR = "DELETE FROM engine_entries WHERE store = $1"

# Values: rate, key, step, period
ADMIT = f"""{CLOCK},
over AS (
  SELECT name, key FROM engine_rates WHERE due <= {NOW} AND (name, key) <> ($1, $2) LIMIT 10 FOR UPDATE SKIP LOCKED
),
forgotten AS (DELETE FROM engine_rates USING over WHERE engine_rates.name = over.name AND engine_rates.key = over.key),
admitted AS (
  INSERT INTO engine_rates AS rate(name, key, due) VALUES($1, $2, {NOW} + $3::float8)
  ON CONFLICT(name, key) DO UPDATE SET due = greatest(rate.due, {NOW}) + $3::float8
  WHERE greatest(rate.due, {NOW}) + $3::float8 - {NOW} - $4::float8 <= greatest($3::float8 / 1e6, 2e-6)
  RETURNING due
)
SELECT true, due - {NOW} FROM admitted
UNION ALL
SELECT false, greatest(due, {NOW}) + $3::float8 - {NOW} - $4::float8 FROM engine_rates
WHERE name = $1 AND key = $2 AND NOT EXISTS (SELECT FROM admitted)
"""

# Values: lease, holder, seconds. A new token is greater than all before, even if the table was emptied.
HOLD = f"""{CLOCK},
held AS (
  INSERT INTO engine_leases AS lease(name, holder, token, ends, note)
  VALUES($1, $2, floor({NOW} * 1e6)::int8, {NOW} + $3::float8, '')
  ON CONFLICT(name) DO UPDATE SET holder = excluded.holder, ends = excluded.ends,
    token = CASE WHEN lease.holder = $2 AND lease.ends > {NOW} THEN lease.token
            ELSE greatest(lease.token + 1, excluded.token) END
  WHERE lease.holder = $2 OR lease.ends <= {NOW}
  RETURNING token, ends, note
)
SELECT token, {NOW}, ends - {NOW}, note FROM held
UNION ALL
SELECT NULL, {NOW}, ends - {NOW}, note FROM engine_leases WHERE name = $1 AND NOT EXISTS (SELECT FROM held)
"""
NOTE = "UPDATE engine_leases SET note = $3 WHERE name = $1 AND token = $2 RETURNING 1"
RELEASE = "UPDATE engine_leases SET ends = 0 WHERE name = $1 AND token = $2"
