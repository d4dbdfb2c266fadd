"""Elements that are made in Python, outside of any file: nobody is there whom their parameters could ask."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from engine.parameters.element import Parameters, prepared
from engine.steps.chain import Chain
from engine.steps.error_handler import ErrorHandler
from engine.steps.flow_link import FlowLink
from engine.testing.staged.doubles import Raised
from engine.values.errors import error_type
from processors.core.flow_ref import FlowRef
from processors.core.foreach import Foreach
from processors.core.logger import Logger
from processors.core.raise_error import RaiseError
from processors.core.try_ import Try
from processors.db.select import Select

LOGGER = Logger(message="hi")


def test_steps_are_those_that_are_given() -> None:
    assert [step.processor for step in Foreach(steps=[LOGGER]).steps.steps] == [LOGGER]  # type: ignore[arg-type]
    chain = Chain([LOGGER])
    assert Foreach(steps=chain).steps is chain


def test_a_handler_that_is_left_out_takes_nothing() -> None:
    assert Try(steps=Chain()).error_handler.handlers == ()


@pytest.mark.parametrize("steps", ["logger", [1], {"logger": {}}])
def test_what_is_no_steps(steps: Any) -> None:
    with pytest.raises(ValidationError, match="expected Chain, or a list of Processor"):
        Foreach(steps=steps)


def test_what_is_no_handler() -> None:
    with pytest.raises(ValidationError, match="expected ErrorHandler, or a list of OnError"):
        Try(steps=Chain(), **{"error-handler": [LOGGER]})  # type: ignore[arg-type]


def test_names_are_looked_up_nowhere() -> None:
    assert FlowRef(name="later").name.static_target() is None  # type: ignore[arg-type]
    assert FlowRef(name=FlowLink.to(Chain())).name.static_target() is not None
    assert RaiseError(type="SHOP:CLOSED").type == error_type("SHOP:CLOSED")  # type: ignore[arg-type]
    assert Raised(type="SHOP:CLOSED").type.raised() == error_type("SHOP:CLOSED")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="is not a config; expected the name of a Config"):
        Select(sql="SELECT 1", **{"config-ref": "Books"})  # type: ignore[arg-type]
    assert ErrorHandler().handlers == ()


class Doubled(Parameters):
    """A number, and twice as much."""

    number: int
    """It."""

    twice: int = prepared()
    name: str = prepared("nobody")

    def __post_init__(self) -> None:
        self._prepare(twice=2 * self.number)


def test_what_is_prepared_is_no_parameter() -> None:
    assert list(Doubled.__pydantic_fields__) == ["number"]  # type: ignore[attr-defined]
    made = Doubled(number=3)
    assert (made.twice, made.name) == (6, "nobody")
    assert not hasattr(Doubled, "twice")
    with pytest.raises(ValidationError, match="twice"):
        Doubled(number=3, twice=7)  # type: ignore[call-arg]
