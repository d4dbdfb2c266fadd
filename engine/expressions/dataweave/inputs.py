"""The inputs of a script by name, each read when it is first touched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.expressions.dataweave.formats.formats import Reader, charset_of, essence_of, format_of, reader
from engine.expressions.dataweave.values.annotated import annotate
from engine.expressions.dataweave.values.errors import Failed

PARAMETER = re.compile(r';?\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^;\s]*))')
USUAL = ("payload", "attributes", "vars", "error", "message", "correlationId", "flow", "app", "server", "mule")
"""The names that a script may use in a flow."""


class Content(NamedTuple):
    """A text or bytes with their media type."""

    content: bytes | str
    media_type: str


class Inputs(dict[str, Any]):
    """The values of inputs. given: pairs of bytes or text and a media type, or values.

    readers: those that the script names by `input`. is_annotated: whether values carry their media type as metadata.
    """

    def __init__(self, given: Mapping[str, Any], readers: Mapping[str, Reader], is_annotated: bool = False) -> None:
        super().__init__()
        self._given = given
        self._readers = readers
        self._is_annotated = is_annotated

    def __missing__(self, name: str) -> Any:
        if name not in self._given:
            raise Failed(f"there is no input {name}")
        value = self._read(name, self._given[name])
        self[name] = value
        return value

    def _read(self, name: str, given: Any) -> Any:
        if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], (bytes, str))):
            return given
        content = Content(*given)
        value = read_content(content, self._readers.get(name))
        return annotate(value, metadata_of(content)) if self._is_annotated else value


def read_content(content: Content, chosen: Reader | None = None) -> Any:
    """Return the value of a text or bytes. chosen: the reader to use; by default that of the media type.

    Raises UnknownFormat, and Failed for a text that is not in its format.
    """
    found = chosen or reader(content.media_type)
    parameters = content.media_type.partition(";")[2]
    if parameters:
        found = Reader(found.format, {**found.values, **_named(found, parameters), "parameters": f";{parameters}"})
    return found.read(content.content, charset_of(content.media_type))


def _named(found: Reader, parameters: str) -> dict[str, Any]:
    """Return the properties of a reader that a media type names: `application/csv; separator=";"; header=false`."""
    given = {name: quoted or plain for name, quoted, plain in PARAMETER.findall(parameters)}
    known = found.format.reading
    return {name: known[name].converted(value) for name, value in given.items() if name in known}


def metadata_of(content: Content) -> dict[str, Any]:
    """Return what `^` shows of an input."""
    media_type = ";".join(part.strip() for part in content.media_type.split(";"))
    essence = essence_of(media_type)
    shown = media_type if format_of(essence).name == "multipart" else essence
    return {"encoding": "UTF-8", "mediaType": shown}
