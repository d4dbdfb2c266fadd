"""Charsets that take their time: Python's punycode is quadratic, idna too, and some inflate."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable
from contextlib import suppress
from time import process_time
from urllib.parse import quote

import pytest
from attacks.attack import watched
from server.running import PROBLEM, Running

from engine.expressions.charset import CHARSETS, charset_of

FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
flows:
  echo:
    source: {http:listener: {config-ref: Api, path: /echo}}
    steps: [{set-payload: {value: {type: "#[type(payload)]"}}}]
  guarded:
    source: {http:listener: {config-ref: Api, path: /guarded}}
    steps:
      - security:api-key: {keys: {one: "${secret:key:a-long-enough-secret}"}, header: X-Key}
      - set-payload: {value: in}
  stream:
    source: {http:listener: {config-ref: Api, path: /stream, streaming: true}}
    steps: [{foreach: {steps: []}}, {set-payload: {value: read}}]
  labelled:
    source: {http:listener: {config-ref: Api, path: /labelled}}
    steps: [{set-payload: {value: "#[payload]", mimeType: text/plain; charset=punycode}}]
  streamed:
    source: {http:listener: {config-ref: Api, path: /streamed, streaming: true}}
    steps: [{set-payload: {value: "#[payload]", mimeType: application/x-ndjson; charset=idna}}]
"""
SLOW = b"a" * 300_000 + b"-" + b"b" * 200_000
"""Punycode puts each b into a row of 300,000 characters."""
STRANGE = (
    "punycode", "PUNYCODE", "puny-code", "idna", "idna_codec", "utf-7", "unicode_escape", "raw_unicode_escape", "zlib",
    "bz2", "hex", "base64", "rot13", "uu", "quopri", "undefined", "mbcs", "klingon", "", "../../os", "x" * 5000, "hz",
    "cp037", "utf-8-sig", "iso2022_kr", "ütf-8",
)  # fmt: skip
NDJSON = "application/x-ndjson"


def part(head: str = "") -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="a"%s\r\n\r\n%s\r\n--x--\r\n' % (head.encode(), SLOW)


@pytest.mark.parametrize("charset", STRANGE)
@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/echo", "text/plain"),
        ("/echo", "application/json"),
        ("/echo", "application/problem+json"),
        ("/echo", "application/x-www-form-urlencoded"),
        ("/echo", "multipart/form-data; boundary=x"),
        ("/guarded", "text/plain"),
        ("/stream", NDJSON),
        ("/stream", "text/csv"),
    ],
)
def test_a_body_in_no_charset_is_refused_before_it_is_read(
    attacked: Running, path: str, media_type: str, charset: str
) -> None:
    header = f'{media_type}; charset="{charset}"'.encode()
    with watched(attacked):
        answer = attacked.post(path, content=SLOW, headers={b"Content-Type": header})  # type: ignore[dict-item]
    assert (answer.status_code, answer.headers["content-type"]) == (415, PROBLEM)


