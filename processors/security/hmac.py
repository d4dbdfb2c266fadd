from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from engine import Event, FlowError, Mistake, Name, prepared, refuse
from engine.connectors import (
    EXPRESSION,
    UNAUTHORIZED,
    Authentication,
    HttpSource,
    Runnable,
    authenticated,
    is_digits,
    steps_within,
)
from engine.limits import MOST_SIGNATURES
from processors.security._realm import Realm, attribute, text_of
from processors.security._signatures import (
    DECODERS,
    HASHES,
    Hashes,
    Header,
    Part,
    Secrets,
    Signed,
    Timestamp,
    decoded,
    makes_one_of,
)

SPACES = re.compile(r"[ \t]+")
LONGEST_TIMESTAMP = 12


class Hmac(Authentication):
    """Let only requests pass whose body is signed with a secret that both sides have (HMAC, RFC 2104).

    The listener keeps the bytes that are signed: `rawBody: true`, or `body: raw`. If the service says when it signed,
    name the timestamp: it is signed too, and a recorded request is no longer valid once the tolerance is over. While
    one secret replaces another, list both. Everything is compared in constant time.

    GitHub: `{header: X-Hub-Signature-256, prefix: "sha256=", secret: …}`. Stripe: `{header:
    Stripe-Signature, part: v1, timestamp: {part: t}, secret: …}`. Slack: `{header: X-Slack-Signature,
    prefix: "v0=", timestamp: {header: X-Slack-Request-Timestamp}, signed: "v0:{timestamp}:{body}",
    secret: …}`. Shopify: `{header: X-Shopify-Hmac-SHA256, encoding: base64, secret: …}`.

    The caller is `vars.authentication`: {scheme: hmac, principal: the parameter `caller`}. A request whose signature is
    missing, too old or wrong is answered with 401 and SECURITY:UNAUTHORIZED.

    Example:
        configs:
          Api: {http:listener-config: {port: 8081}}
        properties: {hook.secret: It's a Secret to Everybody}
        flows:
          hook:
            source: {http:listener: {config-ref: Api, path: /hook, allowedMethods: POST, rawBody: true}}
            steps:
              - security:hmac: {header: X-Hub-Signature-256, prefix: "sha256=", secret: "${secret:hook.secret}"}
              - set-payload: {value: "#[payload]"}
        request:
          method: POST
          path: /hook
          headers:
            Content-Type: text/plain
            X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17
          body: Hello, World!
        expect: {status: 200, payload: "Hello, World!"}
    """

    header: Header
    """The header that holds the signature, or several with spaces between them."""

    secret: Secrets
    """The secret, or a list of valid ones; take it from a placeholder such as `${secret:hook.secret}`."""

    secret_encoding: Literal["text", "hex", "base64"] = "text"  # noqa: S105  # no secret
    """How the secret is written."""

    algorithms: Hashes = ("SHA-256",)
    """The hashes that may be used: SHA-256, SHA-384, SHA-512; SHA-224 and SHA-1 for old partners only."""

    prefix: str = ""
    """The text before a signature, as `sha256=`."""

    part: Part | None = None
    """The name of the parts of the header that are signatures, as `v1` in `t=1492774577,v1=…,v1=…`."""

    encoding: Literal["hex", "base64"] = "hex"
    """How signatures are written."""

    timestamp: Timestamp | None = None
    """The time of signing: header or part, tolerance (5 minutes)."""

    signed: Signed | None = None
    """The text that is signed, with {body}, {timestamp}, {method}, {path} (with its query, as it came), {header:NAME}.
    If left out, the body alone; with a timestamp `{timestamp}.{body}`."""

    caller: Name = "signer"
    """The name by which the flow knows the holder of the secret."""

    realm: Realm = "api"
    """The realm of the challenge: it tells the caller what the signature is for."""

    raises = (UNAUTHORIZED,)

    _keys: list[tuple[bytes, str]] = prepared()
    _signed: Signed = prepared()

    def __post_init__(self) -> None:
        if self.part and self.prefix:
            refuse([Mistake("F304", "both part and prefix", "one of them")])
        if self.timestamp and self.timestamp.part and not self.part:
            refuse([Mistake("F304", "a part for the timestamp and none for the signature", "part: v1")])
        signed = self.signed or Signed("{timestamp}.{body}" if self.timestamp else "{body}")
        if ("timestamp" in signed.marks) != (self.timestamp is not None):
            expected = "both: who has one request could else send it again under another time"
            refuse([Mistake("F304", "a timestamp that is not signed, or no timestamp that is", expected)])
        self._prepare(_signed=signed, _keys=self._read_keys())

    def _read_keys(self) -> list[tuple[bytes, str]]:
        keys = decoded(self.secret, DECODERS[self.secret_encoding])
        if len(keys) < len(self.secret) or not all(keys):
            refuse([Mistake("F304", f"a secret that is not in {self.secret_encoding}", "as secretEncoding says")])
        return [(key, HASHES[name]) for key in keys for name in self.algorithms]

    def objections(self) -> Iterator[tuple[str, Mistake]]:
        for name, flow in self.runtime.flows.items():
            if self._lacks_bytes_in(flow):
                found = f"a signature over bodies of which the listener of '{name}' keeps no bytes"
                yield "header", Mistake("F511", found, "rawBody: true, or body: raw, of the http:listener")

    def _lacks_bytes_in(self, flow: Runnable) -> bool:
        source = getattr(flow, "source", None)  # a sub-flow has none
        if not isinstance(source, HttpSource):
            return False
        return not source.keeps_bytes and any(step.processor is self for step in steps_within(flow))

    def security_scheme(self) -> dict[str, Any]:
        """Return a key in a header: OpenAPI has no word for signatures, and this comes closest."""
        return {"type": "apiKey", "in": "header", "name": self.header, "description": "The HMAC of the body."}

    def challenge(self) -> str:
        """Return the challenge. No scheme is registered for such signatures; this one says where they belong."""
        return f'Signature realm="{self.realm}", header="{self.header}"'

    def credentials(self, event: Event) -> str:
        return text_of(attribute(event, "headers"), self.header.lower())

    async def run(self, event: Event) -> Event:
        signatures, timestamp = self._signatures(event), self._timestamp(event)
        pieces = list(self._signed.pieces(lambda mark: _value(event, mark, timestamp)))
        if not await makes_one_of(signatures, self._keys, pieces):
            raise self.not_known()
        return authenticated(event, "hmac", self.caller)

    def _signatures(self, event: Event) -> list[bytes]:
        """Return the signatures of the request. Raise the Refusal if there are none."""
        text = self.credentials(event)
        if self.part:
            texts = list(_parts(text, self.part))
        else:
            texts = [each.removeprefix(self.prefix) for each in SPACES.split(text) if each.startswith(self.prefix)]
        found = decoded(texts[: MOST_SIGNATURES + 1], DECODERS[self.encoding])
        if not found or len(texts) > MOST_SIGNATURES:
            raise self.not_known()
        return found

    def _timestamp(self, event: Event) -> str:
        """Return the request's time of signing. Raise the Refusal if there is none, or it was too long ago."""
        if self.timestamp is None:
            return ""
        if self.timestamp.header:
            texts = [text_of(attribute(event, "headers"), self.timestamp.header.lower())]
        else:
            texts = list(_parts(self.credentials(event), self.timestamp.part or ""))
        text = texts[0] if len(texts) == 1 else ""
        now = self.runtime.clock.now().timestamp()
        if not is_digits(text) or len(text) > LONGEST_TIMESTAMP or abs(now - int(text)) > self.timestamp.tolerance:
            raise self.not_known()
        return text


