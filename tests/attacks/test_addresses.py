"""Addresses that are not public, in every spelling that leads to them."""

from __future__ import annotations

from typing import Any

import pytest
from attacks.upstreams import says, upstream
from server.running import Running

from engine.values.addresses import is_private_host

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Up: {http:request-config: {responseTimeout: 5s}}
flows:
  ask:
    source: {http:listener: {config-ref: Api, path: /ask}}
    steps: [{http:request: {config-ref: Up, url: "#[attributes.queryParams.url]"}}]
    error-handler:
      - on-error-continue:
          type: ANY
          logException: false
          steps: [{set-payload: {value: {error: "#[error.type]", description: "#[error.description]"}}}]
"""

PRIVATE = {
    "this machine": [
        "127.0.0.1", "127.255.0.1", "127.0.0.1.", "0.0.0.0", "0.1.2.3",  # noqa: S104
        "[::1]", "[::]", "localhost", "LOCALHOST.",
        "a.localhost", "[::1%25lo]",
    ],
    "IPv4 as resolvers take it": [
        "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "10.1",
        "0xa.0.0.1", "3232235777",
    ],
    "other digits": ["①②⑦.0.0.1", "１２７.0.0.1", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "%31%32%37.0.0.1", "127.0.0%2e1"],
    "private networks": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"],
    "link-local": ["169.254.169.254", "[fe80::1]", "[fe80::1%25eth0]", "[febf::1]"],
    "unique and site-local": ["[fc00::1]", "[fd00:ec2::254]", "[fec0::1]"],
    "IPv4 mapped and compatible": [
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]",
        "[::ffff:0:127.0.0.1]",
    ],
    "NAT64": ["[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]",
              "[64:ff9b:1:7f00:0:100::]"],
    "6to4": ["[2002:7f00:1::]", "[2002:a00:1::1]", "[2002:a9fe:a9fe::1]", "[2002:c0a8:101:1::1]"],
    "Teredo": ["[2001::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]"],
    "ISATAP": ["[fe80::5efe:127.0.0.1]", "[2600::5efe:10.0.0.1]", "[2600::200:5efe:192.168.0.1]"],
    "many at once, and nobody": ["224.0.0.1", "255.255.255.255", "240.0.0.1", "[ff02::1]", "192.0.2.1", "198.18.0.1",
                                 "198.51.100.1", "203.0.113.1", "192.0.0.192", "[2001:db8::1]", "[3fff::1]",
                                 "[100::1]"],
    "of a cloud": ["168.63.129.16", "100.100.100.200", "metadata.google.internal"],
    "names that no public DNS knows": ["printer.local", "nas.home.arpa", "INTERNAL."],
}  # fmt: skip
PUBLIC = [
    "8.8.8.8", "172.32.0.1", "172.15.0.1", "100.128.0.1", "11.0.0.1", "example.org", "localhost.example.org",
    "local.host", "2001:4860:4860::8888", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
    "2600::5efe:8.8.8.8", "2600::1",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "host"), [(kind, host) for kind, hosts in PRIVATE.items() for host in hosts])
@pytest.mark.parametrize("location", ["http://{}/", "//{}:81/x", "http://example.org@{}/", "http://{}#@example.org/"],
                         ids=["url", "no scheme", "behind a name", "before one"])  # fmt: skip
def test_redirects_to_private_addresses(attacked: Running, kind: str, host: str, location: str) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location.format(host).encode()
    with upstream(says(moved)) as up:
        answer: Any = attacked.client.get("/ask", params={"url": up.url}).json()
    assert answer == {"error": "HTTP:REDIRECTION", "description": "the upstream redirects to a private address"}


@pytest.mark.parametrize("host", PUBLIC)
def test_what_is_public(host: str) -> None:
    assert not is_private_host(host)
