"""The directives `output` and `input` of a script: the writer and the readers that they name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from engine.expressions.dataweave.formats.formats import (
    FORMATS,
    Format,
    Reader,
    UnknownFormat,
    Writer,
    format_of,
)
from engine.expressions.dataweave.formats.properties import Properties
from engine.expressions.dataweave.syntax import tree
from engine.expressions.dataweave.values.objects import Namespace
from engine.expressions.errors import ExpressionSyntaxError

USUAL = ("application/json", "application/xml", "application/csv", "application/java", "text/plain", "application/dw")


def writer_of(script: tree.Script) -> Writer | None:
    """Return the writer of the directive `output`; None without one. Raises ExpressionSyntaxError."""
    directive = script.output
    if directive is None:
        return None
    kind = _format(directive, directive.writer or directive.media_type)
    values = _values(directive.properties, kind.writing)
    values["namespaces"] = tuple(
        Namespace(each.prefix, each.uri) for each in script.directives if isinstance(each, tree.Prefix)
    )
    return Writer(kind, values, _media_type(directive, kind))


def readers_of(script: tree.Script) -> dict[str, Reader]:
    """Return the readers of the directives `input` by the names of the inputs. Raises ExpressionSyntaxError."""
    found = {}
    for name, directive in script.inputs.items():
        kind = _format(directive, directive.media_type)
        found[name] = Reader(kind, _values(directive.properties, kind.reading))
    return found


def _media_type(directive: tree.Format, kind: Format) -> str:
    return directive.media_type if "/" in directive.media_type else kind.media_type


def _format(directive: tree.Format, media_type: str) -> Format:
    try:
        return format_of(media_type)
    except UnknownFormat as error:
        _refuse_media_type(directive, media_type, error)


def _refuse_media_type(directive: tree.Format, media_type: str, error: UnknownFormat) -> NoReturn:
    found = f"'{media_type}'"
    if error.name:
        raise ExpressionSyntaxError(
            directive.offset, f"{found}: {error.name} can be neither read nor written here,", "another format"
        ) from None
    expected = f"one of {', '.join([*USUAL, *FORMATS])}"
    raise ExpressionSyntaxError(directive.offset, f"the unknown media type {found}", expected, error.write) from None


def _values(given: Iterable[tree.Property], properties: Properties) -> dict[str, object]:
    """Return the values of all properties. Raises ExpressionSyntaxError at the first that does not fit."""
    for each in given:
        for name, expected, write in properties.objections({each.name: each.value}):
            found = f"{name}={written(each.value)}" if name in properties else f"the unknown property '{name}'"
            raise ExpressionSyntaxError(each.offset, found, expected, write)
    return properties.of({each.name: each.value for each in given})


def written(value: object) -> str:
    """Return a literal as a script has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
