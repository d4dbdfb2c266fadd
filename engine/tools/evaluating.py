"""`engine eval`: one expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import click
import msgspec
from pydantic_core import PydanticCustomError

from engine.expressions.errors import EvaluationError, ExpressionSyntaxError
from engine.expressions.jmespath import source_of
from engine.expressions.writing import encode
from engine.manual.pages import all_functions
from engine.parameters.expression import Expression
from engine.parameters.mistake import mistakes_of
from engine.parameters.reader import Reach
from engine.tools.logs.lines import printable_lines
from engine.values.errors import FlowError
from engine.values.event import Event

WIDEST_CARET = 200


@cache
def scope() -> Reach:
    """Return the functions for expressions, also installed ones; p, resource and lookup find nothing."""
    try:
        return Reach(functions=all_functions(), warn=lambda mistake: click.echo(f"warning: {mistake}", err=True))
    except ValueError as error:  # an installed package with functions that is broken
        raise click.ClickException(str(error)) from None


def evaluate(text: str, event: Event, *, source: bool, hide: Callable[[str], str] = str) -> int:
    """Print the value of an expression as JSON, or its generated Python; return the exit code.

    hide: returns a text without secrets.
    """
    try:
        expression = Expression(text, scope())
        click.echo(source_of(expression.evaluate) if source else hide(shown(expression.evaluate(event))))
    except (PydanticCustomError, FlowError) as error:
        tell(text, error, hide)
        return 1
    return 0


def value_of(text: str, event: Event) -> Any:
    """Return the value of an expression. Raise FlowError, or the error of one that cannot be compiled."""
    return Expression(text, scope()).evaluate(event)


def tell(text: str, error: PydanticCustomError | FlowError, hide: Callable[[str], str] = str) -> None:
    """Print the mistake in an expression, or the error of its evaluation. hide: returns a text without secrets."""
    if isinstance(error, FlowError):
        click.echo(printable_lines(hide(f"{error.type}: {error.detailed_description}")), err=True)
        return
    for line in _explained(text, error):
        click.echo(line, err=True)


def shown(value: Any) -> str:
    try:
        return msgspec.json.format(encode(value), indent=2).decode()
    except (NotImplementedError, ValueError, RecursionError):
        return repr(value)


def _explained(text: str, error: PydanticCustomError) -> Iterator[str]:
    for mistake in mistakes_of(error):
        if mistake.offset <= WIDEST_CARET:
            yield f"  {text}"
            yield f"  {' ' * mistake.offset}^"
        yield str(mistake)


def evaluate_script(text: str, given: Mapping[str, Any], *, source: bool) -> int:
    """Print what a script in DataWeave writes, or its generated Python; return the exit code.

    given: the inputs by name: values, or bytes with a media type.
    """
    from engine import dataweave

    try:
        script = dataweave.compile(text, given)
        click.echo(script.source if source else script.run(given)[0])
    except ExpressionSyntaxError as error:
        _tell_place(text, error.offset)
        told = (error.found, error.expected and f"expected {error.expected}", error.write and f"write {error.write}")
        click.echo("; ".join(part for part in told if part), err=True)
        return 1
    except EvaluationError as error:
        offset = getattr(error, "offset", None)
        if offset is not None:
            _tell_place(text, offset)
        click.echo(f"MULE:EXPRESSION: {printable_lines(str(error))}", err=True)
        return 1
    return 0


def _tell_place(text: str, offset: int) -> None:
    """Print the line of a script, with a mark below the place in it."""
    before = text[:offset]
    number, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1
    if column <= WIDEST_CARET:
        click.echo(f"  {text.splitlines()[number - 1] if text else ''}\n  {' ' * column}^", err=True)
    click.echo(f"line {number}, column {column + 1}", err=True)
