"""The tables of jobs, in the words of each database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

JOBS = """
CREATE TABLE IF NOT EXISTS engine_batch_jobs(
  id VARCHAR(64) NOT NULL PRIMARY KEY, application VARCHAR(200) NOT NULL, name VARCHAR(200) NOT NULL,
  state VARCHAR(32) NOT NULL, created DOUBLE PRECISION NOT NULL, started DOUBLE PRECISION, ended DOUBLE PRECISION,
  total BIGINT NOT NULL, succeeded BIGINT NOT NULL, failed BIGINT NOT NULL, most_failed BIGINT NOT NULL,
  steps BIGINT NOT NULL, correlation_id VARCHAR(255) NOT NULL, variables {bytes} NOT NULL, reason {text},
  owner VARCHAR(64), lease_until DOUBLE PRECISION NOT NULL, claim BIGINT NOT NULL)
"""
PORTIONS = """
CREATE TABLE IF NOT EXISTS engine_batch_portions(
  job VARCHAR(64) NOT NULL, block_number BIGINT NOT NULL, first_record BIGINT NOT NULL, records BIGINT NOT NULL,
  step BIGINT NOT NULL, next_record BIGINT NOT NULL, state VARCHAR(16) NOT NULL, attempt BIGINT NOT NULL,
  owner VARCHAR(64), lease_until DOUBLE PRECISION NOT NULL, claim BIGINT NOT NULL, PRIMARY KEY(job, block_number))
"""
PIECES = """
CREATE TABLE IF NOT EXISTS engine_batch_pieces(
  job VARCHAR(64) NOT NULL, block_number BIGINT NOT NULL, step BIGINT NOT NULL, first_record BIGINT NOT NULL,
  data {bytes} NOT NULL, PRIMARY KEY(job, block_number, step, first_record))
"""
FAILURES = """
CREATE TABLE IF NOT EXISTS engine_batch_failures(
  job VARCHAR(64) NOT NULL, record BIGINT NOT NULL, block_number BIGINT NOT NULL, step VARCHAR(200) NOT NULL,
  type VARCHAR(200) NOT NULL, message {text} NOT NULL, attempts BIGINT NOT NULL, happened DOUBLE PRECISION NOT NULL,
  PRIMARY KEY(job, record))
"""
GATHERED = """
CREATE TABLE IF NOT EXISTS engine_batch_gathered(
  job VARCHAR(64) NOT NULL, step BIGINT NOT NULL, name VARCHAR(200), type VARCHAR(200), message {text},
  PRIMARY KEY(job, step))
"""
INDEXES = (
    "CREATE INDEX engine_batch_waiting ON engine_batch_portions(job, state, block_number)",
    "CREATE INDEX engine_batch_open ON engine_batch_jobs(application, state)",
)
TABLES = (JOBS, PORTIONS, PIECES, FAILURES, GATHERED)


JOB = """id, name, state, created, started, ended, total, succeeded, failed, most_failed, steps, correlation_id, reason,
  {now} AS looked_at"""
"""The columns of a job (job.Job)."""


@dataclass(frozen=True)
class Dialect:
    """How a database says what SQL has no common word for.

    bytes, text: types without a limit that matters. now: seconds since 1970 by the clock of the database: machines
    with different clocks agree on leases. skip_locked: what leaves out the rows that others work with.
    """

    bytes: str
    text: str
    now: str
    skip_locked: str = ""

    @property
    def tables(self) -> Sequence[str]:
        return [self.write(table) for table in TABLES]

    def write(self, sql: str) -> str:
        """Return a statement in its words."""
        sql = sql.replace("{job}", JOB)
        words = {"{bytes}": self.bytes, "{text}": self.text, "{now}": self.now, "{skip_locked}": self.skip_locked}
        for word, own in words.items():
            sql = sql.replace(word, own)
        return sql


SQLITE = Dialect("BLOB", "TEXT", "((julianday('now') - 2440587.5) * 86400.0)")
POSTGRESQL = Dialect("BYTEA", "TEXT", "extract(epoch from clock_timestamp())::float8", "FOR UPDATE SKIP LOCKED")
MYSQL = Dialect("LONGBLOB", "LONGTEXT", "(UNIX_TIMESTAMP(SYSDATE(6)) + 0e0)", "FOR UPDATE SKIP LOCKED")

DIALECTS = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "postgres": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL}
"""The dialects by the scheme of a url, without its driver."""


def dialect_of(url: str) -> Dialect | None:
    """Return the dialect of a url; None if jobs cannot live in such a database."""
    return DIALECTS.get(url.partition(":")[0].partition("+")[0])
