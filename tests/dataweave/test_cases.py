"""Scripts with their inputs and outputs, feature by feature: what Mule made of them stands in `cases`.

A case is a line: name, script, inputs by name with media type and text, and the output; null if the script must fail.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from engine import dataweave
from engine.expressions.errors import EvaluationError, ExpressionSyntaxError

FILES = sorted(Path(__file__).with_name("cases").glob("*.jsonl"))
CASES = [json.loads(line) for file in FILES for line in file.read_text("utf-8").splitlines()]


def run(case: dict[str, Any]) -> tuple[str, str]:
    """Return the output of a case and its media type."""
    inputs = {name: (each["text"].encode(), each["mime"]) for name, each in case["inputs"].items()}
    output, media_type = dataweave.run(case["script"], inputs)
    return output.decode("utf-8", "replace"), media_type.partition(";")[0]


def read(text: str, media_type: str) -> Any:
    """Return an output without the white space between its parts."""
    if media_type == "application/json":
        return json.loads(text, object_pairs_hook=tuple, parse_float=_number, parse_int=_number)
    if media_type == "application/xml":
        return _element(ElementTree.fromstring(text))  # noqa: S314  # it is our own
    return re.sub(r"\s+", " ", text.strip()) if media_type == "application/dw" else text


def _number(text: str) -> Decimal:
    return Decimal(text).normalize()


def _element(element: ElementTree.Element) -> Any:
    texts = [(each or "").strip() for each in (element.text, *(child.tail for child in element))]
    return element.tag, sorted(element.attrib.items()), texts, [_element(child) for child in element]


@pytest.mark.parametrize("case", [pytest.param(each, id=each["name"]) for each in CASES if each["output"]])
def test_a_script_has_the_output_that_mule_gives(case: dict[str, Any]) -> None:
    text, media_type = run(case)
    assert media_type == case["output"]["mime"].partition(";")[0]
    assert read(text, media_type) == read(case["output"]["text"], media_type)


@pytest.mark.parametrize("case", [pytest.param(each, id=each["name"]) for each in CASES if not each["output"]])
def test_a_script_fails_as_in_mule(case: dict[str, Any]) -> None:
    with pytest.raises((EvaluationError, ExpressionSyntaxError)):
        run(case)
