"""What a new scope and a new function take part in: docs/extending.md. Who forgets a point is told here, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from inspect import getdoc
from pathlib import Path

import pytest
from functions.costs import shapes_of

from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Function
from engine.loading.catalog import discover
from engine.parameters.element import Element
from engine.steps.chain import Chain
from engine.steps.processor import Processor

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text()
LANGUAGE = (ROOT / "docs" / "language.md").read_text()
AFTER = LANGUAGE.partition("## What holds after each scope")[2].partition("\n## ")[0]
CONFORMANCE = "\n".join(file.read_text() for file in sorted((ROOT / "tests" / "conformance").glob("*.yaml")))
TELLING = {"message_after", "variables_after", "always_enters", "repeats", "passes_by", "assigns"}
ALIKE = {
    "validation:all": "validation",
    "validation:any": "validation",
    "async": "async",
    "tracing:with-correlation-id": "",
}
"""Scopes that the table has under another name, or that leave everything as it was."""


def holds_steps(element: type[Element]) -> bool:
    """Whether a field of an element has steps, at any depth."""
    fields = element.__pydantic_fields__.values()  # type: ignore[attr-defined]  # pydantic adds it
    return any(_has_chain(field.annotation) for field in fields)


def _has_chain(annotation: object) -> bool:
    if annotation is Chain:
        return True
    inner = getattr(annotation, "__pydantic_fields__", None)
    if inner is not None and not issubclass(annotation, Element):  # type: ignore[arg-type]  # it has fields
        return any(_has_chain(field.annotation) for field in inner.values())
    return any(_has_chain(each) for each in getattr(annotation, "__args__", ()))


SCOPES: Mapping[str, type[Processor]] = {
    name: element for name, element in discover().elements() if issubclass(element, Processor) and holds_steps(element)
}


def _tells(cls: type[Processor]) -> bool:
    ours = [base for base in cls.__mro__ if issubclass(base, Processor) and base is not Processor]
    return any(TELLING & set(vars(base)) for base in ours)


def _says_what_it_becomes(cls: type[Processor]) -> bool:
    return cls.run is not Processor.run or cls.code is not Processor.code


SCOPE_POINTS: dict[str, Callable[[str, type[Processor]], object]] = {
    "after": lambda name, cls: _tells(cls),
    "page": lambda name, cls: ALIKE.get(name, name) in AFTER,
    "cases": lambda name, cls: re.search(rf"\b{re.escape(name)}: ", CONFORMANCE),
    "manual": lambda name, cls: "Example:" in (getdoc(cls) or ""),
    "effects": lambda name, cls: _says_what_it_becomes(cls),
}
FUNCTION_POINTS: dict[str, Callable[[Function], object]] = {
    "examples": lambda function: "→" in (getdoc(function.call) or ""),
    "types": lambda function: all(_is_tried(function, position) for position in range(len(function.parameters))),
    "shape": lambda function: function.shape_of([{}] * len(function.parameters)) or _has_no_schema(function),
}


def _is_tried(function: Function, position: int) -> bool:
    """Whether there are hostile values for an argument; those of an expression are its own."""
    parameter = function.parameters[position]
    return parameter.is_expression or parameter.is_lazy or bool(shapes_of(function, position))


def _has_no_schema(function: Function) -> bool:
    """Whether the result may be anything, or is what JSON has no type for."""
    result = str(function.call.__annotations__.get("return", "nothing"))
    return "Any" in result or "bytes" in result


def test_the_page_names_all_points() -> None:
    scopes, functions = PAGE.partition("## A function")[::2]
    points = re.compile(r"^- \*\*(\w+)\*\*:", re.MULTILINE)
    assert points.findall(scopes) == list(SCOPE_POINTS)
    assert points.findall(functions) == list(FUNCTION_POINTS)


@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_takes_part(name: str) -> None:
    missing = [point for point, is_there in SCOPE_POINTS.items() if not is_there(name, SCOPES[name])]
    assert missing == [], f'{name} lacks {", ".join(missing)}: docs/extending.md, "A scope", says what these are'


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_takes_part(name: str) -> None:
    missing = [point for point, is_there in FUNCTION_POINTS.items() if not is_there(FUNCTIONS[name])]
    assert missing == [], f'{name}() lacks {", ".join(missing)}: docs/extending.md, "A function", says what these are'
