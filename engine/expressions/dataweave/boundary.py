"""Between the engine's values and a script's: payloads that are texts are read, results become plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from engine.expressions.budget import spend
from engine.expressions.dataweave.formats.formats import UnknownFormat, Writer, format_of, writer
from engine.expressions.dataweave.formats.json_writing import is_plain, parts_of
from engine.expressions.dataweave.inputs import Content, read_content
from engine.expressions.dataweave.values.annotated import PLAIN
from engine.expressions.dataweave.values.annotated import plain as without_metadata
from engine.expressions.dataweave.values.errors import Unfit
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import Pairs, is_object, object_of
from engine.expressions.dataweave.values.texts import as_text
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
UNREAD = frozenset({"text", "binary", "java", "dw"})
"""Formats whose contents are values already; a script as a payload is never run by itself."""

IN_TEXT = writer("application/json", {"indent": False})


def content_of(event: Any) -> Any:
    """Return the payload of an event: of a text or bytes in a format the value, which is read once for each message."""
    payload = event.payload
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
    try:
        is_value = format_of(media_type).name in UNREAD
    except UnknownFormat:
        is_value = True
    return payload if is_value else read_content(Content(payload, media_type))


def settled(value: Any) -> Any:
    """Return a result as the engine holds values: without ranges and metadata. A plain one stays what it is."""
    if type(value) in SCALARS or parts_of(value, KEPT) is not None:
        return value
    return _settle(value, DEEPEST)


def _settle(value: Any, depth: int) -> Any:
    kind = type(value)
    if depth == 0:
        raise Unfit(f"a result has {DEEPEST} levels at most")
    spend(STEPS, "a result")
    if isinstance(value, Pairs):
        return object_of((key, _settle(each, depth - 1)) for key, each in value.items())
    if isinstance(value, dict):
        return {str(key): _settle(each, depth - 1) for key, each in value.items()}
    if isinstance(value, (list, range)):
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
        return writer.written
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
            return text.encode()

    return as_json


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
