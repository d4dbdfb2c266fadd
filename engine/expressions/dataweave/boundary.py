"""Between the engine's values and a script's: payloads that are texts are read, results become plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.expressions.appended import Appended
from engine.expressions.budget import spend
from engine.expressions.dataweave.formats.formats import Reader, UnknownFormat, Writer, format_of, writer
from engine.expressions.dataweave.formats.json_writing import is_plain, parts_of
from engine.expressions.dataweave.inputs import Content, read_content
from engine.expressions.dataweave.values.annotated import PLAIN
from engine.expressions.dataweave.values.annotated import plain as without_metadata
from engine.expressions.dataweave.values.errors import Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import Pairs, is_object, object_of
from engine.expressions.dataweave.values.texts import as_text
from engine.expressions.dataweave.values.typed import TYPED, typed
from engine.expressions.reading import exact_json
from engine.expressions.writing import to_text
from engine.limits import DEEPEST

HELD = frozenset({dict, list, int, float, bool, type(None)})
"""Types of payloads that are used as they are."""
SCALARS = frozenset[type]({str, int, float, bool, type(None), bytes})
CONTAINERS = frozenset[type]({dict, list})
KEPT = SCALARS | CONTAINERS | {Decimal, date, datetime, time}
STEPS = 8
"""Steps for each part of a result that is made anew."""
RECENT = 64
"""How many elements at the end of a list that grew are looked at: those in front were settled when they were added."""
UNREAD = frozenset({"text", "binary", "java", "dw"})
"""Formats whose contents are values already; a script as a payload is never run by itself."""

IN_TEXT = writer("application/json", {"indent": False})


def content_of(event: Any) -> Any:
    """Return the payload of an event: of a text or bytes in a format the value, which is read once for each message."""
    payload = event.payload
    if type(payload) in TYPED:
        return payload.content
    if not isinstance(payload, (str, bytes)) or not event.media_type:
        return payload
    known = getattr(event, "content", None)
    if known is not None and known[0] is payload:
        return known[1]
    value = _read(payload, event.media_type)
    if hasattr(event, "keep_content"):  # what a test sees of an event has no place for it
        event.keep_content((payload, value))
    return value


def _read(payload: str | bytes, media_type: str) -> Any:
    return read_content(Content(payload, media_type)) if _is_readable(media_type, payload) else payload


@lru_cache(maxsize=64)  # most messages have the same few
def _is_known(media_type: str) -> bool:
    try:
        return format_of(media_type).name not in UNREAD
    except UnknownFormat:
        return False


def _is_readable(media_type: str, payload: str | bytes = b"") -> bool:
    """Return whether content of a media type holds a value; a text of JSON is one itself."""
    return _is_known(media_type) and not (isinstance(payload, str) and format_of(media_type).name == "json")


def content_by(chosen: Reader) -> Callable[[Any], Any]:
    """Return what reads the payload of an event with the reader that a script names by `input payload`."""

    def read(event: Any) -> Any:
        payload = event.payload
        if not isinstance(payload, (str, bytes)):
            return payload
        return read_content(Content(payload, event.media_type or chosen.format.media_type), chosen)

    return read


def whole_payload(event: Any) -> Any:
    """Return the payload as it is, to be passed on: a text, or bytes, in a format with its media type."""
    payload, media_type = event.payload, event.media_type
    if not isinstance(payload, (str, bytes)) or type(payload) in TYPED:
        return payload
    return typed(payload, media_type, _read) if media_type and _is_readable(media_type, payload) else payload


def payload_of(message: Any) -> Any:
    """Return the payload of a message that is a value, such as `error.errorMessage`.

    A text, or bytes, in a format knows its media type, and is read once for each message.
    """
    payload = whole_payload(message)
    if payload is not message.payload:
        payload.read = lambda *_: content_of(message)
    return payload


def settled(value: Any) -> Any:
    """Return a result as the engine holds values: without ranges and metadata. A plain one stays what it is."""
    if type(value) in SCALARS or (type(value) is dict and SCALARS.issuperset(map(type, value.values()))):
        return value
    return value if type(value) in TYPED or parts_of(value, KEPT) is not None else _settle(value, DEEPEST)


def _settle(value: Any, depth: int) -> Any:
    kind = type(value)
    if depth == 0:
        raise Unfit(f"a result has {DEEPEST} levels at most")
    spend(STEPS, "a result")
    if isinstance(value, Pairs):
        return object_of((key, _settle(each, depth - 1)) for key, each in value.items())
    if isinstance(value, dict):
        return {str(key): _settle(each, depth - 1) for key, each in value.items()}
    if kind is Appended and parts_of(value[-RECENT:], KEPT) is not None:
        return value
    if isinstance(value, (list, range, Appended)):
        spend(STEPS * len(value), "a result")
        return [_settle(each, depth - 1) for each in value]
    if kind in PLAIN:
        return without_metadata(value)
    return str(value) if isinstance(value, str) and kind is not str else value


def output_of(writer: Writer) -> Callable[[Any], Any]:
    """Return what becomes of a result that a directive `output` says how to write.

    JSON stays a value if nothing is lost by that, else it is bytes; other formats are written to a text or bytes.
    """
    if writer.format.name == "java":
        return settled
    if writer.format.name != "json":
        return _written_by(writer)
    changes = writer.values["skipNullOn"] or writer.values["writeAttributes"]

    def as_json(value: Any) -> Any:
        if type(value) in SCALARS and type(value) is not bytes and not isinstance(value, str):
            return value
        if not changes and type(value) in CONTAINERS and is_plain(value):
            return value
        text = writer.written(value)
        try:
            return exact_json(text.encode())
        except ValueError:  # a key repeats
            return typed(text.encode(), writer.media_type, _read)

    return as_json


def _written_by(writer: Writer) -> Callable[[Any], Any]:
    """Return what writes a result as a text, or bytes, with its media type."""
    if writer.format.name in UNREAD:
        return writer.written
    media_type = writer.full_media_type

    def write(value: Any) -> Any:
        return typed(writer.written(value), media_type, _read)

    return write


def truth(value: Any) -> bool:
    """Return whether a condition holds: null does not; a text does unless it is "false"; other values do."""
    if value is None or value is True or value is False:
        return bool(value)
    return not (isinstance(value, str) and value.lower() == "false")


def part_of_text(value: Any) -> str:
    """Return a value between other text, `a #[…] b`: lists and objects as JSON, null as the word."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return "null"
    if is_object(value) or kind_of(value) in ("Array", "Range"):
        return str(IN_TEXT.written(value))
    try:
        return as_text(value)
    except Unfit:  # a value of the engine, such as an error
        return to_text(value)


def server() -> Mapping[str, Any]:
    """Return what `server` shows. Neither the environment nor the properties of the machine."""
    from datetime import datetime
    from socket import gethostname

    now = datetime.now().astimezone()
    return {"host": gethostname(), "dateTime": now, "timeZone": now.tzinfo}
