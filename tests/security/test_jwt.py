"""JSON Web Tokens: which hold, and which never do."""

from __future__ import annotations

import asyncio
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, OKPKey
from security.issuing import (
    GOOD,
    NOW,
    OCT,
    OTHER_RSA,
    RSA,
    SECRET,
    Asked,
    Issuer,
    bearer,
    key_set,
    part,
    token,
    with_issuer,
)

from engine import Refusal
from processors.security._keys import FixedKeys
from processors.security._tokens import InvalidToken, Rules

PAIRS: dict[str, Key] = {
    **dict.fromkeys(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], RSA),
    "ES256": ECKey.generate_key("P-256"),
    "ES384": ECKey.generate_key("P-384"),
    "ES512": ECKey.generate_key("P-521"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
}
WITH_SECRET = f"security:jwt: {{algorithms: HS256, secret: {SECRET}"


# What holds


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_secret(ask: Any, algorithm: str) -> None:
    step = f"security:jwt: {{algorithms: {algorithm}, secret: {SECRET}}}"
    claims = {"sub": "ada", "exp": NOW + 600, "scope": "read write"}
    assert ask(step, bearer(token(claims, OCT, algorithm))) == {
        "scheme": "jwt", "principal": "ada", "scopes": ["read", "write"], "claims": claims
    }  # fmt: skip


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_public_key(ask: Any, tmp_path: Path, algorithm: str) -> None:
    key = PAIRS[algorithm]
    (tmp_path / "key.pem").write_bytes(key.as_pem())  # type: ignore[union-attr]
    step = f"security:jwt: {{algorithms: {algorithm}, publicKey: key.pem}}"
    assert ask(step, bearer(token(GOOD, key, algorithm)))["principal"] == "ada"
    assert ask(step, bearer(token(GOOD, key, algorithm, kid="any name"))) != 401


def test_a_set_of_keys_in_a_file(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(key_set(one=RSA, two=OTHER_RSA, three=PAIRS["ES256"])))
    step = "security:jwt: {algorithms: [RS256, ES256], jwks: keys.json}"
    assert ask(step, bearer(token(GOOD, OTHER_RSA, "RS256", kid="two")))["principal"] == "ada"
    assert ask(step, bearer(token(GOOD, PAIRS["ES256"], "ES256")))["principal"] == "ada"  # the only one of its kind
    assert ask(step, bearer(token(GOOD, RSA, "RS256"))).status == 401  # one of two, it does not say which
    assert ask(step, bearer(token(GOOD, RSA, "RS256", kid="two"))).status == 401
    assert ask(step, bearer(token(GOOD, RSA, "RS256", kid="four"))).status == 401


@pytest.mark.parametrize(
    ("rules", "claims"),
    [
        ("audience: orders", {"aud": "orders"}),
        ("audience: orders", {"aud": ["bills", "orders"]}),
        ("audience: [orders, bills]", {"aud": "bills"}),
        ("issuer: 'https://id.example.org'", {"iss": "https://id.example.org"}),
        ("leeway: 0", {"nbf": NOW, "iat": NOW}),
        ("leeway: 10s", {"exp": NOW - 9, "nbf": NOW + 9}),
        ("requiredClaims: tenant", {"tenant": "acme"}),
        ("requiredClaims: [tenant]", {"tenant": ""}),
        ("scopes: read", {"scope": "write read"}),
        ("scopes: read write", {"scp": ["read", "write", 7]}),
        ("claims: {tenant: acme}", {"tenant": "acme"}),
        ("claims: {roles: clerk, level: 3}", {"roles": ["boss", "clerk"], "level": 3}),
    ],
)
def test_rules_that_are_kept(ask: Any, rules: str, claims: dict[str, Any]) -> None:
    assert ask(f"{WITH_SECRET}, {rules}}}", bearer(token(GOOD | claims)))["principal"] == "ada"


