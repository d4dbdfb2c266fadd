"""The formats by media type: how their texts are read, and their values written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from engine.expressions.budget import BudgetSpent, spend
from engine.expressions.charset import codec_named, named_charset
from engine.expressions.dataweave.formats.json_reading import read_bytes
from engine.expressions.dataweave.formats.json_writing import write_bytes
from engine.expressions.dataweave.formats.properties import Properties, Values
from engine.expressions.dataweave.values.errors import DataWeaveError, Failed
from engine.expressions.errors import EvaluationError, NotInFormat
from engine.expressions.suggestion import did_you_mean
from engine.expressions.texts import bytes_without_mark, without_mark
from engine.expressions.writing import BYTES_A_STEP
from engine.limits import LONGEST_TEXT

FORMATS: Mapping[str, tuple[str, ...]] = {
    "json": ("application/json", "text/json"),
    "xml": ("application/xml", "text/xml"),
    "csv": ("application/csv", "text/csv"),
    "ndjson": ("application/x-ndjson", "application/ndjson", "application/jsonl"),
    "yaml": ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"),
    "text": ("text/plain",),
    "urlencoded": ("application/x-www-form-urlencoded",),
    "multipart": ("multipart/form-data", "multipart/mixed", "multipart/related", "multipart/alternative"),
    "java_properties": ("text/x-java-properties",),
    "binary": ("application/octet-stream",),
    "java": ("application/java", "application/x-java"),
    "dw": ("application/dw",),
}
"""The short name of each format, its media type, and others that mean the same."""
BY_MEDIA_TYPE = {media_type: name for name, types in FORMATS.items() for media_type in types}
SUFFIXES = {"json": "json", "xml": "xml", "yaml": "yaml"}
"""Of other media types, such as application/problem+json."""
NOT_HERE = {
    "application/xlsx": "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "excel": "Excel", "application/avro": "Avro", "avro": "Avro", "application/flatfile": "flat files",
    "flatfile": "flat files", "application/x-protobuf": "Protobuf", "protobuf": "Protobuf",
}  # fmt: skip
"""Formats of DataWeave that are not known here."""
IN_TWO_PARTS = frozenset({"json", "xml", "csv"})
"""Formats whose reader and writer are modules of their own."""
UTF_8 = "utf-8"
BINARY = frozenset({"binary", "multipart"})
"""Formats of bytes; the others are of texts."""


class UnknownFormat(Failed):
    """A media type that is not known here. name: of a format that DataWeave has; write: what was probably meant."""

    def __init__(self, media_type: str) -> None:
        self.name = NOT_HERE.get(essence_of(media_type), "")
        super().__init__(f"{self.name or 'this media type'} can be neither read nor written here")
        self.write = did_you_mean(essence_of(media_type), [*BY_MEDIA_TYPE, *FORMATS], likeness=0.7)


@dataclass(frozen=True)
class Format:
    """A format. Each function takes its content, and the values of all properties."""

    name: str
    reading: Properties
    writing: Properties
    read: Callable[[Any, Values], Any]
    write: Callable[[Any, Values], Any]

    @property
    def media_type(self) -> str:
        return FORMATS[self.name][0]


class Reader:
    """Reads texts of a media type. values: of all properties."""

    def __init__(self, kind: Format, values: Values) -> None:
        self.format = kind
        self.values = values

    def read(self, content: str | bytes, charset: str | None = None) -> Any:
        """Return the value of a text. charset: its codec, if it is known from outside.

        Raises Failed for a text that is not in the format.
        """
        name = self.format.name
        try:
            if len(content) > LONGEST_TEXT:
                raise Failed(f"{name} is read with {LONGEST_TEXT} characters at most")
            spend(len(content) // BYTES_A_STEP, f"reading {name}")
            if name == "json" and type(content) is bytes and (charset or self.values["encoding"] or UTF_8) == UTF_8:
                return read_bytes(bytes_without_mark(content))
            return self.format.read(self._content(content, charset), self.values)
        except NotInFormat as error:
            raise Failed(f"the text is no {name.upper()}: {error}", "ReadExecutionException") from None
        except DataWeaveError:
            raise
        except (UnicodeError, RecursionError):
            raise Failed(f"the text is no {name.upper()}", "ReadExecutionException") from None

    def _content(self, content: str | bytes, charset: str | None) -> str | bytes:
        if self.format.name in BINARY:
            return content.encode() if isinstance(content, str) else bytes(content)
        if isinstance(content, str):
            return without_mark(content)
        if self.format.name == "xml" and not self.values.get("encoding"):
            charset = charset or _declared(content)
        return decoded(content, self.values.get("encoding") or charset or "utf-8")


def _declared(content: bytes) -> str | None:
    from engine.expressions.functions.formats.xml_text import codec_of

    return codec_of(content)


class Writer:
    """Writes values in a media type. values: of all properties. media_type: as it was asked for."""

    def __init__(self, kind: Format, values: Values, media_type: str = "") -> None:
        self.format = kind
        self.media_type = media_type or kind.media_type
        self.values = values

    @property
    def full_media_type(self) -> str:
        """The media type with the boundary of a multipart body, which is the same for all bodies of the writer."""
        if self.format.name != "multipart":
            return self.media_type
        boundary = import_module(f"{__package__}.multipart").boundary_of(self.values)
        self.values = {**self.values, "boundary": boundary}
        return f'{self.media_type}; boundary="{boundary}"'

    def written(self, value: Any) -> Any:
        """Return the text, the bytes, or for application/java the value.

        Raises Failed for a value that the format has not.
        """
        return self._by(self.format.write, value)

    def write(self, value: Any) -> bytes:
        """Return the value as bytes."""
        encoding = str(self.values.get("encoding") or "UTF-8")
        if self.format.name == "json" and encoding == "UTF-8":
            return bytes(self._by(write_bytes, value))
        text = self.written(value)
        if not isinstance(text, (str, bytes)):
            raise Failed("values of application/java have no bytes: name another output", "WriterException")
        return text if isinstance(text, bytes) else encoded(text, encoding)

    def _by(self, write: Callable[[Any, Values], Any], value: Any) -> Any:
        try:
            return write(value, self.values)
        except (DataWeaveError, BudgetSpent):
            raise
        except (EvaluationError, ValueError, NotImplementedError, RecursionError) as error:
            why = f": {error}" if isinstance(error, EvaluationError) else ""
            what = self.format.name.upper()
            raise Failed(f"the value cannot be written as {what}{why}", "WriterException") from error


def decoded(content: bytes, charset: str) -> str:
    """Return the text of some bytes. Raise Failed for an unknown charset, or bytes that are none of its."""
    return without_mark(str(content, codec_of_charset(charset), "replace"))


def encoded(text: str, charset: str) -> bytes:
    return text.encode(codec_of_charset(charset), "replace")


def codec_of_charset(charset: str) -> str:
    try:
        return codec_named(charset)
    except LookupError:
        raise Failed("the charset is none that is known here") from None


def essence_of(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


@lru_cache(maxsize=64)
def format_of(media_type: str) -> Format:
    """Return the format of a media type, or of a short name such as json. Raise UnknownFormat."""
    essence = essence_of(media_type)
    name = essence if essence in FORMATS else BY_MEDIA_TYPE.get(essence) or SUFFIXES.get(essence.rpartition("+")[2])
    if name is None or ("/" not in essence and essence not in FORMATS):
        raise UnknownFormat(media_type)
    return _loaded(name)


def is_known(media_type: str) -> bool:
    """Return whether DataWeave reads and writes this media type."""
    try:
        format_of(media_type)
    except UnknownFormat:
        return False
    return True


def _as_it_is(value: Any, values: Values) -> Any:
    return value


@cache
def _loaded(name: str) -> Format:
    """Return a format; its modules are imported when it is first used."""
    if name == "java":
        return Format(name, Properties(), Properties(), _as_it_is, _as_it_is)
    modules = (f"{name}_reading", f"{name}_writing") if name in IN_TWO_PARTS else (name, name)
    reading, writing = (import_module(f"{__package__}.{each}") for each in modules)
    return Format(name, reading.READING, writing.WRITING, reading.read, writing.write)


def reader(media_type: str, given: Values | None = None) -> Reader:
    """Return the reader of a media type. Raise UnknownFormat, or Failed for a property that it does not have."""
    kind = format_of(media_type)
    return Reader(kind, kind.reading.of(given or {}))


def writer(media_type: str, given: Values | None = None) -> Writer:
    """Return the writer of a media type. Raise UnknownFormat, or Failed for a property that it does not have."""
    kind = format_of(media_type)
    return Writer(kind, kind.writing.of(given or {}), essence_of(media_type) if "/" in media_type else "")


def charset_of(media_type: str) -> str | None:
    """Return the codec of the charset that a media type names, if any. Raise Failed if it is unknown."""
    try:
        return named_charset(media_type)
    except LookupError:
        raise Failed("the charset is none that is known here") from None
