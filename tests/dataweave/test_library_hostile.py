"""Values that ask for too much: a clear error or a result, never another exception."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import dataweave
from engine.expressions.budget import current_budget, one_evaluation
from engine.expressions.dataweave import library
from engine.expressions.dataweave.library.declaring import Builtin
from engine.expressions.dataweave.values.annotated import annotate
from engine.expressions.dataweave.values.functions import PER_TRIAL, Function
from engine.expressions.dataweave.values.objects import Key, Namespace, Pairs
from engine.expressions.dataweave.values.regexes import Regex
from engine.expressions.dataweave.values.times.periods import Period
from engine.expressions.dataweave.values.types import simple
from engine.expressions.errors import EvaluationError

CASES = [json.loads(line) for line in Path(__file__).with_name("hostile.jsonl").read_text("utf-8").splitlines()]
MODULES = (
    "dw::Crypto", "dw::xml::Dtd", "dw::core::Strings", "dw::core::Arrays", "dw::core::Binaries", "dw::core::Numbers",
    "dw::core::URL", "dw::util::Values", "dw::util::Tree", "dw::Runtime", "dw::util::Coercions", "dw::util::Diff",
    "dw::core::Periods", "dw::core::Dates",
)  # fmt: skip
HEADER = "".join(f"import * from {module}\n" for module in MODULES)
HEADER += "import form, field from dw::module::Multipart\noutput application/json\n---\n"


@pytest.mark.parametrize("case", [case for case in CASES if case["fails"]], ids=lambda case: case["script"][:60])
def test_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(EvaluationError):
        dataweave.run(HEADER + case["script"], {})


@pytest.mark.parametrize("case", [case for case in CASES if not case["fails"]], ids=lambda case: case["script"][:60])
def test_has_a_result(case: dict[str, str]) -> None:
    assert dataweave.run(HEADER + case["script"], {})


@pytest.mark.reaches("LONGEST_SEARCH")
def test_a_regular_expression_that_explodes_is_stopped() -> None:
    with pytest.raises(EvaluationError, match="takes too long on this text"):
        dataweave.run('("a" replace /a/ with "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") matches /(a|aa)+\\1b/', {})


def test_messages_hold_no_values() -> None:
    for script in ('"secret" as Number', '"secret" + 1', 'upper(["secret"])', '"secret" as Date {format: "yyyy"}'):
        with pytest.raises(EvaluationError) as caught:
            dataweave.run(f'var x = read("{{}}", "application/json") --- {script}', {})
        assert "secret" not in str(caught.value)


VALUES: list[Any] = [
    None, True, 0, -1, 7, 10**30, -(2**4000), Decimal("1.5"), Decimal("1E+900"), Decimal("1E-900"), Decimal("NaN"),
    float("inf"), 1.5, "", "a", "12", "2020-01-01", "10:00:00", "2020-01-01T10:00:00Z", "P1D", "\ud800", "é😀", "(",
    [], [1, 2, 3], ["b", "a"], [None], [{"a": 1}, {"a": None}], [[1, 2], [3]], range(10**12), {}, {"a": {"b": [1]}},
    Pairs([("a", 1), ("a", 2)]), Pairs([(Key("k", Namespace("p", "u"), {"x": 1}), None)]), Key("k"), date(1, 1, 1),
    date(9999, 12, 31), datetime(2020, 1, 1), datetime(9999, 12, 31, 23, 59, tzinfo=UTC), time(10), UTC,
    ZoneInfo("Europe/Paris"), Period(1, 2, 3), Period(nanos=10**18), Period(years=10**17), b"ab\xff", Regex("(a)(b)?"),
    Regex("("), simple("String"), Namespace("p", "u"), Function("f", 1, lambda value: value),
    Function("h", 0, lambda: 1),
    Function("g", 2, lambda left, right: right), annotate("x", {"format": "y"}), {"kind": "Object", "selector": "a"},
    {"success": True, "result": 1}, [{"format": "yyyy"}],
]  # fmt: skip
FUNCTIONS = [
    value
    for module in library.modules()
    for name, value in library.table(module).items()
    if isinstance(value, Builtin) and name not in ("read", "write", "readUrl")
]


@pytest.mark.parametrize("seed", range(4))
def test_any_function_of_any_values(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # no secret is made of it
    for _ in range(1_500):
        function = chance.choice(FUNCTIONS)
        arguments = chance.choices(VALUES, k=chance.randint(function.least, function.arity))
        with suppress(EvaluationError), one_evaluation():
            function.call(*arguments)


def test_values_of_the_wrong_type_cost_what_their_conversions_cost() -> None:
    """A loop of them would last for minutes otherwise."""
    call = dataweave.compile("output application/java --- (1 to 100) map (payload - $)", ["payload"]).evaluate
    with one_evaluation():
        before = current_budget().spent
        call({"payload": 1})
        plain = current_budget().spent
        call({"payload": datetime(2024, 1, 1, tzinfo=UTC)})
        assert current_budget().spent - plain > plain - before + 100 * PER_TRIAL
