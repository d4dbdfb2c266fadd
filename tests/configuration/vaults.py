"""A server that answers as HashiCorp Vault's HTTP API does (KV version 1 and 2)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hvs.CAESIJ-token"  # noqa: S105  # of nobody

Answer = tuple[int, Mapping[str, str], bytes]


def secret(**data: Any) -> Answer:
    """The current version of a secret, as KV version 2 has it."""
    metadata = {"created_time": "2026-01-01T00:00:00Z", "deletion_time": "", "destroyed": False, "version": 3}
    return 200, {}, json.dumps({"data": {"data": data, "metadata": metadata}, "lease_duration": 0}).encode()


def errors(status: int, *texts: str) -> Answer:
    return status, {}, json.dumps({"errors": texts}).encode()


@dataclass
class Vault:
    """What it knows, and what it was asked."""

    address: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    hangs: threading.Event | None = None

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(path)
        self.headers.append(headers)
        if self.hangs is not None:
            self.hangs.wait(20)
        if headers.get("X-Vault-Token") != TOKEN:
            return errors(403, "permission denied")
        return self.answers.get(path, errors(404))


@contextmanager
def vault() -> Iterator[Vault]:
    known = Vault()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = known.answer(self.path, dict(self.headers.items()))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # a client that has given up
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    known.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield known
    finally:
        if known.hangs is not None:
            known.hangs.set()
        server.shutdown()
        thread.join()
        server.server_close()
