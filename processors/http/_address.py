"""The address of a request: a path or a url, into which values are inserted as one segment each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, ClassVar
from urllib.parse import quote

from engine import Event, FlowError, Mistake, Template, shown, to_text
from engine.connectors import TEXT, Computed, Constant, Held, ListOf, Reader, TextOf, as_map
from processors.http._errors import BAD_REQUEST

PARAMETER = re.compile(r"\{([^{}/?#\s]+)\}")
HEAD = re.compile(r"https?://[^/?#\s{}\\@]+(?=[/?]|$)", re.IGNORECASE)
ABSOLUTE = re.compile(r"https?://[^/?#\s{}\\@]+(?:[/?#][^\s\x00-\x20\x7f]*)?", re.IGNORECASE)
KEPT = "/?%:@!$&'()*+,;=~-._[]"
"""Characters that stay as they are in a literal of the flow file; an escape may be there already."""

Values = Mapping[str, Any]


class Path(Template):
    """A path: the value of an expression or a `{name}` is percent-encoded as one segment.

    `names` are the `{name}`s in it, `is_whole` whether it is one expression and nothing else.
    """

    __slots__ = ("_parts", "is_whole", "names")
    word = "path"
    schema = TEXT
    expected: ClassVar[str] = "a path"

    def _check(self, held: Held, written: Any, reader: Reader) -> Held:
        """Return the expressions as a list; `_parts` are the literal texts and names around them."""
        self.is_whole = not isinstance(held, (TextOf, Constant))
        pieces = list(_joined(held.parts)) if isinstance(held, TextOf) else [held]
        self._check_start(pieces, written, reader)
        self._parts = tuple(part for piece in pieces for part in _parts(piece))
        self.names = tuple(part.name for part in self._parts if isinstance(part, _Parameter))
        return ListOf(tuple(piece for piece in pieces if not isinstance(piece, Constant)))

    def _check_start(self, pieces: list[Held], written: Any, reader: Reader) -> None:
        if isinstance(pieces[0], Constant) and not isinstance(pieces[0].value, str):
            reader.mistakes.append(Mistake("F303", shown(written), self.expected, "", getattr(written, "place", None)))

    def fill(self, event: Event, parameters: Values) -> str:
        """Return the text for this event, encoded. Raise HTTP:BAD_REQUEST for a value that is not a segment."""
        values = iter(self.evaluate(event))
        text = ""
        for part in self._parts:
            if isinstance(part, str):
                text += part
            else:
                value = _parameter(part.name, parameters) if isinstance(part, _Parameter) else next(values)
                text += _encoded(value, is_query="?" in text)
        return text


class Url(Path):
    """A url: values are inserted into its path and query; only a url that is a whole expression chooses the host."""

    __slots__ = ()
    word = "url"
    expected = "a url such as https://example.org/orders/{id}, its host without expressions"

    def _check_start(self, pieces: list[Held], written: Any, reader: Reader) -> None:
        first = pieces[0].value if isinstance(pieces[0], Constant) else None
        match = HEAD.match(first) if isinstance(first, str) else None
        if self.is_whole or (match and (len(pieces) == 1 or match.end() < len(str(first)))):
            return
        write = "a config-ref and a path, or a url that is one whole expression"
        reader.mistakes.append(Mistake("F303", shown(written), self.expected, write, getattr(written, "place", None)))

    def fill(self, event: Event, parameters: Values) -> str:
        if not self.is_whole:
            return super().fill(event, parameters)
        [url] = self.evaluate(event)
        if not isinstance(url, str) or ABSOLUTE.fullmatch(url) is None:
            raise FlowError(BAD_REQUEST, "the url of the request is no http or https url")
        return url


class _Parameter:
    """A `{name}`."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Expression:
    """Marks the place of the next expression's value."""


def _joined(parts: Iterable[Constant | Computed]) -> Iterator[Held]:
    """Yield the parts of a text; the value of a placeholder and the text around it are one literal."""
    for kind, group in groupby(parts, type):
        if kind is Constant:
            yield Constant("".join(part.value for part in group if isinstance(part, Constant)))
        else:
            yield from group


def _parts(piece: Held) -> list[Any]:
    if not isinstance(piece, Constant):
        return [_Expression()]
    texts = PARAMETER.split(str(piece.value))
    return [_Parameter(text) if number % 2 else quote(text, KEPT) for number, text in enumerate(texts)]


def _parameter(name: str, parameters: Values) -> Any:
    if name not in parameters:
        raise FlowError(BAD_REQUEST, f"uri-params has no value for '{name}'")
    return parameters[name]


def _encoded(value: Any, *, is_query: bool) -> str:
    try:
        text = quote(to_text(value), safe="")
    except (TypeError, ValueError, NotImplementedError):
        raise FlowError(BAD_REQUEST, "a value in the path of the request cannot be written as text") from None
    if not is_query and text in ("", ".", ".."):
        raise FlowError(BAD_REQUEST, "a value in the path of the request is empty, '.' or '..'")
    return text


def parameters_of(value: Any) -> Values:
    """Return the map that uri-params or query-params have as value; null is empty. Raise HTTP:BAD_REQUEST otherwise."""
    if value is None:
        return {}
    value = as_map(value)
    if not isinstance(value, Mapping):
        raise FlowError(BAD_REQUEST, "the parameters of the request are no map")
    return value


def with_query(url: str, *maps: Any) -> str:
    """Return the url with the parameters of all maps, later ones winning: a list repeats its name, null is left out."""
    if not any(maps):
        return url
    parameters: dict[str, Any] = {}
    for each in maps:
        parameters |= parameters_of(each)
    query = "&".join(
        f"{quote(str(name), safe='')}={_encoded(value, is_query=True)}"
        for name, values in parameters.items()
        for value in each_of(values)
    )
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def each_of(value: Any) -> list[Any]:
    """Return the values of a list, or the one value; none for null."""
    values = list(value) if isinstance(value, (list, tuple)) or hasattr(value, "to_list") else [value]
    return [each for each in values if each is not None]
