"""Signatures over bodies, as services send them: who has no secret passes none, however the request is bent."""

from __future__ import annotations

import asyncio
import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fake_clock import FakeClock

from engine import Application, LoadError
from engine.limits import MOST_SIGNATURES
from engine.testing.client import Received, send
from processors.security import _signatures

FLOWS = """
configs: {{Api: {{http:listener-config: {{port: 0, maxBodySize: 3MiB}}}}}}
flows:
  hook:
    source: {{http:listener: {{config-ref: Api, path: /hook, {listener}}}}}
    steps:
      - security:hmac: {{{parameters}}}
      - set-payload:
          value: {{who: "#[vars.authentication]", got: "#[base64_encode(attributes.rawBody || payload)]"}}
"""
SECRET = "It's a Secret to Everybody"  # noqa: S105  # GitHub's, of its manual
WHO = {"scheme": "hmac", "principal": "signer"}
FORM = "application/x-www-form-urlencoded"


class Service(NamedTuple):
    """How a service signs; the requests are those of its manual, but for Stripe's and Shopify's.

    at: when it was signed.
    """

    parameters: str
    headers: Mapping[str, str]
    body: bytes
    media_type: str = "application/json"
    at: int = 0


def signed(secret: str, text: bytes) -> bytes:
    return hmac.digest(secret.encode(), text, "sha256")


SLACKS = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
    b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
    b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
    b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
STRIPES = b'{\n  "id": "evt_1",  "amount": 1.10\n}'
SERVICES = {
    "GitHub": Service(
        f'header: X-Hub-Signature-256, prefix: "sha256=", secret: "{SECRET}"',
        {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
        "text/plain",
    ),
    "Slack": Service(
        'header: X-Slack-Signature, prefix: "v0=", timestamp: {header: X-Slack-Request-Timestamp}, '
        'signed: "v0:{timestamp}:{body}", secret: 8f742231b10e8888abcd99yyyzzz85a5',
        {
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            "X-Slack-Request-Timestamp": "1531420618",
        },
        SLACKS,
        FORM,
        1531420618,
    ),
    "Stripe": Service(
        "header: Stripe-Signature, part: v1, timestamp: {part: t}, secret: whsec_1",
        {"Stripe-Signature": f"t=1492774577,v1={signed('whsec_1', b'1492774577.' + STRIPES).hex()},v0=00"},
        STRIPES,
        at=1492774577,
    ),
    "Shopify": Service(
        "header: X-Shopify-Hmac-SHA256, encoding: base64, secret: hush",
        {"X-Shopify-Hmac-SHA256": b64encode(signed("hush", b'{"id": 1}')).decode()},
        b'{"id": 1}',
    ),
    "Standard Webhooks": Service(
        'header: webhook-signature, prefix: "v1,", encoding: base64, timestamp: {header: webhook-timestamp}, '
        'signed: "{header:webhook-id}.{timestamp}.{body}", secret: plJ3nmyCDGBKInavdOK15jsl, '
        "secretEncoding: base64",
        {
            "webhook-id": "msg_loFOjxBNrRLzqYUf",
            "webhook-timestamp": "1731705121",
            "webhook-signature": "v1,AAAA v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0= v1a,BBBB",
        },
        b'{"event_type":"ping","data":{"success":true}}',
        at=1731705121,
    ),
}


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Received]:
    """Asks a flow of one signed hook; `listener` says how it keeps the bytes, `later` how long ago it was signed."""

    def asking(
        service: Service, headers: Mapping[str, str] | None = None, body: bytes | None = None,
        listener: str = "rawBody: true", later: float = 0, path: str = "/hook",
    ) -> Received:  # fmt: skip
        (tmp_path / "flows.yaml").write_text(FLOWS.format(parameters=service.parameters, listener=listener))
        app = Application.load(tmp_path, clock=FakeClock(datetime.fromtimestamp(service.at + later, UTC)))
        sent = {"Content-Type": service.media_type, **(service.headers if headers is None else headers)}
        return asyncio.run(send(app.asgi(), "POST", path, sent, service.body if body is None else body))

    return asking


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("listener", ["rawBody: true", "body: raw"])
def test_who_has_the_secret_passes(ask: Any, name: str, listener: str) -> None:
    service = SERVICES[name]
    answer = ask(service, listener=listener)
    assert (answer.status, answer.body) == (200, {"who": WHO, "got": b64encode(service.body).decode()})


