"""`engine eval`: one expression, or a prompt for many."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
from pydantic_core import PydanticCustomError

from engine.core.errors import FlowError
from engine.core.event import Event
from engine.core.expression import ROOTS, Expression
from engine.core.media import read_json
from engine.core.mistake import mistakes_of
from engine.expressions import source_of
from engine.expressions.functions import FUNCTIONS
from engine.expressions.writing import encode

HISTORY = Path("~/.engine_history").expanduser()
PROMPT = "#> "
WIDEST_CARET = 200


def make_event(payload: bytes | None, variables: str | None) -> Event:
    """The event that the expressions see. Raises ValueError for what is no JSON."""
    vars_read = read_json(variables.encode()) if variables else {}
    if not isinstance(vars_read, Mapping):
        raise ValueError("the variables are no map")
    return Event(payload=read_json(payload) if payload and payload.strip() else None, vars=dict(vars_read))


def evaluate(text: str, event: Event, *, source: bool) -> int:
    """Print the value of an expression as JSON, or its generated Python; the exit code."""
    try:
        expression = Expression(text)
        click.echo(source_of(expression.evaluate) if source else _shown(expression.evaluate(event)))
    except PydanticCustomError as error:
        for line in _explained(text, error):
            click.echo(line, err=True)
        return 1
    except FlowError as error:
        click.echo(f"{error.type}: {error.description}", err=True)
        return 1
    return 0


def _shown(value: Any) -> str:
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


def prompt(event: Event) -> None:
    """Read expressions until Ctrl-D, with history and completion of roots and functions."""
    readline = _line_editor()
    while True:
        try:
            text = input(PROMPT).strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            break
        if text:
            evaluate(text, event, source=False)
    if readline is not None:
        with contextlib.suppress(OSError):
            readline.write_history_file(HISTORY)


def _line_editor() -> Any:
    """Python's readline with our completion; None where the platform has none."""
    try:
        import readline
    except ImportError:
        return None
    with contextlib.suppress(OSError):
        readline.read_history_file(HISTORY)
    readline.set_completer_delims(" .,()[]{}|&!<>=+-*/%?:'\"`")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    return readline


def complete(text: str, state: int) -> str | None:
    """The name number `state` that begins with the text: a root or a function."""
    names = [name for name in (*ROOTS, *(f"{name}(" for name in FUNCTIONS)) if name.startswith(text)]
    return names[state] if state < len(names) else None
