"""Values that ask for too much: a clear error or a result, never another exception."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import dataweave
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
