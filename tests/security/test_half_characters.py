"""Half characters (lone surrogates) where callers could send them: none reaches a flow as text, and none is a 500.

In addresses each byte of them is U+FFFD, as of all that is no UTF-8.
"""

from __future__ import annotations

import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from server.running import Running

SECRET = "horse-" * 12
FLOWS = f"""
configs:
  Api: {{http:listener-config: {{port: 0}}}}
flows:
  token:
    source: {{http:listener: {{config-ref: Api, path: /token, idempotency: {{}}}}}}
    steps:
      - security:jwt: {{algorithms: HS256, secret: {SECRET}}}
      - &say
        logger: {{message: "#[vars.authentication] #[attributes] #[payload]"}}
      - &answer
        set-payload:
          value: {{who: "#[vars.authentication]", sent: "#[payload]", query: "#[attributes.queryParams]"}}
  basic:
    source: {{http:listener: {{config-ref: Api, path: /basic, idempotency: {{}}}}}}
    steps: [{{security:basic: {{users: {{ada: sword}}}}}}, *say, *answer]
  key:
    source:
      http:listener:
        {{config-ref: Api, path: /key, rateLimit: {{limit: 1000, key: "#[attributes.headers.'x-api-key']"}}}}
    steps: [{{security:api-key: {{keys: {{ada: sword}}}}}}, *say, *answer]
  query:
    source: {{http:listener: {{config-ref: Api, path: /query}}}}
    steps: [{{security:api-key: {{keys: {{ada: sword}}, query: key}}}}, *say, *answer]
  open:
    source: {{http:listener: {{config-ref: Api, path: "/open/*", idempotency: {{}}}}}}
    steps: [*say, *answer, {{cache: {{steps: [*say]}}}}]
"""
HALF = b"\xed\xa0\x80"
"""U+D800 as UTF-8 would have it, if it might."""


def signed(claims: bytes, header: bytes = b'{"alg":"HS256"}') -> dict[str, str]:
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in (header, claims))
    signature = urlsafe_b64encode(hmac.digest(SECRET.encode(), text, "sha256")).rstrip(b"=")
    return {"Authorization": f"Bearer {(text + b'.' + signature).decode()}"}


@pytest.fixture(scope="module", params=["text", "json"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("half")
    (folder / "flows.yaml").write_text(FLOWS)
    with Running(folder, str(folder / "flows.yaml"), "--log-format", request.param) as it:
        yield it
        assert "Traceback" not in it.log
        assert "Logging error" not in it.log


LIFE = b'"exp":9999999999'
TOKENS = {
    "escaped": b'{"sub":"\\ud800",%s}' % LIFE,
    "the other half": b'{"sub":"\\udc00",%s}' % LIFE,
    "the wrong way round": b'{"sub":"\\udc00\\ud800",%s}' % LIFE,
    "in bytes": b'{"sub":"%s",%s}' % (HALF, LIFE),
    "in another claim": b'{"sub":"a","roles":["\\ud800"],%s}' % LIFE,
    "in the name of a claim": b'{"sub":"a","\\ud800":1,%s}' % LIFE,
    "in a scope": b'{"sub":"a","scope":"read \\ud800",%s}' % LIFE,
}


@pytest.mark.parametrize("which", TOKENS)
def test_in_a_token_that_is_signed(server: Running, which: str) -> None:
    answer = server.client.post("/token", headers=signed(TOKENS[which]) | {"Idempotency-Key": "k"}, json={})
    assert (answer.status_code, answer.json()["errorType"]) == (401, "SECURITY:UNAUTHORIZED")
    assert answer.headers["www-authenticate"].endswith('error_description="the token does not hold"')


def test_in_the_name_of_a_tokens_key(server: Running) -> None:
    header = b'{"alg":"HS256","kid":"\\ud800"}'
    assert server.client.get("/token", headers=signed(b'{"sub":"a",%s}' % LIFE, header)).status_code == 200


def test_two_halves_are_a_whole(server: Running) -> None:
    answer = server.client.get("/token", headers=signed(b'{"sub":"\\ud83d\\ude00",%s}' % LIFE))
    assert (answer.status_code, answer.json()["who"]["principal"]) == (200, "\U0001f600")


def test_a_claim_that_stands_twice(server: Running) -> None:
    """Whose claims are read by two, who read another one each, lets in the wrong one (RFC 7519, 4)."""
    assert server.client.get("/token", headers=signed(b'{"sub":"a","sub":"b",%s}' % LIFE)).status_code == 401


def basic(credentials: bytes) -> dict[Any, Any]:
    return {"Authorization": "Basic " + b64encode(credentials).decode()}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/basic", basic(HALF + b":sword"), 401),
        ("/basic", basic(b"ada:" + HALF), 401),
        ("/key", {b"X-API-Key": HALF}, 401),
        ("/key", {b"X-API-Key": b"\xff\xfe"}, 401),
        ("/query?key=%ED%A0%80", {}, 401),
        ("/query?key=sword&other=%ED%A0%80", {}, 200),
        ("/open/a?%ED%A0%80=1", {}, 200),
        ("/open/a", {b"Idempotency-Key": HALF}, 400),
        ("/open/a", {b"X-Correlation-ID": HALF}, 200),
        ("/open/a", {b"Cookie": HALF, b"Authorization": HALF, b"Idempotency-Key": b"k"}, 200),
        ("/open/%ED%A0%80", {b"Idempotency-Key": b"l"}, 200),
    ],
)
def test_in_what_else_a_caller_sends(server: Running, path: str, headers: dict[Any, Any], status: int) -> None:
    answer = server.client.post(path, headers=list(headers.items()), json={})
    assert answer.status_code == status, answer.text


def test_in_a_body(server: Running) -> None:
    for body in (b'{"a":"\\ud800"}', b'{"a":"' + HALF + b'"}'):
        answer = server.client.post("/open/a", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
