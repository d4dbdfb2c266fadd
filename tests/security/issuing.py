"""Tokens, the keys that sign them, and an issuer that gives out the keys."""

from __future__ import annotations

import json
import warnings
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from fake_clock import FakeClock
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import Key, OctKey, RSAKey
from joserfc.jws import JWSRegistry

from engine import Application, FlowError, Refusal

SECRET = "horse-" * 12
OCT, RSA, OTHER_RSA = OctKey.import_key(SECRET), RSAKey.generate_key(2048), RSAKey.generate_key(2048)
NOW = int(FakeClock().now().timestamp())
GOOD = {"sub": "ada", "exp": NOW + 600}


def token(claims: Any = GOOD, key: Key = OCT, algorithm: str = "HS256", **header: Any) -> str:
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    with warnings.catch_warnings():  # EdDSA is an old name
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode({"alg": algorithm, **header}, dict(claims), key, registry=registry)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).decode().rstrip("=")


def key_set(**keys: Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) | {"kid": name} for name, key in keys.items()]}


class Issuer:
    """Gives out keys, and counts how often."""

    def __init__(self) -> None:
        self.answer: Any = key_set(one=RSA)
        self.status = 200
        self.asked = 0

    async def keys(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return web.Response(body=body, status=self.status, headers={"Location": "/keys"})


class Asked:
    """Two flows with the keys of an issuer."""

    def __init__(self, tmp_path: Path, url: str) -> None:
        self.clock = FakeClock()
        file = tmp_path / "flow.yaml"
        step = f"{{security:jwt: {{algorithms: RS256, jwks: '{url}'}}}}"
        file.write_text(f"flows:\n  protected: {{steps: [{step}]}}\n  other: {{steps: [{step}]}}\n")
        self.app = Application.load(file, clock=self.clock)

    async def status(self, key: Key, kid: str, flow: str = "protected") -> int:
        lives = int(self.clock.now().timestamp()) + 600
        text = token({"sub": "ada", "exp": lives}, key, "RS256", kid=kid)
        try:
            await self.app.run(flow, attributes={"headers": bearer(text)})
        except Refusal as refusal:
            return refusal.status
        except FlowError as error:
            said = str(error.type), error.description
            return 503 if said == ("SECURITY:CONNECTIVITY", "the keys for tokens cannot be had") else 0
        return 200


async def with_issuer(tmp_path: Path, story: Any) -> None:
    issuer, app = Issuer(), web.Application()
    app.router.add_get("/keys", issuer.keys)
    async with TestServer(app) as server:
        asked = Asked(tmp_path, str(server.make_url("/keys")))
        async with asked.app:
            await story(issuer, asked)