@pytest.mark.parametrize(("claims", "principal"), [({"client_id": "c"}, "c"), ({"azp": "a"}, "a"), ({}, None)])
def test_who_it_is_without_a_subject(ask: Any, claims: dict[str, Any], principal: Any) -> None:
    assert ask(WITH_SECRET + "}", bearer(token({"exp": NOW + 600, **claims})))["principal"] == principal


def test_a_header_that_nobody_knows_is_passed_over(ask: Any) -> None:
    text = part({"alg": "HS256", "nonce": "n", "x": [1]}) + "." + part(GOOD)
    signature = hmac.digest(SECRET.encode(), text.encode(), "sha256")
    assert ask(WITH_SECRET + "}", bearer(f"{text}.{part(signature)}"))["principal"] == "ada"


# What does not


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer  "}, {"authorization": "Basic YTpi"}]
)
def test_without_a_token_nothing_is_said_but_how(ask: Any, headers: dict[str, str]) -> None:
    """RFC 6750, 3.1: no error code where no credentials were sent."""
    refusal = ask(WITH_SECRET + "}", headers)
    assert (refusal.status, refusal.headers) == (401, {"www-authenticate": 'Bearer realm="api"'})


@pytest.mark.parametrize(
    ("rules", "claims", "reason"),
    [
        ("", {"exp": NOW - 61}, "has expired"),
        ("leeway: 0", {"exp": NOW}, "has expired"),
        ("", {"exp": None}, "does not hold"),
        ("", {"exp": str(NOW + 600)}, "does not hold"),
        ("", {"exp": True}, "does not hold"),
        ("", {"exp": float("nan")}, "does not hold"),
        ("", {"exp": float("inf")}, "does not hold"),
        ("", {"nbf": NOW + 61}, "does not hold"),
        ("", {"iat": NOW + 61}, "does not hold"),
        ("", {"sub": 7}, "does not hold"),
        ("", {"aud": "orders"}, "is meant for another audience"),
        ("audience: orders", {}, "does not hold"),
        ("audience: orders", {"aud": "order"}, "does not hold"),
        ("audience: orders", {"aud": []}, "does not hold"),
        ("audience: orders", {"aud": [["orders"]]}, "does not hold"),
        ("audience: orders", {"aud": {"orders": 1}}, "does not hold"),
        ("issuer: me", {}, "does not hold"),
        ("issuer: me", {"iss": "m"}, "does not hold"),
        ("issuer: me", {"iss": ["me"]}, "does not hold"),
        ("requiredClaims: tenant", {}, "does not hold"),
        ("requiredClaims: tenant", {"tenant": None}, "does not hold"),
    ],
)
def test_claims_that_do_not_hold(ask: Any, rules: str, claims: dict[str, Any], reason: str) -> None:
    refusal = ask(f"{WITH_SECRET}, {rules or 'realm: api'}}}", bearer(token(GOOD | claims)))
    assert (refusal.status, str(refusal.type)) == (401, "SECURITY:UNAUTHORIZED")
    assert refusal.description == "the credentials are missing or do not hold"
    challenge = f'Bearer realm="api", error="invalid_token", error_description="the token {reason}"'
    assert refusal.headers == {"www-authenticate": challenge}


@pytest.mark.parametrize(
    ("rules", "claims"),
    [
        ("scopes: read", {}),
        ("scopes: read", {"scope": "reader"}),
        ("scopes: read write", {"scope": "read"}),
        ("scopes: read", {"scope": 7}),
        ("scopes: read", {"scope": {"read": True}}),
        ("claims: {tenant: acme}", {}),
        ("claims: {tenant: acme}", {"tenant": "acme2"}),
        ("claims: {tenant: acme}", {"tenant": ["other"]}),
        ("claims: {level: 3}", {"level": "3"}),
        ("claims: {level: 1}", {"level": True}),
    ],
)
def test_what_a_token_does_not_permit(ask: Any, rules: str, claims: dict[str, Any]) -> None:
    refusal = ask(f"{WITH_SECRET}, {rules}}}", bearer(token(GOOD | claims)))
    assert (refusal.status, str(refusal.type)) == (403, "MULE:NOT_PERMITTED")
    assert refusal.headers["www-authenticate"].startswith('Bearer realm="api", error="insufficient_scope", ')


