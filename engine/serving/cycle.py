"""One request of a connection, and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from engine.serving.answer_head import answer_head
from engine.serving.corked import CONNECTION

WITHOUT_BODY = frozenset({204, 304})
"""Statuses whose answers end with their heads (RFC 9112, 6.3)."""


class Cycle(RequestResponseCycle):
    """uvicorn's, with a body that is not copied, and an answer whose head is looked at once."""

    def __init__(self, protocol: HttpToolsProtocol, version: str, method: bytes) -> None:
        self.scope: Any = scope_of(protocol, version, method)
        self.transport: Any = protocol.transport
        self.flow, self.logger = protocol.flow, protocol.logger
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        is_new = version == "1.1"  # HTTP/1.0 has no leave to give (RFC 9110, 10.1.1), and ends its connections
        is_draining = getattr(protocol.server_state, "is_draining", False)
        self.keep_alive = is_new and not is_draining and protocol.parser.should_keep_alive()
        expected = dict(protocol.headers).get(b"expect", b"")
        self.waiting_for_100_continue = is_new and expected.lower() == b"100-continue"
        self.message_event = asyncio.Event()
        self.disconnected = self.response_started = self.response_complete = False
        self.more_body = True
        self.chunked_encoding = False
        self.expected_content_length = 0
        self.body: Any = b""
        """What came of the request's body and was not asked for yet."""

    # The request

    def take(self, part: bytes) -> None:
        """Keep some of the body until it is asked for; only the second part has to be copied behind the first."""
        if not self.body:
            self.body = part
        elif isinstance(self.body, bytes):
            self.body = bytearray(self.body + part)
        else:
            self.body += part
        if len(self.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        self.message_event.set()

    def end(self) -> None:
        """The body has come whole."""
        self.more_body = False
        self.message_event.set()

    async def receive(self) -> Any:
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            if not self.message_event.is_set():
                await self.message_event.wait()
            self.message_event.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}

    # The answer

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        expected = "http.response.body" if self.response_started else "http.response.start"
        if self.response_complete or message["type"] != expected:
            raise RuntimeError(f"an application sent {message['type']} out of turn")
        if self.response_started:
            self._send_body(message.get("body", b""), message.get("more_body", False))
        else:
            self._send_head(message["status"], message.get("headers", ()), message.get("reason"))

    def _send_head(self, status: int, headers: Sequence[tuple[bytes, bytes]], reason: bytes | None) -> None:
        self.response_started, self.waiting_for_100_continue = True, False
        fields = [*self.default_headers, *headers]
        named = dict(fields)
        if b"close" in named.get(b"connection", b"").lower():
            self.keep_alive = False
        elif not self.keep_alive:
            fields.append((b"connection", b"close"))
        if b"content-length" in named:
            self.expected_content_length = int(named[b"content-length"])
        elif self.scope["method"] != "HEAD" and status not in WITHOUT_BODY:
            self.chunked_encoding = True
            fields.append((b"transfer-encoding", b"chunked"))
        self.transport.begin(answer_head(status, fields, reason))

    def _send_body(self, body: bytes, more_body: bool) -> None:
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            body = b""
        elif self.chunked_encoding:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body += b"" if more_body else b"0\r\n\r\n"
        else:
            self.expected_content_length -= len(body)
        if self.expected_content_length < 0 or (self.expected_content_length and not more_body):
            raise RuntimeError("the body of an answer is not as long as its Content-Length says")
        self.transport.write(body)
        if not more_body:
            self._complete()

    def _complete(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def scope_of(protocol: HttpToolsProtocol, version: str, method: bytes) -> dict[str, Any]:
    """What ASGI tells of a request."""
    url = httptools.parse_url(protocol.url)
    path = url.path.decode("ascii")
    return {
        "type": "http",
        "asgi": {"version": protocol.asgi_version, "spec_version": "2.3"},
        "http_version": version,
        "server": protocol.server,
        "client": protocol.client,
        "scheme": protocol.scheme,
        "root_path": "",
        "headers": protocol.headers,
        "state": protocol.app_state.copy(),
        "method": method.decode("ascii"),
        "path": unquote(path) if "%" in path else path,
        "raw_path": url.path,
        "query_string": url.query or b"",
        CONNECTION: protocol.transport,
    }
