"""Nothing is left to the garbage collector: what a request made is gone when it is answered."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import Application, Event

FLOW = """
flows:
  bulk:
    steps:
      - foreach:
          steps:
            - try:
                steps:
                  - validation:is-not-null: {value: "#[payload.id]"}
                  - db:insert: {config-ref: DB, sql: INSERT INTO t VALUES(:id), input-parameters: "#[payload]"}
                error-handler:
                  - on-error-propagate: {type: "DB:CONNECTIVITY"}
                  - on-error-continue:
                      logException: false
                      steps: [{set-variable: {variableName: e, value: "#[error]"}}]
            - remove-variable: {variableName: e}
configs:
  DB: {db:config: {url: "sqlite://", initScript: "CREATE TABLE t(id INTEGER PRIMARY KEY)"}}
"""


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """What only the garbage collector could free of all that was made inside, by type."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        found.update(type(each).__name__ for each in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def test_records_that_fail_leave_no_circles(tmp_path: Path) -> None:
    async def run() -> Counter[str]:
        async with Application.load(tmp_path) as app:
            flow, records = app.flows["bulk"], [{"id": 1}, {"id": 1}, {}, {"id": 2}]
            await flow.run(Event(payload=records))
            with garbage() as found:
                await flow.run(Event(payload=records))
            return found

    (tmp_path / "flow.yaml").write_text(FLOW)
    assert asyncio.run(run()) == {}