def test_the_scope_that_is_lacking_is_named(ask: Any) -> None:
    refusal = ask(WITH_SECRET + ", scopes: read write}", bearer(token()))
    assert refusal.headers["www-authenticate"].endswith('scope="read write"')


def forged(header: Any, key: bytes = SECRET.encode(), hash_name: str = "sha256") -> str:
    text = f"{part(header)}.{part(GOOD)}"
    return f"{text}.{part(hmac.digest(key, text.encode(), hash_name))}"


PEM = RSA.as_pem()
FORGED = {
    "none": f"{part({'alg': 'none'})}.{part(GOOD)}.",
    "None": f"{part({'alg': 'None'})}.{part(GOOD)}.",
    "none, signed": forged({"alg": "none"}),
    "the public key as a secret": forged({"alg": "HS256"}, PEM),
    "another algorithm of the kind": token(GOOD, RSA, "RS512"),
    "another padding": token(GOOD, RSA, "PS256"),
    "another key": token(GOOD, OTHER_RSA, "RS256"),
    "a key of its own in the header": token(GOOD, OTHER_RSA, "RS256", jwk=OTHER_RSA.as_dict(private=False)),
    "no signature": token(GOOD, RSA, "RS256").rpartition(".")[0] + ".",
    "another signature": token(GOOD, RSA, "RS256")[:-8] + "AAAAAAAA",
    "other claims": "{0}.{2}.{1}".format(*token(GOOD, RSA, "RS256").split(".")[::2], part(GOOD | {"sub": "eve"})),
    "a critical header": token(GOOD, RSA, "RS256", crit=["kid"], kid="k"),
    "no algorithm": f"{part({})}.{part(GOOD)}.x",
    "a list as algorithm": f"{part({'alg': ['RS256']})}.{part(GOOD)}.x",
    "a map as key name": f"{part({'alg': 'RS256', 'kid': {}})}.{part(GOOD)}.x",
    "a list as header": f"{part(['alg'])}.{part(GOOD)}.x",
    "a deep header": f"{part(b'[' * 5000)}.{part(GOOD)}.x",
    "a large header": f"{part({'alg': 'RS256', 'x': 'x' * 10_000})}.{part(GOOD)}.x",
    "no UTF-8": f"{part(bytes([255, 254]))}.{part(GOOD)}.x",
    "two parts": "a.b",
    "four parts": "a.b.c.d",
    "five parts, as if encrypted": f"{part({'alg': 'dir', 'enc': 'A256GCM'})}..a.b.c",
    "too long": "a" * 100_000,
    "surrogates": "\ud800.\ud800.\ud800",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_forged(ask: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "key.pem").write_bytes(PEM)
    refusal = ask("security:jwt: {algorithms: RS256, publicKey: key.pem}", bearer(FORGED[name]))
    assert isinstance(refusal, Refusal)
    assert (refusal.status, 'error="invalid_token"' in refusal.headers["www-authenticate"]) == (401, True)


RULES = Rules(("HS256",), (), (), (), 0)
KEYS = FixedKeys([OCT], are_named=False)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=200), st.text("abcXYZ019-_.=", max_size=200)))
def test_no_text_holds(text: str) -> None:
    with pytest.raises(InvalidToken):
        asyncio.run(RULES.claims_of(text, KEYS, NOW))


