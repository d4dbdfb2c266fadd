"""A caller that sends and sends, until it is answered."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable
from contextlib import suppress

from server.running import Running


def pour(server: Running, path: str, blocks: Iterable[bytes], **headers: str) -> tuple[int, int]:
    """The status of the answer to a chunked body, and how many bytes were sent before it came."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    sent, answer = 0, b""
    with server.raw("\r\n".join((*lines, "", "")).encode()) as connection:
        connection.settimeout(60)
        with suppress(ConnectionError):
            for block in blocks:
                if is_answered(connection):
                    break
                connection.sendall(b"%x\r\n%s\r\n" % (len(block), block))
                sent += len(block)
            else:
                connection.sendall(b"0\r\n\r\n")
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                answer += part
                if b"\r\n" in answer:
                    break
    return int(answer.split(b" ", 2)[1]), sent


def is_answered(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])
