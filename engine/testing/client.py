"""A client for an ASGI application in the same process: a request in, the whole answer out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from engine.content.bodies import ContentError, decode, essence_of, read_content
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.formats.formats import read
from engine.serving.headers import Headers

LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
OF_THE_CONNECTION = frozenset({
    "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers of a request that each connection has its own of."""
SAFE_IN_PATH = "/:@!$&'()*+,;=~%"


class Received(NamedTuple):
    """The answer to a request: a body that is JSON, or another format that the engine reads, is read."""

    status: int
    headers: Mapping[str, Any]
    content: bytes

    @property
    def body(self) -> Any:
        media_type = self.headers.get("content-type")
        try:
            if essence_of(media_type) in LINES:
                return read.call(decode(self.content, media_type), "application/x-ndjson")
            return read_content(self.content, media_type)
        except (ContentError, EvaluationError):
            return self.content


async def send(app: Any, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Received:
    """Send a request (target: path and query) to an ASGI application; return its answer, when it is complete.

    Exceptions of the application propagate.
    """
    path, _, query = target.partition("?")
    named = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": quote(path, safe=SAFE_IN_PATH).encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(b"host", b"test"), *named, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 50000),
        "server": ("test", 80),
        "state": {},
    }
    exchange = _Exchange(body)
    await app(scope, exchange.receive, exchange.send)
    return exchange.answer()


class _Exchange:
    """The two ends of one request."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._content = bytearray()

    async def receive(self) -> dict[str, Any]:
        if self._body is None:
            await asyncio.Event().wait()  # the client stays until it has its answer
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [(bytes(name), bytes(value)) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            self._content += message.get("body", b"")

    def answer(self) -> Received:
        return Received(self._status, Headers(self._headers), bytes(self._content))