@settings(deadline=None)
@given(st.integers(0, len(token()) - 1), st.sampled_from("AZaz09-_.=\x00é"))
def test_no_change_is_overlooked(place: int, character: str) -> None:
    """But for the last character, whose lowest bits mean nothing in base64."""
    changed = token()[:place] + character + token()[place + 1 :]
    if changed != token() and place < len(token()) - 1:
        with pytest.raises(InvalidToken):
            asyncio.run(RULES.claims_of(changed, KEYS, NOW))


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.text(max_size=5), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
)
def test_no_header_breaks_the_reader(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        asyncio.run(RULES.claims_of(forged({"alg": "HS256", **header}, b"another secret"), KEYS, NOW))


# Keys of a url


def test_keys_are_fetched_when_they_are_needed_and_kept(tmp_path: Path) -> None:
    async def story(issuer: Issuer, asked: Asked) -> None:
        assert issuer.asked == 0
        assert await asyncio.gather(*(asked.status(RSA, "one") for _ in range(20))) == [200] * 20
        assert issuer.asked == 1
        await asked.clock.advance(3599)
        assert (await asked.status(RSA, "one"), issuer.asked) == (200, 1)
        await asked.clock.advance(2)
        assert (await asked.status(RSA, "one"), issuer.asked) == (200, 2)

    asyncio.run(with_issuer(tmp_path, story))


def test_a_new_key_is_found_and_a_stream_of_unknown_ones_asks_once_a_minute(tmp_path: Path) -> None:
    async def story(issuer: Issuer, asked: Asked) -> None:
        assert await asked.status(RSA, "one") == 200
        issuer.answer = key_set(one=RSA, two=OTHER_RSA)
        assert (await asked.status(OTHER_RSA, "two"), issuer.asked) == (401, 1)  # it asked just now
        await asked.clock.advance(61)
        assert (await asked.status(OTHER_RSA, "two"), issuer.asked) == (200, 2)
        assert [await asked.status(RSA, f"unknown-{number}") for number in range(50)] == [401] * 50
        assert issuer.asked == 2
        await asked.clock.advance(61)
        assert await asyncio.gather(*(asked.status(RSA, "unknown") for _ in range(50))) == [401] * 50
        assert issuer.asked == 3

    asyncio.run(with_issuer(tmp_path, story))


def test_a_key_that_is_withdrawn_is_forgotten(tmp_path: Path) -> None:
    async def story(issuer: Issuer, asked: Asked) -> None:
        assert await asked.status(RSA, "one") == 200
        issuer.answer = key_set(two=OTHER_RSA)
        await asked.clock.advance(3601)
        assert await asked.status(RSA, "one") == 401

    asyncio.run(with_issuer(tmp_path, story))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, b"{}"), (302, b""), (200, b"no JSON"), (200, b"[]"), (200, {"keys": []}), (200, {"keys": 5}),
        (200, {"keys": [5, None, {}, {"kty": "oct", "k": part(SECRET.encode())}, {"kty": "new"}]}),
        (200, {"keys": [RSA.as_dict(private=False) | {"use": "enc"}]}),
        (200, b"[" * 100_000), (200, b'{"keys": "' + b"x" * 600_000 + b'"}'),
    ],
    ids=["500", "redirect", "no JSON", "list", "empty", "number", "unusable", "for encryption", "deep", "large"],
)  # fmt: skip
def test_without_keys_no_token_can_be_judged(tmp_path: Path, status: int, answer: Any) -> None:
    async def story(issuer: Issuer, asked: Asked) -> None:
        issuer.status, issuer.answer = status, answer
        assert [await asked.status(RSA, "one") for _ in range(3)] == [503] * 3
        assert issuer.asked == 1
        issuer.status, issuer.answer = 200, key_set(one=RSA)
        await asked.clock.advance(5)
        assert await asked.status(RSA, "one") == 200
        issuer.status, issuer.answer = status, answer
        await asked.clock.advance(4000)
        assert (await asked.status(RSA, "one"), issuer.asked) == (200, 3)  # the old ones serve

    asyncio.run(with_issuer(tmp_path, story))


def test_an_issuer_that_cannot_be_reached(tmp_path: Path) -> None:
    asked = Asked(tmp_path, "http://127.0.0.1:1/keys")

    async def story() -> None:
        async with asked.app:
            assert await asked.status(RSA, "one") == 503

    asyncio.run(story())