def _parts(text: str, name: str) -> Iterator[str]:
    """Yield the values of a name in `t=1492774577,v1=…,v1=…`."""
    for part in text.split(","):
        own, _, value = part.strip().partition("=")
        if own == name:
            yield value.strip()


def _value(event: Event, mark: str, timestamp: str) -> bytes:
    """Return the value of a mark in the signed text."""
    if mark == "body":
        return _body(event)
    attributes: Any = event.attributes
    if mark == "timestamp":
        text = timestamp
    elif mark == "method":
        text = text_of(attributes, "method")
    elif mark == "path":
        path, query = text_of(attributes, "rawRequestPath"), text_of(attributes, "queryString")
        text = f"{path}?{query}" if query else path
    else:
        text = text_of(attribute(event, "headers"), mark.partition(":")[2].lower())
    return text.encode(errors="surrogatepass")


def _body(event: Event) -> bytes:
    """Return the bytes that the listener has kept, or the payload if it was not parsed."""
    raw = event.attributes.get("rawBody") if isinstance(event.attributes, Mapping) else None
    body = event.payload if raw is None else raw
    if isinstance(body, str):
        return body.encode(errors="surrogatepass")
    if body is None or isinstance(body, (bytes, bytearray)):
        return bytes(body or b"")
    raise FlowError(EXPRESSION, "the body was read already, and its bytes are gone: no signature can be checked")
