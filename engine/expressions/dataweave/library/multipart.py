"""dw::module::Multipart."""

from __future__ import annotations

from collections.abc import Sequence
from random import SystemRandom
from typing import Any

from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.texts.strings import whole
from engine.expressions.dataweave.library.walking import walked
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import AnyObject, is_object, object_of

MULTIPART = "dw::module::Multipart"
CHARACTERS = "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
BOUNDARY = 70
"""RFC 2046."""
chance = SystemRandom()


def _part(name: Any, value: Any, mime: Any, file_name: Any) -> dict[str, Any]:
    disposition = {"name": name} | ({"filename": file_name} if file_name else {})
    headers = ({"Content-Type": mime} if mime else {}) | {"Content-Disposition": disposition}
    return {"headers": headers, "content": value}


@defined(
    MULTIPART,
    "field",
    '(name: String, value: Any, mime: String = "", fileName: String = "") -> Object',
)
def field(name: str, value: Any, mime: str = "", file_name: str = "") -> dict[str, Any]:
    """Return a part with a value."""
    return _part(name, value, mime, file_name)


@defined(MULTIPART, "field", "(opts: Object) -> Object")
def field_of(options: AnyObject) -> dict[str, Any]:
    """Return a part of `{name, value, mime, fileName}`."""
    if not isinstance(options.get("name"), str):
        raise Failed("field takes an object with a name and a value")
    return _part(options.get("name"), options.get("value"), options.get("mime"), options.get("fileName"))


@defined(MULTIPART, "form", "(fields: Array<Object>) -> Object")
def form(fields: Sequence[AnyObject]) -> dict[str, Any]:
    """Return the parts by their names: what a multipart body is written of."""
    return {"parts": object_of((_name(each), each) for each in walked(fields, "form"))}


def _name(part: AnyObject) -> str:
    name: Any = part
    for field_name in ("headers", "Content-Disposition", "name"):
        name = name.get(field_name) if is_object(name) else None
    if not isinstance(name, str):
        raise Failed("form takes parts with a name in their Content-Disposition")
    return str(name)


@defined(MULTIPART, "generateBoundary", f"(len: Number = {BOUNDARY}) -> String", acts=True)
def generate_boundary(length: Any = BOUNDARY) -> str:
    """Return random characters that separate parts; at most 70."""
    return "".join(chance.choices(CHARACTERS, k=max(min(whole(length), BOUNDARY), 1)))
