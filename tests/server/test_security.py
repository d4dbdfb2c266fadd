"""Authentication over HTTP: what callers are answered, and what stands in the log."""

from __future__ import annotations

import time
from base64 import b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from running import PROBLEM, Running

SECRET = "horse-" * 12
FLOWS = f"""
properties: {{ada.password: swordfish, shop.key: 6f1ed002ab559585, token.secret: {SECRET}}}
configs:
  Api: {{http:listener-config: {{port: 0}}}}
flows:
  basic:
    source: {{http:listener: {{config-ref: Api, path: /basic}}}}
    steps:
      - security:basic: {{users: {{ada: {{password: "${{secret:ada.password}}", roles: clerk}}}}, roles: clerk}}
      - set-payload: {{value: "#[vars.authentication]"}}
  boss:
    source: {{http:listener: {{config-ref: Api, path: /boss}}}}
    steps:
      - security:basic: {{users: {{ada: {{password: "${{secret:ada.password}}", roles: clerk}}}}, roles: boss}}
  key:
    source: {{http:listener: {{config-ref: Api, path: /key}}}}
    steps:
      - security:api-key: {{keys: {{shop: "${{secret:shop.key}}"}}}}
      - set-payload: {{value: "#[vars.authentication]"}}
  query:
    source: {{http:listener: {{config-ref: Api, path: /query}}}}
    steps:
      - security:api-key: {{keys: {{shop: "${{secret:shop.key}}"}}, query: key}}
      - set-payload: {{value: "#[vars.authentication]"}}
  token:
    source: {{http:listener: {{config-ref: Api, path: /token}}}}
    steps:
      - security:jwt: {{algorithms: HS256, secret: "${{secret:token.secret}}", scopes: read}}
      - set-payload: {{value: "#[vars.authentication]"}}
  handled:
    source: {{http:listener: {{config-ref: Api, path: /handled}}}}
    steps:
      - security:api-key: {{keys: {{shop: "${{secret:shop.key}}"}}}}
    error-handler:
      - on-error-propagate:
          type: SECURITY:UNAUTHORIZED
          steps: [{{set-payload: {{value: {{error: who are you}}}}}}]
"""


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"ada:{password}".encode()).decode()}


def bearer(**claims: Any) -> dict[str, str]:
    text = jwt.encode({"alg": "HS256"}, {"sub": "ada", **claims}, OctKey.import_key(SECRET))
    return {"Authorization": f"Bearer {text}"}


IN_AN_HOUR = int(time.time()) + 3600
KNOWN = {
    "basic": ("/basic", basic("swordfish"), {"scheme": "basic", "principal": "ada", "roles": ["clerk"]}),
    "key": ("/key", {"x-api-KEY": "6f1ed002ab559585"}, {"scheme": "api-key", "principal": "shop", "roles": []}),
    "query": ("/query?key=6f1ed002ab559585", {}, {"scheme": "api-key", "principal": "shop", "roles": []}),
    "token": (
        "/token",
        bearer(exp=IN_AN_HOUR, scope="read write"),
        {
            "scheme": "jwt", "principal": "ada", "scopes": ["read", "write"],
            "claims": {"sub": "ada", "exp": IN_AN_HOUR, "scope": "read write"},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_who_is_known(served: Running, name: str) -> None:
    path, headers, authentication = KNOWN[name]
    answer = served.client.get(path, headers=headers)
    assert (answer.status_code, answer.json()) == (200, authentication)


IN_QUERY = 'ApiKey realm="api", in="query", name="key"'
UNSCOPED = 'Bearer realm="api", error="insufficient_scope", scope="read"'
INVALID = 'Bearer realm="api", error="invalid_token", error_description='
REFUSED = {
    "no password": ("/basic", {}, 401, "HTTP:BASIC_AUTHENTICATION", 'Basic realm="api", charset="UTF-8"'),
    "a wrong one": ("/basic", basic("sword"), 401, "HTTP:BASIC_AUTHENTICATION", 'Basic realm="api", charset="UTF-8"'),
    "no role": ("/boss", basic("swordfish"), 403, "MULE:NOT_PERMITTED", None),
    "no key": ("/key", {}, 401, "SECURITY:UNAUTHORIZED", 'ApiKey realm="api", in="header", name="X-API-Key"'),
    "two keys": ("/query?key=6f1ed002ab559585&key=x", {}, 401, "SECURITY:UNAUTHORIZED", IN_QUERY),
    "no token": ("/token", {}, 401, "SECURITY:UNAUTHORIZED", 'Bearer realm="api"'),
    "an old token": ("/token", bearer(exp=1), 401, "SECURITY:UNAUTHORIZED", f'{INVALID}"the token has expired"'),
    "no scope": ("/token", bearer(exp=IN_AN_HOUR), 403, "MULE:NOT_PERMITTED", UNSCOPED),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_who_is_refused(served: Running, name: str) -> None:
    path, headers, status, error_type, challenge = REFUSED[name]
    answer = served.client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.headers.get("www-authenticate") == challenge
    problem = answer.json()
    assert (problem["status"], problem["errorType"]) == (status, error_type)
    assert problem["detail"] == (
        "the caller may not do this" if status == 403 else "the credentials are missing or do not hold"
    )


def test_a_handler_may_answer_in_its_own_words(served: Running) -> None:
    answer = served.client.get("/handled")
    assert (answer.status_code, answer.json()) == (401, {"error": "who are you"})
    assert answer.headers["www-authenticate"].startswith("ApiKey ")


def test_no_credentials_are_in_the_log(served: Running) -> None:
    for path, headers, *_ in [*KNOWN.values(), *REFUSED.values()]:
        served.client.get(path, headers=headers)
    sent = [value.split()[-1] for _, headers, *_ in [*KNOWN.values(), *REFUSED.values()] for value in headers.values()]
    log = served.log
    assert "MULE:NOT_PERMITTED" in log
    assert [word for word in [*sent, "swordfish", "sword", "6f1ed002ab559585", SECRET] if word in log] == []
