"""Forms (application/x-www-form-urlencoded) as objects of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote_plus

from engine.expressions.dataweave.formats.output import Output
from engine.expressions.dataweave.formats.properties import Properties, Values, text
from engine.expressions.dataweave.formats.scalars import is_list, text_of
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import AnyObject, is_object, object_of
from engine.expressions.forms import TooMany, read_pairs
from engine.limits import MOST_READ_FIELDS

READING = Properties(encoding=text("UTF-8"))
WRITING = Properties(encoding=text("UTF-8"))
SAFE = "*-._"
"""Signs that are written as they are, in addition to letters and digits."""


def read(content: str, values: Values) -> AnyObject:
    """Return an object; a field without `=` is null, one that repeats is a key that repeats."""
    try:
        pairs = read_pairs(content, MOST_READ_FIELDS)
    except TooMany as error:
        raise Failed(f"a form has {error}") from None
    fields = [field for field in content.split("&") if field]
    return object_of(
        (name, value if "=" in field else None) for (name, value), field in zip(pairs, fields, strict=True)
    )


def write(value: Any, values: Values) -> str:
    if not is_object(value):
        raise Failed(f"a form is written of an Object, not of {kind_of(value)}")
    out, charset, between = Output("a form"), values["encoding"], ""
    for name, each in _fields(value.items()):
        out.put(between + _escaped(name, charset))
        if each is not None:
            out.put("=" + _escaped(text_of(each), charset))
        between = "&"
    return out.text()


def _fields(entries: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in entries:
        if is_list(value):
            yield from ((name, each) for each in value)
        else:
            yield name, value


def _escaped(content: str, charset: str) -> str:
    return quote_plus(content, SAFE, charset, "replace").replace("~", "%7E")
