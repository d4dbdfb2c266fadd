"""The expression language keeps JMESPath's own compliance cases.

They are https://github.com/jmespath/jmespath.test: each has a result or an error, but six that measure
time, and must run. The environment variable JMESPATH_COMPLIANCE names the folder of its JSON files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.expressions import EvaluationError, ExpressionSyntaxError, settle
from engine.expressions.jmespath import compile_tree, parse

BESIDE = Path(__file__).parents[2] / "shared" / "compliance" / "jmespath"
FOLDER = Path(os.environ.get("JMESPATH_COMPLIANCE", BESIDE))
NONE = pytest.mark.skip(reason=f"no JMESPath compliance cases in {FOLDER}; set JMESPATH_COMPLIANCE")


def cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.json")):
        for number, group in enumerate(json.loads(file.read_text(encoding="utf-8"))):
            for case in group["cases"]:
                yield pytest.param(group["given"], case, id=f"{file.stem}-{number}: {case['expression']}")


FOUND = list(cases())
CASES = FOUND or [pytest.param(None, {}, marks=NONE)]


def evaluate(expression: str, given: Any) -> Any:
    tree, _ = parse(expression)
    return settle(compile_tree(tree)(given))


@pytest.mark.parametrize(("given", "case"), CASES)
def test_case(given: Any, case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises((ExpressionSyntaxError, EvaluationError)):
            evaluate(case["expression"], given)
    else:
        result = evaluate(case["expression"], given)
        assert result == case.get("result", result)


@pytest.mark.skipif(not FOUND, reason=NONE.kwargs["reason"])
def test_all_cases_are_there() -> None:
    assert len(FOUND) >= 908
