"""A flow between a caller and an upstream: headers are handed on as they came, but for those of one connection."""

from __future__ import annotations

from pathlib import Path

from loopback import in_loop, loopback
from starlette.responses import Response

FLOWS = """
flows:
  by-name:
    source:
      http:listener:
        config-ref: Api
        path: /by-name
        response:
          headers:
            Set-Cookie: "#[attributes.headers.'set-cookie']"
            WWW-Authenticate: "#[attributes.headers.'www-authenticate']"
    steps: [{http:request: {url: "${up}/", response-validator: {success-status-code: 0..599}}}]
"""
COOKIES = ["a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT", "b=2; Path=/"]
CHALLENGES = ['Basic realm="a, b"', 'Bearer realm="c"']


def with_headers(*named: tuple[str, str]) -> Response:
    answer = Response("{}", media_type="application/json")
    answer.raw_headers += [(name.encode(), value.encode()) for name, value in named]
    return answer


@in_loop
async def test_headers_that_stand_twice_go_out_as_two_lines(tmp_path: Path) -> None:
    async with loopback(tmp_path, FLOWS) as it:
        named = [("set-cookie", each) for each in COOKIES] + [("www-authenticate", each) for each in CHALLENGES]
        it.upstream.respond = lambda request: with_headers(*named)
        answer = await it.get("/by-name")
    assert answer.headers.get_list("set-cookie") == COOKIES
    assert answer.headers.get_list("www-authenticate") == CHALLENGES
