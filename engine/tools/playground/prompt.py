"""`engine eval` without an expression: a prompt for many, and for the event that they see."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace
from pydantic_core import PydanticCustomError

from engine.expressions.suggestion import did_you_mean
from engine.parameters.files import read_file
from engine.tools.entering import read
from engine.tools.evaluating import evaluate, scope, shown, tell, value_of
from engine.tools.playground.completing import DELIMITERS, completer
from engine.values.errors import FlowError
from engine.values.event import Event

HISTORY = Path("~/.engine_history").expanduser()
MOST_LINES = 1000
"""How many lines the history keeps."""

PROMPT = "#> "
HELP = """\
  payload.items[?price > 5].name   an expression: its value is printed as JSON
  payload = {"a": 1}               what is the payload from now on: JSON, or an expression
  vars.x = upper('a')              the same of a variable; vars = … and attributes = … of all
  payload = < FILE                 the JSON in a file
  :payload  :vars  :attributes     what they are now; with a value behind, what they are from now on
  :help NAME                       the manual page of a function
  :help                            this; the functions are listed by `engine functions`
Tab completes names and fields, the arrows go through what was typed before, Ctrl-C drops a line, Ctrl-D ends."""

SETTING = re.compile(
    r"(?::(?P<command>payload|attributes|vars)(?:\.(?P<of>\w+))?\s+|"
    r"(?P<root>payload|attributes|vars)(?:\.(?P<name>\w+))?\s*=(?!=)\s*)(?P<value>.*)",
    re.DOTALL,
)
SHOWING = re.compile(r":(?P<shown>(?:payload|attributes|vars)(?:\.\w+)?)")
ASKING = re.compile(r"(?:help|\?|:help)(?:\s+(?P<name>\w+)(?:\(.*)?)?")
COMMAND = re.compile(r":\S*")


class Prompt:
    """The typed lines, one by one, and the event that they see."""

    commands: tuple[str, ...] = (":payload", ":vars", ":attributes", ":help")
    help = HELP

    def __init__(self, event: Event, hide: Callable[[str], str] = str) -> None:
        """hide: returns a text without secrets."""
        self.event = event
        self._hide = hide

    @property
    def sign(self) -> str:
        """The text before a line at a terminal."""
        return PROMPT

    def take(self, line: str) -> None:
        """Execute a line: print a value or a manual page, or set the event for expressions."""
        if asked := ASKING.fullmatch(line):
            self._help(asked["name"])
        elif setting := SETTING.fullmatch(line):
            self._set(setting["command"] or setting["root"], setting["of"] or setting["name"], setting["value"])
        elif showing := SHOWING.fullmatch(line):
            self._show(showing["shown"])
        elif command := COMMAND.match(line):
            self._do(command[0])
        elif line:
            evaluate(line, self.event, source=False, hide=self._hide)

    def _do(self, command: str) -> None:
        """Execute a command that begins with a colon."""
        close = did_you_mean(command, self.commands)
        instead = f"did you mean '{close}'?" if close else f"there are {', '.join(self.commands)}"
        click.echo(f"there is no command '{command}'; {instead}", err=True)

    def _show(self, name: str) -> None:
        root, _, of = name.partition(".")
        value = getattr(self.event, root)
        click.echo(self._hide(shown(value.get(of) if of and isinstance(value, Mapping) else value)))

    def _help(self, name: str | None) -> None:
        from engine.manual.pages import function_page

        functions = scope().functions
        if name is None:
            click.echo(self.help)
        elif name in functions:
            click.echo(function_page(functions[name]))
        else:
            close = did_you_mean(name, functions)
            click.echo(f"there is no function '{name}'" + (f"; did you mean '{close}'?" if close else ""), err=True)

    def _set(self, root: str, name: str | None, text: str) -> None:
        if root == "payload" and name is not None:
            return click.echo("payload is set as a whole: payload = …", err=True)
        try:
            value = self._value(text)
        except (PydanticCustomError, FlowError) as error:
            return tell(text, error, self._hide)
        except ValueError as error:
            return click.echo(str(error), err=True)
        if name is not None:
            value = {**getattr(self.event, root), name: value}
        elif root != "payload" and not isinstance(value, Mapping):
            return click.echo(f'{root} is a map: {root} = {{"name": "value"}}', err=True)
        self.event = replace(self.event, **{root: value})

    def _value(self, text: str) -> Any:
        """Return the value of JSON, an expression, or a file. Raise ValueError for people, or an evaluation error."""
        if text.startswith("<"):
            return read("the file", _content(text[1:].strip()))
        try:
            return read("the value", text.encode("utf-8", "surrogateescape"))
        except ValueError:
            return value_of(text, self.event)


def _content(name: str) -> bytes:
    try:
        return read_file(Path(name).expanduser())
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have that name"
        raise ValueError(f"'{name}' cannot be read: {reason}") from None


def converse(prompt: Prompt) -> None:
    """Read lines until Ctrl-D, with history and completion; Ctrl-C drops a line."""
    is_terminal = sys.stdin.isatty()
    readline = _line_editor(prompt) if is_terminal else None
    if is_terminal:
        click.echo(":help tells what can be typed; Ctrl-D ends")
    _read_all(prompt.take, lambda: prompt.sign if is_terminal else "")
    if is_terminal:
        click.echo()
    if readline is not None:
        with contextlib.suppress(OSError):
            readline.set_history_length(MOST_LINES)
            readline.write_history_file(HISTORY)


def _read_all(take: Callable[[str], None], sign: Callable[[], str]) -> None:
    while True:
        try:
            take(input(sign()).strip())
        except KeyboardInterrupt:
            click.echo()
        except EOFError:
            break


def _line_editor(prompt: Prompt) -> Any:
    """Return Python's readline with our completion; None if the platform has none."""
    try:
        import readline
    except ImportError:
        return None
    with contextlib.suppress(OSError):
        readline.read_history_file(HISTORY)
    readline.set_completer_delims(DELIMITERS)
    before = lambda: readline.get_line_buffer()[: readline.get_endidx()].lstrip()  # noqa: E731
    readline.set_completer(completer(prompt.commands, lambda: prompt.event, before))
    readline.parse_and_bind("tab: complete")
    return readline
