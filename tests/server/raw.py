"""HTTP as bytes, for callers that no client would be."""

from __future__ import annotations

import json
import socket

import pytest

PROBLEM = b"application/problem+json"


def head(*lines: str, request: str = "POST /echo HTTP/1.1", host: str = "Host: test") -> bytes:
    return "\r\n".join([request, *([host] if host else []), *lines, "", ""]).encode("latin-1")


def received(connection: socket.socket) -> bytes:
    """All that comes until the server closes; what came before a reset counts."""
    data = b""
    try:
        while chunk := connection.recv(65536):
            data += chunk
    except ConnectionError:
        pass
    return data


def statuses(answer: bytes) -> list[int]:
    """The statuses of the answers that came over a connection."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def check_problem(answer: bytes, status: int) -> None:
    """One answer of that status, in our form, with which the connection ends."""
    assert statuses(answer) == [status]
    lines, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: " + PROBLEM in lines.lower()
    assert b"connection: close" in lines.lower()
    assert json.loads(body)["status"] == status


def allow_files(wanted: int) -> None:
    """Let this process have so many files, and some more; skip the test where the system does not."""
    import resource

    wanted += 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            pytest.skip(f"the system allows {hard} files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
