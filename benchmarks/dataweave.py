"""What expressions in DataWeave cost beside the same in JMESPath: the bulk job, once in each language.

    python benchmarks/dataweave.py [--rounds N] [--records N]

Both run in one process on SQLite files of their own, in turn; the best of the rounds counts, in CPU time: read the
ratio, not the microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

from observer import cost

from engine import Application

FLOW = """
{language}
configs:
  Db:
    db:config:
      url: "${{db.url}}"
      initScript: CREATE TABLE IF NOT EXISTS r(id TEXT PRIMARY KEY, n REAL CHECK (n >= 0))
flows:
  mirror:
    steps:
      - set-variable: {{variableName: results, value: []}}
      - foreach:
          collection: "#[payload.records]"
          steps:
            - try:
                steps:
                  - db:insert:
                      config-ref: Db
                      sql: INSERT INTO r(id, n) VALUES(:id, :n) ON CONFLICT(id) DO UPDATE SET n = excluded.n
                      input-parameters: "#[{given}]"
                      target: done
                  - set-variable: {{variableName: results, value: "#[{succeeded}]"}}
                error-handler:
                  - on-error-continue:
                      logException: false
                      steps: [{{set-variable: {{variableName: results, value: "#[{failed}]"}}}}]
      - set-payload: {{value: "#[{answer}]"}}
"""
LANGUAGES = {
    "jmespath": {
        "language": "",
        "given": "{id: payload.id, n: payload.amount}",
        "succeeded": "append(vars.results, {id: payload.id, status: `200`, message: 'Success'})",
        "failed": "append(vars.results, {id: payload.id, status: `422`, message: error.description})",
        "answer": "{total: length(vars.results), succeeded: length(vars.results[?status == `200`]),"
        " failed: length(vars.results[?status != `200`]), results: vars.results}",
    },
    "dataweave": {
        "language": "expression-language: dataweave",
        "given": "{id: payload.id, n: payload.amount}",
        "succeeded": "vars.results ++ [{id: payload.id, status: 200, message: 'Success'}]",
        "failed": "vars.results ++ [{id: payload.id, status: 422, message: error.description}]",
        "answer": "{total: sizeOf(vars.results), succeeded: sizeOf(vars.results filter ($.status == 200)),"
        " failed: sizeOf(vars.results filter ($.status != 200)), results: vars.results}",
    },
}


async def compare(rounds: int, records: int) -> None:
    payload = {"records": [{"id": f"r{number}", "amount": number % 10 - 1} for number in range(records)]}
    with tempfile.TemporaryDirectory() as folder:
        apps = [_load(Path(folder), name) for name in LANGUAGES]
        async with apps[0], apps[1]:
            times = [[await cost(app, "mirror", payload) for app in apps] for _ in range(rounds)]
    ours, theirs = (min(each) / records * 1e6 for each in zip(*times, strict=True))
    print(f"{ours:.2f} us a record in JMESPath, {theirs:.2f} in DataWeave, ratio {theirs / ours:.2f}")


def _load(folder: Path, language: str) -> Any:
    file = folder / f"{language}.yaml"
    file.write_text(FLOW.format(**LANGUAGES[language]))
    return Application.load(file, properties={"db.url": f"sqlite:///{folder}/{language}.db"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--records", type=int, default=100)
    arguments = parser.parse_args()
    asyncio.run(compare(arguments.rounds, arguments.records))


if __name__ == "__main__":
    main()
