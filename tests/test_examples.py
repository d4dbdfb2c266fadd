"""The example of every element runs, and every element has a manual."""

from __future__ import annotations

import asyncio

import pytest

from engine.core.element import Element
from engine.loading.catalog import discover
from engine.testing.examples import run_case
from engine.tools.manual import descriptions, example, page, prose

CATALOG = discover()
ELEMENTS = list(CATALOG.elements())


@pytest.mark.parametrize(("name", "element"), ELEMENTS, ids=[name for name, _ in ELEMENTS])
def test_example_runs(name: str, element: type[Element]) -> None:
    assert asyncio.run(run_case(example(element), CATALOG, name)) == []


@pytest.mark.parametrize(("name", "element"), ELEMENTS, ids=[name for name, _ in ELEMENTS])
def test_manual_is_complete(name: str, element: type[Element]) -> None:
    assert prose(element)
    assert set(element.__pydantic_fields__) <= set(descriptions(element))  # type: ignore[attr-defined]
    assert name in page(name, element)