def bent(service: Service) -> dict[str, dict[str, Any]]:
    """Requests that were made of a signed one without the secret."""
    [(name, value), *_] = [each for each in service.headers.items() if "ignature" in each[0] or "Hmac" in each[0]]
    return {
        "another body": {"body": service.body + b" "},
        "the same value, written otherwise": {"body": service.body.replace(b":", b": ") + b"\n"},
        "no body": {"body": b""},
        "no signature": {"headers": {}},
        "an empty one": {"headers": {**service.headers, name: ""}},
        "another one": {"headers": {**service.headers, name: value.replace("1", "2")}},
        "none that could be one": {"headers": {**service.headers, name: "é\u20ac".encode().decode("latin-1")}},
        "the prefix alone": {"headers": {**service.headers, name: "sha256="}},
        "a long one": {"headers": {**service.headers, name: value + "00"}},
        "the beginning of it": {"headers": {**service.headers, name: value[:-2]}},
    }


@pytest.mark.parametrize("name", ["GitHub", "Slack", "Shopify"])
@pytest.mark.parametrize("how", bent(SERVICES["GitHub"]))
def test_who_has_it_not_passes_not(ask: Any, name: str, how: str) -> None:
    service = SERVICES[name]
    answer = ask(service, listener="body: raw", **bent(service)[how])
    assert (answer.status, answer.body["errorType"]) == (401, "SECURITY:UNAUTHORIZED")
    assert answer.headers["www-authenticate"].startswith('Signature realm="api", header="X-')


@pytest.mark.parametrize("name", ["Slack", "Stripe", "Standard Webhooks"])
@pytest.mark.parametrize(
    ("later", "status"), [(0, 200), (300, 200), (-300, 200), (301, 401), (-301, 401), (10**9, 401)]
)
def test_a_request_that_was_kept_holds_for_a_while(ask: Any, name: str, later: int, status: int) -> None:
    assert ask(SERVICES[name], later=later).status == status


@pytest.mark.parametrize("given", ["1492774578", "", "١٤٩٢٧٧٤٥٧٧", "1e9", "+1492774577", " 1492774577 ", "9" * 5000])
def test_a_timestamp_is_signed_too(ask: Any, given: str) -> None:
    service = SERVICES["Stripe"]
    header = service.headers["Stripe-Signature"].replace("t=1492774577", f"t={given}")
    header = header.encode().decode("latin-1")
    assert ask(service, {"Stripe-Signature": header}).status == (200 if given.strip() == "1492774577" else 401)


def test_two_timestamps_are_none(ask: Any) -> None:
    service = SERVICES["Stripe"]
    header = service.headers["Stripe-Signature"]
    assert ask(service, {"Stripe-Signature": f"t=1492774577,{header}"}).status == 401


@pytest.mark.parametrize(("secret", "status"), [("old", 200), ("new", 200), ("older", 401), ("", 401)])
def test_one_secret_takes_the_place_of_another(ask: Any, secret: str, status: int) -> None:
    signature = hmac.new(secret.encode(), b"{}", sha256).hexdigest().upper()
    service = Service("header: X-Signature, secret: [new, old]", {"X-Signature": signature}, b"{}")
    assert ask(service).status == status


@pytest.mark.parametrize(("name", "status"), [("sha1", 401), ("sha256", 200), ("sha512", 200), ("md5", 401)])
def test_algorithms(ask: Any, name: str, status: int) -> None:
    signature = hmac.new(b"s", b"{}", name).hexdigest()
    service = Service("header: X-S, algorithms: 'SHA-256, SHA-512', secret: s", {"X-S": signature}, b"{}")
    assert ask(service).status == status


