"""Who asks: X-Forwarded-For and X-Forwarded-Proto are believed of the proxies that the operator names alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacks.attack import watched
from server.raw import head
from server.running import Running

WHO = """
configs:
  Api: {http:listener-config: {port: 0%s}}
flows:
  who:
    source: {http:listener: {config-ref: Api, path: /who}}
    steps: [{set-payload: {value: "#[{from: attributes.remoteAddress, scheme: attributes.scheme}]"}}]
  one:
    source: {http:listener: {config-ref: Api, path: /one, rateLimit: {limit: 1, period: 1h}}}
    steps: [{set-payload: {value: one}}]
  office:
    source: {http:listener: {config-ref: Api, path: /office}}
    steps:
      - validation:is-allowed-ip: {ipAddress: "#[attributes.remoteAddress]", allowList: 192.0.2.0/24}
      - set-payload: {value: welcome}
"""
PROXIES = "127.0.0.1, 10.0.0.0/8, 2001:db8:1::/48, ::ffff:172.16.0.1"
TRUSTED = f", maxHeaderSize: 1MiB, maxHeaders: 20000, trustedProxies: '{PROXIES}'"


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from served(tmp_path_factory, TRUSTED)


@pytest.fixture(scope="module")
def distrusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from served(tmp_path_factory, "")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """It trusts another proxy than the one that asks."""
    yield from served(tmp_path_factory, ", trustedProxies: [10.0.0.0/8, 192.0.2.7]")


def served(factory: pytest.TempPathFactory, more: str) -> Iterator[Running]:
    folder: Path = factory.mktemp("who")
    (folder / "flows.yaml").write_text(WHO % more)
    with Running(folder, str(folder / "flows.yaml")) as server:
        yield server
        assert "Traceback" not in server.log


def caller(server: Running, *headers: tuple[str, str]) -> str:
    """Whom the flow sees."""
    answer: dict[str, Any] = server.client.get("/who", headers=list(headers)).json()
    assert answer["scheme"] == "http"
    address: str = answer["from"]
    return address


FORGED = [
    ("X-Forwarded-For", "192.0.2.1"),
    ("X-Forwarded-For", "192.0.2.1, 127.0.0.1"),
    ("Forwarded", "for=192.0.2.1;proto=https"),
    ("X-Real-IP", "192.0.2.1"),
    ("X-Forwarded-Proto", "https"),
]


@pytest.mark.parametrize("header", FORGED)
@pytest.mark.parametrize("fixture", ["distrusting", "other"])
def test_nobody_is_believed_who_is_not_named(
    request: pytest.FixtureRequest, fixture: str, header: tuple[str, str]
) -> None:
    server = request.getfixturevalue(fixture)
    assert caller(server, header).startswith("127.0.0.1:")
    assert server.client.get("/office", headers=[header]).status_code == 400


def test_a_forged_address_is_no_other_caller(distrusting: Running) -> None:
    answers = [distrusting.client.get("/one", headers={"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]


def test_behind_a_proxy_each_caller_has_its_own_rate(trusting: Running) -> None:
    def ask(forwarded: str) -> int:
        return trusting.client.get("/one", headers={"X-Forwarded-For": forwarded}).status_code

    assert [ask("192.0.2.1"), ask("192.0.2.2"), ask("192.0.2.1")] == [200, 200, 429]
    assert [ask("198.51.100.1, 192.0.2.1"), ask("192.0.2.1:5555"), ask("192.0.2.1, 10.1.1.1")] == [429] * 3
    assert ask("::ffff:192.0.2.1") == 429  # another spelling is no other caller


CALLERS = {
    "192.0.2.1": "192.0.2.1:0",
    "192.0.2.1:8080": "192.0.2.1:8080",
    "2001:db8::1": "2001:db8::1:0",
    "[2001:db8::1]": "2001:db8::1:0",
    "[2001:db8::1]:443": "2001:db8::1:443",
    "2001:0DB8:0:0:0:0:0:1": "2001:db8::1:0",
    "::ffff:192.0.2.1": "192.0.2.1:0",
    "[::ffff:192.0.2.1]:80": "192.0.2.1:80",
    "198.51.100.9, 192.0.2.1": "192.0.2.1:0",
    "198.51.100.9, 192.0.2.1, 10.0.0.1": "192.0.2.1:0",
    "198.51.100.9,192.0.2.1 ,\t10.0.0.1, 172.16.0.1, 2001:db8:1::5": "192.0.2.1:0",
    "10.0.0.1, 10.0.0.2": "10.0.0.1:0",
    "nonsense, 192.0.2.1": "192.0.2.1:0",
    "192.0.2.1, nonsense, 10.0.0.1": "10.0.0.1:0",
}
NOBODY = [
    "", ",", "nonsense", "unknown", "_hidden", "192.0.2.1, ", "192.0.2.1, unknown", "192.0.2.256", "192.0.2.01",
    "192.0.2", "3221225985", "192.0.2.1:", "192.0.2.1:port", "192.0.2.1:123456", "192.0.2.1:80:80", "[192.0.2.1",
    "[2001:db8::1", "2001:db8::1]:80", "[]:80", "[2001:db8::1]x", "[[2001:db8::1]]", "fe80::1%eth0", "192.0.2.1/24",
    "<script>", "192.0.2.1;", "a" * 5000, "１９２.0.2.1",
]  # fmt: skip


@pytest.mark.parametrize(("forwarded", "address"), CALLERS.items())
def test_the_last_that_is_no_proxy(trusting: Running, forwarded: str, address: str) -> None:
    assert caller(trusting, ("X-Forwarded-For", forwarded)) == address


@pytest.mark.reaches("LONGEST_ADDRESS")
@pytest.mark.parametrize("forwarded", NOBODY)
def test_what_is_no_address_is_nobody(trusting: Running, forwarded: str) -> None:
    line = f"X-Forwarded-For: {forwarded}".encode().decode("latin-1")
    answer = trusting.exchange(head(line, "Connection: close", request="GET /who HTTP/1.1"))
    assert b'"from":"127.0.0.1:' in answer


def test_several_headers_are_one_list(trusting: Running) -> None:
    lines = ["198.51.100.9", "192.0.2.1, 10.0.0.1", "10.0.0.2"]
    assert caller(trusting, *(("X-Forwarded-For", line) for line in lines)) == "192.0.2.1:0"


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [
        ("https", "https"), ("HTTPS", "https"), ("http", "http"), ("http, https", "https"), ("https, http", "http"),
        ("ftp", "http"), ("", "http"), ("https,", "http"), ("wss", "http"), ("https" * 999, "http"),
    ],
)  # fmt: skip
def test_the_scheme(trusting: Running, distrusting: Running, proto: str, scheme: str) -> None:
    assert trusting.client.get("/who", headers={"X-Forwarded-Proto": proto}).json()["scheme"] == scheme
    assert distrusting.client.get("/who", headers={"X-Forwarded-Proto": proto}).json()["scheme"] == "http"


@pytest.mark.parametrize("entry", ["10.0.0.1", "192.0.2.1", "10.0.0.1:80", "x", "2001:db8:1::%x"])
def test_ten_thousand_entries(trusting: Running, entry: str) -> None:
    entries = [entry % number if "%" in entry else entry for number in range(10_000)]
    with watched(trusting):
        assert caller(trusting, ("X-Forwarded-For", ", ".join(["192.0.2.9", *entries])))
        assert caller(trusting, *(("X-Forwarded-For", each) for each in entries))
