"""libyaml's complaints about a file that is not YAML, in words for its author."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, NamedTuple

import yaml

from engine.loading.files.place import Place
from engine.loading.files.quoting import first_value, quoted_at
from engine.parameters.mistake import Mistake

CLOSING = ("]", "}")
FIRST_KEY = re.compile(r"\s*(?:- +)*[\w:.-]*")
"""The text before the colon of the first key of a line."""


class Spot(NamedTuple):
    """A place of our own, as libyaml's marks are."""

    line: int
    column: int


class Trouble(NamedTuple):
    """Where reading stopped, and the beginning of the value that was being read: lines and columns from 0."""

    lines: list[str]
    problem: Any
    context: Any

    def line(self, mark: Any) -> str:
        return self.lines[mark.line] if mark.line < len(self.lines) else ""

    @property
    def character(self) -> str:
        return self.line(self.problem)[self.problem.column : self.problem.column + 1]

    @property
    def before(self) -> str:
        """The line up to the place at which reading stopped."""
        return self.line(self.problem)[: self.problem.column]


class Quotes(Enum):
    """Which text quotes would help: none, the one at the mark, there inside a map or a list, the line's first value."""

    NONE = auto()
    HERE = auto()
    INSIDE = auto()
    AROUND_LINE = auto()


class Finding(NamedTuple):
    """The message, its mark, and the text that quotes would help."""

    mark: Any
    found: str
    expected: str
    quotes: Quotes = Quotes.NONE


def explain(error: yaml.MarkedYAMLError, lines: list[str], place_at: Callable[[Any], Place]) -> Mistake:
    """Return the mistake that made libyaml stop."""
    problem = error.problem_mark or error.context_mark
    if problem is None:
        return Mistake("F101", "a file that is no YAML", "YAML")
    said = f"{error.problem or ''} {error.context or ''}".strip()
    trouble = Trouble(lines, problem, error.context_mark or problem)
    rule = next((rule for pattern, rule in RULES if re.search(pattern, said)), None)
    finding = rule(trouble) if rule else Finding(problem, f"what YAML cannot read ({said})", "YAML")
    line = trouble.line(finding.mark)
    column = first_value(line) if finding.quotes is Quotes.AROUND_LINE else finding.mark.column
    is_inside = finding.quotes is Quotes.INSIDE
    write = quoted_at(line, column, is_inside=is_inside) if finding.quotes is not Quotes.NONE else ""
    return Mistake("F101", finding.found, finding.expected, write, place_at(finding.mark))


def _unclosed_quote(trouble: Trouble) -> Finding:
    return Finding(trouble.context, "a quote that is never closed", "the same quote at the end of the text")


def _unclosed_or_colon(trouble: Trouble) -> Finding:
    """Explain a broken map or list on one line: it is not closed, or a text in it needs quotes."""
    is_later = trouble.problem.line > trouble.context.line
    is_in_text = trouble.character in ("[", "{") and trouble.before[-1:] not in (" ", "-", "")
    if is_later and (not trouble.character or (FIRST_KEY.fullmatch(trouble.before) and not is_in_text)):
        opening = trouble.line(trouble.context)[trouble.context.column]
        closing = "}" if opening == "{" else "]"
        return Finding(trouble.context, f"a '{opening}' that is not closed", f"'{closing}' at its end")
    if trouble.character == ":":
        return _colon_in_text(trouble)
    return Finding(
        trouble.problem,
        f"'{trouble.character}' after the end of a value",
        "',' or quotes around the text",
        Quotes.INSIDE,
    )


def _colon_in_text(trouble: Trouble) -> Finding:
    if FIRST_KEY.fullmatch(trouble.before):
        return _no_colon_above(trouble) or _indentation(trouble)
    found = "': ' inside a text without quotes, which YAML takes for a key and a value"
    return Finding(trouble.problem, found, "the text in quotes", Quotes.HERE)


