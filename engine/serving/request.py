"""From an HTTP request to an event."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request

from engine.core.event import Event
from engine.core.media import is_json, read_json
from engine.serving.charset import charset_of

LONGEST_CORRELATION_ID = 128
MOST_FIELDS = 1000
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class Refusal(Exception):
    """A request that no flow gets to see: its status, its error type, and what is wrong with it.

    is_early: whether the caller may still be sending the body.
    """

    def __init__(
        self,
        status: int,
        error_type: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        *,
        is_early: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.error_type = error_type
        self.detail = detail
        self.headers = dict(headers or {})
        self.is_early = is_early


class Headers(dict[str, str]):
    """Headers by name, in any case; repeated ones joined by a comma (RFC 9110, 5.3)."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__()
        for raw_name, raw_value in raw:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            super().__setitem__(name, f"{self[name]}, {value}" if name in self else value)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def correlation_id_of(headers: Headers) -> str:
    """The caller's X-Correlation-ID where it is at most 128 printable characters, else a new one."""
    given = headers.get("x-correlation-id", "")
    if 0 < len(given) <= LONGEST_CORRELATION_ID and given.isascii() and given.isprintable():
        return str(given)
    return str(uuid4())


async def read_event(
    request: Request,
    headers: Headers,
    correlation_id: str,
    listener_path: str,
    uri_params: Mapping[str, str],
    max_body: int,
) -> Event:
    """The event of a request. Raises Refusal for a body or a query that cannot be read."""
    media_type = headers.get("content-type")
    payload = await _read_payload(request, media_type, max_body)
    return Event(
        payload=payload,
        attributes=_attributes(request, headers, listener_path, uri_params),
        correlation_id=correlation_id,
        media_type=media_type,
    )


def _attributes(
    request: Request, headers: Headers, listener_path: str, uri_params: Mapping[str, str]
) -> dict[str, Any]:
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    pairs = _pairs(query, "the query")
    client = scope.get("client")
    return {
        "method": scope["method"],
        "listenerPath": listener_path,
        "requestPath": scope["path"],
        "queryString": query,
        "queryParams": dict(pairs),
        "queryParamsAll": _grouped(pairs),
        "uriParams": dict(uri_params),
        "headers": headers,
        "remoteAddress": f"{client[0]}:{client[1]}" if client else None,
        "scheme": scope["scheme"],
        "version": f"HTTP/{scope['http_version']}",
    }


def _pairs(text: str, where: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS) if text else []
    except ValueError:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"{where} has more than {MOST_FIELDS} fields") from None


def _grouped(pairs: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Form fields by name: one value as it is, several as a list, so that none is lost."""
    return {name: values[0] if len(values) == 1 else values for name, values in _grouped(pairs).items()}


# Bodies


async def _read_payload(request: Request, media_type: str | None, max_body: int) -> Any:
    essence = (media_type or "").partition(";")[0].strip().lower()
    if essence == MULTIPART:
        return await _read_multipart(request, media_type, max_body)
    body = b"".join([chunk async for chunk in _bounded(request, max_body)])
    if not body:
        return None
    if not essence or is_json(essence):
        return _read_json(body, media_type)
    if essence == FORM:
        return _fields(_pairs(_decode(body, media_type), "the form"))
    return _decode(body, media_type) if essence.startswith("text/") else body


async def _bounded(request: Request, max_body: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks; raises Refusal as soon as there are more bytes than the listener takes."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_body:
        raise _too_large(max_body)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_body:
            raise _too_large(max_body)
        yield chunk


def _too_large(max_body: int) -> Refusal:
    return Refusal(413, "HTTP:REQUEST_TOO_LARGE", f"the body is larger than {max_body} bytes", is_early=True)


def _read_json(body: bytes, media_type: str | None) -> Any:
    is_utf8 = _charset(media_type) == "utf-8"
    try:
        text = body if is_utf8 else _decode(body, media_type).encode()
        return read_json(text.removeprefix(BOM_UTF8))
    except ValueError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no JSON: {error}") from None


def _decode(body: bytes, media_type: str | None) -> str:
    charset = _charset(media_type)
    try:
        return body.decode(charset)
    except UnicodeError:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no text in {charset}") from None


def _charset(media_type: str | None) -> str:
    try:
        return charset_of(media_type)
    except LookupError:
        raise Refusal(415, "HTTP:UNSUPPORTED_MEDIA_TYPE", "the charset of the body is unknown") from None


async def _read_multipart(request: Request, media_type: str | None, max_body: int) -> dict[str, Any]:
    from engine.serving.multipart import read_multipart  # only few requests need it

    _charset(media_type)
    try:
        return _fields(await read_multipart(request.headers, _bounded(request, max_body), MOST_FIELDS, max_body))
    except ValueError as error:
        raise Refusal(400, "HTTP:BAD_REQUEST", f"the body is no multipart form: {error}") from None
