"""`engine eval`: one expression, or a prompt for many."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import msgspec
from pydantic_core import PydanticCustomError

from engine.core.errors import FlowError
from engine.core.event import Event
from engine.core.expression import Expression
from engine.core.mistake import mistakes_of
from engine.core.reader import ROOTS, Reach
from engine.expressions import source_of
from engine.expressions.writing import encode
from engine.tools.manual import all_functions

HISTORY = Path("~/.engine_history").expanduser()
PROMPT = "#> "
WIDEST_CARET = 200


@cache
def _scope() -> Reach:
    """What expressions may call: installed functions too; p finds no property, resource no file, lookup no flow."""
    try:
        return Reach(functions=all_functions(), warn=lambda mistake: click.echo(f"warning: {mistake}", err=True))
    except ValueError as error:  # an installed package with functions that is broken
        raise click.ClickException(str(error)) from None


def evaluate(text: str, event: Event, *, source: bool) -> int:
    """Print the value of an expression as JSON, or its generated Python; the exit code."""
    try:
        expression = Expression(text, _scope())
        click.echo(source_of(expression.evaluate) if source else _shown(expression.evaluate(event)))
    except PydanticCustomError as error:
        for line in _explained(text, error):
            click.echo(line, err=True)
        return 1
    except FlowError as error:
        click.echo(f"{error.type}: {error.detailed_description}", err=True)
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
    """Read expressions until Ctrl-D, with history and completion of roots and functions; Ctrl-C drops a line."""
    is_terminal = sys.stdin.isatty()
    readline = _line_editor() if is_terminal else None
    while True:
        try:
            text = input(PROMPT if is_terminal else "").strip()
            if text:
                evaluate(text, event, source=False)
        except KeyboardInterrupt:
            click.echo()
        except EOFError:
            break
    if is_terminal:
        click.echo()
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
    names = [name for name in (*ROOTS, *(f"{name}(" for name in _scope().functions)) if name.startswith(text)]
    return names[state] if state < len(names) else None
