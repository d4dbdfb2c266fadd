"""Socket activation: a socket that systemd has opened is used in the place of one of our own, and outlives us."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from running import Running, wait_until

from engine.tools.served.passed import Passed, assigned

FLOW = """
configs:
  Api: {http:listener-config: {host: %s, port: %s}}
flows:
  hello:
    source: {http:listener: {config-ref: Api, path: /hello}}
    steps: [{set-payload: {value: %s}}]
"""
Serve = Callable[..., Running]


@pytest.fixture
def opened() -> Iterator[Callable[..., socket.socket]]:
    """Opens sockets as a service manager does."""
    with ExitStack() as stack:
        yield lambda host="127.0.0.1", port=0: stack.enter_context(socket.create_server((host, port)))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:

        def serving(text: str, *arguments: str, passed: list[socket.socket], **environment: str) -> Running:
            (tmp_path / "flows.yaml").write_text(text)
            server = Running(
                tmp_path, str(tmp_path / "flows.yaml"), *arguments, own_ports=True, passed=passed,
                environment=environment,
            )  # fmt: skip
            return stack.enter_context(server)

        yield serving


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


@pytest.mark.parametrize("arguments", [(), ("--workers", "2"), ("--reload",)], ids=["one", "workers", "reload"])
def test_it_is_used_and_kept_for_the_next_server(
    arguments: tuple[str, ...], opened: Callable[..., socket.socket], serve: Serve
) -> None:
    """While nobody serves, callers wait; they are not refused."""
    listening = opened()
    port = port_of(listening)
    first = serve(FLOW % ("127.0.0.1", port, "first"), *arguments, passed=[listening])
    assert first.port == port
    assert httpx.get(f"http://127.0.0.1:{port}/hello", trust_env=False).text == "first"
    assert first.end() == 0
    assert "service manager" not in first.log
    with socket.create_connection(("127.0.0.1", port), timeout=20) as waiting:
        waiting.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        second = serve(FLOW % ("127.0.0.1", port, "second"), *arguments, passed=[listening])
        assert b"".join(iter(lambda: waiting.recv(65536), b"")).endswith(b"second")
        assert second.end() == 0


def test_the_only_one_is_for_the_only_address(opened: Callable[..., socket.socket], serve: Serve) -> None:
    listening = opened()
    server = serve(FLOW % ("127.0.0.1", 8081, "hi"), passed=[listening])
    assert server.port == port_of(listening)
    assert server.client.get("/hello").text == "hi"


def test_what_is_left_over_is_told(opened: Callable[..., socket.socket], serve: Serve) -> None:
    used, other = opened(), opened()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as odd:
        flows = FLOW % ("127.0.0.1", port_of(used), "hi")
        server = serve(flows, passed=[other, odd, used], LISTEN_FDNAMES="other:odd:api")
    assert server.client.get("/hello").text == "hi"
    assert [line.partition("WARNING ")[2] for line in server.logged("WARNING", 2)] == [
        f"engine the service manager passes the socket 'other' at 127.0.0.1:{port_of(other)}; no flow is served at it",
        "engine the service manager passes the socket 'odd', which is no listening TCP socket; no flow is served at it",
    ]


def test_those_of_another_process_are_left_alone(opened: Callable[..., socket.socket], tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOW % ("127.0.0.1", 0, "hi"))
    others = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "api"}
    with Running(tmp_path, str(tmp_path / "flows.yaml"), environment=others) as server:
        assert server.client.get("/hello").text == "hi"
        assert "WARNING" not in server.log


def test_reloading_goes_on_at_the_socket(opened: Callable[..., socket.socket], serve: Serve, tmp_path: Path) -> None:
    listening = opened()
    server = serve(FLOW % ("127.0.0.1", port_of(listening), "first"), "--reload", passed=[listening])
    for text in ("second", "third"):
        (tmp_path / "flows.yaml").write_text(FLOW % ("127.0.0.1", port_of(listening), text))
        server.wait_for_address()
        wait_until(lambda text=text: httpx.get(f"http://127.0.0.1:{server.port}/hello", trust_env=False).text == text)
    assert "service manager" not in server.log


def test_which_one_is_for_which_listener(opened: Callable[..., socket.socket]) -> None:
    here, there, all_of_them = opened(), opened(), opened("0.0.0.0")  # noqa: S104  # as systemd's ListenStream=8081
    given = [Passed("", None), Passed("here", here), Passed("there", there), Passed("all", all_of_them)]

    def names(*wanted: tuple[str, int], given: list[Passed] = given) -> dict[int, str]:
        return {number: each.name for number, each in assigned(wanted, given).items()}

    local = ("127.0.0.1", port_of(here))
    assert names(local) == {0: "here"}
    assert names(("localhost", port_of(here)), ("127.0.0.1", port_of(there))) == {0: "here", 1: "there"}
    assert names(("127.0.0.1", port_of(all_of_them)), local) == {0: "all", 1: "here"}
    assert names(("127.0.0.1", port_of(all_of_them)), ("::1", port_of(all_of_them))) == {}
    assert names(("127.0.0.1", 1), local, given=given[:2]) == {1: "here"}
    assert names(("no host.invalid", 1), given=given[:2]) == {0: "here"}
    assert names(("127.0.0.1", 1), given=[]) == {}
    assert names(given=given) == {}
