"""Callers over TLS: the handshake has its time too, and no answer is lost where there is no half of an end."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import trustme
from attacks.attack import MIB
from server.raw import head, received, statuses
from server.running import Running

FLOWS = """
configs:
  Api:
    http:listener-config:
      port: 0
      maxBodySize: 1MiB
      headerTimeout: 1s
      tls: {certificate: server.pem, key: server.key}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: "#[payload]"}}]
  double:
    source: {http:listener: {config-ref: Api, path: /double, streaming: true}}
    steps:
      - foreach:
          collect: {target: out, streaming: true, success: "#[$result]", abortOn: ANY}
          steps: [{set-payload: {value: "#[payload * 2]"}}]
      - set-payload: {value: "#[vars.out]"}
"""
NDJSON = "Content-Type: application/x-ndjson"
LONG = "Content-Length: 1000000000000"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tls")
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    (folder / "flows.yaml").write_text(FLOWS)
    with Running(folder, str(folder / "flows.yaml"), cwd=folder) as server:
        yield server
        assert "Traceback" not in server.log


def over_tls(server: Running) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(server.raw())


HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""How a ClientHello begins."""


@pytest.mark.parametrize("said", [b"", HELLO], ids=["nothing", "half a hello"])
def test_a_handshake_that_does_not_come(secured: Running, said: bytes) -> None:
    with secured.raw(said) as connection:
        connection.settimeout(10)  # of uvicorn's own bound, a minute, nothing would be seen
        assert received(connection) == b""


def test_a_handshake_that_comes_byte_by_byte(secured: Running) -> None:
    with secured.raw(HELLO) as connection, suppress(ConnectionError):
        for _ in range(100):
            connection.sendall(b"\x00")
            time.sleep(0.1)
        pytest.fail("the server waited for ever")


@pytest.mark.reaches("HEADER_TIMEOUT")
def test_the_handshake_is_part_of_the_time_of_the_head(secured: Running) -> None:
    with over_tls(secured) as connection:
        connection.settimeout(10)
        connection.sendall(b"GET /echo HTTP/1.1\r\n")
        assert statuses(received(connection)) == [408]


def test_no_tls_at_all(secured: Running) -> None:
    with secured.raw(head(request="GET /echo HTTP/1.1")) as connection:
        assert statuses(received(connection)) == []
    with over_tls(secured) as connection:
        connection.sendall(head("Connection: close", request="GET /echo HTTP/1.1"))
        assert statuses(received(connection)) == [200]


REFUSED = {
    "too large": (head(LONG, "Connection: close"), 413),
    "nowhere": (head(LONG, "Connection: close", request="POST /nowhere HTTP/1.1"), 404),
    "no head": (b"no head\r\n", 400),
    "a broken stream": (head(LONG, NDJSON, request="POST /double HTTP/1.1") + b"1\n{}\n", 200),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), REFUSED.values(), ids=REFUSED)
def test_who_sends_all_before_it_reads_gets_the_answer(secured: Running, request_: bytes, status: int) -> None:
    with over_tls(secured) as connection:
        connection.sendall(request_ + b" " * 8 * MIB)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)  # no reset
        assert statuses(answer) == [status]


def test_a_byte_now_and_then_behind_an_answer(secured: Running) -> None:
    def is_kept(request: bytes) -> bool:
        with over_tls(secured) as connection:
            with suppress(OSError):
                for _ in range(150):
                    connection.sendall(request)
                    request = b"x"
                    time.sleep(0.1)
                return True
            return False

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(is_kept, (request for request, _ in REFUSED.values()))) == [False] * len(REFUSED)
