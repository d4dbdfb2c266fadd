"""What the engine costs a record, beside the same job written by hand.

    python benchmarks/bulk_upsert.py [--rounds N]

All upsert each record on its own into an SQLite file (WAL, synchronous=NORMAL) and build one result a record: by hand
with one statement a record, each committed; by hand in one transaction, of which a crash loses all or nothing; by the
shipped flow with its validation left out (a try in a foreach); and by the same flow with `collect`. Sizes and rivals
alternate in one process, the best of the rounds counts, in CPU time: read the ratios, not the microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import process_time
from typing import Any

from engine import Application, Event

SIZES = (1, 100, 1_000, 10_000)
TABLE = "CREATE TABLE IF NOT EXISTS records(id TEXT PRIMARY KEY, name TEXT NOT NULL, amount REAL CHECK(amount >= 0))"
UPSERT = (
    "INSERT INTO records(id, name, amount) VALUES({}) "
    "ON CONFLICT(id) DO UPDATE SET name = excluded.name, amount = excluded.amount"
)
FLOW = f"""
configs:
  DB: {{db:config: {{url: "${{db.url}}", initScript: "{TABLE}"}}}}
flows:
  bulk:
    steps:
      - set-variable: {{variableName: results, value: []}}
      - foreach:
          collection: payload.records
          steps:
            - try:
                steps:
                  - flow-ref: {{name: upsert}}
                  - set-variable:
                      variableName: results
                      value: "#[append(vars.results, {{id: payload.id, status: 200, message: 'Success'}})]"
                error-handler:
                  - on-error-continue:
                      logException: false
                      steps:
                        - set-variable:
                            variableName: results
                            value: "#[append(vars.results, {{id: payload.id, status: 422}})]"
      - transform:
          set-payload:
            failed: "#[length(vars.results[?status != 200])]"
            results: "#[vars.results]"
  collect:
    steps:
      - foreach:
          collection: payload.records
          collect:
            target: results
            success: {{id: "#[payload.id]", status: 200, message: Success}}
            failure: {{id: "#[payload.id]", status: 422}}
          steps: [{{flow-ref: {{name: upsert}}}}]
      - set-payload: {{value: {{failed: "#[summary(vars.results).failed]", results: "#[vars.results]"}}}}
sub-flows:
  upsert:
    steps:
      - db:insert:
          config-ref: DB
          sql: "{UPSERT.format(":id, :name, :amount")}"
          input-parameters: "#[payload]"
          target: upserted
"""

Job = Callable[[dict[str, Any]], Awaitable[int]]


def body(size: int) -> dict[str, Any]:
    """Records of which one in a hundred breaks the table's rule."""
    amounts = (-1 if number % 100 == 50 else number for number in range(size))
    return {"records": [{"id": f"r{n}", "name": f"Name {n}", "amount": amount} for n, amount in enumerate(amounts)]}


def by_hand(file: Path, *, in_one: bool = False) -> Job:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(TABLE)
    statement = UPSERT.format("?, ?, ?")

    async def job(payload: dict[str, Any]) -> int:
        results = []
        if in_one:
            connection.execute("BEGIN")
        for record in payload["records"]:
            try:
                connection.execute(statement, (record["id"], record["name"], record["amount"]))
                results.append({"id": record["id"], "status": 200, "message": "Success"})
            except sqlite3.Error as error:
                results.append({"id": record["id"], "status": 422, "message": str(error)})
        if in_one:
            connection.execute("COMMIT")
        return len([result for result in results if result["status"] != 200])

    return job


def by_flow(app: Application, name: str) -> Job:
    flow = app.flows[name]

    async def job(payload: dict[str, Any]) -> int:
        event = await flow.run(Event(payload=payload))
        failed: int = event.payload["failed"]
        return failed

    return job


async def cost(job: Job, size: int) -> float:
    """CPU microseconds a record, over enough bodies to be seen by the clock."""
    payload, bodies = body(size), max(1, 2_000 // size)
    began = process_time()
    for _ in range(bodies):
        assert await job(payload) == len(range(50, size, 100))
    return (process_time() - began) / bodies / size * 1e6


async def compare(folder: Path, rounds: int) -> None:
    (folder / "bulk.yaml").write_text(FLOW)
    app = Application.load(folder / "bulk.yaml", properties={"db.url": f"sqlite:///{folder}/flow.db"})
    async with app:
        flows = {name: by_flow(app, name) for name in ("bulk", "collect")}
        jobs = {"by hand": by_hand(folder / "hand.db"), "in one": by_hand(folder / "one.db", in_one=True), **flows}
        gc.freeze()
        heads = "  ".join(f"{name:>8}  ratio" for name in ("in one", "try", "collect"))
        print(f"{'records':>8}  {'by hand':>8}  {heads}   (CPU µs a record)")
        for size in SIZES:
            best = dict.fromkeys(jobs, float("inf"))
            for _ in range(rounds):
                for name, job in jobs.items():
                    best[name] = min(best[name], await cost(job, size))
            ratios = "  ".join(f"{best[name]:8.2f}  {best[name] / best['by hand']:5.2f}" for name in list(jobs)[1:])
            print(f"{size:>8,}  {best['by hand']:8.2f}  {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(compare(Path(folder), rounds))


if __name__ == "__main__":
    main()
