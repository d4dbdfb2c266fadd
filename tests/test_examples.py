"""The example of every element runs, and every element has a manual."""

from __future__ import annotations

import asyncio

import pytest

from engine.loading.catalog import discover
from engine.manual.pages import descriptions, example, page, prose
from engine.parameters.element import Element
from engine.steps.scope import Scope
from engine.testing.examples import run_case
from engine.values.errors import ANY, TIMEOUT

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


TREE = {
    "ANY": "TRANSFORMATION EXPRESSION VALIDATION REDELIVERY_EXHAUSTED CONNECTIVITY ROUTING TRANSACTION TIMEOUT "
    "SECURITY STREAM_MAXIMUM_SIZE_EXCEEDED UNKNOWN",
    "VALIDATION": "DUPLICATE_MESSAGE VALIDATION:VALIDATION JSON:SCHEMA_NOT_HONOURED",
    "CONNECTIVITY": "RETRY_EXHAUSTED CIRCUIT_OPEN DB:CONNECTIVITY HTTP:CONNECTIVITY OS:CONNECTIVITY VM:CONNECTIVITY",
    "RETRY_EXHAUSTED": "DB:RETRY_EXHAUSTED HTTP:RETRY_EXHAUSTED OS:RETRY_EXHAUSTED VM:RETRY_EXHAUSTED",
    "ROUTING": "COMPOSITE_ROUTING",
    "SECURITY": "CLIENT_SECURITY SERVER_SECURITY HTTP:SECURITY",
    "SERVER_SECURITY": "NOT_PERMITTED HTTP:SERVER_SECURITY",
    "CLIENT_SECURITY": "HTTP:CLIENT_SECURITY",
    "CRITICAL": "OVERLOAD",
    "OVERLOAD": "FLOW_BACK_PRESSURE",
    "DB:CONNECTIVITY": "DB:INVALID_CREDENTIALS DB:INVALID_DATABASE DB:CANNOT_REACH",
    "HTTP:CLIENT_SECURITY": "HTTP:UNAUTHORIZED HTTP:FORBIDDEN",
    "HTTP:SERVER_SECURITY": "HTTP:BASIC_AUTHENTICATION",
    "VALIDATION:VALIDATION": "VALIDATION:NULL VALIDATION:INVALID_EMAIL VALIDATION:BLANK_STRING VALIDATION:MISMATCH "
    "VALIDATION:INVALID_SIZE VALIDATION:MULTIPLE",
}


@pytest.mark.parametrize(
    ("parent", "child"), [(parent, child) for parent, children in TREE.items() for child in children.split()]
)
def test_error_types_are_the_tree_of_the_language(parent: str, child: str) -> None:
    known = CATALOG.error_types()
    names = (name if ":" in name else f"MULE:{name}" for name in (parent, child))
    above, below = (known[name] for name in names)
    assert below.parent == above


@pytest.mark.parametrize(("name", "element"), ELEMENTS, ids=[name for name, _ in ELEMENTS])
def test_declared_error_types_stand_in_the_manual(name: str, element: type[Element]) -> None:
    if issubclass(element, Scope) and element.bounded is Scope.bounded:
        assert TIMEOUT in element.raises
    assert all(each.is_critical or each.lineage[-1] == ANY for each in element.raises)
    assert all(f"  {each}" in page(name, element).split("Raises:")[1] for each in element.raises)
