"""Converts bodies to values, and values to bodies; shared by HTTP's server and client."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from engine.content.csv_options import USUAL, CsvOptions
from engine.expressions.charset import charset_of, named_charset
from engine.expressions.errors import EvaluationError, NotInFormat
from engine.expressions.forms import read_pairs
from engine.expressions.functions.formats.formats import decoded, read_text, write
from engine.expressions.functions.limits import BeyondBound
from engine.expressions.reading import TooMuch
from engine.expressions.texts import bytes_without_mark, text_of
from engine.expressions.writing import WRITING_ERRORS, TooLarge, encode, to_text
from engine.limits import MOST_FIELDS
from engine.values.media import is_json, read_json
from engine.values.spooled import Spooled

T = TypeVar("T")

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
OTHER_FORMATS = frozenset(
    {
        "application/x-ndjson", "application/ndjson", "application/jsonl", "application/xml", "text/xml", "text/csv",
        "application/csv", "application/yaml", "text/yaml", "text/plain",
    }
)  # fmt: skip
"""The formats that lists and maps can be written in, in addition to JSON."""
NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
CSV = "text/csv"
LABELS = frozenset({FORM, "application/csv", "application/dw"})
"""Media types of texts, in addition to those of READ_AS and all text types."""
READ_AS = {
    **dict.fromkeys(NDJSON, "ndjson"),
    CSV: "csv",
    **dict.fromkeys(("application/xml", "text/xml"), "xml"),
    **dict.fromkeys(("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"), "yaml"),
}
"""The formats that request bodies are read in, in addition to JSON and forms."""
SUFFIXES = {"+xml": "xml", "+yaml": "yaml"}
"""The same for suffixes of application media types (RFC 6839)."""


class ContentError(ValueError):
    """A body that does not match its media type. The message contains no values of it."""


class UnknownCharset(ContentError):
    """A media type with an unknown charset."""


class TooMuchContent(ContentError):
    """A body that holds more than can be read in reasonable time, or a payload that is too large as a body."""


class Reading(NamedTuple):
    """How the body of a request is read.

    kind: `json`, `text` (also for forms), or a format of `READ_AS`; None for the raw bytes.
    codec: the codec of the charset in its media type, if it names one.
    """

    kind: str | None
    codec: str | None


@lru_cache(maxsize=64)  # most requests have the same few
def reading_of(media_type: str | None) -> Reading:
    """Return how a request body of this media type is read. Raises UnknownCharset for a text in an unknown charset."""
    essence = essence_of(media_type)
    is_text = essence in (FORM, MULTIPART) or essence.startswith("text/")
    kind = "json" if not essence or is_json(essence) else format_of(essence) or ("text" if is_text else None)
    return Reading(kind, charset_named(media_type) if kind else None)


@lru_cache(maxsize=64)  # most requests have the same few
def essence_of(media_type: str | None) -> str:
    """Return a media type without its parameters."""
    return (media_type or "").partition(";")[0].strip().lower()


def read_content(body: bytes, media_type: str | None) -> Any:
    """Return the value of a body by its media type: JSON (also without one), a form, text; else bytes; null if empty.

    Raises ContentError for a body that does not match its type, UnknownCharset, TooMuchContent.
    """
    if not body:
        return None
    essence = essence_of(media_type)
    if not essence or is_json(essence):
        return _read_json(body, codec_of(media_type))
    if essence == FORM:
        return fields(pairs(decode(body, media_type), "the form"))
    return decode(body, media_type) if essence.startswith("text/") else body


def is_read_later(media_type: str | None) -> bool:
    """Return whether a language that reads payloads itself gets such a body unread: anything but JSON and text."""
    return essence_of(media_type) in (FORM, MULTIPART) or format_of(media_type) is not None


def format_of(media_type: str | None) -> str | None:
    """Return the format of a request body with this media type; None for JSON, forms and others."""
    essence = essence_of(media_type)
    if essence.startswith("application/"):
        return READ_AS.get(essence) or SUFFIXES.get(essence[essence.rfind("+") :])
    return READ_AS.get(essence)


def payload_of(body: bytes, media_type: str | None, csv: CsvOptions = USUAL) -> Any:
    """Return the value of a request's body: as `read_content`, and in addition XML, CSV, YAML and NDJSON.

    Answers of upstreams in those formats stay as they are: a flow reads them with read().
    """
    kind, codec = reading_of(media_type)
    if kind == "json" and body:
        return _read_json(body, codec or "utf-8")
    if kind is None or kind == "text" or not body:
        return read_content(body, media_type)
    try:
        codec = codec or (csv.codec if kind == "csv" else None)
        return read_text(decoded(body, kind, codec), kind, csv.dialect)
    except NotInFormat as error:
        raise ContentError(f"the body is no {kind.upper()}: {error}") from None
    except BeyondBound as error:
        raise TooMuchContent(f"the body is too much: {kind.upper()} is read with {error.bound} at most") from None
    except TooMuch as error:
        raise TooMuchContent(f"the body is too much: {error}") from None
    except (ValueError, RecursionError):
        raise ContentError(f"the body is no {kind.upper()}") from None


def pairs(text: str, where: str) -> list[tuple[str, str]]:
    """Return the fields of a query or a form, in order."""
    try:
        return read_pairs(text, MOST_FIELDS)
    except ValueError as error:
        raise ContentError(f"{where} has {error}") from None


def grouped(pairs: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Return all values of each name."""
    by_name: dict[str, list[Any]] = {}
    for name, value in pairs:
        by_name.setdefault(name, []).append(value)
    return by_name


def fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return form fields by name: a single value as it is, several as a list, so that none is lost."""
    return {name: values[0] if len(values) == 1 else values for name, values in grouped(pairs).items()}


def decode(body: bytes, media_type: str | None) -> str:
    """Decode a body in the charset of its media type. Raises ContentError."""
    return _text_in(body, codec_of(media_type))


def _text_in(body: bytes, codec: str) -> str:
    try:
        return text_of(body, codec)
    except UnicodeError:
        raise ContentError(f"the body is no text in {codec}") from None


def codec_of(media_type: str | None) -> str:
    """Return the codec of a body. Raises UnknownCharset."""
    return charset_named(media_type) or "utf-8"


def charset_named(media_type: str | None) -> str | None:
    """Return the codec of the charset that a media type names, if any. Raises UnknownCharset."""
    try:
        return named_charset(media_type)
    except LookupError:
        raise UnknownCharset("the charset of the body is unknown") from None


def _read_json(body: bytes, codec: str) -> Any:
    text = bytes_without_mark(body) if codec == "utf-8" else _text_in(body, codec).encode()
    try:
        return read_json(text)
    except TooMuch as error:
        raise TooMuchContent(f"the body is too much: {error}") from None
    except ValueError as error:
        raise ContentError(f"the body is no JSON: {error}") from None


def write_content(payload: Any, media_type: str | None) -> tuple[bytes, str | None]:
    """Return the body of a payload, and its media type: null is empty, bytes and text stay, everything else is JSON.

    The media type is kept if it fits the payload: a map or a list is written as XML, CSV, YAML or NDJSON if it says so.
    Raises ContentError if the payload cannot be written.
    """
    if payload is None:
        return b"", None
    if isinstance(payload, Spooled):
        return payload.read(), media_type or BYTES
    if isinstance(payload, (bytes, bytearray)):
        return bytes(payload), media_type or BYTES
    if isinstance(payload, str) and not is_json(media_type):
        media_type = media_type if media_type and _labels_text(media_type) else TEXT
        return encoded(payload, media_type), media_type
    if media_type and essence_of(media_type) in OTHER_FORMATS:
        return encoded(_formatted(payload, media_type), media_type), media_type
    media_type = media_type if media_type and is_json(media_type) else JSON
    text = _written(payload, "JSON", encode)
    return text if media_type == JSON else encoded(text.decode(), media_type), media_type


def _formatted(payload: Any, media_type: str) -> str:
    """Write a value in a format other than JSON."""
    essence = essence_of(media_type)
    write_it: Callable[[Any], str] = to_text if essence == "text/plain" else lambda value: write.call(value, essence)
    return _written(payload, essence, write_it)


def _written(payload: Any, form: str, write: Callable[[Any], T]) -> T:
    try:
        return write(payload)
    except TooLarge as error:
        raise TooMuchContent(f"the payload cannot be written as {form}: {error}") from None
    except (EvaluationError, *WRITING_ERRORS):
        raise ContentError(f"the payload cannot be written as {form}") from None


def encoded(text: str, media_type: str | None) -> bytes:
    """Encode a text in the charset of its media type. Raises ContentError."""
    try:
        return text.encode(charset_of(media_type))
    except (LookupError, UnicodeError):
        raise ContentError("the payload cannot be written in its charset") from None


def _labels_text(media_type: str) -> bool:
    """Return whether a media type may label a text: not one that came with a form or with bytes."""
    essence = essence_of(media_type)
    return essence.startswith("text/") or essence in LABELS or format_of(essence) is not None
