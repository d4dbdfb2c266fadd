"""read, write and readUrl of dw::Core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.expressions.dataweave.formats.formats import charset_of, reader, writer
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import AnyObject

CORE = "dw::Core"
CLASSPATH = "classpath://"
DW = "application/dw"
NO_PROPERTIES: AnyObject = {}

Read = Callable[[str], str]


@defined(
    CORE,
    "read",
    '(stringToParse: String | Binary, contentType: String = "application/dw", readerProperties: Object = {}) -> Any',
)
def read(content: str | bytes, media_type: str = DW, properties: AnyObject = NO_PROPERTIES) -> Any:
    """Return the value of a text or bytes of a media type."""
    return reader(media_type, dict(properties.items())).read(content, charset_of(media_type))


@defined(
    CORE,
    "write",
    '(value: Any, contentType: String = "application/dw", writerProperties: Object = {}) -> String | Binary',
)
def write(value: Any, media_type: str = DW, properties: AnyObject = NO_PROPERTIES) -> Any:
    """Return a value as a text of a media type; as bytes for the formats that are no texts."""
    return writer(media_type, dict(properties.items())).written(value)


@defined(
    CORE,
    "readUrl",
    '(url: String, contentType: String = "application/dw", readerProperties: Object = {}) -> Any',
    acts=True,
)
def read_url(url: str, media_type: str = DW, properties: AnyObject = NO_PROPERTIES) -> Any:
    """Return the value of a file of the application: `classpath://x.json`. Other urls are not read."""
    raise Failed("readUrl reads files of an application only, and this script runs in none")


def url_reader(load: Read) -> Callable[..., Any]:
    """Return the implementation of readUrl for an application. load: returns the text of a file; raises KeyError."""

    def read_from(url: str, media_type: str = DW, properties: AnyObject = NO_PROPERTIES) -> Any:
        if not url.startswith(CLASSPATH):
            raise Failed("readUrl reads files of the application only: classpath://…")
        try:
            content = load(url.removeprefix(CLASSPATH).lstrip("/"))
        except KeyError:
            raise Failed("readUrl finds no file of that name in the application's folder") from None
        return read(content, media_type, properties)

    return read_from
