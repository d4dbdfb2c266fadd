"""Reads recorded requests and answers: HAR (as browsers and proxies write it), or a line of JSON for each."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from engine.serving.headers import Headers
from engine.testing.client import Received

LARGEST = 256 * 2**20
"""Bytes of a file."""


class RecordingError(Exception):
    """A file that is not a recording. As text: `file:line: the reason`."""


class Recorded(NamedTuple):
    """A request and the answer to it.

    place: where it was read, `file:line` or `file: entry 3`. target: path and query.
    """

    place: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    answer: Received


def read_recordings(file: Path) -> list[Recorded]:
    """Return what a file has recorded, in its order. Raises RecordingError for a file of neither format."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise RecordingError(f"{file}: cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise RecordingError(f"{file}: larger than {LARGEST} bytes")
    text = data.decode("utf-8-sig", "replace")
    found = list(_har(file, text) if '"log"' in text[:1000] and _is_whole(text) else _lines(file, text))
    if not found:
        raise RecordingError(f"{file}: no request is recorded in it")
    return found


def _is_whole(text: str) -> bool:
    """Return whether the text is one JSON value, not a line for each."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _har(file: Path, text: str) -> Iterator[Recorded]:
    entries = json.loads(text).get("log", {}).get("entries", ())
    for number, entry in enumerate(entries, 1):
        place = f"{file.name}: entry {number}"
        try:
            yield _recorded(place, _of_har(entry["request"]), _of_har(entry["response"]))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RecordingError(
                f"{place}: {_reason(error)}; expected a request and a response as HAR has them"
            ) from None


def _of_har(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("postData") or message.get("content") or {}
    text = content.get("text", "")
    body = base64.b64decode(text, validate=True) if content.get("encoding") == "base64" else text
    headers = {each["name"]: each["value"] for each in message.get("headers", ()) if each["name"][:1] != ":"}
    if text and content.get("mimeType") and not any(name.lower() == "content-type" for name in headers):
        headers["content-type"] = content["mimeType"]
    return {**message, "headers": headers, "body": body}


def _lines(file: Path, text: str) -> Iterator[Recorded]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        place = f"{file.name}:{number}"
        try:
            entry = json.loads(line)
            yield _recorded(place, _of_line(entry["request"]), _of_line(entry["response"]))
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            write = '{"request": {"method": "GET", "path": "/x"}, "response": {"status": 200, "body": …}}'
            raise RecordingError(f"{place}: {_reason(error)}; expected {write}") from None


def _of_line(message: Mapping[str, Any]) -> dict[str, Any]:
    headers = {str(name): str(value) for name, value in (message.get("headers") or {}).items()}
    body = message.get("body")
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        headers = {"content-type": "application/json", **headers}
    return {**message, "headers": headers, "body": body or ""}


def _recorded(place: str, request: Mapping[str, Any], response: Mapping[str, Any]) -> Recorded:
    url = urlsplit(str(request.get("url") or request["path"]))
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    answer = Received(int(response["status"]), _headers(response["headers"]), _bytes(response["body"]))
    headers = {name.lower(): value for name, value in request["headers"].items()}
    return Recorded(place, str(request["method"]).upper(), target, headers, _bytes(request["body"]), answer)


def _headers(headers: Mapping[str, str]) -> Headers:
    return Headers(
        [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    )


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, binascii.Error):
        return "a body that is not base64"
    return "not JSON" if isinstance(error, (json.JSONDecodeError, RecursionError)) else "a value of another type"
