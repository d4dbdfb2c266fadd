"""Keys of callers, in a header or in the query."""

from __future__ import annotations

from typing import Any

import pytest

KEYS = "keys: {shop: k-of-shop, till: {key: k-of-till, roles: clerk}}"


@pytest.mark.parametrize(
    ("place", "attributes"),
    [
        ("", {"headers": {"x-api-key": "k-of-till"}}),
        (", header: X-Till", {"headers": {"x-till": "k-of-till"}}),
        (", query: apiKey", {"queryParams": {"apiKey": "k-of-till"}}),
    ],
    ids=["X-API-Key", "another header", "query"],
)
def test_who_sends_a_key_is_known(ask: Any, place: str, attributes: Any) -> None:
    outcome = ask(f"security:api-key: {{{KEYS}{place}}}", **attributes)
    assert outcome == {"scheme": "api-key", "principal": "till", "roles": ["clerk"]}


@pytest.mark.parametrize(
    "key", ["", "k-of-shop ", "K-OF-SHOP", "k-of", "k-of-shop, k-of-shop", "shop", "é", "\ud800", None]
)
def test_what_is_no_key(ask: Any, key: Any) -> None:
    refusal = ask(f"security:api-key: {{{KEYS}}}", {"x-api-key": key})
    assert (refusal.status, str(refusal.type)) == (401, "SECURITY:UNAUTHORIZED")
    assert [str(each) for each in refusal.type.lineage[1:3]] == ["MULE:SERVER_SECURITY", "MULE:SECURITY"]
    assert refusal.headers == {"www-authenticate": 'ApiKey realm="api", in="header", name="X-API-Key"'}


def test_a_key_in_another_place_is_none(ask: Any) -> None:
    assert ask(f"security:api-key: {{{KEYS}}}", queryParams={"X-API-Key": "k-of-shop"}).status == 401
    refusal = ask(f"security:api-key: {{{KEYS}, query: key}}", {"key": "k-of-shop"})
    assert refusal.headers == {"www-authenticate": 'ApiKey realm="api", in="query", name="key"'}


@pytest.mark.parametrize(("key", "status"), [("k-of-till", 200), ("k-of-shop", 403), ("k-of-nobody", 401)])
def test_roles(ask: Any, key: str, status: int) -> None:
    outcome = ask(f"security:api-key: {{{KEYS}, roles: 'clerk, boss'}}", {"x-api-key": key})
    assert getattr(outcome, "status", 200) == status
    if status == 403:
        assert str(outcome.type) == "MULE:NOT_PERMITTED"


def test_several_steps_are_all_asked(ask: Any) -> None:
    step = """first-successful:
          routes:
            - steps: [{security:basic: {users: {ada: sword}}}]
            - steps: [{security:api-key: {keys: {shop: k}}}]"""
    assert ask(step, {"x-api-key": "k"})["scheme"] == "api-key"
    assert ask(step, {"authorization": "Basic YWRhOnN3b3Jk"})["scheme"] == "basic"
    assert ask(step).status == 401


def test_who_calls_is_seen_by_expressions_and_the_error_by_handlers(ask: Any) -> None:
    step = """try:
          steps: [{security:api-key: {keys: {shop: k}}}]
          error-handler:
            - on-error-continue:
                type: MULE:SECURITY
                steps: [{set-variable: {variableName: authentication, value: "#[error.type]"}}]"""
    assert ask(step, {"x-api-key": "no"}) == "SECURITY:UNAUTHORIZED"