def _no_colon_above(trouble: Trouble) -> Finding | None:
    """Explain a key without its colon, which YAML continues in the line below."""
    number = next((number for number in range(trouble.problem.line - 1, -1, -1) if trouble.lines[number].strip()), 0)
    line = trouble.lines[number]
    if ":" in line or number == trouble.problem.line:
        return None
    return Finding(Spot(number, _start(line)), "a line that is no 'key: value'", "a ':' after the key")


def _indentation(trouble: Trouble) -> Finding:
    expected = "the line to begin in the same column as the others of its map or list"
    mark = Spot(trouble.problem.line, _start(trouble.before))
    return Finding(mark, "a line whose indentation fits none of those above", expected)


def _start(line: str) -> int:
    return len(line) - len(line.lstrip())


def _after_value(trouble: Trouble) -> Finding:
    if not trouble.before.strip(" -"):
        return _indentation(trouble)
    if trouble.character in CLOSING:
        return Finding(trouble.problem, f"a '{trouble.character}' too many", "as many closing brackets as opening ones")
    found = f"'{trouble.character}' after a value that ended at its closing quote or bracket"
    return Finding(trouble.problem, found, "nothing behind it, or the whole text in quotes", Quotes.AROUND_LINE)


def _special_beginning(trouble: Trouble) -> Finding:
    mark = trouble.context
    return Finding(
        mark, f"a text that begins with '{trouble.line(mark)[mark.column]}'", "the text in quotes", Quotes.HERE
    )


def _token(trouble: Trouble) -> Finding:
    if trouble.character == "\t":
        return _tab(trouble)
    found = f"a text that begins with '{trouble.character}'"
    return Finding(trouble.problem, found, "the text in quotes", Quotes.HERE)


def _tab(trouble: Trouble) -> Finding:
    return Finding(trouble.problem, "a tab, which YAML does not allow here", "blanks for the indentation")


def _escape(trouble: Trouble) -> Finding:
    column = trouble.problem.column
    found = f"'{trouble.line(trouble.problem)[column : column + 2]}', an escape that YAML does not know"
    return Finding(trouble.problem, found, "'\\\\' for a backslash, or single quotes around the text")


def _no_colon(trouble: Trouble) -> Finding:
    return Finding(trouble.context, "a line that is no 'key: value'", "a ':' and a blank after the key")


def _dash_behind_key(trouble: Trouble) -> Finding:
    return Finding(trouble.problem, "'-' in the line of its key", "each entry of the list on a line of its own")


def _no_dash(trouble: Trouble) -> Finding:
    found = "a line among the entries of a list that does not begin with '- '"
    return Finding(trouble.problem, found, "'- ' before it, or the indentation of what it belongs to")


def _no_value(trouble: Trouble) -> Finding:
    return Finding(trouble.problem, "no value where one must stand", "a value")


def _after_end(trouble: Trouble) -> Finding:
    return Finding(trouble.problem, "text after the end of the file's only value", "a map with flows at the top")


RULES: tuple[tuple[str, Callable[[Trouble], Finding]], ...] = (
    (r"end of stream while scanning a quoted|document indicator while scanning a quoted", _unclosed_quote),
    (r"expected ',' or", _unclosed_or_colon),
    (r"mapping values are not allowed", _colon_in_text),
    (r"expected key while parsing a block mapping", _after_value),
    (r"while scanning an? (alias|anchor|tag|directive|block scalar)|while parsing a tag", _special_beginning),
    (r"tab character", _tab),
    (r"cannot start any token", _token),
    (r"escape character|hexdecimal number", _escape),
    (r"could not find expected ':'", _no_colon),
    (r"block sequence entries are not allowed", _dash_behind_key),
    (r"expected '-' indicator", _no_dash),
    (r"expected node content", _no_value),
    (r"expected <document start>", _after_end),
)
"""libyaml's messages, and our messages instead."""