@pytest.mark.parametrize("media_type", ["text/plain", NDJSON])
def test_compressed(attacked: Running, media_type: str) -> None:
    headers = {"Content-Type": f"{media_type}; charset=punycode", "Content-Encoding": "gzip"}
    with watched(attacked):
        answer = attacked.post("/stream", content=gzip.compress(SLOW), headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data; boundary=x", part("\r\nContent-Type: text/plain; charset=punycode")),
        ("multipart/form-data; boundary=x", part("\r\nContent-Type: text/plain; charset=idna\r\nX: y")),
        ("multipart/form-data; boundary=x; charset=utf-8; charset=punycode", part()),
        ("multipart/form-data; charset*=punycode; boundary=x", part()),
        ('multipart/form-data; boundary="x"; x="; charset=utf-8"; charset=ascii', part()),
        ("application/octet-stream; charset=punycode", SLOW),
        ("image/png; charset=idna", SLOW),
        ("application/x-www-form-urlencoded", b"_charset_=punycode&a=" + SLOW),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\npunycode\r\n' + part(),
        ),
    ],
    ids=["of a part", "of a part among headers", "twice", "extended", "in quotes", "bytes", "a picture", "of a form",
         "of a multipart form"],
)  # fmt: skip
def test_what_names_a_charset_and_is_not_read_in_it(attacked: Running, media_type: str, body: bytes) -> None:
    with watched(attacked):
        assert attacked.post("/echo", content=body, headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize(
    ("path", "media_type", "body"),
    [
        ("/labelled", "application/json", b"[%s]" % b",".join([b'"a"'] * 100_000)),
        ("/labelled", "application/json", b'"%s"' % SLOW),
        ("/streamed", NDJSON, b'"a"\n' * 100_000),
    ],
)
def test_a_payload_is_not_written_in_such_a_charset_either(
    attacked: Running, path: str, media_type: str, body: bytes
) -> None:
    with watched(attacked):
        answer = attacked.post(path, content=body, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)


# The list

N = 10_000_000
ADVERSE: dict[str, Callable[[], bytes]] = {
    "nulls": lambda: bytes(N),
    "0xff": lambda: b"\xff" * N,
    "lead bytes": lambda: b"\x81" * N,
    "four bytes": lambda: b"\x81\x30\x81\x30" * (N // 4),
    "escapes": lambda: b"\x1b$B\x1b(B" * (N // 6),
    "half of pairs": lambda: b"\x00\xd8" * (N // 2),
    "tildes": lambda: b"~{" * (N // 2),
    "plus signs": lambda: b"+" * N,
}


@pytest.mark.parametrize("charset", sorted(CHARSETS))
def test_each_charset_of_the_list_is_read_in_a_moment(charset: str) -> None:
    for make in ADVERSE.values():
        body = make()
        began = process_time()
        with suppress(UnicodeError):
            body.decode(charset)
        with suppress(UnicodeError):
            decoder = codecs.getincrementaldecoder(charset)()
            for start in range(0, N, 8192):
                decoder.decode(body[start : start + 8192])
            decoder.decode(b"", final=True)
        assert process_time() - began < 0.8, quote(body[:10])


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("utf8", "utf-8"),
        ("us-ascii", "ascii"),
        ("ISO-8859-1", "iso8859-1"),
        ("latin1", "iso8859-1"),
        ("iso-8859-15", "iso8859-15"),
        ("windows-1252", "cp1252"),
        ("windows-31j", "cp932"),
        ("Shift_JIS", "shift_jis"),
        ("x-sjis", "shift_jis"),
        ("euc-jp", "euc_jp"),
        ("ISO-2022-JP", "iso2022_jp"),
        ("euc-kr", "euc_kr"),
        ("Big5", "big5"),
        ("gb18030", "gb18030"),
        ("koi8-u", "koi8-u"),
        ("utf-16", "utf-16"),
        ("UTF-16LE", "utf-16-le"),
        ("utf-32be", "utf-32-be"),
        ("macintosh", "mac-roman"),
    ],
)
def test_names(name: str, codec: str) -> None:
    assert charset_of(f'text/plain; charset="{name}"') == codec


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-16", '{"é": 1}\n{"é": 2}\n'.encode("utf-16")),
        ("utf-16le", '{"é": 1}\n{"é": 2}\n'.encode("utf-16-le")),
        ("utf-16be", '{"é": 1}\n{"é": 2}\n'.encode("utf-16-be")),
        ("utf-32", '{"é": 1}\n{"é": 2}\n'.encode("utf-32")),
        ("utf-8", '\ufeff{"é": 1}\n{"é": 2}\n'.encode()),
        ("shift_jis", '{"あ": 1}\n'.encode("shift_jis")),
        ("iso-2022-jp", '{"あ": 1}\n'.encode("iso2022_jp")),
    ],
)
def test_a_stream_in_its_charset_byte_by_byte(attacked: Running, charset: str, body: bytes) -> None:
    portions = (body[start : start + 1] for start in range(len(body)))
    answer = attacked.post("/stream", content=portions, headers={"Content-Type": f"{NDJSON}; charset={charset}"})
    assert (answer.status_code, answer.text) == (200, "read")
