"""SIGTERM under load: whatever was accepted gets its whole answer, and the process ends with 0."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from running import Running, Start, wait_until

CLIENTS = 200
FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
configuration: {shutdownTimeout: 10s}
flows:
  work:
    source: {http:listener: {config-ref: Api, path: /work}}
    steps:
      - slow: {seconds: 0.05}
      - set-payload: {value: "#[{id: payload.id, text: payload.text}]"}
"""
TEXT = "x" * 20_000


def request(number: int) -> bytes:
    body = json.dumps({"id": number, "text": TEXT}).encode()
    return b"POST /work HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body), body,
    )  # fmt: skip


def ask(connection: socket.socket, number: int) -> tuple[str, bool]:
    """What became of a request: whole, broken, none (closed without a byte); and whether the connection ends."""
    data = b""
    try:
        connection.sendall(request(number))
        while b"\r\n\r\n" not in data:
            if not (chunk := connection.recv(65536)):
                return ("broken" if data else "none"), True
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        while len(body) < length:
            if not (chunk := connection.recv(65536)):
                return "broken", True
            body += chunk
    except ConnectionError:
        return ("broken" if data else "none"), True
    is_right = head.startswith(b"HTTP/1.1 200") and json.loads(body) == {"id": number, "text": TEXT}
    return ("whole" if is_right else "broken"), b"connection: close" in head.lower()


def caller(server: Running, number: int, over: Event) -> Counter[str]:
    """Requests one after another, over connections that are kept, until the server takes no more."""
    seen: Counter[str] = Counter()
    while not over.is_set():
        try:
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        except ConnectionError:
            seen["refused"] += 1
            return seen
        with connection:
            ends = False
            while not ends and not over.is_set():
                outcome, ends = ask(connection, number)
                seen[outcome] += 1
    return seen


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
def test_no_answer_is_lost(start: Start, arguments: tuple[str, ...]) -> None:
    server = start(FLOWS, "--processors", "elements", *arguments)
    over = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        callers = [pool.submit(caller, server, number, over) for number in range(CLIENTS)]
        try:
            wait_until(lambda: server.log.count(" 200 ") > 3 * CLIENTS, 30)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(timeout=15) == 0
        finally:
            over.set()
        outcomes: Counter[str] = sum((each.result() for each in callers), Counter())
    answered = server.log.count("POST /work work 200")
    print(f"{CLIENTS} clients: {dict(outcomes)}; the server answered {answered}")
    assert outcomes["broken"] == 0
    assert outcomes["whole"] == answered  # what it took, it answered, and who asked got all of it
    assert answered > 3 * CLIENTS
    assert "Traceback" not in server.log
    assert " 503 " not in server.log


def test_not_ready_while_it_drains(start: Start) -> None:
    server = start(FLOWS.replace("0.05", "1.5"), "--processors", "elements")
    assert server.client.get("/-/ready").json() == {"status": "ready"}
    probe = b"GET /-/%s HTTP/1.1\r\nHost: test\r\n\r\n"
    with server.raw(request(1) + probe % b"ready" + probe % b"live") as connection:
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"503", b"200"]
    assert b'{"status":"not ready"}' in answer
    assert server.process.wait(timeout=10) == 0
