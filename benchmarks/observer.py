"""What it costs to look on: the bulk job with an observer at every node that does nothing, beside the same without.

    python benchmarks/observer.py [--rounds N] [--records N]

Both run in one process on SQLite files of their own, in turn; the best of the rounds counts, in CPU time: read the
ratio, not the microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

from bulk_upsert import FLOW

from engine import Application, Event


class Nobody:
    """Looks on, and does nothing."""

    def entered(self, node: Any, event: Event) -> None: ...

    def left(self, node: Any, event: Event, failure: BaseException | None) -> None: ...


async def cost(app: Application, flow: str, payload: Any) -> float:
    """CPU seconds of one run."""
    gc.collect()
    before = process_time()
    await app.run(flow, payload)
    return process_time() - before


async def compare(rounds: int, records: int) -> None:
    payload = {"records": [{"id": f"r{number}", "name": f"n{number}", "amount": number} for number in range(records)]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bulk.yaml"
        file.write_text(FLOW)
        urls = [{"db.url": f"sqlite:///{folder}/{name}.db"} for name in ("plain", "observed")]
        plain = Application.load(file, properties=urls[0])
        observed = Application.load(file, properties=urls[1], observers=[Nobody()])
        async with plain, observed:
            for flow in ("bulk", "collect"):
                times = [(await cost(plain, flow, payload), await cost(observed, flow, payload)) for _ in range(rounds)]
                alone, watched = (min(each) for each in zip(*times, strict=True))
                costs = f"{alone / records * 1e6:6.2f} us a record, observed {watched / records * 1e6:6.2f}"
                print(f"{flow:8} {costs}, ratio {watched / alone:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--records", type=int, default=1_000)
    arguments = parser.parse_args()
    asyncio.run(compare(arguments.rounds, arguments.records))


if __name__ == "__main__":
    main()
