"""Bodies whose bytes a listener keeps beside the payload, or leaves unread."""

from __future__ import annotations

import gzip
from base64 import b64decode
from typing import Any

import pytest
from running import PROBLEM, Running

FLOWS = """
configs: {Api: {http:listener-config: {port: 0, maxBodySize: 1KB}}}
flows:
  beside:
    source: {http:listener: {config-ref: Api, path: /beside, rawBody: true}}
    steps:
      - set-payload:
          value: {raw: "#[base64_encode(attributes.rawBody)]", kind: "#[type(payload)]", value: "#[payload]"}
  raw:
    source: {http:listener: {config-ref: Api, path: /raw, body: raw}}
    steps:
      - set-payload:
          value: {raw: "#[payload && base64_encode(payload)]", kind: "#[type(payload)]", kept: "#[attributes.rawBody]"}
  echo:
    source: {http:listener: {config-ref: Api, path: /echo, body: raw}}
    steps: []
  signed:
    source: {http:listener: {config-ref: Api, path: /signed, rawBody: true}}
    steps:
      - set-payload:
          value: "#[constant_time_equals(hmac(attributes.rawBody, 's'), attributes.headers.'x-signature')]"
"""
JSON, TEXT, FORM = "application/json", "text/plain", "application/x-www-form-urlencoded"
LATIN = "text/plain; charset=iso-8859-1"
BODIES: dict[str, tuple[str, bytes, Any]] = {
    "json": (JSON, b'{\r\n "a" : 1.10 }', {"a": 1.1}),
    "with a mark": (JSON, b"\xef\xbb\xbf[1]", [1]),
    "form": (FORM, b"a=1&a=%32&b=+", {"a": ["1", "2"], "b": " "}),
    "latin": (LATIN, b"\xe9", "é"),
    "multipart": (
        "multipart/form-data; boundary=x",
        b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
        {"a": "b"},
    ),
    "nothing": (JSON, b"", None),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("encoding", ["", "gzip", "chunked"])
def test_the_bytes_beside_the_payload(served: Running, name: str, encoding: str) -> None:
    media_type, body, value = BODIES[name]
    answer = served.post("/beside", **sent(media_type, body, encoding)).json()
    assert (b64decode(answer["raw"]), answer["value"]) == (body, value)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("encoding", ["", "gzip", "chunked"])
def test_a_body_that_is_not_read(served: Running, name: str, encoding: str) -> None:
    media_type, body, _ = BODIES[name]
    answer = served.post("/raw", **sent(media_type, body, encoding)).json()
    raw = b64decode(answer["raw"]) if body else answer["raw"]
    assert answer == {"raw": answer["raw"], "kind": "bytes" if body else "null", "kept": None}
    assert raw == (body or None)


def sent(media_type: str, body: bytes, encoding: str) -> dict[str, Any]:
    headers = {"Content-Type": media_type}
    if encoding == "chunked":
        return {"content": iter([body[:3], body[3:]]), "headers": headers}
    if encoding == "gzip" and body:
        return {"content": gzip.compress(body), "headers": {**headers, "Content-Encoding": "gzip"}}
    return {"content": body, "headers": headers}


@pytest.mark.parametrize(("media_type", "body"), [(JSON, b"{"), ("text/plain; charset=klingon", b"x"), (JSON, b"\xff")])
def test_what_is_not_read_is_not_refused(served: Running, media_type: str, body: bytes) -> None:
    answer = served.post("/echo", **sent(media_type, body, ""))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, body, media_type)
    assert served.post("/beside", **sent(media_type, body, "")).status_code in (400, 415)


@pytest.mark.parametrize("path", ["/beside", "/raw"])
@pytest.mark.parametrize("encoding", ["", "gzip", "chunked"])
def test_the_bytes_are_bounded(served: Running, path: str, encoding: str) -> None:
    fits, more = (served.post(path, **sent(TEXT, b"x" * size, encoding)) for size in (1000, 1001))
    assert (fits.status_code, more.status_code, more.headers["content-type"]) == (200, 413, PROBLEM)


def test_a_signature_in_an_expression(served: Running) -> None:
    import hmac

    right = hmac.digest(b"s", b"[1]", "sha256").hex()
    for signature, holds in ((right, True), (right[:-1] + "x", False), ("", False)):
        request = {"content": b"[1]", "headers": {"Content-Type": JSON, "X-Signature": signature}}
        assert served.post("/signed", **request).json() is holds