@pytest.mark.parametrize(
    ("path", "status"), [("/hook?a=1", 200), ("/hook?a=2", 401), ("/hook", 401), ("/hoo%6B?a=1", 401)]
)
def test_what_is_signed_beside_the_body(ask: Any, path: str, status: int) -> None:
    headers = {"X-S": signed("s", b"POST /hook?a=1\nyes\n{}").hex(), "X-Own": "yes"}
    parameters = r'header: X-S, secret: s, signed: "{method} {path}\n{header:X-Own}\n{body}"'
    assert ask(Service(parameters, headers, b"{}"), path=path).status == status


def test_a_large_body_is_hashed_in_turns(ask: Any) -> None:
    body = b'"' + b"x" * (_signatures.PORTION * 2) + b'"'
    service = Service("header: X-S, secret: [other, s]", {"X-S": signed("s", body).hex()}, body)
    assert ask(service).status == 200


@pytest.mark.reaches("MOST_SIGNATURES")
@pytest.mark.parametrize(("others", "status"), [(MOST_SIGNATURES - 1, 200), (MOST_SIGNATURES, 401)])
def test_many_signatures(ask: Any, others: int, status: int) -> None:
    value = " ".join(["00" * 32] * others + [signed("s", b"{}").hex()])
    assert ask(Service("header: X-S, secret: s", {"X-S": value}, b"{}")).status == status


def test_every_signature_is_compared_with_every_secret(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bool] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(hmac.compare_digest(one, other))
        return compared[-1]

    monkeypatch.setattr(_signatures, "compare_digest", compare)
    for right in (0, 1, 2):
        texts = ["00" * 32] * 3
        texts[right] = signed("b", b"{}").hex()
        assert ask(Service("header: X-S, secret: [a, b, c]", {"X-S": " ".join(texts)}, b"{}")).status == 200
        assert (len(compared), sum(compared)) == (9, 1)
        compared.clear()


@pytest.mark.reaches("MOST_SECRETS")
@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("header: X-S, secret: ''", "F303 no text that could be a secret"),
        ("header: X-S, secret: []", "F303 0 secrets"),
        (f"header: X-S, secret: [{', '.join('abcdefghijk')}]", "F303 11 secrets"),
        ("header: X S, secret: s", "F303 no name that a header could have"),
        ("header: X-S, secret: s, algorithms: MD5", "F303 the algorithm 'MD5'"),
        ("header: X-S, secret: s, part: v1, prefix: v1", "F304 both part and prefix"),
        ("header: X-S, secret: s, timestamp: {part: t}", "F304 a part for the timestamp and none for the signature"),
        ("header: X-S, secret: s, timestamp: {tolerance: 5m}", "F304 a timestamp without one place"),
        ("header: X-S, secret: s, timestamp: {header: X-T}, signed: '{body}'", "F304 a timestamp that is not signed"),
        ("header: X-S, secret: s, signed: '{timestamp}{body}'", "F304 a timestamp that is not signed"),
        ("header: X-S, secret: s, signed: '{payload}'", "F303 what is no such text"),
        ("header: X-S, secret: xyz, secretEncoding: hex", "F304 a secret that is not in hex"),
    ],
)
def test_mistakes(parameters: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS.format(parameters=parameters, listener="rawBody: true"))
    with pytest.raises(LoadError, match=f"flows.yaml:7:[0-9]+ {re.escape(told)}"):
        Application.load(tmp_path)


def test_a_listener_that_keeps_no_bytes_is_a_mistake(tmp_path: Path) -> None:
    flows = FLOWS.format(parameters="header: X-S, secret: s", listener="allowedMethods: POST")
    (tmp_path / "flows.yaml").write_text(flows)
    with pytest.raises(LoadError, match=r"F511 a signature over bodies .*'hook'[\s\S]*rawBody: true"):
        Application.load(tmp_path)


@pytest.mark.parametrize("listener", ["rawBody: true, idempotency: {}", "body: raw, idempotency: {}"])
def test_it_is_the_head_of_a_flow_with_keys(ask: Any, listener: str) -> None:
    """No F510: who signs is known at the head, and has the answer again under another signature."""
    service = SERVICES["Stripe"]
    assert ask(service, {**service.headers, "Idempotency-Key": "k"}, listener=listener).status == 200
